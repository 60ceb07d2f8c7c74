/**
 * Whether a turn is still this process's to run. Every way out of a turn asks here: messages, thread control, requests for an
 * agent, results of dialogs, the bot's own state.
 *
 * Exists because a process that stood still for longer than its lease (a paused machine, a blocked event loop) does not
 * know it. Another process may have run the event meanwhile, and what this one does then would be done twice.
 */
import { TurnTakenOverError, textOfThrown } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { recover } from '../thread/maybe-promise.js';
import type { ThreadRecord } from '../thread/record.js';
import type { FencedRecord, Ticket } from '../thread/store.js';
import { threadLabel } from '../thread/thread-label.js';
import type { RecordStore } from './stored-record.js';

type Found = FencedRecord<ThreadRecord> | undefined;

/** What a {@link Fence} needs. */
export interface FenceDeps {
  readonly store: RecordStore;
  readonly log: Logger;
}

/** Checks tickets. */
export class Fence {
  readonly #deps: FenceDeps;
  #isStopped = false;
  #isCutOff: (ticket: Ticket) => boolean = () => false;

  constructor(deps: FenceDeps) {
    this.#deps = deps;
  }

  /** This process stops, and another one runs the events whose turns go on here. */
  stop(): void {
    this.#isStopped = true;
  }

  /** @param isCutOff whether another process may have the ticket of a turn, if the store does not answer */
  cutOffBy(isCutOff: (ticket: Ticket) => boolean): void {
    this.#isCutOff = isCutOff;
  }

  /** The record of a ticket's thread, and whether the ticket counts. `undefined` if the store does not answer. */
  read(ticket: Ticket): MaybePromise<Found> {
    return recover(
      () => this.#deps.store.readFor(ticket),
      (error): Found => {
        this.#deps.log.warn(`The thread store could not be read in a turn: ${textOfThrown(error)}`);
        return undefined;
      },
    );
  }

  /** Whether the ticket's turn is another process's now. @param found what {@link read} has given for it */
  isLost(ticket: Ticket, found: { readonly isOurs: boolean } | undefined): boolean {
    if (this.#isStopped) return true;
    return found ? !found.isOurs : this.#isCutOff(ticket);
  }

  /**
   * Asks the store whether the turn may go on.
   * @throws {@link TurnTakenOverError} if another process has its event
   */
  async check(ticket: Ticket): Promise<void> {
    if (this.isLost(ticket, await this.read(ticket))) throw new TurnTakenOverError();
  }

  /**
   * A turn has failed. If another process has its event, the failure is the end of this turn and nobody's concern: the bot's
   * code could not go on.
   */
  async forgive(ticket: Ticket, error: unknown): Promise<void> {
    if (!this.isLost(ticket, await this.read(ticket))) throw error;
    const ended = new TurnTakenOverError().message;
    // The dialogs of a framework wrap it in an error of their own, with the same text.
    const failure = textOfThrown(error) === ended ? '' : ` The bot's code failed in it: ${textOfThrown(error)}`;
    this.#deps.log.warn(
      `Thread ${threadLabel(ticket.thread)}: this process stood still for longer than its lease, and another one has taken over ` +
        `the event of its turn. So the turn ends here and says nothing more. Find out what held this process up.${failure}`,
    );
  }
}
