/**
 * Random schedules over the pretend platform: whatever happens, what must hold holds.
 *
 * `npm run test:chaos` plays 10,000. Each schedule has a seed of its own; a failing one is printed, made smaller, with
 * the command that plays it again.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { DRIVERS, HOW_TO_GET_ONE } from '../store/sqlite-files.js';
import { judge, timeline } from './judge.js';
import { type RedisClient, play } from './play.js';
import type { Played } from './players.js';
import { playMany } from './players.js';
import { type Schedule, scheduleOf } from './schedule.js';
import { FAILED_ONCE } from './schedules-that-failed.js';

const SCHEDULES = Number(process.env['CHAOS_SCHEDULES'] ?? 300);
/** `npm test` plays the same ones each time, so that it says something about the change; the command plays new ones. */
const USUAL_SEED = 70_000;
const NEW_SEED = process.env['CHAOS_SCHEDULES'] === undefined ? USUAL_SEED : Math.floor(Math.random() * 2 ** 30);
const FIRST_SEED = Number(process.env['CHAOS_SEED'] ?? NEW_SEED);
/** As many as fit into this. In `npm test` a limit for a machine that is busy with other things. */
const ENOUGH_S = process.env['CHAOS_SECONDS'] ?? (process.env['CHAOS_SCHEDULES'] === undefined ? 60 : Infinity);
const ENOUGH_MS = Number(ENOUGH_S) * 1000;
const LONGEST_MS = 60_000 + SCHEDULES * 3000;
const MOST_SMALLER = 80;
/** Where the run's coverage is written to. `npm run test:chaos` sets it. */
const RESULT = process.env['CHAOS_RESULT'];

describeWithRedis('chaos', () => {
  let server: RedisServer;
  let redis: ReturnType<typeof createClient>;

  before(async () => {
    if (DRIVERS.length === 0) {
      if (process.env['CI']) throw new Error(HOW_TO_GET_ONE);
      console.warn(`    ${HOW_TO_GET_ONE} Schedules with SQLite are played with the store in memory.`);
    }
    server = await RedisServer.start();
    redis = createClient({ url: server.url });
    await redis.connect();
  });
  after(async () => {
    redis.destroy();
    await server.stop();
  });

  for (const [what, schedule] of Object.entries(FAILED_ONCE)) {
    it(`no longer: ${what}`, async () => {
      expect(judge(await play(schedule, redis)).findings).to.deep.equal([]);
    });
  }

  it(`leaves standing what must stand, in up to ${SCHEDULES} random schedules`, async () => {
    const beganMs = performance.now();
    const plan = { firstSeed: FIRST_SEED, schedules: SCHEDULES, enoughMs: ENOUGH_MS, redisUrl: server.url };
    const { schedules, failed, counts, coverage } = await playMany(plan);
    if (RESULT !== undefined) {
      const run = { at: new Date().toISOString(), node: process.version, firstSeed: FIRST_SEED, schedules };
      mkdirSync(dirname(RESULT), { recursive: true });
      writeFileSync(RESULT, JSON.stringify(coverage.kept(run)));
    }
    if (failed !== undefined) throw new Error(await explained(failed, redis));
    const seconds = (performance.now() - beganMs) / 1000;
    console.log(`      ${schedules} schedules from seed ${FIRST_SEED}, ${(schedules / seconds).toFixed(1)} a second`);
    for (const [name, times] of Object.entries(counts).sort()) console.log(`      ${times} × ${name}`);
    expect(schedules).to.be.above(0);
  }).timeout(LONGEST_MS);
});

/** What went wrong, the smallest schedule found in which it does, and how to see it again. */
async function explained(
  { seed, findings, timeline: found = '' }: NonNullable<Played['failed']>,
  redis: RedisClient,
): Promise<string> {
  const smaller = await smallestOf(scheduleOf(seed), redis);
  return [
    ...findings,
    'As it was found:',
    found,
    `Again: CHAOS_SEED=${seed} CHAOS_SCHEDULES=1 npm run test:chaos`,
    `Smaller, for schedules-that-failed.ts: ${JSON.stringify(smaller)}`,
    timeline(await play(smaller, redis)),
  ].join('\n');
}

/** Leaves moves out, one after the other, as long as something is found. */
async function smallestOf(schedule: Schedule, redis: RedisClient): Promise<Schedule> {
  let smallest = schedule;
  let tries = 0;
  for (let at = smallest.moves.length - 1; at >= 0 && tries < MOST_SMALLER; at -= 1) {
    tries += 1;
    const without = { ...smallest, moves: smallest.moves.filter((_move, index) => index !== at) };
    if (judge(await play(without, redis)).findings.length > 0) smallest = without;
  }
  return smallest;
}
