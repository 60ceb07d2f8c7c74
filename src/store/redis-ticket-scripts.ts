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

/** A queue is kept for so long after its last lease, milliseconds. */
const KEPT_MS = 24 * 60 * 60_000;

const QUEUE = `
-- The tickets of a thread whose lease goes on, in no order, and the last slot. Drops tickets of other processes whose lease is over.
local function liveTickets(key, processId)
  local flat = redis.pcall('HGETALL', key)
  local live, last = {}, 0
  if flat.err then
    redis.call('DEL', key)
    return live, last
  end
  for i = 1, #flat, 2 do
    local slot, untilMs, by = string.match(flat[i + 1], '^(%d+) (%d+) (.*)$')
    local isLive = tonumber(untilMs) and tonumber(untilMs) > nowMs
    if isLive then live[#live + 1] = { slot = tonumber(slot), processId = by, event = flat[i] } end
    if not isLive and by ~= processId then redis.call('HDEL', key, flat[i])
    elseif tonumber(slot) > last then last = tonumber(slot) end
  end
  return live, last
end
-- The slot that a process has for an event, be its lease over or not.
local function slotOf(key, event, processId)
  local kept = redis.pcall('HGET', key, event)
  if type(kept) ~= 'string' then return nil end
  local slot, by = string.match(kept, '^(%d+) %d+ (.*)$')
  return by == processId and tonumber(slot) or nil
end
local function isNext(live, processId)
  local first
  for _, each in ipairs(live) do
    if not first or each.slot < first.slot then first = each end
  end
  return not first or first.processId == processId
end
-- Whether another process has a ticket with an earlier slot.
local function takeSlot(key, event, processId, leaseMs)
  local live, last = liveTickets(key, processId)
  local slot = slotOf(key, event, processId) or last + 1
  redis.call('HSET', key, event, text(slot) .. ' ' .. text(nowMs + leaseMs) .. ' ' .. processId)
  -- Longer than any lease: a process that stands still finds its slot, if nobody else has come.
  if redis.call('PTTL', key) < leaseMs + ${KEPT_MS / 2} then redis.call('PEXPIRE', key, text(leaseMs + ${KEPT_MS})) end
  for _, each in ipairs(live) do
    if each.slot < slot and each.processId ~= processId then return true end
  end
  return false
end
`;

/**
 * KEYS claim, queue, then as `UPDATE` · ARGV now, event, processId, leaseMs, then as `UPDATE` →
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
local mustWait = takeSlot(KEYS[2], event, processId, leaseMs)
return { 'entered', mustWait and 1 or 0, write(KEYS[3], KEYS[4], 5) }
`,
);

/** KEYS claim, queue · ARGV now, event, processId → `lost` · `next` · `waiting`. */
export const IS_NEXT = scriptOf(
  CLOCK,
  CLAIMS,
  QUEUE,
  `
if isTakenOver(KEYS[1], ARGV[3]) then return 'lost' end
return isNext(liveTickets(KEYS[2], ARGV[3]), ARGV[3]) and 'next' or 'waiting'
`,
);

/** KEYS claim, queue · ARGV now, event, processId, leaseMs → `renewed` · `overtaken` · `done` · `busy`. */
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
local wasQueued = slotOf(KEYS[2], ARGV[2], ARGV[3])
takeSlot(KEYS[2], ARGV[2], ARGV[3], leaseMs)
return wasQueued and 'renewed' or 'overtaken'
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
local _, _, kept = headOf(KEYS[2])
return { isTakenOver(KEYS[1], ARGV[2]) and 0 or 1, kept or false }
`,
);
