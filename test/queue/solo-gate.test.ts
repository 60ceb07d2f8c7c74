/** Tasks side by side, and those that want to run alone. */
import { expect } from 'chai';
import { SoloGate } from '../../src/queue/solo-gate.js';
import { gate, HeldClock, settled } from '../kit/held-clock.js';

const LIMIT_MS = 60_000;

interface Held {
  readonly clock: HeldClock;
  readonly solo: SoloGate;
  /** What happened, in order. */
  readonly story: string[];
  /** Begins a task that goes on until it is told to end. */
  readonly begin: (name: string) => () => Promise<void>;
  readonly beginAlone: (name: string) => () => Promise<void>;
}

function held(): Held {
  const clock = new HeldClock();
  const solo = new SoloGate(clock, LIMIT_MS);
  const story: string[] = [];
  const taskOf = (name: string): { run: (isAlone?: boolean) => Promise<void>; end: () => Promise<void> } => {
    const { opened, open } = gate();
    return {
      run: async (isAlone) => {
        story.push(isAlone === undefined ? name : `${name} ${isAlone ? 'alone' : 'beside others'}`);
        await opened;
      },
      end: async () => {
        open();
        await settled();
      },
    };
  };
  return {
    clock,
    solo,
    story,
    begin: (name) => {
      const { run, end } = taskOf(name);
      void solo.beside(() => run());
      return end;
    },
    beginAlone: (name) => {
      const { run, end } = taskOf(name);
      void solo.alone(run, () => void story.push(`${name} crowded`));
      return end;
    },
  };
}

describe('A task that wants to run alone', () => {
  it('waits until those have ended that run, and others wait until it has ended', async () => {
    const { begin, beginAlone, story } = held();
    const [endA, endB] = [begin('a'), begin('b')];
    const endSuspect = beginAlone('suspect');
    await settled();
    begin('c');
    begin('d');
    await endA();
    expect(story).to.deep.equal(['a', 'b']);
    await endB();
    expect(story).to.deep.equal(['a', 'b', 'suspect alone']);
    await endSuspect();
    expect(story).to.deep.equal(['a', 'b', 'suspect alone', 'c', 'd']);
  });

  it('runs after those that asked before it, and lets others in between run', async () => {
    const { begin, beginAlone, story } = held();
    const [endFirst] = [beginAlone('first'), beginAlone('second')];
    await settled();
    const endC = begin('c');
    await settled();
    await endFirst();
    expect(story).to.deep.equal(['first alone', 'c']);
    await endC();
    expect(story).to.deep.equal(['first alone', 'c', 'second alone']);
  });

  it('runs beside one that hangs, after the limit, and knows it', async () => {
    const { begin, beginAlone, clock, story } = held();
    begin('hangs');
    beginAlone('suspect');
    await settled();
    begin('next');
    await clock.advance(LIMIT_MS - 1);
    expect(story).to.deep.equal(['hangs']);
    await clock.advance(1);
    expect(story).to.have.members(['hangs', 'next', 'suspect beside others']);
  });

  it('that hangs lets others run after the limit, and says that it is no longer alone', async () => {
    const { begin, beginAlone, clock, story } = held();
    const endSuspect = beginAlone('suspect');
    await settled();
    begin('next');
    beginAlone('another');
    await clock.advance(LIMIT_MS);
    expect(story).to.deep.equal(['suspect alone', 'suspect crowded', 'next']);
    await endSuspect();
    expect(story.at(-1), '“next” still runs').to.equal('next');
    await clock.advance(LIMIT_MS);
    expect(story.at(-1)).to.equal('another beside others');
  });

  it('does not begin, as nothing does, when the gate is closed', async () => {
    const { begin, beginAlone, solo, story } = held();
    const endA = begin('a');
    beginAlone('suspect');
    await settled();
    const waits = solo.beside(() => Promise.resolve('ran'));
    solo.close();
    expect(await waits).to.equal(undefined);
    await endA();
    expect(story).to.deep.equal(['a']);
  });
});
