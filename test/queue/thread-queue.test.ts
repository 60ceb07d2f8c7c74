/** Who runs when in one process, as a table of what happens to the entries of a thread. */
import { quietLogger } from '../kit/loggers.js';
import { expect } from 'chai';
import { ThreadQueue } from '../../src/queue/thread-queue.js';
import type { QueueEntry } from '../../src/queue/thread-queue.js';
import { HeldClock, settled } from '../kit/held-clock.js';

type Step = `enter ${string}` | `ready ${string}` | `leave ${string}`;

/** Entries are named by their thread and a number. `ready`: an entry may run when it is the first. */
const STORIES: readonly { readonly what: string; readonly steps: readonly Step[]; readonly runs: readonly string[] }[] =
  [
    { what: 'an entry alone runs when it is ready', steps: ['enter A1', 'ready A1'], runs: ['A1'] },
    { what: 'an entry that is not ready does not run', steps: ['enter A1'], runs: [] },
    { what: 'the second waits for the first', steps: ['enter A1', 'enter A2', 'ready A1', 'ready A2'], runs: ['A1'] },
    {
      what: 'the second waits even if the first is not ready',
      steps: ['enter A1', 'enter A2', 'ready A2'],
      runs: [],
    },
    {
      what: 'and runs when the first has left, ready or not',
      steps: ['enter A1', 'enter A2', 'ready A2', 'leave A1'],
      runs: ['A2'],
    },
    {
      what: 'one that leaves from the middle holds up nobody',
      steps: ['enter A1', 'enter A2', 'enter A3', 'ready A1', 'ready A3', 'leave A2', 'leave A1'],
      runs: ['A1', 'A3'],
    },
    {
      what: 'another thread does not wait',
      steps: ['enter A1', 'enter B1', 'ready A1', 'ready B1'],
      runs: ['A1', 'B1'],
    },
    {
      what: 'leaving twice is leaving once',
      steps: ['enter A1', 'enter A2', 'enter A3', 'ready A2', 'ready A3', 'leave A1', 'leave A1'],
      runs: ['A2'],
    },
  ];

describe('The queue of a thread', () => {
  for (const { what, steps, runs } of STORIES) {
    it(what, () => {
      const queue = new ThreadQueue({ clock: new HeldClock(), log: quietLogger, maxTurns: 10, longestTurnMs: 1000 });
      const entries = new Map<string, QueueEntry>();
      const ran: string[] = [];
      for (const step of steps) {
        const [verb, name = ''] = step.split(' ');
        if (verb === 'enter') entries.set(name, queue.enter(name.charAt(0)));
        else if (verb === 'ready') queue.whenFirst(entries.get(name)!, () => void ran.push(name));
        else queue.leave(entries.get(name)!);
      }
      expect(ran).to.deep.equal(runs);
    });
  }

  it('forgets a thread whose last entry has left', () => {
    const queue = new ThreadQueue({ clock: new HeldClock(), log: quietLogger, maxTurns: 1, longestTurnMs: 1000 });
    const entries = [queue.enter('A'), queue.enter('A')];
    expect([queue.lengthOf('A'), queue.isEmpty]).to.deep.equal([2, false]);
    for (const entry of entries) queue.leave(entry);
    expect([queue.lengthOf('A'), queue.isEmpty]).to.deep.equal([0, true]);
  });

  it('wakes one that waits for room for each turn that ends, and the next one if that needs none', async () => {
    const queue = new ThreadQueue({ clock: new HeldClock(), log: quietLogger, maxTurns: 1, longestTurnMs: 1000 });
    const running = queue.enter('A');
    queue.begin(running, true, () => undefined);
    const woken: number[] = [];
    for (const each of [1, 2]) void queue.untilTurnEnds().then(() => woken.push(each));
    expect(queue.hasRoom).to.equal(false);
    queue.leave(running);
    await settled();
    expect(woken).to.deep.equal([1]);
    queue.passRoomOn();
    await settled();
    expect(woken).to.deep.equal([1, 2]);
  });

  it('is left by a turn that lasts too long, which takes no room any more', async () => {
    const clock = new HeldClock();
    const queue = new ThreadQueue({ clock, log: quietLogger, maxTurns: 1, longestTurnMs: 1000 });
    const hung = queue.enter('A');
    let overlong = 0;
    queue.begin(hung, true, () => void (overlong += 1));
    await clock.advance(999);
    expect([overlong, queue.hasRoom, queue.isRunning('A')]).to.deep.equal([0, false, true]);
    await clock.advance(1);
    expect([overlong, queue.hasRoom, queue.isRunning('A')]).to.deep.equal([1, true, false]);
    queue.leave(hung);
    expect(queue.hasRoom, 'its end frees nothing twice').to.equal(true);
    expect(clock.timers).to.equal(0);
  });
});
