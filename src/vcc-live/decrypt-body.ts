/**
 * Decrypts the body of a webhook as VCC Live's own sample does: PHP's `openssl_decrypt` on base64.
 *
 * PHP's function takes keys and initialization vectors of any length; Node's takes one length.
 * @see https://vcc.live/developers/webhook/overview/about-webhooks
 * @see https://www.php.net/manual/en/function.openssl-decrypt.php
 */
import { createDecipheriv, getCipherInfo } from 'node:crypto';
import { InvalidOptionError } from '../thread/errors.js';

/** How VCC Live encrypts its bodies. */
export interface BodyEncryption {
  /** A cipher's name as OpenSSL has it: `aes-256-ctr`. */
  readonly cipher: string;
  /**
   * The secret key. A text is used as VCC Live's PHP uses it: filled up with zero bytes to the cipher's length, and cut
   * there. Bytes must have the cipher's length.
   */
  readonly key: string | Uint8Array;
}

/** The result for a body. `reason` is a sentence for the log, without key and text. */
export type Decrypted = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string };

const MODES_WITH_A_TAG: readonly unknown[] = ['ccm', 'gcm', 'ocb', 'siv', 'wrap'];
const CIPHER_EXPECTED =
  "the name of a cipher that this Node.js has and that needs no tag, as it is chosen at VCC Live: 'aes-256-ctr'";
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const HEX = /^(?:[0-9a-f]{2})*$/i;

/** Decrypts bodies with one cipher and key. */
export class BodyDecryption {
  readonly #cipher: string;
  readonly #key: Buffer;
  readonly #ivLength: number;

  /** @throws {@link InvalidOptionError} if there is no such cipher, it needs a tag, or the key cannot be one */
  constructor({ cipher, key }: BodyEncryption) {
    const info = typeof cipher === 'string' ? getCipherInfo(cipher) : undefined;
    if (info === undefined || MODES_WITH_A_TAG.includes(info.mode) || /poly1305/i.test(cipher)) {
      throw new InvalidOptionError('encryption.cipher', described(cipher), CIPHER_EXPECTED);
    }
    this.#cipher = cipher;
    this.#key = keyOf(key, info.keyLength, cipher);
    this.#ivLength = info.ivLength ?? 0;
  }

  /**
   * The text of a body. Never throws.
   * @param body base64
   * @param iv the initialization vector in hex, from the query; empty: zero bytes, as in PHP
   */
  decrypt(body: string, iv: string): Decrypted {
    const base64 = body.replace(/\s/g, '');
    if (!BASE64.test(base64)) {
      return { ok: false, reason: 'it is not base64: is body encryption switched on for this webhook at VCC Live?' };
    }
    if (!HEX.test(iv)) return { ok: false, reason: 'the initialization vector (?iv=) is not hexadecimal' };
    try {
      const decipher = createDecipheriv(this.#cipher, this.#key, fitted(Buffer.from(iv, 'hex'), this.#ivLength));
      const bytes = Buffer.concat([decipher.update(base64, 'base64'), decipher.final()]);
      return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
    } catch {
      return { ok: false, reason: 'it cannot be decrypted: another key, cipher or initialization vector (?iv=)' };
    }
  }
}

function keyOf(key: unknown, length: number, cipher: string): Buffer {
  if (typeof key === 'string' && key !== '') return fitted(Buffer.from(key, 'utf8'), length);
  if (key instanceof Uint8Array && key.length === length) return Buffer.from(key);
  const got = key instanceof Uint8Array ? `${key.length} bytes` : key === '' ? 'empty' : `of type ${typeof key}`;
  throw new InvalidOptionError('encryption.key', got, `a text that is not empty, or ${length} bytes for ${cipher}`);
}

/** As `openssl_decrypt` does: filled up with zero bytes, or cut. */
function fitted(bytes: Buffer, length: number): Buffer {
  const fit = Buffer.alloc(length);
  bytes.copy(fit);
  return fit;
}

function described(cipher: unknown): string {
  return typeof cipher === 'string' && cipher !== '' ? JSON.stringify(cipher) : 'missing';
}
