/** Several processes that play schedules, each with the next seed as soon as it is done with one. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { bundled } from '../run/bundled.js';
import { Coverage } from './coverage.js';
import type { PlayerSays } from './player.js';
import { scheduleOf } from './schedule.js';

const PROGRAM = bundled('test/chaos/player.ts');

/** What came of many schedules. */
export interface Played {
  readonly schedules: number;
  /** The first seed at which something was found or broke, and the sentences about it. */
  readonly failed?: { readonly seed: number; readonly findings: readonly string[]; readonly timeline?: string };
  /** What may happen, and how often it did. */
  readonly counts: Readonly<Record<string, number>>;
  /** What was tried together. */
  readonly coverage: Coverage;
}

/** What is to be played. */
export interface Plan {
  readonly firstSeed: number;
  readonly schedules: number;
  /** No further schedule is begun after this. Milliseconds. */
  readonly enoughMs: number;
  readonly redisUrl: string;
}

/** Plays them on every core, until all are played, time is over, or one fails. */
export async function playMany(plan: Plan): Promise<Played> {
  const game = new Game(plan);
  const hands = Math.max(1, Math.min(availableParallelism(), plan.schedules));
  await Promise.all(Array.from({ length: hands }, () => game.join()));
  return game.played;
}

class Game {
  readonly #plan: Plan;
  readonly #beganMs = performance.now();
  readonly #counts: Record<string, number> = {};
  readonly #coverage = new Coverage();
  #dealt = 0;
  #schedules = 0;
  #failed: Played['failed'];

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  get played(): Played {
    const failed = this.#failed === undefined ? {} : { failed: this.#failed };
    return { schedules: this.#schedules, counts: this.#counts, coverage: this.#coverage, ...failed };
  }

  /** One process, from its start to its end. */
  async join(): Promise<void> {
    const player = fork(PROGRAM, [this.#plan.redisUrl], { execArgv: [] });
    const ended = once(player, 'exit');
    player.on('message', (said: PlayerSays) => {
      this.#hear(said);
      this.#deal(player);
    });
    const [code] = (await ended) as [number | null];
    if (code !== 0) throw new Error(`A process that plays schedules ended with ${code ?? 'a signal'}.`);
  }

  #deal(player: ChildProcess): void {
    const { firstSeed, schedules, enoughMs } = this.#plan;
    const over = this.#dealt >= schedules || performance.now() - this.#beganMs >= enoughMs;
    if (over || this.#failed !== undefined) {
      player.disconnect();
      return;
    }
    player.send({ seed: firstSeed + this.#dealt });
    this.#dealt += 1;
  }

  #hear(said: PlayerSays): void {
    if ('ready' in said) return;
    this.#schedules += 1;
    if ('broke' in said) {
      this.#failed ??= { seed: said.seed, findings: [said.broke] };
      return;
    }
    this.#coverage.add(scheduleOf(said.seed), said);
    const { seed, findings, timeline } = said;
    if (findings.length > 0) this.#failed ??= { seed, findings, ...(timeline === undefined ? {} : { timeline }) };
    for (const [name, times] of Object.entries(said.counts)) this.#counts[name] = (this.#counts[name] ?? 0) + times;
  }
}
