/** How a function of the application's is called; test/integration has every option that is one. */
import { expect } from 'chai';
import { ApplicationFunctions, acceptBoolean } from '../../src/thread/application-functions.js';
import type { ApplicationFunction } from '../../src/thread/application-functions.js';
import { HeldClock } from '../kit/held-clock.js';

describe('a function of the application', () => {
  const setting = (limitMs?: number): { functions: ApplicationFunctions; clock: HeldClock; lines: string[] } => {
    const lines: string[] = [];
    const clock = new HeldClock();
    const log = {
      info: () => undefined,
      warn: (line: string) => void lines.push(`warn: ${line}`),
      error: (line: string) => void lines.push(line),
    };
    return { functions: new ApplicationFunctions({ clock, log, limitMs }), clock, lines };
  };
  const asks: ApplicationFunction<boolean> = {
    name: 'asks',
    accept: acceptBoolean,
    expected: 'true or false',
    instead: false,
    otherwise: 'It counts as no.',
  };

  it('that answers at once is answered at once, without a timer', () => {
    const { functions, clock, lines } = setting();
    expect(functions.call(asks, () => true)).to.equal(true);
    expect(functions.call(asks, () => undefined)).to.equal(false);
    expect([clock.timers, lines]).to.deep.equal([0, []]);
  });

  it('that answers later leaves no timer behind', async () => {
    const { functions, clock, lines } = setting();
    const answer = functions.call(asks, async () => true);
    expect(clock.timers).to.equal(1);
    expect(await answer).to.equal(true);
    expect([clock.timers, lines]).to.deep.equal([0, []]);
  });

  it('that does not answer has its limit: the application’s, else its own, else three seconds; or none', async () => {
    const never = (): Promise<never> => new Promise(() => undefined);
    for (const [limitMs, own, expected] of [
      [undefined, undefined, 3000],
      [undefined, 2000, 2000],
      [50, 2000, 50],
    ] as const) {
      const { functions, clock, lines } = setting(limitMs);
      const answer = functions.call(own === undefined ? asks : { ...asks, defaultLimitMs: own, level: 'warn' }, never);
      await clock.advance(expected - 1);
      expect(lines).to.deep.equal([]);
      await clock.advance(1);
      expect(await answer).to.equal(false);
      const line = `The function "asks" did not answer within ${expected} ms. It counts as no.`;
      expect(lines).to.deep.equal([own === undefined ? line : `warn: ${line}`]);
    }
    const { functions, clock } = setting();
    void functions.call({ ...asks, isUnlimited: true }, never);
    expect(clock.timers).to.equal(0);
  });

  it('that fails many times for one handover is one line', () => {
    const { functions, lines } = setting();
    const once: ApplicationFunction<boolean> = { ...asks, isLoggedOnce: true, about: 'Page 1' };
    for (let times = 0; times < 3; times += 1) void functions.call(once, () => 'yes');
    expect(lines).to.deep.equal([
      'The function "asks" (Page 1) gave a string; it must give true or false. It counts as no.',
    ]);
  });

  it('whose error may hold words of a customer is logged without them', async () => {
    const { functions, lines } = setting();
    await functions.call({ ...asks, hidesError: true }, () => Promise.reject(new RangeError('my words')));
    await functions.call({ ...asks, hidesError: true }, () => ({
      then: (_answer: unknown, fail: (thrown: unknown) => void) => fail(Object.create(null)),
    }));
    expect(lines).to.deep.equal([
      'The function "asks" threw RangeError. It counts as no.',
      'The function "asks" threw an object. It counts as no.',
    ]);
  });

  it('whose promise cannot even be looked at fails like any other', () => {
    const { functions, lines } = setting();
    const strange = new Proxy(
      {},
      {
        has: () => {
          throw new TypeError('gone wrong');
        },
      },
    );
    const answer: unknown = functions.call(asks, () => strange);
    expect(answer).to.equal(false);
    expect(lines).to.have.length(1);
  });
});
