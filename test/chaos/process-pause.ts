/**
 * Pauses a process as SIGSTOP does: its code does not run, its timers and its network wait, the clock goes on.
 *
 * All bots of chaos live in one Node process, so each way into a bot's code waits here while its process is paused. A pause
 * begins when the code of the process waits for something. Code that runs without waiting is not cut in two.
 */
import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from 'botbuilder-handover-vcclive';
import { listenLocally, originOf } from '../kit/listening.js';

/** Whether a process runs. */
export class ProcessPause {
  #isPaused = false;
  readonly #overdueTimers: (() => void)[] = [];
  readonly #waiting: (() => void)[] = [];

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** From now on nothing of the process runs. */
  begin(): void {
    this.#isPaused = true;
  }

  /** Timers that are overdue run first, then the process hears the network: that is Node's order, too. */
  end(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    for (const run of this.#overdueTimers.splice(0)) run();
    for (const resolve of this.#waiting.splice(0)) setImmediate(resolve);
  }

  /** Resolves when the process runs: at once if it is not paused. */
  over(): Promise<void> {
    if (!this.#isPaused) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The clock of the process. Its timers wait while the process is paused. @param skewMs its clock minus the machine's */
  clock(skewMs: number): Clock {
    return {
      now: () => Date.now() + skewMs,
      after: (delayMs, run) => {
        let isCancelled = false;
        const runOnce = (): void => {
          if (!isCancelled) run();
        };
        const timer = setTimeout(() => {
          if (this.#isPaused) this.#overdueTimers.push(runOnce);
          else runOnce();
        }, delayMs);
        return () => {
          isCancelled = true;
          clearTimeout(timer);
        };
      },
    };
  }
}

/** Reads the body now, as the kernel does, because its sender may give up during the pause. The adapter takes `rawBody`. */
export async function keepBody(req: IncomingMessage): Promise<void> {
  const rawBody = await bodyOf(req);
  Object.assign(req, { rawBody, body: JSON.parse(rawBody.toString('utf8')) as unknown });
}

/** Stands between a process and the Graph API, and holds each answer back while the process is paused. */
export class GraphGateway {
  readonly #server: Server;
  readonly #graphUrl: string;
  readonly #pause: ProcessPause;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(server: Server, graphUrl: string, pause: ProcessPause) {
    this.#server = server;
    this.#graphUrl = graphUrl;
    this.#pause = pause;
    server.on('request', (req, res) => void this.#forward(req, res));
  }

  static async start(graphUrl: string, pause: ProcessPause): Promise<GraphGateway> {
    const server = createServer();
    await listenLocally(server);
    return new GraphGateway(server, graphUrl, pause);
  }

  get url(): string {
    return originOf(this.#server);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
    this.#agent.destroy();
  }

  async #forward(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { method, headers } = req;
    try {
      const body = await bodyOf(req);
      const forwarded = request(new URL(req.url ?? '/', this.#graphUrl), { method, headers, agent: this.#agent });
      res.once('close', () => forwarded.destroy());
      forwarded.end(body);
      const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
      const text = await bodyOf(answer);
      await this.#pause.over();
      res.writeHead(answer.statusCode ?? 0, answer.headers);
      res.end(text);
    } catch {
      // Graph broke the connection off, so the process finds its own connection broken.
      await this.#pause.over();
      res.destroy();
    }
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
