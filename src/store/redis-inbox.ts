/**
 * A durable inbox on a Redis stream: a delivery is acknowledged when it is in the stream, and leaves it after its turns.
 *
 * The stream's consumer group knows which process has which delivery, and for how long nobody has cared for it.
 * @see https://redis.io/docs/latest/develop/data-types/streams/
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../thread/clock.js';
import type { DeliveryInbox, TakenOver } from '../thread/inbox.js';
import type { StoringBot } from '../thread/store.js';
import { positiveOption } from './positive-option.js';
import type { RedisClientLike } from './redis-client.js';
import { listOf, RedisConnection, textOf } from './redis-connection.js';
import type { RedisScript } from './redis-scripts.js';
import { scriptOf } from './redis-scripts.js';
import { checkedPrefix, DEFAULT_PREFIX, RedisKeys } from './redis-keys.js';

const GROUP = 'bots';
const MAX_DELIVERIES = 10_000;
const LEASE_MS = 15_000;
const MAX_ATTEMPTS = 20;
const COMMAND_TIMEOUT_MS = 1_500;
/** Deliveries set aside that are kept for somebody to look at. */
const SET_ASIDE_KEPT = 1_000;
/** A process that has shown no sign for so long, and has nothing, is forgotten. */
const CONSUMER_KEPT_MS = 60 * 60_000;
/** What is given back has been left alone for this long, as far as others can see. */
const GIVEN_BACK_IDLE_MS = 24 * 60 * 60_000;

/** Settings of a {@link RedisInbox}. */
export interface RedisInboxOptions {
  /** Begins every key, in braces and before the bot's app id, as for `RedisThreadStore`. Default `handover-vcclive`. */
  readonly prefix?: string;
  /** Deliveries kept at once; past this Meta is answered 503. Default 10,000. */
  readonly maxDeliveries?: number;
  /** A delivery that its process has not renewed for so long is taken over, milliseconds. Default 15,000. */
  readonly leaseMs?: number;
  /** Times a delivery is taken over before it is set aside, in the list `{<prefix>:<app id>}:inbox:aside`. Default 20. */
  readonly maxAttempts?: number;
  /** A command without an answer fails after this, milliseconds. Default 1500. */
  readonly commandTimeoutMs?: number;
}

const WITH_GROUP = `
local function withGroup(run)
  local answer = run()
  if type(answer) == 'table' and answer.err and string.find(answer.err, 'NOGROUP', 1, true) then
    redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
    answer = run()
  end
  if type(answer) == 'table' and answer.err then error(answer.err) end
  return answer
end
`;

/** KEYS stream · ARGV group, consumer, most, body → id, or nil where it is full. Read at once, so that it is ours. */
const PUT = scriptOf(
  WITH_GROUP,
  `
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then return false end
local id = redis.call('XADD', KEYS[1], '*', 'body', ARGV[4])
local function read()
  return redis.pcall('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', 100, 'STREAMS', KEYS[1], '>')
end
withGroup(read)
return id
`,
);

/** KEYS stream · ARGV group, id … */
const REMOVE = scriptOf(`
for i = 2, #ARGV do
  redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
  redis.call('XDEL', KEYS[1], ARGV[i])
end
return 1
`);

const ASIDE = `
local function setAside(id, body)
  redis.call('LPUSH', KEYS[2], body)
  redis.call('LTRIM', KEYS[2], 0, ${SET_ASIDE_KEPT - 1})
  redis.call('XACK', KEYS[1], ARGV[1], id)
  redis.call('XDEL', KEYS[1], id)
end
`;

/** KEYS stream, aside · ARGV group, id … */
const SET_ASIDE = scriptOf(
  ASIDE,
  `
for i = 2, #ARGV do
  local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])[1]
  if entry then setAside(ARGV[i], entry[2][2]) end
end
return 1
`,
);

/** KEYS stream · ARGV group, consumer, idleMs, id … A renewal does not count as an attempt. */
const TOUCH = scriptOf(`
for i = 4, #ARGV do
  redis.pcall('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
end
return 1
`);

/** KEYS stream, aside · ARGV group, consumer, leaseMs, limit, most attempts, consumer kept ms → [id, body …], set aside. */
const TAKE_OVER = scriptOf(
  WITH_GROUP,
  ASIDE,
  `
local function claim()
  return redis.pcall('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[3], '0-0', 'COUNT', ARGV[4])
end
local found, aside = {}, 0
for _, entry in ipairs(withGroup(claim)[2]) do
  local id, body = entry and entry[1], entry and entry[2] and entry[2][2]
  if id and body then
    local attempts = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1)[1][4]
    if attempts > tonumber(ARGV[5]) then
      setAside(id, body)
      aside = aside + 1
    else
      found[#found + 1] = id
      found[#found + 1] = body
    end
  end
end
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local about = {}
  for i = 1, #consumer, 2 do about[consumer[i]] = consumer[i + 1] end
  if about.name ~= ARGV[2] and about.pending == 0 and about.idle > tonumber(ARGV[6]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
  end
end
return { found, aside }
`,
);

/**
 * Keeps deliveries in Redis 6.2 or later, or Valkey. Each instance is one process among those that share the stream.
 *
 * ```ts
 * inbox: new RedisInbox('redis://localhost:6379')
 * ```
 *
 * What is kept are whole deliveries, with what customers wrote, until their turns have ended; a delivery that was taken
 * over more often than `maxAttempts` stays in a list of its own, for somebody to look at. Turn `appendonly` on: what
 * Redis loses has been acknowledged.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` as `RedisThreadStore`
 */
export class RedisInbox implements DeliveryInbox {
  readonly #redis: RedisConnection;
  readonly #stream: string;
  readonly #options: RedisInboxOptions;
  readonly #maxDeliveries: number;
  readonly #leaseMs: number;
  readonly #maxAttempts: number;
  readonly #consumer = randomBytes(9).toString('base64url');

  /** @internal {@link forBot} makes these: the same connection, the deliveries of one bot. */
  constructor(redis: RedisConnection, options: RedisInboxOptions, bot: StoringBot);
  /** @param redis a client of node-redis, which you connect and close, or an address like `redis://localhost:6379` */
  constructor(redis: RedisClientLike | string, options?: RedisInboxOptions);
  constructor(redis: RedisClientLike | RedisConnection | string, options: RedisInboxOptions = {}, bot?: StoringBot) {
    this.#options = options;
    this.#stream = new RedisKeys(checkedPrefix(options.prefix ?? DEFAULT_PREFIX), bot?.appId).key('inbox');
    this.#maxDeliveries = positiveOption('maxDeliveries', options.maxDeliveries, MAX_DELIVERIES);
    this.#leaseMs = positiveOption('leaseMs', options.leaseMs, LEASE_MS);
    this.#maxAttempts = positiveOption('maxAttempts', options.maxAttempts, MAX_ATTEMPTS);
    const commandTimeoutMs = positiveOption('commandTimeoutMs', options.commandTimeoutMs, COMMAND_TIMEOUT_MS);
    this.#redis = RedisConnection.over(redis, { commandTimeoutMs, clock: systemClock });
  }

  forBot(bot: StoringBot): RedisInbox {
    return new RedisInbox(this.#redis, this.#options, bot);
  }

  async put(body: string): Promise<string | undefined> {
    const id = await this.#run('put', PUT, [this.#consumer, String(this.#maxDeliveries), body]);
    return id === null || id === undefined ? undefined : textOf(id);
  }

  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('remove', REMOVE, ids);
  }

  async renew(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('renew', TOUCH, [this.#consumer, '0', ...ids]);
  }

  async setAside(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('setAside', SET_ASIDE, ids);
  }

  async giveBack(ids: readonly string[]): Promise<void> {
    if (ids.length > 0) await this.#run('giveBack', TOUCH, [this.#consumer, String(GIVEN_BACK_IDLE_MS), ...ids]);
  }

  async takeOver(limit: number): Promise<TakenOver> {
    if (limit <= 0) return { deliveries: [], setAside: 0 };
    const numbers = [this.#leaseMs, limit, this.#maxAttempts, CONSUMER_KEPT_MS].map(String);
    const [flat, setAside] = listOf(await this.#run('takeOver', TAKE_OVER, [this.#consumer, ...numbers]));
    const list = listOf(flat).map(textOf);
    const deliveries = list.flatMap((id, index) => (index % 2 === 0 ? [{ id, body: list[index + 1] ?? '' }] : []));
    return { deliveries, setAside: Number(setAside) };
  }

  /** Ends the connection that an address made; a client that was given is yours. */
  async close(): Promise<void> {
    await this.#redis.close();
  }

  #run(operation: string, script: RedisScript, args: readonly string[]): Promise<unknown> {
    return this.#redis.run(`inbox.${operation}`, script, [this.#stream, `${this.#stream}:aside`], [GROUP, ...args]);
  }
}
