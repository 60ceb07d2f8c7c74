/**
 * Winds the simulator's clock past something that is due at the bot, so that the bot gets it done.
 *
 * Exists because what a bot does then takes real time, while its patience with Graph goes by the clock that is wound.
 */
import { sleep, systemClock } from '../../thread/clock.js';
import type { MessengerSimulator } from '../messenger-simulator.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
/** What is due comes within the last part of the time that is wound forward. */
const LAST_STRETCH_MS = 90 * SECOND_MS;
/** How often a bot looks whether something is due. */
const LOOK_MS = 5 * SECOND_MS;
/** Real milliseconds. */
const MOMENT_MS = 20;
const MOST_LOOKS = 50;

/**
 * Winds the clock forward to just after something is due at the bot. The last stretch goes in small steps, with a moment of
 * real time after each: what a bot does then takes real time, and its patience with Graph goes by the clock, too.
 */
export async function windPast(simulator: MessengerSimulator, minutes: number): Promise<void> {
  await simulator.clock.advance(minutes * MINUTE_MS - LAST_STRETCH_MS);
  for (let gone = 0; gone < LAST_STRETCH_MS; gone += LOOK_MS) {
    await simulator.clock.advance(LOOK_MS);
    await rest(simulator);
  }
}

/** Resolves when the bot has been doing nothing for a moment. */
async function rest(simulator: MessengerSimulator): Promise<void> {
  for (let seen = -1, looks = 0; looks < MOST_LOOKS && seen !== simulator.wire.entries().length; looks += 1) {
    seen = simulator.wire.entries().length;
    await sleep(systemClock, MOMENT_MS);
    await simulator.settled();
  }
}
