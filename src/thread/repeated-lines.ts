/**
 * Bounds log lines that any sender can cause: the first is written at once, the others of its minute are counted.
 *
 * A scanner that sends ten thousand wrong signatures must not hide the line that matters.
 */
import type { Clock } from './clock.js';
import { inBackground } from './clock.js';
import type { Logger } from './logger.js';

/** The level of a line. */
export type LineLevel = 'info' | 'warn' | 'error';

/** How long lines of one kind are counted after one of them was written. */
const COUNTED_FOR_MS = 60_000;
/** How many kinds are written once: a sender may invent more. */
const MOST_KINDS = 20;
/** How many lines are written once. */
const MOST_LINES = 200;

interface Counted {
  count: number;
  level: LineLevel;
  line: string;
  /** Ends the minute without a word. */
  cancel?: () => void;
}

/** Writes lines by kind. */
export class RepeatedLines {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #counted = new Map<string, Counted>();
  readonly #written = new Set<string>();
  readonly #lines = new Set<string>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /**
   * Writes the line, unless one of its kind was written within the last minute: then it is counted.
   * @param kind one of the caller's own words, never a text from outside
   */
  say(level: LineLevel, kind: string, line: string): void {
    const counted = this.#counted.get(kind);
    if (counted) {
      Object.assign(counted, { count: counted.count + 1, level, line });
      return;
    }
    this.#log[level](line);
    this.#count(kind, { count: 0, level, line });
  }

  /** Writes the line, once for each kind. Beyond twenty kinds nothing more is written. */
  sayOnce(level: LineLevel, kind: string, line: string): void {
    if (this.#written.has(kind) || this.#written.size >= MOST_KINDS) return;
    this.#written.add(kind);
    this.#log[level](line);
  }

  /** Writes the line, if it was not written before. For lines with words of the bot's: beyond 200 nothing more is written. */
  once(level: LineLevel, line: string): void {
    if (this.#lines.has(line) || this.#lines.size >= MOST_LINES) return;
    this.#lines.add(line);
    this.#log[level](line);
  }

  /** Ends every minute now, with its count. */
  stop(): void {
    for (const counted of this.#counted.values()) {
      counted.cancel?.();
      this.#tell(counted);
    }
    this.#counted.clear();
  }

  /** Begins a minute; at its end the count is written, and the next one begins if there was anything to count. */
  #count(kind: string, counted: Counted): void {
    this.#counted.set(kind, counted);
    counted.cancel = inBackground(this.#clock, COUNTED_FOR_MS, () => {
      this.#counted.delete(kind);
      const { count, level, line } = counted;
      if (count === 0) return;
      this.#tell(counted);
      this.#count(kind, { count: 0, level, line });
    });
  }

  #tell({ count, level, line }: Counted): void {
    if (count > 0) this.#log[level](`${count} more like this within a minute. The last: ${line}`);
  }
}
