/**
 * How app and Page are set up at Meta: each switch is a setting that somebody gets wrong.
 *
 * Exists because most handovers that do not work are wrong settings that fail in silence, and each must be reachable on
 * purpose, to see what a bot, or `doctor`, makes of it.
 */
import { checkFields } from '../thread/check-values.js';

/** Permissions of the bot's Page access token, as its owner granted them. */
export const GRANTED_SCOPES = [
  'pages_show_list',
  'pages_messaging',
  'pages_manage_metadata',
  'pages_messaging_phone_number',
  'public_profile',
] as const;

/** The settings. May be changed at any time: `simulator.setUp.defaultApp = 'vccLive'`. */
export interface PageSetUp {
  /** Which app is the default application of every Page, while routing is on. Default `bot`. */
  defaultApp: 'bot' | 'vccLive' | 'inbox';
  /** VCC Live's app is connected to the Pages. Default true. */
  vccLiveConnected: boolean;
  /** `user`: the bot was given the token of a person instead of the Page's. Default `page`. */
  tokenOf: 'page' | 'user';
  /** `other`: the token was made by another app than the bot's, so that the bot's secret makes no proof for it. Default `bot`. */
  tokenMadeBy: 'bot' | 'other';
  /** Permissions in the token. Default: those that a bot needs. */
  tokenScopes: readonly string[];
  /** When the token ends, milliseconds since 1970 on the simulator's clock; `undefined`: never. Default never. */
  tokenExpiresAtMs: number | undefined;
  /** The app's webhook subscription is active. Default true; without it nothing is delivered. */
  appSubscriptionActive: boolean;
  /** The Page setting "Access standby channel" of the bot's app. Off: no standby event, whatever is subscribed. Default true. */
  botStandbyAccess: boolean;
  /** The same setting of VCC Live's app. Default true. */
  vccLiveStandbyAccess: boolean;
  /**
   * "Social routing": which app gets a thread that begins in the Page's chat, when routing is on. Beats the default application.
   * Default `defaultApp`: not set.
   */
  socialRouting: 'defaultApp' | 'vccLive' | 'inbox';
  /** Which flag of `messaging_feature_status` shows that routing is on. Observers differ. Default `msgr_multi_app`. */
  routingFlag: 'msgr_multi_app' | 'hop_v2';
  /** A further app, "Another bot", is connected to the Pages. Default false. */
  otherAppConnected: boolean;
  /** The newest version of the Graph API that is served, such as `v26.0`. Default `undefined`: every version is served. */
  newestApiVersion: string | undefined;
}

/** Everything as it should be. */
export function soundSetUp(): PageSetUp {
  return {
    defaultApp: 'bot',
    vccLiveConnected: true,
    tokenOf: 'page',
    tokenMadeBy: 'bot',
    tokenScopes: GRANTED_SCOPES,
    tokenExpiresAtMs: undefined,
    appSubscriptionActive: true,
    botStandbyAccess: true,
    vccLiveStandbyAccess: true,
    socialRouting: 'defaultApp',
    routingFlag: 'msgr_multi_app',
    otherAppConnected: false,
    newestApiVersion: undefined,
  };
}

/** Everything as it should be, but for what is given. @throws {@link InvalidOptionError} if that has an unknown name */
export function setUpOf(given: Partial<PageSetUp> = {}): PageSetUp {
  const sound = soundSetUp();
  return { ...sound, ...checkFields('setUp', given, Object.keys(sound)) };
}

/** Whether the Page lets an app have standby events. @param role of the connected app */
export function standbyAccess(setUp: PageSetUp, role: string): boolean {
  if (role === 'bot') return setUp.botStandbyAccess;
  return role !== 'vccLive' || setUp.vccLiveStandbyAccess;
}
