/**
 * A webhook's request without a server: what a cloud function, or a consumer of a queue, has of it.
 *
 * Exists because those hosts have no request of node:http, and Meta's signature needs the bytes as they came.
 */
import type { WebhookRequest, WebhookResponse } from './http-request.js';

/** A request, as bytes. */
export interface RawWebhookRequest {
  /** `GET` for Meta's verification, `POST` for a delivery. */
  readonly method: string;
  /** Names in any letter case; one value, or all of them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** What stands behind `?` in the address, or its decoded parameters. Only `GET` needs it. */
  readonly query?: string | Readonly<Record<string, string | undefined>> | undefined;
  /** The body exactly as it came: Meta signs the bytes. A text counts as UTF-8. Absent: there is none. */
  readonly rawBody?: Uint8Array | string | undefined;
}

/** What to answer. */
export interface RawWebhookResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Plain text; may be empty. */
  readonly body: string;
}

/** The request, as the routes read it. */
export function asWebhookRequest({ method, headers, query, rawBody = '' }: RawWebhookRequest): WebhookRequest {
  const lowerCased = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const request = { method, url: `?${queryText(query)}`, headers: Object.fromEntries(lowerCased) as object, rawBody };
  return request as unknown as WebhookRequest;
}

function queryText(query: RawWebhookRequest['query'] = ''): string {
  if (typeof query === 'string') return query.replace(/^\?/, '');
  const given = Object.entries(query).filter((each): each is [string, string] => each[1] !== undefined);
  return new URLSearchParams(given).toString();
}

/** Collects an answer. */
export class CollectedResponse implements WebhookResponse {
  statusCode = 200;
  readonly #headers: Record<string, string> = {};
  #body = '';

  setHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  end(body: unknown = ''): void {
    this.#body = String(body);
  }

  get response(): RawWebhookResponse {
    return { status: this.statusCode, headers: this.#headers, body: this.#body };
  }
}
