/**
 * Remembers threads, claims, places and deadlines in Redis, for bots on several processes.
 *
 * What two processes must not both believe is decided inside Redis, by scripts; what a record becomes is decided here,
 * by `change`, and written only where nobody was faster.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../thread/clock.js';
import { sleep, systemClock } from '../thread/clock.js';
import { StoreError } from '../thread/errors.js';
import type { ThreadKey } from '../thread/key.js';
import { encodedText, threadId } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import type { ThreadRecord } from '../thread/record.js';
import type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoringBot,
  ThreadChange,
  ThreadStore,
  Ticket,
  TicketState,
} from '../thread/store.js';
import { labelOfId } from '../thread/thread-label.js';
import { dueTimeOf, memberOf, threadOf } from './due-member.js';
import type { Unreadable } from './kept-record.js';
import { keptRecordOf, recordIn } from './kept-record.js';
import { positiveOption } from './positive-option.js';
import type { RedisClientLike } from './redis-client.js';
import { listOf, RedisConnection, textOf } from './redis-connection.js';
import { checkedPrefix, DEFAULT_PREFIX, RedisKeys } from './redis-keys.js';
import type { RedisScript } from './redis-scripts.js';
import * as scripts from './redis-scripts.js';
import { RememberedRecords } from './remembered-records.js';

const RECORD_TTL_MS = 30 * 24 * 60 * 60 * 1000;
const CLAIM_RETENTION_MS = 48 * 60 * 60 * 1000;
/** Two round trips have to fit into the four seconds after which Meta is answered. */
const COMMAND_TIMEOUT_MS = 1_500;
const MAX_TRIES = 50;
const MAX_REMEMBERED = 10_000;
/** The first tries again follow at once: most conflicts are between two. */
const TRIES_WITHOUT_PAUSE = 3;
const PAUSE_LONGEST_MS = 50;
const OPEN_READ_AT_ONCE = 100;
/** What stands for "no open handover" in a record's header. */
const NOT_OPEN = '-';

/** Settings of a {@link RedisThreadStore}. */
export interface RedisThreadStoreOptions {
  /** Begins every key, in braces and before the bot's app id: letters, digits, `-`, `_`, `.` and `:`, at most 64. Default `handover-vcclive`. */
  readonly prefix?: string;
  /** How long a record is kept after it was last written, milliseconds. Default 30 days. */
  readonly recordTtlMs?: number;
  /** How long a finished event is remembered, milliseconds. Default 48 hours: Meta redelivers for up to 36. */
  readonly claimRetentionMs?: number;
  /** A command without an answer fails after this, milliseconds. Default 1500. */
  readonly commandTimeoutMs?: number;
  /** Times a write is tried against faster writers before it rejects with `storeConflict`. Default 50. */
  readonly maxTries?: number;
  /**
   * Records that this process remembers, so that a write need not read before. Each is compared with Redis whenever it
   * is used: an old one costs a round trip, nothing else. Default 10,000.
   */
  readonly maxRemembered?: number;
  /** For tests: the time by which leases and records end. Default: the clock of Redis, the same for all processes. */
  readonly clock?: Clock;
  /** In [0, 1): for the jitter of waits. Default `Math.random`. */
  readonly random?: () => number;
}

/** A record and the write that made it; version empty: there is none. */
interface Seen {
  readonly version: string;
  readonly record: ThreadRecord | undefined;
  /** What is there, where that is no record. */
  readonly unreadable?: Unreadable;
}

const NOTHING: Seen = { version: '', record: undefined };

type Change<T> = (current: ThreadRecord | undefined) => ThreadChange<T>;

/** A change made of what was seen, as the scripts take it. */
interface Attempt<T> {
  readonly value: T;
  /** Absent where the change leaves the record. */
  readonly next: Seen | undefined;
  readonly args: string[];
}

/**
 * A {@link ThreadStore} in Redis 6.2 or later, or Valkey.
 *
 * ```ts
 * store: new RedisThreadStore('redis://localhost:6379')
 * ```
 *
 * **What is atomic.** Everything, over all processes: a record is written only where it is still the one that the change
 * was made of, and an event is claimed by one holder. Usually each method is one round trip: a write does not read
 * before but names the version it was made of, and gets the newer record where there is one.
 *
 * **Clocks.** Leases and lifetimes go by the clock of Redis. The times of deadlines are the caller's own: a process whose
 * clock is a minute ahead works timers off a minute early. That none is worked off twice does not depend on it.
 *
 * **While Redis is away** every method rejects with `storeUnavailable`, at once where the connection is known to be
 * lost, else after `commandTimeoutMs`; the client connects again by itself. A client that is given should have a
 * `pingInterval`, so that it notices a dead connection.
 *
 * **What Redis loses is lost.** Turn `appendonly` on, and set `maxmemory-policy noeviction`: a record that Redis drops is
 * a thread with an agent that the bot knows nothing of until the next event.
 *
 * **After a failover** that leaves the connection to the old primary open, that one refuses with `READONLY`: a
 * connection whose server says that it cannot serve is replaced, at once and then at most every five seconds. Instead of
 * a client that is given a `duplicate()` of it is used from then on.
 *
 * **Two bots.** The keys of a bot begin with `{<prefix>:<app id>}`: {@link forBot}.
 *
 * **Redis Cluster.** All keys of a bot lie in one slot, by what stands in the braces, and each script finds all of its
 * keys there: a bot uses one shard.
 *
 * Keys: `{<prefix>:<app id>}:thread:<page>/<psid>`, `:claim:<event>`, `:order:<page>/<psid>`, `:open`, `:due`,
 * `:due:taken`, `:due:times`, `:due:names`; what could not be read: `:aside`, `:aside:<label of the thread>`.
 *
 * @throws InvalidOptionError from the constructor; HandoverError `missingPeer` where an address is given and the package
 *   `redis` is not installed
 */
export class RedisThreadStore implements ThreadStore {
  readonly #redis: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #options: RedisThreadStoreOptions;
  readonly #log: Logger | undefined;
  readonly #recordTtlMs: number;
  readonly #claimRetentionMs: number;
  readonly #maxTries: number;
  readonly #clock: Clock | undefined;
  readonly #random: () => number;
  /** What was last seen of each thread. */
  readonly #seen: RememberedRecords<Seen>;
  /** The last change under way, by thread: changes of one process do not race each other. */
  readonly #changes = new Map<string, Promise<unknown>>();
  /** No two writes ever make the same version, in whatever process. */
  readonly #writer = randomBytes(9).toString('base64url');
  #writes = 0;

  /** @internal {@link forBot} makes these: the same connection, the data of one bot. */
  constructor(redis: RedisConnection, options: RedisThreadStoreOptions, bot: StoringBot);
  /** @param redis a client of node-redis, which you connect and close, or an address like `redis://localhost:6379` */
  constructor(redis: RedisClientLike | string, options?: RedisThreadStoreOptions);
  constructor(
    redis: RedisClientLike | RedisConnection | string,
    options: RedisThreadStoreOptions = {},
    bot?: StoringBot,
  ) {
    this.#options = options;
    this.#keys = new RedisKeys(checkedPrefix(options.prefix ?? DEFAULT_PREFIX), bot?.appId);
    this.#log = bot?.log;
    this.#recordTtlMs = positiveOption('recordTtlMs', options.recordTtlMs, RECORD_TTL_MS);
    this.#claimRetentionMs = positiveOption('claimRetentionMs', options.claimRetentionMs, CLAIM_RETENTION_MS);
    this.#maxTries = positiveOption('maxTries', options.maxTries, MAX_TRIES);
    const maxRemembered = positiveOption('maxRemembered', options.maxRemembered, MAX_REMEMBERED);
    this.#seen = new RememberedRecords(maxRemembered, systemClock);
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    const commandTimeoutMs = positiveOption('commandTimeoutMs', options.commandTimeoutMs, COMMAND_TIMEOUT_MS);
    this.#redis = RedisConnection.over(redis, { commandTimeoutMs, clock: systemClock });
  }

  forBot(bot: StoringBot): RedisThreadStore {
    return new RedisThreadStore(this.#redis, this.#options, bot);
  }

  async read(thread: ThreadKey): Promise<ThreadRecord | undefined> {
    const id = threadId(thread);
    const kept = await this.#redis.get('read', this.#key('thread', id));
    return this.#learn(id, kept).record;
  }

  async update<T>(thread: ThreadKey, change: Change<T>): Promise<T> {
    const id = threadId(thread);
    return this.#inTurn(id, () => this.#update(id, change, this.#seen.get(id) ?? NOTHING));
  }

  async enter<T>(ticket: Ticket, leaseMs: number, change: Change<T>): Promise<Entered<T>> {
    const id = threadId(ticket.thread);
    return this.#inTurn(id, async () => {
      const attempt = this.#attempt(id, change, this.#seen.get(id) ?? NOTHING);
      const keys = [...this.#ticketKeys(ticket), this.#key('thread', id), this.#key('open')];
      const args = [ticket.event, ticket.processId, String(leaseMs), ...attempt.args];
      const [status, waits, found] = listOf(await this.#run('enter', scripts.ENTER, keys, args));
      const said = textOf(status);
      if (said === 'done' || said === 'busy') return { status: said };
      const mustWait = Number(waits) === 1;
      if (found === null || found === undefined)
        return { status: 'entered', value: this.#written(id, attempt), mustWait };
      const value = await this.#update(id, change, await this.#found(id, textOf(found)), 1);
      return { status: 'entered', value, mustWait };
    });
  }

  async isNext(ticket: Ticket): Promise<TicketState> {
    const args = [ticket.event, ticket.processId];
    const said = textOf(await this.#run('isNext', scripts.IS_NEXT, this.#ticketKeys(ticket), args));
    return said === 'lost' || said === 'waiting' ? said : 'next';
  }

  async renew(ticket: Ticket, leaseMs: number): Promise<Renewed> {
    const args = [ticket.event, ticket.processId, String(leaseMs)];
    const said = textOf(await this.#run('renew', scripts.RENEW, this.#ticketKeys(ticket), args));
    return said === 'done' || said === 'busy' ? said : 'renewed';
  }

  async leave(ticket: Ticket, how: 'finished' | 'released'): Promise<void> {
    const args = [ticket.event, ticket.processId];
    if (how === 'released') await this.#run('leave', scripts.RELEASE, this.#ticketKeys(ticket), args);
    else await this.#run('leave', scripts.FINISH, this.#ticketKeys(ticket), [...args, String(this.#claimRetentionMs)]);
  }

  async readFor(ticket: Ticket): Promise<FencedRecord> {
    const id = threadId(ticket.thread);
    const keys = [this.#key('claim', ticket.event), this.#key('thread', id)];
    const [isOurs, kept] = listOf(await this.#run('readFor', scripts.READ_FOR, keys, [ticket.processId]));
    const text = kept === null || kept === undefined ? undefined : textOf(kept);
    return { record: this.#learn(id, text).record, isOurs: Number(isOurs) === 1 };
  }

  async findHandover(handoverId: string): Promise<ThreadKey | undefined> {
    const id = await this.#run('findHandover', scripts.FIND_OPEN, [this.#key('open')], [plain(handoverId)]);
    if (id === null || id === undefined) return undefined;
    const [thread] = await this.#stillOpen('findHandover', [[plain(handoverId), textOf(id)]]);
    return thread;
  }

  async listOpen(limit: number): Promise<ThreadKey[]> {
    const found: ThreadKey[] = [];
    let cursor = '0';
    const seen = new Set<string>();
    do {
      if (found.length >= limit) break;
      const args = [cursor, String(OPEN_READ_AT_ONCE)];
      const [next, flat] = listOf(await this.#run('listOpen', scripts.SCAN_OPEN, [this.#key('open')], args));
      // A scan may name an entry twice.
      const entries = pairsOf(flat).filter(([handoverId]) => !seen.has(handoverId));
      for (const [handoverId] of entries) seen.add(handoverId);
      found.push(...(await this.#stillOpen('listOpen', entries)));
      cursor = textOf(next);
    } while (cursor !== '0');
    return found.slice(0, Math.max(0, limit));
  }

  async listSetAside(limit: number): Promise<SetAsideRecord[]> {
    if (limit <= 0) return [];
    const args = [String(this.#recordTtlMs), String(limit)];
    const flat = await this.#run('listSetAside', scripts.LIST_ASIDE, [this.#key('aside')], args);
    return pairsOf(flat).flatMap(([id, atMs]) => {
      const thread = threadOf(id);
      return thread === undefined ? [] : [{ thread, atMs: Number(atMs), where: this.#asideKey(id) }];
    });
  }

  async forget(thread: ThreadKey): Promise<void> {
    const id = threadId(thread);
    const aside = [this.#asideKey(id), this.#key('aside')];
    const keys = [this.#key('thread', id), this.#key('open'), ...this.#dueKeys(), ...aside];
    await this.#run('forget', scripts.FORGET, keys, [memberOf(thread, ''), id]);
    this.#seen.delete(id);
  }

  async schedule({ thread, name, atMs }: DueTime): Promise<void> {
    await this.#run('schedule', scripts.SCHEDULE, this.#dueKeys(), [memberOf(thread, name), String(atMs)]);
  }

  async unschedule(thread: ThreadKey, name: string): Promise<void> {
    await this.#run('unschedule', scripts.UNSCHEDULE, this.#dueKeys(), [memberOf(thread, name)]);
  }

  async takeDue(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    if (limit <= 0) return [];
    const args = [String(nowMs), String(limit), String(leaseMs)];
    const taken = pairsOf(await this.#run('takeDue', scripts.TAKE_DUE, this.#dueKeys().slice(0, 3), args));
    const due: DueTime[] = [];
    for (const [member, atMs] of taken) {
      const time = dueTimeOf(member, Number(atMs));
      if (time === undefined) await this.#dropDue(member);
      else due.push(time);
    }
    return due;
  }

  /** A deadline that nobody can read would come again for ever. */
  async #dropDue(member: string): Promise<void> {
    await this.#run('takeDue', scripts.UNSCHEDULE, this.#dueKeys(), [member]);
    this.#log?.error('A timer that cannot be read was dropped from Redis. Look at what else writes there.');
  }

  /** Ends the connection that an address made; a client that was given is yours. */
  async close(): Promise<void> {
    await this.#redis.close();
  }

  /** Changes of one thread wait for each other; usually there is none to wait for. */
  async #inTurn<T>(id: string, run: () => Promise<T>): Promise<T> {
    const before = this.#changes.get(id);
    const mine = before ? before.then(run, run) : run();
    this.#changes.set(id, mine);
    try {
      return await mine;
    } finally {
      if (this.#changes.get(id) === mine) this.#changes.delete(id);
    }
  }

  async #update<T>(id: string, change: Change<T>, from: Seen, triesBefore = 0): Promise<T> {
    const keys = [this.#key('thread', id), this.#key('open')];
    let seen = from;
    for (let tries = triesBefore; tries < this.#maxTries; tries += 1) {
      if (tries > TRIES_WITHOUT_PAUSE) await this.#pause(tries);
      const attempt = this.#attempt(id, change, seen);
      const found = await this.#run('update', scripts.UPDATE, keys, attempt.args);
      if (found === null || found === undefined) return this.#written(id, attempt);
      seen = await this.#found(id, textOf(found));
    }
    throw new StoreError('storeConflict', 'update');
  }

  #attempt<T>(id: string, change: Change<T>, seen: Seen): Attempt<T> {
    const { record, value } = change(seen.record);
    if (record === undefined) return { value, next: undefined, args: [seen.version, '', '', '', '', ''] };
    this.#writes += 1;
    const version = `${this.#writer}${this.#writes.toString(36)}`;
    const openId = record.open === undefined ? NOT_OPEN : plain(record.open.id);
    const args = [seen.version, version, openId, id, String(this.#recordTtlMs), JSON.stringify(record)];
    return { value, next: { version, record }, args };
  }

  #written<T>(id: string, attempt: Attempt<T>): T {
    if (attempt.next) this.#seen.set(id, attempt.next);
    return attempt.value;
  }

  /** What a write found instead of what it expected. A record that cannot be read makes way for a new one. */
  async #found(id: string, kept: string): Promise<Seen> {
    const seen = this.#learn(id, kept);
    if (seen.unreadable !== undefined) await this.#setAside(id, seen.unreadable);
    return seen.unreadable === undefined ? seen : NOTHING;
  }

  /** What Redis has, read only where it is not what was seen last. */
  #learn(id: string, text: string | undefined): Seen {
    const kept = keptRecordOf(text);
    const isOver = kept.kind === 'record' && this.#clock !== undefined && kept.expiresAtMs <= this.#clock.now();
    if (kept.kind === 'record' && !isOver) {
      const { version } = kept;
      const known = this.#seen.get(id);
      if (known?.version === version) return known;
      const record = recordIn(kept);
      if (!('kind' in record)) {
        const seen: Seen = { version, record };
        this.#seen.set(id, seen);
        return seen;
      }
      this.#seen.delete(id);
      return { ...NOTHING, unreadable: record };
    }
    this.#seen.delete(id);
    return kept.kind === 'unreadable' ? { ...NOTHING, unreadable: kept } : NOTHING;
  }

  /** Of several processes that meet it one puts it aside, and says so. */
  async #setAside(id: string, { version, why }: Unreadable): Promise<void> {
    const where = this.#asideKey(id);
    const keys = [this.#key('thread', id), this.#key('open'), where, this.#key('aside')];
    const done = await this.#run('setAside', scripts.SET_ASIDE, keys, [version, id, String(this.#recordTtlMs)]);
    if (Number(done) !== 1) return;
    this.#log?.error(
      `The record of thread ${labelOfId(id)} cannot be read (${why}). It is set aside under ${where}, and the thread ` +
        'begins anew from what Meta tells. Look at it: "threads" of the command line lists what was set aside.',
    );
  }

  async #stillOpen(operation: string, entries: readonly (readonly [string, string])[]): Promise<ThreadKey[]> {
    if (entries.length === 0) return [];
    const keys = [this.#key('open'), ...entries.map(([, id]) => this.#key('thread', id))];
    const handoverIds = entries.map(([handoverId]) => handoverId);
    const known = listOf(await this.#run(operation, scripts.CHECK_OPEN, keys, handoverIds));
    return entries.flatMap(([, id], index) => {
      const thread = Number(known[index]) === 1 ? threadOf(id) : undefined;
      return thread === undefined ? [] : [thread];
    });
  }

  #pause(tries: number): Promise<void> {
    const longestMs = Math.min(PAUSE_LONGEST_MS, 2 ** (tries - TRIES_WITHOUT_PAUSE));
    return sleep(systemClock, this.#random() * longestMs);
  }

  /** The first argument of every script is the time, empty where Redis knows it best. */
  #run(operation: string, script: RedisScript, keys: string[], args: readonly string[]): Promise<unknown> {
    const now = this.#clock === undefined ? '' : String(this.#clock.now());
    return this.#redis.run(operation, script, keys, [now, ...args]);
  }

  #ticketKeys({ event, thread }: Ticket): string[] {
    return [this.#key('claim', event), this.#key('order', threadId(thread))];
  }

  #dueKeys(): string[] {
    return [this.#key('due'), this.#key('due:taken'), this.#key('due:times'), this.#key('due:names')];
  }

  /** No customer's id is in it: logs name it. */
  #asideKey(id: string): string {
    return this.#key('aside', labelOfId(id));
  }

  #key(kind: string, name?: string): string {
    return this.#keys.key(kind, name);
  }
}

/** Without spaces, so that it can stand in a record's header. */
function plain(handoverId: string): string {
  return encodedText(handoverId);
}

function pairsOf(flat: unknown): (readonly [string, string])[] {
  const list = listOf(flat);
  return Array.from({ length: Math.floor(list.length / 2) }, (_, i) => [textOf(list[2 * i]), textOf(list[2 * i + 1])]);
}
