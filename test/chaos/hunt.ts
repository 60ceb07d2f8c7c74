import fc from 'fast-check';
import { judge, timeline } from './judge.js';
import { play } from './play.js';
import { schedules } from './schedule.js';
import { writeFileSync } from 'node:fs';
process.on('unhandledRejection', (e) => { console.log('UNHANDLED', e); });
import { RedisServer } from '../store/redis-server.js';
import { createClient } from 'redis';
async function main() {
  const server = await RedisServer.start(); const redis = createClient({ url: server.url }); await redis.connect();
  const base = Number(process.argv[2]); const n = Number(process.argv[3]);
  const buckets = new Map<string, number[]>(); const totals: Record<string, number> = {};
  const began = performance.now();
  for (let seed = base; seed < base + n; seed++) {
    const [schedule] = fc.sample(schedules, { seed, numRuns: 1 });
    if (process.env.V) console.error(seed, JSON.stringify(schedule));
    let seen;
    try { seen = await play(schedule!, redis); } catch (e) { console.log(seed, 'THROWN', e); if (process.env.T) console.log(JSON.stringify(schedule)); continue; }
    const { findings, counts } = judge(seen);
    for (const [name, times] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + times;
    for (const f of findings) {
      const key = f.replace(/[0-9a-f]{32}/g, 'ID').replace(/\d+/g, 'N').split('\n')[0]!.slice(0, 140);
      buckets.set(key, [...(buckets.get(key) ?? []), seed]);
    }
    if (n === 1 && process.env.T) { console.log(findings.join('\n')); console.log(JSON.stringify(schedule)); console.log(timeline(seen)); }
  }
  const s = (performance.now() - began) / 1000;
  await redis.close(); await server.stop();
  console.log(`${n} in ${s.toFixed(1)} s, ${(n / s).toFixed(1)}/s`, totals);
  for (const [key, seeds] of [...buckets].sort((a, b) => b[1].length - a[1].length)) console.log(seeds.length, key, seeds.slice(0, 6).join(' '));
}
void main().then(() => process.exit(0));
