/**
 * Turns that no event brought: timers, calls of the application, its proactive messages. Each waits in the queue of its
 * thread and has a ticket, so that it does not run beside a message of the customer, over all processes.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { inBackground } from '../thread/clock.js';
import type { ProcessId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { Ticket, TicketStore } from '../thread/store.js';
import { labelOfId } from '../thread/thread-label.js';
import type { CurrentTurn } from './current-turn.js';
import { askingTurn, runAs } from './current-turn.js';
import type { HeldTicket, TicketKeeper } from './ticket.js';
import { LEASE_MS } from './ticket.js';
import type { QueueEntry, ThreadQueue } from './thread-queue.js';

const PREFIX = 'own:';
const UNCHANGED = { record: undefined, value: undefined };

/** What {@link OwnTurns} need. */
export interface OwnTurnsDeps {
  readonly store: TicketStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: ProcessId;
  readonly threads: ThreadQueue;
  readonly tickets: TicketKeeper;
  /** Called whenever a turn has ended. */
  readonly ended: () => void;
}

/** Runs turns without an event. */
export class OwnTurns {
  readonly #deps: OwnTurnsDeps;

  constructor(deps: OwnTurnsDeps) {
    this.#deps = deps;
  }

  /** Runs `work` behind everything that its thread has in the queue. Resolves and rejects as `work` does. */
  async run<T>(thread: ThreadKey, work: (ticket: Ticket) => Promise<T>): Promise<T> {
    const { threads, tickets, processId } = this.#deps;
    const outer = askingTurn();
    const queue = threadId(thread);
    const entry = threads.enter(queue);
    const held: HeldTicket = {
      ticket: { thread, event: PREFIX + randomUUID(), processId },
      leasedUntilMs: 0,
      onLost: () => undefined,
    };
    const turn: CurrentTurn = { queue, ticket: held.ticket, outer, isOver: false };
    try {
      await this.#untilItsTurn(held, entry, outer !== undefined);
      threads.begin(entry, false, () => tickets.letGo(held));
      return await runAs(turn, () => work(held.ticket));
    } finally {
      turn.isOver = true;
      threads.leave(entry);
      this.#deps.ended();
      await tickets.leave(held, 'released');
    }
  }

  /**
   * Waits for what the thread has before, here and in other processes.
   * @param isAsked a turn of another thread waits for this one, perhaps one that this turn waits for: a lease is the most
   */
  async #untilItsTurn(held: HeldTicket, entry: QueueEntry, isAsked: boolean): Promise<void> {
    const { clock, tickets, threads, log } = this.#deps;
    const mustWait = this.#enter(held);
    const first = new Promise<void>((resolve) => threads.whenFirst(entry, resolve));
    await (isAsked ? this.#atMostALease(first, entry) : first);
    if (!(await mustWait)) return;
    // In another process a turn may wait for this very turn.
    const latestMs = clock.now() + LEASE_MS;
    await tickets.untilNext(held, () => clock.now() < latestMs);
    if (clock.now() < latestMs) return;
    log.warn(
      `${labelOf(entry)} has been held by another process for ${LEASE_MS / 1000} seconds; running the next turn anyway. ` +
        'Find out what the turn in that process waits for.',
    );
  }

  /** Without a ticket, if the store does not answer: what the turn has to say is not lost. @returns whether others come first */
  async #enter(held: HeldTicket): Promise<boolean> {
    const { store, tickets } = this.#deps;
    try {
      const entered = await store.enter(held.ticket, LEASE_MS, () => UNCHANGED);
      if (entered.status !== 'entered') return false;
      tickets.hold(held);
      return entered.mustWait;
    } catch {
      return false;
    }
  }

  #atMostALease(first: Promise<void>, entry: QueueEntry): Promise<void> {
    return new Promise((resolve) => {
      const cancel = inBackground(this.#deps.clock, LEASE_MS, () => {
        this.#deps.log.warn(
          `${labelOf(entry)} has been held by another turn for ${LEASE_MS / 1000} seconds; running the next turn anyway. ` +
            'Do not let turns of two threads wait for each other.',
        );
        resolve();
      });
      void first.then(() => {
        cancel();
        resolve();
      });
    });
  }
}

function labelOf({ queue }: QueueEntry): string {
  return `Thread ${labelOfId(queue.thread)}`;
}
