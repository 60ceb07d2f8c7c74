/**
 * A dialog that begins a handover, waits for as long as the agent needs, and ends once with a typed result.
 *
 * Keeps the handover's id and start in its own state, so that a lost thread record strands nobody.
 */
import type { TurnContext } from 'botbuilder';
import { Dialog } from 'botbuilder-dialogs';
import type { DialogContext, DialogInstance, DialogReason, DialogTurnResult } from 'botbuilder-dialogs';
import type { HandoverDialogHost } from '../bot/requests/waiting-dialog.js';
import { beginWaiting, continueWaiting } from '../bot/requests/waiting-dialog.js';
import type { HandoverRequest } from './options.js';

export type { HandoverDialogHost } from '../bot/requests/waiting-dialog.js';

/** Begun with a `HandoverRequest`, ends with a `HandoverResult`. Made by `handover.dialog()`. */
export class HandoverDialog extends Dialog<HandoverRequest> {
  readonly #host: HandoverDialogHost;
  readonly #request: HandoverRequest;

  /** @param request what every handover of this dialog asks for; the options it is begun with go before it */
  constructor(host: HandoverDialogHost, id: string, request: HandoverRequest = {}) {
    super(id);
    this.#host = host;
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
  override repromptDialog(_context: TurnContext, _instance: DialogInstance): Promise<void> {
    return Promise.resolve();
  }
}
