/**
 * Records of threads in Redis. What a record becomes is decided here, by `change`; Redis writes it only if nobody was
 * faster.
 */
import { randomBytes } from 'node:crypto';
import { sleep, systemClock } from '../../thread/clock.js';
import { StoreError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import { threadId, threadOf } from '../../thread/key.js';
import type {
  Entered,
  FencedRecord,
  SetAsideRecord,
  StoredRecord,
  ThreadChange,
  ThreadStoreBot,
  Ticket,
} from '../../thread/store.js';
import { labelOfId } from '../../thread/thread-label.js';
import { InTurn } from '../in-turn.js';
import type { Seen, Unreadable } from './kept-record.js';
import { keptTextOf, NOT_OPEN, NOTHING, seenIn } from './kept-record.js';
import { listOf, textOf } from './redis-connection.js';
import { dueKeys, memberOf } from './redis-due-times.js';
import { FORGET } from './redis-due-scripts.js';
import { indexKey, openIdOf, pairsOf } from './redis-open-handovers.js';
import type { RedisPartitions } from './redis-partitions.js';
import * as scripts from './redis-record-scripts.js';
import { ENTER, READ_FOR } from './redis-ticket-scripts.js';
import { RememberedRecords } from './remembered-records.js';
import { setAsideLine } from '../unreadable-record.js';

/** The first tries again follow at once: most conflicts are between two. */
const TRIES_WITHOUT_PAUSE = 3;
const PAUSE_LONGEST_MS = 50;

type Change<T> = (current: StoredRecord | undefined) => ThreadChange<T>;

/** A change made of what was seen, as the scripts take it. */
interface Attempt<T> {
  readonly value: T;
  /** Absent if the change leaves the record. */
  readonly next: Seen | undefined;
  readonly keys: string[];
  readonly args: string[];
}

/** What {@link RedisRecords} needs. */
export interface RedisRecordsDeps {
  readonly partitions: RedisPartitions;
  /** Absent: every body can be read, and nothing is logged. */
  readonly bot: ThreadStoreBot | undefined;
  readonly recordTtlMs: number;
  readonly maxTries: number;
  readonly maxRemembered: number;
  readonly random: () => number;
}

/** One for each bot. Every method rejects with a `StoreError` if Redis does not answer or a conflict does not settle. */
export class RedisRecords {
  readonly #deps: RedisRecordsDeps;
  /** What was last seen of each thread. */
  readonly #seen: RememberedRecords<Seen>;
  /** By thread. */
  readonly #inTurn = new InTurn();
  /** No two writes ever make the same version, in whatever process. */
  readonly #writer = randomBytes(9).toString('base64url');
  #writes = 0;

  constructor(deps: RedisRecordsDeps) {
    this.#deps = deps;
    this.#seen = new RememberedRecords(deps.maxRemembered, systemClock);
  }

  async read(thread: ThreadKey): Promise<StoredRecord | undefined> {
    const id = threadId(thread);
    return this.#learn(id, await this.#deps.partitions.run('read', scripts.READ, [this.#key(id)], [])).record;
  }

  update<T>(thread: ThreadKey, change: Change<T>): Promise<T> {
    const id = threadId(thread);
    return this.#inTurn.on(id, () => this.#update(id, change, this.#seen.get(id) ?? NOTHING));
  }

  /** @param ticketKeys keys of the ticket, in the partition of its thread */
  enter<T>(ticket: Ticket, ticketKeys: string[], leaseMs: number, change: Change<T>): Promise<Entered<T>> {
    const id = threadId(ticket.thread);
    return this.#inTurn.on(id, async () => {
      const attempt = this.#attempt(id, change, this.#seen.get(id) ?? NOTHING);
      const args = [ticket.event, ticket.processId, String(leaseMs), ...attempt.args];
      const reply = await this.#deps.partitions.run('enter', ENTER, [...ticketKeys, ...attempt.keys], args);
      const [status, waits, found] = listOf(reply);
      const said = textOf(status);
      if (said === 'done' || said === 'busy') return { status: said };
      const mustWait = Number(waits) === 1;
      if (found === null || found === undefined) {
        return { status: 'entered', value: this.#written(id, attempt), mustWait };
      }
      const value = await this.#update(id, change, await this.#found(id, found), 1);
      return { status: 'entered', value, mustWait };
    });
  }

  async readFor({ thread, event, processId }: Ticket, ticketKeys: string[]): Promise<FencedRecord> {
    const id = threadId(thread);
    const keys = [...ticketKeys, this.#key(id)];
    const [isOurs, kept] = listOf(await this.#deps.partitions.run('readFor', READ_FOR, keys, [event, processId]));
    return { record: this.#learn(id, kept).record, isOurs: Number(isOurs) === 1 };
  }

  /** Up to `limit`, newest first. */
  async listSetAside(limit: number): Promise<SetAsideRecord[]> {
    if (limit <= 0) return [];
    const { partitions, recordTtlMs } = this.#deps;
    const args = [String(recordTtlMs), String(limit)];
    const lists = partitions.all.map((keys) =>
      partitions.run('listSetAside', scripts.LIST_ASIDE, [keys.key('aside')], args),
    );
    return (await Promise.all(lists))
      .flatMap(pairsOf)
      .flatMap(([id, atMs]) => {
        const thread = threadOf(id);
        return thread === undefined ? [] : [{ thread, atMs: Number(atMs), where: this.#asideKey(id) }];
      })
      .sort((a, b) => b.atMs - a.atMs)
      .slice(0, limit);
  }

  /** Forgets the thread, its deadlines included. */
  async forget(thread: ThreadKey): Promise<void> {
    const id = threadId(thread);
    const partition = this.#deps.partitions.of(id);
    const keys = [this.#key(id), ...this.#asideKeys(id), indexKey(partition), ...dueKeys(partition)];
    await this.#deps.partitions.run('forget', FORGET, keys, [memberOf(thread, ''), id]);
    this.#seen.delete(id);
  }

  async #update<T>(id: string, change: Change<T>, from: Seen, triesBefore = 0): Promise<T> {
    let seen = from;
    for (let tries = triesBefore; tries < this.#deps.maxTries; tries += 1) {
      if (tries > TRIES_WITHOUT_PAUSE) await this.#pause(tries);
      const attempt = this.#attempt(id, change, seen);
      const found = await this.#deps.partitions.run('update', scripts.UPDATE, attempt.keys, attempt.args);
      if (found === null || found === undefined) return this.#written(id, attempt);
      seen = await this.#found(id, found);
    }
    throw new StoreError('storeConflict', 'update');
  }

  #attempt<T>(id: string, change: Change<T>, seen: Seen): Attempt<T> {
    const { record, value } = change(seen.record);
    const keys = [this.#key(id)];
    if (record === undefined) return { value, next: undefined, keys, args: [seen.version, '', '', '', ''] };
    this.#writes += 1;
    const version = `${this.#writer}${this.#writes.toString(36)}`;
    const openId = record.openHandoverId === undefined ? NOT_OPEN : openIdOf(record.openHandoverId);
    const args = [seen.version, version, openId, String(this.#deps.recordTtlMs), keptTextOf(record)];
    if (record.openHandoverId !== seen.record?.openHandoverId) {
      keys.push(indexKey(this.#deps.partitions.of(id)));
      args.push(id);
    }
    return { value, next: { version, record }, keys, args };
  }

  #written<T>(id: string, { next, value }: Attempt<T>): T {
    if (next) this.#seen.set(id, next);
    return value;
  }

  /** What a write found instead of what it expected. A record that cannot be read makes way for a new one. */
  async #found(id: string, kept: unknown): Promise<Seen> {
    const seen = this.#learn(id, kept);
    if (seen.unreadable !== undefined) await this.#setAside(id, seen.unreadable);
    return seen.unreadable === undefined ? seen : NOTHING;
  }

  /** What Redis has. */
  #learn(id: string, reply: unknown): Seen {
    const known = this.#seen.get(id);
    const seen = seenIn(textOf(reply), known, this.#deps.bot?.faultOf);
    if (seen.record === undefined) this.#seen.delete(id);
    else if (seen !== known) this.#seen.set(id, seen);
    return seen;
  }

  /** Of several processes that meet it one sets it aside, and says so. */
  async #setAside(id: string, { version, why }: Unreadable): Promise<void> {
    const { partitions, recordTtlMs, bot } = this.#deps;
    const keys = [this.#key(id), ...this.#asideKeys(id)];
    const done = await partitions.run('setAside', scripts.SET_ASIDE, keys, [version, id, String(recordTtlMs)]);
    if (Number(done) !== 1) return;
    bot?.log.error(setAsideLine(labelOfId(id), why, this.#asideKey(id)));
  }

  #pause(tries: number): Promise<void> {
    const longestMs = Math.min(PAUSE_LONGEST_MS, 2 ** (tries - TRIES_WITHOUT_PAUSE));
    return sleep(systemClock, this.#deps.random() * longestMs);
  }

  #key(id: string): string {
    return this.#deps.partitions.of(id).key('thread', id);
  }

  #asideKeys(id: string): string[] {
    return [this.#asideKey(id), this.#deps.partitions.of(id).key('aside')];
  }

  /** No customer's id is in it: logs name it. */
  #asideKey(id: string): string {
    return this.#deps.partitions.of(id).key('aside', labelOfId(id));
  }
}
