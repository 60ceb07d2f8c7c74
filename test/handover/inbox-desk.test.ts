/** What an inbox desk does with kept deliveries while the store, or room for them, is missing. */
import { expect } from 'chai';
import type { Clock } from '../../src/thread/clock.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { DeliveryInbox } from '../../src/thread/inbox.js';
import type { DeliveryVerdict } from '../../src/handover/deliver.js';
import { InboxDesk } from '../../src/handover/inbox-desk.js';

const LOOK_MS = 5000;
const LEASE_MS = 15_000;

describe('A kept delivery', () => {
  it('that cannot be worked off for the store stays here, and is tried again without being an attempt of its own', async () => {
    const { clock, inbox, desk, answers } = newDesk();
    answers.push('unavailable', 'unavailable', 'unavailable');
    expect(await desk.take('body', [], () => Promise.resolve())).to.equal('kept');
    await clock.advance(4 * LEASE_MS);
    expect(answers).to.deep.equal([]);
    expect(inbox.taken).to.equal(0);
    expect(inbox.kept.size).to.equal(0);
  });

  it('is given back where the process stops before it could be', async () => {
    const { clock, inbox, desk, answers } = newDesk();
    answers.push('unavailable');
    await desk.take('body', [], () => Promise.resolve());
    await clock.advance(0);
    await desk.close();
    expect(inbox.givenBack).to.deep.equal(['1']);
    await clock.advance(LEASE_MS);
    expect(inbox.kept.size).to.equal(1);
    expect(clock.timers).to.equal(0);
  });
});

function newDesk() {
  const clock = new HeldClock();
  const inbox = new InboxInMemory(clock);
  const answers: DeliveryVerdict[] = [];
  const desk = new InboxDesk({
    inbox,
    clock,
    desk: { refusalOf: () => undefined, take: () => Promise.resolve(answers.shift() ?? 'done') },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    read: (): ThreadEvent[] => [],
  });
  desk.servedBy(() => () => Promise.resolve());
  return { clock, inbox, desk, answers };
}

/** Leases end with the clock. */
class InboxInMemory implements DeliveryInbox {
  readonly kept = new Map<string, { readonly body: string; untilMs: number }>();
  readonly givenBack: string[] = [];
  /** How many were taken over. */
  taken = 0;
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put = async (body: string): Promise<string> => {
    const id = String((this.#last += 1));
    this.kept.set(id, { body, untilMs: this.#clock.now() + LEASE_MS });
    return id;
  };
  remove = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) this.kept.delete(id);
  };
  renew = async (ids: readonly string[]): Promise<void> => {
    for (const id of ids) Object.assign(this.kept.get(id) ?? {}, { untilMs: this.#clock.now() + LEASE_MS });
  };
  giveBack = async (ids: readonly string[]): Promise<void> => {
    this.givenBack.push(...ids);
  };
  takeOver: DeliveryInbox['takeOver'] = async () => {
    const over = [...this.kept].filter(([, { untilMs }]) => untilMs <= this.#clock.now());
    this.taken += over.length;
    await this.renew(over.map(([id]) => id));
    return { deliveries: over.map(([id, { body }]) => ({ id, body })), setAside: 0 };
  };
}

/** Moves only when it is told to, in the steps in which a desk looks. */
class HeldClock implements Clock {
  #nowMs = 0;
  readonly #timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  get timers(): number {
    return this.#timers.size;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  async advance(ms: number): Promise<void> {
    for (const targetMs = this.#nowMs + ms; ; this.#nowMs = Math.min(targetMs, this.#nowMs + LOOK_MS)) {
      for (const timer of this.#timers) if (timer.atMs <= this.#nowMs && this.#timers.delete(timer)) timer.run();
      await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      if (this.#nowMs >= targetMs) return;
    }
  }
}
