/** A line to a server that can be cut and mended: what a laptop's lid does to a connection. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { listenLocally, originOf } from '../kit/listening.js';

/** A local port in front of another one. */
export class BreakableLine {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #cut = false;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.#cut) {
        near.destroy();
        return;
      }
      const far = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  static async to(target: number): Promise<BreakableLine> {
    const line = new BreakableLine(target);
    await listenLocally(line.#server);
    return line;
  }

  get url(): string {
    return `${originOf(this.#server)}/`;
  }

  /** Breaks every connection, and every new one. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#cut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
