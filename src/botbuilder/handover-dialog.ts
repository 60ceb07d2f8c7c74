/**
 * A dialog that begins a handover, waits for as long as the agent needs, and ends once with a typed result.
 *
 * Keeps the handover's id and start in its own state, so that a lost thread record strands nobody.
 */
import type { TurnContext } from 'botbuilder';
import { Dialog } from 'botbuilder-dialogs';
import type { DialogContext, DialogInstance, DialogReason, DialogTurnResult } from 'botbuilder-dialogs';
import { HandoverError } from '../thread/errors.js';
import type { HandoverResult, HandoverStart } from '../thread/handover.js';
import { isRecord } from '../thread/read-unknown.js';
import type { HandoverRequest } from './options.js';

/** What the dialog needs of the plugin. */
export interface HandoverDialogHost {
  /** Begins a handover for a dialog that will wait for it. */
  begin(context: TurnContext, request: HandoverRequest): Promise<HandoverStart>;
  /** The result that this turn may end the dialog with, or `undefined`: wait. */
  ending(context: TurnContext, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined>;
  now(): number;
}

interface WaitingState {
  handoverId: string;
  startedAtMs: number;
}

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

  override async beginDialog(dc: DialogContext, options?: HandoverRequest): Promise<DialogTurnResult> {
    const startedAtMs = this.#host.now();
    const start = await this.#host.begin(dc.context, { ...this.#request, ...options });
    if (start.status === 'passed') {
      Object.assign(stateOf(dc.activeDialog), { handoverId: start.handoverId, startedAtMs } satisfies WaitingState);
      return Dialog.EndOfTurn;
    }
    const result: HandoverResult =
      start.status === 'refused'
        ? { outcome: 'refused', via: 'none', waitedMs: 0, reason: start.reason }
        : {
            outcome: 'failed',
            via: 'none',
            waitedMs: Math.max(0, this.#host.now() - startedAtMs),
            error: start.error,
            ...(start.handoverId === undefined ? {} : { handoverId: start.handoverId }),
          };
    return dc.endDialog(result);
  }

  override async continueDialog(dc: DialogContext): Promise<DialogTurnResult> {
    const { handoverId, startedAtMs } = stateOf(dc.activeDialog);
    const result = await this.#host.ending(dc.context, handoverId, startedAtMs);
    return result === undefined ? Dialog.EndOfTurn : dc.endDialog(result);
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

/**
 * The result of a handover, in the waterfall step after `handover.step()`: `const { outcome } = handoverResultOf(step)`.
 * @throws {@link HandoverError} code `noResult` if the step before this one ended without one
 */
export function handoverResultOf({ result }: { readonly result?: unknown }): HandoverResult {
  if (isRecord(result) && typeof result['outcome'] === 'string' && typeof result['via'] === 'string') {
    return result as unknown as HandoverResult;
  }
  const got = result === undefined ? 'no result' : `a result of type ${typeof result} that is no HandoverResult`;
  throw new HandoverError('noResult', `This step got ${got}. Put it directly after handover.step() in its waterfall.`);
}

function stateOf(instance: DialogInstance | undefined): WaitingState {
  return (instance?.state ?? {}) as WaitingState;
}
