import { expect } from 'chai';
import fc from 'fast-check';
import { parseExactJson } from '../../src/thread/exact-json.js';

const DEEP = 100_000;

/** What `JSON.parse` makes of a text, or the name of its error. */
const read = (parse: (text: string) => unknown, text: string): unknown => {
  try {
    return { value: parse(text) };
  } catch (error) {
    return (error as Error).name;
  }
};

describe('reading JSON without losing digits', () => {
  const kept: [string, string, unknown][] = [
    ['an id of 17 digits', '{"app_id":24012345678901237}', { app_id: '24012345678901237' }],
    ['an id of 16 digits', '{"app_id": 9012345678901237 }', { app_id: '9012345678901237' }],
    ['the smallest integer that is not safe', '[9007199254740992]', ['9007199254740992']],
    ['the largest safe integer', '[9007199254740991]', [9007199254740991]],
    ['more digits than any number has', `[${'9'.repeat(400)}]`, ['9'.repeat(400)]],
    ['a negative id', '[-24012345678901237,-9007199254740991]', ['-24012345678901237', -9007199254740991]],
    ['an id alone', '24012345678901237', '24012345678901237'],
    [
      'an id behind every kind of blank',
      '[\t24012345678901237,\r\n24012345678901239]',
      ['24012345678901237', '24012345678901239'],
    ],
    [
      'a stamp beside an id',
      '{"timestamp":1790000000123,"id":24012345678901237}',
      {
        timestamp: 1790000000123,
        id: '24012345678901237',
      },
    ],
    [
      'an id inside a text',
      '{"text":"\\"app_id\\": 24012345678901237","n":24012345678901237}',
      {
        text: '"app_id": 24012345678901237',
        n: '24012345678901237',
      },
    ],
    [
      'an id behind a text that ends with backslashes',
      '["\\\\",24012345678901237,"\\\\\\"",1]',
      ['\\', '24012345678901237', '\\"', 1],
    ],
    ['a key of digits', '{"24012345678901237":24012345678901239}', { '24012345678901237': '24012345678901239' }],
    [
      'a fraction and an exponent',
      '[1234567890123456.5,24012345678901237e0,1e400,1E5,24012345678901237.0]',
      [1234567890123456.5, 24012345678901236, Infinity, 100_000, 24012345678901236],
    ],
    ['the last of two equal keys', '{"a":24012345678901237,"a":24012345678901239}', { a: '24012345678901239' }],
  ];
  for (const [what, text, value] of kept) {
    it(`keeps ${what}`, () => expect(parseExactJson(text)).to.deep.equal(value));
  }

  it('keeps minus zero, and a key named __proto__ as a key', () => {
    expect(Object.is(parseExactJson('-0'), -0)).to.equal(true);
    const value = parseExactJson('{"__proto__":{"admin":24012345678901237}}') as object;
    expect(Object.keys(value)).to.deep.equal(['__proto__']);
    expect(Object.getPrototypeOf(value)).to.equal(Object.prototype);
  });

  it('makes no JSON of what is none', () => {
    const wrong = [
      '{24012345678901237:1}',
      '[24012345678901237 1]',
      '[024012345678901237]',
      '[+24012345678901237]',
      '[24012345678901237',
      '[24012345678901237,]',
      '\uFEFF[24012345678901237]',
      '"24012345678901237',
      '',
    ];
    for (const text of wrong) expect(() => parseExactJson(text), text).to.throw(SyntaxError);
  });

  it('reads what is nested deeply as JSON.parse does', () => {
    const text = `${'['.repeat(DEEP)}24012345678901237${']'.repeat(DEEP)}`;
    let value = parseExactJson(text);
    for (let depth = 0; depth < DEEP; depth += 1) value = (value as unknown[])[0];
    expect(value).to.equal('24012345678901237');
  });

  it('reads any JSON without long integers, and any text, exactly as JSON.parse does', () => {
    const texts = fc.oneof(
      fc.json(),
      fc.json({ stringUnit: 'binary' }),
      fc.string(),
      fc.stringMatching(/^[[\]{}",:\\ 0-9eE.+-]{0,40}$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        // Integers with so many digits are what differs.
        fc.pre(!/\d{16}/.test(text));
        expect(read(parseExactJson, text)).to.deep.equal(read(JSON.parse, text));
      }),
    );
  });

  it('refuses exactly what JSON.parse refuses, long integers or not', () => {
    const pieces = fc.constantFrom(
      '24012345678901237',
      '"',
      '\\',
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      ' ',
      '-',
      '0',
      '.',
      'e',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (list) => {
        const text = list.join('');
        const [ours, theirs] = [read(parseExactJson, text), read(JSON.parse, text)];
        expect(typeof ours).to.equal(typeof theirs);
      }),
      { numRuns: 2000 },
    );
  });
});
