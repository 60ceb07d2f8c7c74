/**
 * Bodies that nobody should send: Meta's own shapes, mutated where they hurt, and garbage; each with the status it deserves.
 *
 * Exists apart from the run so that any body can be made again from its seed. The right status is worked out from HTTP's
 * and JSON's rules alone, not by the code that is tested.
 */
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One request. */
export interface HostileRequest {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** What the webhook has to answer. */
  readonly status: number;
  /** What was done to it, for whoever reads a failure. */
  readonly made: string;
}

/** In [0, 1). */
export type Chance = () => number;

const FOLDER = join(__dirname, '..', 'fixtures', 'payloads');
const DEEP = 2000;

/** Webhook bodies as Meta sends them. */
const BODIES: readonly unknown[] = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json') && !name.startsWith('graph-'))
  .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as unknown);

/** Values that take the place of what stood there. */
const ODD_VALUES: readonly ((chance: Chance) => unknown)[] = [
  () => null,
  () => true,
  () => 0,
  () => -1,
  () => 1e308,
  () => 2 ** 53,
  () => '',
  () => '__proto__',
  () => 'constructor',
  () => '\ud800',
  () => '\u0000',
  () => 'talk to agent',
  () => [],
  () => ({}),
  () => [[[[[[]]]]]],
  () => ({ __proto__: null, toString: 1, constructor: { prototype: { polluted: true } } }),
  (chance) => 'x'.repeat(Math.floor(chance() * 5000)),
  (chance) => String(Math.floor(chance() * 1e15)),
  (chance) => Array.from({ length: Math.floor(chance() * 200) }, (_, index) => index),
  () => new Date(8.64e15).toISOString(),
];
const HOSTILE_KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length', 'then', 'id'];

/** Makes the next request. */
export function hostileRequest(chance: Chance, secret: string, maxBodyBytes: number): HostileRequest {
  const { bytes, made } = hostileBody(chance, maxBodyBytes);
  const draw = chance();
  if (draw < 0.05)
    return { bytes, headers: {}, status: bytes.length > maxBodyBytes ? 413 : 401, made: `${made}, unsigned` };
  if (draw < 0.1) {
    const headers = { 'x-hub-signature-256': oddSignature(chance, bytes) };
    return { bytes, headers, status: bytes.length > maxBodyBytes ? 413 : 401, made: `${made}, signed wrongly` };
  }
  const signature = createHmac('sha256', secret).update(bytes).digest('hex');
  return {
    bytes,
    headers: { 'x-hub-signature-256': `sha256=${signature}` },
    status: statusOf(bytes, maxBodyBytes),
    made,
  };
}

/** A mutated copy of one item's body, for adapters that get what was parsed. */
export function hostileValue(chance: Chance): unknown {
  const body = structuredClone(pick(chance, BODIES));
  const times = 1 + Math.floor(chance() * 4);
  for (let time = 0; time < times; time += 1) mutate(chance, body);
  return body;
}

function statusOf(bytes: Buffer, maxBodyBytes: number): number {
  if (bytes.length > maxBodyBytes) return 413;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    const isPage = typeof value === 'object' && value !== null && (value as { object?: unknown }).object === 'page';
    return isPage ? 200 : 404;
  } catch {
    return 400;
  }
}

function hostileBody(chance: Chance, maxBodyBytes: number): { bytes: Buffer; made: string } {
  const draw = chance();
  if (draw < 0.72) return { bytes: Buffer.from(JSON.stringify(hostileValue(chance))), made: 'a mutated fixture' };
  if (draw < 0.8) return { bytes: damaged(chance), made: 'damaged bytes' };
  if (draw < 0.86) return { bytes: prototypes(chance), made: 'prototype keys' };
  if (draw < 0.9) return { bytes: deep(chance), made: 'deep JSON' };
  if (draw < 0.94) return { bytes: crowd(chance), made: 'many unknown customers' };
  if (draw < 0.98) return { bytes: noise(chance), made: 'noise' };
  if (draw < 0.985) return { bytes: Buffer.alloc(maxBodyBytes + 1, 0x20), made: 'too large' };
  return {
    bytes: Buffer.from(pick(chance, ['', 'null', '[]', '{}', '"page"', '{"object":"page"}', '{"object":["page"]}'])),
    made: 'next to nothing',
  };
}

/** One place in the value, anywhere, gets another value, a key more or less, or a copy of itself. */
function mutate(chance: Chance, root: unknown): void {
  const places: { holder: Record<string, unknown>; key: string }[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const key of Object.keys(value)) {
      places.push({ holder: value as Record<string, unknown>, key });
      walk((value as Record<string, unknown>)[key]);
    }
  };
  walk(root);
  if (places.length === 0) return;
  const { holder, key } = pick(chance, places);
  const draw = chance();
  if (draw < 0.5) holder[key] = pick(chance, ODD_VALUES)(chance);
  else if (draw < 0.65) Reflect.deleteProperty(holder, key);
  else if (draw < 0.8 && !Array.isArray(holder)) holder[pick(chance, HOSTILE_KEYS)] = holder[key];
  else if (draw < 0.9 && Array.isArray(holder)) holder.push(...(structuredClone(holder) as unknown[]).slice(0, 20));
  else holder[key] = [structuredClone(holder[key])];
}

function damaged(chance: Chance): Buffer {
  const bytes = Buffer.from(JSON.stringify(pick(chance, BODIES)));
  const times = 1 + Math.floor(chance() * 5);
  for (let time = 0; time < times; time += 1) bytes[Math.floor(chance() * bytes.length)] = Math.floor(chance() * 256);
  return chance() < 0.3 ? bytes.subarray(0, Math.floor(chance() * bytes.length)) : bytes;
}

function prototypes(chance: Chance): Buffer {
  const text = JSON.stringify(pick(chance, BODIES));
  const key = pick(chance, HOSTILE_KEYS);
  const into = `{"${key}":{"polluted":true,"object":"page","mid":"m","text":"x"},`;
  // Wherever an object begins.
  return Buffer.from(text.replaceAll('{', (brace) => (chance() < 0.3 ? into : brace)).replaceAll(',}', '}'));
}

function deep(chance: Chance): Buffer {
  const depth = Math.floor(chance() * DEEP);
  const [open, close] = chance() < 0.5 ? ['[', ']'] : ['{"a":', '}'];
  const nest = `${open.repeat(depth)}1${close.repeat(depth)}`;
  const where = pick(chance, ['entry', 'message', 'raw']);
  if (where === 'entry') return Buffer.from(`{"object":"page","entry":${nest}}`);
  const item = `{"sender":{"id":"1"},"recipient":{"id":"2"},"timestamp":1,"${where}":${nest}}`;
  return Buffer.from(`{"object":"page","entry":[{"id":"2","messaging":[${item}]}]}`);
}

function crowd(chance: Chance): Buffer {
  const messaging = Array.from({ length: 1 + Math.floor(chance() * 50) }, () => ({
    sender: { id: String(Math.floor(chance() * 1e15)) },
    recipient: { id: '111222333444555' },
    timestamp: 1_795_338_000_000 + Math.floor(chance() * 1e6),
    message: { mid: `m_${chance()}`, text: 'hello' },
  }));
  return Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: '111222333444555', time: 1, messaging }] }));
}

function noise(chance: Chance): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(chance() * 400) }, () => Math.floor(chance() * 256)));
}

function oddSignature(chance: Chance, bytes: Buffer): string {
  const other = createHmac('sha256', 'another secret').update(bytes).digest('hex');
  return pick(chance, [
    `sha256=${other}`,
    'sha256=',
    'sha256',
    `sha256=${'0'.repeat(64)}`,
    other,
    `sha512=${other}`,
    'x'.repeat(8000),
  ]);
}

function pick<T>(chance: Chance, from: readonly T[]): T {
  return from[Math.floor(chance() * from.length)] as T;
}
