/**
 * Reads multipart form data: what a call with a file is written in.
 *
 * Of a file its name, type and size are kept. Fields that hold a JSON object are parsed, so that the wire shows them.
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
import type { JsonObject } from './webhook-items.js';

const BOUNDARY = /boundary="?([^";]+)"?/i;
const NAME = /[; ]name="([^"]*)"/i;
const FILE_NAME = /[; ]filename="([^"]*)"/i;
const CONTENT_TYPE = /^content-type: *([^\s;]+)/im;
const END_OF_HEAD = '\r\n\r\n';

/** The fields, or `undefined` if it is no form. */
export function readForm(bytes: Buffer, contentType: string): JsonObject | undefined {
  const boundary = BOUNDARY.exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  // One character for each byte, so that positions and sizes are those of the bytes.
  const [, ...parts] = `\r\n${bytes.toString('latin1')}`.split(`\r\n--${boundary}`);
  if (parts.pop()?.startsWith('--') !== true) return undefined;
  const fields: Record<string, unknown> = {};
  for (const part of parts) {
    const endOfHead = part.indexOf(END_OF_HEAD);
    const head = part.slice(0, endOfHead);
    const name = NAME.exec(head)?.[1];
    if (endOfHead < 0 || name === undefined) return undefined;
    fields[decoded(name)] = valueOf(head, part.slice(endOfHead + END_OF_HEAD.length));
  }
  return fields;
}

function valueOf(head: string, content: string): unknown {
  const fileName = FILE_NAME.exec(head)?.[1];
  if (fileName !== undefined) {
    const type = CONTENT_TYPE.exec(head)?.[1] ?? 'application/octet-stream';
    return { name: decoded(fileName), type, size: content.length };
  }
  const text = decoded(content);
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function decoded(latin: string): string {
  return Buffer.from(latin, 'latin1').toString('utf8');
}
