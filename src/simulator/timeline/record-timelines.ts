/**
 * Writes down what happens in each thread of a simulator, in the order in which it happens: the truth from the platform, and,
 * if a plugin runs in this process, what the bot believes and holds back. Bounded.
 */
import type { ThreadEvent } from '../../thread/event.js';
import { parseExactJson } from '../../thread/exact-json.js';
import { threadId, type ThreadKey } from '../../thread/key.js';
import { fieldOf } from '../../thread/read-unknown.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { ConversationEntry } from '../messenger-platform.js';
import { trueOwnerName } from '../stage/owner-name.js';
import { threadsOf } from '../stage/wire-rows.js';
import type { GraphEntry, OwnerEntry, WebhookEntry, WireEntry } from '../wire.js';
import type { ThreadTimeline, TimelineMoment } from './thread-timeline.js';

/** The events of the plugin that a drawing shows, with what it needs of them. The simulator knows no plugin. */
export interface TimelineEventMap {
  readonly begun: { readonly thread: ThreadKey };
  readonly passed: { readonly thread: ThreadKey };
  readonly returned: {
    readonly thread: ThreadKey;
    readonly result: { readonly outcome: string; readonly via: string };
  };
  readonly refused: { readonly thread: ThreadKey; readonly reason: string };
  readonly failed: { readonly thread: ThreadKey; readonly error: Error };
  readonly ownerChanged: {
    readonly thread: ThreadKey;
    readonly to: { readonly owner: 'bot' | 'vccLive' | 'other' | 'idle' | 'unknown' };
  };
  readonly suppressed: { readonly thread: ThreadKey; readonly activity: unknown; readonly reason: string };
}

/** A plugin's events: `VccLiveHandover` has this method. */
export interface TimelineEventSource {
  on<K extends keyof TimelineEventMap>(event: K, listener: (happened: TimelineEventMap[K]) => void): unknown;
}

/** Moments of one thread; the oldest go first. */
const KEPT_MOMENTS = 500;
/** A webhook that leaves this long after its event was held up. Milliseconds. */
const LATE_MS = 500;
const OWNER_CALLS: ReadonlySet<string> = new Set([
  'pass_thread_control',
  'take_thread_control',
  'release_thread_control',
  'request_thread_control',
  'thread_owner',
]);
const WHY_CHANGED: Readonly<Record<OwnerEntry['why'], string>> = {
  customer: 'the customer wrote',
  send: 'by sending',
  pass: 'passed',
  take: 'taken',
  request: 'requested',
  release: 'released; no webhook says so',
  expired: 'control ended; no webhook says so',
};
const WHY_SUPPRESSED: Readonly<Record<string, string>> = {
  anotherAppOwns: 'another app owns the thread',
  staleTurn: 'the thread changed hands during the turn',
  turnTakenOver: 'another process went on with the thread',
  ownerUnknown: 'nobody could say who owns the thread',
  handedOver: 'the thread was handed over before',
  repeatedTurn: 'an earlier run of this turn handed over',
  refusedByMeta: 'Meta refused it',
  unsupported: 'Messenger has no form for it',
};

interface Past {
  readonly thread: ThreadKey;
  readonly moments: Writable[];
  /** Entries of the wire that have not ended, by their number. */
  readonly open: Map<number, Writable>;
  lastSaid?: ConversationEntry | undefined;
}

type Writable = { -readonly [K in keyof TimelineMoment]: TimelineMoment[K] };

/** The past of every thread. */
export class TimelineRecorder {
  readonly #simulator: MessengerSimulator;
  readonly #handover: TimelineEventSource | undefined;
  readonly #pasts = new Map<string, Past>();
  readonly #stops: readonly (() => void)[];
  #isClosed = false;

  constructor(simulator: MessengerSimulator, handover?: TimelineEventSource) {
    this.#simulator = simulator;
    this.#handover = handover;
    const { wire } = simulator;
    // Of what was before, words and owners are known.
    for (const entry of wire.of('owner')) this.#follow(entry);
    this.#stops = [wire.on('entry', (entry) => this.#follow(entry)), wire.on('update', (entry) => this.#follow(entry))];
    if (handover !== undefined) this.#listen(handover);
  }

  /** What happened in a thread until now. @param name what the customer is called */
  timelineOf(thread: ThreadKey, name: string): ThreadTimeline {
    const past = this.#past(thread);
    this.#hear(past);
    return {
      title: `Thread of ${name}`,
      truthLabel: 'Real owner, by the platform',
      ...(this.#handover === undefined ? {} : { beliefLabel: 'Owner as the bot believes' }),
      moments: [...past.moments].sort((one, other) => one.atMs - other.atMs),
      notes:
        this.#handover === undefined
          ? ['The bot runs in another process: what it believed and held back is not known here.']
          : [],
    };
  }

  /** Stops listening. */
  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }

  #past(thread: ThreadKey): Past {
    const key = threadId(thread);
    const known = this.#pasts.get(key);
    if (known !== undefined) return known;
    const { pageId, psid } = thread;
    const past: Past = { thread: { pageId, psid }, moments: [], open: new Map() };
    this.#pasts.set(key, past);
    return past;
  }

  #follow(entry: WireEntry): void {
    for (const thread of threadsOf(entry)) {
      // A Graph call may name anybody, also people who do not exist.
      if (entry.kind === 'graph' && !this.#pasts.has(threadId(thread))) continue;
      const past = this.#past(thread);
      this.#hear(past);
      if (entry.kind === 'owner') this.#ownerChanged(past, entry);
      if (entry.kind === 'graph' && entry.appName === 'bot') this.#botCalls(past, entry);
      if (entry.kind === 'webhook' && entry.appName === 'bot') this.#botHears(past, entry);
    }
  }

  /** Writes what was said since the last look. */
  #hear(past: Past): void {
    const { pageId, psid } = past.thread;
    const conversation = this.#simulator.customer(psid, pageId).conversation();
    const from = past.lastSaid === undefined ? 0 : conversation.lastIndexOf(past.lastSaid) + 1;
    past.lastSaid = conversation.at(-1);
    for (const { kind, from: speaker, atMs, text, message } of conversation.slice(from)) {
      if (kind !== 'message') continue;
      write(past, { atMs, who: speaker, kind: 'said', text: saidWords(text, message) });
    }
  }

  #ownerChanged(past: Past, { atMs, to, why, pageId }: OwnerEntry): void {
    const owner = trueOwnerName(to, pageId, this.#simulator.settings);
    write(past, { atMs, who: 'meta', kind: 'truth', owner, text: WHY_CHANGED[why] });
  }

  #botCalls(past: Past, entry: GraphEntry): void {
    const isOver = entry.outcome !== 'pending';
    if (entry.edge === 'messages') {
      if (!isOver || (!entry.refused && entry.outcome === 'answered')) return;
      const said = saidWords(undefined, messageIn(entry.body));
      if (entry.refused) this.#now(past, { who: 'meta', kind: 'refused', text: `${said} ${errorWords(entry.answer)}` });
      else this.#now(past, { who: 'bot', kind: 'event', text: `Bot → Meta: ${said}. ${lostWords(entry)}` });
      return;
    }
    if (!OWNER_CALLS.has(entry.edge)) return;
    const moment = past.open.get(entry.seq) ?? write(past, { atMs: entry.atMs, who: 'bot', kind: 'event', text: '' });
    moment.text = `Bot → Meta: ${entry.edge} · ${isOver ? this.#ending(entry) : 'in progress'}`;
    if (isOver) past.open.delete(entry.seq);
    else past.open.set(entry.seq, moment);
  }

  #ending(entry: GraphEntry): string {
    if (entry.outcome !== 'answered') return lostWords(entry);
    if (entry.refused) return `refused: ${errorWords(entry.answer)}`;
    if (entry.edge !== 'thread_owner') return String(entry.status ?? '');
    const owner = fieldOf(fieldOf(fieldOf(fieldOf(entry.answer, 'data'), '0'), 'thread_owner'), 'app_id');
    return typeof owner === 'string' ? this.#appName(owner) : 'nobody, or an app that Meta does not name';
  }

  #botHears(past: Past, entry: WebhookEntry): void {
    if (entry.outcome !== 'pending') {
      this.#webhookFailed(past, entry);
      return;
    }
    const events = parseWebhook(parseExactJson(entry.body)).filter(({ psid }) => psid === past.thread.psid);
    const aboutControl = events.some(({ kind }) => kind.endsWith('ThreadControl'));
    const lateMs = Math.max(...events.map((event) => this.#lateMs(event, entry)));
    if (!aboutControl && entry.why === 'first' && lateMs < LATE_MS) return;
    const late = lateMs >= LATE_MS ? `, ${(lateMs / 1000).toFixed(1)} s late` : '';
    const why = entry.why === 'first' ? '' : `, ${entry.why}`;
    this.#now(past, { who: 'meta', kind: 'event', text: `Meta → Bot: ${this.#items(entry)}${late}${why}` });
  }

  #webhookFailed(past: Past, entry: WebhookEntry): void {
    const { outcome, status, againInMs, seq } = entry;
    if (outcome === 'acknowledged' || outcome === 'recorded') return;
    const how = status === undefined ? outcome : `answered with ${status}`;
    const again = againInMs === undefined ? '' : `; Meta delivers it again in ${againInMs / 1000} s`;
    // The wire says first how it ended, and then when it is delivered again.
    const moment = past.open.get(seq) ?? this.#now(past, { who: 'meta', kind: 'event', text: '' });
    moment.text = `The webhook (${this.#items(entry)}) was ${how}${again}`;
    if (againInMs === undefined) past.open.set(seq, moment);
    else past.open.delete(seq);
  }

  #lateMs({ timestampMs, timestampInSeconds }: ThreadEvent, { atMs }: WebhookEntry): number {
    return timestampMs === undefined || timestampInSeconds
      ? 0
      : atMs + this.#simulator.weather.clockSkewMs - timestampMs;
  }

  #items({ items }: WebhookEntry): string {
    const named = items.join(', ').replace(/(?<=→ |echo of )\d+/g, (id) => this.#appName(id));
    return named || 'a webhook written by hand';
  }

  #appName(id: string): string {
    const { botAppId, pageInboxAppId, pages } = this.#simulator.settings;
    if (id === botAppId) return 'the bot';
    if (id === pageInboxAppId) return 'the Page inbox';
    return pages.some(({ vccLiveAppId }) => vccLiveAppId === id) ? 'VCC Live' : `app ${id}`;
  }

  #listen(handover: TimelineEventSource): void {
    const on = <K extends keyof TimelineEventMap>(
      name: K,
      moment: (happened: TimelineEventMap[K]) => Omit<TimelineMoment, 'atMs' | 'who'>,
    ): void => {
      handover.on(name, (happened) => {
        if (this.#isClosed) return;
        const past = this.#past(happened.thread);
        this.#hear(past);
        this.#now(past, { who: 'bot', ...moment(happened) });
      });
    };
    on('ownerChanged', ({ to }) => ({ kind: 'belief', owner: to.owner, text: '' }));
    on('suppressed', ({ activity, reason }) => ({
      kind: 'suppressed',
      text: `${activityWords(activity)} (${WHY_SUPPRESSED[reason] ?? reason})`,
    }));
    on('begun', () => event('Handover begins'));
    on('passed', () => event('Handover: VCC Live has the thread'));
    on('returned', ({ result }) => event(`The thread returns: ${result.outcome}, via ${result.via}`));
    on('refused', ({ reason }) => event(`Handover does not begin: ${reason}`));
    on('failed', ({ error }) => event(`Handover fails: ${error.message}`));
  }

  #now(past: Past, moment: Omit<TimelineMoment, 'atMs'>): Writable {
    return write(past, { atMs: this.#simulator.clock.now(), ...moment });
  }
}

function write({ moments }: Past, moment: TimelineMoment): Writable {
  const written = { ...moment };
  moments.push(written);
  if (moments.length > KEPT_MOMENTS) moments.shift();
  return written;
}

function event(text: string): Pick<TimelineMoment, 'kind' | 'text'> {
  return { kind: 'event', text };
}

function saidWords(text: string | undefined, message: unknown): string {
  const written = text ?? fieldOf(message, 'text');
  return typeof written === 'string' && written !== '' ? `“${written}”` : 'an attachment';
}

function activityWords(activity: unknown): string {
  const [type, text] = [fieldOf(activity, 'type'), fieldOf(activity, 'text')];
  if (typeof text === 'string' && text !== '') return `“${text}”`;
  return typeof type !== 'string' || type === 'message' ? 'a message without text' : `an activity of type ${type}`;
}

function messageIn(body: unknown): unknown {
  return fieldOf(body, 'message');
}

function errorWords(answer: unknown): string {
  const message = fieldOf(fieldOf(answer, 'error'), 'message');
  return typeof message === 'string' ? message : '';
}

function lostWords({ outcome, done }: GraphEntry): string {
  if (outcome === 'requestLost') return 'the call was lost; nothing was done';
  return `the answer was lost; ${done ? 'it was done' : 'nothing was done'}`;
}
