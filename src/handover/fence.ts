/**
 * Whether a turn is still this process's to run. Every way out of a turn asks here: messages, thread control, requests for an
 * agent, results of dialogs, the bot's own state.
 *
 * Exists because a process that stood still for longer than its lease (a paused machine, a blocked event loop) does not
 * know it. Another process may have run the event meanwhile, or a later one of the thread: what this one does then would be
 * done twice, or would replace what the later one has done.
 */
import { TurnTakenOverError, textOfThrown } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover, whenReady } from '../thread/maybe-promise.js';
import type { ThreadRecord } from '../thread/record.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import type { FencedRecord, Ticket } from '../thread/store.js';
import { threadLabel } from '../thread/thread-label.js';
import type { RecordStore } from '../store/record-store.js';

type Found = FencedRecord<ThreadRecord> | undefined;

/** What this process knows of its own tickets. `DeliveryQueue` has it. */
export interface OwnTickets {
  /** Asks the store what became of a lease that has ended by our clock. Never rejects. */
  settle(ticket: Ticket): MaybePromise<void>;
  /** Whether another process has gone past the ticket, or may have its event while the store does not answer. */
  isLost(ticket: Ticket, doesStoreAnswer: boolean): boolean;
}

/** What a {@link Fence} needs. */
export interface FenceDeps {
  readonly store: RecordStore;
  readonly log: Logger;
  readonly lines: RepeatedLines;
}

/** Checks tickets. */
export class Fence {
  readonly #deps: FenceDeps;
  #isStopped = false;
  #own: OwnTickets | undefined;

  constructor(deps: FenceDeps) {
    this.#deps = deps;
  }

  /** This process stops, and another one runs the events whose turns go on here. */
  stop(): void {
    this.#isStopped = true;
  }

  /** The queue is made after the fence. */
  ask(own: OwnTickets): void {
    this.#own = own;
  }

  /** The record of a ticket's thread, and whether the ticket counts. Rejects if the store does not answer. */
  readFor(ticket: Ticket): MaybePromise<FencedRecord<ThreadRecord>> {
    return whenReady(this.#own?.settle(ticket), () => this.#deps.store.readFor(ticket));
  }

  /** {@link readFor}, or `undefined` if the store does not answer. */
  read(ticket: Ticket): MaybePromise<Found> {
    return recover(
      () => this.readFor(ticket),
      (error): Found => {
        const line = `The thread store could not be read in a turn: ${textOfThrown(error)}`;
        this.#deps.lines.say('warn', 'store before a send', line);
        return undefined;
      },
    );
  }

  /** Whether the ticket's turn must not go on. @param found what {@link read} has given for it */
  isLost(ticket: Ticket, found: { readonly isOurs: boolean } | undefined): boolean {
    if (this.#isStopped || found?.isOurs === false) return true;
    return this.#own?.isLost(ticket, found !== undefined) === true;
  }

  /**
   * Asks the store whether the turn may go on.
   * @throws {@link TurnTakenOverError} if another process has gone on with the thread
   */
  async check(ticket: Ticket): Promise<void> {
    if (this.isLost(ticket, await this.read(ticket))) throw new TurnTakenOverError();
  }

  /**
   * A turn has failed. If another process has gone on with the thread, the failure is the end of this turn and nobody's concern:
   * the bot's code could not go on.
   */
  async forgive(ticket: Ticket, error: unknown): Promise<void> {
    if (!this.isLost(ticket, await this.read(ticket))) throw error;
    const ended = new TurnTakenOverError().message;
    // The dialogs of a framework wrap it in an error of their own, with the same text.
    const failure = textOfThrown(error) === ended ? '' : ` The bot's code failed in it: ${textOfThrown(error)}`;
    this.#deps.log.warn(
      `Thread ${threadLabel(ticket.thread)}: another process has gone on with the thread, because this one stood still for longer ` +
        `than its lease, or stops. So its turn ends here and says nothing more. Find out what held this process up.${failure}`,
    );
  }
}
