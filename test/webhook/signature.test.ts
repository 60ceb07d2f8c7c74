import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidOptionError } from '../../src/thread/errors.js';
import type { SignatureVerdict } from '../../src/webhook/signature.js';
import { signPayload, verifySignature } from '../../src/webhook/signature.js';

const SECRET = 'example-app-secret';
const BODY = '{"object":"page","entry":[]}';
// printf '%s' '{"object":"page","entry":[]}' | openssl dgst -sha256 -hmac 'example-app-secret'
const DIGITS = 'ad8be1d70c23fcbf13161e2bdec3804c9dc74496ff7ef30b79d9ac1c3a791649';
const HEADER = `sha256=${DIGITS}`;

// The bytes as Meta writes them, with escapes, and their signature by openssl; and what JSON.stringify makes of them.
const ESCAPED_BODY = '{"object":"page","text":"\\u00e4\\u00f6\\u00e5"}';
const ESCAPED_HEADER = 'sha256=e9a3bae68986ede1c09da78b8d2775ee5438345a34e3fde3290de7a25abf6158';
const SLASHED_BODY = '{"object":"page","text":"\\u00e4 <a\\/b>"}';
const SLASHED_HEADER = 'sha256=d183b56c32d80c318d8cf43e50c8fd892ebb863d941f43b05cb6baf98044207d';
const reserialised = (body: string): string => JSON.stringify(JSON.parse(body));

function refusal(verdict: SignatureVerdict): { reason: string; hint: string } {
  if (verdict.valid) throw new Error('the signature was accepted');
  return verdict;
}

describe('verifySignature', () => {
  describe('accepts what Meta signed', () => {
    it('as bytes and as text', () => {
      expect(verifySignature(BODY, HEADER, SECRET)).to.deep.equal({ valid: true });
      expect(verifySignature(Buffer.from(BODY), HEADER, SECRET)).to.deep.equal({ valid: true });
      expect(verifySignature(new TextEncoder().encode(BODY), HEADER, SECRET)).to.deep.equal({ valid: true });
    });

    it('with escapes, hashed as they came', () => {
      expect(verifySignature(ESCAPED_BODY, ESCAPED_HEADER, SECRET)).to.deep.equal({ valid: true });
      expect(verifySignature(SLASHED_BODY, SLASHED_HEADER, SECRET)).to.deep.equal({ valid: true });
    });

    it('with upper-case digits, and with the header as a list of one', () => {
      expect(verifySignature(BODY, `sha256=${DIGITS.toUpperCase()}`, SECRET)).to.deep.equal({ valid: true });
      expect(verifySignature(BODY, [HEADER], SECRET)).to.deep.equal({ valid: true });
    });
  });

  describe('refuses the rest and says why', () => {
    const refusals: [string, string | readonly string[] | undefined, string][] = [
      ['no header', undefined, 'missing'],
      ['an empty header', '', 'missing'],
      ['an empty list', [], 'missing'],
      ['two headers', [HEADER, HEADER], 'malformed'],
      ['two headers joined by node', `${HEADER}, ${HEADER}`, 'malformed'],
      ['the legacy header', 'sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709', 'sha1Only'],
      ['digits alone', DIGITS, 'malformed'],
      ['a digit too few', HEADER.slice(0, -1), 'malformed'],
      ['a digit too many', `${HEADER}0`, 'malformed'],
      ['what is no digit', `sha256=${'g'.repeat(64)}`, 'malformed'],
      ['another signature', `sha256=${'0'.repeat(64)}`, 'mismatch'],
    ];
    for (const [what, header, reason] of refusals) {
      it(`${what}: ${reason}`, () => {
        expect(refusal(verifySignature(BODY, header, SECRET)).reason).to.equal(reason);
      });
    }

    it('a body changed by one bit', () => {
      const bytes = Buffer.from(BODY);
      bytes[3]! ^= 1;
      expect(refusal(verifySignature(bytes, HEADER, SECRET)).reason).to.equal('mismatch');
    });

    it('everything, where no secret is configured: not even what is signed with an empty one', () => {
      // printf '%s' '{"object":"page","entry":[]}' | openssl dgst -sha256 -mac HMAC -macopt hexkey:00
      const signedWithNothing = 'sha256=f117fbb4e9c49c36968d7e5c1ff0c517e23b08385791fe533b642dbc519df4d9';
      const verdict = refusal(verifySignature(BODY, signedWithNothing, ''));
      expect(verdict.reason).to.equal('mismatch');
      expect(verdict.hint).to.include('No app secret is configured');
      expect(refusal(verifySignature(BODY, HEADER, undefined as unknown as string)).reason).to.equal('mismatch');
    });
  });

  describe("names the caller's mistake", () => {
    it('blanks or a line break around the secret', () => {
      for (const secret of [`${SECRET}\n`, ` ${SECRET}`, `\t${SECRET} \r\n`]) {
        expect(refusal(verifySignature(BODY, HEADER, secret)).hint).to.include('blanks or a line break');
      }
    });

    it('a body that was parsed and serialised again', () => {
      for (const [body, header] of [
        [ESCAPED_BODY, ESCAPED_HEADER],
        [SLASHED_BODY, SLASHED_HEADER],
      ] as const) {
        const verdict = refusal(verifySignature(reserialised(body), header, SECRET));
        expect(verdict.reason).to.equal('mismatch');
        expect(verdict.hint).to.include('serialised again: with the escapes');
      }
    });

    it('a parsed object instead of the body', () => {
      const verdict = refusal(verifySignature(JSON.parse(BODY) as string, HEADER, SECRET));
      expect(verdict.hint).to.include('parsed object');
    });

    it('the legacy header', () => {
      expect(refusal(verifySignature(BODY, 'sha1=x', SECRET)).hint).to.include('X-Hub-Signature-256');
    });

    it('and otherwise both that remain: the secret of another app, or other bytes', () => {
      const { hint } = refusal(verifySignature(BODY, HEADER, 'secret-of-another-app'));
      expect(hint).to.include('not that of the app').and.to.include('byte for byte');
    });

    it('but does not search a body over 64 KiB, which anybody can send', () => {
      const body = `${' '.repeat(65_537)}${BODY}`;
      expect(refusal(verifySignature(body, signPayload(body, SECRET), `${SECRET}\n`)).hint).to.include('byte for byte');
    });

    it('without ever showing the secret or the signature that would be right', () => {
      const other = `sha256=${'0'.repeat(64)}`;
      const headers = [undefined, 'sha1=x', 'x', other, [other, other], HEADER];
      for (const header of headers) {
        for (const secret of [SECRET, `${SECRET}\n`]) {
          const verdict = verifySignature(BODY, header, secret);
          const shown = JSON.stringify(verdict);
          expect(shown).not.to.include(SECRET);
          expect(shown).not.to.include(DIGITS);
        }
      }
    });
  });

  it('never throws, whatever the header and the bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.oneof(fc.string(), fc.array(fc.string())),
        fc.string(),
        (body, header, secret) => {
          expect(verifySignature(body, header, secret).valid).to.equal(false);
        },
      ),
    );
  });
});

describe('signPayload', () => {
  it('gives the header that openssl gives', () => {
    expect(signPayload(BODY, SECRET)).to.equal(HEADER);
    expect(signPayload(Buffer.from(ESCAPED_BODY), SECRET)).to.equal(ESCAPED_HEADER);
  });

  it('is accepted with the same secret and refused with another', () => {
    const secret = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(fc.uint8Array(), secret, secret, (body, ours, theirs) => {
        expect(verifySignature(body, signPayload(body, ours), ours)).to.deep.equal({ valid: true });
        // HMAC pads a short key with zero bytes: "a" and "a\0" are one key.
        fc.pre(ours.replace(/\0+$/, '') !== theirs.replace(/\0+$/, ''));
        expect(verifySignature(body, signPayload(body, ours), theirs).valid).to.equal(false);
      }),
    );
  });

  it('refuses to sign with an empty secret', () => {
    expect(() => signPayload(BODY, '')).to.throw(InvalidOptionError, 'appSecret');
  });
});
