/** Our clock and Meta's: what a stamp is worth, how the difference is learned, where our own observations are placed. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  isOffsetRough,
  learnOffset,
  metaNow,
  newestPlace,
  noOffset,
  offsetOf,
  placeOwn,
  stampOf,
} from '../../src/ownership/meta-time.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { OffsetWindow } from '../../src/ownership/meta-time.js';
import { DAY, HOUR, MINUTE, NOON, SECOND, item } from './words.js';

/** Items as they arrive: [Meta's stamp, our clock at arrival]. */
function learned(...arrivals: readonly (readonly [number, number])[]): OffsetWindow {
  return arrivals.reduce(
    (window, [stamp, nowMs]) => learnOffset(window, item('message', 'messaging', stamp), nowMs),
    noOffset,
  );
}

describe('the stamp of an item (rules 1 and 2)', () => {
  it('is what Meta sent, in milliseconds', () => {
    expect(stampOf(item('message', 'messaging', NOON + 750), NOON)).to.equal(NOON + 750);
  });

  it('is kept where a millisecond value happens to end in 000', () => {
    expect(stampOf(item('message', 'messaging', NOON), NOON)).to.equal(NOON);
  });

  it('stands for the end of its second where Meta sent seconds', () => {
    expect(stampOf(item('takeThreadControl', 'messaging', NOON, { timestampInSeconds: true }), NOON)).to.equal(
      NOON + 999,
    );
  });

  it('is missing where Meta sent none', () => {
    expect(stampOf(item('delivery', 'standby', undefined), NOON)).to.equal(undefined);
  });

  it('is believed up to a day ahead of our clock and treated as missing beyond', () => {
    expect(stampOf(item('message', 'messaging', NOON + DAY), NOON)).to.equal(NOON + DAY);
    expect(stampOf(item('message', 'messaging', NOON + DAY + 1), NOON)).to.equal(undefined);
  });

  it('is believed however old it is: Meta delivers late', () => {
    expect(stampOf(item('message', 'messaging', NOON - 40 * HOUR), NOON)).to.equal(NOON - 40 * HOUR);
  });
});

describe('the difference of the clocks (rule 3)', () => {
  it('is unknown before an item arrived', () => {
    expect(offsetOf(noOffset)).to.equal(undefined);
  });

  it('is the largest of the last minutes, because the item that travelled shortest tells most', () => {
    const ourClockIsFiveMinutesAhead = 5 * MINUTE;
    const window = learned(
      [NOON, NOON + ourClockIsFiveMinutesAhead + 900],
      [NOON + 10 * SECOND, NOON + 10 * SECOND + ourClockIsFiveMinutesAhead + 80],
      [NOON + 20 * SECOND, NOON + 20 * SECOND + ourClockIsFiveMinutesAhead + 4000],
    );
    expect(offsetOf(window)).to.equal(-5 * MINUTE - 80);
  });

  it('learns nothing from a missing stamp, and from one over a day ahead', () => {
    const before = learned([NOON, NOON + 100]);
    expect(learnOffset(before, item('delivery', 'standby', undefined), NOON + 1)).to.equal(before);
    expect(learnOffset(before, item('message', 'messaging', NOON + 2 * DAY), NOON + 1)).to.equal(before);
  });

  it('learns from a stamp in seconds as if the item were sent when its second began', () => {
    const seconds = item('message', 'messaging', NOON, { timestampInSeconds: true });
    const rough = learnOffset(noOffset, seconds, NOON + 1300);
    expect(offsetOf(rough)).to.equal(-1300);
    expect(isOffsetRough(rough)).to.equal(true);
  });

  it('is no longer rough when a stamp in milliseconds has told more', () => {
    const seconds = item('message', 'messaging', NOON, { timestampInSeconds: true });
    const exact = learned([NOON, NOON + 100]);
    expect(learnOffset(exact, seconds, NOON + 1300)).to.equal(exact);
    const later = learnOffset(
      learnOffset(noOffset, seconds, NOON),
      item('message', 'messaging', NOON + 900),
      NOON + 800,
    );
    expect([offsetOf(later), isOffsetRough(later)]).to.deep.equal([100, false]);
  });

  it('remembers a good sample over the middle of its window', () => {
    const window = learned(
      [NOON, NOON + 50],
      [NOON + 2 * MINUTE, NOON + 3 * MINUTE],
      [NOON + 3 * MINUTE, NOON + 4 * MINUTE],
    );
    expect(offsetOf(window)).to.equal(-50);
  });

  it('forgets a sample after minutes, so that a clock that was set right is believed again', () => {
    const everyMinute = [1, 2, 3, 4, 5, 6, 7, 8].map((m) => [NOON + m * MINUTE, NOON + m * MINUTE + 60] as const);
    const ourClockWasFiveMinutesBehind = [NOON, NOON - 5 * MINUTE] as const;
    expect(offsetOf(learned(ourClockWasFiveMinutesBehind, ...everyMinute))).to.equal(-60);
  });

  it('does not take a sample of an hour ago for one of the last minutes', () => {
    expect(offsetOf(learned([NOON, NOON - 5 * MINUTE], [NOON + HOUR, NOON + HOUR + 60]))).to.equal(-60);
  });

  it('goes on when our clock is set back', () => {
    const window = learned([NOON, NOON + HOUR], [NOON + SECOND, NOON + SECOND + 70]);
    expect(offsetOf(window)).to.equal(-70);
  });

  it('never says more than the truth, whatever the delays', () => {
    const schedule = fc.array(fc.record({ gap: fc.nat(10 * MINUTE), delay: fc.nat(15 * MINUTE) }), {
      minLength: 1,
      maxLength: 40,
    });
    const skewMs = fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE });
    fc.assert(
      fc.property(schedule, skewMs, fc.boolean(), (items, skew, inSeconds) => {
        let sentAt = NOON;
        const message = (sent: number): ThreadEvent =>
          inSeconds
            ? item('message', 'messaging', Math.floor(sent / SECOND) * SECOND, { timestampInSeconds: true })
            : item('message', 'messaging', sent);
        const window = items
          .map(({ gap, delay }) => ({ sent: (sentAt += gap), arrival: sentAt + delay + skew }))
          .sort((a, b) => a.arrival - b.arrival)
          .reduce((w, one) => learnOffset(w, message(one.sent), one.arrival), noOffset);
        expect(offsetOf(window)).to.be.at.most(-skew);
      }),
    );
  });
});

describe('the place of an observation of our own (rule 4)', () => {
  it('is a millisecond after the newest stamp where nothing is known of the clocks', () => {
    expect(placeOwn(NOON, NOON + HOUR, undefined)).to.equal(NOON + 1);
  });

  it('is the time of sending on Meta’s clock where that is later', () => {
    expect(placeOwn(NOON, NOON + 10 * MINUTE, -5 * MINUTE)).to.equal(NOON + 5 * MINUTE);
  });

  it('is still after the newest stamp where the learned difference lags behind', () => {
    expect(placeOwn(NOON, NOON + SECOND, -5 * MINUTE)).to.equal(NOON + 1);
  });

  it('is after an earlier observation of our own, so that of two calls in a row the second wins', () => {
    const first = placeOwn(newestPlace({ activityAtMetaMs: NOON }), NOON, undefined);
    const second = placeOwn(
      newestPlace({ activityAtMetaMs: NOON, us: { atMetaMs: first, key: 'send', own: true } }),
      NOON,
      undefined,
    );
    expect(second).to.be.greaterThan(first);
  });

  it('counts from the newest of everything the thread has', () => {
    const mark = (atMetaMs: number): { atMetaMs: number; key: string } => ({ atMetaMs, key: 'k' });
    expect(newestPlace({})).to.equal(undefined);
    expect(newestPlace({ activityAtMetaMs: 7, us: mark(6) })).to.equal(7);
    expect(newestPlace({ activityAtMetaMs: 5, us: mark(9) })).to.equal(9);
    expect(newestPlace({ activityAtMetaMs: 5, notUs: mark(9) })).to.equal(9);
    expect(newestPlace({ activityAtMetaMs: 5, vccLiveEcho: mark(9) })).to.equal(9);
    const explicit = { ...mark(8), owner: 'idle', source: 'call' } as const;
    expect(newestPlace({ activityAtMetaMs: 5, explicit })).to.equal(8);
    expect(newestPlace({ activityAtMetaMs: 5, explicit: { ...explicit, answeredAtMetaMs: 9 } })).to.equal(9);
  });

  it('puts now on Meta’s clock, or takes ours where nothing was learned', () => {
    expect(metaNow(NOON, -MINUTE)).to.equal(NOON - MINUTE);
    expect(metaNow(NOON, undefined)).to.equal(NOON);
  });
});
