/** The Azure sample's configuration: the channel's app and Page, VCC Live's app, and the bot's registration in Azure. */

/** The sample's settings. */
export interface AzureBotSettings {
  /** The Facebook app of the channel. */
  readonly appId: string;
  readonly appSecret: string;
  readonly pageAccessToken: string;
  readonly vccLiveAppId: string;
  /** Origin of the Graph API; Meta's unless set. */
  readonly graphBaseUrl: string | undefined;
  /** Under Bot Framework's names. Without an app id anybody may post, as to the Emulator's bots. */
  readonly registration: {
    readonly MicrosoftAppId?: string;
    readonly MicrosoftAppPassword?: string;
    readonly MicrosoftAppType?: string;
    readonly MicrosoftAppTenantId?: string;
  };
  /** The token of callers that may make the bot send messages; without it nobody may. */
  readonly notificationsToken: string | undefined;
  readonly port: number;
}

const REQUIRED = {
  FACEBOOK_APP_ID: 'the Facebook app of the channel (Azure portal: your bot, Channels, Facebook)',
  FACEBOOK_APP_SECRET: "that app's secret",
  FACEBOOK_PAGE_ACCESS_TOKEN: 'the token of the Page, the one that the channel has',
  VCC_LIVE_APP_ID: "VCC Live's Facebook app id (VCC Live support tells it)",
} as const;

const REGISTRATION = ['MicrosoftAppId', 'MicrosoftAppPassword', 'MicrosoftAppType', 'MicrosoftAppTenantId'] as const;
const DEFAULT_PORT = 3978;

/** Reads the settings, or lists in `missing` what is not set. */
export function readSettings(
  env: NodeJS.ProcessEnv,
): { readonly settings: AzureBotSettings } | { readonly missing: readonly string[] } {
  const value = (name: string): string | undefined => env[name]?.trim() || undefined;
  const missing = Object.entries(REQUIRED).flatMap(([name, what]) => (value(name) ? [] : [`${name}: ${what}`]));
  const port = Number(value('PORT') ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) missing.push('PORT: a number from 0 to 65535');
  if (missing.length > 0) return { missing };
  const registration = Object.fromEntries(REGISTRATION.flatMap((name) => (value(name) ? [[name, value(name)]] : [])));
  return {
    settings: {
      appId: value('FACEBOOK_APP_ID') ?? '',
      appSecret: value('FACEBOOK_APP_SECRET') ?? '',
      pageAccessToken: value('FACEBOOK_PAGE_ACCESS_TOKEN') ?? '',
      vccLiveAppId: value('VCC_LIVE_APP_ID') ?? '',
      graphBaseUrl: value('GRAPH_BASE_URL'),
      registration,
      notificationsToken: value('NOTIFICATIONS_TOKEN'),
      port,
    },
  };
}
