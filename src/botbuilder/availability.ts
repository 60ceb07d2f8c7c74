/**
 * Asks the application whether an agent is available, and takes no answer for "unknown".
 *
 * Exists because a customer who wants a person must not be kept from one by a calendar that cannot be reached.
 */
import type { Clock } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';

/** Whether an agent is there. `unknown` is treated as `available`. */
export type Availability = 'available' | 'unavailable' | 'unknown';

/** The customer waits meanwhile. */
const ANSWER_WITHIN_MS = 2000;

/** The answer; `unknown` and one line in the log where the function throws, says nothing of use, or takes over two seconds. */
export async function askAvailability(
  check: () => Availability | Promise<Availability>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<Availability> {
  const unknown = (why: string): Availability => {
    log.warn(`availability: ${why}. Taken as unknown: the customer is handed over.`);
    return 'unknown';
  };
  let stop = (): void => undefined;
  const late = new Promise<string>((resolve) => {
    stop = clock.after(ANSWER_WITHIN_MS, () => resolve('late'));
  });
  try {
    // In a function of its own, so that one that throws at once rejects like any other.
    const answer: unknown = await Promise.race([(async () => check())(), late]);
    if (answer === 'available' || answer === 'unavailable' || answer === 'unknown') return answer;
    if (answer === 'late') return unknown(`no answer within ${ANSWER_WITHIN_MS} ms`);
    return unknown(`the answer was ${String(answer)}; it must be available, unavailable or unknown`);
  } catch (error) {
    return unknown(`it failed: ${textOfThrown(error)}`);
  } finally {
    stop();
  }
}
