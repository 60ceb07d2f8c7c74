/** Another process of the bot, as far as its tickets go: it runs an event whose process stands still. */
import type { MemoryThreadStore } from 'botbuilder-handover-vcclive';
import type { Clock } from '../../src/thread/clock.js';
import type { Ticket } from '../../src/thread/store.js';

const LONGER_THAN_A_LEASE_MS = 16_000;

/** The other process. */
export class OtherProcess {
  readonly #store: MemoryThreadStore;
  readonly #clock: Clock;
  #asked: Ticket | undefined;
  #taken: Ticket | undefined;

  /** @param clock of the store and of the process that stands still */
  constructor(store: MemoryThreadStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    const enter = store.enter.bind(store);
    store.enter = (ticket, leaseMs, change) => {
      this.#asked = ticket;
      return enter(ticket, leaseMs, change);
    };
  }

  /** The process stands still for longer than a lease, without renewing it, and this one takes its newest event over. */
  takesOver(): void {
    if (!this.#asked) throw new Error('No event has come yet.');
    const now = this.#clock.now.bind(this.#clock);
    this.#clock.now = () => now() + LONGER_THAN_A_LEASE_MS;
    this.#taken = { ...this.#asked, processId: 'another' };
    this.#store.enter(this.#taken, LONGER_THAN_A_LEASE_MS, () => ({ record: undefined, value: undefined }));
  }

  /** {@link takesOver}, as soon as the process that stands still asks whether it may send. */
  takesOverBeforeAnswer(): void {
    const readFor = this.#store.readFor.bind(this.#store);
    this.#store.readFor = (ticket) => {
      if (!this.#taken) this.takesOver();
      return readFor(ticket);
    };
  }

  /** The event is finished here. */
  ends(): void {
    if (this.#taken) this.#store.leave(this.#taken, 'finished');
  }
}
