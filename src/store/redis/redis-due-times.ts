/** Deadlines in Redis: schedules them in the partition of their thread, and takes the oldest of all partitions. */
import type { ThreadKey } from '../../thread/key.js';
import { decoded, encodedText, threadId, threadOf } from '../../thread/key.js';
import type { Logger } from '../../thread/logger.js';
import type { DueTime } from '../../thread/store.js';
import { listOf, textOf } from './redis-connection.js';
import * as scripts from './redis-due-scripts.js';
import { pairsOf } from './redis-open-handovers.js';
import type { RedisKeys, RedisPartitions } from './redis-partitions.js';
import { answersOf } from './redis-partitions.js';

/** A deadline that has come, and where it lies. */
interface DueMember {
  readonly keys: RedisKeys;
  readonly member: string;
  readonly atMs: number;
}

/** One for each bot. Every method rejects with a `StoreError` if Redis does not answer. */
export class RedisDueTimes {
  readonly #partitions: RedisPartitions;
  readonly #log: Logger | undefined;

  /** @param log absent: a deadline that cannot be read is dropped without a word */
  constructor(partitions: RedisPartitions, log: Logger | undefined) {
    this.#partitions = partitions;
    this.#log = log;
  }

  async schedule({ thread, name, atMs }: DueTime): Promise<void> {
    const keys = dueKeys(this.#keysOf(thread));
    await this.#partitions.run('schedule', scripts.SCHEDULE, keys, [memberOf(thread, name), String(atMs)]);
  }

  async unschedule(thread: ThreadKey, name: string): Promise<void> {
    const keys = dueKeys(this.#keysOf(thread));
    await this.#partitions.run('unschedule', scripts.UNSCHEDULE, keys, [memberOf(thread, name)]);
  }

  /** As `ThreadStore.takeDue`. The oldest of all partitions come first, so no partition waits for another one. */
  async take(nowMs: number, limit: number, leaseMs: number): Promise<DueTime[]> {
    if (limit <= 0) return [];
    const peeked = this.#partitions.all.map((keys) => this.#peek(keys, nowMs, limit));
    const oldest = (await answersOf('takeDue', peeked)).sort((a, b) => a.atMs - b.atMs).slice(0, limit);
    const takes = [...new Set(oldest.map(({ keys }) => keys))].map((keys) => {
      const mine = oldest.filter((each) => each.keys === keys);
      return this.#takeFrom(keys, mine, [String(nowMs), String(leaseMs)]);
    });
    const taken = (await answersOf('takeDue', takes)).sort((a, b) => a.atMs - b.atMs);
    const due = taken.map(({ member, atMs }) => dueTimeOf(member, atMs));
    // What was taken must be handled, whatever comes of the drop. One that stays is retried after its lease.
    await Promise.allSettled(taken.filter((_, at) => due[at] === undefined).map((each) => this.#drop(each)));
    return due.filter((time) => time !== undefined);
  }

  async #peek(keys: RedisKeys, nowMs: number, limit: number): Promise<DueMember[]> {
    const args = [String(nowMs), String(limit)];
    const found = await this.#partitions.run('takeDue', scripts.PEEK_DUE, dueKeys(keys), args);
    return pairsOf(found).map(([member, atMs]) => ({ keys, member, atMs: Number(atMs) }));
  }

  async #takeFrom(keys: RedisKeys, wanted: readonly DueMember[], args: readonly string[]): Promise<DueMember[]> {
    const members = wanted.map(({ member }) => member);
    const reply = await this.#partitions.run('takeDue', scripts.TAKE_DUE, dueKeys(keys), [...args, ...members]);
    const taken = new Set(listOf(reply).map(textOf));
    return wanted.filter(({ member }) => taken.has(member));
  }

  /** A deadline that nobody can read would be retried for ever. */
  async #drop({ keys, member }: DueMember): Promise<void> {
    await this.#partitions.run('takeDue', scripts.UNSCHEDULE, dueKeys(keys), [member]);
    this.#log?.error(
      'A timer in Redis cannot be read. It is dropped; the other timers go on. Look at what else writes to the keys of this bot.',
    );
  }

  #keysOf(thread: ThreadKey): RedisKeys {
    return this.#partitions.of(threadId(thread));
  }
}

/** The keys of a partition's deadlines, as the scripts take them. */
export function dueKeys(keys: RedisKeys): string[] {
  return [keys.key('due'), keys.key('due:hidden')];
}

/** All deadlines of a thread begin alike, and those of no other thread do. */
export function memberOf(thread: ThreadKey, name: string): string {
  return `${threadId(thread)} ${encodedText(name)}`;
}

/** The deadline of a member. One that cannot be read must not keep those of other threads from coming. */
function dueTimeOf(member: string, atMs: number): DueTime | undefined {
  const [id = '', encoded] = member.split(' ');
  const thread = threadOf(id);
  const name = encoded === undefined ? undefined : decoded(encoded);
  return thread === undefined || name === undefined || !Number.isFinite(atMs) ? undefined : { thread, name, atMs };
}
