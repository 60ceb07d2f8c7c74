/** A call of the Graph API as data, and the result of one attempt at it. */
import type { PageId } from '../thread/ids.js';
import type { GraphApiError, GraphOperation } from './graph-api-error.js';

/** A file that is uploaded with a message. Messenger takes at most 25 MB. */
export interface UploadFile {
  readonly bytes: Uint8Array;
  /** `image/png`. */
  readonly contentType: string;
  /** The customer sees it. */
  readonly name: string;
}

/** How a message is sent. */
export interface SendSettings {
  /** A message that the pause of the Page's messages does not hold up: it answers a customer who asks for a person. */
  readonly evenIfMessagesPause?: boolean;
  /** Uploaded with the body. */
  readonly file?: UploadFile;
}

/** One call. The node is always `/me`: the Page of the token. */
export interface GraphCall extends SendSettings {
  readonly operation: GraphOperation;
  readonly pageId: PageId;
  readonly method: 'GET' | 'POST';
  /** What follows `/me`: `/thread_owner`, or nothing. */
  readonly edge: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON, or as form data if there is a file. */
  readonly body?: object;
}

/** One request and its result. Local refusals (a pause, no token) have both times, too. */
export type Attempt = { readonly sentAtMs: number; readonly answeredAtMs: number } & (
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: GraphApiError }
);
