/**
 * What comes after a handover, once, in the first turn that the bot has: the prompt that was open, and a question about it.
 *
 * Exists so that it is asked at the right moment and never twice: not over the agent, not by the second process, not by a
 * redelivery. Which turn does it is written beside the conclusion.
 */
import type { ApplicationFunction } from '../../thread/application-functions.js';
import type { Afterwards } from '../../handover/dialog-result.js';
import { resultOf } from '../../handover/lifecycle.js';
import type { Turn } from '../../handover/turn.js';
import type { HandoverCore } from '../compose-core.js';
import type { Policies, SatisfactionQuestion } from '../options/page-policies.js';
import { say } from '../options/plugin-texts.js';
import type { TurnContext } from '../port.js';

/** The stack of a bot's dialogs, as `DialogSet.createContext` gives it. */
export interface DialogStack {
  readonly activeDialog?: object | undefined;
  repromptDialog(): Promise<unknown>;
  cancelAllDialogs(): Promise<unknown>;
}

/** Where a bot keeps its dialogs. */
export interface DialogAccess<Context = TurnContext> {
  /** A `DialogSet` over the bot's own dialog state, with its root dialogs; Botkit's `controller.dialogSet`. */
  readonly dialogs: { createContext(context: Context): Promise<DialogStack> };
  /** Keeps what was changed: a `ConversationState`. Absent: something else saves it at the end of the turn. */
  readonly conversationState?: { saveChanges(context: Context): Promise<void> } | undefined;
}

/** What the logic of a turn was given: a customer's message, or nothing that could answer a prompt. */
export type TurnKind = 'message' | 'event';

/** Dependencies of {@link AfterHandover}. */
export type AfterHandoverDeps = Pick<HandoverCore, 'engine' | 'log' | 'lines' | 'book' | 'functions'>;

/** Looks after customers who have come home. */
export class AfterHandover {
  readonly #deps: AfterHandoverDeps;
  #access: DialogAccess | undefined;

  constructor(deps: AfterHandoverDeps) {
    this.#deps = deps;
  }

  /** From now on the bot's dialogs are reached here. */
  reach(access: DialogAccess): void {
    this.#access = access;
  }

  /** Whether anything may come after a handover in this turn. */
  isDue(turn: Turn): boolean {
    return turn.ended !== undefined && turn.blockedBecause === undefined;
  }

  /** Runs the logic of a turn, if there is any, with what comes after a handover around it. Rejects if the logic does. */
  async around(context: TurnContext, turn: Turn, kind: TurnKind, logic?: () => Promise<void>): Promise<void> {
    const policies = this.#deps.book.of(turn.thread.pageId);
    const after = await this.#claimed(turn, policies);
    if (!after) {
      await logic?.();
      return;
    }
    const prompt = after.conclusion.waits !== 'nobody' ? 'continue' : policies.openPrompt;
    if (prompt === 'drop') await this.#onStack(context, (stack) => stack.cancelAllDialogs());
    if (typeof prompt === 'function') await prompt(context, resultOf(after.conclusion));
    if (prompt === 'repeat' && kind === 'message' && (await this.#hasOpenDialog(context))) {
      await this.#ask(context, turn, after, policies.satisfaction);
      await this.#onStack(context, (stack) => stack.repromptDialog());
      return;
    }
    let sent = 0;
    context.onSendActivities(async (_context, activities, next) => {
      sent += activities.filter((activity) => activity.type !== 'trace').length;
      return next();
    });
    await logic?.();
    // Bot Framework's own prompts repeat themselves if the logic shows them an event.
    const repeats = prompt === 'repeat' && sent === 0;
    await this.#ask(context, turn, after, policies.satisfaction);
    if (repeats) await this.#onStack(context, (stack) => stack.repromptDialog());
  }

  async #claimed(turn: Turn, { openPrompt, satisfaction }: Policies): Promise<Afterwards | undefined> {
    if (!this.isDue(turn)) return undefined;
    if (openPrompt === 'continue' && satisfaction === undefined) return undefined;
    return this.#deps.engine.dialogResults.afterwardsFor(turn);
  }

  /** Asks, if this outcome is asked about and the thread is still the turn's to speak in. */
  async #ask(
    context: TurnContext,
    turn: Turn,
    { conclusion, again }: Afterwards,
    satisfaction: SatisfactionQuestion | undefined,
  ): Promise<void> {
    if (!satisfaction || again || turn.blockedBecause !== undefined) return;
    const { outcome, via, answered } = conclusion;
    if (!satisfaction.after.includes(outcome)) return;
    // Released or expired, and nobody had written: there is nothing to be satisfied with.
    if (outcome === 'completed' && via === 'message' && answered !== true) return;
    await say(context, () => satisfaction.ask(context, resultOf(conclusion)), this.#deps.log);
  }

  async #hasOpenDialog(context: TurnContext): Promise<boolean> {
    let open = false;
    await this.#onStack(context, () => {
      open = true;
      return Promise.resolve();
    });
    return open;
  }

  /** Does something with the stack, if one can be reached and a dialog is on it, and keeps what came of it. */
  async #onStack(context: TurnContext, work: (stack: DialogStack) => Promise<unknown>): Promise<void> {
    const access = this.#access;
    if (!access) {
      this.#deps.lines.once('warn', NO_DIALOGS);
      return;
    }
    await this.#deps.functions.call(DIALOGS, async () => {
      const stack = await access.dialogs.createContext(context);
      if (stack.activeDialog === undefined) return;
      await work(stack);
      await access.conversationState?.saveChanges(context);
    });
  }
}

/** The bot's dialogs read and write the bot's own storage, and may speak: they take as long as the bot's logic may. */
const DIALOGS: ApplicationFunction<undefined> = {
  name: 'openPrompt',
  accept: () => ({ value: undefined }),
  expected: 'nothing',
  instead: undefined,
  otherwise: 'The turn goes on.',
  isUnlimited: true,
};

const NO_DIALOGS =
  'openPrompt needs the dialogs of the bot, so the open prompt stays as it is. Call attach(adapter, logic, { dialogs, conversationState }).';
