/**
 * What a test expects of a bot on the simulator, in sentences: an answer, silence, an owner, a thread on the desk.
 *
 * Exists so that a bot's test reads as the dialogue it is about, and so that a failure shows what went over the wire.
 * Every expectation waits, because a bot may answer after it has acknowledged. Limits are real milliseconds.
 */
import type { ConversationEntry, Speaker } from './messenger-platform.js';
import { ExpectationError } from './simulator-errors.js';
import { wireLine, type GraphEntry, type Wire, type WireEntry } from './wire.js';
import { isJsonObject } from './webhook-items.js';

/** How long an expectation waits unless told otherwise, real milliseconds. */
export const EXPECT_WITHIN_MS = 2000;
/** How long a silence lasts unless told otherwise, real milliseconds after the last webhook was answered. */
export const SILENCE_FOR_MS = 100;
/** How often the handshake is tried, real milliseconds between two. */
const HANDSHAKE_EVERY_MS = 50;
const LINES_IN_ERROR = 20;

/** A text: exactly this one, one that the expression matches, or whatever the function says of the whole message. */
export type ExpectedMessage = string | RegExp | ((message: ConversationEntry) => boolean);

/** How an expectation waits. */
export interface ExpectLimit {
  /** Real milliseconds. Default 2000. */
  readonly timeoutMs?: number;
}

/** How {@link CustomerExpectations.answer} listens. */
export interface AnswerLimit extends ExpectLimit {
  /** Whose message. Default `bot`; messages of others are neither looked at nor used up. */
  readonly from?: Exclude<Speaker, 'customer'>;
}

/** How {@link CustomerExpectations.silence} listens. */
export interface SilenceLimit extends AnswerLimit {
  /** How long nothing may come after the last webhook was answered, real milliseconds. Default 100. */
  readonly forMs?: number;
}

/** How {@link AgentExpectations.thread} looks at the desk. */
export interface DeskLimit extends ExpectLimit {
  /** What must have come along with the thread. Default: anything, or nothing. */
  readonly metadata?: string | RegExp | ((metadata: string | undefined) => boolean);
}

/** Who may own a thread: by role, or an app id. */
export type ExpectedOwner = 'bot' | 'vccLive' | 'pageInbox' | 'idle' | (string & {});

/** What all expectations look at. */
export interface ExpectationView {
  readonly wire: Wire;
  /** Resolves when no webhook is under way. */
  readonly settled: () => Promise<void>;
}

/** What expectations of a customer look at. */
export interface CustomerView extends ExpectationView {
  readonly psid: string;
  /** Everything that came to the customer, oldest first. */
  readonly inbox: () => readonly ConversationEntry[];
  /** What earlier expectations have used up. */
  readonly heard: WeakSet<ConversationEntry>;
}

/** What expectations of an agent look at. */
export interface DeskView<Queued> extends ExpectationView {
  readonly queue: () => readonly Queued[];
}

/** What expectations of the platform look at. */
export interface PlatformView extends ExpectationView {
  /** Who owns a thread: an app id, or `idle`. */
  readonly ownerOf: (psid: string, pageId?: string) => string;
  /** App ids by role, of one Page. */
  readonly appIds: (pageId?: string) => Readonly<Record<'bot' | 'vccLive' | 'pageInbox', string>>;
  /** One handshake of the webhook; rejects where nobody answers. */
  readonly handshake: () => Promise<{ readonly ok: boolean; readonly status: number }>;
}

/** Expectations of what a customer hears: `customer.expects`. */
export class CustomerExpectations {
  readonly #view: CustomerView;

  /** @internal The simulator makes these. */
  constructor(view: CustomerView) {
    this.#view = view;
  }

  /**
   * The bot's next message is this one. Each message is used up by one expectation, in the order in which they came, so
   * a message that was not expected fails the test where it stands. Typing and seen marks do not count.
   * @param expected default: any message
   * @returns the message, with its quick replies and buttons in `message`
   * @throws {@link ExpectationError} at once where the next message is another one, or when none came in time
   */
  async answer(expected?: ExpectedMessage, how: AnswerLimit = {}): Promise<ConversationEntry> {
    const { timeoutMs = EXPECT_WITHIN_MS, from = 'bot' } = how;
    const next = await firstOf(this.#view.wire, timeoutMs, () => this.#next(from));
    if (next === undefined) throw this.#failure(wording(from, expected), `nothing within ${timeoutMs} ms`);
    if (expected !== undefined && !fitsMessage(next, expected)) {
      throw this.#failure(wording(from, expected), describeMessage(next));
    }
    this.#view.heard.add(next);
    return next;
  }

  /**
   * The bot says nothing: no message that is not used up is there, and none comes until every webhook is answered and
   * a little longer. A send that Meta refused is silence for the customer; {@link SimulatorExpectations.noRefusedSends}
   * finds it.
   * @throws {@link ExpectationError} as soon as a message comes, or where webhooks are still unanswered at `timeoutMs`
   */
  async silence(how: SilenceLimit = {}): Promise<void> {
    const { timeoutMs = EXPECT_WITHIN_MS, from = 'bot', forMs = SILENCE_FOR_MS } = how;
    const atRest = await restWithin(this.#view, timeoutMs);
    const broken = await firstOf(this.#view.wire, atRest ? forMs : 0, () => this.#next(from));
    if (broken !== undefined) throw this.#failure(`silence of ${whose(from)}`, describeMessage(broken));
    if (!atRest) throw this.#failure(`silence of ${whose(from)}`, `a webhook still unanswered after ${timeoutMs} ms`);
  }

  #next(from: Speaker): ConversationEntry | undefined {
    const { inbox, heard } = this.#view;
    return inbox().find((entry) => entry.kind === 'message' && entry.from === from && !heard.has(entry));
  }

  #failure(expected: string, got: string): ExpectationError {
    const { psid, wire } = this.#view;
    return new ExpectationError(`Customer ${psid} expected ${expected}`, expected, got, linesOf(wire, psid));
  }
}

/** Expectations of what stands on VCC Live's desk: `agent.expects`. */
export class AgentExpectations<Queued extends { readonly psid: string; readonly metadata?: string }> {
  readonly #view: DeskView<Queued>;

  /** @internal The simulator makes these. */
  constructor(view: DeskView<Queued>) {
    this.#view = view;
  }

  /**
   * VCC Live owns that customer's thread, with that metadata.
   * @throws {@link ExpectationError} when it does not in time, or at once where the metadata is another one
   */
  async thread(psid: string, how: DeskLimit = {}): Promise<Queued> {
    const { timeoutMs = EXPECT_WITHIN_MS, metadata } = how;
    const queued = await firstOf(this.#view.wire, timeoutMs, () => this.#queued(psid));
    const expected = `the thread of ${psid}${metadata === undefined ? '' : ` with metadata ${written(metadata)}`}`;
    if (queued === undefined) throw this.#failure(psid, expected, `a desk without it after ${timeoutMs} ms`);
    if (metadata !== undefined && !fitsMetadata(queued.metadata, metadata)) {
      throw this.#failure(
        psid,
        expected,
        `metadata ${queued.metadata === undefined ? 'missing' : JSON.stringify(queued.metadata)}`,
      );
    }
    return queued;
  }

  #queued(psid: string): Queued | undefined {
    return this.#view.queue().find((thread) => thread.psid === psid);
  }

  #failure(psid: string, expected: string, got: string): ExpectationError {
    return new ExpectationError(`The agent expected ${expected}`, expected, got, linesOf(this.#view.wire, psid));
  }
}

/** Expectations of the platform: `simulator.expects`. */
export class SimulatorExpectations {
  readonly #view: PlatformView;

  /** @internal The simulator makes these. */
  constructor(view: PlatformView) {
    this.#view = view;
  }

  /**
   * The bot's webhook answers the handshake, as Meta asks for it when a webhook is set up. Tried again and again: the way
   * to wait for a bot that was started a moment ago.
   * @throws {@link ExpectationError} with the last answer when it does not in time
   */
  async webhook(how: ExpectLimit = {}): Promise<void> {
    const { timeoutMs = EXPECT_WITHIN_MS } = how;
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const got = await this.#view.handshake().then(
        ({ ok, status }) => (ok ? undefined : `status ${status} and not the challenge`),
        (error: unknown) =>
          error instanceof Error ? error.message || String(Reflect.get(error, 'code')) : String(error),
      );
      if (got === undefined) return;
      if (performance.now() >= untilMs) {
        const expected = 'the webhook to answer 200 with hub.challenge';
        throw new ExpectationError(`Expected ${expected}`, expected, got, linesOf(this.#view.wire, undefined));
      }
      await new Promise((resolve) => setTimeout(resolve, HANDSHAKE_EVERY_MS));
    }
  }

  /**
   * In truth, whatever the bot believes, this app owns the thread.
   * @param how `pageId`: default the simulator's first Page
   * @throws {@link ExpectationError} when another one does at `timeoutMs`
   */
  async owner(psid: string, owner: ExpectedOwner, how: ExpectLimit & { readonly pageId?: string } = {}): Promise<void> {
    const { timeoutMs = EXPECT_WITHIN_MS, pageId } = how;
    const ids = this.#view.appIds(pageId);
    const wanted = isRole(owner) ? ids[owner] : owner;
    const owned = (): true | undefined => (this.#view.ownerOf(psid, pageId) === wanted ? true : undefined);
    if ((await firstOf(this.#view.wire, timeoutMs, owned)) !== undefined) return;
    const expected = `thread ${psid} to be owned by ${named(wanted, ids)}`;
    const got = `${named(this.#view.ownerOf(psid, pageId), ids)} after ${timeoutMs} ms`;
    throw new ExpectationError(`Expected ${expected}`, expected, got, linesOf(this.#view.wire, psid));
  }

  /**
   * Meta refused nothing that the bot sent: it never spoke while another app owned the thread, nor too late, nor to
   * nobody. Looks at the whole wire, after every webhook is answered. What the weather refused is not counted.
   * @param psid default: every customer
   * @throws {@link ExpectationError} with the refusals
   */
  async noRefusedSends(psid?: string, how: ExpectLimit = {}): Promise<void> {
    const { timeoutMs = EXPECT_WITHIN_MS } = how;
    await restWithin(this.#view, timeoutMs);
    const refused = this.#view.wire
      .of('graph')
      .filter((entry) => isRefusedSend(entry, this.#view.appIds(entry.pageId).bot))
      .filter((entry) => psid === undefined || concerns(entry, psid));
    if (refused.length === 0) return;
    const expected = `no refused sends${psid === undefined ? '' : ` to ${psid}`}`;
    const got = `${refused.length}: ${refused.map((entry) => `${sentText(entry)} (${refusalOf(entry)})`).join(', ')}`;
    throw new ExpectationError(`Expected ${expected}`, expected, got, linesOf(this.#view.wire, psid));
  }
}

/** What `look` finds, now or after any later entry of the wire; nothing after `withinMs`. */
function firstOf<T>(wire: Wire, withinMs: number, look: () => T | undefined): Promise<T | undefined> {
  const there = look();
  if (there !== undefined) return Promise.resolve(there);
  return new Promise((resolve) => {
    const end = (found: T | undefined): void => {
      clearTimeout(limit);
      for (const stop of stops) stop();
      resolve(found);
    };
    const again = (): void => {
      const found = look();
      if (found !== undefined) end(found);
    };
    const limit = setTimeout(() => end(look()), withinMs);
    const stops = [wire.on('entry', again), wire.on('update', again)];
  });
}

/** Whether every webhook is answered, or given up for now, within that time. */
function restWithin({ settled }: ExpectationView, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), withinMs);
    void settled().then(() => {
      clearTimeout(limit);
      resolve(true);
    });
  });
}

function fitsMessage(message: ConversationEntry, expected: ExpectedMessage): boolean {
  if (typeof expected === 'function') return expected(message);
  return fitsText(message.text, expected);
}

function fitsMetadata(metadata: string | undefined, expected: NonNullable<DeskLimit['metadata']>): boolean {
  if (typeof expected === 'function') return expected(metadata);
  return fitsText(metadata, expected);
}

function fitsText(text: string | undefined, expected: string | RegExp): boolean {
  if (text === undefined) return false;
  // Not `test`: an expression with the flag g or y would remember where it stopped.
  return typeof expected === 'string' ? text === expected : text.search(expected) !== -1;
}

function wording(from: Speaker, expected: ExpectedMessage | undefined): string {
  return `${whose(from)}'s next message${expected === undefined ? '' : ` to be ${written(expected)}`}`;
}

function written(expected: string | RegExp | ((value: never) => boolean)): string {
  if (typeof expected === 'string') return JSON.stringify(expected);
  return typeof expected === 'function' ? `what ${expected.name || 'a function'} accepts` : String(expected);
}

function whose(from: Speaker): string {
  return from === 'inbox' ? 'the Page Inbox' : from === 'other' ? 'another app' : `the ${from}`;
}

function describeMessage({ text, message }: ConversationEntry): string {
  if (text !== undefined) return JSON.stringify(text);
  return `a message without text: ${JSON.stringify(message ?? {})}`;
}

function isRole(owner: ExpectedOwner): owner is 'bot' | 'vccLive' | 'pageInbox' {
  return owner === 'bot' || owner === 'vccLive' || owner === 'pageInbox';
}

function named(owner: string, ids: Readonly<Record<string, string>>): string {
  const role = Object.entries(ids).find(([, appId]) => appId === owner)?.[0];
  return role === undefined ? (owner === 'idle' ? 'nobody (idle)' : `app ${owner}`) : `${role} (app ${owner})`;
}

function isRefusedSend(entry: GraphEntry, botAppId: string): boolean {
  return entry.edge === 'messages' && entry.appId === botAppId && entry.refused && entry.fault === undefined;
}

/** The last lines about one thread, and notes; about every thread where none is named. */
function linesOf(wire: Wire, psid: string | undefined): string {
  const lines = wire.entries().filter((entry) => psid === undefined || concerns(entry, psid));
  return lines.slice(-LINES_IN_ERROR).map(lineOf).join('\n');
}

function concerns(entry: WireEntry, psid: string): boolean {
  switch (entry.kind) {
    case 'note':
      return true;
    case 'owner':
    case 'vccLive':
      return entry.psid === psid;
    case 'webhook':
      return entry.psids.includes(psid);
    case 'graph':
      // The recipient may stand in query or body, as an object or as JSON in a string.
      return JSON.stringify([entry.query, entry.body]).includes(psid);
  }
}

function lineOf(entry: WireEntry): string {
  if (entry.kind !== 'graph') return wireLine(entry);
  const said = entry.edge === 'messages' ? ` ${sentText(entry)}` : '';
  return `${wireLine(entry)}${said}${entry.refused ? ` ${refusalOf(entry)}` : ''}`;
}

function sentText({ body }: GraphEntry): string {
  if (!isJsonObject(body)) return 'something unreadable';
  const { message } = body;
  if (isJsonObject(message) && typeof message['text'] === 'string') return JSON.stringify(message['text']);
  return typeof body['sender_action'] === 'string' ? body['sender_action'] : 'a message without text';
}

function refusalOf({ answer, status }: GraphEntry): string {
  const error = isJsonObject(answer) ? answer['error'] : undefined;
  return isJsonObject(error) ? String(error['message']) : `status ${String(status)}`;
}
