/**
 * A Graph API in front of the simulator's whose answers a test can hold back: what happens between a question and its
 * answer is then in the test's hands.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listenLocally, stopServer } from '../kit/listening.js';

/** One call whose answer is held. */
export interface HeldCall {
  /** Resolves when Meta has answered and the answer is held. */
  readonly answered: Promise<void>;
  /** Lets the answer through; with a status, that one instead, and Meta's answer is lost. */
  release(status?: number): void;
}

interface Hold {
  readonly edge: string;
  readonly arrived: () => void;
  readonly released: Promise<number | undefined>;
}

/** Passes every call on to the simulator. */
export class HeldGraph {
  readonly #holds: Hold[] = [];
  readonly #server: Server;
  #target = '';

  constructor() {
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  /** @returns the address for the bot's `graph.baseUrl` */
  async listen(): Promise<string> {
    return listenLocally(this.#server);
  }

  /** Where calls go. */
  standsBefore(graphBaseUrl: string): void {
    this.#target = graphBaseUrl;
  }

  /** Holds the next answer of this edge. */
  hold(edge: string): HeldCall {
    let release: (status?: number) => void = () => undefined;
    let arrived = (): void => undefined;
    const answered = new Promise<void>((resolve) => (arrived = resolve));
    const released = new Promise<number | undefined>((resolve) => (release = resolve));
    this.#holds.push({ edge, arrived, released });
    return { answered, release };
  }

  stop(): Promise<void> {
    return stopServer(this.#server);
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = request.url ?? '/';
    const headers = Object.entries(request.headers).filter(([name]) => /^(authorization|content-type)$/.test(name));
    const answer = await fetch(this.#target + url, {
      method: request.method ?? 'GET',
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) }),
    });
    const body = await answer.text();
    const at = this.#holds.findIndex(({ edge }) => new URL(url, this.#target).pathname.endsWith(`/${edge}`));
    const hold = at < 0 ? undefined : this.#holds.splice(at, 1)[0];
    hold?.arrived();
    const status = await hold?.released;
    response.writeHead(status ?? answer.status, { 'content-type': 'application/json' });
    response.end(status === undefined ? body : '{"error":{"message":"unknown","code":1,"is_transient":true}}');
  }
}
