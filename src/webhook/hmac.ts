/**
 * HMAC-SHA256 of webhook bodies, as RFC 2104 builds it out of two digests.
 *
 * Every webhook needs one, before the sender is known. Node's `createHmac` sets up objects for each, and takes three
 * times as long as its one-shot digest of the same bytes.
 * @see https://www.rfc-editor.org/rfc/rfc2104
 */
import * as crypto from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
const INNER_BYTE = 0x36;
const OUTER_BYTE = 0x5c;
/** Larger bodies are rare, and copying them saves nothing. */
const COPIED_MAX_BYTES = 16_384;

/** A secret, prepared: each buffer begins with the block that the secret makes, and has room for what is digested. */
interface Prepared {
  readonly secret: string;
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** A process has one secret as a rule. */
let last: Prepared | undefined;

/** Node has it since 20.12. */
const oneShot = (crypto as Partial<typeof crypto>).hash;

/** @returns hexadecimal digits, lower case */
export function hmacSha256(body: Uint8Array | string, secret: string): string {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body;
  if (!oneShot || bytes.length > COPIED_MAX_BYTES) {
    return crypto.createHmac('sha256', secret).update(bytes).digest('hex');
  }
  if (last?.secret !== secret) last = prepared(secret);
  const { inner, outer } = last;
  inner.set(bytes, BLOCK_BYTES);
  outer.set(oneShot('sha256', inner.subarray(0, BLOCK_BYTES + bytes.length), 'buffer'), BLOCK_BYTES);
  return oneShot('sha256', outer, 'hex');
}

function prepared(secret: string): Prepared {
  const given = Buffer.from(secret, 'utf8');
  const key = given.length > BLOCK_BYTES ? crypto.createHash('sha256').update(given).digest() : given;
  const inner = Buffer.alloc(BLOCK_BYTES + COPIED_MAX_BYTES);
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = key[index] ?? 0;
    inner[index] = byte ^ INNER_BYTE;
    outer[index] = byte ^ OUTER_BYTE;
  }
  return { secret, inner, outer };
}
