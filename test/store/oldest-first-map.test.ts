import { expect } from 'chai';
import fc from 'fast-check';
import { OldestFirstMap } from '../../src/store/oldest-first-map.js';

/** Its entries, oldest first; empties it. */
function drained(map: OldestFirstMap<number>): [string, number][] {
  const entries: [string, number][] = [];
  map.shed((value, key) => entries.push([key, value]) > 0);
  return entries;
}

describe('A map that knows its oldest entry', () => {
  it('makes what is set the youngest, also where it was there', () => {
    const map = new OldestFirstMap<number>();
    map.set('a', 1);
    map.set('b', 2);
    map.set('a', 3);
    expect(map.oldest()).to.include({ key: 'b', value: 2 });
    expect(drained(map)).to.deep.equal([
      ['b', 2],
      ['a', 3],
    ]);
    expect(map.size).to.equal(0);
    expect(map.oldest()).to.equal(undefined);
  });

  it('sheds the oldest ones as long as they may leave', () => {
    const map = new OldestFirstMap<number>();
    for (const [key, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 9],
      ['d', 1],
    ] as const)
      map.set(key, value);
    map.shed((value) => value < 5);
    expect(drained(map)).to.deep.equal([
      ['c', 9],
      ['d', 1],
    ]);
  });

  it('makes what is used the youngest, and nothing of what it does not have', () => {
    const map = new OldestFirstMap<number>();
    map.set('a', 1);
    map.set('b', 2);
    expect([map.use('a'), map.use('a'), map.use('c')]).to.deep.equal([1, 1, undefined]);
    expect(drained(map)).to.deep.equal([
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('is in the order of a list, whatever is set and deleted', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(fc.record({ set: key, to: fc.nat(9) }), fc.record({ delete: key }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const map = new OldestFirstMap<number>();
        let list: [string, number][] = [];
        for (const each of steps) {
          const named = 'set' in each ? each.set : each.delete;
          list = list.filter(([known]) => known !== named);
          if ('set' in each) {
            list.push([each.set, each.to]);
            map.set(each.set, each.to);
          } else map.delete(each.delete);
          expect(map.size).to.equal(list.length);
          expect(map.get(named)).to.equal('set' in each ? each.to : undefined);
          const [oldest] = list;
          expect(map.oldest()?.key).to.equal(oldest?.[0]);
        }
        expect(drained(map)).to.deep.equal(list);
      }),
    );
  });
});
