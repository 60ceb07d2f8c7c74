/**
 * A process that plays schedules: it is sent a seed, plays its schedule, says what the judge found, and is sent the next.
 *
 * A process of its own, because held time replaces the globals: each core can hold one.
 */
import { createClient } from 'redis';
import { judge, timeline, type Verdict } from './judge.js';
import { play } from './play.js';
import { scheduleOf } from './schedule.js';

/** What a player says: that it is ready, or what came of a seed. */
export type PlayerSays =
  | { readonly ready: true }
  | ({ readonly seed: number; readonly timeline?: string } & Verdict)
  | { readonly seed: number; readonly broke: string };

const redis = createClient({ url: process.argv[2] ?? '' });

process.on('message', ({ seed }: { readonly seed: number }) => {
  void playedOut(seed).then(say);
});
process.on('disconnect', () => redis.destroy());
void redis.connect().then(() => say({ ready: true }));

/** A schedule that cannot be judged is played once more: what is wrong with it is wrong again, a machine that stood still is not. */
async function playedOut(seed: number, isAgain = false): Promise<PlayerSays> {
  try {
    const seen = await play(scheduleOf(seed), redis);
    const verdict = judge(seen);
    // What was found once, and is not found when the seed is played again, can be understood from this alone.
    return { seed, ...verdict, ...(verdict.findings.length > 0 ? { timeline: timeline(seen) } : {}) };
  } catch (error) {
    if (!isAgain) return playedOut(seed, true);
    return { seed, broke: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function say(what: PlayerSays): void {
  process.send?.(what);
}
