/** Bodies that the openssl program encrypted, with keys and vectors filled up with zero bytes as PHP does it. */
import { createCipheriv, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { InvalidOptionError } from '../../src/thread/errors.js';
import { BodyDecryption } from '../../src/vcc-live/decrypt-body.js';

const TEXT = '{"chatId":1201,"disposition":"completed"}';
/** The key of VCC Live's own sample. */
const KEY = 'very secret key';
const IV = '000102030405060708090a0b0c0d0e0f';
const CTR = '2NRWuBbBTJjj8Q53+o0pJm8CTm6rtLPEv4fKIBpqu+KIz4DvqhuxJ6Q=';
const CTR_WITHOUT_IV = 'cMF3cT7ROiL9RbpCs/SZo4q5ihYcJKuetc2W/TZS9rHDavKHXqrG4Dg=';
const CBC = '/muUTdKqqyKnmMb7udRdHPHo09BEJGBaofR05/BALgKOhigswE++QkJ1VfvvPxrg';
const CTR_LONG_KEY = 'UsVfLFEndqXYA+XODC+K/2yi0PZwrevRtWtSkMMKgUxnH31KjCQA+b0=';
const ctr = (key: string | Uint8Array = KEY): BodyDecryption => new BodyDecryption({ cipher: 'aes-256-ctr', key });

describe('an encrypted body', () => {
  it('is read with the key of VCC Live’s sample, which is shorter than the cipher’s', () => {
    expect(ctr().decrypt(CTR, IV)).to.deep.equal({ ok: true, text: TEXT });
    expect(ctr().decrypt(CTR, IV.toUpperCase())).to.deep.equal({ ok: true, text: TEXT });
  });

  it('is read without a vector, and with one that is too short', () => {
    expect(ctr().decrypt(CTR_WITHOUT_IV, '')).to.deep.equal({ ok: true, text: TEXT });
    const long = ctr('a key that is longer than thirty-two bytes');
    expect(long.decrypt(CTR_LONG_KEY, '00ff')).to.deep.equal({ ok: true, text: TEXT });
  });

  it('is read with other ciphers', () => {
    expect(new BodyDecryption({ cipher: 'aes-256-cbc', key: KEY }).decrypt(CBC, IV)).to.deep.equal({
      ok: true,
      text: TEXT,
    });
    for (const [cipher, keyLength, ivLength] of [
      ['aes-128-ctr', 16, 16],
      ['aes-192-cbc', 24, 16],
      ['aes-256-ecb', 32, 0],
      ['aes-256-ofb', 32, 16],
      ['chacha20', 32, 16],
    ] as const) {
      const [key, iv] = [randomBytes(keyLength), randomBytes(ivLength)];
      const sealed = createCipheriv(cipher, key, ivLength === 0 ? null : iv);
      const body = Buffer.concat([sealed.update('Ő, "x"', 'utf8'), sealed.final()]).toString('base64');
      const opened = new BodyDecryption({ cipher, key }).decrypt(body, iv.toString('hex'));
      expect(opened, cipher).to.deep.equal({ ok: true, text: 'Ő, "x"' });
    }
  });

  it('may be broken into lines', () => {
    expect(ctr().decrypt(`${CTR.slice(0, 20)}\r\n${CTR.slice(20)}\n`, IV)).to.include({ text: TEXT });
  });

  it('says what is wrong, and shows neither key nor text', () => {
    for (const [opened, hint] of [
      [ctr().decrypt(TEXT, IV), /not base64/],
      [ctr().decrypt('', IV), /not base64/],
      [ctr().decrypt(CTR, 'xyz'), /not hexadecimal/],
      [ctr().decrypt(CTR, '00f'), /not hexadecimal/],
      [ctr('another key').decrypt(CTR, IV), /another key/],
      [ctr().decrypt(CTR, '0f0102030405060708090a0b0c0d0e0f'), /another key/],
      [new BodyDecryption({ cipher: 'aes-256-cbc', key: 'another' }).decrypt(CBC, IV), /another key/],
      [new BodyDecryption({ cipher: 'aes-256-cbc', key: KEY }).decrypt(CBC.slice(0, 20), IV), /another key/],
    ] as const) {
      expect(opened.ok, JSON.stringify(opened)).to.equal(false);
      const { reason } = opened as { readonly reason: string };
      expect(reason).to.match(hint);
      expect(reason).not.to.include(KEY).and.not.to.include('chatId');
    }
  });

  for (const [what, given, option] of [
    ['a cipher that nobody knows', { cipher: 'rot13', key: KEY }, 'encryption.cipher'],
    ['no cipher', { key: KEY }, 'encryption.cipher'],
    ['a cipher with a tag, which VCC Live does not send', { cipher: 'aes-256-gcm', key: KEY }, 'encryption.cipher'],
    ['another of that sort', { cipher: 'chacha20-poly1305', key: KEY }, 'encryption.cipher'],
    ['an empty key', { cipher: 'aes-256-ctr', key: '' }, 'encryption.key'],
    ['no key', { cipher: 'aes-256-ctr' }, 'encryption.key'],
    ['bytes of another length', { cipher: 'aes-256-ctr', key: randomBytes(16) }, 'encryption.key'],
  ] as const) {
    it(`is refused at the start: ${what}`, () => {
      expect(() => new BodyDecryption(given as never))
        .to.throw(InvalidOptionError)
        .with.property('option', option);
    });
  }
});
