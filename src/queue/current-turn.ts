/**
 * Which turn the code that runs now belongs to.
 *
 * Exists because whoever asks for a turn of a thread from inside one would wait for itself.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ticket } from '../thread/store.js';

/** A turn that runs. One small object for each; events that wait have none. */
export interface CurrentTurn {
  /** The queue of its thread. */
  readonly queue: string;
  readonly ticket: Ticket;
  /** The turn in which this one was asked for, and which may wait for it. */
  readonly outer: CurrentTurn | undefined;
  isOver: boolean;
}

const running = new AsyncLocalStorage<CurrentTurn>();

/** Runs `work` as part of a turn, with everything that it begins. */
export function runAs<T>(turn: CurrentTurn, work: () => T): T {
  return running.run(turn, work);
}

/** The turn that asks now, if it has not ended. */
export function askingTurn(): CurrentTurn | undefined {
  const turn = running.getStore();
  return turn?.isOver === false ? turn : undefined;
}

/** The turn of this queue that asks now, or that waits for the one that asks. */
export function askingTurnOf(queue: string): CurrentTurn | undefined {
  let turn = askingTurn();
  while (turn && turn.queue !== queue) turn = turn.outer;
  return turn?.isOver === false ? turn : undefined;
}
