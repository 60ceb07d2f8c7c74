/** What leaves a recording out: the hostile cases, and the shapes that have to stay. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { NeutralIds } from '../../src/recording/neutral-ids.js';
import { Neutralizer, rewriteJson } from '../../src/recording/neutral-json.js';
import { neutralText } from '../../src/recording/neutral-text.js';

const PAYLOADS = join(__dirname, '../fixtures/payloads');

const neutralizer = (keep: readonly string[] = []): Neutralizer => new Neutralizer(new NeutralIds(), keep);
const neutral = (json: string, keep?: readonly string[]): string => neutralizer(keep).json(json) ?? 'not JSON';

describe('neutral JSON', () => {
  describe('hides', () => {
    const cases: readonly [what: string, json: string, becomes: string][] = [
      ['a name in a field that nobody knows', '{"nickname_of":"Anna Kiss"}', '{"xxxxxxxx_xx":"Xxxx Xxxx"}'],
      ['a name that is a field', '{"Anna":{"text":true}}', '{"Xxxx":{"text":true}}'],
      [
        'a token in a URL',
        '{"url":"https://a.hu/?access_token=EAAGm0PX4ZCpsBA"}',
        '{"url":"https://x.xx/?xxxxxx_xxxxx=XXXXx0XX0XXxxXX"}',
      ],
      [
        'a long token in a text',
        '{"text":"is EAAGm0PX4ZCpsBAEAAGm0 right?"}',
        '{"text":"xx aaaaaaaaaaaaaaaaaaaa1 xxxxx?"}',
      ],
      ['a token in its own field', '{"access_token":"EAAG-m0"}', '{"access_token":"xxxxxxx"}'],
      ['emoji, flags and skin colours', '{"text":"👋🏿 🇭🇺 ♥"}', '{"text":"🙂🏻 🇽🇽 ☺"}'],
      [
        'an app id in metadata that is JSON',
        '{"metadata":"{\\"app_id\\":24012345678901237}"}',
        '{"metadata":"{\\"app_id\\":10000000000000001}"}',
      ],
      [
        'where the customer is',
        '{"coordinates":{"lat":47.4979,"long":-19.04}}',
        '{"coordinates":{"lat":10.0000,"long":-10.00}}',
      ],
      [
        'a text in a field of times',
        '{"timestamp":"Anna","time":12345678901234567}',
        '{"timestamp":"Xxxx","time":10000000000000001}',
      ],
      ['a phone number', '{"text":"+36 301234567890"}', '{"text":"+00 100000000001"}'],
    ];
    for (const [what, json, becomes] of cases) it(what, () => expect(neutral(json)).to.equal(becomes));
  });

  describe('keeps', () => {
    const cases: readonly [what: string, json: string, becomes: string][] = [
      [
        'types, flags and times',
        '{"object":"page","time":1790000000000,"is_echo":true,"metadata":null}',
        '{"object":"page","time":1790000000000,"is_echo":true,"metadata":null}',
      ],
      [
        'ids of 17 digits as numbers and as strings, the same each time',
        '{"app_id":24012345678901237,"id":"24012345678901237"}',
        '{"app_id":10000000000000001,"id":"10000000000000001"}',
      ],
      ["Meta's own apps", '{"new_owner_app_id":263902037430900}', '{"new_owner_app_id":263902037430900}'],
      [
        'the order of fields, repeated ones too',
        '{"text":"b","id":"1","text":"a"}',
        '{"text":"x","id":"1","text":"x"}',
      ],
      [
        'how characters are escaped',
        '{"text":"\\u00e4\\/ä\\"\\uD83D\\uDE00"}',
        '{"text":"\\u00e1\\/á\\"\\uD83D\\uDE42"}',
      ],
      [
        'forms of numbers',
        '{"price":-0.50,"amount":1.5e3,"quantity":7}',
        '{"price":-1.00,"amount":1.0e0,"quantity":1}',
      ],
      ['the prefix of message ids', '{"mid":"m_AbC0example"}', '{"mid":"m_aaaaaaaaaa1"}'],
      [
        "an error's code and known words",
        '{"error":{"message":"(#100) No matching user found","type":"OAuthException","code":100}}',
        '{"error":{"message":"(#100) No matching user found","type":"OAuthException","code":100}}',
      ],
    ];
    for (const [what, json, becomes] of cases) it(what, () => expect(neutral(json)).to.equal(becomes));

    it('the texts and fields that its user names', () => {
      expect(neutral('{"brand_new":"order pizza","text":"order pizza, Anna"}', ['brand_new', 'order pizza'])).to.equal(
        '{"brand_new":"order pizza","text":"xxxxx xxxxx, Xxxx"}',
      );
    });

    it('one line', () => expect(neutral('{\n "text": "a"\r\n}')).to.equal('{  "text": "x"  }'));
    it('nothing of what is no JSON', () => expect(neutral('Anna')).to.equal('not JSON'));
  });

  it('leaks no word of any string that is not in its lists, wherever the string is', () => {
    const secret = fc.string({
      unit: fc.constantFrom('q', 'w', 'Q', 'ű', '9', '漢', '_'),
      minLength: 5,
      maxLength: 40,
    });
    const value = fc.letrec((tie) => ({
      any: fc.oneof(secret, fc.array(tie('any'), { maxLength: 3 }), fc.dictionary(secret, tie('any'), { maxKeys: 3 })),
    })).any;
    fc.assert(
      fc.property(value, (given) => {
        const text = neutral(JSON.stringify({ message: given, metadata: JSON.stringify(given) }));
        expect(text).to.not.match(/[qwQű漢9]/);
        JSON.parse(text);
      }),
    );
  });

  it('keeps type and length of every value, whatever JSON it gets', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        const before: string[] = [];
        const after: string[] = [];
        rewriteJson(json, (piece, raw) => (before.push(`${piece} ${raw.length}`), raw));
        const text = neutral(json);
        rewriteJson(text, (piece, raw) => (after.push(`${piece} ${raw.length}`), raw));
        expect(after).to.deep.equal(before);
        JSON.parse(text);
      }),
    );
  });

  it('changes nothing but values in every payload that we know', () => {
    for (const name of readdirSync(PAYLOADS).filter((file) => file.endsWith('.json'))) {
      const json = readFileSync(join(PAYLOADS, name), 'utf8').trimEnd();
      const text = neutral(json, ['header', 'method', 'path', 'query', 'body']);
      expect(text.length, name).to.equal(json.length);
      expect(Object.keys(JSON.parse(text) as object), name).to.deep.equal(Object.keys(JSON.parse(json) as object));
      expect(text, name).to.not.match(/Invented|900100200300400|6600112233445566|111222333444555/);
    }
  });
});

describe('neutral text', () => {
  it('is the same after a second pass, and of two texts it is the two neutral ones', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (one, two) => {
        expect(neutralText(neutralText(one))).to.equal(neutralText(one));
        expect(neutralText(`${one} ${two}`)).to.equal(`${neutralText(one)} ${neutralText(two)}`);
        expect(neutralText(one).length).to.equal(one.length);
      }),
    );
  });
});
