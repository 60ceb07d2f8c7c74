/**
 * Spreads threads over a fixed number of partitions, so that a store's keys lie on all masters of a Redis Cluster.
 *
 * All processes that share a store must use the same number of partitions.
 */
import { InvalidOptionError } from '../thread/errors.js';

/** Enough for a cluster of about twenty masters. A single Redis does not notice them. */
const DEFAULT_PARTITIONS = 64;
const MAX_PARTITIONS = 1_024;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The partition of a thread, from 0 to `partitions - 1`; the same in every process and release.
 * @param threadId as `threadId` makes it
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function partitionOf(threadId: string, partitions: number): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < threadId.length; at += 1) hash = Math.imul(hash ^ threadId.charCodeAt(at), FNV_PRIME);
  // The low bits of FNV depend on the last characters most; ids of one Page differ there alone.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % partitions;
}

/**
 * The option `partitions` of a store or an inbox. Default 64.
 * @throws InvalidOptionError if it is no whole number from 1 to 1024
 */
export function partitionsOption(value: number | undefined): number {
  if (value === undefined) return DEFAULT_PARTITIONS;
  if (Number.isSafeInteger(value) && value >= 1 && value <= MAX_PARTITIONS) return value;
  throw new InvalidOptionError('partitions', String(value), `a whole number from 1 to ${MAX_PARTITIONS}`);
}
