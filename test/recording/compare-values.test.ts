/** When a call of a replay is the recorded one: a table. The recorded value is neutral, the other is not. */
import { expect } from 'chai';
import { compareValues } from '../../src/simulator/replay/compare-values.js';
import { IdMap } from '../../src/simulator/replay/id-map.js';

const rows: readonly [what: string, recorded: unknown, actual: unknown, differs: readonly string[]][] = [
  ['a text of the same shape', { text: 'Xxxx, 00' }, { text: 'Anna, 17' }, []],
  ['a text that is neutral already', { text: 'Xxxx' }, { text: 'Xxxx' }, []],
  ['a text of another shape', { text: 'Xxxx' }, { text: 'Annas' }, ['text']],
  ['a known word', { type: 'image' }, { type: 'image' }, []],
  ['another known word of the same shape', { type: 'image' }, { type: 'video' }, ['type']],
  ['an address', { url: 'https://x.xx/x' }, { url: 'https://a.hu/b' }, []],
  ['a new random id', { handoverId: 'aaaaaaaaaaaaaaa9' }, { handoverId: '0fdb3cdd14ac47ab' }, []],
  [
    'one id for two',
    { a: '1000000000000001', b: '1000000000000002' },
    { a: '1234567890123', b: '1234567890123' },
    ['b'],
  ],
  [
    'two ids for one',
    { a: '1000000000000001', b: '1000000000000001' },
    { a: '1234567890123', b: '9234567890123' },
    ['b'],
  ],
  ['an id inside a text', { text: 'xx 1000000000000001!' }, { text: 'no 1234567890123456!' }, []],
  ['an id as text and as number', { target_app_id: '1000000000' }, { target_app_id: 1234567890 }, []],
  ['JSON inside a text', { metadata: '{"reason":"xxx"}' }, { metadata: '{ "reason": "why" }' }, []],
  [
    'other JSON inside a text',
    { metadata: '{"reason":"xxx"}' },
    { metadata: '{"reason":"because"}' },
    ['metadata.reason'],
  ],
  ['a field that is not there', { text: 'x', tag: 'X' }, { text: 'a' }, ['tag']],
  ['a field more', { text: 'x' }, { text: 'a', tag: 'A' }, ['tag']],
  ['a field with a neutral name', { xxxx_xx: 'x' }, { made_by: 'a' }, []],
  ['a number of the same shape', { price: 10 }, { price: 47 }, []],
  ['a number of another shape', { price: 10 }, { price: 470 }, ['price']],
  ['a longer list', { buttons: ['x'] }, { buttons: ['a', 'b'] }, ['buttons[1]']],
  ['null for a text', { text: 'x' }, { text: null }, ['text']],
];

describe('the comparison of calls', () => {
  for (const [what, recorded, actual, differs] of rows) {
    it(`${differs.length === 0 ? 'accepts' : 'names'} ${what}`, () => {
      expect(compareValues(recorded, actual, new IdMap()).map(({ at }) => at)).to.deep.equal(differs);
    });
  }
});
