/** The lane of usual deliveries: what it promises while a turn runs, and that everything else goes the usual way. */
import { expect } from 'chai';
import { MemoryThreadStore } from '../../src/store/memory-store.js';
import type { DeliveryTerms, DeliveryVerdict, EventWork } from '../../src/queue/deliver.js';
import { DeliveryQueue } from '../../src/queue/deliver.js';
import type { RecordedEvent } from '../../src/handover/turn.js';
import { threadOf } from '../../src/handover/turn.js';
import { emptyRecord } from '../../src/thread/record.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import { eventKey } from '../../src/webhook/event-key.js';
import { HeldClock, settled, START_MS } from './held-in-hand.js';

const TERMS: DeliveryTerms = { ackDeadlineMs: 4000 };
const LONGEST_TURN_MS = 2 * 60_000;

function message(mid: string, psid = '6600112233445566'): ThreadEvent {
  return { kind: 'message', channel: 'messaging', pageId: '1', psid, mid, timestampMs: START_MS, text: mid, raw: {} };
}

interface Bot {
  readonly queue: DeliveryQueue;
  readonly clock: HeldClock;
  readonly store: MemoryThreadStore;
  /** What began, by mid. */
  readonly ran: string[];
  /** What came the short way, by mid. */
  readonly atOnce: string[];
  readonly log: string[];
  /** Ends the turn of a message; every turn waits for that. */
  readonly end: (mid: string, error?: Error) => void;
  readonly take: (...events: readonly ThreadEvent[]) => Promise<DeliveryVerdict>;
  /** The same, of events with nothing to recognise a second delivery by. */
  readonly takeOnce: (...events: readonly ThreadEvent[]) => Promise<DeliveryVerdict>;
}

function newBot(arrivalFails = false): Bot {
  const clock = new HeldClock();
  const store = new MemoryThreadStore({ now: () => clock.now() });
  const ran: string[] = [];
  const atOnce: string[] = [];
  const log: string[] = [];
  const turns = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  const arrivedOf = (event: ThreadEvent): RecordedEvent => {
    if (arrivalFails && event.mid === 'bad') throw new TypeError('boom');
    const thread = threadOf(event);
    return {
      event,
      ...(thread ? { thread } : {}),
      before: { owner: 'bot' },
      owner: { owner: 'bot' },
      isFresh: false,
      record: emptyRecord,
      askOwner: false,
    };
  };
  const say = (line: string): void => void log.push(line);
  const queue = new DeliveryQueue({
    store,
    clock,
    log: { info: say, warn: say, error: say },
    processId: 'process 1',
    enter: async (ticket, leaseMs, event) => {
      const entered = await store.enter(ticket, leaseMs, () => ({ record: undefined, value: undefined }));
      return entered.status === 'entered' ? { ...entered, value: arrivedOf(event) } : entered;
    },
    arriveAtOnce: {
      may: () => true,
      arrive: (event) => {
        atOnce.push(event.mid ?? '');
        return arrivedOf(event);
      },
    },
  });
  const work: EventWork = ({ event: { mid = '' } }) => {
    ran.push(mid);
    return new Promise((resolve, reject) => turns.set(mid, { resolve, reject }));
  };
  const end = (mid: string, error?: Error): void => {
    const turn = turns.get(mid);
    if (error) turn?.reject(error);
    else turn?.resolve();
  };
  return {
    queue,
    clock,
    store,
    ran,
    atOnce,
    log,
    end,
    take: (...events) => queue.take(events, work, TERMS),
    takeOnce: (...events) => queue.take(events, work, { ...TERMS, unrecognisable: true }),
  };
}

describe('A usual delivery', () => {
  it('has its turn begun when it is taken, and is done when that has ended', async () => {
    const bot = newBot();

    const verdict = bot.take(message('a'));

    expect(bot.ran).to.deep.equal(['a']);
    bot.end('a');
    expect(await verdict).to.equal('done');
    expect(bot.store.atOnce.isFree(eventKey(message('a'))), 'for nobody').to.equal(false);
  });

  it('holds its thread: what comes while its turn runs waits, other threads do not', async () => {
    const bot = newBot();

    const first = bot.take(message('a'));
    const second = bot.take(message('b'));
    const third = bot.take(message('c'));
    const other = bot.take(message('x', '77'));
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'x']);

    bot.end('a');
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'x', 'b']);
    bot.end('b');
    await settled();
    for (const mid of ['c', 'x']) bot.end(mid);
    expect(await Promise.all([first, second, third, other])).to.deep.equal(['done', 'done', 'done', 'done']);
    expect(bot.ran).to.deep.equal(['a', 'x', 'b', 'c']);
    expect(bot.atOnce).to.deep.equal(['a', 'x']);
  });

  it('makes a turn of the plugin’s own wait, too', async () => {
    const bot = newBot();
    const done = bot.take(message('a'));

    const own = bot.queue.takeTurn({ pageId: '1', psid: '6600112233445566' }, async () => void bot.ran.push('own'));
    await settled();
    expect(own.waits).to.equal(true);
    expect(bot.ran).to.deep.equal(['a']);

    bot.end('a');
    await Promise.all([done, own.done]);
    expect(bot.ran).to.deep.equal(['a', 'own']);
  });

  it('brings several threads at once, and keeps the order of one thread that it brings twice', async () => {
    const bot = newBot();

    const apart = bot.take(message('a', '1'), message('b', '2'));
    expect(bot.ran).to.deep.equal(['a', 'b']);
    bot.end('b');
    bot.end('a');
    expect(await apart).to.equal('done');

    const together = bot.take(message('c'), message('d'));
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'b', 'c']);
    bot.end('c');
    await settled();
    bot.end('d');
    expect(await together).to.equal('done');
    expect(bot.ran).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('runs once: a twin during the turn waits for it, one after it is done', async () => {
    const bot = newBot();

    const first = bot.take(message('a'));
    const twin = bot.take(message('a'));
    await settled();
    bot.end('a');

    expect(await Promise.all([first, twin])).to.deep.equal(['done', 'done']);
    expect(await bot.take(message('a'))).to.equal('done');
    expect(bot.ran).to.deep.equal(['a']);
  });

  it('runs each time where it has nothing to be recognised by, one after the other, and leaves no claim', async () => {
    const bot = newBot();
    const nameless: ThreadEvent = { kind: 'unknown', channel: 'messaging', pageId: '1', psid: '9', raw: {} };

    const first = bot.takeOnce(message('a'));
    const second = bot.takeOnce(message('a'));
    const third = bot.take(nameless);
    await bot.clock.advance(6000);
    expect(bot.ran).to.deep.equal(['a', '']);
    expect(bot.atOnce).to.deep.equal(['a', '']);
    for (const mid of ['a', '']) bot.end(mid);
    await settled();
    expect(bot.ran).to.deep.equal(['a', '', 'a']);
    bot.end('a');
    await Promise.all([first, second, third]);
    await settled();

    const again = bot.takeOnce(message('a'));
    bot.end('a');
    expect(await again).to.equal('done');
    expect(bot.store.claimCount, 'of the second, which went the usual way').to.equal(1);
  });

  it('is late at its deadline while the turn goes on, not a millisecond before, and so is its twin', async () => {
    const bot = newBot();
    const verdicts: string[] = [];
    void bot.take(message('a')).then((verdict) => verdicts.push(`a ${verdict}`));
    await bot.clock.advance(1000);
    void bot.take(message('b', '2')).then((verdict) => verdicts.push(`b ${verdict}`));
    void bot.take(message('a')).then((verdict) => verdicts.push(`twin ${verdict}`));

    await bot.clock.advance(2999);
    expect(verdicts).to.deep.equal([]);
    await bot.clock.advance(1);
    expect(verdicts).to.deep.equal(['a stillRunning']);
    await bot.clock.advance(999);
    expect(verdicts).to.deep.equal(['a stillRunning']);
    await bot.clock.advance(1);
    await settled();
    expect(verdicts).to.have.members(['a stillRunning', 'b late', 'twin late']);
  });

  it('lets the next event of the thread begin when a turn has hung for two minutes', async () => {
    const bot = newBot();
    void bot.take(message('a'));
    void bot.take(message('b'));

    await bot.clock.advance(LONGEST_TURN_MS - 1);
    expect(bot.ran).to.deep.equal(['a']);
    await bot.clock.advance(1);
    await settled();

    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(bot.log.join()).to.include('has not ended for 120 s');
  });

  it('is finished where its work throws, and the thread goes on', async () => {
    const bot = newBot();

    const first = bot.take(message('a'));
    const second = bot.take(message('b'));
    bot.end('a', new TypeError('boom'));
    expect(await first).to.equal('done');
    await settled();
    bot.end('b');

    expect(await second).to.equal('done');
    expect(bot.log.join()).to.include('boom');
  });

  it('is refused as a whole where the evidence of one event cannot be folded in, and holds nothing afterwards', async () => {
    const bot = newBot(true);

    expect(await bot.take(message('a', '1'), message('bad', '2'))).to.equal('unavailable');
    expect(bot.ran).to.deep.equal([]);

    const again = bot.take(message('a', '1'));
    expect(bot.ran).to.deep.equal(['a']);
    bot.end('a');
    expect(await again).to.equal('done');
  });

  it('is waited for by a desk that closes, which takes no more', async () => {
    const bot = newBot();
    const verdict = bot.take(message('a'));

    const closed = bot.queue.close(10_000);
    expect(await bot.take(message('b', '2'))).to.equal('unavailable');
    bot.end('a');

    expect(await closed).to.deep.equal({ running: 0, waiting: 0 });
    expect(await verdict).to.equal('done');
  });

  it('is counted as running where it outlasts the closing', async () => {
    const bot = newBot();
    void bot.take(message('a'));

    const closed = bot.queue.close(1000);
    await bot.clock.advance(1000);

    expect(await closed).to.deep.equal({ running: 1, waiting: 0 });
  });
});
