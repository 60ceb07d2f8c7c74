/** Deadlines of one length on one timer: each comes when it would with a timer of its own. */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Clock } from '../../src/thread/clock.js';
import { Deadlines } from '../../src/thread/deadlines.js';

/** Time that a test moves: the timers' own, and what the clock shows, which may jump. */
class HandClock implements Clock {
  #timeMs = 0;
  #shownAheadMs = 1_000_000;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();
  timersSet = 0;

  now(): number {
    return this.#timeMs + this.#shownAheadMs;
  }

  /** What has really passed. */
  get timeMs(): number {
    return this.#timeMs;
  }

  get timersLeft(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#timeMs + delayMs, run };
    this.timersSet += 1;
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  jump(byMs: number): void {
    this.#shownAheadMs += byMs;
  }

  pass(ms: number): void {
    const untilMs = this.#timeMs + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#timeMs = next.atMs;
      this.#timers.delete(next);
      next.run();
    }
    this.#timeMs = untilMs;
  }
}

const LENGTH_MS = 100;

describe('deadlines of one length', () => {
  let clock = new HandClock();
  let deadlines = new Deadlines(clock, LENGTH_MS);
  const came: string[] = [];
  const add = (name: string): ReturnType<Deadlines['add']> =>
    deadlines.add(() => came.push(`${name} at ${clock.timeMs}`));

  beforeEach(() => {
    clock = new HandClock();
    deadlines = new Deadlines(clock, LENGTH_MS);
    came.length = 0;
  });

  it('come in their order, each after the length', () => {
    add('first');
    clock.pass(30);
    add('second');
    clock.pass(500);
    expect(came).to.deep.equal(['first at 100', 'second at 130']);
  });

  it('do not come when they are cancelled, whichever it is', () => {
    const [first, second, third] = ['first', 'second', 'third'].map(add);
    second!.cancel();
    clock.pass(10);
    add('fourth');
    first!.cancel();
    first!.cancel();
    clock.pass(500);
    third!.cancel();
    expect(came).to.deep.equal(['third at 100', 'fourth at 110']);
  });

  it('may be cancelled by one that comes at the same time, and may add another', () => {
    deadlines.add(() => {
      second.cancel();
      add('third');
    });
    const second = add('second');
    clock.pass(500);
    expect(came).to.deep.equal(['third at 200']);
  });

  it('share a timer: a thousand that are cancelled set one for each length that passes', () => {
    for (let each = 0; each < 1000; each += 1) {
      const deadline = add('never');
      clock.pass(1);
      deadline.cancel();
    }
    expect(clock.timersSet).to.be.within(1000 / LENGTH_MS, 1000 / LENGTH_MS + 1);
  });

  it('go on after one that throws', () => {
    deadlines.add(() => {
      throw new Error('of the application');
    });
    add('second');
    expect(() => clock.pass(LENGTH_MS)).to.throw('of the application');
    clock.pass(1);
    expect(came).to.deep.equal(['second at 100']);
  });

  const SET_THREE_TIMES = ['add' as const, { jump: 86 }, 'add' as const, { jump: 15 }, 'add' as const, { jump: -101 }];
  const pass = fc.record({ pass: fc.integer({ min: 0, max: 150 }) });
  const cancel = fc.record({ cancel: fc.nat(20) });
  const jump = fc.record({ jump: fc.integer({ min: -100_000, max: 100_000 }) });
  for (const { what, step, earliest, latest } of [
    { what: 'come exactly in time', step: fc.oneof(pass, fc.constant('add' as const), cancel), earliest: 1, latest: 1 },
    {
      what: 'come early or late by one length at most if the clock is set',
      step: fc.oneof(pass, fc.constant('add' as const), cancel, jump),
      earliest: 0,
      latest: 2,
    },
  ]) {
    it(what, () => {
      fc.assert(
        fc.property(
          fc.array<'add' | { pass: number } | { cancel: number } | { jump: number }>(step, { maxLength: 60 }),
          (steps) => {
            const hand = new HandClock();
            const list = new Deadlines(hand, LENGTH_MS);
            const added: { atMs: number; cameMs?: number; isCancelled: boolean; cancel: () => void }[] = [];
            for (const each of steps) {
              if (each === 'add') {
                const one: (typeof added)[number] = { atMs: hand.timeMs, isCancelled: false, cancel: () => undefined };
                const deadline = list.add(() => (one.cameMs = hand.timeMs));
                one.cancel = () => deadline.cancel();
                added.push(one);
              } else if ('pass' in each) hand.pass(each.pass);
              else if ('jump' in each) hand.jump(each.jump);
              else if (added[each.cancel]?.cameMs === undefined && added[each.cancel]) {
                added[each.cancel]!.isCancelled = true;
                added[each.cancel]!.cancel();
              }
            }
            hand.pass(10 * LENGTH_MS);
            for (const { atMs, cameMs, isCancelled } of added) {
              if (isCancelled) expect(cameMs).to.equal(undefined);
              else expect(cameMs! - atMs).to.be.within(earliest * LENGTH_MS, latest * LENGTH_MS);
            }
          },
        ),
        { examples: earliest === 1 ? [] : [[SET_THREE_TIMES]] },
      );
    });
  }

  it('keep the process alive only while one waits that somebody waits for', () => {
    let keeps = false;
    const background: Clock = {
      now: () => clock.now(),
      after: () => expect.fail('a timer that always keeps the process alive'),
      afterInBackground: (delayMs, run) =>
        Object.assign(clock.after(delayMs, run), { keepAlive: (yes: boolean) => void (keeps = yes) }),
    };
    const awaited = new Deadlines(background, LENGTH_MS, { keepAlive: true });
    const seen: boolean[] = [];
    const note = (): void => void seen.push(keeps);
    const first = awaited.add(() => undefined);
    note();
    first.cancel();
    note();
    const second = awaited.add(() => undefined);
    const third = awaited.add(() => undefined);
    note();
    second.cancel();
    note();
    clock.pass(LENGTH_MS); // The timer of the first one; the third's is set by it.
    third.cancel();
    note();
    expect(seen).to.deep.equal([true, false, true, true, false]);

    new Deadlines(background, LENGTH_MS).add(() => undefined);
    expect(keeps).to.equal(false);
  });

  it('leave no timer behind when all is over', () => {
    const deadline = add('never');
    deadlines.stopIfEmpty();
    expect(clock.timersLeft).to.equal(1);
    deadline.cancel();
    deadlines.stopIfEmpty();
    expect(clock.timersLeft).to.equal(0);
    add('next');
    clock.pass(LENGTH_MS);
    expect(came).to.deep.equal(['next at 100']);
  });
});
