import { expect } from 'chai';
import sinon from 'sinon';
import { HELD_START_MS, SimulatorClock } from '../../src/simulator/held-clock.js';

describe('A held clock', () => {
  it('stands still, and passes its timers in the order of their time', async () => {
    const clock = new SimulatorClock();
    const seen: [string, number][] = [];
    const note = (name: string) => () => void seen.push([name, clock.now() - HELD_START_MS]);
    clock.after(300, note('third'));
    clock.after(100, () => {
      note('first')();
      clock.after(100, note('second'));
    });
    const cancel = clock.after(150, note('cancelled'));
    cancel();
    expect(clock.now()).to.equal(HELD_START_MS);
    await clock.advance(299);
    expect(seen).to.deep.equal([
      ['first', 100],
      ['second', 200],
    ]);
    await clock.advance(1);
    expect(seen.at(-1)).to.deep.equal(['third', 300]);
  });

  it('waits between two moments until what the first began is done', async () => {
    let busy: Promise<void> = Promise.resolve();
    const clock = new SimulatorClock('held', 0, () => busy);
    const seen: string[] = [];
    clock.after(1, () => {
      busy = new Promise<void>((resolve) => setImmediate(resolve)).then(() => void seen.push('done'));
    });
    clock.after(2, () => seen.push('next'));
    await clock.advance(2);
    expect(seen).to.deep.equal(['done', 'next']);
  });

  it('waits for what is under way already before it moves', async () => {
    const clock: SimulatorClock = new SimulatorClock('held', 0, async () => {
      await new Promise(setImmediate);
      seen.push(clock.now());
    });
    const seen: number[] = [];
    await clock.advance(5);
    expect(seen).to.deep.equal([0]);
  });

  it('runs nothing after it was closed', async () => {
    const clock = new SimulatorClock();
    let ran = false;
    clock.after(1, () => (ran = true));
    clock.close();
    clock.after(1, () => (ran = true));
    await clock.advance(10);
    expect(ran).to.equal(false);
  });
});

describe("A clock of the machine's time", () => {
  it('takes a timer back without a word to what Node is to do at once, also where a test holds the timers', async () => {
    const held = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const clock = new SimulatorClock('real');
      clock.after(1, () => undefined)();
    } finally {
      held.restore();
    }
    let ran = false;
    setImmediate(() => (ran = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ran).to.equal(true);
  });
});
