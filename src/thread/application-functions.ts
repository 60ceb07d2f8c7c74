/**
 * Calls a function of the application's, and goes on without it when it fails.
 *
 * A function fails when it throws, rejects, gives another type, or does not answer in time. Exists so that no such failure
 * keeps a customer from an agent: each is one line in the log, with the function's name, and something else takes its place.
 */
import type { Clock } from './clock.js';
import { textOfThrown } from './errors.js';
import type { Logger } from './logger.js';
import { isThenable } from './thenable.js';

/** The default of `limits.applicationFunctionMs`. The customer waits meanwhile. */
const DEFAULT_APPLICATION_FUNCTION_MS = 3000;

/** A value of the right type. */
export interface Accepted<T> {
  readonly value: T;
}

/** A function of the application's, as the options name it, and what happens without it. */
export interface ApplicationFunction<T> {
  /** `metadata`, `texts.connecting`, `talkToAgent[1]`. */
  readonly name: string;
  /** The value, or `undefined` when it is of another type. Reading it may run the application's code: it may throw. */
  readonly accept: (given: unknown) => Accepted<T> | undefined;
  /** What it is asked about, for the log: `Page 1234`. */
  readonly about?: string;
  /** What the function must give: `true or false`. */
  readonly expected: string;
  /** What counts when the function fails. */
  readonly instead: T;
  /** The sentence that tells what happens when it fails. */
  readonly otherwise: string;
  /** What was thrown may hold words of a customer, so the log names its class only. */
  readonly hidesError?: true;
  /** It does the bot's own work, which may take as long as the bot's logic. */
  readonly isUnlimited?: true;
  /** It is called many times for one handover: only the first failure of this object is logged. */
  readonly isLoggedOnce?: true;
  /** What is waited when the application sets no limit. Default {@link DEFAULT_APPLICATION_FUNCTION_MS}. */
  readonly defaultLimitMs?: number;
  /** Default `error`. */
  readonly level?: 'warn';
}

/** Calls the application's functions. */
export class ApplicationFunctions {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limitMs: number | undefined;
  readonly #logged = new WeakSet<object>();

  constructor({
    clock,
    log,
    limitMs,
  }: {
    readonly clock: Clock;
    readonly log: Logger;
    readonly limitMs?: number | undefined;
  }) {
    this.#clock = clock;
    this.#log = log;
    this.#limitMs = limitMs;
  }

  /** What the function gives, at once when it does so at once; `instead` when it fails. Never throws or rejects. */
  call<T>(described: ApplicationFunction<T>, run: () => unknown): T | Promise<T> {
    try {
      const given = run();
      return isThenable(given) ? this.#settled(described, given) : this.#accepted(described, given);
    } catch (thrown) {
      return this.#threw(described, thrown);
    }
  }

  async #settled<T>(described: ApplicationFunction<T>, given: PromiseLike<unknown>): Promise<T> {
    const limitMs = this.#limitMs ?? described.defaultLimitMs ?? DEFAULT_APPLICATION_FUNCTION_MS;
    let stop = (): void => undefined;
    const isLate = new Promise<typeof LATE>((resolve) => {
      if (!described.isUnlimited) stop = this.#clock.after(limitMs, () => resolve(LATE));
    });
    try {
      const answer = await Promise.race([given, isLate]);
      if (answer === LATE) return this.#failed(described, `did not answer within ${limitMs} ms.`);
      return this.#accepted(described, answer);
    } catch (thrown) {
      return this.#threw(described, thrown);
    } finally {
      stop();
    }
  }

  #accepted<T>(described: ApplicationFunction<T>, given: unknown): T {
    const accepted = described.accept(given);
    if (accepted) return accepted.value;
    return this.#failed(described, `gave ${typeInWords(given)}; it must give ${described.expected}.`);
  }

  #threw<T>(described: ApplicationFunction<T>, thrown: unknown): T {
    const error = described.hidesError
      ? ` ${thrown instanceof Error ? thrown.name : typeInWords(thrown)}`
      : `: ${textOfThrown(thrown).replace(/\.$/, '')}`;
    return this.#failed(described, `threw${error}.`);
  }

  #failed<T>(described: ApplicationFunction<T>, what: string): T {
    const { name, about, level = 'error', isLoggedOnce, otherwise, instead } = described;
    const asked = about === undefined ? '' : ` (${about})`;
    if (!this.#logged.has(described)) this.#log[level](`The function "${name}"${asked} ${what} ${otherwise}`);
    if (isLoggedOnce) this.#logged.add(described);
    return instead;
  }
}

const LATE = Symbol('late');

/** For a function that says yes or no. Nothing at all is a no: `text?.includes('agent')` gives that for a picture. */
export function acceptBoolean(given: unknown): Accepted<boolean> | undefined {
  if (given === undefined || given === null) return { value: false };
  return typeof given === 'boolean' ? { value: given } : undefined;
}

/** What {@link acceptBoolean} accepts, in words. */
export const BOOLEAN_IN_WORDS = 'true or false';

function typeInWords(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
