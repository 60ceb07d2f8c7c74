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
import type { ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import type { Logger } from '../../src/thread/logger.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { threadLabel } from '../../src/thread/thread-label.js';

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

/** A record that can be told from others by its epoch. */
export function recordWith(epoch: number): ThreadRecord {
  return { ...emptyRecord, epoch };
}

/**
 * Describes the contract for one sort of store. Each test gets a backing of its own.
 * @param abilities `claimsWithChange`: the optional methods that the store has; `isShared`: others may write where it keeps things
 */
export function threadStoreContract(
  name: string,
  makeBacking: (clock: Clock, lifetimes: Lifetimes) => SharedBacking,
  abilities: { readonly claimsWithChange?: boolean; readonly isShared?: boolean } = {},
): void {
  describe(`${name} keeps the contract of a thread store`, () => {
    let clock: HandClock;
    let store: ThreadStore;
    let another: () => ThreadStore;

    beforeEach(() => {
      clock = handClock();
      const backing = makeBacking(clock, LIFETIMES);
      store = backing.store;
      another = backing.another;
    });

    const write = (epoch: number, thread = THREAD): Promise<void> =>
      store.update(thread, () => ({ record: recordWith(epoch), value: undefined }));
    const grow = (at: ThreadStore): Promise<number> =>
      at.update(THREAD, (current) => {
        const epoch = (current?.epoch ?? 0) + 1;
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
        expect((await store.read({ pageId: '11', psid: '2' }))?.epoch).to.equal(1);
        expect((await store.read({ pageId: '1', psid: '12' }))?.epoch).to.equal(2);
        expect((await store.read({ pageId: '1/1', psid: '2' }))?.epoch).to.equal(3);
        expect((await store.read({ pageId: '1', psid: '1/2' }))?.epoch).to.equal(4);
      });

      it('resolves an update with the value, and leaves the record where the change makes none', async () => {
        await write(3);
        expect(await store.update(THREAD, (current) => ({ record: undefined, value: current?.epoch }))).to.equal(3);
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
        expect((await store.read(THREAD))?.epoch).to.equal(50);
        expect(new Set(values).size, 'each update saw the one before').to.equal(50);
      });

      it('adds up fifty parallel updates of two stores on a record that exists', async () => {
        await write(100);
        const stores = [store, another()];
        const values = await Promise.all(stores.flatMap((at) => Array.from({ length: 25 }, () => grow(at))));
        expect((await store.read(THREAD))?.epoch).to.equal(150);
        expect(new Set(values).size).to.equal(50);
      });

      it('keeps any record as JSON keeps it', async () => {
        await fc.assert(
          fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'binary' }), async (reference, metadata) => {
            const record: ThreadRecord = {
              ...emptyRecord,
              recordedOwner: 'vccLive',
              open: { ...OPEN, metadata, reference },
            };
            await store.update(THREAD, () => ({ record, value: undefined }));
            expect(asJson(await store.read(THREAD))).to.deep.equal(asJson(record));
          }),
          { numRuns: 20, seed: 7 },
        );
      });

      it('bears properties that are undefined', async () => {
        const loose = { ...emptyRecord, evidence: { activityAt: undefined }, recordedAppId: undefined };
        await store.update(THREAD, () => ({ record: loose as unknown as ThreadRecord, value: undefined }));
        expect(asJson(await store.read(THREAD))).to.deep.equal(asJson(emptyRecord));
      });

      it('lets a record expire, counted from when it was last written', async () => {
        await write(3);
        clock.move(LIFETIMES.recordTtlMs - 1);
        expect((await store.read(THREAD))?.epoch).to.equal(3);
        await write(4);
        clock.move(LIFETIMES.recordTtlMs - 1);
        expect((await store.read(THREAD))?.epoch).to.equal(4);
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
        expect((await store.read(NEIGHBOUR))?.epoch).to.equal(5);
        expect((await store.takeDue(clock.now(), 10, 1000)).map((due) => due.thread)).to.deep.equal([NEIGHBOUR]);
        await store.forget(THREAD);
      });
    });

    describe('open handovers', () => {
      const open = (id: string, thread = THREAD, at = store): Promise<void> =>
        at.update(thread, () => ({ record: { ...emptyRecord, open: { ...OPEN, id } }, value: undefined }));
      const close = (thread = THREAD, at = store): Promise<string | undefined> =>
        at.update(thread, (current) => {
          const { open: closed, ...record } = current ?? emptyRecord;
          return { record, value: closed?.id };
        });
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
          record: { ...(current ?? emptyRecord), epoch: 9 },
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

    describe('claims', () => {
      it('gives an event to one holder and tells the others until when', async () => {
        expect(await store.claim('e1', 'a', 1000)).to.deep.equal({ status: 'claimed' });
        expect(await another().claim('e1', 'b', 1000)).to.deep.equal({ status: 'busy', untilMs: START_MS + 1000 });
        expect(await store.claim('e2', 'b', 1000)).to.deep.equal({ status: 'claimed' });
      });

      it('gives an event to one of ten holders that ask at once', async () => {
        const states = await Promise.all(Array.from({ length: 10 }, (_, i) => store.claim('e1', `h${i}`, 1000)));
        expect(states.filter((state) => state.status === 'claimed')).to.have.length(1);
        expect(states.filter((state) => state.status === 'busy')).to.have.length(9);
      });

      it('renews the lease of the same holder', async () => {
        await store.claim('e1', 'a', 1000);
        clock.move(600);
        expect(await store.claim('e1', 'a', 1000)).to.deep.equal({ status: 'claimed' });
        clock.move(600);
        expect(await store.claim('e1', 'b', 1000)).to.deep.equal({ status: 'busy', untilMs: START_MS + 1600 });
      });

      it('gives an event to another holder when the lease is over', async () => {
        await store.claim('e1', 'a', 1000);
        clock.move(1000);
        expect(await store.claim('e1', 'b', 1000)).to.deep.equal({ status: 'claimed' });
        expect((await store.claim('e1', 'a', 1000)).status).to.equal('busy');
      });

      it('says done of a finished event to everybody, the holder too', async () => {
        await store.claim('e1', 'a', 1000);
        await store.finish('e1', 'a');
        expect(await another().claim('e1', 'b', 1000)).to.deep.equal({ status: 'done' });
        expect(await store.claim('e1', 'a', 1000)).to.deep.equal({ status: 'done' });
      });

      it('finishes an event for a holder that lost its lease: the work is done all the same', async () => {
        await store.claim('e1', 'a', 1000);
        clock.move(1000);
        await store.claim('e1', 'b', 1000);
        await store.finish('e1', 'a');
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('done');
      });

      it('finishes an event that nobody claimed', async () => {
        await store.finish('e1', 'a');
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('done');
      });

      it('releases an event for the next holder, at once', async () => {
        await store.claim('e1', 'a', 1000);
        await store.release('e1', 'a');
        expect(await store.claim('e1', 'b', 1000)).to.deep.equal({ status: 'claimed' });
      });

      it('does not release what another holder has, nor what is finished, nor what nobody has', async () => {
        await store.claim('e1', 'a', 1000);
        await store.release('e1', 'b');
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('busy');
        await store.finish('e1', 'a');
        await store.release('e1', 'a');
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('done');
        await store.release('e2', 'a');
      });

      it('remembers a finished event for as long as it was told to', async () => {
        await store.claim('e1', 'a', 1000);
        await store.finish('e1', 'a');
        clock.move(LIFETIMES.claimRetentionMs - 1);
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('done');
        clock.move(1);
        expect((await store.claim('e1', 'b', 1000)).status).to.equal('claimed');
      });

      it('takes event keys of any text and length', async () => {
        const long = 'x'.repeat(300);
        for (const event of ['a/b', 'a.b', 'a_b', 'a b#?\\', 'ő', long, `${long}y`]) {
          expect((await store.claim(event, 'a', 1000)).status, event).to.equal('claimed');
        }
        expect((await store.claim(long, 'b', 1000)).status).to.equal('busy');
      });
    });

    const atOnce = abilities.claimsWithChange === true ? describe : leaveOut;
    atOnce('claims that bring a change', () => {
      const claimAndGrow = (at: ThreadStore, event: string, holder: string, thread = THREAD) =>
        at.claimAndUpdate!({ event, holder, leaseMs: 1000, thread }, (current) => {
          const epoch = (current?.epoch ?? 0) + 1;
          return { record: recordWith(epoch), value: epoch };
        });

      it('claim and change', async () => {
        expect(await claimAndGrow(store, 'e1', 'a')).to.deep.equal({ status: 'claimed', value: 1, mustWait: false });
        expect((await another().read(THREAD))?.epoch).to.equal(1);
        expect((await another().claim('e1', 'b', 1000)).status).to.equal('busy');
      });

      it('see what others wrote, known or not', async () => {
        await write(5);
        expect(await claimAndGrow(another(), 'e1', 'a')).to.include({ value: 6 });
        expect(await claimAndGrow(store, 'e2', 'b')).to.include({ value: 7 });
        expect(await claimAndGrow(store, 'e3', 'b')).to.include({ value: 8 });
      });

      it('change nothing where the event is not to be had', async () => {
        await store.claim('e1', 'a', 1000);
        await store.finish('e2', 'a');
        expect(await claimAndGrow(another(), 'e1', 'b')).to.deep.equal({ status: 'busy', untilMs: START_MS + 1000 });
        expect(await claimAndGrow(store, 'e2', 'b')).to.deep.equal({ status: 'done' });
        expect(await store.read(THREAD)).to.equal(undefined);
      });

      it('may leave the record as it is', async () => {
        await write(3);
        const claim = { event: 'e1', holder: 'a', leaseMs: 1000, thread: THREAD };
        const claimed = await another().claimAndUpdate!(claim, (current) => ({
          record: undefined,
          value: current?.epoch,
        }));
        expect(claimed).to.include({ status: 'claimed', value: 3 });
        expect((await store.read(THREAD))?.epoch).to.equal(3);
      });

      it('add up where fifty come at once from two stores', async () => {
        const stores = [store, another()];
        const claims = stores.flatMap((at, process) =>
          Array.from({ length: 25 }, (_, index) => claimAndGrow(at, `e${process}/${index}`, `h${process}`)),
        );
        const values = (await Promise.all(claims)).map((claim) => (claim.status === 'claimed' ? claim.value : 0));
        expect(new Set(values).size).to.equal(50);
        expect((await store.read(THREAD))?.epoch).to.equal(50);
      });

      it('keep the order of the thread over its holders: the later one waits until the earlier one is done', async () => {
        expect(await claimAndGrow(store, 'e1', 'a')).to.include({ mustWait: false });
        expect(await claimAndGrow(another(), 'e2', 'b')).to.include({ mustWait: true });
        expect(await store.isTurnOf!(THREAD, 'a')).to.equal(true);
        expect(await store.isTurnOf!(THREAD, 'b')).to.equal(false);
        await store.finish('e1', 'a', THREAD);
        expect(await store.isTurnOf!(THREAD, 'b')).to.equal(true);
      });

      it('keep no other thread waiting, and no later event of the same holder', async () => {
        await claimAndGrow(store, 'e1', 'a');
        expect(await claimAndGrow(store, 'e2', 'b', NEIGHBOUR)).to.include({ mustWait: false });
        expect(await claimAndGrow(store, 'e3', 'a')).to.include({ mustWait: false });
      });

      it('go back in the line for a holder whose earlier events are done', async () => {
        await claimAndGrow(store, 'e1', 'a');
        await claimAndGrow(store, 'e2', 'b');
        expect(await claimAndGrow(store, 'e3', 'a'), 'behind e2').to.include({ mustWait: true });
        expect(await store.isTurnOf!(THREAD, 'a'), 'because of e1').to.equal(true);
        await store.finish('e1', 'a', THREAD);
        expect(await store.isTurnOf!(THREAD, 'a')).to.equal(false);
        await store.finish('e2', 'b', THREAD);
        expect(await store.isTurnOf!(THREAD, 'a')).to.equal(true);
      });

      it('hold up nobody when their lease is over, and keep their place while it is renewed', async () => {
        await claimAndGrow(store, 'e1', 'a');
        await claimAndGrow(store, 'e2', 'b');
        clock.move(600);
        await store.claim('e1', 'a', 1000, THREAD);
        await store.claim('e2', 'b', 1000, THREAD);
        clock.move(600);
        expect(await store.isTurnOf!(THREAD, 'b')).to.equal(false);
        await store.claim('e2', 'b', 1000, THREAD);
        clock.move(400);
        expect(await store.isTurnOf!(THREAD, 'b')).to.equal(true);
      });

      it('leave their place when they are given back', async () => {
        await claimAndGrow(store, 'e1', 'a');
        await claimAndGrow(store, 'e2', 'b');
        await store.release('e1', 'a', THREAD);
        expect(await store.isTurnOf!(THREAD, 'b')).to.equal(true);
        expect(await claimAndGrow(store, 'e1', 'b')).to.include({ status: 'claimed' });
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
        expect((await store.read(THREAD))?.epoch).to.equal(3);
        clock.move(1);
        expect(await names()).to.deep.equal(['unclaimed', 'idle']);
      });
    });

    describe('two bots in one place', () => {
      const bot = (appId: string, at = store): ThreadStore => at.forBot({ appId, log: silent });

      it('never see each other’s records, open handovers, events and deadlines', async () => {
        const [one, two] = [bot('24012345678901237'), bot('27012345678901239')];
        await one.update(THREAD, () => ({ record: { ...recordWith(7), open: OPEN }, value: undefined }));
        await one.claim('e1', 'a', 1000);
        await one.finish('e2', 'a');
        await one.schedule({ thread: THREAD, name: 'idle', atMs: START_MS });
        expect(await two.read(THREAD)).to.equal(undefined);
        expect(await two.findHandover(ID)).to.equal(undefined);
        expect(await two.listOpen(10)).to.deep.equal([]);
        expect(await two.claim('e1', 'b', 1000)).to.deep.equal({ status: 'claimed' });
        expect(await two.claim('e2', 'b', 1000)).to.deep.equal({ status: 'claimed' });
        expect(await two.takeDue(START_MS, 10, 1000)).to.deep.equal([]);
        await two.forget(THREAD);
        expect((await one.read(THREAD))?.epoch).to.equal(7);
        expect(await one.findHandover(ID)).to.deep.equal(THREAD);
        expect(await one.takeDue(START_MS, 10, 1000)).to.have.length(1);
      });

      it('are one where they have the same app id, for all of its Pages', async () => {
        const pages = [THREAD, { pageId: '1812', psid: '4001' }];
        for (const thread of pages) {
          await bot('263').update(thread, () => ({ record: recordWith(7), value: undefined }));
          expect((await bot('263', another()).read(thread))?.epoch).to.equal(7);
        }
      });

      it('are told apart whatever their ids are', async () => {
        const ids = ['1', '1/2', '1:2', '{1}', '1.2', 'a b', 'ő'];
        for (const [index, id] of ids.entries()) {
          await bot(id).update(THREAD, () => ({ record: recordWith(index), value: undefined }));
        }
        for (const [index, id] of ids.entries()) expect((await bot(id).read(THREAD))?.epoch, id).to.equal(index);
      });
    });

    (abilities.isShared === true ? describe : leaveOut)('a record that cannot be read', () => {
      const said: string[] = [];
      const bot = (at: ThreadStore): ThreadStore =>
        at.forBot({ appId: '263', log: { ...silent, error: (line) => said.push(line) } });
      const wrong: Record<string, unknown> = {
        'evidence that is a text': { ...emptyRecord, evidence: 'us' },
        'an epoch that is a text': { ...emptyRecord, epoch: '3' },
        'an open handover without a phase': { ...emptyRecord, open: { ...OPEN, phase: undefined } },
        'fields of another version': { v: 2, owner: 'vccLive' },
        'a list': [1, 2],
        'a text': 'vccLive',
      };
      /** Another process writes what this one cannot read. */
      const leave = (record: unknown): Promise<void> =>
        bot(another()).update(THREAD, () => ({ record: record as ThreadRecord, value: undefined }));

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
        await leave({ ...emptyRecord, epoch: [] });
        const values = await Promise.all([bot(store), bot(another()), bot(another())].map(grow));
        expect(values.sort()).to.deep.equal([1, 2, 3]);
        expect([said.length, (await bot(store).listSetAside(10)).length]).to.deep.equal([1, 1]);
      });

      it('is no open handover, and leaves with its customer', async () => {
        await leave({ ...emptyRecord, open: { ...OPEN, phase: 'unheard of' } });
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
  });
}

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba9876543210fedcba9876543210';
/** Tests of what a store need not be able to do. */
function leaveOut(_title: string, _tests: () => void): void {
  // Nothing is described, so nothing counts as skipped.
}

const OPEN = {
  id: ID,
  phase: 'passed',
  cause: 'e1',
  run: 'r1',
  armedAt: START_MS,
  startedAtMs: START_MS,
  noticeSent: true,
  targetAppId: '263',
  metadata: '',
  dialogWaits: true,
} as const;

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
