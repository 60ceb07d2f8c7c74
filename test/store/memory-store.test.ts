import { expect } from 'chai';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { InvalidOptionError } from '../../src/thread/errors.js';
import type { StoredRecord } from '../../src/thread/store.js';
import { handClock, recordWith, threadStoreContract } from './thread-store-contract.js';

threadStoreContract('MemoryThreadStore', (clock, lifetimes) => {
  const store = new MemoryThreadStore({ ...lifetimes, now: () => clock.now() });
  return { store, another: () => store };
});

const customer = (psid: number | string) => ({ pageId: '1776', psid: String(psid) });
const put = (store: MemoryThreadStore, psid: number | string, record: StoredRecord = recordWith(1)) =>
  store.update(customer(psid), () => ({ record, value: undefined }));
const knows = async (store: MemoryThreadStore, psid: number | string) =>
  (await store.read(customer(psid))) !== undefined;

const withAgent: StoredRecord = { forgettable: false, body: { epoch: 1 } };
const armed = recordWith(1, 'f'.repeat(32));

import { finish, take, ticketOf } from './tickets.js';

describe('MemoryThreadStore stays within bounds', () => {
  it('lets the thread go that was used longest ago, and counts reading as use', async () => {
    const store = new MemoryThreadStore({ maxThreads: 2 });
    await put(store, 1);
    await put(store, 2);
    await store.read(customer(1));
    await put(store, 3);
    expect(await knows(store, 2)).to.equal(false);
    expect(await knows(store, 1)).to.equal(true);
    expect(await knows(store, 3)).to.equal(true);
  });

  it('keeps open handovers and threads of other apps while others leave', async () => {
    const store = new MemoryThreadStore({ maxThreads: 3 });
    await put(store, 'agent', withAgent);
    await put(store, 'armed', armed);
    for (let psid = 0; psid < 20; psid += 1) await put(store, psid);
    expect(await knows(store, 'agent')).to.equal(true);
    expect(await knows(store, 'armed')).to.equal(true);
    expect(await knows(store, 19)).to.equal(true);
    expect(store.threadCount).to.equal(3);
  });

  it('knows no handover of a thread that expired while others were written', async () => {
    const clock = handClock();
    const store = new MemoryThreadStore({ recordTtlMs: 1000, now: () => clock.now() });
    await put(store, 'armed', armed);
    clock.move(1000);
    await put(store, 1);
    expect(store.threadCount).to.equal(1);
    expect(await store.findHandover('f'.repeat(32))).to.equal(undefined);
    expect(await store.listOpen(10)).to.deep.equal([]);
  });

  it('lets a thread leave like any other once its handover is over', async () => {
    const store = new MemoryThreadStore({ maxThreads: 2 });
    await put(store, 'armed', armed);
    await put(store, 'armed', recordWith(2));
    await put(store, 1);
    await put(store, 2);
    expect(await knows(store, 'armed')).to.equal(false);
    expect(store.threadCount).to.equal(2);
  });

  it('grows where every thread is with an agent, still keeps the newest other one, and shrinks when their time is over', async () => {
    const clock = handClock();
    const store = new MemoryThreadStore({ maxThreads: 2, recordTtlMs: 1000, now: () => clock.now() });
    for (let psid = 0; psid < 5; psid += 1) await put(store, psid, withAgent);
    expect(store.threadCount).to.equal(5);
    await put(store, 'new');
    expect(await knows(store, 'new')).to.equal(true);
    await put(store, 'newer');
    expect(await knows(store, 'new')).to.equal(false);
    clock.move(1000);
    await put(store, 'newest');
    expect(store.threadCount).to.equal(1);
  });

  it('stays bounded and quick under a flood of 200,000 unknown threads, and keeps the one with the agent', async function () {
    this.timeout(30_000);
    const store = new MemoryThreadStore({ maxThreads: 50_000 });
    await put(store, 'agent', withAgent);
    for (let psid = 0; psid < 200_000; psid += 1) await put(store, psid);
    expect(store.threadCount).to.equal(50_000);
    expect(await knows(store, 'agent')).to.equal(true);
    expect(await knows(store, 199_999)).to.equal(true);
    expect(await knows(store, 199_999 - 49_999)).to.equal(false);
  });

  it('lets finished events go before events that are worked on', async () => {
    const store = new MemoryThreadStore({ maxClaims: 3 });
    await take(store, ticketOf('working', 'a'), 60_000);
    await finish(store, ticketOf('done 1', 'a'));
    await finish(store, ticketOf('done 2', 'a'));
    await finish(store, ticketOf('done 3', 'a'));
    expect(store.claimCount).to.equal(3);
    expect(await take(store, ticketOf('working', 'b'), 1)).to.equal('busy');
    expect(await take(store, ticketOf('done 2', 'b'), 1)).to.equal('done');
    expect(await take(store, ticketOf('done 1', 'b'), 1)).to.equal('entered');
  });

  it('grows rather than lets go of a live lease, and lets go of it when it has ended and another process comes', async () => {
    const clock = handClock();
    const store = new MemoryThreadStore({ maxClaims: 2, now: () => clock.now() });
    for (const event of ['1', '2', '3']) await take(store, ticketOf(event, 'a'), 1000);
    expect(store.claimCount).to.equal(3);
    clock.move(1000);
    await take(store, ticketOf('4', 'b'), 1000);
    expect(store.claimCount).to.equal(1);
  });

  it('gives room back when finished events are too old to be remembered', async () => {
    const clock = handClock();
    const store = new MemoryThreadStore({ claimRetentionMs: 1000, now: () => clock.now() });
    for (const event of ['1', '2', '3']) await finish(store, ticketOf(event, 'a'));
    clock.move(1000);
    await finish(store, ticketOf('4', 'a'));
    expect(store.claimCount).to.equal(1);
  });

  it('refuses bounds that are none, and says which', () => {
    for (const option of ['maxThreads', 'recordTtlMs', 'maxClaims', 'claimRetentionMs'] as const) {
      for (const value of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => new MemoryThreadStore({ [option]: value }))
          .to.throw(InvalidOptionError)
          .with.property('option', option);
      }
    }
  });
});

describe('What every event asks of a MemoryThreadStore', () => {
  it('is answered at once, without a promise, and counts for whoever asks later', async () => {
    const store = new MemoryThreadStore();
    const ticket = ticketOf('e1', 'me', customer(1));
    const entered = store.enter(ticket, 1000, () => ({ record: recordWith(2), value: 'entered it' }));
    expect(entered).to.deep.equal({ status: 'entered', value: 'entered it', mustWait: false });
    expect(store.readFor(ticket)).to.deep.equal({ record: recordWith(2), isOurs: true });
    expect(await take(store, ticketOf('e1', 'another', customer(1)))).to.equal('busy');
    store.leave(ticket, 'finished');
    expect(await take(store, ticketOf('e1', 'another', customer(1)))).to.equal('done');
    expect(await store.read(customer(1))).to.deep.equal(recordWith(2));
  });

  it('keeps what an agent has while others leave, also if it was the bot’s before', () => {
    const store = new MemoryThreadStore({ maxThreads: 2 });
    const write = (psid: string, record: StoredRecord): void =>
      void store.enter(ticketOf(`e${psid}`, 'me', customer(psid)), 1000, () => ({ record, value: undefined }));
    const read = (psid: string) => store.readFor(ticketOf('any', 'me', customer(psid))).record;
    write('agent', recordWith(1));
    write('agent', withAgent);
    for (let psid = 0; psid < 5; psid += 1) write(`${psid}`, recordWith(1));
    expect(read('agent')).to.deep.equal(withAgent);
    expect(read('3')).to.equal(undefined);
    expect(read('4')).to.deep.equal(recordWith(1));
  });

  it('lets finished events go, the oldest first; one that is finished again keeps its place', async () => {
    const store = new MemoryThreadStore({ maxClaims: 2 });
    for (const event of ['a', 'b', 'a', 'c']) store.leave(ticketOf(event, 'me'), 'finished');
    const statuses = [];
    for (const event of ['c', 'b', 'a']) statuses.push(await take(store, ticketOf(event, 'another')));
    expect(statuses).to.deep.equal(['done', 'done', 'entered']);
  });
});
