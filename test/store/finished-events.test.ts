import { createHash } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { FinishedEvents } from '../../src/store/finished-events.js';

const digest = (index: number): string => createHash('sha256').update(String(index)).digest('base64url');

describe('Finished events', () => {
  it('are known until they are the oldest of too many', () => {
    const finished = new FinishedEvents();
    ['a', 'b', 'c'].forEach((key, index) => finished.add(key, index));
    finished.shed(2, -1);
    expect(['a', 'b', 'c'].map((key) => finished.has(key))).to.deep.equal([false, true, true]);
    expect(finished.size).to.equal(2);
  });

  it('are known until their time is over', () => {
    const finished = new FinishedEvents();
    finished.add('a', 1000);
    finished.add('b', 1001);
    finished.shed(10, 1000);
    expect([finished.has('a'), finished.has('b')]).to.deep.equal([false, true]);
  });

  it('keep the time at which they came first', () => {
    const finished = new FinishedEvents();
    finished.add('a', 1);
    finished.add('a', 5);
    finished.shed(10, 1);
    expect(finished.has('a')).to.equal(false);
    expect(finished.size).to.equal(0);
  });

  it('are told apart where their keys differ in one character, in digests and in other texts', () => {
    const finished = new FinishedEvents();
    const other = `${'x'.repeat(60)}1`;
    finished.add(digest(1), 0);
    finished.add(other, 0);
    const changed = digest(1).startsWith('A') ? `B${digest(1).slice(1)}` : `A${digest(1).slice(1)}`;
    for (const key of [changed, `${'x'.repeat(60)}2`, '', digest(1).slice(0, 42)]) {
      expect(finished.has(key), key).to.equal(false);
    }
    expect([finished.has(digest(1)), finished.has(other)]).to.deep.equal([true, true]);
  });

  it('are a hundred thousand and no more, whatever comes', () => {
    const finished = new FinishedEvents();
    const count = 250_000;
    for (let index = 0; index < count; index += 1) {
      finished.add(`event ${index}`, index);
      finished.shed(100_000, -1);
    }
    expect(finished.size).to.equal(100_000);
    const known = Array.from({ length: count }, (_, index) => finished.has(`event ${index}`));
    expect(known.indexOf(true)).to.equal(count - 100_000);
    expect(known.lastIndexOf(false)).to.equal(count - 100_000 - 1);
  });

  it('are what a list of them would say, whatever is added and forgotten', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: fc.nat(3000) }) },
      { weight: 1, arbitrary: fc.record({ most: fc.nat(2500), ageMs: fc.nat(4000) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 3000, size: 'max' }), (steps) => {
        const finished = new FinishedEvents();
        let list: { key: string; atMs: number }[] = [];
        steps.forEach((each, nowMs) => {
          if ('add' in each) {
            // Half of them as the keys of events are, half as a store's own tests have them.
            const key = each.add % 2 === 0 ? digest(each.add) : `e${each.add}`;
            finished.add(key, nowMs);
            if (!list.some((known) => known.key === key)) list.push({ key, atMs: nowMs });
          } else {
            finished.shed(each.most, nowMs - each.ageMs);
            list = list.filter(({ atMs }) => atMs > nowMs - each.ageMs).slice(-each.most || list.length + 1);
            if (each.most === 0) list = [];
          }
        });
        expect(finished.size).to.equal(list.length);
        const known = new Set(list.map(({ key }) => key));
        for (let index = 0; index <= 3000; index += 1) {
          const key = index % 2 === 0 ? digest(index) : `e${index}`;
          if (finished.has(key) !== known.has(key)) throw new Error(`${key}: ${String(finished.has(key))}`);
        }
      }),
      { numRuns: 15 },
    );
  });
});
