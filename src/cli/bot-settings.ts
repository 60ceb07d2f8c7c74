/**
 * What a bot must be configured with to talk to the simulator, ready to paste.
 *
 * One wrong value makes a bot silent, and the cause takes hours to find.
 */
import type { SimulatorSettings, VccLiveAccess } from '../simulator/index.js';

/** The variables, in the order in which they are printed. The names are those of the sample bot. */
export function botVariables(
  settings: SimulatorSettings,
  graphBaseUrl: string,
  { vccLive, certificateFile }: { readonly vccLive: VccLiveAccess; readonly certificateFile?: string | undefined },
): Readonly<Record<string, string>> {
  return {
    GRAPH_BASE_URL: graphBaseUrl,
    FACEBOOK_APP_ID: settings.botAppId,
    FACEBOOK_APP_SECRET: settings.appSecret,
    FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
    FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
    VCC_LIVE_APP_ID: settings.vccLiveAppId,
    // For a bot that asks who is online, see vccLiveAgents.
    VCC_LIVE_BASE_URL: graphBaseUrl,
    VCC_LIVE_CUSTOMER: vccLive.customer,
    VCC_LIVE_API_KEY: vccLive.apiKey,
    VCC_LIVE_PROJECT_ID: String(vccLive.projectId),
    ...(certificateFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificateFile }),
  };
}

/** For a shell: `export NAME='value'`. */
export function asExports(variables: Readonly<Record<string, string>>): string {
  return lines(variables, (name, value) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
}

/** For a `.env` file: `NAME=value`, quoted if it must be. A value that holds all three quotes cannot be written. */
export function asDotEnv(variables: Readonly<Record<string, string>>): string {
  return lines(variables, (name, value) => `${name}=${/^[\w:/.@+-]*$/.test(value) ? value : quoted(value)}`);
}

/** In double quotes readers turn `\n` into a line break, so they come last. */
function quoted(value: string): string {
  const quote = ["'", '`'].find((each) => !value.includes(each)) ?? '"';
  return `${quote}${value}${quote}`;
}

function lines(variables: Readonly<Record<string, string>>, line: (name: string, value: string) => string): string {
  return Object.entries(variables)
    .map(([name, value]) => line(name, value))
    .join('\n');
}
