/** Random schedules over the pretend platform: whatever happens, what must hold holds. */
import { expect } from 'chai';
import fc from 'fast-check';
import { judge, timeline } from './judge.js';
import { play } from './play.js';
import { schedules } from './schedule.js';

const SCHEDULES = Number(process.env['CHAOS_SCHEDULES'] ?? 200);
const LIMIT_MS = 40_000 + SCHEDULES * 200;

describe('chaos', () => {
  it(`leaves what must hold standing, in ${SCHEDULES} random schedules`, async () => {
    const began = performance.now();
    const totals: Record<string, number> = {};
    const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
    let played = 0;
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        const seen = await play(schedule);
        played += 1;
        const { findings, counts } = judge(seen);
        for (const [name, times] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + times;
        if (findings.length > 0) {
          throw new Error(`${findings.join('\n')}\n${JSON.stringify(schedule)}\n${timeline(seen)}`);
        }
      }),
      {
        numRuns: SCHEDULES,
        seed,
        ...(process.env['CHAOS_PATH'] === undefined ? {} : { path: process.env['CHAOS_PATH'] }),
        endOnFailure: process.env['CHAOS_SHRINK'] === undefined,
      },
    );
    const seconds = (performance.now() - began) / 1000;
    console.log(`      seed ${seed}: ${played} schedules in ${seconds.toFixed(1)} s (${(played / seconds).toFixed(0)} a second)`);
    for (const [name, times] of Object.entries(totals).sort()) console.log(`      ${times} × ${name}`);
    expect(played).to.equal(SCHEDULES);
  }).timeout(LIMIT_MS);
});
