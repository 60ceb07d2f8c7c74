/** The server of a proxy: reads each request within bounds, answers, and breaks a connection whose request fails. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../thread/clock.js';
import { bodyLimits, type BodyLimits } from '../../webhook/read-body.js';
import type { Answer } from './forward-request.js';

/** Where it listens, and how long a body may be. */
export interface TapServerOptions {
  readonly port: number;
  readonly host: string;
  readonly maxBytes: number;
}

/** What a proxy does with a request. */
export type HandleRequest = (request: IncomingMessage, response: ServerResponse, limits: BodyLimits) => Promise<void>;

/** A listening proxy. */
export class TapServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens. Rejects with the system's error if the port cannot be had. */
  static async start({ port, host, maxBytes }: TapServerOptions, handle: HandleRequest): Promise<TapServer> {
    const limits = bodyLimits(systemClock, { maxBytes });
    const server = createServer((request, response) => {
      handle(request, response, limits).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.off('error', reject);
        resolve();
      });
    });
    return new TapServer(server);
  }

  /** The port that it listens on. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Frees the port and breaks open connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

/** Gives an answer back as it came. */
export function answerWith(response: ServerResponse, { status, headers, body }: Answer): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(body);
}

/** Answers that the request goes no further, and ends the connection. */
export function refuseRequest(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(why);
}
