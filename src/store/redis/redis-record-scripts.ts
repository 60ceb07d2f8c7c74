/**
 * What Redis does with a thread's record, and with the index of open handovers.
 *
 * A record is one string, a header and JSON: `<version> <expires at> <id of the open handover or -> <record>`. A string
 * without such a header cannot be read. The index is a hash of each partition, `<handover id> → <thread's id>`. It changes with
 * the record. A record that expires, or is set aside, leaves its entry behind.
 */
import { CLOCK, scriptOf } from './redis-scripts.js';

/**
 * The version and the open handover in a record's header, and the whole string; version `?` if it cannot be read. Nothing if
 * there is no record, or it has expired.
 */
export const HEADERS = `
local function headOf(key)
  local kept = redis.pcall('GET', key)
  if not kept then return nil end
  if type(kept) ~= 'string' then return '?', '-', '?' end
  local version, expiresAt, openId = string.match(kept, '^([%w_-]+) (%d+) ([^ ]+) ')
  if not version then return '?', '-', '?' .. kept end
  if tonumber(expiresAt) > nowMs then return version, openId, kept end
end
`;

/**
 * Compare and set. Answers nothing if it wrote the record (or there was nothing to write), else the record that it found.
 * The index is given if the open handover changes. It is written first: an index that Redis refuses to write stops the record.
 */
export const WRITES = `
local function write(key, index, from)
  local expected, version, openId, ttlMs, json, id = unpack(ARGV, from)
  local found, openBefore, kept = headOf(key)
  if (found or '') ~= expected then return kept or '' end
  if version == '' then return false end
  if index and openBefore then redis.call('HDEL', index, openBefore) end
  if index and openId ~= '-' then redis.call('HSET', index, openId, id) end
  ttlMs = tonumber(ttlMs)
  redis.call('SET', key, version .. ' ' .. text(nowMs + ttlMs) .. ' ' .. openId .. ' ' .. json, 'PX', text(ttlMs))
  return false
end
`;

/** KEYS record · ARGV now → the record, or nil. */
export const READ = scriptOf(
  CLOCK,
  HEADERS,
  `
local _, _, kept = headOf(KEYS[1])
return kept or false
`,
);

/**
 * KEYS record, index if the open handover changes · ARGV now, expected, version, openId, ttlMs, json, thread's id with an
 * index → nil, or the record that is there.
 */
export const UPDATE = scriptOf(CLOCK, HEADERS, WRITES, `return write(KEYS[1], KEYS[2], 2)`);

/**
 * Puts a record that cannot be read under another key, unless another process has done that since it was read.
 * KEYS record, where it goes, list of what was set aside · ARGV now, version, thread's id, ttlMs → 1 if it was moved.
 */
export const SET_ASIDE = scriptOf(
  CLOCK,
  HEADERS,
  `
if headOf(KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('RENAME', KEYS[1], KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', text(nowMs - tonumber(ARGV[4])))
redis.call('ZADD', KEYS[3], text(nowMs), ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
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

/** KEYS record, index · ARGV now, handoverId → whether the record has it open (0, 1). If not, the entry goes. */
export const CONFIRM_OPEN = scriptOf(
  CLOCK,
  HEADERS,
  `
local _, openId = headOf(KEYS[1])
if openId == ARGV[2] then return 1 end
redis.call('HDEL', KEYS[2], ARGV[2])
return 0
`,
);

/** KEYS index · ARGV now, handoverId → thread's id, or nil. */
export const FIND_OPEN = scriptOf(`return redis.call('HGET', KEYS[1], ARGV[2])`);

/** KEYS index · ARGV now, cursor, count → cursor, [handoverId, thread's id …]. */
export const SCAN_OPEN = scriptOf(`return redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])`);
