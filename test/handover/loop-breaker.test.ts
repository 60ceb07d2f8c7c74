/** When a thread has bounced too often. */
import { expect } from 'chai';
import { loopOf } from '../../src/handover/loop-breaker.js';
import type { Conclusion } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';

const MINUTE_MS = 60_000;
const NOW_MS = 1_790_000_000_000;

/** A handover that began and ended so many minutes ago. */
const handover = (begun: number, ended: number, outcome: Conclusion['outcome'] = 'completed'): Conclusion => ({
  handoverId: `${begun}`,
  cause: `cause ${begun}`,
  run: `run ${begun}`,
  outcome,
  via: 'passBack',
  waitedMs: (begun - ended) * MINUTE_MS,
  waits: 'nobody',
  concludedAtMs: NOW_MS - ended * MINUTE_MS,
});

const loops = (conclusions: readonly Conclusion[], breaker = {}): boolean =>
  loopOf({ ...emptyRecord, conclusions }, breaker, NOW_MS) !== undefined;

describe('loopOf', () => {
  it('is none in a new thread', () => {
    expect(loops([])).to.equal(false);
    expect(loops([], { maxHandovers: 1 })).to.equal(false);
  });

  it('is one at the seventh within ten minutes', () => {
    const five = [9, 8, 7, 6, 5].map((begun) => handover(begun, begun - 1));
    expect(loops(five)).to.equal(false);
    expect(loops([...five, handover(1, 0)])).to.equal(true);
    expect(loops([handover(10, 9), ...five])).to.equal(false);
  });

  it('counts from the beginning of a handover, however long it lasted', () => {
    expect(loops([handover(30, 1)], { maxHandovers: 1 })).to.equal(false);
    expect(loops([handover(30, 1)], { maxHandovers: 1, withinMs: 31 * MINUTE_MS })).to.equal(true);
  });

  it('counts every ending but a failure', () => {
    for (const outcome of ['completed', 'takenBack', 'unclaimed', 'abandoned'] as const) {
      expect(loops([handover(2, 1, outcome)], { maxHandovers: 1 }), outcome).to.equal(true);
    }
    expect(loops([handover(2, 1, 'failed')], { maxHandovers: 1 })).to.equal(false);
  });

  it('says what to look at', () => {
    const error = loopOf({ ...emptyRecord, conclusions: [handover(2, 1)] }, { maxHandovers: 1 }, NOW_MS);
    expect(error).to.include({ code: 'loopBroken' });
    expect(error?.message).to.include('loopBreaker').and.include('dialog');
  });
});
