/** Spreads threads over a fixed number of places. */

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
