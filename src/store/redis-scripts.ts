/**
 * What happens inside Redis: one Lua script for each operation, so that each is atomic and one round trip.
 *
 * All keys of a store lie in one slot, by the hash tag of its prefix. A record is one string, a header and its JSON:
 * `<version> <expires at> <id of the open handover or -> <record>`; what has no such header cannot be read, and is set
 * aside under another key; a claim is `d <until> <process>` (done)
 * or `l <until> <process>` (leased); the order of a thread is a hash, `<event> → <place> <until> <holder>`.
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

const CLAIMS = `
-- A claim that cannot be read is none: the next one replaces it.
local function claimed(key)
  local kept = redis.pcall('GET', key)
  if type(kept) ~= 'string' then return nil end
  local kind, untilMs, process = string.match(kept, '^(%a) (%d+) (.*)$')
  untilMs = tonumber(untilMs)
  if not untilMs or untilMs <= nowMs then return nil end
  return kind, process
end
-- Another process leases the event, or has finished it.
local function isTakenOver(key, process)
  local kind, by = claimed(key)
  return kind ~= nil and by ~= process
end
local function lease(key, process, leaseMs)
  redis.call('SET', key, 'l ' .. text(nowMs + leaseMs) .. ' ' .. process, 'PX', text(leaseMs))
end
`;

/** What stands in a thread's order and is still held, first to last. Drops the places of holders that died. */
const PLACES = `
local function place(kept)
  local at, untilMs, holder = string.match(kept, '^(%d+) (%d+) (.*)$')
  return tonumber(at), tonumber(untilMs), holder
end
local function places(key)
  local flat = redis.pcall('HGETALL', key)
  local live = {}
  if flat.err then
    redis.call('DEL', key)
    return live
  end
  for i = 1, #flat, 2 do
    local at, untilMs, holder = place(flat[i + 1])
    if untilMs and untilMs > nowMs then live[#live + 1] = { at = at, holder = holder, event = flat[i] }
    else redis.call('HDEL', key, flat[i]) end
  end
  return live
end
local function isTurnOf(live, holder)
  local first
  for _, each in ipairs(live) do
    if not first or each.at < first.at then first = each end
  end
  return not first or first.holder == holder
end
-- Whether another holder stands before the place that is taken.
local function takePlace(key, event, holder, leaseMs, live)
  local at, last = nil, 0
  for _, each in ipairs(live) do
    if each.event == event then at = each.at end
    if each.at > last then last = each.at end
  end
  at = at or last + 1
  redis.call('HSET', key, event, text(at) .. ' ' .. text(nowMs + leaseMs) .. ' ' .. holder)
  if redis.call('PTTL', key) < leaseMs then redis.call('PEXPIRE', key, text(leaseMs)) end
  for _, each in ipairs(live) do
    if each.at < at and each.holder ~= holder then return true end
  end
  return false
end
`;

/** The parts of a record's header, and the record; a version `?` where it cannot be read. */
const HEADERS = `
local function headOf(key)
  local kept = redis.pcall('GET', key)
  if not kept then return nil end
  if type(kept) ~= 'string' then return '?', nowMs + 1, '-', '?' end
  local version, expiresAt, openId = string.match(kept, '^(%S+) (%d+) (%S+) ')
  if not version then return '?', nowMs + 1, '-', '?' .. kept end
  return version, tonumber(expiresAt), openId, kept
end
`;

/** Compare and set. Answers nothing where it was written (or is as expected), else the record as it lies there. */
const RECORDS = `
local function write(key, openKey, from)
  local expected, version, openId, threadId, ttlMs, json =
    ARGV[from], ARGV[from + 1], ARGV[from + 2], ARGV[from + 3], ARGV[from + 4], ARGV[from + 5]
  local found, expiresAt, openBefore, kept = headOf(key)
  openBefore = openBefore or '-'
  if not found or expiresAt <= nowMs then found = '' end
  if found ~= expected then return found == '' and '' or kept end
  if version == '' then return false end
  ttlMs = tonumber(ttlMs)
  redis.call('SET', key, version .. ' ' .. text(nowMs + ttlMs) .. ' ' .. openId .. ' ' .. json, 'PX', text(ttlMs))
  if openId ~= openBefore then
    if openBefore ~= '-' then redis.call('HDEL', openKey, openBefore) end
    if openId ~= '-' then redis.call('HSET', openKey, openId, threadId) end
  end
  return false
end
`;

/** KEYS record, open · ARGV now, expected, version, openId, threadId, ttlMs, json → nil, or the record there is. */
export const UPDATE = scriptOf(CLOCK, HEADERS, RECORDS, `return write(KEYS[1], KEYS[2], 2)`);

/**
 * KEYS claim, order, record, open · ARGV now, event, process, leaseMs, then as {@link UPDATE} →
 * `done` · `busy` · `entered`, waits (0, 1), and the record there is where it was not written.
 */
export const ENTER = scriptOf(
  CLOCK,
  CLAIMS,
  PLACES,
  HEADERS,
  RECORDS,
  `
local event, process, leaseMs = ARGV[2], ARGV[3], tonumber(ARGV[4])
local kind, by = claimed(KEYS[1])
if kind == 'd' then return { 'done' } end
if kind == 'l' and by ~= process then return { 'busy' } end
lease(KEYS[1], process, leaseMs)
local waits = takePlace(KEYS[2], event, process, leaseMs, places(KEYS[2]))
return { 'entered', waits and 1 or 0, write(KEYS[3], KEYS[4], 5) }
`,
);

/**
 * Puts a record that cannot be read under another key, unless somebody has done that since it was read.
 * KEYS record, open, where it goes, list of what was set aside · ARGV now, version, thread's id, ttlMs → 1 where it was put.
 */
export const SET_ASIDE = scriptOf(
  CLOCK,
  HEADERS,
  `
local version, _, openId = headOf(KEYS[1])
if version ~= ARGV[2] then return 0 end
redis.call('RENAME', KEYS[1], KEYS[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
if openId ~= '-' then redis.call('HDEL', KEYS[2], openId) end
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', text(nowMs - tonumber(ARGV[4])))
redis.call('ZADD', KEYS[4], text(nowMs), ARGV[3])
redis.call('PEXPIRE', KEYS[4], ARGV[4])
return 1
`,
);

/** KEYS list of what was set aside · ARGV now, ttlMs, limit → [thread's id, when …], newest first. */
export const LIST_ASIDE = scriptOf(
  CLOCK,
  `
local since = '(' .. text(nowMs - tonumber(ARGV[2]))
return redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', since, 'WITHSCORES', 'LIMIT', 0, ARGV[3])
`,
);

/** KEYS claim, order · ARGV now, event, process → `lost` · `next` · `waiting`. */
export const IS_NEXT = scriptOf(
  CLOCK,
  CLAIMS,
  PLACES,
  `
if isTakenOver(KEYS[1], ARGV[3]) then return 'lost' end
return isTurnOf(places(KEYS[2]), ARGV[3]) and 'next' or 'waiting'
`,
);

/** KEYS claim, order · ARGV now, event, process, leaseMs → `renewed` · `done` · `busy`. */
export const RENEW = scriptOf(
  CLOCK,
  CLAIMS,
  PLACES,
  `
local kind, by = claimed(KEYS[1])
if kind == 'd' then return 'done' end
if kind == 'l' and by ~= ARGV[3] then return 'busy' end
local leaseMs = tonumber(ARGV[4])
lease(KEYS[1], ARGV[3], leaseMs)
takePlace(KEYS[2], ARGV[2], ARGV[3], leaseMs, places(KEYS[2]))
return 'renewed'
`,
);

/** KEYS claim, order · ARGV now, event, process, retentionMs. A process whose event was taken over has nothing to say. */
export const FINISH = scriptOf(
  CLOCK,
  CLAIMS,
  `
if isTakenOver(KEYS[1], ARGV[3]) then return 0 end
local retentionMs = tonumber(ARGV[4])
redis.call('SET', KEYS[1], 'd ' .. text(nowMs + retentionMs) .. ' ' .. ARGV[3], 'PX', text(retentionMs))
redis.call('HDEL', KEYS[2], ARGV[2])
return 1
`,
);

/** KEYS claim, order · ARGV now, event, process. */
export const RELEASE = scriptOf(
  CLOCK,
  CLAIMS,
  `
local kind, by = claimed(KEYS[1])
if kind == 'd' or (kind == 'l' and by ~= ARGV[3]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[2])
return 1
`,
);

/** KEYS claim, record · ARGV now, process → whether the event is still that process's (0, 1), and the record. */
export const READ_FOR = scriptOf(
  CLOCK,
  CLAIMS,
  HEADERS,
  `
local _, _, _, kept = headOf(KEYS[2])
return { isTakenOver(KEYS[1], ARGV[2]) and 0 or 1, kept or false }
`,
);

/** KEYS open · ARGV now, handoverId → the id of its thread, or nil. */
export const FIND_OPEN = scriptOf(`return redis.call('HGET', KEYS[1], ARGV[2])`);

/** KEYS open · ARGV now, cursor, count → cursor, [handoverId, threadId …]. */
export const SCAN_OPEN = scriptOf(`return redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])`);

/**
 * KEYS open, record … · ARGV now, handoverId … → for each 1 where the record has that handover open. What is left of a
 * record that expired is dropped.
 */
export const CHECK_OPEN = scriptOf(
  CLOCK,
  HEADERS,
  `
local known = {}
for i = 2, #KEYS do
  local version, expiresAt, openId = headOf(KEYS[i])
  known[i - 1] = 0
  if version and expiresAt > nowMs and openId == ARGV[i] then known[i - 1] = 1 end
  if known[i - 1] == 0 then redis.call('HDEL', KEYS[1], ARGV[i]) end
end
return known
`,
);

/**
 * Deadlines: `due` by time waits to be taken; `taken` by the end of its lease; `times` has the time of each; `names`
 * has them by thread, for forgetting one. KEYS due, taken, times, names · ARGV now, member, atMs.
 */
export const SCHEDULE = scriptOf(`
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])
redis.call('ZREM', KEYS[2], ARGV[2])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[4], 0, ARGV[2])
return 1
`);

const DROP_DEADLINE = `
local function drop(first, member)
  redis.call('ZREM', KEYS[first], member)
  redis.call('ZREM', KEYS[first + 1], member)
  redis.call('HDEL', KEYS[first + 2], member)
  redis.call('ZREM', KEYS[first + 3], member)
end
`;

/** KEYS due, taken, times, names · ARGV now, member. */
export const UNSCHEDULE = scriptOf(
  DROP_DEADLINE,
  `
drop(1, ARGV[2])
return 1
`,
);

/**
 * KEYS record, open, due, taken, times, names, where it is set aside, list of that · ARGV now, what the thread's deadlines
 * begin with, thread's id.
 */
export const FORGET = scriptOf(
  CLOCK,
  HEADERS,
  DROP_DEADLINE,
  `
local version, _, openId = headOf(KEYS[1])
if version and openId ~= '-' then redis.call('HDEL', KEYS[2], openId) end
redis.call('DEL', KEYS[1], KEYS[7])
redis.call('ZREM', KEYS[8], ARGV[3])
for _, member in ipairs(redis.call('ZRANGEBYLEX', KEYS[6], '[' .. ARGV[2], '[' .. ARGV[2] .. '\\255')) do
  drop(3, member)
end
return 1
`,
);

/** KEYS due, taken, times · ARGV now, callerNow, limit, leaseMs → [member, atMs …], oldest first. */
export const TAKE_DUE = scriptOf(
  CLOCK,
  `
local callerNow, limit, leaseMs = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(nowMs), 'LIMIT', 0, 1000)) do
  redis.call('ZREM', KEYS[2], member)
  -- One whose time is lost, to an eviction for one, must not keep all others from coming.
  local atMs = redis.call('HGET', KEYS[3], member)
  if atMs and tonumber(atMs) then redis.call('ZADD', KEYS[1], atMs, member) end
end
local taken = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', callerNow, 'WITHSCORES', 'LIMIT', 0, limit)
for i = 1, #taken, 2 do
  redis.call('ZREM', KEYS[1], taken[i])
  redis.call('ZADD', KEYS[2], text(nowMs + leaseMs), taken[i])
end
return taken
`,
);

/** A script of these parts. */
export function scriptOf(...parts: readonly string[]): RedisScript {
  const source = parts.join('\n');
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}
