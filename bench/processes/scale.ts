/** Many Pages with their customers in one bot process: CPU for each message, heap for each thread. Needs `--expose-gc`. */
import { VccLiveHandover, MemoryThreadStore } from 'botbuilder-handover-vcclive';
import type { ThreadStore } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { APP_SECRET, BOT_APP_ID, CONNECTIONS, OTHER_APP_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';
import { messageOf, signed } from '../webhooks.js';
import type { Webhook } from '../webhooks.js';
import { answerQuestions } from './answer-questions.js';

/** How many Pages and customers there are. */
export interface ScaleGiven {
  readonly pages: number;
  readonly customersOfPage: number;
  /** Absent: the store in memory. */
  readonly redisUrl?: string;
}

/** CPU and heap of the bot process for some messages. */
export interface ScaleUse {
  readonly messages: number;
  readonly cpuMicros: number;
  /** Heap that stayed, bytes. */
  readonly heapBytes: number;
}

const FIRST_PAGE = 100_000_000_000_000;
/** Webhooks are made before the clock runs, this many at a time. */
const AT_ONCE = 5_000;
const WARM_UP = 10_000;
const STEP = 11;
/** Claims are counted apart: they are bounded by themselves. */
const FEW_CLAIMS = 1_000;

let given: ScaleGiven;
let receive: (webhook: Webhook) => Promise<void>;

answerQuestions({ begin, everyCustomerWrites, messages });

/** Sets the bot up and warms it up, with Pages of its own. */
async function begin(asked: ScaleGiven): Promise<void> {
  given = asked;
  const maxThreads = 2 * (WARM_UP + asked.pages * asked.customersOfPage);
  const store =
    asked.redisUrl === undefined
      ? new MemoryThreadStore({ maxThreads, maxClaims: FEW_CLAIMS })
      : new RedisThreadStore(asked.redisUrl);
  receive = adapterOver(store);
  await run(WARM_UP, (n) => ({ page: -1 - (n % 100), customer: n }));
}

/** Each customer of each Page writes once: nobody knows them before. */
function everyCustomerWrites(): Promise<ScaleUse> {
  const { pages, customersOfPage } = given;
  return run(pages * customersOfPage, (n) => ({ page: n % pages, customer: n }));
}

/** Known customers of all Pages write, in turn. @param given.among how many of them */
function messages({ count, among }: { count: number; among: number }): Promise<ScaleUse> {
  const { pages, customersOfPage } = given;
  const known = pages * customersOfPage;
  const writing = Math.min(known, among);
  return run(count, (n) => {
    // A step that shares no factor with the number of Pages, so that all of them take part.
    const customer = ((n % writing) * STEP) % known;
    return { page: customer % pages, customer };
  });
}

async function run(count: number, from: (n: number) => { page: number; customer: number }): Promise<ScaleUse> {
  const heapBefore = heapUsed();
  let cpuMicros = 0;
  for (let begun = 0; begun < count; begun += AT_ONCE) {
    const webhooks = Array.from({ length: Math.min(AT_ONCE, count - begun) }, (_, index) => {
      const { page, customer } = from(begun + index);
      const pageId = String(FIRST_PAGE + page);
      return signed({ messaging: [messageOf(customer, 'Where is my parcel?', pageId)] }, pageId);
    });
    const before = process.cpuUsage();
    await receiveAll(webhooks);
    const { user, system } = process.cpuUsage(before);
    cpuMicros += user + system;
  }
  return { messages: count, cpuMicros, heapBytes: heapUsed() - heapBefore };
}

/** As many at one time as Meta opens connections. */
async function receiveAll(webhooks: readonly Webhook[]): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let webhook = webhooks[next++]; webhook; webhook = webhooks[next++]) await receive(webhook);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
}

function adapterOver(store: ThreadStore): (webhook: Webhook) => Promise<void> {
  const handover = new VccLiveHandover({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: () => PAGE_TOKEN,
    appSecret: APP_SECRET,
    store,
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: VERIFY_TOKEN });
  return async ({ body, headers }) => {
    const res = { setHeader: () => undefined, end: () => undefined };
    await adapter.processActivity({ method: 'POST', headers, rawBody: body }, res, async () => undefined);
  };
}

function heapUsed(): number {
  if (!global.gc) throw new Error('Run with --expose-gc.');
  for (let round = 0; round < 3; round += 1) global.gc();
  return process.memoryUsage().heapUsed;
}
