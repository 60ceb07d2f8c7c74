/** Deliveries that are kept: acknowledged, worked off, taken over, set aside, given back. */
import { expect } from 'chai';
import type { Clock } from '../../src/thread/clock.js';
import { StoreError } from '../../src/thread/errors.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import { threadOf } from '../../src/thread/event.js';
import type { DeliveryInbox, KeptDelivery, TakenOver } from '../../src/thread/inbox.js';
import type { Logger } from '../../src/thread/logger.js';
import { emptyRecord } from '../../src/thread/record.js';
import type { ThreadStore } from '../../src/thread/store.js';
import type { DeliveryLimits, DeliveryVerdict, EventWork as WorkOn } from '../../src/queue/deliver.js';
import { DeliveryQueue } from '../../src/queue/deliver.js';
import { InboxWorker } from '../../src/queue/inbox-worker.js';
import type { RecordedEvent } from '../../src/handover/turn.js';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { gate, HeldClock, settled, START_MS } from '../kit/held-clock.js';
import { loggerInto } from '../kit/loggers.js';
import { storeAround } from '../kit/store-around.js';

type EventWork = WorkOn<RecordedEvent>;

const PAGE = '111222333444555';
const LOOK_MS = 5_000;
const LEASE_MS = 15_000;
const MINUTE_MS = 60_000;
const LONGEST_REST_MS = 60_000;
const MOST_AT_REST = 1_000;

interface Kept extends KeptDelivery {
  /** The process that has it; `undefined` if it was given back. */
  owner: object | undefined;
  untilMs: number;
  /** How many processes lost it, and how many of them while it ran alone. */
  losses: number;
  attempts: number;
  runsAlone: boolean;
}

/** An inbox that several processes share: leases by the held clock, as `RedisInbox` has them. */
class SharedInbox {
  readonly kept = new Map<string, Kept>();
  readonly aside: string[] = [];
  readonly closed: object[] = [];
  isAway = false;
  readonly #clock: Clock;
  readonly #maxDeliveries: number;
  readonly #maxAttempts: number;
  #ids = 0;

  constructor(clock: Clock, limits: { readonly maxDeliveries?: number; readonly maxAttempts?: number } = {}) {
    this.#clock = clock;
    this.#maxDeliveries = limits.maxDeliveries ?? 100;
    this.#maxAttempts = limits.maxAttempts ?? 3;
  }

  get bodies(): string[] {
    return [...this.kept.values()].map(({ body }) => body);
  }

  /** What one process sees of it. */
  of(owner: object): DeliveryInbox {
    const ownOf = (operation: string, ids: readonly string[]): Kept[] => {
      this.#answer(operation);
      return ids.flatMap((id) => this.kept.get(id) ?? []).filter((each) => each.owner === owner);
    };
    const inbox: DeliveryInbox = {
      leaseMs: LEASE_MS,
      forBot: () => inbox,
      put: async (body) => {
        this.#answer('put');
        if (this.kept.size >= this.#maxDeliveries) return undefined;
        this.#ids += 1;
        const id = String(this.#ids);
        const untilMs = this.#clock.now() + LEASE_MS;
        this.kept.set(id, { id, body, owner, untilMs, losses: 0, attempts: 0, runsAlone: false });
        return id;
      },
      remove: async (ids) => {
        for (const { id } of ownOf('remove', ids)) this.kept.delete(id);
      },
      renew: async (ids) => {
        for (const each of ownOf('renew', ids)) each.untilMs = this.#clock.now() + LEASE_MS;
      },
      setAside: async (deliveries) => {
        const ids = deliveries.map(({ id }) => id);
        for (const each of ownOf('setAside', ids)) this.#setAside(each);
      },
      giveBack: async (ids) => {
        const back = { owner: undefined, untilMs: this.#clock.now(), runsAlone: false };
        for (const each of ownOf('giveBack', ids)) Object.assign(each, back);
      },
      markAlone: async (id, runsAlone) => {
        for (const each of ownOf('markAlone', [id])) each.runsAlone = runsAlone;
      },
      takeOver: async (limit) => this.#takeOver(owner, limit),
      close: async () => {
        this.#answer('close');
        this.closed.push(owner);
      },
    };
    return inbox;
  }

  #takeOver(owner: object, limit: number): TakenOver {
    this.#answer('takeOver');
    const over = [...this.kept.values()].filter(({ untilMs }) => untilMs <= this.#clock.now()).slice(0, limit);
    for (const each of over) {
      if (each.owner && each.owner !== owner) each.losses += 1;
      if (each.owner && each.owner !== owner && each.runsAlone) each.attempts += 1;
      Object.assign(each, { owner, untilMs: this.#clock.now() + LEASE_MS, runsAlone: false });
    }
    const exhausted = over.filter(({ attempts }) => attempts >= this.#maxAttempts);
    for (const each of exhausted) this.#setAside(each);
    const deliveries = over
      .filter((each) => !exhausted.includes(each))
      .map(({ id, body, losses }) => ({ id, body, isSuspect: losses >= 2 }));
    return { deliveries, setAside: exhausted.length };
  }

  #setAside({ id, body }: Kept): void {
    this.kept.delete(id);
    this.aside.push(body);
  }

  #answer(operation: string): void {
    if (this.isAway) throw new StoreError('storeUnavailable', `inbox.${operation}`);
  }
}

/** A body is its messages' ids: the worker does not look into one. One in braces cannot be read. */
function eventsOf(body: string): ThreadEvent[] | undefined {
  if (body.startsWith('{')) return undefined;
  return body.split(' ').map((mid) => ({
    kind: 'message',
    channel: 'messaging',
    pageId: PAGE,
    psid: '6600112233445566',
    mid,
    timestampMs: START_MS,
    text: mid,
    raw: {},
  }));
}

interface Process {
  readonly inbox: InboxWorker<RecordedEvent>;
  readonly queue: DeliveryQueue;
  /** What ran here, by mid, in the order in which it began. */
  readonly ran: string[];
  readonly log: string[];
  readonly work: EventWork;
  readonly take: (body: string) => Promise<DeliveryVerdict>;
  /** From now on what others left is looked for. */
  readonly serve: () => void;
}

interface Shared {
  readonly clock: HeldClock;
  readonly kept: SharedInbox;
  readonly store: ThreadStore;
}

interface ProcessOptions {
  readonly limits?: DeliveryLimits;
  readonly turn?: (mid: string) => Promise<void>;
  /** Of this process alone: where it stands still, the process has died, as far as others can see. */
  readonly clock?: HeldClock;
}

function shared(limits: ConstructorParameters<typeof SharedInbox>[1] = {}): Shared {
  const clock = new HeldClock();
  return { clock, kept: new SharedInbox(clock, limits), store: new MemoryThreadStore({ now: () => clock.now() }) };
}

let processes = 0;

function arrivedNow(event: ThreadEvent): RecordedEvent {
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
}

function newProcess({ kept, store, ...on }: Shared, options: ProcessOptions = {}): Process {
  const clock = options.clock ?? on.clock;
  processes += 1;
  const ran: string[] = [];
  const log: string[] = [];
  const logger: Logger = loggerInto(log, 'info', 'warn', 'error');
  const queue = new DeliveryQueue({
    store,
    clock,
    log: logger,
    processId: `process ${processes}`,
    ...(options.limits ? { limits: options.limits } : {}),
    enter: async (ticket, leaseMs, event) => {
      const entered = await store.enter(ticket, leaseMs, () => ({ record: undefined, value: undefined }));
      return entered.status === 'entered' ? { ...entered, value: arrivedNow(event) } : entered;
    },
  });
  const inbox = new InboxWorker({ inbox: kept.of(ran), queue, clock, log: logger, read: eventsOf });
  const work: EventWork = async ({ event }) => {
    ran.push(event.mid ?? '');
    await options.turn?.(event.mid ?? '');
  };
  return {
    inbox,
    queue,
    ran,
    log,
    work,
    take: (body) => inbox.take(body, eventsOf(body) ?? [], work),
    serve: () => inbox.servedBy(() => work),
  };
}

/** A store that does not answer while the test says so. */
function weakStore(inner: ThreadStore): { readonly store: ThreadStore; isAway: boolean } {
  const weak = { isAway: false, store: inner };
  weak.store = storeAround(inner, ({ name, run }) =>
    weak.isAway ? Promise.reject(new StoreError('storeUnavailable', name)) : run(),
  );
  return weak;
}

/** How a turn ends in which the process dies. */
const forGood = (): Promise<void> => new Promise(() => undefined);

describe('A delivery that is kept', () => {
  it('is acknowledged while its turn goes on, and kept until that has ended', async () => {
    const turn = gate();
    const on = shared();
    const bot = newProcess(on, { turn: () => turn.opened });

    expect(await bot.take('a b')).to.equal('stored');
    await settled();
    expect(bot.ran).to.deep.equal(['a']);
    expect(on.kept.bodies).to.deep.equal(['a b']);

    turn.open();
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'b']);
    expect(on.kept.bodies).to.deep.equal([]);
  });

  it('stays this process’s however long its turn takes', async () => {
    const turn = gate();
    const on = shared();
    const bot = newProcess(on, { turn: () => turn.opened });
    const other = newProcess(on);
    bot.serve();
    other.serve();
    await bot.take('a');

    await on.clock.advance(3 * MINUTE_MS);
    expect(other.ran).to.deep.equal([]);
    expect([...on.kept.kept.values()].map(({ losses }) => losses)).to.deep.equal([0]);

    turn.open();
    await settled();
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['a'], []]);
  });

  it('is taken over from a process that died, with what it had not finished', async () => {
    const on = shared();
    const turn = (mid: string): Promise<void> => (mid === 'b' ? forGood() : Promise.resolve());
    const died = newProcess(on, { clock: new HeldClock(), turn });
    await died.take('a b');
    await settled();
    expect(died.ran).to.deep.equal(['a', 'b']);
    const other = newProcess(on);
    other.serve();

    await on.clock.advance(2 * LEASE_MS + 2 * LOOK_MS);

    expect(other.ran, 'what was finished is not done again').to.deep.equal(['b']);
    expect(on.kept.bodies).to.deep.equal([]);
  });

  it('waits for a process that knows the bot’s logic', async () => {
    const on = shared();
    await on.kept.of({}).put('a', '');
    const bot = newProcess(on);
    const known: { work?: EventWork } = {};
    bot.inbox.servedBy(() => known.work);

    await on.clock.advance(MINUTE_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([[], ['a']]);

    known.work = bot.work;
    await on.clock.advance(LOOK_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['a'], []]);
  });

  it('that cannot be read is set aside at once, the log says so, and the next one runs', async () => {
    const on = shared();
    for (const body of ['{"cut', 'b']) await on.kept.of({}).put(body, '');
    const bot = newProcess(on);
    bot.serve();
    await on.clock.advance(2 * LEASE_MS);
    expect([bot.ran, on.kept.bodies, on.kept.aside]).to.deep.equal([['b'], [], ['{"cut']]);
    expect(bot.log.join()).to.match(/1 deliver.* cannot be read/);
  });

  it('that another process took over and lost meanwhile goes to the queue again before it is removed', async () => {
    const turn = gate();
    const on = shared();
    const bot = newProcess(on, { turn: () => turn.opened });
    const taken: string[] = [];
    const { queue } = bot;
    const take = queue.take.bind(queue);
    queue.take = (events, work, terms) => {
      taken.push(events.map(({ mid }) => mid).join(' '));
      return take(events, work, terms);
    };
    bot.serve();
    await bot.take('a b');
    const [kept] = on.kept.kept.values();
    Object.assign(kept!, { owner: {}, untilMs: 0 });
    await on.clock.advance(LOOK_MS);
    expect(kept!.owner).to.equal(bot.ran);
    expect(taken).to.deep.equal(['a b']);

    turn.open();
    await on.clock.advance(LOOK_MS);
    expect(taken, 'the other process may have left something undone').to.deep.equal(['a b', 'a b']);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['a', 'b'], []]);
  });
});

describe('A delivery that was lost with two processes', () => {
  /** Processes that die of it, one after the other, with all that they have. */
  async function dieOfIt(on: Shared, count: number): Promise<Process[]> {
    const died: Process[] = [];
    for (let lives = 0; lives < count; lives += 1) {
      await on.clock.advance(2 * LEASE_MS);
      const clock = new HeldClock();
      const process = newProcess(on, { clock, turn: (mid) => (mid === 'poison' ? forGood() : gate().opened) });
      died.push(process);
      process.serve();
      await clock.advance(0);
      await settled();
    }
    await on.clock.advance(2 * LEASE_MS);
    return died;
  }

  async function putByOneThatDied(on: Shared, bodies: readonly string[]): Promise<void> {
    for (const body of bodies) await on.kept.of({}).put(body, '');
  }

  it('runs when no other turn does, and those that come meanwhile are acknowledged and wait', async () => {
    const on = shared();
    await putByOneThatDied(on, ['suspect']);
    await dieOfIt(on, 1);
    const turns = { before: gate(), suspect: gate() };
    const turn = (mid: string): Promise<void> =>
      mid === 'before' ? turns.before.opened : mid === 'suspect' ? turns.suspect.opened : Promise.resolve();
    const bot = newProcess(on, { turn });
    expect(await bot.take('before')).to.equal('stored');
    bot.serve();
    await on.clock.advance(LOOK_MS);
    expect(bot.ran).to.deep.equal(['before']);

    expect(await bot.take('meanwhile')).to.equal('stored');
    turns.before.open();
    await settled();
    expect(bot.ran).to.deep.equal(['before', 'suspect']);
    expect([...on.kept.kept.values()].map(({ body, runsAlone }) => [body, runsAlone])).to.deep.equal([
      ['suspect', true],
      ['meanwhile', false],
    ]);
    expect(bot.log.join()).to.match(/lost with two processes.*runs alone/);

    turns.suspect.open();
    await settled();
    expect(bot.ran).to.deep.equal(['before', 'suspect', 'meanwhile']);
    expect(on.kept.bodies).to.deep.equal([]);
  });

  it('is set aside when it has ended three processes that ran it alone, and no innocent one with it', async () => {
    const on = shared();
    const innocent = ['a', 'b', 'c'];
    await putByOneThatDied(on, [...innocent, 'poison']);
    await dieOfIt(on, 1);
    const answers: string[] = [];
    for (let lives = 0; lives < 4; lives += 1) {
      const clock = new HeldClock();
      const process = newProcess(on, { clock, turn: (mid) => (mid === 'poison' ? forGood() : Promise.resolve()) });
      process.serve();
      await clock.advance(0);
      await settled();
      answers.push(...process.ran);
      await on.clock.advance(2 * LEASE_MS);
    }
    expect(answers).to.deep.equal([...innocent, 'poison', 'poison', 'poison']);
    expect([on.kept.aside, on.kept.bodies]).to.deep.equal([['poison'], []]);
  });

  it('that hangs holds others up for two minutes, and counts no attempt after that', async () => {
    const on = shared();
    await putByOneThatDied(on, ['poison']);
    await dieOfIt(on, 1);
    const bot = newProcess(on, { turn: (mid) => (mid === 'poison' ? forGood() : Promise.resolve()) });
    bot.serve();
    await on.clock.advance(0);
    await bot.take('next');
    await on.clock.advance(2 * MINUTE_MS - LOOK_MS);
    expect(bot.ran).to.deep.equal(['poison']);
    expect([...on.kept.kept.values()].map(({ runsAlone }) => runsAlone)).to.deep.equal([true, false]);

    await on.clock.advance(LOOK_MS);
    expect(bot.ran).to.deep.equal(['poison', 'next']);
    expect([...on.kept.kept.values()].map(({ runsAlone }) => runsAlone)).to.not.include(true);
  });

  it('is given back if the thread store does not answer, and counts no attempt', async () => {
    const on = shared();
    await putByOneThatDied(on, ['suspect']);
    await dieOfIt(on, 1);
    const weak = weakStore(on.store);
    weak.isAway = true;
    const bot = newProcess({ ...on, store: weak.store });
    bot.serve();
    await on.clock.advance(10 * MINUTE_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([[], ['suspect']]);
    expect([...on.kept.kept.values()].map(({ attempts }) => attempts)).to.deep.equal([0]);

    weak.isAway = false;
    await on.clock.advance(LONGEST_REST_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['suspect'], []]);
  });
});

describe('A delivery that cannot be kept', () => {
  it('because the inbox is full is refused, so that Meta delivers again, and taken when there is room', async () => {
    const turn = gate();
    const on = shared({ maxDeliveries: 1 });
    const bot = newProcess(on, { turn: () => turn.opened });
    expect(await bot.take('a')).to.equal('stored');

    expect(await bot.take('b')).to.equal('unavailable');
    await settled();
    expect(bot.log.join()).to.include('The inbox is full.');
    expect(bot.ran).to.deep.equal(['a']);

    turn.open();
    await settled();
    expect(await bot.take('b')).to.equal('stored');
    await settled();
    expect(bot.ran).to.deep.equal(['a', 'b']);
  });

  it('because the inbox does not answer is refused, and nothing of it runs', async () => {
    const on = shared();
    const bot = newProcess(on);
    on.kept.isAway = true;

    expect(await bot.take('a')).to.equal('unavailable');
    await settled();
    expect(bot.ran).to.deep.equal([]);
    expect(bot.log.join()).to.match(/refused so that Meta delivers it again/);
  });

  it('because there is too much under way is refused before it is kept', async () => {
    const on = shared();
    const bot = newProcess(on, { limits: { maxEvents: 1 }, turn: forGood });
    expect(await bot.take('a')).to.equal('stored');

    expect(await bot.take('b')).to.equal('unavailable');
    expect(on.kept.bodies).to.deep.equal(['a']);
  });
});

describe('While the thread store is away', () => {
  it('what was acknowledged is tried again by this process, is never set aside, and runs when the store is back', async () => {
    const on = shared({ maxAttempts: 3 });
    const weak = weakStore(on.store);
    const bot = newProcess({ ...on, store: weak.store });
    bot.serve();
    await on.clock.advance(0);
    weak.isAway = true;
    expect(await bot.take('a'), 'the inbox is there').to.equal('stored');

    await on.clock.advance(10 * MINUTE_MS);
    expect([bot.ran, on.kept.bodies, on.kept.aside]).to.deep.equal([[], ['a'], []]);

    weak.isAway = false;
    await on.clock.advance(LONGEST_REST_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['a'], []]);
  });

  it('no more is acknowledged than a process may have at rest, and all of it runs when the store is back', async () => {
    const on = shared({ maxDeliveries: 2 * MOST_AT_REST });
    const weak = weakStore(on.store);
    const bot = newProcess({ ...on, store: weak.store }, { limits: { maxEventsPerThread: 2 * MOST_AT_REST } });
    weak.isAway = true;
    const verdicts: DeliveryVerdict[] = [];
    for (let count = 0; count < MOST_AT_REST; count += 1) verdicts.push(await bot.take(`m${count}`));
    await on.clock.advance(0);
    expect(new Set(verdicts)).to.deep.equal(new Set(['stored']));

    expect(await bot.take('one more')).to.equal('unavailable');
    expect(on.kept.bodies).to.have.length(MOST_AT_REST);

    weak.isAway = false;
    await on.clock.advance(LONGEST_REST_MS);
    expect(bot.ran).to.deep.equal(Array.from({ length: MOST_AT_REST }, (_, index) => `m${index}`));
    expect(on.kept.bodies).to.deep.equal([]);
  });

  it('what another process left is not set aside either', async () => {
    const on = shared({ maxAttempts: 3 });
    await on.kept.of({}).put('a', '');
    const weak = weakStore(on.store);
    const bot = newProcess({ ...on, store: weak.store });
    bot.serve();
    weak.isAway = true;

    await on.clock.advance(10 * MINUTE_MS);
    expect([bot.ran, on.kept.bodies, on.kept.aside]).to.deep.equal([[], ['a'], []]);

    weak.isAway = false;
    await on.clock.advance(LONGEST_REST_MS);
    expect([bot.ran, on.kept.bodies]).to.deep.equal([['a'], []]);
  });

  it('a process that stops gives back what it could not work off', async () => {
    const on = shared();
    const weak = weakStore(on.store);
    const bot = newProcess({ ...on, store: weak.store });
    bot.serve();
    weak.isAway = true;
    await bot.take('a');
    await on.clock.advance(LOOK_MS);
    bot.inbox.stop();
    await bot.queue.close(0);
    await settled();
    await bot.inbox.close();
    expect(on.clock.timers).to.equal(0);
    const other = newProcess(on);

    other.serve();
    await on.clock.advance(0);
    expect([bot.ran, other.ran, on.kept.bodies]).to.deep.equal([[], ['a'], []]);
  });
});

describe('While the inbox is away', () => {
  it('what ends meanwhile is removed from it when it is back, and runs nowhere else', async () => {
    const turn = gate();
    const on = shared();
    const bot = newProcess(on, { turn: () => turn.opened });
    const other = newProcess(on);
    bot.serve();
    other.serve();
    await bot.take('a');
    await settled();
    on.kept.isAway = true;
    turn.open();
    await on.clock.advance(LOOK_MS);
    expect(on.kept.bodies).to.deep.equal(['a']);
    expect(bot.log.join()).to.include('The inbox does not answer');

    on.kept.isAway = false;
    await on.clock.advance(LOOK_MS);
    expect([bot.ran, other.ran, on.kept.bodies]).to.deep.equal([['a'], [], []]);
  });
});

describe('A process with an inbox that stops', () => {
  it('refuses what comes, keeps what runs, gives back what has not begun, and closes the inbox', async () => {
    const on = shared();
    const bot = newProcess(on, { turn: (mid) => (mid === 'a' ? forGood() : Promise.resolve()) });
    bot.serve();
    await bot.take('a');
    await bot.take('b');
    bot.inbox.stop();
    expect(await bot.take('c')).to.equal('unavailable');
    const left = bot.queue.close(1000);
    await on.clock.advance(1000);
    expect(await left).to.deep.equal({ running: 1, waiting: 1 });
    await bot.inbox.close();
    expect(on.kept.closed).to.have.length(1);

    expect([...on.kept.kept.values()].map(({ body, owner }) => [body, owner === bot.ran])).to.deep.equal([
      ['a', true],
      ['b', false],
    ]);

    const other = newProcess(on);
    other.serve();
    await on.clock.advance(LEASE_MS - LOOK_MS);
    expect(other.ran, 'the turn of the first one goes on in the process that stops').to.not.include('a');
    await on.clock.advance(2 * LEASE_MS + 2 * LOOK_MS);
    expect(other.ran).to.have.members(['a', 'b']);
  });

  it('renews what still runs for as long as it waits for it, and takes over nothing', async () => {
    const turn = gate();
    const on = shared();
    const bot = newProcess(on, { turn: () => turn.opened });
    const other = newProcess(on);
    bot.serve();
    other.serve();
    await bot.take('a');
    bot.inbox.stop();
    const left = bot.queue.close(MINUTE_MS);
    await on.clock.advance(MINUTE_MS - LOOK_MS);
    expect(other.ran).to.deep.equal([]);

    turn.open();
    await settled();
    expect(await left).to.deep.equal({ running: 0, waiting: 0 });
    await bot.inbox.close();
    expect([bot.ran, other.ran, on.kept.bodies]).to.deep.equal([['a'], [], []]);
  });

  it('looks for nothing any more, and leaves no timer behind', async () => {
    const on = shared();
    const bot = newProcess(on);
    bot.serve();
    await on.clock.advance(0);
    await bot.queue.close(0);
    await bot.inbox.close();
    await on.kept.of({}).put('a', '');

    await on.clock.advance(5 * MINUTE_MS);
    expect(bot.ran).to.deep.equal([]);
    expect(on.clock.timers).to.equal(0);
  });

  it('says so where the inbox cannot be told, and ends all the same', async () => {
    const on = shared();
    const bot = newProcess(on, { turn: forGood });
    await bot.take('a');
    on.kept.isAway = true;

    await bot.inbox.close();
    expect(bot.log.join()).to.include('The inbox did not answer while this process stopped');
  });
});
