/** Which thread an application means: that of a turn, or one that it names. */
import { HandoverError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import { readTurn } from '../../activities/read-turn.js';
import type { Turn } from '../../handover/turn.js';
import type { AddressFinder } from './find-address.js';
import { isMessenger } from './find-address.js';
import { turnOf } from '../turn-state.js';
import type { TurnContext } from '../port.js';

/** A thread, and the turn in which the application asks, if it is one. */
export interface Target {
  readonly thread: ThreadKey;
  readonly turn?: Turn;
}

/**
 * The thread of a turn context or a key.
 * @throws {@link HandoverError} code `noThread`
 */
export async function targetOf(target: TurnContext | ThreadKey, addresses: AddressFinder): Promise<Target> {
  if (!isThreadOrTurn(target)) throw noThread();
  if ('pageId' in target && 'psid' in target) {
    if (isId(target.pageId) && isId(target.psid)) return { thread: { pageId: target.pageId, psid: target.psid } };
    throw noThread();
  }
  const turn = turnOf(target);
  if (turn) return { thread: turn.thread, turn };
  const thread = await threadOfContext(target, addresses);
  if (thread) return { thread };
  throw noThread();
}

/** The thread of a context in which the plugin has begun no turn, as Botkit makes one. */
async function threadOfContext(context: TurnContext, addresses: AddressFinder): Promise<ThreadKey | undefined> {
  const { adapter, activity } = context;
  if (!isMessenger(adapter, activity.channelId)) return undefined;
  const [event] = readTurn(activity).events;
  if (event?.pageId !== undefined && event.psid !== undefined) return { pageId: event.pageId, psid: event.psid };
  const address = await addresses.ofTurn(adapter, activity);
  return address.to === 'thread' ? address.thread : undefined;
}

/** The error of a context or key that names no thread. */
export function noThread(): HandoverError {
  return new HandoverError(
    'noThread',
    'This is no turn of a Messenger thread: customer and Page are not known. Call adapter.use(handover) before any other middleware, or pass { pageId, psid }.',
  );
}

/** Applications without types pass what they have, a turn that ended long ago for one. */
function isThreadOrTurn(target: unknown): boolean {
  if (typeof target !== 'object' || target === null) return false;
  if ('pageId' in target && 'psid' in target) return true;
  return 'activity' in target && typeof target.activity === 'object' && target.activity !== null;
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
