/** What a handover dialog of any framework does: it begins a handover, waits, and ends once with a typed result. */
import { HandoverError } from '../../thread/errors.js';
import type { HandoverResult, HandoverStart } from '../../thread/handover.js';
import { isRecord } from '../../thread/read-unknown.js';
import type { Plugin } from '../compose.js';
import type { HandoverRequest } from '../options/handover-options.js';
import type { TurnContext } from '../port.js';
import { turnOf } from '../turn-state.js';

/** What the dialog needs of the plugin. */
export interface HandoverDialogHost {
  /** Begins a handover for a dialog that will wait for it. */
  begin(context: TurnContext, request: HandoverRequest): Promise<HandoverStart>;
  /** The result that this turn may end the dialog with, or `undefined`: wait. */
  ending(context: TurnContext, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined>;
  now(): number;
}

/** A turn of a dialog in either SDK. `Status` is what tells the SDK whether the dialog goes on. */
export interface DialogTurn<Status> {
  readonly context: TurnContext;
  readonly activeDialog: { readonly state?: unknown } | undefined;
  endDialog(result: HandoverResult): Promise<Status>;
}

/** What the dialog keeps in its own state, so that a lost thread record strands nobody. */
interface WaitingState {
  handoverId: string;
  startedAtMs: number;
}

/** The host of a plugin's dialogs. */
export function waitingHost({ requests, core }: Plugin): HandoverDialogHost {
  return {
    begin: (context, asked) => requests.toAgent(context, asked, 'dialog'),
    ending: async (context, handoverId, startedAtMs) => {
      const turn = turnOf(context);
      return turn && core.engine.dialogResults.resultFor(turn, handoverId, startedAtMs);
    },
    now: () => core.clock.now(),
  };
}

/** Begins a handover. The dialog waits from now on, or ends at once. */
export async function beginWaiting<Status>(
  host: HandoverDialogHost,
  dialog: DialogTurn<Status>,
  request: HandoverRequest,
  waits: Status,
): Promise<Status> {
  const startedAtMs = host.now();
  const start = await host.begin(dialog.context, request);
  if (start.status !== 'passed') {
    return dialog.endDialog(resultOfStart(start, Math.max(0, host.now() - startedAtMs)));
  }
  const state: WaitingState = { handoverId: start.handoverId, startedAtMs };
  Object.assign(stateOf(dialog), state);
  return waits;
}

/** Goes on with a dialog that {@link beginWaiting} began: it ends if this turn may have the result. */
export async function continueWaiting<Status>(
  host: HandoverDialogHost,
  dialog: DialogTurn<Status>,
  waits: Status,
): Promise<Status> {
  const { handoverId, startedAtMs } = stateOf(dialog);
  const result = await host.ending(dialog.context, handoverId, startedAtMs);
  return result === undefined ? waits : dialog.endDialog(result);
}

function stateOf({ activeDialog }: DialogTurn<unknown>): WaitingState {
  return (activeDialog?.state ?? {}) as WaitingState;
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

/** What a handover ends with that was not passed. */
function resultOfStart(start: Exclude<HandoverStart, { status: 'passed' }>, waitedMs: number): HandoverResult {
  if (start.status === 'refused') return { outcome: 'refused', via: 'none', waitedMs: 0, reason: start.reason };
  const { error, handoverId } = start;
  return { outcome: 'failed', via: 'none', waitedMs, error, ...(handoverId === undefined ? {} : { handoverId }) };
}
