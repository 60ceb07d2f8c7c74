/**
 * What this process has taken in and not finished: events by key, their threads' lines, running turns, bytes.
 *
 * Exists because events come in by two ways, the usual one and the lane, and each has to find what the other has begun.
 */
import type { ThreadKey } from '../thread/key.js';

/** `done`: here or before · `busy`: left to the process that has it · `unavailable`: the store did not answer. */
export type Ending = 'done' | 'busy' | 'unavailable';

/** `here`: this process has the claim, and the event is run when its place comes. `running`: it has come. */
export type JobState = 'claiming' | 'elsewhere' | 'here' | 'running' | Ending;

/** An event that is taken in. */
export interface TakenIn {
  readonly key: string;
  readonly thread: ThreadKey | undefined;
  /** Jobs of one queue run one after the other: the thread, or the event itself where it names none. */
  readonly queue: string;
  readonly finished: Promise<Ending>;
  readonly state: JobState;
  /** Whether the store holds a claim on it. An event that nothing can be recognised by comes once, and needs none. */
  readonly isClaimed: boolean;
  load: Load | undefined;
}

/** The bytes of a delivery, held by its jobs. */
export interface Load {
  readonly bytes: number;
  jobsLeft: number;
}

/** What runs of one thread, one after the other. */
export interface Line {
  /** When the last of them is over; `undefined` in a line that is new. */
  tail: Promise<void> | undefined;
  length: number;
  /** Its turns that run here now. None: what is in it waits for another process, or for room. */
  running: number;
}

/** Kept by one delivery desk. */
export class UnderWay<Job extends TakenIn> {
  readonly jobs = new Map<string, Job>();
  readonly lines = new Map<string, Line>();
  turns = 0;
  bytes = 0;
  /** Told whenever nothing is under way. */
  onIdle: (() => void) | undefined;
  /** Turns that wait until fewer run. */
  readonly #waitingForRoom: (() => void)[] = [];
  readonly #maxTurns: number;

  /** @param maxTurns that may run at the same time */
  constructor(maxTurns: number) {
    this.#maxTurns = maxTurns;
  }

  /** Turns that no event brought count as well. */
  get isIdle(): boolean {
    return this.jobs.size === 0 && this.lines.size === 0;
  }

  enter(job: Job): void {
    this.jobs.set(job.key, job);
  }

  leave(job: Job): void {
    this.jobs.delete(job.key);
    const { load } = job;
    if (load) {
      load.jobsLeft -= 1;
      if (load.jobsLeft === 0) this.bytes -= load.bytes;
    }
    this.#tellIdle();
  }

  /** The bytes of a delivery are held for as long as any of its events is. */
  weigh(bytes: number, jobs: readonly Job[]): void {
    this.bytes += bytes;
    const load = { bytes, jobsLeft: jobs.length };
    for (const job of jobs) job.load = load;
  }

  /** The line of a queue, begun where there is none. */
  lineOf(queue: string): Line {
    const known = this.lines.get(queue);
    if (known) return known;
    const line: Line = { tail: undefined, length: 0, running: 0 };
    this.lines.set(queue, line);
    return line;
  }

  /** One that ran in a line is over. */
  stepOut(queue: string, line: Line): void {
    line.length -= 1;
    if (line.length > 0) return;
    this.lines.delete(queue);
    this.#tellIdle();
  }

  turnBegins(): void {
    this.turns += 1;
  }

  turnEnds(): void {
    this.turns -= 1;
    this.passRoomOn();
  }

  /** Room that is not needed goes to the next that waits. */
  passRoomOn(): void {
    if (this.turns < this.#maxTurns) this.#waitingForRoom.shift()?.();
  }

  /** Resolves when a turn that runs has ended. */
  untilThereIsRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#waitingForRoom.push(resolve);
    });
  }

  #tellIdle(): void {
    if (this.onIdle && this.isIdle) this.onIdle();
  }
}
