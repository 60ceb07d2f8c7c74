import { expect } from 'chai';
import { InvalidOptionError } from '../../src/thread/errors.js';
import { AppIdLookup } from '../../src/handover/app-ids.js';
import { loggerInto } from '../kit/loggers.js';
import { HeldClock } from '../kit/held-clock.js';

const BOT = '9001';
const IDS = { botAppId: BOT, vccLiveAppId: '8001' };

function setUp(vccLiveAppId: (pageId: string) => string | Promise<string>) {
  const clock = new HeldClock();
  const warnings: string[] = [];
  const log = loggerInto(warnings, 'warn');
  let calls = 0;
  const counted = (pageId: string): string | Promise<string> => {
    calls += 1;
    return vccLiveAppId(pageId);
  };
  const apps = new AppIdLookup({ botAppId: BOT, vccLiveAppId: counted, clock, log });
  return { apps, clock, warnings, calls: () => calls };
}

const never = (): Promise<string> => new Promise(() => undefined);

async function errorOf(asked: Promise<unknown>): Promise<Error> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).to.be.instanceOf(InvalidOptionError).with.property('option', 'vccLiveAppId');
  return error as Error;
}

describe('the apps of a Page', () => {
  it('are asked for once a minute, and once by all who ask at the same time', async () => {
    const { apps, clock, calls } = setUp(async () => ' 8001 ');
    expect(await Promise.all([apps.of('p'), apps.of('p'), apps.of('p')])).to.deep.equal([IDS, IDS, IDS]);
    await clock.advance(59_999);
    expect(apps.known('p')).to.deep.equal(IDS);
    expect(calls()).to.equal(1);
    await clock.advance(1);
    expect(apps.known('p')).to.equal(undefined);
    expect(await apps.of('p')).to.deep.equal(IDS);
    expect(calls()).to.equal(2);
    expect(clock.timers, 'time limits that are left').to.equal(0);
  });

  it('are waited for 3 seconds; a function that hangs is then left alone for 10, and nobody waits for it again', async () => {
    const { apps, clock, calls } = setUp(never);
    const first = errorOf(apps.of('p'));
    const second = errorOf(apps.of('p'));
    await clock.advance(3000);
    expect((await first).message).to.match(/"vccLiveAppId".*no answer for Page p within 3000 ms/);
    expect(await second).to.equal(await first);
    expect(await errorOf(apps.of('p')), 'a later question').to.equal(await first);
    expect(calls()).to.equal(1);
    await clock.advance(10_000);
    const again = errorOf(apps.of('p'));
    expect(calls()).to.equal(2);
    await clock.advance(3000);
    await again;
  });

  it('are those of the last answer while the function hangs, throws or gives nothing', async () => {
    const answers: (() => string | Promise<string>)[] = [
      () => '8001',
      never,
      () => {
        throw new TypeError('no table');
      },
      () => ' ',
    ];
    let next = 0;
    const { apps, clock, warnings } = setUp(() => answers[next]!());
    await apps.of('p');
    for (next = 1; next < answers.length; next += 1) {
      await clock.advance(60_000);
      const asked = apps.of('p');
      await clock.advance(3000);
      expect(await asked).to.deep.equal(IDS);
    }
    expect(warnings).to.have.length(3);
    expect(warnings[0]).to.match(/vccLiveAppId.*3000 ms.*last answer for this Page counts on/);
  });

  it('of one Page wait for no function that hangs for another', async () => {
    const { apps } = setUp((pageId) => (pageId === 'slow' ? never() : '8001'));
    void apps.of('slow').catch(() => undefined);
    expect(await apps.of('quick')).to.deep.equal(IDS);
  });

  for (const [what, answer, says] of [
    ['throws', () => Promise.reject(new TypeError('no table')), /failed for Page p \(no table\)/],
    ['gives nothing', () => '', /gave nothing for Page p/],
    ['gives a number', () => 8001 as never, /gave the number 8001, not a string, for Page p/],
  ] as const) {
    it(`are unknown where the function ${what}, and it is asked again the next time`, async () => {
      const { apps, calls } = setUp(answer);
      expect((await errorOf(apps.of('p'))).message).to.match(says);
      await errorOf(apps.of('p'));
      expect(calls()).to.equal(2);
    });
  }
});
