/**
 * Tickets in Redis. The claim on an event is a string: `d <until> <process id>` (finished) or `l <until> <process id>`
 * (leased). The queue of a thread is a hash: `<event> → <slot> <until> <process id>`.
 */
import { HEADERS, WRITES } from './redis-record-scripts.js';
import { CLOCK, scriptOf } from './redis-scripts.js';

const CLAIMS = `
-- A claim that cannot be read is none: the next one replaces it.
local function claimed(key)
  local kept = redis.pcall('GET', key)
  if type(kept) ~= 'string' then return nil end
  local kind, untilMs, processId = string.match(kept, '^(%a) (%d+) (.*)$')
  untilMs = tonumber(untilMs)
  if not untilMs or untilMs <= nowMs then return nil end
  return kind, processId
end
-- Another process leases the event, or has finished it.
local function isTakenOver(key, processId)
  local kind, by = claimed(key)
  return kind ~= nil and by ~= processId
end
local function lease(key, processId, leaseMs)
  redis.call('SET', key, 'l ' .. text(nowMs + leaseMs) .. ' ' .. processId, 'PX', text(leaseMs))
end
`;

const QUEUE = `
-- The tickets of a thread whose lease goes on, in no order. Drops the others.
local function liveTickets(key)
  local flat = redis.pcall('HGETALL', key)
  local live = {}
  if flat.err then
    redis.call('DEL', key)
    return live
  end
  for i = 1, #flat, 2 do
    local slot, untilMs, processId = string.match(flat[i + 1], '^(%d+) (%d+) (.*)$')
    if tonumber(untilMs) and tonumber(untilMs) > nowMs then
      live[#live + 1] = { slot = tonumber(slot), processId = processId, event = flat[i] }
    else redis.call('HDEL', key, flat[i]) end
  end
  return live
end
local function isNext(live, processId)
  local first
  for _, each in ipairs(live) do
    if not first or each.slot < first.slot then first = each end
  end
  return not first or first.processId == processId
end
-- Whether another process has a ticket with an earlier slot.
local function takeSlot(key, event, processId, leaseMs, live)
  local slot, last = nil, 0
  for _, each in ipairs(live) do
    if each.event == event then slot = each.slot end
    if each.slot > last then last = each.slot end
  end
  slot = slot or last + 1
  redis.call('HSET', key, event, text(slot) .. ' ' .. text(nowMs + leaseMs) .. ' ' .. processId)
  if redis.call('PTTL', key) < leaseMs then redis.call('PEXPIRE', key, text(leaseMs)) end
  for _, each in ipairs(live) do
    if each.slot < slot and each.processId ~= processId then return true end
  end
  return false
end
`;

/**
 * KEYS claim, queue, record · ARGV now, event, processId, leaseMs, then as `UPDATE` →
 * `done` · `busy` · `entered`, whether it must wait (0, 1), and the record that is there if the script did not write it.
 */
export const ENTER = scriptOf(
  CLOCK,
  CLAIMS,
  QUEUE,
  HEADERS,
  WRITES,
  `
local event, processId, leaseMs = ARGV[2], ARGV[3], tonumber(ARGV[4])
local kind, by = claimed(KEYS[1])
if kind == 'd' then return { 'done' } end
if kind == 'l' and by ~= processId then return { 'busy' } end
lease(KEYS[1], processId, leaseMs)
local mustWait = takeSlot(KEYS[2], event, processId, leaseMs, liveTickets(KEYS[2]))
return { 'entered', mustWait and 1 or 0, write(KEYS[3], 5) }
`,
);

/** KEYS claim, queue · ARGV now, event, processId → `lost` · `next` · `waiting`. */
export const IS_NEXT = scriptOf(
  CLOCK,
  CLAIMS,
  QUEUE,
  `
if isTakenOver(KEYS[1], ARGV[3]) then return 'lost' end
return isNext(liveTickets(KEYS[2]), ARGV[3]) and 'next' or 'waiting'
`,
);

/** KEYS claim, queue · ARGV now, event, processId, leaseMs → `renewed` · `done` · `busy`. */
export const RENEW = scriptOf(
  CLOCK,
  CLAIMS,
  QUEUE,
  `
local kind, by = claimed(KEYS[1])
if kind == 'd' then return 'done' end
if kind == 'l' and by ~= ARGV[3] then return 'busy' end
local leaseMs = tonumber(ARGV[4])
lease(KEYS[1], ARGV[3], leaseMs)
takeSlot(KEYS[2], ARGV[2], ARGV[3], leaseMs, liveTickets(KEYS[2]))
return 'renewed'
`,
);

/** KEYS claim, queue · ARGV now, event, processId, retentionMs. Does nothing if another process has taken the event over. */
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

/** KEYS claim, queue · ARGV now, event, processId. */
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

/** KEYS claim, record · ARGV now, processId → whether the event is still that process's (0, 1), and the record. */
export const READ_FOR = scriptOf(
  CLOCK,
  CLAIMS,
  HEADERS,
  `
local _, _, _, kept = headOf(KEYS[2])
return { isTakenOver(KEYS[1], ARGV[2]) and 0 or 1, kept or false }
`,
);
