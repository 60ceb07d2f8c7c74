/**
 * Tells addresses that Meta can fetch from those that it cannot, and decodes `data:` URLs into files.
 *
 * @see https://developer.mozilla.org/docs/Web/URI/Reference/Schemes/data
 */
import type { UploadFile } from '../../graph/graph-call.js';
import type { Losses } from './losses.js';
import { limits } from './messenger-message.js';

/** Where a file comes from: Meta fetches it, or it is uploaded with the message. */
export type FileSource = { readonly url: string } | { readonly file: UploadFile };

const WEB = /^https?:\/\//i;
const SCHEME = /^([a-z][a-z\d+.-]*:)/i;
const DATA_URL = /^data:([^,]*),/i;
/** Node decodes both alphabets of base64, and skips blanks. */
const NOT_BASE64 = /[^a-z\d+/_=\s-]/i;
const DEFAULT_TYPE = 'application/octet-stream';
const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'audio/mpeg': 'mp3',
  'video/quicktime': 'mov',
  'text/plain': 'txt',
  [DEFAULT_TYPE]: 'bin',
};

/** The address if it is http or https and complete. Blanks in it are encoded. */
export function webAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim();
  if (!WEB.test(address) || !URL.canParse(address)) return undefined;
  return /\s/.test(address) ? new URL(address).href : address;
}

/** `file:`, `cid:` …; `relative` for an address without a scheme, `empty` if there is none. */
export function schemeOf(value: unknown): string {
  if (typeof value !== 'string' || value.trim() === '') return 'empty';
  return SCHEME.exec(value.trim())?.[1]?.toLowerCase() ?? 'relative';
}

/**
 * Where the file behind an address comes from, or `undefined` and a loss.
 * @param named what the bot says about the file
 */
export function fileSource(
  address: unknown,
  losses: Losses,
  named: { readonly name?: string | undefined; readonly contentType?: string | undefined } = {},
): FileSource | undefined {
  const url = webAddress(address);
  if (url !== undefined) return { url };
  const scheme = schemeOf(address);
  if (scheme !== 'data:' || typeof address !== 'string') {
    losses.add('unreachableUrl', scheme);
    return undefined;
  }
  const decoded = decode(address.trim());
  if (decoded === undefined || decoded.bytes.length === 0) {
    losses.add('unreadableDataUrl');
    return undefined;
  }
  if (decoded.bytes.length > limits.fileBytes) {
    losses.add('fileTooLarge');
    return undefined;
  }
  const contentType = decoded.contentType ?? named.contentType ?? DEFAULT_TYPE;
  return { file: { bytes: decoded.bytes, contentType, name: named.name ?? `file.${extensionOf(contentType)}` } };
}

function decode(dataUrl: string): { readonly bytes: Buffer; readonly contentType: string | undefined } | undefined {
  const head = DATA_URL.exec(dataUrl);
  if (head === null) return undefined;
  const [type = '', ...parameters] = (head[1] ?? '').split(';').map((part) => part.trim());
  const contentType = /^[\w.+-]+\/[\w.+-]+$/.test(type) ? type.toLowerCase() : undefined;
  const text = percentDecoded(dataUrl.slice(head[0].length));
  if (text === undefined) return undefined;
  if (parameters.at(-1)?.toLowerCase() !== 'base64') return { bytes: text, contentType };
  const base64 = text.toString('latin1');
  return NOT_BASE64.test(base64) ? undefined : { bytes: Buffer.from(base64, 'base64'), contentType };
}

/** Percent escapes are bytes, not characters: an image may be written with them, too. */
function percentDecoded(text: string): Buffer | undefined {
  if (!text.includes('%')) return Buffer.from(text, 'utf8');
  const latin = Buffer.from(text, 'utf8').toString('latin1');
  if (/%(?![\da-f]{2})/i.test(latin)) return undefined;
  return Buffer.from(
    latin.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );
}

function extensionOf(contentType: string): string {
  return EXTENSIONS[contentType] ?? /\/([a-z\d]+)/.exec(contentType)?.[1] ?? 'bin';
}
