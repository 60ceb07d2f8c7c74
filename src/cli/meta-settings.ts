/**
 * What the commands that talk to Meta are configured with: the sample's environment variables, a `.env` file, or flags.
 *
 * Every command finds the same values by the same rules. It says where it found them, and never prints them.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { readableOnTheWay } from '../thread/readable-on-the-way.js';
import { HandoverError } from '../thread/errors.js';

/** Everything that may be configured. Absent: not given. */
export interface MetaSettings {
  readonly appId: string | undefined;
  readonly appSecret: string | undefined;
  readonly pageAccessToken: string | undefined;
  readonly verifyToken: string | undefined;
  readonly vccLiveAppId: string | undefined;
  readonly pageId: string | undefined;
  /** Access to VCC Live's Database API; absent if none of its variables is set. */
  readonly vccLiveApi: VccLiveApiSettings | undefined;
  /** Origin of Graph. */
  readonly graphBaseUrl: string;
  /** Such as `v26.0`. */
  readonly apiVersion: string;
  readonly store: string | undefined;
  /** The `.env` file that was read. */
  readonly envFile: string | undefined;
}

/** What VCC Live's Database API needs. Each may be missing. */
export interface VccLiveApiSettings {
  readonly customer: string | undefined;
  readonly apiKey: string | undefined;
  readonly projectId: string | undefined;
  /** Origin of the API, if it is not VCC Live's own. */
  readonly baseUrl: string | undefined;
}

/** Settings with which Graph can be called. */
export interface CallSettings extends MetaSettings {
  readonly appId: string;
  readonly appSecret: string;
  readonly pageAccessToken: string;
}

/** What was typed. */
export interface TypedSettings {
  readonly appId?: string;
  readonly appSecret?: string;
  readonly pageAccessToken?: string;
  readonly verifyToken?: string;
  readonly vccLiveAppId?: string;
  readonly page?: string;
  readonly graph?: string;
  readonly apiVersion?: string;
  readonly store?: string;
  /** A path; `false` if no file is to be read. */
  readonly envFile?: string | false;
}

/** What the settings are read from. */
export interface SettingsSource {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly folder: string;
  /** A line on standard error. */
  readonly warn: (line: string) => void;
}

const META = 'https://graph.facebook.com';
const API_VERSION = 'v26.0';
const DEFAULT_ENV_FILE = '.env';

/** Flags that carry a secret, and the variable that is the better place for it. */
const SECRET_FLAGS = [
  ['appSecret', '--app-secret', 'FACEBOOK_APP_SECRET'],
  ['pageAccessToken', '--page-access-token', 'FACEBOOK_PAGE_ACCESS_TOKEN'],
  ['verifyToken', '--verify-token', 'FACEBOOK_VERIFY_TOKEN'],
] as const;

/** What each variable is, and where a person finds its value. */
const WHAT_IT_IS = {
  appId: ['FACEBOOK_APP_ID', "the bot's Facebook app id (App Dashboard, top left)"],
  appSecret: ['FACEBOOK_APP_SECRET', "the app's secret (App Dashboard > App settings > Basic)"],
  pageAccessToken: [
    'FACEBOOK_PAGE_ACCESS_TOKEN',
    'a token of the Page (App Dashboard > Messenger > Messenger API Settings)',
  ],
} as const;

/**
 * Reads the settings: a flag wins over the environment, the environment over the file.
 * @throws {@link HandoverError} `invalidOption` if a value cannot be one
 */
export function readMetaSettings(typed: TypedSettings, source: SettingsSource): MetaSettings {
  for (const [name, flag, variable] of SECRET_FLAGS) {
    if (typed[name] === undefined) continue;
    source.warn(
      `Warning: ${flag} stays in your shell's history, and other users of this machine can read it. Set ${variable} instead.`,
    );
  }
  const file = envFileOf(typed.envFile, source.folder);
  const value = (flag: string | undefined, variable: string): string | undefined =>
    filled(flag) ?? filled(source.env[variable]) ?? filled(file?.values[variable]);
  const graphBaseUrl = originOf(value(typed.graph, 'GRAPH_BASE_URL') ?? META);
  const readable = readableOnTheWay('GRAPH_BASE_URL', graphBaseUrl);
  if (readable !== undefined) source.warn(`Warning: ${readable}`);
  return {
    appId: value(typed.appId, 'FACEBOOK_APP_ID'),
    appSecret: value(typed.appSecret, 'FACEBOOK_APP_SECRET'),
    pageAccessToken: value(typed.pageAccessToken, 'FACEBOOK_PAGE_ACCESS_TOKEN'),
    verifyToken: value(typed.verifyToken, 'FACEBOOK_VERIFY_TOKEN'),
    vccLiveAppId: value(typed.vccLiveAppId, 'VCC_LIVE_APP_ID'),
    pageId: value(typed.page, 'FACEBOOK_PAGE_ID'),
    vccLiveApi: vccLiveApiOf((variable) => value(undefined, variable)),
    graphBaseUrl,
    apiVersion: versionOf(value(typed.apiVersion, 'GRAPH_API_VERSION') ?? API_VERSION),
    store: value(typed.store, 'HANDOVER_STORE'),
    envFile: file?.name,
  };
}

/**
 * The same settings, if they are enough to call Graph.
 * @throws {@link HandoverError} `invalidOption`, naming every variable that is missing
 */
export function ableToCall(settings: MetaSettings): CallSettings {
  const { appId, appSecret, pageAccessToken } = settings;
  if (appId !== undefined && appSecret !== undefined && pageAccessToken !== undefined) {
    return { ...settings, appId, appSecret, pageAccessToken };
  }
  const missing = (['appId', 'appSecret', 'pageAccessToken'] as const)
    .filter((name) => settings[name] === undefined)
    .map((name) => `  ${WHAT_IT_IS[name][0]}: ${WHAT_IT_IS[name][1]}`);
  throw new HandoverError(
    'invalidOption',
    `Meta cannot be asked without these. Set them in the environment or in a .env file in this folder:\n${missing.join('\n')}`,
  );
}

/** Everything that must not be seen in any output. */
export function secretsOf(settings: MetaSettings): readonly string[] {
  const { appSecret, pageAccessToken, store, vccLiveApi } = settings;
  const password = store !== undefined && URL.canParse(store) ? new URL(store).password : '';
  return [appSecret, pageAccessToken, password, vccLiveApi?.apiKey].filter(
    (secret) => secret !== undefined && secret !== '',
  ) as string[];
}

function vccLiveApiOf(value: (variable: string) => string | undefined): VccLiveApiSettings | undefined {
  const access = {
    customer: value('VCC_LIVE_CUSTOMER'),
    apiKey: value('VCC_LIVE_API_KEY'),
    projectId: value('VCC_LIVE_PROJECT_ID'),
  };
  const isConfigured = Object.values(access).some((each) => each !== undefined);
  return isConfigured ? { ...access, baseUrl: value('VCC_LIVE_BASE_URL') } : undefined;
}

function envFileOf(
  given: string | false | undefined,
  folder: string,
): { readonly name: string; readonly values: Readonly<Record<string, string | undefined>> } | undefined {
  if (given === false) return undefined;
  const name = given ?? DEFAULT_ENV_FILE;
  try {
    return { name, values: parseEnv(readFileSync(resolve(folder, name), 'utf8')) };
  } catch (error) {
    // The usual file may be missing; one that was asked for may not.
    if (given === undefined) return undefined;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new HandoverError('invalidOption', `The file ${name} cannot be read (${code}). Check --env-file.`);
  }
}

function filled(value: string | undefined): string | undefined {
  const trimmed = value?.trim() ?? '';
  return trimmed === '' ? undefined : trimmed;
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new HandoverError('invalidOption', `GRAPH_BASE_URL must be a whole address, such as ${META}.`);
  }
  return url.origin;
}

function versionOf(text: string): string {
  if (/^v\d+\.\d+$/.test(text)) return text;
  throw new HandoverError(
    'invalidOption',
    `The API version must be one such as ${API_VERSION}, not "${text.slice(0, 20)}".`,
  );
}
