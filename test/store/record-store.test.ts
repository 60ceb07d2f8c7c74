/** Whatever a store of the user's own rejects with means the same. */
import { expect } from 'chai';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { recordStore } from '../../src/store/record-store.js';
import type { RecordStore } from '../../src/store/record-store.js';
import { emptyRecord } from '../../src/thread/record.js';
import { HandoverError, StoreError } from '../../src/thread/errors.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { ticketOf } from './tickets.js';

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

async function call(store: RecordStore, [name, args]: [keyof ThreadStore, unknown[]]): Promise<unknown> {
  return (store[name as keyof RecordStore] as (...given: unknown[]) => Promise<unknown>)(...args);
}

function broken(fail: () => unknown): ThreadStore {
  return Object.fromEntries(OPERATIONS.map(([name]) => [name, fail])) as unknown as ThreadStore;
}

const rejection = (promise: Promise<unknown>): Promise<any> =>
  promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );

describe('The store as the plugin uses it', () => {
  it("makes a StoreError of any rejection, names the operation, and tells the store's own words", async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (const operation of OPERATIONS) {
      for (const fail of [
        () => Promise.reject(cause),
        () => {
          throw cause;
        },
      ]) {
        const error = await rejection(call(recordStore(broken(fail)), operation));
        expect(error).to.be.instanceOf(StoreError);
        expect(error).to.include({ code: 'storeUnavailable', operation: operation[0], reason: cause.message });
        expect(error.cause).to.include({ code: cause.code, message: cause.message });
      }
    }
  });

  it("leaves the package's own errors as they are", async () => {
    const conflict = new StoreError('storeConflict', 'update');
    const store = recordStore(broken(() => Promise.reject(conflict)));
    for (const operation of OPERATIONS) expect(await rejection(call(store, operation))).to.equal(conflict);
  });

  it('does not take a mistake in the change for a fault of the store', async () => {
    const mistake = new TypeError('a mistake of ours');
    const store = recordStore(new MemoryThreadStore());
    const error = await rejection(
      store.update(THREAD, () => {
        throw mistake;
      }),
    );
    expect(error).to.equal(mistake);
    expect(error).to.not.be.instanceOf(HandoverError);
  });

  it('passes everything through where nothing fails, with the record in the place of what is kept', async () => {
    const kept = new MemoryThreadStore();
    const store = recordStore(kept);
    const record = { ...emptyRecord, epoch: 7 };
    expect(await store.update(THREAD, (current) => ({ record, value: current }))).to.equal(undefined);
    expect(await store.read(THREAD)).to.equal(record);
    expect((await kept.read(THREAD))?.body).to.equal(record);
    const mine = { ...ticketOf('e', 'p'), thread: THREAD };
    const enter = (event: string, processId: string) =>
      store.enter({ ...ticketOf(event, processId), thread: THREAD }, 1000, (current) => ({
        record: undefined,
        value: current?.epoch,
      }));
    expect(await enter('e', 'p')).to.deep.equal({ status: 'entered', value: 7, mustWait: false });
    expect(await store.renew(mine, 1000)).to.equal('renewed');
    expect(await store.isNext(mine)).to.equal('next');
    expect(await store.readFor(mine)).to.deep.equal({ record, isOurs: true });
    await store.leave(mine, 'finished');
    expect(await enter('e', 'other')).to.deep.equal({ status: 'done' });
    await store.schedule({ thread: THREAD, name: 'n', atMs: 1 });
    expect(await store.takeDue(2, 10, 1000)).to.have.length(1);
    await store.forget(THREAD);
    expect(await store.read(THREAD)).to.equal(undefined);
  });
});
