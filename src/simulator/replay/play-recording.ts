/**
 * Plays a recording at a bot: delivers its webhooks in order, answers the bot's calls as they were answered, and compares.
 *
 * The next webhook leaves when the calls are made that were recorded before it, or when `waitMs` has passed.
 */
import { InvalidOptionError } from '../../thread/errors.js';
import { parseExactJson } from '../../thread/exact-json.js';
import { TIMES } from '../../recording/known-values.js';
import { rewriteJson } from '../../recording/neutral-json.js';
import type { RecordedCall, RecordedWebhook, Recording } from '../../recording/read-recording.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import { graphTarget, type GraphAnswer } from '../graph-edges.js';
import type { SimulatorSettings } from '../options.js';
import { isJsonObject } from '../webhook-items.js';
import { ExpectedCalls, type ActualCall } from './expected-calls.js';
import { IdMap } from './id-map.js';
import type { ReplayDifference, ReplayReport } from './replay-report.js';

/** An answer as it was recorded; `failed`: the connection breaks. */
export type PlayedAnswer = GraphAnswer | 'failed';

/** What a replay needs of the platform. */
export interface ReplayStage {
  readonly settings: SimulatorSettings;
  /** Milliseconds since 1970: the last recorded time becomes this one. */
  readonly now: () => number;
  /** Delivers a body, signed. Resolves with the status; rejects if there is no answer. */
  readonly deliver: (body: string) => Promise<{ readonly status: number }>;
  /** Gives every Graph call of the bot to this function; it answers those that it knows. Returns how to end it. */
  readonly answerCalls: (answer: (call: ActualCall) => PlayedAnswer | undefined) => () => void;
}

/** A time of Meta's in seconds or milliseconds, and no small number. */
const TIME = /^\d{10,13}$/;
const MILLISECONDS_FROM = 1e11;
/** How long a call may still come that the recording does not have. Milliseconds. */
const QUIET_MS = 150;

/**
 * Plays it. `waitMs`: how long a recorded call may take to come, milliseconds of this machine.
 * @throws {@link InvalidOptionError} if the recording has more Pages than the platform
 */
export async function playRecording(recording: Recording, stage: ReplayStage, waitMs: number): Promise<ReplayReport> {
  const replay = new Replay(recording, stage, waitMs);
  return replay.play();
}

class Replay {
  readonly #recording: Recording;
  readonly #stage: ReplayStage;
  readonly #waitMs: number;
  readonly #ids = new IdMap();
  readonly #expected: ExpectedCalls;
  /** What is added to recorded times. It grows while this bot is slower than the recorded one. */
  #shiftMs: number;
  /** How far the shifted arrival of the first webhook is behind this clock. */
  readonly #behindMs: number;
  /** Times that were shifted already. A repeated webhook has the same ones. */
  readonly #shiftedTimes = new Map<number, number>();
  readonly #others: ReplayDifference[] = [];
  readonly #threads: readonly ReadonlySet<string>[];
  #played = 0;
  #onCall: () => void = () => undefined;

  constructor(recording: Recording, stage: ReplayStage, waitMs: number) {
    this.#recording = recording;
    this.#stage = stage;
    this.#waitMs = waitMs;
    this.#pairAppsAndPages();
    this.#expected = new ExpectedCalls(recording.calls, this.#ids);
    const nowMs = stage.now();
    const { webhooks } = recording;
    this.#shiftMs = nowMs - lastTimeOf(webhooks, nowMs);
    this.#behindMs = nowMs - (webhooks[0]?.atMs ?? nowMs) - this.#shiftMs;
    this.#threads = recording.webhooks.map(
      ({ body }) => new Set(parseWebhook(parseExactJson(body)).map(({ psid }) => psid ?? '')),
    );
  }

  async play(): Promise<ReplayReport> {
    const { webhooks, calls } = this.#recording;
    const stop = this.#stage.answerCalls((call) => this.#answer(call));
    const answers: Promise<void>[] = [];
    try {
      for (const webhook of webhooks) {
        await this.#untilMade(webhook.n);
        const answered = this.#deliver(webhook);
        answers.push(answered);
        const next = webhooks[this.#played];
        // A webhook that had been answered before the next one came is waited for; others overlap.
        if (webhook.acknowledged !== undefined && webhook.acknowledged.n < (next?.n ?? Infinity)) await answered;
      }
      await this.#untilMade(Infinity);
      await Promise.all(answers);
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    } finally {
      stop();
    }
    const found = [...this.#others, ...this.#expected.differences, ...this.#expected.missing(this.#waitMs)];
    return {
      webhooks: webhooks.length,
      calls: calls.length,
      differences: found.sort((one, other) => one.line - other.line),
    };
  }

  #pairAppsAndPages(): void {
    const { botAppId, vccLiveAppId, webhooks } = this.#recording;
    const { settings } = this.#stage;
    if (botAppId !== undefined) this.#ids.pair(botAppId, settings.botAppId);
    if (vccLiveAppId !== undefined) this.#ids.pair(vccLiveAppId, settings.vccLiveAppId);
    const pages = [...new Set(webhooks.flatMap(({ body }) => pagesIn(body)))];
    if (pages.length > settings.pages.length) {
      const got = `a recording of ${pages.length} Pages on a platform with ${settings.pages.length}`;
      throw new InvalidOptionError('replay', got, 'as many Pages in the option pages');
    }
    pages.forEach((recorded, index) => this.#ids.pair(recorded, settings.pages[index]?.pageId ?? recorded));
  }

  async #deliver(webhook: RecordedWebhook): Promise<void> {
    this.#played += 1;
    const { line, body, atMs, acknowledged } = webhook;
    // Otherwise a hand-back could be older than the pass that this bot has just made.
    this.#shiftMs = Math.max(this.#shiftMs, this.#stage.now() - this.#behindMs - atMs);
    const recorded = acknowledged?.status;
    const note = (says: string): void => void this.#others.push({ kind: 'acknowledged', line, says });
    try {
      const { status } = await this.#stage.deliver(this.#today(body));
      if (recorded !== undefined && status !== recorded)
        note(`this bot answers the webhook with ${status}; the recording has ${recorded}.`);
    } catch {
      note('this bot does not answer the webhook.');
    }
  }

  #answer(call: ActualCall): PlayedAnswer | undefined {
    const { webhooks } = this.#recording;
    const next = (psid: string): number => {
      const index = this.#threads.findIndex((psids, at) => at >= this.#played && (psid === '' || psids.has(psid)));
      return webhooks[index]?.n ?? Infinity;
    };
    const line = webhooks[this.#played - 1]?.line ?? 1;
    const recorded = this.#expected.match(call, next, line);
    this.#onCall();
    return recorded === undefined ? plainAnswer(call) : this.#recordedAnswer(recorded);
  }

  #recordedAnswer({ answer }: RecordedCall): PlayedAnswer {
    if ('failed' in answer) return 'failed';
    const { status, text, isJson } = answer;
    // The type is that of the body as it is written now.
    const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => name !== 'content-type'));
    return { status, headers, ...(isJson ? { body: undefined, text: this.#today(text) } : { body: text }) };
  }

  /** The recorded JSON with this replay's ids and times. */
  #today(json: string): string {
    const shifted = rewriteJson(json, (piece, raw, field) =>
      piece !== 'key' && TIMES.has(field) && TIME.test(raw) ? String(this.#shifted(Number(raw))) : raw,
    );
    return this.#ids.toActual(shifted);
  }

  #shifted(time: number): number {
    const known = this.#shiftedTimes.get(time);
    if (known !== undefined) return known;
    const shifted = time >= MILLISECONDS_FROM ? time + this.#shiftMs : time + Math.round(this.#shiftMs / 1000);
    this.#shiftedTimes.set(time, shifted);
    return shifted;
  }

  /** Resolves when all calls are made that were recorded before `n`, or if none has come for `waitMs`. */
  async #untilMade(n: number): Promise<void> {
    while (!this.#expected.areMadeBefore(n)) {
      const came = await new Promise<boolean>((resolve) => {
        const limit = setTimeout(() => resolve(false), this.#waitMs);
        this.#onCall = () => {
          clearTimeout(limit);
          resolve(true);
        };
      });
      if (!came) return;
    }
  }
}

/** For a call that the recording does not have: what lets the bot go on. */
function plainAnswer({ method, path, params }: ActualCall): PlayedAnswer | undefined {
  const { name } = graphTarget(path);
  if (name === 'messages')
    return { status: 200, body: { recipient_id: params['recipient'], message_id: 'm_not-recorded' } };
  if (name === 'thread_owner') return { status: 200, body: { data: [] } };
  return method === 'POST' && name.endsWith('thread_control') ? { status: 200, body: { success: true } } : undefined;
}

function lastTimeOf(webhooks: readonly RecordedWebhook[], otherwise: number): number {
  let last = 0;
  for (const { body } of webhooks) {
    rewriteJson(body, (piece, raw, field) => {
      if (piece !== 'key' && TIMES.has(field) && TIME.test(raw)) {
        const time = Number(raw);
        last = Math.max(last, time >= MILLISECONDS_FROM ? time : time * 1000);
      }
      return raw;
    });
  }
  return last === 0 ? otherwise : last;
}

function pagesIn(body: string): string[] {
  const value = parseExactJson(body);
  const entries: unknown = isJsonObject(value) ? value['entry'] : undefined;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => (isJsonObject(entry) ? [String(entry['id'])] : []));
}
