/** Many timers that come at once, and turns that hang. */
import { expect } from 'chai';
import type { ThreadKey } from '../../src/thread/key.js';
import { DeadlineWatch, HANDOVER_DEADLINE } from '../../src/handover/timers.js';
import { MemoryThreadStore } from '../../src/store/memory/memory-store.js';
import { gate, HeldClock, settled, START_MS } from '../kit/held-clock.js';
import { quietLogger } from '../kit/loggers.js';

const LOOK_MS = 5_000;

interface Watched {
  readonly clock: HeldClock;
  readonly store: MemoryThreadStore;
  readonly watch: DeadlineWatch;
  readonly expired: string[];
}

async function watched(count: number, expire: (thread: ThreadKey) => Promise<void> = ended): Promise<Watched> {
  const clock = new HeldClock();
  const store = new MemoryThreadStore({ now: () => clock.now() });
  for (let each = 0; each < count; each += 1) {
    await store.schedule({ thread: { pageId: '1', psid: String(each) }, name: HANDOVER_DEADLINE, atMs: START_MS });
  }
  const expired: string[] = [];
  const watch = new DeadlineWatch({
    store,
    clock,
    log: quietLogger,
    handle: async ({ thread }) => {
      expired.push(thread.psid);
      await expire(thread);
      await store.unschedule(thread, HANDOVER_DEADLINE);
    },
  });
  watch.start();
  return { clock, store, watch, expired };
}

describe('Timers that come at once', () => {
  it('are all ended at the first look, five thousand of them, each once', async () => {
    const on = await watched(5_000);
    await on.clock.advance(LOOK_MS);
    for (let rounds = 0; rounds < 2_000 && on.expired.length < 5_000; rounds += 1) await settled();
    expect(new Set(on.expired).size).to.equal(5_000);
    expect(on.expired).to.have.lengthOf(5_000);
  });

  it('begin in batches: at most fifty run beside each other', async () => {
    let running = 0;
    let most = 0;
    const on = await watched(300, async () => {
      running += 1;
      most = Math.max(most, running);
      await settled();
      running -= 1;
    });
    await on.clock.advance(LOOK_MS);
    for (let rounds = 0; rounds < 200 && on.expired.length < 300; rounds += 1) await settled();
    expect([on.expired.length, most]).to.deep.equal([300, 50]);
  });

  it('are held up by one that hangs for five seconds, not for ever, and a process that stops waits for none of the rest', async () => {
    const hanging = gate();
    const on = await watched(150, ({ psid }) => (psid === '0' ? hanging.opened : Promise.resolve()));
    await on.clock.advance(LOOK_MS);
    expect(on.expired).to.have.lengthOf(50);
    await on.clock.advance(LOOK_MS);
    expect(on.expired).to.have.lengthOf(150);
    const other = await watched(150, () => hanging.opened);
    await other.clock.advance(LOOK_MS);
    const closed = other.watch.close();
    hanging.open();
    await closed;
    expect(other.expired).to.have.lengthOf(50);
  });
});

function ended(): Promise<void> {
  return Promise.resolve();
}
