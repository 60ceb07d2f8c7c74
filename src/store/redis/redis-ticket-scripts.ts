/**
 * Tickets in Redis. The queue of a thread is a hash: `<event> → <slot> <end of the lease> <process id>`. The claim of a
 * finished event is a string: `<until> <process id>`. Every script has the keys `claim, queue` and the arguments
 * `now, event, processId` first.
 */
import { HEADERS, WRITES } from './redis-record-scripts.js';
import { CLOCK, scriptOf } from './redis-scripts.js';

const TICKET = `
local claim, queue, event, processId = KEYS[1], KEYS[2], ARGV[2], ARGV[3]
-- Slot, end of the lease and process of a ticket. One that cannot be read is none.
local function partsOf(ticket)
  local slot, untilMs, by = string.match(ticket, '^(%d+) (%d+) (.*)$')
  return tonumber(slot), tonumber(untilMs), by
end
local function keptTicket()
  local kept = redis.pcall('HGET', queue, event)
  return partsOf(type(kept) == 'string' and kept or '')
end
-- Why the event is not to be had, and the process that has it or has finished it.
local function refusal()
  local kept = redis.pcall('GET', claim)
  local untilMs, by = string.match(type(kept) == 'string' and kept or '', '^(%d+) (.*)$')
  if untilMs and tonumber(untilMs) > nowMs then return 'done', by end
  local slot, leaseEndMs, leasedBy = keptTicket()
  if slot and leaseEndMs > nowMs and leasedBy ~= processId then return 'busy', leasedBy end
end
-- Another process has the event, or has finished it.
local function isTakenOver()
  local refused, by = refusal()
  return refused and by ~= processId
end
`;

/** A queue is kept for so long after its last lease, milliseconds. */
const KEPT_MS = 24 * 60 * 60_000;

const QUEUE = `
-- The tickets of a thread whose lease goes on, in no order, and the last slot. Drops tickets of other processes whose lease is over.
local function liveTickets()
  local flat = redis.pcall('HGETALL', queue)
  local live, last = {}, 0
  if flat.err then
    redis.call('DEL', queue)
    return live, last
  end
  for i = 1, #flat, 2 do
    local slot, untilMs, by = partsOf(flat[i + 1])
    local isLive = slot and untilMs > nowMs
    if isLive then live[#live + 1] = { slot = slot, processId = by } end
    if not isLive and by ~= processId then redis.call('HDEL', queue, flat[i])
    elseif slot > last then last = slot end
  end
  return live, last
end
local function isNext(live)
  local first
  for _, each in ipairs(live) do
    if not first or each.slot < first.slot then first = each end
  end
  return not first or first.processId == processId
end
-- Keeps the slot that this process has for the event, be its lease over or not, or takes the last one. Returns whether
-- another process has an earlier slot, and whether this process had one.
local function takeSlot(leaseMs)
  local live, last = liveTickets()
  local slot, _, by = keptTicket()
  local had = by == processId
  if not had then slot = last + 1 end
  redis.call('HSET', queue, event, text(slot) .. ' ' .. text(nowMs + leaseMs) .. ' ' .. processId)
  -- Longer than any lease: a process that stands still finds its slot, if nobody else has come.
  if redis.call('PTTL', queue) < leaseMs + ${KEPT_MS / 2} then redis.call('PEXPIRE', queue, text(leaseMs + ${KEPT_MS})) end
  for _, each in ipairs(live) do
    if each.slot < slot and each.processId ~= processId then return true, had end
  end
  return false, had
end
`;

/**
 * KEYS claim, queue, then as `UPDATE` · ARGV now, event, processId, leaseMs, then as `UPDATE` →
 * `done` · `busy` · `entered`, whether it must wait (0, 1), and the record that is there if the script did not write it.
 */
export const ENTER = scriptOf(
  CLOCK,
  TICKET,
  QUEUE,
  HEADERS,
  WRITES,
  `
local refused = refusal()
if refused then return { refused } end
local mustWait = takeSlot(tonumber(ARGV[4]))
return { 'entered', mustWait and 1 or 0, write(KEYS[3], KEYS[4], 5) }
`,
);

/** → `lost` · `next` · `waiting`. */
export const IS_NEXT = scriptOf(
  CLOCK,
  TICKET,
  QUEUE,
  `
if isTakenOver() then return 'lost' end
return isNext(liveTickets()) and 'next' or 'waiting'
`,
);

/** ARGV leaseMs → `renewed` · `overtaken` · `done` · `busy`. */
export const RENEW = scriptOf(
  CLOCK,
  TICKET,
  QUEUE,
  `
local refused = refusal()
if refused then return refused end
local _, had = takeSlot(tonumber(ARGV[4]))
return had and 'renewed' or 'overtaken'
`,
);

/** ARGV retentionMs. Does nothing if another process has taken the event over. */
export const FINISH = scriptOf(
  CLOCK,
  TICKET,
  `
if isTakenOver() then return 0 end
local retentionMs = tonumber(ARGV[4])
redis.call('SET', claim, text(nowMs + retentionMs) .. ' ' .. processId, 'PX', text(retentionMs))
redis.call('HDEL', queue, event)
return 1
`,
);

/** Does nothing if the event is finished, or another process has it. */
export const RELEASE = scriptOf(
  CLOCK,
  TICKET,
  `
if not refusal() then redis.call('HDEL', queue, event) end
return 1
`,
);

/** KEYS record → whether the event is still that process's (0, 1), and the record. */
export const READ_FOR = scriptOf(
  CLOCK,
  TICKET,
  HEADERS,
  `
local _, _, kept = headOf(KEYS[3])
return { isTakenOver() and 0 or 1, kept or false }
`,
);
