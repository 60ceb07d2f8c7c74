/** What a stage can be opened with, and what its page gets of the settings. */
import { isIP } from 'node:net';
import { checkFields, namesOf } from '../../thread/check-values.js';
import type { Clock } from '../../thread/clock.js';
import type { ThreadKey } from '../../thread/key.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { TimelineEventSource } from '../timeline/record-timelines.js';
import { ROW_CAPACITY } from './row-board.js';
import type { StagedBot } from './scenarios/index.js';
import type { ClockView, SettingsView } from './stage-words.js';

const DEFAULT_MENU: SettingsView['menu'] = [
  { title: 'Talk to an agent', payload: 'TALK_TO_AGENT' },
  { title: 'Start over', payload: 'GET_STARTED' },
];

const STAGE_NAMES = namesOf<StageOptions>({
  believes: true,
  handover: true,
  botLabel: true,
  pageNames: true,
  bot: true,
  menu: true,
  pageFile: true,
  pauseMs: true,
  firstCustomer: true,
  timer: true,
  unreadMaxBytes: true,
});

/** Options of `serveStage`. */
export interface StageOptions {
  /** Who the bot believes owns a thread: `(thread) => (await handover.ownerOf(thread)).owner`. Default: nobody can say. */
  readonly believes?: (thread: ThreadKey) => Promise<string>;
  /**
   * The bot's plugin, for the drawing of a thread: its events say when the bot believed what, and what it held back.
   * Default: the drawing shows neither.
   */
  readonly handover?: TimelineEventSource;
  /** What the bot is called on the page. Default `Bot`. */
  readonly botLabel?: string;
  /** What Pages are called, by id. Default: `Your Page`, or `Page 1` and so on if there are several. */
  readonly pageNames?: Readonly<Record<string, string>>;
  /** Shuts the bot down and starts it again, for whoever plays that. Default: the stage cannot. */
  readonly bot?: StagedBot;
  /** The Page's persistent menu. Default: "Talk to an agent", "Start over". */
  readonly menu?: SettingsView['menu'];
  /** The built page. Default: the package's own. */
  readonly pageFile?: string;
  /** Pause between the steps of a scenario that plays by itself, milliseconds. Default 2500. */
  readonly pauseMs?: number;
  /** If nobody has written yet, each Page has a first customer from the start. Default true. */
  readonly firstCustomer?: boolean;
  /** Of batches, pauses and heartbeats. Default: this machine's clock. */
  readonly timer?: Clock;
  /** What may wait for one slow page before it is dropped, bytes. Default 4 MiB. */
  readonly unreadMaxBytes?: number;
}

/** The options. @throws {@link InvalidOptionError} if one has an unknown name */
export function checkedOptions(options: StageOptions): StageOptions {
  return checkFields('', options, STAGE_NAMES);
}

/** The settings as the page shows them. */
export function settingsView(
  simulator: MessengerSimulator,
  options: StageOptions,
  loopbackOnly: boolean,
): SettingsView {
  const { settings, graphBaseUrl, vccLive } = simulator;
  return {
    botLabel: options.botLabel ?? 'Bot',
    pages: settings.pages.map(({ pageId }, index) => ({
      pageId,
      name: options.pageNames?.[pageId] ?? (settings.pages.length === 1 ? 'Your Page' : `Page ${index + 1}`),
    })),
    botAppId: settings.botAppId,
    vccLiveAppId: settings.vccLiveAppId,
    pageInboxAppId: settings.pageInboxAppId,
    graphBaseUrl,
    environment: [
      `FACEBOOK_APP_ID=${settings.botAppId}`,
      `FACEBOOK_APP_SECRET=${settings.appSecret}`,
      `FACEBOOK_PAGE_ACCESS_TOKEN=${settings.pageAccessToken}`,
      `FACEBOOK_VERIFY_TOKEN=${settings.verifyToken}`,
      `VCC_LIVE_APP_ID=${settings.vccLiveAppId}`,
      `VCC_LIVE_CUSTOMER=${vccLive.access.customer}`,
      `VCC_LIVE_API_KEY=${vccLive.access.apiKey}`,
      `VCC_LIVE_PROJECT_ID=${vccLive.access.projectId}`,
      `GRAPH_BASE_URL=${graphBaseUrl}`,
    ],
    knowsBelief: options.believes !== undefined,
    vccLiveWebhooks: simulator.vccLiveConnected,
    canRestart: options.bot !== undefined,
    loopbackOnly,
    menu: options.menu ?? DEFAULT_MENU,
    rowCapacity: ROW_CAPACITY,
  };
}

/** The simulator's clock as the page shows it. */
export function clockView({ clock }: MessengerSimulator): ClockView {
  return { mode: clock.mode, nowMs: clock.now() };
}

/** Whether only this machine can reach a host. */
export function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
