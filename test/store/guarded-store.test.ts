/** Whatever a store of the user's own rejects with means the same. */
import { expect } from 'chai';
import { guardedStore } from '../../src/store/guarded-store.js';
import { MemoryThreadStore } from '../../src/store/memory-store.js';
import { HandoverError, StoreError } from '../../src/thread/errors.js';
import { recordWith } from './thread-store-contract.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { take, ticketOf } from './tickets.js';

const THREAD = { pageId: '1', psid: '2' };
const OPERATIONS: [keyof ThreadStore, unknown[]][] = [
  ['read', [THREAD]],
  ['update', [THREAD, () => ({ record: undefined, value: 1 })]],
  ['findHandover', ['0123456789abcdef0123456789abcdef']],
  ['listOpen', [10]],
  ['forget', [THREAD]],
  ['enter', [ticketOf('e', 'p'), 1, () => ({ record: undefined, value: 1 })]],
  ['isNext', [ticketOf('e', 'p')]],
  ['renew', [ticketOf('e', 'p'), 1]],
  ['leave', [ticketOf('e', 'p'), 'finished']],
  ['readFor', [ticketOf('e', 'p')]],
  ['schedule', [{ thread: THREAD, name: 'n', atMs: 1 }]],
  ['unschedule', [THREAD, 'n']],
  ['takeDue', [1, 1, 1]],
];

async function call(store: ThreadStore, [name, args]: [keyof ThreadStore, unknown[]]): Promise<unknown> {
  return (store[name] as (...given: unknown[]) => Promise<unknown>)(...args);
}

function broken(fail: () => unknown): ThreadStore {
  return Object.fromEntries(OPERATIONS.map(([name]) => [name, fail])) as unknown as ThreadStore;
}

const rejection = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe('guardedStore', () => {
  it("makes a StoreError of any rejection, names the operation, and tells the store's own words", async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (const operation of OPERATIONS) {
      for (const fail of [
        () => Promise.reject(cause),
        () => {
          throw cause;
        },
      ]) {
        const error = await rejection(call(guardedStore(broken(fail)), operation));
        expect(error).to.be.instanceOf(StoreError);
        expect(error).to.include({ code: 'storeUnavailable', operation: operation[0], reason: cause.message });
        expect(error.cause).to.include({ code: cause.code, message: cause.message });
      }
    }
  });

  it("leaves the package's own errors as they are", async () => {
    const conflict = new StoreError('storeConflict', 'update');
    const store = guardedStore(broken(() => Promise.reject(conflict)));
    for (const operation of OPERATIONS) expect(await rejection(call(store, operation))).to.equal(conflict);
  });

  it('does not take a mistake in the change for a fault of the store', async () => {
    const mistake = new TypeError('a mistake of ours');
    const store = guardedStore(new MemoryThreadStore());
    const error = await rejection(
      store.update(THREAD, () => {
        throw mistake;
      }),
    );
    expect(error).to.equal(mistake);
    expect(error).to.not.be.instanceOf(HandoverError);
  });

  it('passes everything through where nothing fails', async () => {
    const store = guardedStore(new MemoryThreadStore());
    expect(await store.update(THREAD, (current) => ({ record: recordWith(1), value: current }))).to.equal(undefined);
    expect(await store.read(THREAD)).to.deep.equal(recordWith(1));
    expect(await take(store, ticketOf('e', 'p'))).to.equal('entered');
    expect(await store.renew(ticketOf('e', 'p'), 1000)).to.equal('renewed');
    expect(await store.isNext(ticketOf('e', 'p'))).to.equal('next');
    expect((await store.readFor(ticketOf('e', 'p'))).isOurs).to.equal(true);
    await store.leave(ticketOf('e', 'p'), 'finished');
    expect(await take(store, ticketOf('e', 'other'))).to.equal('done');
    await store.schedule({ thread: THREAD, name: 'n', atMs: 1 });
    expect(await store.takeDue(2, 10, 1000)).to.have.length(1);
    await store.forget(THREAD);
    expect(await store.read(THREAD)).to.equal(undefined);
  });
});
