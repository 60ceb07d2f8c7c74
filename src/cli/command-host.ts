/** What the command line needs of its process. Optional members have a pipe's default: no terminal, and no user to ask. */
import type { Clock } from '../thread/clock.js';

/** The process, as the commands see it. */
export interface CommandLineHost {
  /** Writes to standard output. */
  readonly say: (text: string) => void;
  /** Writes to standard error. */
  readonly complain: (text: string) => void;
  /** Resolves when the user wants it to end. */
  readonly stopped: () => Promise<void>;
  /** Default: empty. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths begin. Default: the process' own. */
  readonly folder?: string;
  /** Whether standard output is a terminal. Default false. */
  readonly isTerminal?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
  /** Asks the user a yes-or-no question; `undefined` if no user can answer. Default: no user. */
  readonly confirm?: (question: string) => Promise<boolean | undefined>;
  /** Asks the user a question; `undefined` if no user can answer. Default: no user. */
  readonly ask?: (question: string) => Promise<string | undefined>;
  /** Standard input, for `listen -`. Default: none. */
  readonly input?: AsyncIterable<string | Uint8Array>;
  readonly clock?: Clock;
  /** How long a live run waits for webhooks, milliseconds. Default 3000. */
  readonly hearMs?: number;
}
