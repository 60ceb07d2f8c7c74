/**
 * What happens inside Redis for an inbox: one Lua script for each operation on one partition.
 *
 * A partition has four keys: `bodies`, a hash of id → body; `leases`, a sorted set of ids by the end of their lease, 0 if
 * the delivery was given back; `states`, a hash of id → `<process> <losses> <attempts> <1 if it runs alone>`; `polled`, when
 * a process last looked for deliveries to take over. Ids sort by age. The first argument of a script is the time, empty for
 * Redis' own.
 */
import { SUSPECT_AFTER_LOSSES } from '../inbox-options.js';
import { CLOCK, scriptOf } from './redis-scripts.js';

const BASE = `
local function readPolled()
  local polledMs, notBeforeMs = string.match(redis.call('GET', KEYS[4]) or '', '^(%d+) (%d+)$')
  return tonumber(polledMs) or 0, tonumber(notBeforeMs) or 0
end
-- Leases that end up to then may be taken over; 0 if only what was given back may be.
local function takeableMs(notBeforeMs) return nowMs < notBeforeMs and 0 or nowMs end
local function lease(id, untilMs) redis.call('ZADD', KEYS[2], text(untilMs), id) end
local function stateOf(id)
  local kept = redis.call('HGET', KEYS[3], id) or ''
  local process, losses, attempts, alone = string.match(kept, '^(%S+) (%d+) (%d+) (%d)$')
  return process, tonumber(losses) or 0, tonumber(attempts) or 0, alone == '1'
end
local function writeState(id, process, losses, attempts, alone)
  redis.call('HSET', KEYS[3], id, process .. ' ' .. losses .. ' ' .. attempts .. ' ' .. (alone and '1' or '0'))
end
local function drop(id)
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
  redis.call('HDEL', KEYS[3], id)
end
`;

/** KEYS bodies, leases, states · ARGV now, process, leaseMs, most, body → id, or nil if the partition is full. */
export const PUT = scriptOf(
  CLOCK,
  BASE,
  `
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then return false end
local at = nowMs * 1000
local id
repeat
  id = string.format('%016.0f', at)
  at = at + 1
until redis.call('HSETNX', KEYS[1], id, ARGV[5]) == 1
writeState(id, ARGV[2], 0, 0, false)
lease(id, nowMs + ARGV[3])
return id
`,
);

/** KEYS bodies, leases, states · ARGV now, process, id … */
export const REMOVE = scriptOf(
  CLOCK,
  BASE,
  `
for i = 3, #ARGV do
  if stateOf(ARGV[i]) == ARGV[2] then drop(ARGV[i]) end
end
`,
);

/** KEYS bodies, leases, states · ARGV now, process, leaseMs, id … */
export const RENEW = scriptOf(
  CLOCK,
  BASE,
  `
for i = 4, #ARGV do
  if stateOf(ARGV[i]) == ARGV[2] then lease(ARGV[i], nowMs + ARGV[3]) end
end
`,
);

/** KEYS bodies, leases, states · ARGV now, process, id … */
export const GIVE_BACK = scriptOf(
  CLOCK,
  BASE,
  `
for i = 3, #ARGV do
  local process, losses, attempts = stateOf(ARGV[i])
  if process == ARGV[2] then
    writeState(ARGV[i], '-', losses, attempts, false)
    lease(ARGV[i], 0)
  end
end
`,
);

/** KEYS bodies, leases, states · ARGV now, process, id, 1 if it runs alone */
export const MARK_ALONE = scriptOf(
  CLOCK,
  BASE,
  `
local process, losses, attempts = stateOf(ARGV[3])
if process == ARGV[2] then writeState(ARGV[3], process, losses, attempts, ARGV[4] == '1') end
`,
);

/**
 * KEYS bodies, leases, states, polled · ARGV now, leaseMs → how many deliveries can be taken over.
 *
 * If no process has looked here for half a lease, Redis was out of reach or all processes were down. Then leases may be over
 * whose processes live and had no chance to renew: for one lease only what was given back is taken over.
 */
export const LOOK = scriptOf(
  CLOCK,
  BASE,
  `
local leaseMs = tonumber(ARGV[2])
local polledMs, notBeforeMs = readPolled()
if nowMs - polledMs > leaseMs / 2 then notBeforeMs = nowMs + leaseMs end
redis.call('SET', KEYS[4], text(nowMs) .. ' ' .. text(notBeforeMs), 'PX', text(10 * leaseMs))
return redis.call('ZCOUNT', KEYS[2], '-inf', text(takeableMs(notBeforeMs)))
`,
);

/**
 * KEYS bodies, leases, states, polled · ARGV now, process, leaseMs, limit, most attempts → [id, body, 1 if suspect …],
 * [id, body …] of those with too many attempts, which the process has to set aside.
 */
export const TAKE_OVER = scriptOf(
  CLOCK,
  BASE,
  `
local process, leaseMs, limit, maxAttempts = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local _, notBeforeMs = readPolled()
local found, exhausted = {}, {}
local overMs = takeableMs(notBeforeMs)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', text(overMs), 'LIMIT', 0, limit)) do
  local body = redis.call('HGET', KEYS[1], id)
  local before, losses, attempts, alone = stateOf(id)
  if before ~= '-' and before ~= process then
    losses = losses + 1
    if alone then attempts = attempts + 1 end
  end
  if not body then
    drop(id)
  else
    writeState(id, process, losses, attempts, false)
    lease(id, nowMs + leaseMs)
    local list = attempts >= maxAttempts and exhausted or found
    list[#list + 1] = id
    list[#list + 1] = body
    if list == found then list[#list + 1] = losses >= ${SUSPECT_AFTER_LOSSES} and '1' or '0' end
  end
end
return { found, exhausted }
`,
);

/** KEYS list · ARGV now, most, body … Newest first. */
export const SET_ASIDE = scriptOf(`
for i = 3, #ARGV do redis.call('LPUSH', KEYS[1], ARGV[i]) end
redis.call('LTRIM', KEYS[1], 0, ARGV[2] - 1)
`);
