/**
 * What a test expects of a bot on the simulator, in sentences: an answer, silence, an owner, a thread at VCC Live.
 *
 * Exists so that a bot's test reads as the dialogue it is about, and so that a failure shows what went over the wire.
 * Every expectation waits, because a bot may answer after it has acknowledged. Limits are real milliseconds.
 */
import { checkFields } from '../thread/check-values.js';
import type {
  ExpectedMessage,
  ExpectLimit,
  AnswerLimit,
  SilenceLimit,
  QueueLimit,
  ExpectedOwner,
  CustomerView,
  QueueView,
  PlatformView,
} from './expectation-views.js';
import {
  firstOf,
  restWithin,
  fitsMessage,
  fitsMetadata,
  wording,
  written,
  whose,
  describeMessage,
  isRole,
  named,
  isRefusedSend,
  linesOf,
  concerns,
  sentText,
  refusalOf,
} from './judge-expectation.js';
import type { ConversationEntry, Speaker } from './messenger-platform.js';
import { ExpectationError } from './simulator-errors.js';

export type {
  ExpectedMessage,
  ExpectLimit,
  AnswerLimit,
  SilenceLimit,
  QueueLimit,
  ExpectedOwner,
  CustomerView,
  QueueView,
  PlatformView,
} from './expectation-views.js';

/** How long an expectation waits unless told otherwise, real milliseconds. */
const EXPECT_WITHIN_MS = 2000;
/** How long a silence lasts unless told otherwise, real milliseconds after the last webhook was answered. */
const SILENCE_FOR_MS = 100;
/** How often the handshake is tried, real milliseconds between two. */
const HANDSHAKE_EVERY_MS = 50;

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
   * @throws {@link ExpectationError} at once if the next message is another one, or when none came in time
   */
  async answer(expected?: ExpectedMessage, how: AnswerLimit = {}): Promise<ConversationEntry> {
    checkFields('', how, ['timeoutMs', 'from']);
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
   * @throws {@link ExpectationError} as soon as a message comes, or if webhooks are still unanswered at `timeoutMs`
   */
  async silence(how: SilenceLimit = {}): Promise<void> {
    checkFields('', how, ['timeoutMs', 'from', 'forMs']);
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

/** Expectations of VCC Live's threads: `agent.expects`. */
export class AgentExpectations<Queued extends { readonly psid: string; readonly metadata?: string }> {
  readonly #view: QueueView<Queued>;

  /** @internal The simulator makes these. */
  constructor(view: QueueView<Queued>) {
    this.#view = view;
  }

  /**
   * VCC Live owns that customer's thread, with that metadata.
   * @throws {@link ExpectationError} when it does not in time, or at once if the metadata is another one
   */
  async thread(psid: string, how: QueueLimit = {}): Promise<Queued> {
    checkFields('', how, ['timeoutMs', 'metadata']);
    const { timeoutMs = EXPECT_WITHIN_MS, metadata } = how;
    const queued = await firstOf(this.#view.wire, timeoutMs, () => this.#queued(psid));
    const expected = `the thread of ${psid}${metadata === undefined ? '' : ` with metadata ${written(metadata)}`}`;
    if (queued === undefined) throw this.#failure(psid, expected, `no such thread after ${timeoutMs} ms`);
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
    checkFields('', how, ['timeoutMs']);
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
    checkFields('', how, ['timeoutMs', 'pageId']);
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
    checkFields('', how, ['timeoutMs']);
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
