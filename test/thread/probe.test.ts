/** Measuring never changes what is measured: a probe that throws, forgets to run, or runs twice disturbs nothing. */
import type { BegunWork, Probe, WorkEnd } from 'botbuilder-handover-vcclive';
import { threadLabel } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import type { Logger } from '../../src/thread/logger.js';
import { botTelemetry } from '../../src/botbuilder/bot-telemetry.js';
import { dependableProbe, measured } from '../../src/thread/probe.js';
import { loggerInto } from '../kit/loggers.js';

const WORK = { kind: 'delivery', events: 1 } as const;
const endOf = (value: unknown, durationMs: number): WorkEnd => ({
  kind: 'delivery',
  durationMs,
  verdict: value === undefined ? 'failed' : 'done',
});

describe('a probe', () => {
  let lines: string[];
  let log: Logger;
  let ends: WorkEnd[];
  let nowMs: number;
  const clock = { now: () => nowMs, after: () => () => undefined };
  const noting = (more: Partial<BegunWork> = {}): Probe => ({
    happened: () => undefined,
    begin: () => ({ end: (how) => void ends.push(how), ...more }),
  });
  const run = async <T>(probes: readonly Probe[], work: () => Promise<T>): Promise<T> => {
    const probe = dependableProbe(probes, log);
    if (!probe) throw new Error('There is no probe.');
    return measured({ probe, clock }, WORK, work, endOf);
  };

  beforeEach(() => {
    lines = [];
    ends = [];
    nowMs = 1000;
    log = loggerInto(lines, 'info', 'warn', 'error');
  });

  it('is none where none is given: then nothing is measured', () => {
    expect(dependableProbe(undefined, log)).to.equal(undefined);
    expect(dependableProbe([], log)).to.equal(undefined);
  });

  it('gets the time that work took, and its value goes through', async () => {
    const value = await run([noting()], async () => {
      nowMs += 250;
      return 'value';
    });
    expect(value).to.equal('value');
    expect(ends).to.deep.equal([{ kind: 'delivery', durationMs: 250, verdict: 'done' }]);
  });

  it('hears of work that failed, and the error goes through', async () => {
    const error = await run([noting()], async () => Promise.reject(new TypeError('the work’s own'))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.instanceOf(TypeError);
    expect(ends).to.deep.include({ kind: 'delivery', durationMs: 0, verdict: 'failed' });
    expect(lines).to.deep.equal([]);
  });

  it('may throw anywhere, and the others still hear', async () => {
    const throwing = (): never => {
      throw new RangeError('broken');
    };
    const broken: readonly Probe[] = [
      { happened: throwing, begin: throwing },
      { happened: throwing, begin: () => ({ within: throwing, end: throwing }) },
    ];
    const heard: string[] = [];
    const well: Probe = { ...noting(), happened: ({ kind }) => void heard.push(kind) };
    const value = await run([...broken, well], async () => 'value');
    dependableProbe([...broken, well], log)?.happened({ kind: 'handoverPassed', pageId: '1', handoverId: 'a' });
    expect([value, heard, ends.length]).to.deep.equal(['value', ['handoverPassed'], 1]);
    expect(new Set(lines)).to.deep.equal(new Set(['A telemetry probe threw: broken']));
  });

  it('may reject anywhere, and no promise of it is left alone', async () => {
    const rejecting = (): never => Promise.reject(new RangeError('broken')) as never;
    const left: unknown[] = [];
    const note = (error: unknown): void => void left.push(error);
    process.on('unhandledRejection', note);
    try {
      const broken: Probe = { happened: rejecting, begin: () => ({ within: rejecting, end: rejecting }) };
      expect(await run([broken, { happened: rejecting, begin: rejecting }], async () => 'value')).to.equal('value');
      dependableProbe(broken, log)?.happened({ kind: 'handoverPassed', pageId: '1', handoverId: 'a' });
      const client = { trackEvent: rejecting, trackDependency: rejecting };
      const probe = dependableProbe(botTelemetry(client), log);
      probe?.happened({ kind: 'handoverPassed', pageId: '1', handoverId: 'a' });
      probe?.begin({ kind: 'delivery', events: 1 }).end({ kind: 'delivery', verdict: 'done', durationMs: 1 });
      await new Promise(setImmediate);
      expect(left).to.deep.equal([]);
      expect(lines).to.include('A telemetry probe threw: broken');
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  it('runs the work once, whether it forgets to or does it twice', async () => {
    let runs = 0;
    const work = async (): Promise<number> => (runs += 1);
    const forgetful = noting({ within: () => undefined as never });
    const eager = noting({
      within: <T>(inner: () => T): T => {
        inner();
        return inner();
      },
    });
    expect(await run([forgetful], work)).to.equal(1);
    expect(await run([eager, eager], work)).to.equal(2);
    expect(runs).to.equal(2);
  });

  it('nests: the first is outside', async () => {
    const order: string[] = [];
    const named = (name: string): Probe =>
      noting({
        within: <T>(inner: () => T): T => {
          order.push(name);
          return inner();
        },
      });
    await run([named('first'), named('second')], async () => void order.push('work'));
    expect(order).to.deep.equal(['first', 'second', 'work']);
  });
});

describe('the label of a thread', () => {
  it('is the start of the SHA-256 of Page and customer, so that two with one PSID are two', () => {
    // printf '1/2' | sha256sum
    expect(threadLabel({ pageId: '1', psid: '2' })).to.equal('d939926f05');
    expect(threadLabel({ pageId: '12', psid: '2' })).not.to.equal(threadLabel({ pageId: '1', psid: '22' }));
  });
});
