/** Reads the sample's configuration from environment variables, and names each missing one. */

/** The sample's settings. */
export interface SampleSettings {
  readonly appId: string;
  readonly appSecret: string;
  readonly pageAccessToken: string;
  readonly verifyToken: string;
  readonly vccLiveAppId: string;
  /** With this secret the bot has a route for VCC Live's webhooks, `/vcc-live`. */
  readonly vccLiveWebhookSecret?: string | undefined;
  /** Origin of the Graph API; Meta's unless set. */
  readonly graphBaseUrl: string | undefined;
  readonly port: number;
}

const REQUIRED = {
  FACEBOOK_APP_ID: "the bot's Facebook app id (App Dashboard, top left)",
  FACEBOOK_APP_SECRET: "the app's secret (App Dashboard, Settings, Basic)",
  FACEBOOK_PAGE_ACCESS_TOKEN: 'a token of the Page (App Dashboard, Messenger, Settings)',
  FACEBOOK_VERIFY_TOKEN: 'any word; the same one is typed into the webhook settings',
  VCC_LIVE_APP_ID: "VCC Live's Facebook app id (VCC Live support tells it)",
} as const;

const DEFAULT_PORT = 3978;

/** Reads the settings, or lists in `missing` what is not set. */
export function readSettings(
  env: NodeJS.ProcessEnv,
): { readonly settings: SampleSettings } | { readonly missing: readonly string[] } {
  const missing = Object.entries(REQUIRED).flatMap(([name, what]) => (env[name]?.trim() ? [] : [`${name}: ${what}`]));
  const port = env['PORT'] === undefined || env['PORT'] === '' ? DEFAULT_PORT : Number(env['PORT']);
  if (!Number.isInteger(port) || port < 0 || port > 65535) missing.push('PORT: a number from 0 to 65535');
  if (missing.length > 0) return { missing };
  const value = (name: keyof typeof REQUIRED): string => env[name]?.trim() ?? '';
  return {
    settings: {
      appId: value('FACEBOOK_APP_ID'),
      appSecret: value('FACEBOOK_APP_SECRET'),
      pageAccessToken: value('FACEBOOK_PAGE_ACCESS_TOKEN'),
      verifyToken: value('FACEBOOK_VERIFY_TOKEN'),
      vccLiveAppId: value('VCC_LIVE_APP_ID'),
      vccLiveWebhookSecret: env['VCC_LIVE_WEBHOOK_SECRET']?.trim() || undefined,
      graphBaseUrl: env['GRAPH_BASE_URL']?.trim() || undefined,
      port,
    },
  };
}
