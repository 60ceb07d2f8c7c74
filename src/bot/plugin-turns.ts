/**
 * Turns that no event of the customer's began: for a handover that ended outside any, by a timer, a call of the
 * application's, or an agent's macro.
 *
 * They need the bot's logic (`attach(adapter, logic)`). Without it, dialogs go on with the customer's next message.
 */
import { textOfThrown } from '../thread/errors.js';
import type { EventKey } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { DueTime } from '../thread/store.js';
import type { Activity } from '../activities/activity.js';
import type { DeliveryQueue } from '../queue/deliver.js';
import type { EndedHandover } from '../handover/engine-deps.js';
import type { Turn } from '../handover/turn.js';
import { keyAfter } from '../handover/turn.js';
import type { AfterHandover } from './requests/after-handover.js';
import type { HandoverCore } from './compose-core.js';
import { becomeHandoffStatus, referenceFor } from './addresses/handoff-status.js';
import type { TextMaker } from './options/plugin-texts.js';
import { say } from './options/plugin-texts.js';
import type { TakenOutsideTurn } from './requests/thread-operations.js';
import { turnOf } from './turn-state.js';
import type { AttachedBot, BotLogic, Framework, TurnContext } from './port.js';

/** Dependencies of {@link PluginTurns}. */
export interface PluginTurnDeps extends Pick<HandoverCore, 'log' | 'lines' | 'engine' | 'book'> {
  readonly framework: Pick<Framework, 'continueConversation' | 'referenceOf' | 'attachCall'>;
  readonly queue: Pick<DeliveryQueue, 'runAfter' | 'isInside'>;
  readonly after: AfterHandover;
}

/** Why a turn follows a handover. */
interface Why {
  /** What ended the handover, in the words of a log line. */
  readonly by: string;
  /** What the customer reads. */
  readonly text?: TextMaker;
  /** What runs the turn if no bot is attached. */
  readonly bot?: AttachedBot;
}

/** The turn's key, and the event whose ticket lets it run. */
interface TurnIdentity {
  readonly key: string;
  readonly event: string;
}

/** Begins turns. */
export class PluginTurns {
  readonly #deps: PluginTurnDeps;
  #attached: AttachedBot | undefined;

  constructor(deps: PluginTurnDeps) {
    this.#deps = deps;
  }

  /** From now on turns run this. */
  attach(bot: AttachedBot): void {
    this.#attached = bot;
  }

  /** What turns run, if that is known. */
  get logic(): BotLogic | undefined {
    return this.#attached?.logic;
  }

  /** A deadline has come. If it ended a handover, the customer hears of it, and a waiting dialog gets its turn. */
  async endWhenDue(due: DueTime): Promise<void> {
    const ended = await this.#deps.engine.endWhenDue(due);
    if (!ended) return;
    const { texts } = this.#deps.book.of(due.thread.pageId);
    const { outcome, via } = ended.conclusion;
    const byTimer = { by: 'the option timers', text: outcome === 'unclaimed' ? texts.unclaimed : texts.abandoned };
    const why = via === 'timer' ? byTimer : { by: 'vccLiveWebhook()', text: texts.returned };
    await this.#resumeLast(due.thread, ended, why);
  }

  /** The application has taken the thread back. Resolves when the dialog's turn is over, or at once inside a turn of the thread. */
  async resumeTaken({ thread, ended }: TakenOutsideTurn): Promise<void> {
    const resumed = this.#resumeLast(thread, ended, { by: 'take(thread)' });
    // A turn of the thread that calls this would wait for itself.
    if (!this.#deps.queue.isInside(thread)) await resumed;
  }

  /** An event has ended a handover and is no turn of the customer's: runs in the place of that event. */
  resumeAfter(thread: ThreadKey, ended: EndedHandover, eventKey: EventKey): Promise<void> {
    return this.#resume(thread, ended, { by: 'the option reclaim', key: keyAfter(eventKey), event: eventKey });
  }

  /**
   * After a turn that ran again, before the thread's next event: gives its dialog the end of a handover that was over before the
   * dialog was there. Else it would wait until the customer writes again.
   * @param bot what runs it if none is attached
   */
  async resumeRepeated(turn: Turn, activity: Activity, bot?: AttachedBot): Promise<void> {
    const conclusion = await this.#deps.engine.dialogResults.endedBefore(turn);
    if (!conclusion) return;
    const reference = this.#deps.framework.referenceOf(activity);
    const why = { by: 'a turn that ran again', ...(bot === undefined ? {} : { bot }) };
    const identity = { key: keyAfter(turn.key), event: turn.ticket.event };
    await this.#resume(turn.thread, { conclusion, reference }, { ...why, ...identity });
  }

  /** Runs behind everything that the thread has in the queue. */
  #resumeLast(thread: ThreadKey, ended: EndedHandover, why: Why): Promise<void> {
    return this.#deps.queue.runAfter(thread, ({ event }) => this.#resume(thread, ended, { ...why, key: event, event }));
  }

  /**
   * A turn for a handover that has ended: says a text, and runs the bot's logic as `handoff.status` if a dialog waits.
   * Never rejects: the handover has ended, whatever becomes of this turn.
   */
  async #resume(
    thread: ThreadKey,
    { conclusion, reference }: EndedHandover,
    { by, text, bot, key, event }: Why & TurnIdentity,
  ): Promise<void> {
    const { after, log, book } = this.#deps;
    const { statusEvents } = book.of(thread.pageId);
    const waits = conclusion.waits !== 'nobody';
    const runs = waits || statusEvents;
    if (!this.#attached && !bot && (runs || text)) this.#warnNotAttached(by);
    await this.#run(thread, reference, bot, async (context, logic) => {
      const turn = turnOf(context);
      if (turn) Object.assign(turn, { key, ticket: { ...turn.ticket, event }, ended: conclusion });
      if (text) await say(context, text, log);
      const status = async (): Promise<void> => {
        becomeHandoffStatus(context, 'completed', undefined);
        await logic(context);
      };
      // An earlier turn of the thread may have given the result to its handler.
      const isDue = turn?.due?.some(({ handoverId }) => handoverId === conclusion.handoverId);
      const isGiven = conclusion.waits === 'handler' && isDue !== true;
      const logicRuns = statusEvents || (waits && !isGiven);
      if (turn) await after.around(context, turn, 'event', logicRuns ? status : undefined);
      else if (runs) await status();
    });
  }

  /** Written once for each cause: without a bot, nothing else would show why the customer hears nothing. */
  #warnNotAttached(by: string): void {
    this.#deps.lines.once(
      'warn',
      `A thread came home by ${by}, but no bot is attached. The customer hears nothing now, and who waits for the result ` +
        `goes on with the customer's next message. Call ${this.#deps.framework.attachCall} at start-up. ` +
        'This line is written once.',
    );
  }

  /** The bot's logic hears that a handover failed, if the option `statusEvents` says so. */
  failed(thread: ThreadKey, reference: unknown, error: Error): void {
    if (!this.#deps.book.of(thread.pageId).statusEvents) return;
    void this.#deps.queue.runAfter(thread, () =>
      this.#run(thread, reference, undefined, async (context, logic) => {
        becomeHandoffStatus(context, 'failed', error.message);
        await logic(context);
      }),
    );
  }

  /** Begins a turn, if the bot is attached and the customer's conversation is known. Never rejects. */
  async #run(
    thread: ThreadKey,
    kept: unknown,
    bot: AttachedBot | undefined,
    work: (context: TurnContext, logic: BotLogic) => Promise<void>,
  ): Promise<void> {
    const attached = this.#attached ?? bot;
    const reference = attached && referenceFor(thread, kept, attached.adapter);
    if (!reference) return;
    const { framework, log } = this.#deps;
    try {
      await framework.continueConversation(attached, reference, (context) => work(context, attached.logic));
    } catch (error) {
      const why = textOfThrown(error);
      log.error(`A handover has ended, but the turn that told the bot so failed: ${why}`);
    }
  }
}
