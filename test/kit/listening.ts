/** Servers of tests: on the loopback address, each on a port that the system chooses. */
import type { Server as HttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

/** Begins to listen. @returns the origin: `http://127.0.0.1:40123` */
export async function listenLocally(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return originOf(server);
}

/** The origin of a server that listens. */
export function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Ends a server with its connections. One that does not listen has ended already. */
export function stopServer(server: HttpServer | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (server?.listening !== true) return resolve();
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A bot's server. Begins to listen. */
export async function listening(
  server: HttpServer,
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  return { url: `${await listenLocally(server)}/api/messages`, close: () => stopServer(server) };
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await listenLocally(server);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
