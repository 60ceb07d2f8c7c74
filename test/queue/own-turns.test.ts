/** Turns that no event brought: in the same queue as events, and inside a turn of the thread if that asks for them. */
import { expect } from 'chai';
import type { ThreadKey } from '../../src/thread/key.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { gate, HeldClock, settled } from '../kit/held-clock.js';
import { message, newProcess, PAGE, takenBy, weakStore } from './queue-process.js';

const ADA: ThreadKey = { pageId: PAGE, psid: '1' };
const BEN: ThreadKey = { pageId: PAGE, psid: '2' };
const never = (): Promise<never> => new Promise(() => undefined);

/** Says `waits` if the promise does not resolve by itself. */
async function soon(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise.then(() => 'ended'), settled().then(() => 'waits')]);
}

describe('A turn that no event brought', () => {
  it('runs at once if nothing of its thread is in the queue, and gives what its work gives', async () => {
    expect(await newProcess().queue.run(ADA, async () => 'said')).to.equal('said');
  });

  it('rejects as its work does, and the thread goes on', async () => {
    const bot = newProcess();
    const failed = bot.queue
      .run(ADA, () => Promise.reject(new TypeError('boom')))
      .catch((error: unknown) => (error as Error).message);
    expect(await failed).to.equal('boom');
    expect(await bot.take([message('a', '1')])).to.equal('done');
  });

  it('comes behind the events of its thread, before those that come later, and not behind other threads', async () => {
    const order: string[] = [];
    const first = gate();
    const bot = newProcess({
      work: async ({ event }) => {
        if (event.mid === 'a' || event.mid === 'x') await first.opened;
        order.push(event.mid ?? '');
      },
    });
    const taken = [bot.take([message('a', '1')]), bot.take([message('x', '2')])];
    const turn = bot.queue.run(ADA, async () => void order.push('own'));
    taken.push(bot.take([message('b', '1')]));
    await bot.queue.run({ pageId: PAGE, psid: '3' }, async () => void order.push('other'));
    expect(order).to.deep.equal(['other']);
    first.open();
    await Promise.all([...taken, turn]);
    expect(order.filter((each) => each !== 'x' && each !== 'other')).to.deep.equal(['a', 'own', 'b']);
  });

  it('that hangs holds up its thread no longer than an event that does', async () => {
    const bot = newProcess();
    void bot.queue.run(ADA, never);
    const taken = bot.take([message('a', '1')]);
    await bot.clock.advance(119_999);
    expect(bot.ran).to.deep.equal([]);
    await bot.clock.advance(1);
    await taken;
    expect(bot.ran).to.deep.equal(['a']);
    expect(bot.log.join()).to.match(/thread \w+ has not ended for 120 s/);
  });

  it('is waited for by a queue that closes', async () => {
    const bot = newProcess();
    const turn = gate();
    const running = bot.queue.run(ADA, () => turn.opened);
    await settled();
    const closed = bot.queue.close(10_000);
    expect(await soon(closed)).to.equal('waits');
    turn.open();
    await running;
    expect(await closed).to.deep.equal({ running: 0, waiting: 0 });
    expect(bot.clock.timers).to.equal(0);
  });

  it('runs all the same if the store does not answer', async () => {
    const { store, failing } = weakStore(new MemoryThreadStore());
    failing.add('claim').add('release');
    expect(await newProcess({ store }).queue.run(ADA, async () => 'said')).to.equal('said');
  });
});

describe('A turn of a thread that asks for a turn of the same thread', () => {
  it('has it run inside, under its own ticket, instead of waiting for itself', async () => {
    const order: string[] = [];
    const tickets: string[] = [];
    const bot = newProcess({
      work: async (_value, key) => {
        order.push('event begins');
        await bot.queue.run(ADA, async (ticket) => {
          tickets.push(ticket.event === key ? 'its own' : ticket.event);
          order.push('inside');
        });
        order.push('event ends');
      },
    });
    expect(await bot.take([message('a', '1')])).to.equal('done');
    expect(order).to.deep.equal(['event begins', 'inside', 'event ends']);
    expect(tickets).to.deep.equal(['its own']);
  });

  it('has it run inside through a turn of another thread, too', async () => {
    const bot = newProcess();
    const nested = bot.queue.run(ADA, () => bot.queue.run(BEN, () => bot.queue.run(ADA, async () => 'inside')));
    expect(await nested).to.equal('inside');
  });

  it('has it behind itself if it asks for that, and is told that it must not wait', async () => {
    const order: string[] = [];
    const bot = newProcess();
    let after: Promise<unknown> = Promise.resolve();
    await bot.queue.run(ADA, async () => {
      expect(bot.queue.isInside(ADA)).to.equal(true);
      expect(bot.queue.isInside(BEN)).to.equal(false);
      after = bot.queue.runAfter(ADA, async () => void order.push('after'));
      await settled();
      order.push('first');
    });
    await after;
    expect(order).to.deep.equal(['first', 'after']);
    expect(bot.queue.isInside(ADA)).to.equal(false);
  });

  it('and has ended meanwhile gets it behind what has come since', async () => {
    const later = gate();
    const next = gate();
    const order: string[] = [];
    let asked: Promise<void> = Promise.resolve();
    const bot = newProcess({
      work: ({ event }) => {
        if (event.mid === 'b') return next.opened.then(() => void order.push('b'));
        // Nobody waits for it, as for a timer that the logic has set.
        asked = later.opened.then(() => bot.queue.run(ADA, async () => void order.push('own')));
        return Promise.resolve();
      },
    });
    await bot.take([message('a', '1')]);
    const second = bot.take([message('b', '1')]);
    later.open();
    await settled();
    expect(order).to.deep.equal([]);
    next.open();
    await Promise.all([second, asked]);
    expect(order).to.deep.equal(['b', 'own']);
  });

  it('is not mistaken for a turn that its end lets begin', async () => {
    const turns = [gate(), gate()] as const;
    const bot = newProcess({ work: ({ event }) => turns[event.mid === 'a' ? 0 : 1].opened });
    const both = bot.take([message('a', '1'), message('b', '1')]);
    const inside: boolean[] = [];
    const own = bot.queue.run(ADA, async () => void inside.push(bot.queue.isInside(ADA), bot.queue.isInside(BEN)));
    for (const turn of turns) turn.open();
    await Promise.all([both, own]);
    expect(inside).to.deep.equal([true, false]);
  });
});

describe('Turns of two threads that wait for each other', () => {
  it('go on after the time of a lease, and the log names the thread', async () => {
    const bot = newProcess();
    const both = gate();
    const ended: string[] = [];
    const turn = (own: ThreadKey, other: ThreadKey): Promise<void> =>
      bot.queue.run(own, async () => {
        await both.opened;
        await bot.queue.run(other, async () => void ended.push(`of ${other.psid}`));
      });
    const turns = [turn(ADA, BEN), turn(BEN, ADA)];
    await settled();
    both.open();
    await bot.clock.advance(14_999);
    expect(ended).to.deep.equal([]);
    await bot.clock.advance(1);
    await Promise.all(turns);
    expect(ended).to.have.members(['of 1', 'of 2']);
    expect(bot.log.join()).to.match(
      /Thread \w{10} has been held by another turn for 15 seconds; running the next turn anyway/,
    );
  });
});

describe('A turn that no event brought, and another process', () => {
  function twoProcesses(): { store: ThreadStore; clock: HeldClock } {
    const clock = new HeldClock();
    return { clock, store: new MemoryThreadStore({ now: () => clock.now() }) };
  }

  it('wait for each other: the message of the customer comes when the turn is over', async () => {
    const { store, clock } = twoProcesses();
    const one = newProcess({ clock, store });
    const two = newProcess({ clock, store, processId: 'process 2' });
    const turn = gate();
    const own = one.queue.run(ADA, () => turn.opened);
    await settled();
    const taken = two.take([message('a', '1')]);
    await clock.advance(3000);
    expect(two.ran).to.deep.equal([]);
    turn.open();
    await own;
    await clock.advance(100);
    expect(await taken).to.equal('done');
  });

  it('waits a lease at most, because the other may wait for it, and the log names the thread', async () => {
    const { store, clock } = twoProcesses();
    await takenBy(store, message('theirs', '1'));
    const bot = newProcess({ clock, store });
    let ran = false;
    const own = bot.queue.run(ADA, async () => void (ran = true));
    await clock.advance(14_900);
    expect(ran).to.equal(false);
    await clock.advance(100);
    await own;
    expect(bot.log.join()).to.match(
      /Thread \w{10} has been held by another process for 15 seconds; running the next turn anyway/,
    );
  });
});
