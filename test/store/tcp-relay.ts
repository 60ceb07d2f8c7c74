/**
 * An address that leads somewhere else from one moment on, as a DNS name or a virtual address does at a failover: what
 * is connected stays connected to where it led before.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { listenLocally } from '../kit/listening.js';

/** Listens on a port of its own, and joins whoever comes with its target. */
export class TcpRelay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #targetPort: number;
  #accepted = 0;
  #isCut = false;
  #isDeaf = false;

  private constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer((incoming) => this.#join(incoming));
  }

  static async to(target: string): Promise<TcpRelay> {
    const relay = new TcpRelay(portOf(target));
    await listenLocally(relay.#server);
    return relay;
  }

  /** Connections accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Where new connections lead from now on. */
  pointTo(target: string): void {
    this.#targetPort = portOf(target);
  }

  /** Ends all connections and refuses new ones, as a broken network does, until {@link mend}. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
    this.#isDeaf = false;
  }

  /** Ends all connections. New ones are accepted, never answered and never ended, as by a server that stands still. */
  goDeaf(): void {
    this.cut();
    this.#isCut = false;
    this.#isDeaf = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(incoming: Socket): void {
    this.#accepted += 1;
    if (this.#isCut) {
      incoming.destroy();
      return;
    }
    if (this.#isDeaf) {
      this.#sockets.add(incoming);
      incoming.on('error', () => undefined).on('close', () => this.#sockets.delete(incoming));
      incoming.resume();
      return;
    }
    const outgoing = connect(this.#targetPort, '127.0.0.1');
    for (const [from, to] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
