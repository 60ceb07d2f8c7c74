/**
 * What the pretend platform can be started with, checked once.
 *
 * Exists so that a wrong id is said at the start, not by a webhook that never comes.
 */
import { checkFields, namesOf } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import { presentFields } from '../thread/read-unknown.js';
import type { WebhookField } from './event-routing.js';
import type { PageSetUp } from './wrong-settings.js';

/** A Page of the simulator. */
export interface SimulatedPageOptions {
  /** Digits. */
  readonly pageId: string;
  /** The bot's token for this Page. Default: one of the simulator's own. */
  readonly pageAccessToken?: string;
  /** VCC Live's app on this Page. Default: that of the simulator. */
  readonly vccLiveAppId?: string;
  /** VCC Live's token for this Page. Default: one of the simulator's own. */
  readonly vccLivePageAccessToken?: string;
}

/** What Meta's documents leave open, each with the likelier answer as default. */
export interface PlatformHabits {
  /** The previous owner gets `pass_thread_control` too. Default false. */
  passInformsPrevious: boolean;
  /** Who gets `take_thread_control`: the app that lost control (default), or every connected app. */
  takeInforms: 'loser' | 'all';
  /** How a control event writes that there was no previous owner. Default `null`. */
  previousOwnerWhenIdle: 'null' | 'absent';
  /** A send of the default app into an idle thread makes it the owner. Default true. */
  sendTakesIdle: boolean;
  /** `request_thread_control` while routing is on. Default `refused`. */
  requestWithRouting: 'refused' | 'told';
  /** Each message of an app causes a delivery and a read event. Default false, to keep timelines short. */
  receipts: boolean;
  /** Reactions, referrals and optins go to standby too. Default false. */
  standbyCarriesEverything: boolean;
  /**
   * What a take is refused with if the Page does not let the app take control: code 10 (default), or 27 with the subcode of
   * the Page's setting.
   */
  takeNotAllowedIs: 'code10' | 'code27';
  /** What a take by the owner is refused with: code 27 with its subcode (default), or without. */
  alreadyOwnerIs: 'withSubcode' | 'withoutSubcode';
  /** `thread_owner` is served. Default true; without it Graph answers code 100 for good, as it does for some Pages. */
  threadOwnerServed: boolean;
  /** Where a control event has its metadata. Default `metadata`; `nested`: in `thread_control_metadata.text`. */
  controlMetadata: 'metadata' | 'nested';
}

/** Options of {@link MessengerSimulator.start}. Everything has a default. */
export interface SimulatorOptions extends Partial<PlatformHabits> {
  /** Default `111222333444555`. */
  readonly pageId?: string;
  /** The bot's app, the default application. Digits, as many as you like. Default `24012345678901237`. */
  readonly botAppId?: string;
  /** Digits, as many as you like. Default `27012345678901239`. */
  readonly vccLiveAppId?: string;
  /** Secret of the bot's app: signs webhooks, checks proofs. */
  readonly appSecret?: string;
  readonly verifyToken?: string;
  readonly pageAccessToken?: string;
  readonly vccLivePageAccessToken?: string;
  /** The version that {@link SimulatorSettings} names; calls with any version are served. Default `v26.0`. */
  readonly apiVersion?: string;
  /** Further Pages. */
  readonly pages?: readonly SimulatedPageOptions[];
  /** Default 0: any free port. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /**
   * Names by which it is called, beside `host`, localhost and IP addresses: that of its container, for one. Calls by
   * another name are refused, because a web page could make them (DNS rebinding). Without port. Default none.
   */
  readonly allowedHosts?: readonly string[];
  /** Serves Graph by https with this key and certificate (PEM); for adapters that speak nothing else. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** A default application is set on the Pages. Default true. */
  readonly routing?: boolean;
  /** The Page setting "Allow this app to take control": for all apps, or only for these. Default true. */
  readonly takeControlAllowed?: boolean | readonly string[];
  /** Apps with the Human Agent feature. Default: VCC Live's. */
  readonly humanAgentAppIds?: readonly string[];
  /** Settings of app and Page at Meta that are wrong from the start. Default: none. */
  readonly setUp?: Partial<PageSetUp>;
  /** Fields subscribed for the bot's app; those of a Page are subscribed by Graph. Default: all, on every Page too. */
  readonly botAppFields?: readonly WebhookField[];
  /** Calls with the bot's token need `appsecret_proof`. Default true. A proof that is sent is always checked. */
  readonly requireAppSecretProof?: boolean;
  /** Of everything by chance. Default 1. */
  readonly seed?: number;
  /** `held`: stands still until `clock.advance`. Default `real`. */
  readonly clock?: 'real' | 'held';
  /** Where a held clock starts, milliseconds since 1970. Default 2026-11-22T09:00:00Z. */
  readonly startMs?: number;
  /** How long a webhook may take to answer 200, real milliseconds. Default 5000, as Meta's. */
  readonly ackTimeoutMs?: number;
  /** How many entries the wire keeps. Default 5000. */
  readonly wireCapacity?: number;
}

/** What a bot on this simulator must be configured with. Holds secrets (of the simulator only). */
export interface SimulatorSettings {
  readonly pageId: string;
  readonly botAppId: string;
  readonly vccLiveAppId: string;
  readonly pageInboxAppId: string;
  readonly appSecret: string;
  readonly verifyToken: string;
  readonly pageAccessToken: string;
  readonly apiVersion: string;
  /** Every Page, the first one included. */
  readonly pages: readonly Required<SimulatedPageOptions>[];
}

/**
 * The Page Inbox' app id.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
export const PAGE_INBOX_APP_ID = '263902037430900';

const DEFAULT_PAGE_ID = '111222333444555';
/** As long as Meta's newer ones: a JavaScript number rounds both, so a bot that loses digits fails here too. */
const DEFAULT_BOT_APP_ID = '24012345678901237';
const DEFAULT_VCC_LIVE_APP_ID = '27012345678901239';
const HABITS: PlatformHabits = {
  passInformsPrevious: false,
  takeInforms: 'loser',
  previousOwnerWhenIdle: 'null',
  sendTakesIdle: true,
  requestWithRouting: 'refused',
  receipts: false,
  standbyCarriesEverything: false,
  takeNotAllowedIs: 'code10',
  alreadyOwnerIs: 'withSubcode',
  threadOwnerServed: true,
  controlMetadata: 'metadata',
};
const PAGE_NAMES = namesOf<SimulatedPageOptions>({
  pageId: true,
  pageAccessToken: true,
  vccLiveAppId: true,
  vccLivePageAccessToken: true,
});
const OWN_NAMES = namesOf<Omit<SimulatorOptions, keyof PlatformHabits>>({
  pageId: true,
  botAppId: true,
  vccLiveAppId: true,
  appSecret: true,
  verifyToken: true,
  pageAccessToken: true,
  vccLivePageAccessToken: true,
  apiVersion: true,
  pages: true,
  port: true,
  host: true,
  allowedHosts: true,
  tls: true,
  routing: true,
  takeControlAllowed: true,
  humanAgentAppIds: true,
  setUp: true,
  botAppFields: true,
  requireAppSecretProof: true,
  seed: true,
  clock: true,
  startMs: true,
  ackTimeoutMs: true,
  wireCapacity: true,
});
const HOST_NAME = /^[A-Za-z0-9._-]+$/;
const DIGITS = /^[1-9]\d*$/;

/** Checks the options and fills in what is missing. @throws {@link InvalidOptionError} naming the option */
export function settingsFrom(options: SimulatorOptions): SimulatorSettings {
  checkFields('', options, [...OWN_NAMES, ...Object.keys(HABITS)]);
  options.pages?.forEach((page, index) => checkFields(`pages[${index}]`, page, PAGE_NAMES));
  const botAppId = options.botAppId ?? DEFAULT_BOT_APP_ID;
  const vccLiveAppId = options.vccLiveAppId ?? DEFAULT_VCC_LIVE_APP_ID;
  const first: SimulatedPageOptions = {
    pageId: options.pageId ?? DEFAULT_PAGE_ID,
    ...(options.pageAccessToken === undefined ? {} : { pageAccessToken: options.pageAccessToken }),
    ...(options.vccLivePageAccessToken === undefined ? {} : { vccLivePageAccessToken: options.vccLivePageAccessToken }),
  };
  const pages = [first, ...(options.pages ?? [])].map((page) => pageSettings(page, vccLiveAppId));
  checkIds(botAppId, pages);
  checkUnique(pages);
  const [main] = pages;
  if (main === undefined) throw new InvalidOptionError('pages', 'empty', 'at least one Page');
  return {
    pageId: main.pageId,
    botAppId,
    vccLiveAppId: main.vccLiveAppId,
    pageInboxAppId: PAGE_INBOX_APP_ID,
    appSecret: filled('appSecret', options.appSecret ?? 'simulated-bot-app-secret'),
    verifyToken: filled('verifyToken', options.verifyToken ?? 'simulated-verify-token'),
    pageAccessToken: main.pageAccessToken,
    apiVersion: options.apiVersion ?? 'v26.0',
    pages,
  };
}

/** The names that it answers to, checked. @throws {@link InvalidOptionError} naming the option */
export function allowedHostsFrom({ host, allowedHosts = [] }: SimulatorOptions): readonly string[] {
  const given: unknown = allowedHosts;
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string' && HOST_NAME.test(name))) {
    throw new InvalidOptionError('allowedHosts', JSON.stringify(given), 'a list of host names, without port');
  }
  return host === undefined ? allowedHosts : [host, ...allowedHosts];
}

/** The habits that the options ask for. */
export function habitsFrom(options: SimulatorOptions): PlatformHabits {
  const names = Object.keys(HABITS) as (keyof PlatformHabits)[];
  return { ...HABITS, ...presentFields(Object.fromEntries(names.map((name) => [name, options[name]]))) };
}

function pageSettings(page: SimulatedPageOptions, vccLiveAppId: string): Required<SimulatedPageOptions> {
  return {
    pageId: page.pageId,
    pageAccessToken: filled('pageAccessToken', page.pageAccessToken ?? `simulated-bot-token-${page.pageId}`),
    vccLiveAppId: page.vccLiveAppId ?? vccLiveAppId,
    vccLivePageAccessToken: filled(
      'vccLivePageAccessToken',
      page.vccLivePageAccessToken ?? `simulated-vcc-live-token-${page.pageId}`,
    ),
  };
}

function checkIds(botAppId: string, pages: readonly Required<SimulatedPageOptions>[]): void {
  digits('botAppId', botAppId);
  for (const page of pages) {
    digits('pageId', page.pageId);
    digits('vccLiveAppId', page.vccLiveAppId);
    if (page.vccLiveAppId === botAppId) {
      throw new InvalidOptionError('vccLiveAppId', "the bot's own app id", "another app's id");
    }
  }
}

function checkUnique(pages: readonly Required<SimulatedPageOptions>[]): void {
  if (new Set(pages.map((page) => page.pageId)).size < pages.length) {
    throw new InvalidOptionError('pages', 'a list that names a Page twice', 'a list of different Pages');
  }
  const tokens = pages.flatMap((page) => [page.pageAccessToken, page.vccLivePageAccessToken]);
  if (new Set(tokens).size < tokens.length) {
    throw new InvalidOptionError('pageAccessToken', 'used twice', 'a token of its own for each Page and app');
  }
}

function digits(option: string, value: unknown): void {
  if (typeof value === 'string' && DIGITS.test(value)) return;
  throw new InvalidOptionError(
    option,
    typeof value === 'bigint' ? String(value) : JSON.stringify(value),
    'a string of digits',
  );
}

function filled(option: string, value: string): string {
  if (value === '') throw new InvalidOptionError(option, 'empty', 'a string that is not empty');
  return value;
}
