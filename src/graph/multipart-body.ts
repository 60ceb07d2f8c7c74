/**
 * Writes a call with a file as multipart form data: the fields of the body, and the file in `filedata`.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/send-messages/saving-assets
 */
import type { UploadFile } from './graph-call.js';

/** A body as it goes over the wire. */
export interface EncodedBody {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** Objects are written as JSON, as Graph reads form fields. Throws what JSON throws. */
export async function multipartBody(body: object, file: UploadFile): Promise<EncodedBody> {
  const form = new FormData();
  for (const [name, value] of Object.entries(body) as [string, unknown][]) {
    if (value === undefined) continue;
    form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  form.set('filedata', new Blob([file.bytes], { type: file.contentType }), file.name);
  const encoded = new Response(form);
  const contentType = encoded.headers.get('content-type') ?? 'multipart/form-data';
  return { bytes: Buffer.from(await encoded.arrayBuffer()), contentType };
}
