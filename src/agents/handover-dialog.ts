/** A dialog that begins a handover, waits for as long as the agent needs, and ends once with a typed result. */
import { Dialog } from '@microsoft/agents-hosting-dialogs';
import type { DialogContext, DialogInstance, DialogReason, DialogTurnResult } from '@microsoft/agents-hosting-dialogs';
import type { WaterfallStepContext } from '@microsoft/agents-hosting-dialogs';
import { pluginOf } from '../bot/handover-plugin.js';
import { DEFAULT_DIALOG_ID, HandoverDialogIds, checkRequest } from '../bot/requests/handover-dialog-ids.js';
import type { HandoverDialogHost } from '../bot/requests/waiting-dialog.js';
import { beginWaiting, continueWaiting, waitingHost } from '../bot/requests/waiting-dialog.js';
import type { HandoverRequest } from './options.js';
import type { VccLiveHandover } from './vcc-live-handover.js';

/** Begun with a `HandoverRequest`, ends with a `HandoverResult`. Made by `handoverDialogs(handover).dialog()`. */
export class HandoverDialog extends Dialog<HandoverRequest> {
  readonly #host: HandoverDialogHost;
  readonly #request: HandoverRequest;

  /** @param request what every handover of this dialog asks for; the options it is begun with go before it */
  constructor(handover: VccLiveHandover, id: string = DEFAULT_DIALOG_ID, request: HandoverRequest = {}) {
    super(id);
    this.#host = waitingHost(pluginOf(handover));
    this.#request = request;
  }

  override beginDialog(dc: DialogContext, options?: HandoverRequest): Promise<DialogTurnResult> {
    return beginWaiting(this.#host, dc, { ...this.#request, ...options }, Dialog.EndOfTurn);
  }

  override continueDialog(dc: DialogContext): Promise<DialogTurnResult> {
    return continueWaiting(this.#host, dc, Dialog.EndOfTurn);
  }

  /** An interruption that was begun over this dialog has ended: go on waiting. */
  override resumeDialog(_dc: DialogContext, _reason: DialogReason, _result?: unknown): Promise<DialogTurnResult> {
    return Promise.resolve(Dialog.EndOfTurn);
  }

  /** There is nothing to repeat: the customer is with an agent. */
  override repromptDialog(_context: DialogContext['context'], _instance: DialogInstance): Promise<void> {
    return Promise.resolve();
  }
}

/** Makes the dialogs and steps of one plugin. */
export interface HandoverDialogs {
  /**
   * A dialog that hands over, waits, and ends with a `HandoverResult`: `dialogs.add(handovers.dialog())`.
   * @param id default `vccLiveHandover`
   * @param request what its handovers ask for, unless they say otherwise
   */
  dialog(id?: string, request?: HandoverRequest): HandoverDialog;
  /**
   * A waterfall step that begins the dialog; `handoverResultOf(step)` in the next step is the `HandoverResult`.
   * @param dialogId which dialog. Default: `vccLiveHandover` if this waterfall can begin it, otherwise the only one that it can
   *   begin
   * @throws {@link HandoverError} code `dialogMissing`, in the turn, if there is no such dialog, or no telling which
   */
  step(request?: HandoverRequest, dialogId?: string): (step: WaterfallStepContext) => Promise<DialogTurnResult>;
}

/** `const handovers = handoverDialogs(handover)`. Call it once for each plugin. */
export function handoverDialogs(handover: VccLiveHandover): HandoverDialogs {
  const ids = new HandoverDialogIds();
  return {
    dialog: (id = DEFAULT_DIALOG_ID, request = {}) => {
      checkRequest(request);
      ids.made(id);
      return new HandoverDialog(handover, id, request);
    },
    step: (request = {}, dialogId) => {
      checkRequest(request);
      return (step) => step.beginDialog(ids.idFor(step, dialogId), request);
    },
  };
}
