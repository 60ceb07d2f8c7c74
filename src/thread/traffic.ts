/** The port for recordings: sees each webhook and each Graph call of a bot as bytes. Without an observer, nobody looks. */

/** One attempt at a Graph call, without its headers: they hold the token. */
export interface SeenCall {
  readonly method: string;
  /** Version, node and edge, without the query: `/v26.0/me/messages`. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** The body as it leaves, if it is JSON. */
  readonly json?: string | undefined;
  /** Fields of a body that is a form. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** Size of the uploaded file. */
  readonly fileBytes?: number | undefined;
  /** The Page of the token, if it is known. */
  readonly pageId?: string | undefined;
}

/** How an attempt ended. `failed`: no answer came; the word says why. */
export type SeenAnswer =
  | {
      readonly status: number;
      readonly headers: { get(name: string): string | null | undefined };
      readonly text: string;
    }
  | { readonly failed: string };

/** Looks at what passes. No method throws or blocks. */
export interface TrafficObserver {
  /** A webhook arrives. @returns what to call with the status of the answer to Meta; `unreached`: it never got to the bot */
  webhook(body: string): (status: number | 'unreached') => void;
  /** A Graph call leaves. @returns what to call when its answer is there */
  graphCall(call: SeenCall): (answer: SeenAnswer) => void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** The observer of one bot. An adapter that records sets it after the Graph client was made. */
export class Traffic {
  observer: TrafficObserver | undefined;
}
