/**
 * What begins a handover: the customer's words, the application, a dialog, or Bot Framework's `handoff.initiate`.
 *
 * Asks whether an agent is there, makes the notice and the metadata for VCC Live, and reports a failure.
 */
import { TurnTakenOverError, textOfThrown } from '../../thread/errors.js';
import type { ThreadEvent } from '../../thread/event.js';
import type { HandoverStart } from '../../thread/handover.js';
import type { ThreadKey } from '../../thread/key.js';
import type { Waiting } from '../../thread/record.js';
import { expectRejection } from '../../thread/thenable.js';
import type { Activity } from '../../activities/activity.js';
import type { HandoverOrder, Turn } from '../../handover/turn.js';
import type { SendTarget } from '../outgoing/checked-sends.js';
import type { HandoverCore } from '../compose-core.js';
import { isMessenger } from '../addresses/find-address.js';
import type { HandoverRequest } from '../options/handover-options.js';
import { RoutingLookup, passWithNotice } from './inline-thread-control.js';
import type { HandoverWords } from './outgoing-metadata.js';
import { metadataFor, transcriptOf } from './outgoing-metadata.js';
import { noticeOf, say } from '../options/plugin-texts.js';
import type { PluginTurns } from '../plugin-turns.js';
import { asksForAgent } from '../options/talk-to-agent.js';
import { noThread } from '../addresses/target-thread.js';
import { turnOf } from '../turn-state.js';
import type { Framework, TurnContext } from '../port.js';

type CoreParts = 'options' | 'engine' | 'client' | 'clock' | 'events' | 'log' | 'book' | 'functions' | 'addresses';

/** Dependencies of {@link HandoverRequests}. */
export interface HandoverRequestDeps extends Pick<HandoverCore, CoreParts> {
  readonly framework: Pick<Framework, 'referenceOf'>;
  readonly pluginTurns: Pick<PluginTurns, 'failed'>;
}

/** A customer's event, and the activity of its turn. */
export interface BroughtActivity {
  readonly event: ThreadEvent;
  readonly activity: Activity;
}

const NO_THREAD_YET =
  'A handover was refused (noThreadYet): Meta names this customer by a user_ref and has no thread to pass. ' +
  "Hand over in the turn of the customer's first message.";

/** Begins handovers in turns. */
export class HandoverRequests {
  readonly #deps: HandoverRequestDeps;
  readonly #routing: RoutingLookup;
  #usuallyWaits: Waiting = 'nobody';

  constructor(deps: HandoverRequestDeps) {
    this.#deps = deps;
    this.#routing = new RoutingLookup(deps);
  }

  /** A handler of the application waits for every handover from now on that no dialog waits for. */
  awaitedByHandler(): void {
    this.#usuallyWaits = 'handler';
  }

  /**
   * Whether the customer of this turn asks for a person. Never rejects: a trigger that fails counts as no.
   * @param brought what the turn was made of
   */
  isAskedFor(context: TurnContext, turn: Turn, { event, activity }: BroughtActivity): boolean | Promise<boolean> {
    if (activity.type !== 'message') return false;
    // Azure Bot Service makes messages of echoes, too: what the bot has said is no wish of the customer's.
    if (event.kind === 'echo') return false;
    const { triggers } = this.#deps.book.of(turn.thread.pageId);
    // Bot Framework's types say that a message has a text; a picture has none.
    const { text }: { readonly text?: string | null } = activity;
    // The payload of the button or quick reply behind the turn, whichever adapter made it.
    return asksForAgent({ context, text: text ?? '', payload: event.payload }, triggers);
  }

  /**
   * Hands this turn's thread over.
   * @param waits who waits for the result. Default: the application's handler if there is one for all handovers, else nobody
   * @throws {@link TurnTakenOverError} if another process has the turn's event, and nothing else
   */
  async toAgent(context: TurnContext, request: HandoverRequest, waits = this.#usuallyWaits): Promise<HandoverStart> {
    const { adapter, activity } = context;
    if (!isMessenger(adapter, activity.channelId)) return { status: 'refused', reason: 'notMessenger' };
    const turn = turnOf(context);
    return turn ? this.#begin(context, turn, { request, transcript: [] }, waits) : this.#withoutThread(context);
  }

  async #begin(context: TurnContext, turn: Turn, words: HandoverWords, waits: Waiting): Promise<HandoverStart> {
    const { engine, events, log, book, framework, pluginTurns } = this.#deps;
    const { thread } = turn;
    const { request } = words;
    // Applications without types may give a promise for any of them.
    for (const value of [request.metadata, request.summary, request.notice]) expectRejection(value);
    await book.asked(thread.pageId);
    const { texts, loopBreaker } = book.of(thread.pageId);
    if (await this.#isNobodyThere(context, turn, request)) {
      events.emit('refused', { thread, reason: 'unavailable' });
      await answeringRequest(turn, () => say(context, texts.unavailable, log));
      return { status: 'refused', reason: 'unavailable' };
    }
    const order = await this.#order(context, turn, words, waits);
    const start = await engine.starter.handOver(turn, order, loopBreaker);
    if (start.status === 'failed') {
      await answeringRequest(turn, () => say(context, texts.failed, log));
      // Who waits gets it as the answer to the request.
      if (waits === 'nobody') pluginTurns.failed(thread, framework.referenceOf(context.activity), start.error);
    }
    return start;
  }

  /** Nobody can be handed over: Meta has no thread for the customer yet, or nobody can tell which one is meant. */
  async #withoutThread({ adapter, activity }: TurnContext): Promise<HandoverStart> {
    const address = await this.#deps.addresses.ofTurn(adapter, activity);
    if (address.to !== 'userRef') return { status: 'failed', error: noThread() };
    this.#deps.log.warn(NO_THREAD_YET);
    return { status: 'refused', reason: 'noThreadYet' };
  }

  /**
   * Bot Framework's own way to ask for a handover: an outgoing `handoff.initiate`. Never rejects: as with any other activity,
   * nothing of a turn that another process has taken over leaves the bot.
   * @param target absent: Meta names the customer by a user_ref, and there is no thread yet
   * @returns whether the thread was handed over
   */
  async initiate(context: TurnContext, initiate: Activity, target: SendTarget | undefined): Promise<boolean> {
    const { engine, log } = this.#deps;
    if (!target) {
      log.warn(NO_THREAD_YET);
      return false;
    }
    const turn = target.turn ?? (await engine.proactiveTurn(target.thread));
    const transcript = transcriptOf(initiate, turn.thread);
    try {
      const { status } = await this.#begin(context, turn, { request: requestIn(initiate), transcript }, 'nobody');
      return status === 'passed';
    } catch (error) {
      if (!(error instanceof TurnTakenOverError)) throw error;
      return false;
    }
  }

  /** Whether the application says that no agent is there. Not asked if the thread is with one, or was just passed. */
  async #isNobodyThere(context: TurnContext, turn: Turn, request: HandoverRequest): Promise<boolean> {
    const { engine } = this.#deps;
    const { availability } = this.#deps.book.of(turn.thread.pageId);
    if (!availability || turn.blockedBecause !== undefined) return false;
    const owner = await engine.ownerOf(turn.thread, false).then(
      (known) => known.owner,
      // The store is lost: the handover will say so.
      () => 'unknown' as const,
    );
    if (owner === 'vccLive' || owner === 'other') return false;
    return (await availability(context, request)) === 'unavailable';
  }

  async #order(context: TurnContext, turn: Turn, words: HandoverWords, waits: Waiting): Promise<HandoverOrder> {
    const { book, functions } = this.#deps;
    const { texts, inlineThreadControl } = book.of(turn.thread.pageId);
    const metadata = await metadataFor(context, turn.thread, words, this.#deps);
    const notice = await noticeOf(context, words.request.notice, texts, functions);
    const reference = this.#deps.framework.referenceOf(context.activity);
    const order: HandoverOrder = { metadata, waits, reference };
    if (!notice) return order;
    if (inlineThreadControl) {
      const inline = await this.#inline(turn.thread, notice);
      if (inline) return { ...order, passWithNotice: inline };
    }
    return {
      ...order,
      sendNotice: () =>
        answeringRequest(turn, async () => {
          await context.sendActivity(notice);
        }),
    };
  }

  /** Notice and pass in one call; `undefined` when they take two, also for an activity that cannot be read. */
  async #inline(thread: ThreadKey, notice: Activity): Promise<HandoverOrder['passWithNotice']> {
    const { client, log } = this.#deps;
    try {
      return await passWithNotice(client, thread, notice, this.#routing);
    } catch (error) {
      log.warn(
        `The notice does not fit into the call that passes the thread, so it goes alone: ${textOfThrown(error)}`,
      );
      return undefined;
    }
  }
}

/** What an outgoing `handoff.initiate` asks for. */
function requestIn({ value }: Activity): HandoverRequest {
  const given: unknown = value;
  if (given === undefined || given === null) return {};
  const fields = typeof given === 'object' ? (given as Readonly<Record<string, unknown>>) : {};
  const { reason } = fields;
  return {
    ...(typeof reason === 'string' ? { reason } : {}),
    metadata: typeof given === 'string' ? { reason: given } : fields,
  };
}

/** Sends what answers a customer who asks for a person: the notice, or that nobody is there, or that it failed. */
async function answeringRequest(turn: Turn, send: () => Promise<void>): Promise<void> {
  turn.answersRequest = true;
  try {
    await send();
  } finally {
    turn.answersRequest = false;
  }
}
