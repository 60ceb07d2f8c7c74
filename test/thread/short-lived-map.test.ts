/** Entries that come and go: the map behaves as a Map, and does not grow with what has left it. */
import { expect } from 'chai';
import fc from 'fast-check';
import { ShortLivedMap } from '../../src/thread/short-lived-map.js';

describe('ShortLivedMap', () => {
  it('holds what a Map would hold, whatever is set and deleted', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(fc.record({ set: key }), fc.record({ delete: key }), fc.constant({ clear: true }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 1000 }), (steps) => {
        const map = new ShortLivedMap<{ readonly n: number }>();
        const model = new Map<string, { readonly n: number }>();
        steps.forEach((each, n) => {
          if ('set' in each) {
            map.set(each.set, { n });
            model.set(each.set, { n });
          } else if ('delete' in each) {
            map.delete(each.delete);
            model.delete(each.delete);
          } else if (n % 10 === 0) {
            map.clear();
            model.clear();
          }
          expect(map.size).to.equal(model.size);
        });
        for (const name of ['a', 'b', 'c', 'd']) expect(map.get(name)).to.deep.equal(model.get(name));
        expect([...map.values()]).to.have.deep.members([...model.values()]);
      }),
    );
  });

  it('keeps what stays while thousands of others come and go', () => {
    const map = new ShortLivedMap<{ readonly n: number }>();
    for (let n = 0; n < 10; n += 1) map.set(`stays ${n}`, { n });
    for (let n = 0; n < 5000; n += 1) {
      map.set(`goes ${n}`, { n });
      map.delete(`goes ${n}`);
      expect(map.get(`goes ${n}`)).to.equal(undefined);
    }
    expect(map.size).to.equal(10);
    expect([...map.values()].map(({ n }) => n)).to.have.members([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
