/** What the ledger concludes where the truth is known: late, doubled and reordered webhooks, wrong clocks, restarts. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Move } from './pretend-platform.js';
import { DOINGS, play } from './pretend-platform.js';
import { HOUR, MINUTE, SECOND } from './words.js';

/** A call is never under way for longer than this. */
const LONGEST_CALL_HALF_MS = 20 * SECOND;

const delay = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 400 }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 30 * SECOND }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 10 * MINUTE }) },
);
const gap = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 3 * SECOND }) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 * MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 3 * HOUR }) },
);
const half = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: LONGEST_CALL_HALF_MS }));
const move: fc.Arbitrary<Move> = fc.record({
  doing: fc.constantFrom(...DOINGS),
  gapMs: gap,
  process: fc.constantFrom(0 as const, 1 as const),
  deliveriesMs: fc.array(delay, { minLength: 1, maxLength: 3 }),
  callMs: fc.tuple(half, half),
  stampInSeconds: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  answers: fc.constantFrom('withExpiration' as const, 'withoutExpiration' as const, 'hidden' as const),
});
const moves = fc.array(move, { maxLength: 14 });
const skew = fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE });
const skews = fc.tuple(skew, skew);

describe('when the dust has settled', () => {
  it('the ledger is on the side of the truth, whatever was late, doubled or reordered and however wrong the clocks', () => {
    fc.assert(
      fc.property(moves, skews, move, (schedule, clocks, last) => {
        const { truth, ledger, log } = play(schedule, clocks, last);
        expect(ledger, log.join('\n')).to.equal(truth);
      }),
      { numRuns: 1500 },
    );
  });

  it('that needs no further message where a webhook told of the last change of owner', () => {
    // Seconds stamps on buttons only: of two things in one second, Meta itself does not tell which came first.
    const exact = fc.array(
      move.map((one) => ({ ...one, stampInSeconds: one.stampInSeconds && one.doing === 'customerPressesOurButton' })),
      { minLength: 1, maxLength: 14 },
    );
    fc.assert(
      fc.property(exact, skews, (schedule, clocks) => {
        const { truth, ledger, log, lastChangeWasTold } = play(schedule, clocks);
        fc.pre(lastChangeWasTold);
        expect(ledger, log.join('\n')).to.equal(truth);
      }),
      { numRuns: 600, maxSkipsPerRun: 1000 },
    );
  });

  it('clocks ten minutes apart lead to the same side as clocks that are right', () => {
    fc.assert(
      fc.property(moves, move, (schedule, last) => {
        const right = play(schedule, [0, 0], last);
        const wrong = play(schedule, [10 * MINUTE, -10 * MINUTE], last);
        expect(wrong.ledger).to.equal(right.ledger);
      }),
      { numRuns: 500 },
    );
  });

  it('no more was asked than something happened: a question never leads to a chain of questions', () => {
    fc.assert(
      fc.property(moves, skews, move, (schedule, clocks, last) => {
        const happened = [...schedule, last].reduce((sum, one) => sum + one.deliveriesMs.length + 1, 0);
        expect(play(schedule, clocks, last).questions).to.be.at.most(2 * happened);
      }),
      { numRuns: 500 },
    );
  });

  it('the pretend platform is no easy one: the thread ends on both sides, and questions are asked on the way', () => {
    const seen = new Set<string>();
    let questions = 0;
    for (const [schedule, clocks, last] of fc.sample(fc.tuple(moves, skews, move), { numRuns: 300, seed: 7 })) {
      const settled = play(schedule, clocks, last);
      seen.add(settled.truth);
      questions += settled.questions;
    }
    expect([...seen].sort()).to.deep.equal(['another app', 'bot']);
    expect(questions).to.be.greaterThan(100);
  });
});
