/**
 * What every thread store must do, told once and run against each.
 *
 * A store of your own passes by the same suite: `threadStoreContract('mine', (clock, lifetimes) => …)`.
 */
import { expect } from 'chai';
import fc from 'fast-check';
import type { Clock } from '../../src/thread/clock.js';
import { systemClock } from '../../src/thread/clock.js';
import type { ThreadKey } from '../../src/thread/key.js';
import type { StoredRecord, ThreadStore, Ticket } from '../../src/thread/store.js';
import { threadLabel } from '../../src/thread/thread-label.js';
import { finish, take, ticketOf } from './tickets.js';
import { loggerInto, quietLogger } from '../kit/loggers.js';

/** A clock that stands until it is moved; waits between tries pass in real time, because real writers cause them. */
export interface HandClock extends Clock {
  readonly move: (byMs: number) => void;
}

/** How long the stores of the contract remember. */
export interface Lifetimes {
  readonly recordTtlMs: number;
  readonly claimRetentionMs: number;
}

/** Makes stores that share what they keep, as two processes do; a store of one process returns itself. */
export interface SharedBacking {
  readonly store: ThreadStore;
  readonly another: () => ThreadStore;
  /** All that lies in the store, as text. No store is used after that. */
  readonly everything?: () => Promise<string>;
}

const START_MS = 1_780_000_000_000;
const LIFETIMES: Lifetimes = { recordTtlMs: 100_000, claimRetentionMs: 50_000 };
const THREAD: ThreadKey = { pageId: '1776', psid: '4001' };
const NEIGHBOUR: ThreadKey = { pageId: '1776', psid: '4002' };

/** A clock that begins at a fixed moment. */
export function handClock(startMs = START_MS): HandClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    after: (delayMs, run) => systemClock.after(delayMs, run),
    move: (byMs) => {
      nowMs += byMs;
    },
  };
}

/** A record that can be told from others by its epoch. @param openHandoverId absent: no handover is open */
export function recordWith(epoch: number, openHandoverId?: string): StoredRecord {
  return openHandoverId === undefined
    ? { forgettable: true, body: { epoch } }
    : { openHandoverId, forgettable: false, body: { epoch } };
}

/** The epoch of a record that {@link recordWith} made. */
export function epochOf(record: StoredRecord | undefined): number | undefined {
  return (record?.body as { readonly epoch: number } | undefined)?.epoch;
}

/** What makes a body none of {@link recordWith}. */
export function faultOf(body: unknown): string | undefined {
  const { epoch } = (body ?? {}) as { readonly epoch?: unknown };
  return typeof epoch === 'number' ? undefined : 'epoch';
}

/**
 * Describes the contract for one sort of store. Each test gets a backing of its own.
 * @param abilities `isShared`: others may write where the store keeps things
 */
export function threadStoreContract(
  name: string,
  makeBacking: (clock: Clock, lifetimes: Lifetimes) => SharedBacking,
  abilities: { readonly isShared?: boolean } = {},
): void {
  describe(`${name} keeps the contract of a thread store`, () => {
    let clock: HandClock;
    let store: ThreadStore;
    let another: () => ThreadStore;
    let everything: SharedBacking['everything'];

    beforeEach(() => {
      clock = handClock();
      ({ store, another, everything } = makeBacking(clock, LIFETIMES));
    });

    const write = (epoch: number, thread = THREAD): Promise<void> =>
      store.update(thread, () => ({ record: recordWith(epoch), value: undefined }));
    const grow = (at: ThreadStore): Promise<number> =>
      at.update(THREAD, (current) => {
        const epoch = (epochOf(current) ?? 0) + 1;
        return { record: recordWith(epoch), value: epoch };
      });

    describe('records', () => {
      it('knows nothing of a thread that nobody wrote', async () => {
        expect(await store.read(THREAD)).to.equal(undefined);
      });

      it('returns what was written, also through another store on the same backing', async () => {
        await write(3);
        expect(await store.read(THREAD)).to.deep.equal(recordWith(3));
        expect(await another().read(THREAD)).to.deep.equal(recordWith(3));
      });

      it('tells the same customer id on two Pages apart, and ids that run into each other', async () => {
        await write(1, { pageId: '11', psid: '2' });
        await write(2, { pageId: '1', psid: '12' });
        await write(3, { pageId: '1/1', psid: '2' });
        await write(4, { pageId: '1', psid: '1/2' });
        expect(epochOf(await store.read({ pageId: '11', psid: '2' }))).to.equal(1);
        expect(epochOf(await store.read({ pageId: '1', psid: '12' }))).to.equal(2);
        expect(epochOf(await store.read({ pageId: '1/1', psid: '2' }))).to.equal(3);
        expect(epochOf(await store.read({ pageId: '1', psid: '1/2' }))).to.equal(4);
      });

      it('resolves an update with the value, and leaves the record where the change makes none', async () => {
        await write(3);
        expect(await store.update(THREAD, (current) => ({ record: undefined, value: epochOf(current) }))).to.equal(3);
        expect(await store.read(THREAD)).to.deep.equal(recordWith(3));
        await store.update(NEIGHBOUR, () => ({ record: undefined, value: 0 }));
        expect(await store.read(NEIGHBOUR)).to.equal(undefined);
      });

      it('rejects with what a change throws, keeps the old record, and goes on', async () => {
        await write(3);
        const failure = await rejection(
          store.update(THREAD, () => {
            throw new RangeError('from the change');
          }),
        );
        expect(failure).to.be.instanceOf(RangeError);
        expect(await store.read(THREAD)).to.deep.equal(recordWith(3));
        expect(await grow(store)).to.equal(4);
      });

      it('adds up fifty parallel updates of a thread, the first creation included', async () => {
        const values = await Promise.all(Array.from({ length: 50 }, () => grow(store)));
        expect(epochOf(await store.read(THREAD))).to.equal(50);
        expect(new Set(values).size, 'each update saw the one before').to.equal(50);
      });

      it('adds up fifty parallel updates of two stores on a record that exists', async () => {
        await write(100);
        const stores = [store, another()];
        const values = await Promise.all(stores.flatMap((at) => Array.from({ length: 25 }, () => grow(at))));
        expect(epochOf(await store.read(THREAD))).to.equal(150);
        expect(new Set(values).size).to.equal(50);
      });

      it('keeps any record as JSON keeps it', async () => {
        await fc.assert(
          fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'binary' }), async (reference, metadata) => {
            const record: StoredRecord = {
              openHandoverId: ID,
              forgettable: false,
              body: { epoch: 1, metadata, reference },
            };
            await store.update(THREAD, () => ({ record, value: undefined }));
            expect(asJson(await store.read(THREAD))).to.deep.equal(asJson(record));
          }),
          { numRuns: 20, seed: 7 },
        );
      });

      it('bears properties that are undefined', async () => {
        const loose: StoredRecord = {
          forgettable: true,
          body: { epoch: 1, evidence: { activityAtMetaMs: undefined } },
        };
        await store.update(THREAD, () => ({ record: loose, value: undefined }));
        expect(asJson(await store.read(THREAD))).to.deep.equal(asJson(loose));
      });

      it('lets a record expire, counted from when it was last written', async () => {
        await write(3);
        clock.move(LIFETIMES.recordTtlMs - 1);
        expect(epochOf(await store.read(THREAD))).to.equal(3);
        await write(4);
        clock.move(LIFETIMES.recordTtlMs - 1);
        expect(epochOf(await store.read(THREAD))).to.equal(4);
        clock.move(1);
        expect(await store.read(THREAD)).to.equal(undefined);
        expect(await grow(store), 'an update sees nothing of it either').to.equal(1);
      });

      it('forgets a thread and its deadlines, and no other thread', async () => {
        await write(3);
        await write(5, NEIGHBOUR);
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: clock.now() });
        await store.schedule({ thread: NEIGHBOUR, name: 'unclaimed', atMs: clock.now() });
        await store.forget(THREAD);
        expect(await store.read(THREAD)).to.equal(undefined);
        expect(epochOf(await store.read(NEIGHBOUR))).to.equal(5);
        expect((await store.takeDue(clock.now(), 10, 1000)).map((due) => due.thread)).to.deep.equal([NEIGHBOUR]);
        await store.forget(THREAD);
      });
    });

    describe('open handovers', () => {
      const open = (id: string, thread = THREAD, at = store): Promise<void> =>
        at.update(thread, () => ({ record: recordWith(1, id), value: undefined }));
      const close = (thread = THREAD, at = store): Promise<string | undefined> =>
        at.update(thread, (current) => ({ record: recordWith(2), value: current?.openHandoverId }));
      const listed = async (at = store, limit = 10): Promise<string[]> =>
        (await at.listOpen(limit)).map(({ pageId, psid }) => `${pageId}/${psid}`).sort();

      it('knows none at the beginning, whatever the id', async () => {
        for (const id of [ID, '', 'ő', '../..', '__proto__', 'x'.repeat(2000)]) {
          expect(await store.findHandover(id), id).to.equal(undefined);
        }
        expect(await store.listOpen(10)).to.deep.equal([]);
      });

      it('are found by their id and listed, also through another store on the same backing', async () => {
        await open(ID);
        await open(OTHER_ID, NEIGHBOUR);
        await write(3, { pageId: '1776', psid: '4003' });
        for (const at of [store, another()]) {
          expect(await at.findHandover(ID)).to.deep.equal(THREAD);
          expect(await at.findHandover(OTHER_ID)).to.deep.equal(NEIGHBOUR);
          expect(await at.findHandover(ID.toUpperCase())).to.equal(undefined);
          expect(await listed(at)).to.deep.equal(['1776/4001', '1776/4002']);
        }
      });

      it('stay found while their record changes, and until they are concluded, wherever that happens', async () => {
        await open(ID);
        await store.update(THREAD, (current) => ({
          record: recordWith(9, current?.openHandoverId),
          value: undefined,
        }));
        expect(await another().findHandover(ID)).to.deep.equal(THREAD);
        await close(THREAD, another());
        expect(await store.findHandover(ID)).to.equal(undefined);
        expect(await listed()).to.deep.equal([]);
      });

      it('give way to the next handover of the thread, and come back with none of its ids', async () => {
        await open(ID);
        await open(OTHER_ID, THREAD, another());
        expect(await store.findHandover(ID)).to.equal(undefined);
        expect(await store.findHandover(OTHER_ID)).to.deep.equal(THREAD);
        expect(await listed()).to.deep.equal(['1776/4001']);
        await close();
        expect(await store.findHandover(OTHER_ID)).to.equal(undefined);
      });

      it('are unknown where the change that begins one writes nothing, or throws', async () => {
        await store.update(THREAD, () => ({ record: undefined, value: undefined }));
        await rejection(
          store.update(THREAD, () => {
            throw new RangeError('from the change');
          }),
        );
        expect(await listed()).to.deep.equal([]);
      });

      it('are forgotten with their thread, and expire with its record', async () => {
        await open(ID);
        await open(OTHER_ID, NEIGHBOUR);
        await store.forget(THREAD);
        expect(await store.findHandover(ID)).to.equal(undefined);
        expect(await listed(another())).to.deep.equal(['1776/4002']);
        clock.move(LIFETIMES.recordTtlMs);
        expect(await store.findHandover(OTHER_ID)).to.equal(undefined);
        expect(await listed()).to.deep.equal([]);
      });

      it('live as long as their record is written', async () => {
        await open(ID);
        for (let writes = 0; writes < 3; writes += 1) {
          clock.move(LIFETIMES.recordTtlMs - 1);
          await store.update(THREAD, (current) => ({ record: current, value: undefined }));
          await open(OTHER_ID, NEIGHBOUR);
        }
        expect(await another().findHandover(ID)).to.deep.equal(THREAD);
        expect(await listed()).to.deep.equal(['1776/4001', '1776/4002']);
      });

      it('are listed up to the limit', async () => {
        for (let n = 0; n < 7; n += 1) await open(`${n}`.repeat(32), { pageId: '1776', psid: `${n}` });
        expect(await listed(store, 0)).to.deep.equal([]);
        expect(await listed(store, 3)).to.have.length(3);
        expect(new Set(await listed(store, 7)).size).to.equal(7);
        expect(await listed(store, 100)).to.have.length(7);
      });

      it('are all found where forty begin at once in two stores', async () => {
        const stores = [store, another()];
        const numbers = Array.from({ length: 40 }, (_, n) => n);
        const idOf = (n: number): string => n.toString(16).padStart(32, '0');
        const threadOf = (n: number): ThreadKey => ({ pageId: '1776', psid: `${5000 + n}` });
        await Promise.all(numbers.map((n) => open(idOf(n), threadOf(n), stores[n % 2])));
        for (const n of numbers) expect(await store.findHandover(idOf(n)), `${n}`).to.deep.equal(threadOf(n));
        expect(await listed(another(), 100)).to.have.length(40);
      });

      it('tell threads apart whose ids run into each other', async () => {
        await open(ID, { pageId: '1/1', psid: '2' });
        await open(OTHER_ID, { pageId: '1', psid: '1/2' });
        expect(await store.findHandover(ID)).to.deep.equal({ pageId: '1/1', psid: '2' });
        expect(await store.findHandover(OTHER_ID)).to.deep.equal({ pageId: '1', psid: '1/2' });
      });
    });

    describe('tickets', () => {
      const LEASE_MS = 30_000;
      const ticket = (event: string, processId: string, thread = THREAD): Ticket => ({ thread, event, processId });
      const enter = (at: ThreadStore, event: string, processId: string, thread = THREAD) =>
        at.enter(ticket(event, processId, thread), LEASE_MS, (current) => {
          const epoch = (epochOf(current) ?? 0) + 1;
          return { record: recordWith(epoch), value: epoch };
        });
      const statusOf = async (event: string, processId: string, at = store): Promise<string> =>
        (await at.enter(ticket(event, processId), LEASE_MS, () => ({ record: undefined, value: undefined }))).status;

      it('take an event and change the record in one step', async () => {
        expect(await enter(store, 'e1', 'a')).to.deep.equal({ status: 'entered', value: 1, mustWait: false });
        expect(epochOf(await another().read(THREAD))).to.equal(1);
        expect(await statusOf('e1', 'b', another())).to.equal('busy');
      });

      it('see what others wrote, known or not', async () => {
        await write(5);
        expect(await enter(another(), 'e1', 'a')).to.include({ value: 6 });
        expect(await enter(store, 'e2', 'b')).to.include({ value: 7 });
        expect(await enter(store, 'e3', 'b')).to.include({ value: 8 });
      });

      it('change nothing for an event that another process has, or that is finished', async () => {
        await statusOf('e1', 'a');
        await statusOf('e2', 'a');
        await store.leave(ticket('e2', 'a'), 'finished');
        expect(await enter(another(), 'e1', 'b')).to.deep.equal({ status: 'busy' });
        expect(await enter(store, 'e2', 'b')).to.deep.equal({ status: 'done' });
        expect(await enter(store, 'e2', 'a'), 'for the process that finished it too').to.deep.equal({ status: 'done' });
        expect(await store.read(THREAD)).to.equal(undefined);
      });

      it('may leave the record as it is', async () => {
        await write(3);
        const entered = await another().enter(ticket('e1', 'a'), LEASE_MS, (current) => ({
          record: undefined,
          value: epochOf(current),
        }));
        expect(entered).to.include({ status: 'entered', value: 3 });
        expect(epochOf(await store.read(THREAD))).to.equal(3);
      });

      it('are not taken where the change throws', async () => {
        const failure = await rejection(
          (async () =>
            store.enter(ticket('e1', 'a'), LEASE_MS, () => {
              throw new RangeError('from the change');
            }))(),
        );
        expect(failure).to.be.instanceOf(RangeError);
        expect(await statusOf('e1', 'b')).to.equal('entered');
      });

      it('go to one of ten processes that ask at once', async () => {
        await write(1);
        const states = await Promise.all(Array.from({ length: 10 }, (_, i) => statusOf('e1', `p${i}`)));
        expect(states.filter((status) => status === 'entered')).to.have.length(1);
        expect(states.filter((status) => status === 'busy')).to.have.length(9);
      });

      it('are renewed by entering again', async () => {
        await statusOf('e1', 'a');
        clock.move(0.6 * LEASE_MS);
        expect(await statusOf('e1', 'a')).to.equal('entered');
        clock.move(0.6 * LEASE_MS);
        expect(await statusOf('e1', 'b')).to.equal('busy');
      });

      it('are to be had by another process when the lease is over', async () => {
        await statusOf('e1', 'a');
        clock.move(LEASE_MS);
        expect(await statusOf('e1', 'b')).to.equal('entered');
        expect(await statusOf('e1', 'a')).to.equal('busy');
      });

      it('are to be had at once when they were released, and by nobody else before', async () => {
        await statusOf('e1', 'a');
        await store.leave(ticket('e1', 'b'), 'released');
        expect(await statusOf('e1', 'b')).to.equal('busy');
        await store.leave(ticket('e1', 'a'), 'released');
        expect(await statusOf('e1', 'b')).to.equal('entered');
      });

      it('are forgotten some time after the event was finished', async () => {
        await statusOf('e1', 'a');
        await store.leave(ticket('e1', 'a'), 'finished');
        await store.leave(ticket('e1', 'a'), 'released');
        clock.move(LIFETIMES.claimRetentionMs - 1);
        expect(await statusOf('e1', 'b')).to.equal('done');
        clock.move(1);
        expect(await statusOf('e1', 'b')).to.equal('entered');
      });

      it('remember two hundred finished events of a thread at least', async () => {
        const events = Array.from({ length: 200 }, (_, n) => `e${n}`);
        for (const event of events) {
          await statusOf(event, 'a');
          await store.leave(ticket(event, 'a'), 'finished');
        }
        for (const event of [events[0]!, events[100]!, events[199]!]) {
          expect(await statusOf(event, 'b', another()), event).to.equal('done');
        }
      });

      it('take event keys of any text and length', async () => {
        const long = 'x'.repeat(300);
        for (const event of ['a/b', 'a.b', 'a_b', 'a b#?\\', 'ő', '', '__proto__', long, `${long}y`]) {
          expect(await statusOf(event, 'a'), event).to.equal('entered');
        }
        expect(await statusOf(long, 'b')).to.equal('busy');
      });

      it('add up where fifty come at once from two stores', async () => {
        await write(0);
        const stores = [store, another()];
        const entered = stores.flatMap((at, process) =>
          Array.from({ length: 25 }, async (_, index) => enter(at, `e${process}/${index}`, `p${process}`)),
        );
        const values = (await Promise.all(entered)).map((each) => (each.status === 'entered' ? each.value : 0));
        expect(new Set(values).size).to.equal(50);
        expect(epochOf(await store.read(THREAD))).to.equal(50);
      });

      it('keep the order of the thread over processes: the later one waits until the earlier one is left', async () => {
        expect(await enter(store, 'e1', 'a')).to.include({ mustWait: false });
        expect(await enter(another(), 'e2', 'b')).to.include({ mustWait: true });
        expect(await store.isNext(ticket('e1', 'a'))).to.equal('next');
        expect(await another().isNext(ticket('e2', 'b'))).to.equal('waiting');
        await store.leave(ticket('e1', 'a'), 'finished');
        expect(await another().isNext(ticket('e2', 'b'))).to.equal('next');
      });

      it('keep no other thread waiting, and no later event of the same process', async () => {
        await enter(store, 'e1', 'a');
        expect(await enter(store, 'e2', 'b', NEIGHBOUR)).to.include({ mustWait: false });
        expect(await enter(store, 'e3', 'a')).to.include({ mustWait: false });
      });

      it('put a process whose earlier events are finished behind the others', async () => {
        await enter(store, 'e1', 'a');
        await enter(store, 'e2', 'b');
        expect(await enter(store, 'e3', 'a'), 'behind e2').to.include({ mustWait: true });
        expect(await store.isNext(ticket('e3', 'a')), 'because of e1').to.equal('next');
        await store.leave(ticket('e1', 'a'), 'finished');
        expect(await store.isNext(ticket('e3', 'a'))).to.equal('waiting');
        await store.leave(ticket('e2', 'b'), 'finished');
        expect(await store.isNext(ticket('e3', 'a'))).to.equal('next');
      });

      it('hold up nobody when their lease is over, and keep their slot while it is renewed', async () => {
        await enter(store, 'e1', 'a');
        await enter(store, 'e2', 'b');
        clock.move(0.6 * LEASE_MS);
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS)).to.equal('renewed');
        expect(await store.renew(ticket('e2', 'b'), LEASE_MS)).to.equal('renewed');
        clock.move(0.6 * LEASE_MS);
        expect(await store.isNext(ticket('e2', 'b'))).to.equal('waiting');
        expect(await store.renew(ticket('e2', 'b'), LEASE_MS)).to.equal('renewed');
        clock.move(0.4 * LEASE_MS);
        expect(await store.isNext(ticket('e2', 'b'))).to.equal('next');
      });

      it('keep their slot after the end of their lease, if no other process has come: a process that stood still goes on', async () => {
        await enter(store, 'e1', 'a');
        clock.move(2 * LEASE_MS);
        await enter(store, 'e2', 'a');
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS)).to.equal('renewed');
        expect(await enter(another(), 'e3', 'b'), 'behind e1 and e2').to.include({ mustWait: true });
      });

      it('lose their slot after the end of their lease to another process that comes: they are told, and wait behind it', async () => {
        const other = another();
        await enter(store, 'e1', 'a');
        expect(await other.isNext(ticket('e2', 'b')), 'a storage without a clock counts from here').to.equal('waiting');
        clock.move(2 * LEASE_MS);
        expect(await enter(other, 'e2', 'b')).to.include({ mustWait: false });
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS)).to.equal('overtaken');
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS), 'once').to.equal('renewed');
        expect(await store.isNext(ticket('e1', 'a'))).to.equal('waiting');
        expect(await other.isNext(ticket('e2', 'b'))).to.equal('next');
        await other.leave(ticket('e2', 'b'), 'finished');
        expect(await store.isNext(ticket('e1', 'a'))).to.equal('next');
      });

      it('leave their slot when they are released', async () => {
        await enter(store, 'e1', 'a');
        await enter(store, 'e2', 'b');
        await store.leave(ticket('e1', 'a'), 'released');
        expect(await store.isNext(ticket('e2', 'b'))).to.equal('next');
        expect(await enter(store, 'e1', 'b')).to.include({ status: 'entered' });
      });

      it('count while nobody else has taken the event over, also when their lease is over', async () => {
        await enter(store, 'e1', 'a');
        expect(await store.readFor(ticket('e1', 'a'))).to.deep.equal({ record: recordWith(1), isOurs: true });
        clock.move(LEASE_MS);
        expect((await store.readFor(ticket('e1', 'a'))).isOurs).to.equal(true);
        expect((await store.readFor(ticket('never taken', 'a'))).isOurs).to.equal(true);
      });

      it('count no more when another process has taken the event over, or has finished it', async () => {
        await enter(store, 'e1', 'a');
        clock.move(LEASE_MS);
        await enter(store, 'e1', 'b');
        expect(await store.readFor(ticket('e1', 'a'))).to.deep.equal({ record: recordWith(2), isOurs: false });
        expect(await store.isNext(ticket('e1', 'a'))).to.equal('lost');
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS)).to.equal('busy');
        await store.leave(ticket('e1', 'b'), 'finished');
        expect((await another().readFor(ticket('e1', 'a'))).isOurs).to.equal(false);
        expect((await another().readFor(ticket('e1', 'b'))).isOurs, 'for a late word of the turn').to.equal(true);
        expect(await store.renew(ticket('e1', 'a'), LEASE_MS)).to.equal('done');
      });

      it('that were taken over say nothing about the event: the process that has it goes on', async () => {
        await enter(store, 'e1', 'a');
        clock.move(LEASE_MS);
        await enter(store, 'e1', 'b');
        await store.leave(ticket('e1', 'a'), 'finished');
        await store.leave(ticket('e1', 'a'), 'released');
        expect((await store.readFor(ticket('e1', 'b'))).isOurs).to.equal(true);
        expect(await statusOf('e1', 'c')).to.equal('busy');
      });

      it('finish an event late, where nobody has taken it over', async () => {
        await enter(store, 'e1', 'a');
        clock.move(LEASE_MS);
        await store.leave(ticket('e1', 'a'), 'finished');
        expect(await statusOf('e1', 'b')).to.equal('done');
      });
    });

    describe('deadlines', () => {
      const names = async (limit = 10, leaseMs = 1000, at = store): Promise<string[]> =>
        (await at.takeDue(clock.now(), limit, leaseMs)).map((due) => due.name);

      it('has none at the beginning', async () => {
        expect(await names()).to.deep.equal([]);
      });

      it('returns those that have come, whole and oldest first, and not those to come', async () => {
        await store.schedule({ thread: THREAD, name: 'late', atMs: START_MS + 900_000 });
        await store.schedule({ thread: THREAD, name: 'third', atMs: START_MS + 400_000 });
        await store.schedule({ thread: NEIGHBOUR, name: 'first', atMs: START_MS - 5 });
        await store.schedule({ thread: THREAD, name: 'second', atMs: START_MS + 10 });
        clock.move(400_000);
        expect(await store.takeDue(clock.now(), 10, 1000)).to.deep.equal([
          { thread: NEIGHBOUR, name: 'first', atMs: START_MS - 5 },
          { thread: THREAD, name: 'second', atMs: START_MS + 10 },
          { thread: THREAD, name: 'third', atMs: START_MS + 400_000 },
        ]);
      });

      it('comes at its millisecond and not before', async () => {
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS + 50 });
        clock.move(49);
        expect(await names()).to.deep.equal([]);
        clock.move(1);
        expect(await names()).to.deep.equal(['unclaimed']);
      });

      it('replaces the deadline of the same name, later or earlier, and of that thread only', async () => {
        await store.schedule({ thread: THREAD, name: 'idle', atMs: START_MS + 10 });
        await store.schedule({ thread: THREAD, name: 'idle', atMs: START_MS + 1_000_000 });
        await store.schedule({ thread: NEIGHBOUR, name: 'idle', atMs: START_MS + 900_000 });
        await store.schedule({ thread: NEIGHBOUR, name: 'idle', atMs: START_MS + 20 });
        clock.move(800_000);
        expect(await store.takeDue(clock.now(), 10, 500_000)).to.deep.equal([
          { thread: NEIGHBOUR, name: 'idle', atMs: START_MS + 20 },
        ]);
        clock.move(200_000);
        expect(await store.takeDue(clock.now(), 10, 500_000)).to.deep.equal([
          { thread: THREAD, name: 'idle', atMs: START_MS + 1_000_000 },
        ]);
      });

      it('hides what was taken from everybody for the lease, and then gives it again', async () => {
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS });
        expect(await names()).to.deep.equal(['unclaimed']);
        clock.move(999);
        expect(await names()).to.deep.equal([]);
        expect(await names(10, 1000, another())).to.deep.equal([]);
        clock.move(1);
        expect(await names(10, 1000, another())).to.deep.equal(['unclaimed']);
      });

      it('gives a deadline again after hours in which nobody looked, and again', async () => {
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS });
        for (let day = 0; day < 3; day += 1) {
          clock.move(24 * 60 * 60 * 1000);
          expect(await names()).to.deep.equal(['unclaimed']);
        }
      });

      it('shows a deadline that is scheduled anew at once, even at the same time', async () => {
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS });
        await names();
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS });
        expect(await names()).to.deep.equal(['unclaimed']);
      });

      it('drops a deadline that is unscheduled, taken or not', async () => {
        await store.schedule({ thread: THREAD, name: 'taken', atMs: START_MS });
        await names();
        await store.schedule({ thread: THREAD, name: 'waiting', atMs: START_MS });
        await store.unschedule(THREAD, 'taken');
        await another().unschedule(THREAD, 'waiting');
        await store.unschedule(THREAD, 'never there');
        clock.move(5000);
        expect(await names()).to.deep.equal([]);
      });

      it('takes no more than the limit, and the others after them', async () => {
        for (const psid of ['1', '2', '3']) {
          await store.schedule({ thread: { pageId: '1776', psid }, name: `of ${psid}`, atMs: START_MS + Number(psid) });
        }
        clock.move(10);
        expect(await names(0)).to.deep.equal([]);
        expect(await names(2)).to.deep.equal(['of 1', 'of 2']);
        expect(await names(2)).to.deep.equal(['of 3']);
      });

      it('gives each deadline to one of two takers at once', async () => {
        const psids = Array.from({ length: 12 }, (_, i) => String(i));
        for (const psid of psids) {
          await store.schedule({ thread: { pageId: '1776', psid }, name: psid, atMs: START_MS });
        }
        const taken = await Promise.all([names(12, 1000), names(12, 1000, another())]);
        expect(taken.flat().sort()).to.deep.equal([...psids].sort());
      });

      it('is independent of the record: a thread without one has deadlines, and neither disturbs the other', async () => {
        await store.schedule({ thread: THREAD, name: 'unclaimed', atMs: START_MS });
        expect(await store.read(THREAD)).to.equal(undefined);
        await write(3);
        await store.schedule({ thread: THREAD, name: 'idle', atMs: START_MS + 1 });
        expect(epochOf(await store.read(THREAD))).to.equal(3);
        clock.move(1);
        expect(await names()).to.deep.equal(['unclaimed', 'idle']);
      });
    });

    describe('two bots in one place', () => {
      const bot = (appId: string, at = store): ThreadStore => at.forBot({ appId, log: quietLogger, faultOf });

      it('never see each other’s records, open handovers, events and deadlines', async () => {
        const [one, two] = [bot('24012345678901237'), bot('27012345678901239')];
        await one.update(THREAD, () => ({ record: recordWith(7, ID), value: undefined }));
        await take(one, ticketOf('e1', 'a', THREAD));
        await finish(one, ticketOf('e2', 'a', THREAD));
        await one.schedule({ thread: THREAD, name: 'idle', atMs: START_MS });
        expect(await two.read(THREAD)).to.equal(undefined);
        expect(await two.findHandover(ID)).to.equal(undefined);
        expect(await two.listOpen(10)).to.deep.equal([]);
        expect(await take(two, ticketOf('e1', 'b', THREAD))).to.equal('entered');
        expect(await take(two, ticketOf('e2', 'b', THREAD))).to.equal('entered');
        expect(await two.takeDue(START_MS, 10, 1000)).to.deep.equal([]);
        await two.forget(THREAD);
        expect(epochOf(await one.read(THREAD))).to.equal(7);
        expect(await one.findHandover(ID)).to.deep.equal(THREAD);
        expect(await one.takeDue(START_MS, 10, 1000)).to.have.length(1);
      });

      it('are one where they have the same app id, for all of its Pages', async () => {
        const pages = [THREAD, { pageId: '1812', psid: '4001' }];
        for (const thread of pages) {
          await bot('263').update(thread, () => ({ record: recordWith(7), value: undefined }));
          expect(epochOf(await bot('263', another()).read(thread))).to.equal(7);
        }
      });

      it('are told apart whatever their ids are', async () => {
        const ids = ['1', '1/2', '1:2', '{1}', '1.2', 'a b', 'ő'];
        for (const [index, id] of ids.entries()) {
          await bot(id).update(THREAD, () => ({ record: recordWith(index), value: undefined }));
        }
        for (const [index, id] of ids.entries()) expect(epochOf(await bot(id).read(THREAD)), id).to.equal(index);
      });
    });

    (abilities.isShared === true ? describe : leaveOut)('a record that cannot be read', () => {
      const said: string[] = [];
      const bot = (at: ThreadStore): ThreadStore =>
        at.forBot({ appId: '263', log: loggerInto(said, 'error'), faultOf });
      const wrong: Record<string, unknown> = {
        'an epoch that is a text': { epoch: '3' },
        'fields of another version': { v: 2, owner: 'vccLive' },
        'a list': [1, 2],
        'a text': 'vccLive',
      };
      /** Another process writes what this one cannot read. */
      const leave = (body: unknown, openHandoverId?: string): Promise<void> =>
        bot(another()).update(THREAD, () => ({ record: { ...recordWith(1, openHandoverId), body }, value: undefined }));

      beforeEach(() => {
        said.length = 0;
      });

      for (const [what, record] of Object.entries(wrong)) {
        it(`for it is or has ${what} is set aside once, and its thread begins anew`, async () => {
          await leave(record);
          const mine = bot(store);
          expect(await mine.read(THREAD)).to.equal(undefined);
          expect(await grow(mine)).to.equal(1);
          expect(await grow(bot(another()))).to.equal(2);
          const [aside, ...more] = await mine.listSetAside(10);
          expect([aside?.thread, more]).to.deep.equal([THREAD, []]);
          expect(said).to.have.lengthOf(1);
          expect(said[0]).to.include(threadLabel(THREAD)).and.include(aside?.where).and.not.include(THREAD.psid);
        });
      }

      it('is set aside and told by one of several processes that meet it at once', async () => {
        await write(5, NEIGHBOUR);
        await leave({ epoch: [] });
        const values = await Promise.all([bot(store), bot(another()), bot(another())].map(grow));
        expect(values.sort()).to.deep.equal([1, 2, 3]);
        expect([said.length, (await bot(store).listSetAside(10)).length]).to.deep.equal([1, 1]);
      });

      it('is no open handover, and leaves with its customer', async () => {
        await leave({ epoch: 'unheard of' }, ID);
        const mine = bot(store);
        await grow(mine);
        expect([await mine.findHandover(ID), await mine.listOpen(10)]).to.deep.equal([undefined, []]);
        await mine.forget(THREAD);
        expect(await mine.listSetAside(10)).to.deep.equal([]);
      });

      it('can be forgotten before anybody met it', async () => {
        await leave(['x']);
        await bot(store).forget(THREAD);
        expect(await grow(bot(store))).to.equal(1);
        expect(await bot(store).listSetAside(10)).to.deep.equal([]);
      });

      it('is kept aside as long as a record is', async () => {
        await leave(['x']);
        await grow(bot(store));
        clock.move(LIFETIMES.recordTtlMs);
        expect(await bot(store).listSetAside(10)).to.deep.equal([]);
      });
    });

    describe('a customer who is forgotten', () => {
      const ANNA: ThreadKey = { pageId: '1776', psid: 'Anna-24601998877' };
      const bot = (): ThreadStore => store.forBot({ appId: '263', log: quietLogger, faultOf });
      const isNamed = async (): Promise<boolean> => (await everything?.())?.includes(ANNA.psid) === true;

      it('is named nowhere, whatever there was', async () => {
        const mine = bot();
        const remember = (body: object, handoverId?: string): Promise<void> =>
          mine.update(ANNA, () => ({ record: { ...recordWith(1, handoverId), body }, value: undefined }));
        await remember({ unreadable: ANNA.psid }, 'a handover that nobody can read');
        await remember({ epoch: 1, reference: ANNA.psid }, OTHER_ID);
        await remember({ epoch: 2, reference: ANNA.psid }, ID);
        for (const name of ['taken', 'waiting']) await mine.schedule({ thread: ANNA, name, atMs: START_MS });
        await mine.takeDue(START_MS, 1, 1000);
        await finish(mine, ticketOf('finished', 'a', ANNA));
        await take(mine, ticketOf('of a process that died', 'b', ANNA));
        clock.move(1000);
        await mine.forget(ANNA);
        expect(await isNamed()).to.equal(false);
      });

      it('is named by nothing that a turn leaves behind which was running', async () => {
        const mine = bot();
        await take(mine, ticketOf('running', 'a', ANNA));
        await mine.forget(ANNA);
        await mine.leave(ticketOf('running', 'a', ANNA), 'finished');
        expect(await isNamed()).to.equal(false);
      });
    });
  });
}

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';
/** Tests of what a store need not be able to do. */
function leaveOut(_title: string, _tests: () => void): void {
  // Nothing is described, so nothing counts as skipped.
}

/** What a promise rejects with; fails where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('it should have rejected'),
    (error: unknown) => error,
  );
}

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
