/**
 * What happened in each thread of a recording, for its drawing.
 *
 * A recording has no platform that knows the truth. Two readings of the same evidence stand in for truth and belief: in
 * hindsight, each piece of evidence counts from the time that Meta gave it; the bot knew each piece when it arrived. Pure.
 */
import { ownerByEvidence, fold, type AppIds, type Evidence, type Verdict } from '../../ownership/ledger.js';
import { evidenceOfEvent } from '../../ownership/evidence.js';
import { learnOffset, newestPlace, noOffset, offsetOf, type OffsetWindow } from '../../ownership/meta-time.js';
import type { RecordedCall, RecordedWebhook, Recording } from '../../recording/read-recording.js';
import type { ThreadTimeline, TimelineMoment, TimelineOwner } from '../../simulator/timeline/thread-timeline.js';
import type { ThreadEvent } from '../../thread/event.js';
import { threadOf } from '../../thread/event.js';
import { parseExactJson } from '../../thread/exact-json.js';
import { threadId, type ThreadKey } from '../../thread/key.js';
import { metaAppOf, nameOfMetasApp } from '../../thread/meta-apps.js';
import type { EvidenceMaxima } from '../../thread/record.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import { readCall, type ReadCall } from './read-call.js';

/** A webhook that arrives this long after its time was held up. Milliseconds. */
const LATE_MS = 500;
const NOTES = [
  'Drawn from a recording: no platform knows the truth. The first column is what all evidence proves, by the times that Meta gave it; the second is what had reached the bot.',
  "Meta's clock is placed so that the fastest webhook took no time. Texts and ids are neutral. A recording does not hold what the plugin held back.",
];
const CONTROL_EVENTS: Readonly<Partial<Record<ThreadEvent['kind'], string>>> = {
  passThreadControl: 'pass_thread_control',
  takeThreadControl: 'take_thread_control',
  requestThreadControl: 'request_thread_control',
};

/** A thread of a recording. */
export interface RecordedThread {
  readonly psid: string;
  readonly timeline: ThreadTimeline;
}

/** Every thread of a recording, the one with most moments first. */
export function timelinesOf(recording: Recording): RecordedThread[] {
  const reader = new RecordingReader(recording);
  return reader.threads().sort((one, other) => other.timeline.moments.length - one.timeline.moments.length);
}

interface Past {
  readonly thread: ThreadKey;
  readonly moments: TimelineMoment[];
  readonly evidence: Evidence[];
  known: EvidenceMaxima;
}

/** One thing that reaches the bot: a webhook, or the answer to a call. */
type Arrival =
  | { readonly n: number; readonly atMs: number; readonly webhook: RecordedWebhook }
  | { readonly n: number; readonly atMs: number; readonly call: RecordedCall };

class RecordingReader {
  readonly #ids: AppIds;
  readonly #arrivals: readonly Arrival[];
  readonly #pasts = new Map<string, Past>();
  /** Messages of the bot that are known from its calls. */
  readonly #sent = new Set<string>();
  /** Meta's clock minus the bot's, over the whole recording. */
  readonly #offsetMs: number;
  #window: OffsetWindow = noOffset;

  constructor({ botAppId = '', vccLiveAppId = '', webhooks, calls }: Recording) {
    this.#ids = { botAppId: botAppId, vccLiveAppId: vccLiveAppId };
    const arrivals = [
      ...webhooks.map((webhook) => ({ n: webhook.n, atMs: webhook.atMs, webhook })),
      ...calls.map((call) => ({ n: call.n, atMs: call.atMs + call.ms, call })),
    ];
    this.#arrivals = arrivals.sort((one, other) => one.atMs - other.atMs || one.n - other.n);
    const offsets = webhooks.flatMap(({ atMs, body }) =>
      eventsOf(body).flatMap(({ timestampMs }) => (timestampMs === undefined ? [] : [timestampMs - atMs])),
    );
    this.#offsetMs = offsets.length === 0 ? 0 : Math.max(...offsets);
  }

  threads(): RecordedThread[] {
    for (const arrival of this.#arrivals) {
      if ('call' in arrival) this.#answered(arrival.call);
      else for (const event of eventsOf(arrival.webhook.body)) this.#arrived(event, arrival.atMs);
    }
    return [...this.#pasts.values()].map(({ thread, moments, evidence }) => ({
      psid: thread.psid,
      timeline: {
        title: `Thread ${thread.psid} of Page ${thread.pageId}`,
        truthLabel: "Owner in hindsight, by Meta's times",
        beliefLabel: 'Owner as the bot could know',
        firstOwner: 'unknown',
        firstBelief: 'unknown',
        moments: inOrder([...this.#truth(evidence), ...moments]),
        notes: NOTES,
      },
    }));
  }

  #past(thread: ThreadKey): Past {
    const key = threadId(thread);
    const known = this.#pasts.get(key);
    if (known !== undefined) return known;
    const past: Past = { thread, moments: [], evidence: [], known: {} };
    this.#pasts.set(key, past);
    return past;
  }

  #arrived(event: ThreadEvent, nowMs: number): void {
    this.#window = learnOffset(this.#window, event, nowMs);
    const thread = threadOf(event);
    if (thread === undefined) return;
    const past = this.#past(thread);
    const sentAtMs = event.timestampMs === undefined ? nowMs : Math.min(nowMs, event.timestampMs - this.#offsetMs);
    const lateMs = event.timestampInSeconds ? 0 : nowMs - sentAtMs;
    const said = this.#saidIn(event);
    if (said !== undefined) past.moments.push({ atMs: sentAtMs, kind: 'said', ...said });
    const control = CONTROL_EVENTS[event.kind];
    if (control !== undefined || (said !== undefined && lateMs >= LATE_MS)) {
      const late = lateMs >= LATE_MS ? `, ${(lateMs / 1000).toFixed(1)} s late` : '';
      const to =
        control !== undefined && event.newOwnerAppId !== undefined ? ` → ${this.#appName(event.newOwnerAppId)}` : '';
      past.moments.push({
        atMs: nowMs,
        who: 'meta',
        kind: 'event',
        text: `Meta → Bot: ${control ?? said?.text ?? ''}${to}${late}`,
      });
    }
    const arrival = { nowMs, offsetMs: offsetOf(this.#window), newestStamp: newestPlace(past.known) };
    this.#learn(past, evidenceOfEvent(event, this.#ids, arrival), nowMs);
  }

  /** What somebody said by this event. The bot's own words come from its calls, if those are recorded. */
  #saidIn({ kind, text, appId, mid }: ThreadEvent): Pick<TimelineMoment, 'who' | 'text'> | undefined {
    if (kind === 'message') return { who: 'customer', text: quoted(text) };
    if (kind === 'postback') return { who: 'customer', text: 'presses a button' };
    if (kind !== 'echo' || (mid !== undefined && this.#sent.has(mid))) return undefined;
    const owner = this.#ownerOf(appId);
    const who = owner === 'vccLive' ? 'agent' : owner === 'bot' || owner === 'inbox' ? owner : 'other';
    return { who, text: quoted(text) };
  }

  #answered(call: RecordedCall): void {
    const read = readCall(call);
    const pageId = read?.pageId ?? call.pageId ?? [...this.#pasts.values()][0]?.thread.pageId;
    if (read === undefined || pageId === undefined) return;
    const past = this.#past({ pageId, psid: read.psid });
    const before = newestPlace(past.known);
    const { moment, mid } = this.#wordsOf(read, call);
    if (mid !== undefined) this.#sent.add(mid);
    past.moments.push(moment);
    const own = {
      sentAtMs: call.atMs,
      answeredAtMs: call.atMs + call.ms,
      offsetMs: offsetOf(this.#window),
      newestStamp: before,
    };
    this.#learn(past, read.evidence(own, this.#ids), own.answeredAtMs);
  }

  #wordsOf(read: ReadCall, { atMs, ms }: RecordedCall): { readonly moment: TimelineMoment; readonly mid?: string } {
    const answeredAtMs = atMs + ms;
    if (read.edge !== 'messages') {
      const named = read.named === undefined ? '' : ` → ${this.#appName(read.named)}`;
      const moment = {
        atMs,
        who: 'bot',
        kind: 'event',
        text: `Bot → Meta: ${read.edge}${named} · ${read.ending}`,
      } as const;
      return { moment };
    }
    const text = quoted(read.text);
    if (read.isRefused) {
      return { moment: { atMs: answeredAtMs, who: 'meta', kind: 'refused', text: `${text} ${read.ending}` } };
    }
    if (read.mid === undefined) {
      return { moment: { atMs, who: 'bot', kind: 'event', text: `Bot → Meta: ${text} · ${read.ending}` } };
    }
    return { moment: { atMs: answeredAtMs, who: 'bot', kind: 'said', text }, mid: read.mid };
  }

  #learn(past: Past, evidence: readonly Evidence[], atMs: number): void {
    const before = ownerByEvidence(past.known, this.#ids);
    past.evidence.push(...evidence);
    past.known = fold(past.known, evidence);
    const after = ownerByEvidence(past.known, this.#ids);
    if (this.#nameOf(before) === this.#nameOf(after)) return;
    past.moments.push({ atMs, who: 'bot', kind: 'belief', owner: this.#nameOf(after), text: '' });
  }

  /** The changes of owner that all evidence proves, each at the time at which Meta knew it. */
  #truth(evidence: readonly Evidence[]): TimelineMoment[] {
    const moments: TimelineMoment[] = [];
    let maxima: EvidenceMaxima = {};
    let owner: TimelineOwner = 'unknown';
    for (const piece of [...evidence].sort((one, other) => metaTimeOf(one) - metaTimeOf(other))) {
      maxima = fold(maxima, [piece]);
      const now = this.#nameOf(ownerByEvidence(maxima, this.#ids));
      if (now === owner) continue;
      owner = now;
      moments.push({ atMs: metaTimeOf(piece) - this.#offsetMs, who: 'meta', kind: 'truth', owner, text: '' });
    }
    return moments;
  }

  #nameOf({ owner, appId }: Verdict): TimelineOwner {
    return owner === 'other' ? this.#ownerOf(appId) : owner;
  }

  #ownerOf(appId: string | undefined): TimelineOwner {
    if (appId === this.#ids.botAppId) return 'bot';
    if (appId === this.#ids.vccLiveAppId) return 'vccLive';
    return metaAppOf(appId) === 'pageInbox' ? 'inbox' : 'other';
  }

  #appName(appId: string): string {
    if (appId === this.#ids.botAppId) return 'the bot';
    return appId === this.#ids.vccLiveAppId ? 'VCC Live' : (nameOfMetasApp(appId) ?? `app ${appId}`);
  }
}

function eventsOf(body: string): ThreadEvent[] {
  return parseWebhook(parseExactJson(body));
}

function quoted(text: string | undefined): string {
  return text === undefined ? 'an attachment' : `“${text}”`;
}

function metaTimeOf(piece: Evidence): number {
  return piece.sort === 'activity' ? piece.atMetaMs : piece.mark.atMetaMs;
}

/** By time. At one time, the owner changes first, then somebody speaks, and the bot learns of it last. */
function inOrder(moments: readonly TimelineMoment[]): TimelineMoment[] {
  const rank = ({ kind }: TimelineMoment): number => (kind === 'truth' ? 0 : kind === 'belief' ? 2 : 1);
  return [...moments].sort((one, other) => one.atMs - other.atMs || rank(one) - rank(other));
}
