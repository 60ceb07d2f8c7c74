/** A real HTTP server on the loopback that answers as its script says, for the tests of this folder. */
import * as http from 'node:http';
import type { Socket } from 'node:net';
import { listenLocally, originOf } from '../kit/listening.js';

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: any;
}

/**
 * What the server does with a request: answers, cuts the connection, says nothing at all, sends the head and half a
 * body and no more, or sends a body that never ends.
 */
export type Reply =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  | 'reset'
  | 'silence'
  | 'halfBody'
  | 'endlessBody';

export class ScriptedGraph {
  readonly seen: SeenRequest[] = [];
  connections = 0;
  answer: (request: SeenRequest) => Reply = () => ({ json: { success: true } });
  /** What an answer waits for, where it has to. */
  hold: () => Promise<void> | undefined = () => undefined;
  readonly #sockets = new Set<Socket>();
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://graph.test');
      const text = Buffer.concat(chunks).toString();
      const seen: SeenRequest = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        url: request.url ?? '',
        headers: request.headers,
        body: text === '' ? undefined : JSON.parse(text),
      };
      this.seen.push(seen);
      const reply = this.answer(seen);
      const held = this.hold();
      if (held) void held.then(() => this.#perform(reply, response));
      else this.#perform(reply, response);
    });
  });

  /** Answers with these in turn, and with the last of them from then on. */
  script(...replies: readonly Reply[]): void {
    let next = 0;
    this.answer = () => replies[Math.min(next++, replies.length - 1)]!;
  }

  /** `POST pass_thread_control`, `GET thread_owner` … in the order they came. */
  get calls(): string[] {
    return this.seen.map(({ method, path }) => `${method} ${path.split('/').at(-1) ?? ''}`);
  }

  get origin(): string {
    return originOf(this.#server);
  }

  async start(): Promise<this> {
    this.#server.on('connection', (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      // A test that fails before it stops the server must not keep the process.
      socket.unref();
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await listenLocally(this.#server);
    this.#server.unref();
    return this;
  }

  /** Resolves when every client has hung up. */
  async deserted(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve))));
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #perform(reply: Reply, response: http.ServerResponse): void {
    if (reply === 'silence') return;
    if (reply === 'reset') {
      response.socket?.resetAndDestroy();
      return;
    }
    if (reply === 'halfBody') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"succ');
      return;
    }
    if (reply === 'endlessBody') {
      const pour = () => {
        if (response.destroyed) return;
        response.write('x'.repeat(65_536), () => setImmediate(pour));
      };
      pour();
      return;
    }
    const text = reply.text ?? JSON.stringify(reply.json ?? {});
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
    response.end(text);
  }
}

/** A port on which nothing listens. */
export async function closedOrigin(): Promise<string> {
  const server = await new ScriptedGraph().start();
  const { origin } = server;
  await server.stop();
  return origin;
}
