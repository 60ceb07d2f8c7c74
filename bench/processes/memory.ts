/** Heap for each remembered thread, and whether a store stays within its bound: needs `--expose-gc`. */
import { VccLiveHandover, MemoryThreadStore } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { ThreadKey } from 'botbuilder-handover-vcclive';
import { storedRecordOf } from '../../src/store/record-store.js';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';
import { messageOf, signed } from '../webhooks.js';
import { answerQuestions } from './answer-questions.js';

/** Bytes of heap. */
export interface HeapUse {
  readonly bytesEach: number;
  readonly threads: number;
}

/** Claims are counted apart: they are bounded by themselves. */
const FEW_CLAIMS = 1_000;

answerQuestions({ remembered, bounded });

/** Customers write one message each, through the adapter, as they would. */
async function remembered({ threads }: { threads: number }): Promise<HeapUse> {
  const store = new MemoryThreadStore({ maxThreads: threads * 2, maxClaims: FEW_CLAIMS });
  const receive = adapterOver(store);
  for (let customer = 0; customer < FEW_CLAIMS; customer += 1) await receive(customer);
  const before = heapUsed();
  for (let customer = FEW_CLAIMS; customer < FEW_CLAIMS + threads; customer += 1) await receive(customer);
  const bytesEach = (heapUsed() - before) / threads;
  return { bytesEach, threads: store.threadCount };
}

/** Many more threads than the store may keep. @returns heap that the last nine tenths of them added, bytes */
async function bounded(given: { threads: number; maxThreads: number }): Promise<{ grownBytes: number; kept: number }> {
  const store = new MemoryThreadStore({ maxThreads: given.maxThreads });
  const write = (from: number, to: number): Promise<unknown> => {
    const writes: Promise<unknown>[] = [];
    for (let customer = from; customer < to; customer += 1) writes.push(remember(store, customer));
    return Promise.all(writes);
  };
  const tenth = given.threads / 10;
  await write(0, tenth);
  const before = heapUsed();
  for (let part = 1; part < 10; part += 1) await write(part * tenth, (part + 1) * tenth);
  return { grownBytes: heapUsed() - before, kept: store.threadCount };
}

function remember(store: MemoryThreadStore, customer: number): Promise<void> {
  const thread: ThreadKey = { pageId: PAGE_ID, psid: String(6_600_000_000_000_000 + customer) };
  return store.update(thread, () => ({
    record: storedRecordOf({
      evidence: { activityAtMetaMs: customer, us: { atMetaMs: customer, key: `messaging:message:m_${customer}` } },
      epoch: 0,
      recordedOwner: 'bot',
      conclusions: [],
    }),
    value: undefined,
  }));
}

function adapterOver(store: MemoryThreadStore): (customer: number) => Promise<void> {
  const handover = new VccLiveHandover({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: PAGE_TOKEN,
    appSecret: APP_SECRET,
    store,
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: VERIFY_TOKEN });
  return async (customer) => {
    const { body, headers } = signed({ messaging: [messageOf(customer, 'hello')] });
    const res = { setHeader: () => undefined, end: () => undefined };
    await adapter.processActivity({ method: 'POST', headers, rawBody: body }, res, async () => undefined);
  };
}

function heapUsed(): number {
  if (!global.gc) throw new Error('Run with --expose-gc.');
  for (let round = 0; round < 3; round += 1) global.gc();
  return process.memoryUsage().heapUsed;
}
