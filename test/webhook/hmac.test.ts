/** HMAC-SHA256: the published vectors, and whatever Node's own makes of any body and secret. */
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { hmacSha256 } from '../../src/webhook/hmac.js';

/** RFC 4231, section 4. Secrets here are texts, so those of its cases whose keys are one. */
const VECTORS: readonly (readonly [name: string, key: string, data: string, digits: string])[] = [
  [
    'case 1: a short key',
    '\u000b'.repeat(20),
    'Hi There',
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    'case 2: a key shorter than the digest',
    'Jefe',
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
];

describe('HMAC-SHA256', () => {
  for (const [name, key, data, digits] of VECTORS) {
    it(`is that of RFC 4231, ${name}`, () => {
      expect(hmacSha256(data, key)).to.equal(digits);
      expect(hmacSha256(Buffer.from(data), key)).to.equal(digits);
    });
  }

  it('is that of Node for any secret and body, one after the other', () => {
    const secrets = fc.oneof(
      fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
      fc.constant('s'.repeat(64)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(secrets, fc.uint8Array({ maxLength: 500 })), { maxLength: 6 }), (pairs) => {
        for (const [secret, body] of pairs) {
          expect(hmacSha256(body, secret)).to.equal(createHmac('sha256', secret).update(body).digest('hex'));
        }
      }),
    );
  });

  for (const length of [0, 1, 63, 64, 65, 16_383, 16_384, 16_385, 200_000]) {
    it(`is that of Node for a body of ${length} bytes, after a longer one`, () => {
      hmacSha256(Buffer.alloc(length + 100, 'x'), 'secret');
      const body = Buffer.alloc(length, 'ä');
      expect(hmacSha256(body, 'secret')).to.equal(createHmac('sha256', 'secret').update(body).digest('hex'));
    });
  }
});
