import { expect } from 'chai';
import { partitionOf } from '../../src/store/partition-of.js';
import { partitionsOption } from '../../src/store/redis/redis-partitions.js';
import { threadId } from '../../src/thread/key.js';

describe('Partitions of a store', () => {
  it('never change for a thread: other processes and releases look in the same place', () => {
    const ids = ['1/1', '1784/24601', '100200300/6001', 'p%C3%A1ge/ps%20id'];
    expect(ids.map((id) => partitionOf(id, 64))).to.deep.equal([25, 9, 32, 24]);
  });

  for (const partitions of [2, 3, 64, 100, 1024]) {
    it(`hold about the same number of threads each, with ${partitions} of them`, () => {
      const perPartition = 200;
      const counts = new Array<number>(partitions).fill(0);
      for (let n = 0; n < perPartition * partitions; n += 1) {
        const thread = { pageId: `10000000${n % 50}`, psid: String(6_000_000_000_000_000 + n) };
        const partition = partitionOf(threadId(thread), partitions);
        counts[partition] = (counts[partition] ?? 0) + 1;
      }
      expect(Math.min(...counts)).to.be.above(perPartition * 0.6);
      expect(Math.max(...counts)).to.be.below(perPartition * 1.5);
    });
  }

  it('are 64 unless told otherwise, and a wrong number is refused', () => {
    expect(partitionsOption(undefined)).to.equal(64);
    expect(partitionsOption(1)).to.equal(1);
    for (const wrong of [0, -1, 1.5, 1025, Number.NaN, '8' as unknown as number]) {
      expect(() => partitionsOption(wrong)).to.throw(/partitions/);
    }
  });
});
