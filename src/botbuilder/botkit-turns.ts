/**
 * Makes a Botkit turn end when it fails: the failure reaches the adapter, and `onTurnError`, as in any Bot Framework bot.
 *
 * Botkit runs its handlers and dialogs inside callbacks whose promises nobody waits for. What they reject with ends the
 * process, or, if that is prevented, leaves a turn that never ends and holds up its customer's next messages.
 * @see https://github.com/howdyai/botkit/blob/main/packages/botkit/src/core.ts
 */
import type { TurnContext } from 'botbuilder';
import type { Dialog, DialogContext, DialogTurnResult, DialogTurnStatus } from 'botbuilder-dialogs';

/** A bot as Botkit's handlers get it. */
export interface BotkitWorker {
  getConfig(key?: string): unknown;
  changeContext(reference: object): Promise<unknown>;
}

/** What is needed of a controller to see its turns through. */
export interface BotkitTurns {
  readonly dialogSet: {
    createContext(context: TurnContext): Promise<DialogContext>;
    find(dialogId: string): Dialog | undefined;
  };
  readonly middleware: { readonly spawn: unknown; readonly interpret: unknown };
  handleTurn(context: TurnContext): Promise<unknown>;
  trigger(event: string, bot?: BotkitWorker, message?: object): Promise<unknown>;
  saveState(bot: BotkitWorker): Promise<void>;
}

/** What Botkit's turn is made of, beside its public methods. */
interface TurnSteps {
  listenForInterrupts(bot: BotkitWorker, message: object): Promise<unknown>;
  listenForTriggers(bot: BotkitWorker, message: object): Promise<unknown>;
  processTriggersAndEvents(bot: BotkitWorker, message: object): Promise<unknown>;
}

/** Botkit's sets of middleware. */
interface Ware<T extends unknown[]> {
  run(...args: [...T, (error: Error | null, ...args: T) => void]): void;
}

/** One turn in progress. */
interface Run {
  failed: boolean;
  readonly fail: (reason: unknown) => void;
}

const STEPS = ['listenForInterrupts', 'listenForTriggers', 'processTriggersAndEvents'] as const;
/** Botkit's prompt of a `BotkitConversation` takes any activity for an answer; its id ends with this. */
const PROMPT_ID_END = '_default_prompt';
/* eslint-disable @typescript-eslint/no-unsafe-enum-assignment -- the enum's package is Botkit's, and may not be found from here */
const EMPTY = 'empty' as DialogTurnStatus;
const WAITING = 'waiting' as DialogTurnStatus;
/* eslint-enable @typescript-eslint/no-unsafe-enum-assignment */
const HANDOFF_STATUS = 'handoff.status';

/**
 * Repairs a controller. A Botkit whose turns are made otherwise is left as it is.
 * @param checkTurn rejects if another process has the event of the turn that asks, which must save nothing then
 */
export function repairTurns(controller: BotkitTurns, checkTurn: () => Promise<void>): void {
  const steps = controller as unknown as TurnSteps;
  if (STEPS.some((name) => typeof steps[name] !== 'function')) return;
  /** By the turn's context, and by its bot, whose context the application may change. */
  const runs = new WeakMap<object, Run>();
  const runOf = (bot: BotkitWorker): Run | undefined => runs.get(bot) ?? runOfContext(bot.getConfig('context'));
  const runOfContext = (context: unknown): Run | undefined =>
    typeof context === 'object' && context !== null ? runs.get(context) : undefined;

  const handleTurn = controller.handleTurn.bind(controller);
  controller.handleTurn = (context) =>
    new Promise((resolve, reject) => {
      const run: Run = {
        failed: false,
        fail: (reason) => {
          run.failed = true;
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as the bot threw it
          reject(reason);
        },
      };
      runs.set(context, run);
      handleTurn(context).then(resolve, reject);
    });

  const listenForInterrupts = steps.listenForInterrupts.bind(steps);
  steps.listenForInterrupts = async (bot, message) => {
    const run = runOf(bot);
    if (run) runs.set(bot, run);
    // Anything but `false` says that the message was dealt with.
    return guarded(run, true, () => listenForInterrupts(bot, message));
  };
  steps.processTriggersAndEvents = (bot, message) =>
    guarded(runOf(bot), undefined, () => processTriggersAndEvents(controller, steps, bot, message));
  const saveState = controller.saveState.bind(controller);
  controller.saveState = async (bot) => {
    const run = runOf(bot);
    // As elsewhere in Bot Framework, a turn that failed leaves the state as it was.
    if (run?.failed === true) return;
    await guarded(run, undefined, async () => {
      await checkTurn();
      await saveState(bot);
    });
  };

  const { dialogSet } = controller;
  const createContext = dialogSet.createContext.bind(dialogSet);
  dialogSet.createContext = async (context) => {
    const dialogs = await createContext(context);
    const continueDialog = dialogs.continueDialog.bind(dialogs);
    dialogs.continueDialog = () => {
      if (isNoAnswer(context, dialogs)) return Promise.resolve({ status: EMPTY });
      const waiting: DialogTurnResult = { status: WAITING };
      return guarded(runOfContext(context), waiting, continueDialog);
    };
    return dialogs;
  };
}

/** Outside a turn of Botkit's the caller gets the rejection, as ever. */
async function guarded<T>(run: Run | undefined, otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!run) throw error;
    run.fail(error);
    return otherwise;
  }
}

/** What Botkit does here, with every promise waited for: interpret, then the first handler that hears, then the event's. */
async function processTriggersAndEvents(
  controller: BotkitTurns,
  steps: TurnSteps,
  bot: BotkitWorker,
  message: object,
): Promise<unknown> {
  const interpret = controller.middleware.interpret as Ware<[BotkitWorker, object]>;
  await new Promise<void>((resolve, reject) => {
    interpret.run(bot, message, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
  const heard = await steps.listenForTriggers(bot, message);
  if (heard !== false) return heard;
  return controller.trigger((message as { readonly type: string }).type, bot, message);
}

/** A hand-back is no answer to the question that was open when the customer asked for an agent. */
function isNoAnswer(context: TurnContext, dialogs: DialogContext): boolean {
  const { type, name } = context.activity;
  return type === 'event' && name === HANDOFF_STATUS && dialogs.activeDialog?.id.endsWith(PROMPT_ID_END) === true;
}
