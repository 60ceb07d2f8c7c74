/** Posts one report of VCC Live's to a bot: the secret in the query, the body encrypted if that is switched on. */
import { createCipheriv, getCipherInfo, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { WebhookAnswer } from '../webhook-client.js';

/** Where VCC Live sends its webhooks, as it would be set there. */
export interface VccLiveWebhookTarget {
  /** Without secret and initialization vector: they are added to the query. */
  readonly url: string;
  readonly secret: string;
  /** Default `secret-key`. */
  readonly secretParameter?: string;
  /** Bodies are encrypted, as PHP's `openssl_encrypt` does it. `randomIv` (default true): with `?iv=`, else an empty one. */
  readonly encryption?: { readonly cipher: string; readonly key: string; readonly randomIv?: boolean };
}

/** The name of the secret in the query, unless the target has another. */
export const DEFAULT_SECRET_PARAMETER = 'secret-key';
const ANSWER_TIMEOUT_MS = 10_000;

/** Posts a report once. Rejects if no answer comes. */
export function postReport(target: VccLiveWebhookTarget, report: object): Promise<WebhookAnswer> {
  const url = new URL(target.url);
  url.searchParams.append(target.secretParameter ?? DEFAULT_SECRET_PARAMETER, target.secret);
  return post(url, encrypted(JSON.stringify(report), url, target.encryption));
}

/** PHP fills keys and initialization vectors up with zero bytes. */
function encrypted(text: string, url: URL, encryption: VccLiveWebhookTarget['encryption']): string {
  if (encryption === undefined) return text;
  const { keyLength, ivLength = 0 } = getCipherInfo(encryption.cipher) ?? { keyLength: 0 };
  const iv = encryption.randomIv === false ? Buffer.alloc(ivLength) : randomBytes(ivLength);
  url.searchParams.append('iv', encryption.randomIv === false ? '' : iv.toString('hex'));
  const key = Buffer.concat([Buffer.from(encryption.key, 'utf8'), Buffer.alloc(keyLength)]).subarray(0, keyLength);
  const cipher = createCipheriv(encryption.cipher, key, iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

function post(url: URL, body: string): Promise<WebhookAnswer> {
  const startedMs = performance.now();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = send(url, { method: 'POST', headers, timeout: ANSWER_TIMEOUT_MS, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          ms: Math.round(performance.now() - startedMs),
        }),
      );
    });
    request.on('timeout', () => request.destroy(new Error('The webhook gave no answer.')));
    request.on('error', reject);
    request.end(body);
  });
}
