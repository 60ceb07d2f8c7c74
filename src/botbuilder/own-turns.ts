/**
 * Turns that no event of the customer's began: for a handover that ended outside any, by a timer, a call of the
 * application's, or an agent's macro.
 *
 * Needs the bot's logic (`attach(adapter, logic)`); without it, dialogs go on with the customer's next message.
 */
import type { BotAdapter, ConversationReference, TurnContext } from 'botbuilder';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { EndedHandover } from '../handover/thread-steps.js';
import { becomeHandoffStatus } from './handoff-status.js';
import type { HandoverText, HandoverTexts } from './handover-options.js';
import { say } from './plugin-texts.js';
import { turnOf } from './turn-state.js';

/** The bot's logic, as adapters take it. */
export type BotLogic = (context: TurnContext) => Promise<void>;

/** An adapter that can begin turns, and what runs in them. */
export interface AttachedBot {
  readonly adapter: BotAdapter;
  readonly logic: BotLogic;
  /** What `CloudAdapter` needs for a turn of its own. */
  readonly microsoftAppId: string | undefined;
}

/** What these turns stand on. */
export interface OwnTurnParts {
  readonly log: Logger;
  readonly texts: HandoverTexts;
  readonly statusEvents: boolean;
  /** Works a deadline of the thread off. */
  readonly expire: (thread: ThreadKey) => Promise<EndedHandover | undefined>;
}

/** Begins turns. */
export class OwnTurns {
  readonly #parts: OwnTurnParts;
  #attached: AttachedBot | undefined;

  constructor(parts: OwnTurnParts) {
    this.#parts = parts;
  }

  /** From now on turns run this. */
  attach(bot: AttachedBot): void {
    this.#attached = bot;
  }

  /** A deadline has come: where it ended a handover, the customer hears it, and a dialog that waits gets its turn. */
  async expire(thread: ThreadKey): Promise<void> {
    const ended = await this.#parts.expire(thread);
    if (!ended) return;
    const { texts } = this.#parts;
    await this.resume(ended, ended.conclusion.outcome === 'unclaimed' ? texts.unclaimed : texts.abandoned);
  }

  /**
   * A turn for a handover that has ended: says a text, and runs the bot's logic as `handoff.status` where a dialog waits.
   * Never rejects: the handover has ended, whatever becomes of this turn.
   */
  async resume({ conclusion, reference }: EndedHandover, text: HandoverText): Promise<void> {
    const attached = this.#attached;
    if (!attached || !isReference(reference)) return;
    const { adapter, logic, microsoftAppId } = attached;
    const resumed = async (context: TurnContext): Promise<void> => {
      const turn = turnOf(context);
      if (turn) turn.key = `resume:${conclusion.handoverId}`;
      await say(context, text, this.#parts.log);
      if (!conclusion.dialogWaits && !this.#parts.statusEvents) return;
      becomeHandoffStatus(context, 'completed', undefined);
      await logic(context);
    };
    try {
      if (microsoftAppId === undefined) await adapter.continueConversation(reference, resumed);
      else await adapter.continueConversationAsync(microsoftAppId, reference, resumed);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#parts.log.error(
        `Handover ${conclusion.handoverId} has ended, but the turn that told the bot so failed: ${why}`,
      );
    }
  }
}

function isReference(reference: unknown): reference is Partial<ConversationReference> {
  return typeof reference === 'object' && reference !== null;
}
