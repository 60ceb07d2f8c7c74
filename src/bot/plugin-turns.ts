/**
 * Turns that no event of the customer's began: for a handover that ended outside any, by a timer, a call of the
 * application's, or an agent's macro.
 *
 * Each takes its place among the events of its thread, so that it does not run beside a customer's message.
 * Needs the bot's logic (`attach(adapter, logic)`); without it, dialogs go on with the customer's next message.
 */
import type { Activity, BotAdapter, TurnContext } from 'botbuilder';
import { TurnContext as TurnContextClass } from 'botbuilder';
import { textOfThrown } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { Conclusion } from '../thread/record.js';
import type { DeliveryQueue } from '../queue/deliver.js';
import type { EndedHandover } from '../handover/engine-deps.js';
import type { Turn } from '../handover/turn.js';
import { keyAfter } from '../handover/turn.js';
import type { AfterHandover } from './after-handover.js';
import { becomeHandoffStatus, referenceFor } from './handoff-status.js';
import type { PoliciesOf } from './page-policies.js';
import type { TextMaker } from './plugin-texts.js';
import { say } from './plugin-texts.js';
import { turnOf } from './turn-state.js';

/** The bot's logic, as adapters take it. */
export type BotLogic = (context: TurnContext) => Promise<void>;

/** An adapter that can begin turns, and what runs in them. */
export interface AttachedBot {
  readonly adapter: BotAdapter;
  readonly logic: BotLogic;
  /** What `CloudAdapter` needs for a turn of its own. */
  readonly microsoftAppId?: string | undefined;
}

/** What these turns stand on. */
export interface PluginTurnDeps {
  readonly log: Logger;
  readonly queue: DeliveryQueue;
  readonly after: AfterHandover;
  readonly policiesOf: PoliciesOf;
  /** Works a deadline of the thread off. */
  readonly expire: (thread: ThreadKey) => Promise<EndedHandover | undefined>;
  /** The handover that ended before a repeated turn began the dialog that waits for it. */
  readonly endedBefore: (turn: Turn) => Promise<Conclusion | undefined>;
  /** Brings a thread home whose chat VCC Live has closed. */
  readonly bringHome: (thread: ThreadKey) => Promise<EndedHandover | undefined>;
}

/** A turn under way. `waits`: behind others of its thread, perhaps behind the very turn that asks for it. */
export type PluginTurn = ReturnType<DeliveryQueue['takeTurn']>;

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

  /** What turns run, where that is known. */
  get logic(): BotLogic | undefined {
    return this.#attached?.logic;
  }

  /** A deadline has come: where it ended a handover, the customer hears it, and a dialog that waits gets its turn. */
  async expire(thread: ThreadKey): Promise<void> {
    const ended = await this.#deps.expire(thread);
    if (!ended) return;
    const { texts } = this.#deps.policiesOf(thread.pageId);
    await this.resume(thread, ended, ended.conclusion.outcome === 'unclaimed' ? texts.unclaimed : texts.abandoned).done;
  }

  /** A chat was closed, and its thread has come home for that. */
  async bringHome(thread: ThreadKey): Promise<void> {
    const ended = await this.#deps.bringHome(thread);
    if (ended) await this.resume(thread, ended, this.#deps.policiesOf(thread.pageId).texts.returned).done;
  }

  /**
   * A turn for a handover that has ended: says a text, and runs the bot's logic as `handoff.status` where a dialog waits.
   * Never rejects: the handover has ended, whatever becomes of this turn.
   */
  resume(thread: ThreadKey, ended: EndedHandover, text?: TextMaker): PluginTurn {
    return this.#deps.queue.takeTurn(thread, (ticket) =>
      this.#resume(thread, ended, { key: ticket.event, event: ticket.event }, text),
    );
  }

  /** The same without a text, in the place of the event that ended the handover. */
  resumeAfter(thread: ThreadKey, ended: EndedHandover, eventKey: string): Promise<void> {
    return this.#resume(thread, ended, { key: keyAfter(eventKey), event: eventKey });
  }

  /**
   * After a turn that ran again, in its place in the queue: gives its dialog the end of a handover that was over before the
   * dialog was there. Else it would wait until the customer writes again.
   * @param bot what runs it where none is attached
   */
  async resumeRepeated(turn: Turn, activity: Partial<Activity>, bot?: AttachedBot): Promise<void> {
    const conclusion = await this.#deps.endedBefore(turn);
    if (!conclusion) return;
    const reference = TurnContextClass.getConversationReference(activity);
    const identity = { key: keyAfter(turn.key), event: turn.ticket.event };
    await this.#resume(turn.thread, { conclusion, reference }, identity, undefined, bot);
  }

  /** @param identity the turn's key, and the event whose ticket lets it run */
  async #resume(
    thread: ThreadKey,
    { conclusion, reference }: EndedHandover,
    { key, event }: { readonly key: string; readonly event: string },
    text?: TextMaker,
    bot?: AttachedBot,
  ): Promise<void> {
    const { after, log, policiesOf } = this.#deps;
    const runs = conclusion.dialogWaits || policiesOf(thread.pageId).statusEvents;
    const resumed = async (context: TurnContext, logic: BotLogic): Promise<void> => {
      const turn = turnOf(context);
      if (turn) Object.assign(turn, { key, ticket: { ...turn.ticket, event }, ended: conclusion });
      if (text) await say(context, text, log);
      const status = async (): Promise<void> => {
        becomeHandoffStatus(context, 'completed', undefined);
        await logic(context);
      };
      if (turn) await after.around(context, turn, 'event', runs ? status : undefined);
      else if (runs) await status();
    };
    await this.#run(thread, reference, resumed, bot);
  }

  /** The bot's logic hears that a handover failed, where the Page has it hear of such things. */
  failed(thread: ThreadKey, reference: unknown, error: Error): void {
    if (!this.#deps.policiesOf(thread.pageId).statusEvents) return;
    this.#deps.queue.takeTurn(thread, () =>
      this.#run(thread, reference, async (context, logic) => {
        becomeHandoffStatus(context, 'failed', error.message);
        await logic(context);
      }),
    );
  }

  /** Begins a turn, where the bot is attached and the customer's conversation is known. Never rejects. */
  async #run(
    thread: ThreadKey,
    kept: unknown,
    work: (context: TurnContext, logic: BotLogic) => Promise<void>,
    bot?: AttachedBot,
  ): Promise<void> {
    const attached = this.#attached ?? bot;
    const reference = attached && referenceFor(thread, kept, attached.adapter);
    if (!reference) return;
    const { adapter, logic, microsoftAppId } = attached;
    const run = (context: TurnContext): Promise<void> => work(context, logic);
    try {
      if (microsoftAppId === undefined) await adapter.continueConversation(reference, run);
      else await adapter.continueConversationAsync(microsoftAppId, reference, run);
    } catch (error) {
      const why = textOfThrown(error);
      this.#deps.log.error(`A handover has ended, but the turn that told the bot so failed: ${why}`);
    }
  }
}
