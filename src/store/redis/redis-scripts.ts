/**
 * Lua scripts: one for each operation, so that each is atomic and one round trip. The keys of one script lie in one slot.
 * @see https://redis.io/docs/latest/develop/programmability/eval-intro/
 */
import { createHash } from 'node:crypto';

/** A script and the name by which Redis remembers it. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

/** Leases and lifetimes go by Redis' own clock, unless the first argument is a time: clocks of processes differ. */
export const CLOCK = `
local function now()
  if ARGV[1] ~= '' then return tonumber(ARGV[1]) end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local nowMs = now()
local function text(ms) return string.format('%.0f', ms) end
`;

/** A script of these parts. */
export function scriptOf(...parts: readonly string[]): RedisScript {
  const source = parts.join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
