/**
 * What the bots of chaos and crashes do: each message is answered once, with its own text, so that answers can be counted.
 *
 * "agent …" begins a handover and waits for it, "slow …" takes longer than Meta waits, everything else is answered.
 */
import { ComponentDialog, WaterfallDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import type { HandoverResult, VccLiveHandover } from 'botbuilder-handover-vcclive';

const SLOW_TURN_MS = 7000;

/** How a bot answers. */
export interface AnsweringTraits {
  /** Stands before each answer. */
  readonly sign?: string;
  /** How "slow …" waits. Default: by a timer of this machine. */
  readonly sleep?: (ms: number) => Promise<void>;
  /** The dialog has its result, and is about to answer. */
  readonly onGiven?: (result: HandoverResult) => void;
  /** The dialog has answered, and ends. */
  readonly onResult?: (result: HandoverResult) => void;
}

/** The root dialog. */
export class AnsweringDialog extends ComponentDialog {
  constructor(handover: VccLiveHandover, { sign = '', sleep = machineSleep, onGiven, onResult }: AnsweringTraits = {}) {
    super('root');
    this.addDialog(handover.dialog());
    this.addDialog(
      new WaterfallDialog('main', [
        async (step: WaterfallStepContext) => {
          const { type, text } = step.context.activity as { type: string; text?: string };
          if (type !== 'message' || text === undefined) return step.endDialog();
          if (text.startsWith('agent')) return step.replaceDialog('agent', { asked: text });
          if (text.startsWith('slow')) await sleep(SLOW_TURN_MS);
          await step.context.sendActivity(`${sign}re ${text}`);
          return step.endDialog();
        },
      ]),
    );
    this.addDialog(
      new WaterfallDialog('agent', [
        handover.step({ reason: 'asked' }),
        async (step: WaterfallStepContext) => {
          const result = step.result as HandoverResult;
          onGiven?.(result);
          const { asked } = step.options as { asked: string };
          const { text } = step.context.activity as { text?: string };
          const how = `${result.outcome} via ${result.via}`;
          await step.context.sendActivity(`${sign}ended ${asked} (${how}) re ${text ?? '-'}`);
          onResult?.(result);
          return step.endDialog();
        },
      ]),
    );
    this.initialDialogId = 'main';
  }
}

function machineSleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
