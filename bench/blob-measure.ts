/**
 * What the store in Azure Blob Storage costs: HTTP requests around a turn that answers once.
 *
 * The server is Azurite, started for the measure. The bot's process counts the requests that it sends to it. Speed is not
 * measured: an emulator says nothing about Azure's.
 */
import { startEmulator } from '../test/store/azurite.js';
import { PinnedProcess } from './pinned-process.js';
import type { Table } from './report.js';
import { plain } from './report.js';
import type { Stage } from './rounds.js';

const COUNTED_TURNS = 100;
/** One turn after the other: an emulator that is slow would refuse more. */
const CONNECTIONS = 1;
const MUST = 6;
const AIM = 4;

/** The row of Blobs. Every customer has written before, as almost every customer of a running bot has. */
export async function blobs(stage: Stage): Promise<Table> {
  const emulator = await startEmulator();
  const args = ['oursBlobsEcho', stage.graphOrigin, emulator.connectionString];
  const bot = await PinnedProcess.start('server', stage.program('server'), args);
  try {
    const ports = [await bot.ask<number>('port')];
    const load = { ports, shape: 'knownCustomer', webhooks: COUNTED_TURNS, connections: CONNECTIONS };
    await stage.load.ask('run', load);
    await bot.ask<string[]>('blobRequests');
    await stage.load.ask('run', load);
    const requests = await bot.ask<string[]>('blobRequests');
    return {
      rows: [
        {
          what: 'Blob requests around a turn that answers',
          value: requests.length / COUNTED_TURNS,
          shown: plain,
          must: MUST,
          aim: AIM,
          rounds: [],
          note: perTurn(requests),
        },
      ],
    };
  } finally {
    await bot.end();
    await emulator.stop();
  }
}

/** `2 PUT thread, 1 GET thread`, for each turn. */
function perTurn(requests: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(request, (counts.get(request) ?? 0) + 1);
  return [...counts].map(([request, count]) => `${plain(count / COUNTED_TURNS)} ${request}`).join(', ');
}
