/** A batch of outgoing activities in parts: by address, after each delay, and around each request for a handover. Pure. */
import { GraphApiError } from '../../graph/graph-api-error.js';
import type { Activity, ResourceResponse } from '../../activities/activity.js';
import type { Address } from '../addresses/address.js';
import { isSameAddress } from '../addresses/address.js';

/** Bot Framework's name of an outgoing request for a handover. */
export const HANDOFF_INITIATE = 'handoff.initiate';

/** Neighbouring activities of a batch that go to one customer. */
export interface BatchPart {
  /** Absent if no customer of Messenger sees the activities: those of another channel, or the answer to an invoke. */
  readonly address: Address | undefined;
  readonly activities: Activity[];
}

/**
 * Splits a batch. A delay belongs to the part before it.
 * @param addresses that of each activity
 */
export function partsOf(batch: readonly Activity[], addresses: readonly (Address | undefined)[]): BatchPart[] {
  const parts: BatchPart[] = [];
  for (const [index, activity] of batch.entries()) {
    const address = addresses[index];
    const last = parts.at(-1);
    const before = last?.activities.at(-1);
    if (last && before && continues(last, before) && (isDelay(activity) || goesWith(last, activity, address))) {
      last.activities.push(activity);
    } else {
      parts.push({ address, activities: [activity] });
    }
  }
  return parts;
}

/** A trace is for developers. No channel shows it to a customer. */
export function isTrace({ type }: Activity): boolean {
  return type === 'trace';
}

/** A delay makes the adapter wait before what follows. */
export function isDelay({ type }: Activity): boolean {
  return type === 'delay';
}

/** Whether this activity asks for a handover. */
export function isInitiate({ type, name }: Activity): boolean {
  return type === 'event' && name === HANDOFF_INITIATE;
}

/** The answer to an invoke is the channel's and leaves with the HTTP response. */
export function isInvokeResponse({ type }: Activity): boolean {
  return type === 'invokeResponse';
}

/** One response for each activity. Adapters that drop activities answer for fewer, some with nothing at all. */
export function padded(responses: readonly ResourceResponse[] | undefined, length: number): ResourceResponse[] {
  return Array.from({ length }, (_, index) => responses?.[index] ?? { id: '' });
}

/** The error of one part with the positions of the whole batch. `responses` are those of the parts before it. */
export function withEarlier(error: unknown, responses: readonly ResourceResponse[]): unknown {
  if (!(error instanceof GraphApiError) || error.activityIndex === undefined) return error;
  const before = responses.length;
  const earlier = responses.map(({ id }, activityIndex) => ({ id, activityIndex })).filter(({ id }) => id !== '');
  const since = (error.sent ?? []).map(({ id, activityIndex }) => ({ id, activityIndex: activityIndex + before }));
  return error.restated({ sent: [...earlier, ...since], activityIndex: error.activityIndex + before });
}

/** Whether anything may follow in the same part. */
function continues(part: BatchPart, last: Activity): boolean {
  return !part.address || !(isDelay(last) || isInitiate(last));
}

function goesWith(part: BatchPart, activity: Activity, address: Address | undefined): boolean {
  if (!part.address || !address) return part.address === address;
  return !isInitiate(activity) && isSameAddress(part.address, address);
}
