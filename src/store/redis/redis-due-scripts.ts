/**
 * Deadlines in Redis: for each partition, `due` has all by time, and `hidden` has by member until when one that was taken is
 * hidden from other takers.
 */
import { CLOCK, scriptOf } from './redis-scripts.js';

const HIDDEN = `
local function isHidden(member)
  local untilMs = tonumber(redis.call('HGET', KEYS[2], member) or '')
  return untilMs and untilMs > nowMs
end
`;

/** KEYS due, hidden · ARGV now, member, atMs. */
export const SCHEDULE = scriptOf(`
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[2])
return 1
`);

/** KEYS due, hidden · ARGV now, member. */
export const UNSCHEDULE = scriptOf(`
redis.call('ZREM', KEYS[1], ARGV[2])
redis.call('HDEL', KEYS[2], ARGV[2])
return 1
`);

/** KEYS due, hidden · ARGV now, callerNow, limit → [member, atMs …], oldest first. Takes none. */
export const PEEK_DUE = scriptOf(
  CLOCK,
  HIDDEN,
  `
local found, limit = {}, tonumber(ARGV[3])
for first = 0, math.huge, limit do
  local page = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[2], 'WITHSCORES', 'LIMIT', text(first), ARGV[3])
  for i = 1, #page, 2 do
    if not isHidden(page[i]) then
      found[#found + 1] = page[i]
      found[#found + 1] = page[i + 1]
    end
    if #found == 2 * limit then return found end
  end
  if #page < 2 * limit then return found end
end
`,
);

/** KEYS due, hidden · ARGV now, callerNow, leaseMs, member … → those of the members that are still due. */
export const TAKE_DUE = scriptOf(
  CLOCK,
  HIDDEN,
  `
local taken = {}
for i = 4, #ARGV do
  local atMs = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or '')
  if atMs and atMs <= tonumber(ARGV[2]) and not isHidden(ARGV[i]) then
    redis.call('HSET', KEYS[2], ARGV[i], text(nowMs + tonumber(ARGV[3])))
    taken[#taken + 1] = ARGV[i]
  end
end
return taken
`,
);

/**
 * Forgets a thread.
 * KEYS record, where it is set aside, list of that, index of open handovers, due, hidden · ARGV now, what the thread's
 * deadlines begin with, thread's id.
 */
export const FORGET = scriptOf(`
redis.call('DEL', KEYS[1], KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[3])
local open = redis.call('HGETALL', KEYS[4])
for i = 1, #open, 2 do
  if open[i + 1] == ARGV[3] then redis.call('HDEL', KEYS[4], open[i]) end
end
for _, member in ipairs(redis.call('ZRANGE', KEYS[5], 0, -1)) do
  if string.sub(member, 1, #ARGV[2]) == ARGV[2] then
    redis.call('ZREM', KEYS[5], member)
    redis.call('HDEL', KEYS[6], member)
  end
end
`);
