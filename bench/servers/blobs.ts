/** A thread store in blobs, and the HTTP requests that it sends. */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { BotStorageThreadStore } from 'botbuilder-handover-vcclive';
import { BlobsStorage } from 'botbuilder-azure-blobs';

const CONTAINER = 'handovers';

const sent: string[] = [];

/** A store over the blobs at this address, whose requests are counted from now on. */
export function countedBlobsStore(connectionString: string): BotStorageThreadStore {
  const { host } = new URL(/BlobEndpoint=([^;]+)/.exec(connectionString)?.[1] ?? '');
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    if (request.getHeader('host') === host) sent.push(`${request.method} ${kindOf(request.path)}`);
  });
  return new BotStorageThreadStore(new BlobsStorage(connectionString, CONTAINER));
}

/** Method and kind of item of each request since the last question: `PUT thread`. */
export function blobRequests(): string[] {
  return sent.splice(0);
}

/** Names of items are `<prefix>.<app id>.<kind>.…`. */
function kindOf(path: string): string {
  const name = decodeURIComponent(path).split('?')[0]?.split(`/${CONTAINER}/`)[1];
  return name === undefined ? 'container' : (name.split('.')[2] ?? name);
}
