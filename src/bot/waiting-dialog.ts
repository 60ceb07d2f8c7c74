/** What a handover dialog of any framework does: it begins a handover, waits, and ends once with a typed result. */
import { HandoverError } from '../thread/errors.js';
import type { HandoverResult, HandoverStart } from '../thread/handover.js';
import { isRecord } from '../thread/read-unknown.js';
import type { Activity } from '../activities/activity.js';
import type { Plugin } from './compose.js';
import type { HandoverRequest } from './handover-options.js';
import type { TurnContext } from './port.js';
import { turnOf } from './turn-state.js';

/** What the dialog needs of the plugin. */
export interface HandoverDialogHost<Context = TurnContext, Message = Activity> {
  /** Begins a handover for a dialog that will wait for it. */
  begin(context: Context, request: HandoverRequest<Message>): Promise<HandoverStart>;
  /** The result that this turn may end the dialog with, or `undefined`: wait. */
  ending(context: Context, handoverId: string, startedAtMs: number): Promise<HandoverResult | undefined>;
  now(): number;
}

/** What the dialog keeps in its own state, so that a lost thread record strands nobody. */
export interface WaitingState {
  handoverId: string;
  startedAtMs: number;
}

/** The host of a plugin's dialogs. */
export function waitingHost<Context extends TurnContext, Message extends Activity>({
  requests,
  core,
}: Plugin): HandoverDialogHost<Context, Message> {
  return {
    begin: (context, asked) => requests.toAgent(context, asked, 'dialog'),
    ending: async (context, handoverId, startedAtMs) => {
      const turn = turnOf(context);
      return turn && core.engine.dialogResults.resultFor(turn, handoverId, startedAtMs);
    },
    now: () => core.clock.now(),
  };
}

/** Begins a handover. The state of a dialog that waits from now on, or the result that ends it at once. */
export async function beginWaiting<Context, Message>(
  host: HandoverDialogHost<Context, Message>,
  context: Context,
  request: HandoverRequest<Message>,
): Promise<{ readonly waiting: WaitingState } | { readonly result: HandoverResult }> {
  const startedAtMs = host.now();
  const start = await host.begin(context, request);
  if (start.status === 'passed') return { waiting: { handoverId: start.handoverId, startedAtMs } };
  return { result: resultOfStart(start, Math.max(0, host.now() - startedAtMs)) };
}

/** The state of a dialog that {@link beginWaiting} began. */
export function waitingState(instance: { readonly state?: unknown } | undefined): WaitingState {
  return (instance?.state ?? {}) as WaitingState;
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
