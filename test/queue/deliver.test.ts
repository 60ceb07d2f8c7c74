import { expect } from 'chai';
import fc from 'fast-check';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import type { DeliveryVerdict } from '../../src/queue/deliver.js';
import { DeliveryQueue } from '../../src/queue/deliver.js';
import { gate, HeldClock, settled } from '../kit/held-clock.js';
import type { EventWork, Process, ProcessOptions } from './queue-process.js';
import { message, newProcess, PAGE, takenBy, TERMS, ticketOf, weakStore } from './queue-process.js';
import { quietLogger } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';

/** The default of `longestTurnMs`: no timer of a queue is longer. */
const LONGEST_TURN_MS = 120_000;

describe('A delivery', () => {
  it('is done when each of its events has been run', async () => {
    const bot = newProcess();

    expect(await bot.take([message('a', '1'), message('b', '2')])).to.equal('done');

    expect(bot.ran).to.have.members(['a', 'b']);
  });

  it('without events is done', async () => {
    expect(await newProcess().take([])).to.equal('done');
  });

  it('is done although the work on one event rejects, and says so in the log', async () => {
    const bot = newProcess({
      work: ({ event }) => (event.mid === 'a' ? Promise.reject(new TypeError('boom')) : Promise.resolve()),
    });

    expect(await bot.take([message('a'), message('b')])).to.equal('done');

    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(bot.log.join()).to.include('boom');
  });

  it('leaves no timer behind when it is done: each comes once more, for nothing', async () => {
    const bot = newProcess();

    for (const mid of ['a', 'b', 'c']) await bot.take([message(mid)]);
    const left = bot.clock.timers;
    await bot.take([message('d')]);
    expect(bot.clock.timers, 'more deliveries have no more timers').to.equal(left);
    await bot.clock.advance(LONGEST_TURN_MS);

    expect(bot.clock.timers).to.equal(0);
  });

  it('is late at the deadline while a turn of this process goes on, and the turn goes on', async () => {
    const turn = gate();
    let ended = false;
    const bot = newProcess({ work: () => turn.opened.then(() => void (ended = true)) });

    const verdict = bot.take([message('a')]);
    await bot.clock.advance(3999);
    expect(await Promise.race([verdict, settled().then(() => 'waits')])).to.equal('waits');
    await bot.clock.advance(1);

    expect(await verdict).to.equal('stillRunning');
    turn.open();
    await settled();
    expect(ended).to.equal(true);
  });

  it('waits for its own turns past the deadline where it is told to', async () => {
    const turn = gate();
    const bot = newProcess({ work: () => turn.opened });

    const verdict = bot.take([message('a')], { ...TERMS, waitForOwn: true });
    await bot.clock.advance(60_000);
    expect(await Promise.race([verdict, settled().then(() => 'waits')])).to.equal('waits');
    turn.open();

    expect(await verdict).to.equal('stillRunning');
  });
});

describe('A delivery that comes again', () => {
  it('runs nothing a second time, however the copies come', async () => {
    const copies = fc.array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 5 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(copies, fc.boolean(), async (deliveries, together) => {
        const bot = newProcess();
        const take = (mids: readonly string[]): Promise<DeliveryVerdict> => bot.take(mids.map((mid) => message(mid)));
        const verdicts: DeliveryVerdict[] = [];
        if (together) verdicts.push(...(await Promise.all(deliveries.map(take))));
        else for (const mids of deliveries) verdicts.push(await take(mids));

        expect([...bot.ran].sort()).to.deep.equal([...new Set(deliveries.flat())].sort());
        expect(verdicts.every((verdict) => verdict === 'done')).to.equal(true);
      }),
      { numRuns: 50 },
    );
  });

  it('while its first turn goes on, waits for that turn', async () => {
    const turn = gate();
    const bot = newProcess({ work: () => turn.opened });
    void bot.take([message('a')]);
    await settled();

    const second = bot.take([message('a')]);
    expect(await Promise.race([second, settled().then(() => 'waits')])).to.equal('waits');
    turn.open();

    expect(await second).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('after a turn that was acknowledged late is not run, during that turn or after it', async () => {
    const turn = gate();
    const bot = newProcess({ work: () => turn.opened });
    const first = bot.take([message('a')]);
    await bot.clock.advance(4000);
    expect(await first).to.equal('stillRunning');

    const during = bot.take([message('a')]);
    await bot.clock.advance(4000);
    expect(await during).to.equal('stillRunning');
    turn.open();
    await settled();

    expect(await bot.take([message('a')])).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('is done at once although another event of its thread is being worked on', async () => {
    const turn = gate();
    const bot = newProcess({ work: ({ event }) => (event.mid === 'slow' ? turn.opened : Promise.resolve()) });
    await bot.take([message('a')]);
    void bot.take([message('slow')]);
    await settled();

    expect(await bot.take([message('a')])).to.equal('done');
    turn.open();
  });

  it('is run each time where its events have nothing to recognise them by', async () => {
    const bot = newProcess();
    const nameless: ThreadEvent = { kind: 'unknown', channel: 'messaging', pageId: PAGE, raw: {} };

    await bot.take([nameless, nameless]);
    await bot.take([message('a')], { ...TERMS, unrecognisable: true });
    await bot.take([message('a')], { ...TERMS, unrecognisable: true });

    expect(bot.ran).to.deep.equal(['', '', 'a', 'a']);
  });

  it('counts a standby copy as an event of its own', async () => {
    const bot = newProcess();

    await bot.take([message('a'), { ...message('a'), channel: 'standby' }]);

    expect(bot.ran).to.deep.equal(['a', 'a']);
  });
});

describe('Threads', () => {
  it('are worked on side by side: a slow one holds up no other', async () => {
    const turn = gate();
    const bot = newProcess({ work: ({ event }) => (event.mid === 'slow' ? turn.opened : Promise.resolve()) });

    const first = bot.take([message('slow', '1'), message('quick', '2')]);
    await settled();
    expect(bot.ran).to.deep.equal(['slow', 'quick']);
    expect(await bot.take([message('another', '3')])).to.equal('done');

    turn.open();
    expect(await first).to.equal('done');
  });

  it('are each in the order in which their events arrived, over deliveries and slow claims', async () => {
    const inner: ThreadStore = new MemoryThreadStore();
    const firstClaim = gate();
    let claims = 0;
    const { store } = weakStore(inner);
    const slow = storeAround(store, async ({ name, run }) => {
      if (name === 'enter') claims += 1;
      if (name === 'enter' && claims === 1) await firstClaim.opened;
      return run();
    });
    const bot = newProcess({ store: slow });

    const first = bot.take([message('1'), message('2')]);
    const second = bot.take([message('3')]);
    await settled();
    expect(bot.ran).to.deep.equal([]);
    firstClaim.open();
    await Promise.all([first, second]);

    expect(bot.ran).to.deep.equal(['1', '2', '3']);
  });

  it('go on after two minutes beside a turn that hangs, and the log says so', async () => {
    const bot = newProcess({
      work: ({ event }) => (event.mid === '1' ? new Promise(() => undefined) : Promise.resolve()),
    });
    void bot.take([message('1'), message('2')]);

    await bot.clock.advance(2 * 60_000 - 1);
    expect(bot.ran).to.deep.equal(['1']);
    await bot.clock.advance(1);

    expect(bot.ran).to.deep.equal(['1', '2']);
    expect(bot.log.join()).to.match(/thread \w+ has not ended for 120 s/);
    const again = bot.take([message('1')]);
    await bot.clock.advance(4000);
    expect(await again).to.equal('stillRunning');
    expect(bot.ran).to.deep.equal(['1', '2']);
  });

  it('go on beside a turn that hangs as soon as the option says', async () => {
    const bot = newProcess({
      limits: { longestTurnMs: 5000, maxTurns: 1 },
      work: ({ event }) => (event.mid === '1' ? new Promise(() => undefined) : Promise.resolve()),
    });
    void bot.take([message('1'), message('2')]);
    await bot.clock.advance(4999);
    expect(bot.ran).to.deep.equal(['1']);
    await bot.clock.advance(1);
    expect(bot.ran, 'the turn that hangs takes no room either').to.deep.equal(['1', '2']);
  });

  it('go on while the store is slow to note that an event is finished', async () => {
    const weak = weakStore(new MemoryThreadStore());
    weak.hanging.add('finish');
    const bot = newProcess({ store: weak.store });

    const verdict = bot.take([message('1'), message('2')]);
    await settled();
    expect(bot.ran).to.deep.equal(['1', '2']);
    await bot.clock.advance(4000);

    expect(await verdict).to.equal('stillRunning');
  });
});

describe('The store', () => {
  for (const operation of ['claim', 'arrive'] as const) {
    it(`that fails at "${operation}" makes the delivery unavailable; the next one runs everything once`, async () => {
      const weak = weakStore(new MemoryThreadStore());
      let down = true;
      if (operation === 'claim') weak.failing.add('claim');
      const bot = newProcess({
        store: weak.store,
        arrive: ({ mid }) =>
          down && operation === 'arrive' && mid === 'b' ? Promise.reject(new TypeError('down')) : Promise.resolve(),
      });

      expect(await bot.take([message('a', '1'), message('b', '2')])).to.equal('unavailable');
      expect(bot.ran).to.deep.equal([]);
      expect(bot.log.join()).to.match(/refused so that Meta delivers it again/);

      down = false;
      weak.failing.clear();
      expect(await bot.take([message('a', '1'), message('b', '2')])).to.equal('done');
      expect([...bot.ran].sort()).to.deep.equal(['a', 'b']);
    });
  }

  it('that stays away is one line for all the deliveries of a minute', async () => {
    const weak = weakStore(new MemoryThreadStore());
    weak.failing.add('claim');
    const bot = newProcess({ store: weak.store });
    for (let count = 0; count < 100; count += 1) {
      expect(await bot.take([message(`m${count}`, String(count))])).to.equal('unavailable');
    }
    expect(bot.log).to.have.length(1);
    await bot.clock.advance(60_000);
    expect(bot.log[1]).to.match(/^99 more like this within a minute. The last: A delivery was refused/);
  });

  it('that fails gives its claims back, so that another process need not wait for their lease', async () => {
    const clock = new HeldClock();
    const shared = new MemoryThreadStore({ now: () => clock.now() });
    const one = newProcess({ clock, store: shared, arrive: () => Promise.reject(new TypeError('down')) });
    const two = newProcess({ clock, store: shared, processId: 'process 2' });

    expect(await one.take([message('a')])).to.equal('unavailable');

    expect(await two.take([message('a')])).to.equal('done');
    expect(two.ran).to.deep.equal(['a']);
  });

  it('that fails is not covered up by a second delivery of the same event', async () => {
    const answer = gate();
    const inner = new MemoryThreadStore();
    const { store } = weakStore(inner);
    const failing = storeAround(store, async ({ name, run }) => {
      if (name !== 'enter') return run();
      await answer.opened;
      throw new TypeError('the store is down');
    });
    const bot = newProcess({ store: failing });

    const verdicts = [bot.take([message('a')]), bot.take([message('a')])];
    await settled();
    answer.open();

    expect(await Promise.all(verdicts)).to.deep.equal(['unavailable', 'unavailable']);
    expect(bot.ran).to.deep.equal([]);
  });

  for (const operation of ['claim', 'release'] as const) {
    it(`that does not answer "${operation}" makes the delivery unavailable at the deadline`, async () => {
      const weak = weakStore(new MemoryThreadStore());
      weak.hanging.add(operation);
      const failing = operation === 'release';
      const bot = newProcess({
        store: weak.store,
        arrive: () => (failing ? Promise.reject(new TypeError('down')) : Promise.resolve()),
      });

      const verdict = bot.take([message('a')]);
      await bot.clock.advance(4000);

      expect(await verdict).to.equal('unavailable');
      expect(bot.ran).to.deep.equal([]);
    });
  }

  it('that answers only after the deadline has the event run then, and its redelivery is not run again', async () => {
    const answer = gate();
    const bot = newProcess({ arrive: () => answer.opened });

    const refused = bot.take([message('a')]);
    await bot.clock.advance(4000);
    expect(await refused).to.equal('unavailable');
    const again = bot.take([message('a')]);
    await bot.clock.advance(4000);
    expect(await again).to.equal('busy');
    answer.open();
    await settled();
    expect(bot.ran).to.deep.equal(['a']);

    expect(await bot.take([message('a')])).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('that answers only after the deadline gets nothing run for a turn that has gone on without it', async () => {
    const answer = gate();
    const bot = newProcess({ arrive: () => answer.opened });

    const refused = bot.take([message('a')], { ...TERMS, waitForOwn: true });
    await bot.clock.advance(4000);
    expect(await refused).to.equal('unavailable');
    answer.open();
    await settled();

    expect(bot.ran).to.deep.equal([]);
  });

  it('gets the evidence of one thread in order, and never two pieces of it at a time', async () => {
    const atOnce = new Map<string, number>();
    let most = 0;
    let threadsAtOnce = 0;
    const bot = newProcess({
      arrive: async ({ psid = '' }) => {
        atOnce.set(psid, (atOnce.get(psid) ?? 0) + 1);
        most = Math.max(most, atOnce.get(psid) ?? 0);
        threadsAtOnce = Math.max(threadsAtOnce, [...atOnce.values()].filter((count) => count > 0).length);
        await settled();
        atOnce.set(psid, (atOnce.get(psid) ?? 0) - 1);
      },
    });

    await bot.take(['a', 'b', 'c', 'd'].flatMap((mid) => [message(`${mid}1`, '1'), message(`${mid}2`, '2')]));

    expect(most).to.equal(1);
    expect(threadsAtOnce).to.equal(2);
    expect(bot.arrived.filter((mid) => mid.endsWith('1'))).to.deep.equal(['a1', 'b1', 'c1', 'd1']);
  });

  it('that fails to note a finished event is told later, and the event is not run again meanwhile', async () => {
    const inner = new MemoryThreadStore();
    const weak = weakStore(inner);
    const bot = newProcess({ store: weak.store });
    weak.failing.add('finish');

    expect(await bot.take([message('a')])).to.equal('done');
    expect(await bot.take([message('a')])).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);

    weak.failing.clear();
    weak.calls.length = 0;
    await bot.take([message('b')]);
    await bot.take([message('c')]);
    expect(weak.calls.filter(({ operation }) => operation === 'finish')).to.have.length(3);
    const elsewhere = newProcess({ store: inner, processId: 'process 2' });
    expect(await elsewhere.take([message('a')])).to.equal('done');
    expect(elsewhere.ran).to.deep.equal([]);
  });
});

describe('Two processes over one store', () => {
  function twoProcesses(one: ProcessOptions = {}): { one: Process; two: Process; clock: HeldClock } {
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    return {
      clock,
      one: newProcess({ clock, store, processId: 'process 1', ...one }),
      two: newProcess({ clock, store, processId: 'process 2' }),
    };
  }

  it('run an event once: the second waits until the first is done', async () => {
    const turn = gate();
    const { one, two, clock } = twoProcesses({ work: () => turn.opened });
    const first = one.take([message('a')]);
    await settled();

    const second = two.take([message('a')]);
    await clock.advance(1000);
    turn.open();
    await clock.advance(1000);

    expect(await first).to.equal('done');
    expect(await second).to.equal('done');
    expect([one.ran, two.ran]).to.deep.equal([['a'], []]);
  });

  it('the second is busy at the deadline, and so is every further copy of the event that waits there', async () => {
    const { one, two, clock } = twoProcesses({ work: () => new Promise(() => undefined) });
    void one.take([message('a')]);
    await settled();

    const second = two.take([message('a')]);
    await clock.advance(1000);
    const third = two.take([message('a')]);
    await clock.advance(3000);

    expect(await second).to.equal('busy');
    expect(await third).to.equal('busy');
    expect(two.ran).to.deep.equal([]);
  });

  it('the second is busy although other events of its delivery are late in this process', async () => {
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const one = newProcess({ clock, store, work: () => new Promise(() => undefined) });
    const two = newProcess({ clock, store, processId: 'process 2', work: () => new Promise(() => undefined) });
    void one.take([message('a', '1')]);
    await settled();

    const second = two.take([message('a', '1'), message('b', '2')]);
    await clock.advance(4000);

    expect(await second).to.equal('busy');
    expect(two.ran).to.deep.equal(['b']);
  });

  it('a turn keeps its ticket for as long as it may last, and no longer', async () => {
    const { one, two, clock } = twoProcesses({
      limits: { longestTurnMs: 60_000 },
      work: ({ event }) => (event.mid === 'a' ? new Promise(() => undefined) : Promise.resolve()),
    });
    void one.take([message('a')]);
    await clock.advance(59_000);

    const second = two.take([message('b')]);
    await clock.advance(4000);
    expect(await second, 'behind it in the thread').to.equal('busy');
    expect(two.ran).to.deep.equal([]);
    await clock.advance(15_000);
    expect(two.ran, 'nobody waits for ever').to.deep.equal(['b']);
    expect(one.log.join()).to.include('has not ended for 60 s');
  });

  it('what a process that died was working on is run by the other once the lease is over', async () => {
    const ofTheDead = new HeldClock();
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const dead = newProcess({ clock: ofTheDead, store, work: () => new Promise(() => undefined) });
    const alive = newProcess({ clock, store, processId: 'process 2' });
    void dead.take([message('a')]);
    await settled();

    const early = alive.take([message('a')]);
    await clock.advance(4000);
    expect(await early).to.equal('busy');
    await clock.advance(10_000);

    const later = alive.take([message('a')]);
    await clock.advance(2000);
    expect(await later).to.equal('done');
    expect(alive.ran).to.deep.equal(['a']);
    expect(await alive.take([message('a')])).to.equal('done');
    expect(alive.ran).to.deep.equal(['a']);
  });

  it('a process that waits in vain keeps nobody else waiting', async () => {
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const dead = newProcess({ clock: new HeldClock(), store, work: () => new Promise(() => undefined) });
    void dead.take([message('a')]);
    await settled();
    // This one has a turn of its own going on, so it renews claims all the time.
    const busy = newProcess({ clock, store, processId: 'process 2', work: () => new Promise(() => undefined) });
    void busy.take([message('other', '2')]);
    // The dead one's lease ends at 15 000, between two looks at it (14 850, 15 100) and before the deadline.
    await clock.advance(100);
    const waiting = busy.take([message('a')], { ackDeadlineMs: 14_950 });
    await clock.advance(14_950);
    expect(await waiting).to.equal('busy');

    const third = newProcess({ clock, store, processId: 'process 3' });
    expect(await third.take([message('a')])).to.equal('done');
    expect(third.ran).to.deep.equal(['a']);
  });

  it('an event that another process has keeps the later ones of its thread waiting here', async () => {
    const turn = gate();
    const { one, two, clock } = twoProcesses({ work: () => turn.opened });
    void one.take([message('1')]);
    await settled();

    const second = two.take([message('1'), message('2')]);
    await clock.advance(1000);
    expect(two.ran).to.deep.equal([]);
    turn.open();
    await clock.advance(500);

    expect(await second).to.equal('done');
    expect(two.ran).to.deep.equal(['2']);
  });
});

describe('With ten thousand events in progress', () => {
  it('a further delivery is unavailable, and is taken in when they are done', async () => {
    const turn = gate();
    const bot = newProcess({ work: () => turn.opened });
    const many = Array.from({ length: 10_000 }, (_, index) => message(`m${index}`, `${index}`));
    const first = bot.take(many);
    await settled();

    expect(await bot.take([message('one more')])).to.equal('unavailable');
    expect(bot.log.join()).to.include('10000');
    turn.open();
    await first;

    expect(await bot.take([message('one more')])).to.equal('done');
  });
});

describe('More than a process may have in progress', () => {
  it('of one thread makes a delivery unavailable, and other threads go on', async () => {
    const turn = gate();
    const bot = newProcess({
      limits: { maxEventsPerThread: 2 },
      work: ({ event }) => (event.psid === '1' ? turn.opened : Promise.resolve()),
    });
    const first = bot.take([message('a', '1'), message('b', '1')]);
    await settled();

    expect(await bot.take([message('c', '1')])).to.equal('unavailable');
    expect(await bot.take([message('other', '2')])).to.equal('done');
    turn.open();
    await first;

    expect(await bot.take([message('c', '1')])).to.equal('done');
  });

  it('a delivery that is larger by itself is taken in all the same: it would never come smaller', async () => {
    const bot = newProcess({ limits: { maxEventsPerThread: 2, maxBytes: 10 } });
    const events = ['a', 'b', 'c', 'd'].map((mid) => message(mid));
    expect(await bot.take(events, { ...TERMS, bytes: 1000 })).to.equal('done');
    expect(bot.ran).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('of bytes makes a delivery unavailable until the others are done', async () => {
    const turn = gate();
    const bot = newProcess({ limits: { maxBytes: 1000 }, work: () => turn.opened });
    const first = bot.take([message('a', '1')], { ...TERMS, bytes: 600 });
    await settled();

    expect(await bot.take([message('b', '2')], { ...TERMS, bytes: 600 })).to.equal('unavailable');
    expect(bot.log.join()).to.include('600 bytes');
    turn.open();
    await first;

    expect(await bot.take([message('b', '2')], { ...TERMS, bytes: 600 })).to.equal('done');
  });

  it('of turns lets further ones wait, each thread for itself', async () => {
    const gates = new Map(['1', '2', '3'].map((psid) => [psid, gate()]));
    const bot = newProcess({ limits: { maxTurns: 2 }, work: ({ event }) => gates.get(event.psid ?? '')!.opened });
    const all = bot.take(['1', '2', '3'].map((psid) => message(`of ${psid}`, psid)));
    await settled();
    expect(bot.ran).to.deep.equal(['of 1', 'of 2']);
    gates.get('2')!.open();
    await settled();
    expect(bot.ran).to.deep.equal(['of 1', 'of 2', 'of 3']);
    for (const each of gates.values()) each.open();
    expect(await all).to.equal('done');
  });
});

describe('Room for a turn', () => {
  it('that its event does not need any more goes to the next that waits', async () => {
    const turn = gate();
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const work: EventWork = ({ event }) => (event.mid === 'a' ? turn.opened : Promise.resolve());
    const bot = newProcess({ clock, store, limits: { maxTurns: 1 }, work });
    void bot.take([message('a', '1')]);
    const lost = bot.take([message('b', '2')], { ackDeadlineMs: 60_000 });
    const waits = bot.take([message('c', '3')], { ackDeadlineMs: 60_000 });
    await settled();
    store.leave(ticketOf(message('b', '2'), 'process 1'), 'released');
    await takenBy(store, message('b', '2'));
    await clock.advance(5000);
    expect(await lost).to.equal('busy');

    turn.open();
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'c']);
    expect(await waits).to.equal('done');
  });
});

describe('An event that waits for room while its process stands still', () => {
  it('waits for the later event of its thread that another process has begun meanwhile', async () => {
    const turn = gate();
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const renew = store.renew.bind(store);
    let standsStill = true;
    store.renew = (ticket, leaseMs) => {
      if (standsStill) throw new Error('nothing leaves this process');
      return renew(ticket, leaseMs);
    };
    const work: EventWork = ({ event }) => (event.mid === 'a' ? turn.opened : Promise.resolve());
    const bot = newProcess({ clock, store, limits: { maxTurns: 1 }, work });
    void bot.take([message('a', '1')]);
    const waits = bot.take([message('b', '2')], { ackDeadlineMs: 120_000 });
    await clock.advance(16_000);
    await takenBy(store, message('c', '2'));
    standsStill = false;
    await clock.advance(5_000);

    turn.open();
    await settled();
    await clock.advance(1_000);
    expect(bot.ran, 'the other process runs the later event').to.deep.equal(['a']);
    store.leave(ticketOf(message('c', '2'), 'process 2'), 'finished');
    await clock.advance(1_000);
    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(await waits).to.equal('done');
  });
});

describe('A queue that closes', () => {
  it('takes nothing more, and has closed when what runs is done', async () => {
    const turn = gate();
    const bot = newProcess({ work: () => turn.opened });
    const first = bot.take([message('a')]);
    await settled();

    const closed = bot.queue.close(10_000);
    expect(await bot.take([message('b', '2')])).to.equal('unavailable');
    expect(await Promise.race([closed, settled().then(() => 'waits')])).to.equal('waits');
    turn.open();

    expect(await closed).to.deep.equal({ running: 0, waiting: 0 });
    expect(await first).to.equal('done');
    expect(bot.clock.timers).to.equal(0);
  });

  it('with nothing in progress has closed at once', async () => {
    expect(await newProcess().queue.close(10_000)).to.deep.equal({ running: 0, waiting: 0 });
  });

  it('gives back what has not begun within its time, and says what it leaves', async () => {
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const one = newProcess({ clock, store, work: () => new Promise(() => undefined) });
    const two = newProcess({ clock, store, processId: 'process 2' });
    void one.take([message('a'), message('b'), message('c', '2')]);
    await settled();

    const closed = one.queue.close(5000);
    await clock.advance(5000);

    expect(await closed).to.deep.equal({ running: 2, waiting: 1 });
    const [given, running] = [two.take([message('b')]), two.take([message('a')])];
    await clock.advance(4000);
    expect([await given, await running], 'its turn goes on in the first').to.deep.equal(['busy', 'busy']);
    expect([one.ran, two.ran]).to.deep.equal([['a', 'c'], []]);
    await clock.advance(15_000);
    expect(two.ran, 'which renews its tickets no longer').to.deep.equal(['b']);
  });
});

describe('An event whose claim was lost while it waited for its turn', () => {
  it('is not run here any more', async () => {
    const turn = gate();
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const bot = newProcess({
      clock,
      store,
      work: ({ event }) => (event.mid === 'a' ? turn.opened : Promise.resolve()),
    });
    const first = bot.take([message('a'), message('b')], { ackDeadlineMs: 10_000 });
    await settled();
    // As after a stop of the whole process that was longer than the lease.
    store.leave(ticketOf(message('b'), 'process 1'), 'released');
    await takenBy(store, message('b'));
    await clock.advance(5000);
    turn.open();
    await settled();

    expect(await first).to.equal('busy');
    expect(bot.ran).to.deep.equal(['a']);
  });

  /** `b` waits for the turn of `a`; the store cannot be reached for longer than its lease. */
  async function storeWasAway(): Promise<{
    readonly bot: Process;
    readonly memory: MemoryThreadStore;
    readonly taken: Promise<DeliveryVerdict>;
    readonly storeIsBack: () => void;
    readonly endA: () => void;
  }> {
    const turn = gate();
    const clock = new HeldClock();
    const memory = new MemoryThreadStore({ now: () => clock.now() });
    const { store, failing } = weakStore(memory);
    const bot = newProcess({
      clock,
      store,
      work: ({ event }) => (event.mid === 'a' ? turn.opened : Promise.resolve()),
    });
    const taken = bot.take([message('a'), message('b')], { ackDeadlineMs: 60_000 });
    await settled();
    failing.add('claim');
    await clock.advance(16_000);
    return { bot, memory, taken, storeIsBack: () => failing.clear(), endA: turn.open };
  }

  it('nor where the store was away, and another process has it by now', async () => {
    const { bot, memory, taken, storeIsBack, endA } = await storeWasAway();
    expect(await takenBy(memory, message('b'))).to.equal('entered');
    storeIsBack();
    endA();
    await settled();

    expect(await taken).to.equal('busy');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('or has done it', async () => {
    const { bot, memory, taken, storeIsBack, endA } = await storeWasAway();
    await takenBy(memory, message('b'));
    memory.leave(ticketOf(message('b'), 'process 2'), 'finished');
    storeIsBack();
    endA();
    await settled();

    expect(await taken).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('and is run, under a new claim, where nobody has taken it, as soon as the store can say so', async () => {
    const { bot, memory, taken, storeIsBack, endA } = await storeWasAway();
    endA();
    await bot.clock.advance(1000);
    expect(bot.ran, 'nobody can tell').to.deep.equal(['a']);
    storeIsBack();
    await bot.clock.advance(1000);

    expect(await taken).to.equal('done');
    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(await takenBy(memory, message('b'))).to.equal('done');
  });
});

describe('A turn whose process is cut off from the store for longer than its lease', () => {
  /** The turn of `a` goes on for 20 s without the store, asks then whether it may still speak, and ends. */
  async function cutOff(): Promise<{
    readonly bot: Process;
    readonly memory: MemoryThreadStore;
    readonly maySpeak: boolean[];
    readonly storeIsBack: () => void;
  }> {
    const clock = new HeldClock();
    const memory = new MemoryThreadStore({ now: () => clock.now() });
    const { store, failing } = weakStore(memory);
    const maySpeak: boolean[] = [];
    const turn = gate();
    const bot: Process = newProcess({
      clock,
      store,
      work: async () => {
        if (bot.ran.length === 1) await turn.opened;
        maySpeak.push(!bot.queue.isLost(ticketOf(message('a'), 'process 1'), false));
      },
    });
    const taken = bot.take([message('a')]);
    await settled();
    failing.add('claim');
    await clock.advance(20_000);
    turn.open();
    await settled();
    expect(await taken, 'acknowledged at the deadline').to.equal('stillRunning');
    return { bot, memory, maySpeak, storeIsBack: () => failing.clear() };
  }

  it('says nothing more, and runs again when the store answers and nobody else has run the event', async () => {
    const { bot, memory, maySpeak, storeIsBack } = await cutOff();
    expect(maySpeak).to.deep.equal([false]);
    await bot.clock.advance(5000);
    expect(bot.ran, 'the store is still away').to.deep.equal(['a']);
    storeIsBack();
    await bot.clock.advance(1000);
    expect(bot.ran).to.deep.equal(['a', 'a']);
    expect(maySpeak).to.deep.equal([false, true]);
    expect(await takenBy(memory, message('a'))).to.equal('done');
  });

  it('does not run again if another process has run the event', async () => {
    const { bot, memory, storeIsBack } = await cutOff();
    expect(await takenBy(memory, message('a'))).to.equal('entered');
    memory.leave(ticketOf(message('a'), 'process 2'), 'finished');
    storeIsBack();
    await bot.clock.advance(5000);
    expect(bot.ran).to.deep.equal(['a']);
    expect(await bot.take([message('b')]), 'nothing is left in the queue of the thread').to.equal('done');
  });

  it('may speak while its lease goes on, and then the event is finished as ever', async () => {
    const bot: Process = newProcess({
      work: () => {
        expect(bot.queue.isLost(ticketOf(message('a'), 'process 1'), false)).to.equal(false);
        return Promise.resolve();
      },
    });
    expect(await bot.take([message('a')])).to.equal('done');
    expect(bot.log).to.deep.equal([]);
  });
});

describe('A store that keeps the order of a thread over processes', () => {
  /** A process behind another that has earlier events of the thread for as long as `theirs` says so. */
  function behindAnother(): Process & { letTheirsEnd: () => void } {
    const clock = new HeldClock();
    let theirs = true;
    const ran: string[] = [];
    const memory = new MemoryThreadStore({ now: () => clock.now() });
    const queue = new DeliveryQueue({
      store: storeAround(memory, ({ name, run }) =>
        name === 'isNext' ? Promise.resolve(theirs ? 'waiting' : 'next') : run(),
      ),
      clock,
      log: quietLogger,
      processId: 'process 1',
      enter: (_ticket, _leaseMs, event) =>
        Promise.resolve({ status: 'entered', mustWait: true, value: { event, isFresh: false } }),
    });
    return {
      queue,
      clock,
      ran,
      arrived: [],
      log: [],
      take: (events, how = TERMS) =>
        queue.take(events, async ({ event, isFresh }) => void ran.push(`${event.mid} ${isFresh}`), how),
      letTheirsEnd: () => (theirs = false),
    };
  }

  it('is asked before a turn that others are before, until they are done', async () => {
    const { take, clock, ran, letTheirsEnd } = behindAnother();
    const taken = take([message('a')]);
    await clock.advance(3000);
    expect(ran).to.deep.equal([]);
    letTheirsEnd();
    await clock.advance(200);
    expect(ran).to.deep.equal(['a false']);
    expect(await taken).to.equal('done');
  });

  it('does not let what waits behind another process be acknowledged: with this process it would be lost', async () => {
    const { take, clock, ran, letTheirsEnd } = behindAnother();
    const first = take([message('a')]);
    const next = take([message('b')]);
    await clock.advance(4000);
    expect([await first, await next]).to.deep.equal(['busy', 'busy']);
    const again = take([message('a')]);
    await clock.advance(4000);
    expect(await again, 'its redelivery').to.equal('busy');
    letTheirsEnd();
    await clock.advance(200);
    expect(ran, 'they have kept their places').to.deep.equal(['a false', 'b false']);
  });

  it('keeps a turn that another adapter runs waiting, however long', async () => {
    const { take, clock, ran, letTheirsEnd } = behindAnother();
    const taken = take([message('a')], { ...TERMS, waitForOwn: true });
    await clock.advance(60_000);
    letTheirsEnd();
    await clock.advance(200);
    expect(await taken).to.equal('stillRunning');
    expect(ran).to.deep.equal(['a false']);
  });
});

describe('If as many turns run as may', () => {
  it('a delivery that waits for room is not acknowledged, and runs once there is some', async () => {
    const turn = gate();
    const bot = newProcess({
      limits: { maxTurns: 1 },
      work: ({ event }) => (event.mid === 'a' ? turn.opened : Promise.resolve()),
    });
    const first = bot.take([message('a')]);
    await settled();
    const second = bot.take([message('b', '2')]);
    await bot.clock.advance(4000);
    expect([await first, await second]).to.deep.equal(['stillRunning', 'busy']);
    turn.open();
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(await bot.take([message('b', '2')])).to.equal('done');
  });
});

describe('A delivery whose store has the answers there', () => {
  it('has its turn begun before anybody waits', () => {
    const bot = newProcess({ work: () => new Promise(() => undefined) });
    void bot.take([message('a', '1'), message('b', '2')]);
    expect(bot.ran).to.deep.equal(['a', 'b']);
  });

  it('holds its thread: what comes during the turn waits, other threads do not', async () => {
    const turns = new Map(['a', 'b', 'c', 'x'].map((mid) => [mid, gate()]));
    const bot = newProcess({ work: ({ event }) => turns.get(event.mid ?? '')!.opened });
    const all = [['a'], ['b'], ['c']].map((mids) => bot.take(mids.map((mid) => message(mid))));
    all.push(bot.take([message('x', '77')]));
    expect(bot.ran).to.deep.equal(['a', 'x']);
    for (const mid of ['a', 'b', 'c', 'x']) {
      turns.get(mid)!.open();
      await settled();
    }
    expect(await Promise.all(all)).to.deep.equal(['done', 'done', 'done', 'done']);
    expect(bot.ran).to.deep.equal(['a', 'x', 'b', 'c']);
  });

  it('tells the first event of a quiet thread that nothing has happened since, and no other', async () => {
    const fresh: string[] = [];
    const bot = newProcess({ work: async ({ event, isFresh }) => void fresh.push(`${event.mid} ${isFresh}`) });
    await bot.take([message('a'), message('b')]);
    await bot.take([message('c')]);
    expect(fresh).to.deep.equal(['a false', 'b false', 'c true']);
  });

  it('runs a thousand events of one thread whose turns end at once', async () => {
    const bot = newProcess();
    const mids = Array.from({ length: 1000 }, (_, index) => `m${index}`);
    const slow = gate();
    void bot.queue.run({ pageId: PAGE, psid: '6600112233445566' }, () => slow.opened);
    const ran: string[] = [];
    const taken = bot.queue.take(
      mids.map((mid) => message(mid)),
      ({ event }) => void ran.push(event.mid ?? ''),
      TERMS,
    );
    await settled();
    expect(ran).to.deep.equal([]);
    slow.open();
    expect(await taken).to.equal('done');
    expect(ran).to.deep.equal(mids);
  });

  it('is refused as a whole if the evidence of one event cannot be recorded, and holds nothing afterwards', async () => {
    const bot = newProcess({
      arrive: ({ mid }) => {
        if (mid === 'bad') throw new TypeError('boom');
      },
    });
    expect(await bot.take([message('a', '1'), message('bad', '2')])).to.equal('unavailable');
    expect(bot.ran).to.deep.equal([]);
    expect(await bot.take([message('a', '1')])).to.equal('done');
    await bot.clock.advance(LONGEST_TURN_MS);
    expect(bot.clock.timers, 'nothing is renewed').to.equal(0);
  });

  it('is late at its deadline, not a millisecond before, and so is its twin', async () => {
    const bot = newProcess({ work: () => new Promise(() => undefined) });
    const verdicts: string[] = [];
    const take = (mid: string, psid: string): void =>
      void bot.take([message(mid, psid)]).then((verdict) => verdicts.push(`${mid} ${verdict}`));
    take('a', '1');
    await bot.clock.advance(1000);
    take('b', '2');
    take('a', '1');
    await bot.clock.advance(2999);
    expect(verdicts).to.deep.equal([]);
    await bot.clock.advance(1);
    expect(verdicts).to.deep.equal(['a stillRunning']);
    await bot.clock.advance(999);
    expect(verdicts).to.deep.equal(['a stillRunning']);
    await bot.clock.advance(1);
    expect(verdicts).to.have.members(['a stillRunning', 'b stillRunning', 'a stillRunning']);
  });
});

describe('A turn that hangs', () => {
  const hangs: EventWork = ({ event }) => (event.mid?.startsWith('hangs') ? new Promise(() => undefined) : undefined);

  it('does not count against the events that a process takes in', async () => {
    const bot = newProcess({ limits: { maxEvents: 2, maxBytes: 100, longestTurnMs: 5000 }, work: hangs });
    void bot.take([message('hangs 1', '1'), message('hangs 2', '2')], { ...TERMS, bytes: 100 });
    expect(await bot.take([message('a', '3')], { ...TERMS, bytes: 100 })).to.equal('unavailable');
    await bot.clock.advance(5000);
    expect(await bot.take([message('a', '3')], { ...TERMS, bytes: 100 })).to.equal('done');
  });

  it('keeps no other process waiting for longer than its ticket, and its redelivery there runs', async () => {
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const one = newProcess({ clock, store, work: hangs, limits: { longestTurnMs: 30_000 } });
    const two = newProcess({ clock, store, processId: 'process 2' });
    void one.take([message('hangs')]);
    await clock.advance(45_000);
    expect(await two.take([message('hangs')])).to.equal('done');
    expect(await two.take([message('b')]), 'and nobody waits after that').to.equal('done');
    expect(two.ran).to.deep.equal(['hangs', 'b']);
  });
});

describe('An event that ended while the store was away', () => {
  it('is told at once when the store is back, before another process can take it over', async () => {
    const clock = new HeldClock();
    const memory = new MemoryThreadStore({ now: () => clock.now() });
    const { store, failing } = weakStore(memory);
    const one = newProcess({ clock, store, work: async () => void failing.add('finish').add('claim') });
    expect(await one.take([message('a')])).to.equal('done');
    await clock.advance(17_000);
    failing.clear();
    await clock.advance(250);
    const two = newProcess({ clock, store: memory, processId: 'process 2' });
    expect(await two.take([message('a')])).to.equal('done');
    expect(two.ran, 'the first has run it').to.deep.equal([]);
    await clock.advance(LONGEST_TURN_MS);
    expect(clock.timers, 'nothing is told again').to.equal(0);
  });

  it('is told once more when the process stops', async () => {
    const clock = new HeldClock();
    const memory = new MemoryThreadStore({ now: () => clock.now() });
    const { store, failing } = weakStore(memory);
    const one = newProcess({ clock, store, work: async () => void failing.add('finish') });
    await one.take([message('a')]);
    failing.clear();
    await one.queue.close(1000);
    expect(await takenBy(memory, message('a'))).to.equal('done');
    expect(clock.timers).to.equal(0);
  });
});

describe('A process that stops while a turn goes on', () => {
  it('keeps the ticket of the turn for as long as it may take, so that no other process runs it beside', async () => {
    const turn = gate();
    const clock = new HeldClock();
    const store = new MemoryThreadStore({ now: () => clock.now() });
    const one = newProcess({ clock, store, work: () => turn.opened });
    const two = newProcess({ clock, store, processId: 'process 2' });
    void one.take([message('a')]);
    const closed = one.queue.close(40_000);
    await clock.advance(30_000);
    const again = two.take([message('a')]);
    await clock.advance(4000);
    expect(await again).to.equal('busy');
    turn.open();
    expect(await closed).to.deep.equal({ running: 0, waiting: 0 });
    expect(await two.take([message('a')])).to.equal('done');
    expect(two.ran).to.deep.equal([]);
  });
});
