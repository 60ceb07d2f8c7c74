/**
 * Deadlines in Redis, for each partition: `due` has by time those that wait to be taken, `taken` has by the end of its
 * lease each that was taken, `times` has the time of each, `names` has all by thread, for forgetting one.
 */
import { CLOCK, scriptOf } from './redis-scripts.js';

const DROP_DEADLINE = `
local function drop(first, member)
  redis.call('ZREM', KEYS[first], member)
  redis.call('ZREM', KEYS[first + 1], member)
  redis.call('HDEL', KEYS[first + 2], member)
  redis.call('ZREM', KEYS[first + 3], member)
end
`;

/** KEYS due, taken, times, names · ARGV now, member, atMs. */
export const SCHEDULE = scriptOf(`
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[4], 0, ARGV[2])
return 1
`);

/** KEYS due, taken, times, names · ARGV now, member. */
export const UNSCHEDULE = scriptOf(
  DROP_DEADLINE,
  `
drop(1, ARGV[2])
return 1
`,
);

/** KEYS due, taken, times · ARGV now, callerNow, limit → [member, atMs …], oldest first. Takes none. */
export const PEEK_DUE = scriptOf(
  CLOCK,
  `
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(nowMs), 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], member)
  -- A deadline whose time is lost, for example by an eviction, must not keep the others from coming.
  local atMs = redis.call('HGET', KEYS[3], member)
  if atMs and tonumber(atMs) then redis.call('ZADD', KEYS[1], atMs, member) end
end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
`,
);

/** KEYS due, taken · ARGV now, callerNow, leaseMs, member … → those of the members that are still due. */
export const TAKE_DUE = scriptOf(
  CLOCK,
  `
local taken = {}
for i = 4, #ARGV do
  local atMs = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or '')
  if atMs and atMs <= tonumber(ARGV[2]) then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('ZADD', KEYS[2], text(nowMs + tonumber(ARGV[3])), ARGV[i])
    taken[#taken + 1] = ARGV[i]
  end
end
return taken
`,
);

/**
 * Forgets a thread.
 * KEYS record, where it is set aside, list of that, index of open handovers, due, taken, times, names · ARGV now, what the
 * thread's deadlines begin with, thread's id.
 */
export const FORGET = scriptOf(
  DROP_DEADLINE,
  `
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[3])
local open = redis.call('HGETALL', KEYS[4])
for i = 1, #open, 2 do
  if open[i + 1] == ARGV[3] then redis.call('HDEL', KEYS[4], open[i]) end
end
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[8], '[' .. ARGV[2], '[' .. ARGV[2] .. '\\255')) do
  drop(5, member)
end
`,
);
