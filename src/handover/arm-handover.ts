/** The first step of a handover: it is written down before anything is said or passed, so that no crash loses it. */
import type { HandoverError } from '../thread/errors.js';
import type { OpenHandover } from '../thread/record.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace, placeOwn } from '../ownership/meta-time.js';
import type { ThreadRecords } from './change-record.js';
import type { ArmAnswer, Outcome } from './lifecycle.js';
import { arm } from './lifecycle.js';
import type { LoopBreaker } from './loop-breaker.js';
import { loopOf } from './loop-breaker.js';
import { handoverMetadata } from './metadata.js';
import type { Begun } from './recover-handover.js';

/** What came of it. */
export type Armed =
  ArmAnswer | { readonly kind: 'anotherAppOwns' } | { readonly kind: 'loop'; readonly error: HandoverError };

/** Writes down that the thread is about to be passed, or finds what forbids it. */
export async function armHandover(
  records: ThreadRecords,
  { turn, order, ids }: Omit<Begun, 'open'>,
  loopBreaker: LoopBreaker | undefined,
): Promise<Armed> {
  const { thread } = turn;
  const id = records.deps.newId();
  const nowMs = records.deps.clock.now();
  const { value } = await records.change(thread, ids, [], (record, verdict): Outcome<Armed> => {
    const fresh: OpenHandover = {
      id,
      phase: 'armed',
      cause: turn.key,
      run: turn.run,
      startedAtMs: nowMs,
      armedAtMetaMs: placeOwn(newestPlace(record.evidence), nowMs, records.offsetMs),
      noticeSent: false,
      targetAppId: ids.vccLiveAppId,
      metadata: handoverMetadata(id, order.metadata),
      waits: order.waits,
      ...(order.reference === undefined ? {} : { reference: order.reference }),
    };
    const asked = arm(record, fresh);
    if (asked.answer.kind !== 'armed') return { record: asked.record, events: [], value: asked.answer };
    // An open handover explains another owner; without one there is nothing to hand over.
    if (isAnotherApp(verdict)) return { record, events: [], value: { kind: 'anotherAppOwns' } };
    const error = loopBreaker && loopOf(record, loopBreaker, nowMs);
    if (error) return { record, events: [], value: { kind: 'loop', error } };
    return { record: asked.record, events: [['begun', { thread, handoverId: id }]], value: asked.answer };
  });
  return value;
}
