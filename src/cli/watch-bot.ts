/**
 * Checks the bot while the simulator runs: until the bot answers, and once more after each delivery that failed.
 *
 * The terminal then says why the page does not change, and says each reason once.
 */
import type { GraphEntry, WebhookEntry, Wire, WireEntry } from '../simulator/index.js';
import { deliveryTrouble, type BotVerdict } from './check-bot.js';

/** How long to wait before the bot is checked once more, real milliseconds. */
export const ASK_AGAIN_MS = 1000;
/** How long after its first message a bot may make no call before that is said, real milliseconds. */
export const CALL_WITHIN_MS = 10_000;

const ALERT = 'alert: the bot';
/** How the simulator's notes about refused requests begin; each reason is noted once. */
const REFUSED = 'refused:';
/** What `doctor` reads about app and Page. Such calls are no sign of the bot. */
const ADMINISTRATION: readonly string[] = [
  ...['me', 'debug_token', 'subscriptions', 'subscribed_apps', 'secondary_receivers'],
];
const GRAPH_PATH = /^\/(v\d+\.\d+|me)\//;

/** What the watch works with. */
export interface BotWatch {
  readonly wire: Wire;
  /** Asks the bot. Must not reject. */
  readonly check: () => Promise<BotVerdict>;
  readonly say: (line: string) => void;
  /** Runs something after real milliseconds; returns how to prevent it. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** Watches until the returned function is called. */
export function watchBot(watch: BotWatch): () => void {
  let watching = true;
  const say = (line: string): void => {
    if (watching) watch.say(line);
  };
  const stops = [askUntilReady, adviseOnDeliveries, adviseOnTokens, adviseOnNames, adviseOnSilence, repeatAlerts].map(
    (begin) => begin({ ...watch, say }),
  );
  return () => {
    watching = false;
    for (const stop of stops) stop();
  };
}

/** Asks at once, again and again until the bot is ready, and anew when a delivery got no answer. */
function askUntilReady({ wire, check, say, after }: BotWatch): () => void {
  let last: string | undefined;
  let asking = false;
  let watching = true;
  let cancel = (): void => undefined;
  const ask = (): void => {
    if (asking || !watching) return;
    asking = true;
    void check().then(told);
  };
  const told = ({ ready, says }: BotVerdict): void => {
    asking = false;
    if (says !== last) say(ready ? says : `${says} Trying again every ${ASK_AGAIN_MS / 1000} s.`);
    last = says;
    if (!ready && watching) cancel = after(ASK_AGAIN_MS, ask);
  };
  ask();
  const unfollow = wire.on('update', (entry) => {
    if (isDelivery(entry) && (entry.outcome === 'unreachable' || entry.outcome === 'late')) ask();
  });
  return () => {
    watching = false;
    cancel();
    unfollow();
  };
}

/** Says why a delivery failed that reached the bot. */
function adviseOnDeliveries({ wire, say }: BotWatch): () => void {
  return wire.on('update', (entry) => {
    if (!isDelivery(entry) || entry.outcome !== 'refused' || entry.status === undefined) return;
    const trouble = deliveryTrouble(entry.url ?? '', entry.status);
    if (trouble !== undefined) say(`${trouble} The delivery was: ${entry.items.join(', ')}.`);
  });
}

/** Says once that calls come with a token that the simulator did not issue. */
function adviseOnTokens({ wire, say }: BotWatch): () => void {
  const stop = wire.on('entry', (entry) => {
    if (!isGraphCall(entry) || entry.appId !== undefined || isVersionProbe(entry)) return;
    stop();
    say(`A call to ${entry.edge} came without a token of the simulator. Is FACEBOOK_PAGE_ACCESS_TOKEN the one above?`);
  });
  return stop;
}

/** Says which request was refused, and for which host name: a bot in another container, or a page of another site. */
function adviseOnNames({ wire, say }: BotWatch): () => void {
  return wire.on('entry', (entry) => {
    if (entry.kind === 'note' && entry.text.startsWith(REFUSED)) say(`A request was ${entry.text}`);
  });
}

const NO_CALLS =
  'The bot accepts messages and calls no Graph API here. Start it with the GRAPH_BASE_URL above, and give the plugin ' +
  'graph: { baseUrl: process.env.GRAPH_BASE_URL }. Without that option the plugin calls Meta.';

/** Says once that a bot takes messages and never calls. */
function adviseOnSilence({ wire, say, after }: BotWatch): () => void {
  let cancel: (() => void) | undefined;
  const stopListening = wire.on('update', (entry) => {
    if (cancel !== undefined || !isDelivery(entry) || entry.outcome !== 'acknowledged') return;
    if (!entry.items.some((item) => item.startsWith('message'))) return;
    cancel = after(CALL_WITHIN_MS, () => say(NO_CALLS));
  });
  const stopWaiting = wire.on('entry', (entry) => {
    if (!isGraphCall(entry) || ADMINISTRATION.includes(entry.edge)) return;
    stop();
  });
  const stop = (): void => {
    cancel?.();
    stopListening();
    stopWaiting();
  };
  return stop;
}

/** Writes to the terminal what the page says about the bot. */
function repeatAlerts({ wire, say }: BotWatch): () => void {
  return wire.on('entry', (entry) => {
    if (entry.kind === 'note' && entry.text.startsWith(ALERT)) say(`The bot${entry.text.slice(ALERT.length)}`);
  });
}

/** A webhook for the bot; what is posted by hand in the page is the poster's own affair. */
function isDelivery(entry: WireEntry): entry is WebhookEntry {
  return entry.kind === 'webhook' && entry.why !== 'raw' && entry.outcome !== 'recorded';
}

/** Not a browser that asks for an icon; nor VCC Live's part of the page, which sends no HTTP. */
function isGraphCall(entry: WireEntry): entry is GraphEntry {
  return entry.kind === 'graph' && GRAPH_PATH.test(entry.path) && entry.appName !== 'VCC Live';
}

/** `doctor` asks without a token whether Meta serves a version. */
function isVersionProbe({ edge, appName }: GraphEntry): boolean {
  return edge === 'me' && appName === 'no token';
}
