/** An emulator of Azure's blobs for one test file: its own process, port and folder. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../kit/listening.js';

/** A running emulator. */
export interface Emulator {
  readonly connectionString: string;
  readonly stop: () => Promise<void>;
}

/** Azurite on a free port of this machine, with its public development account. */
export async function startEmulator(): Promise<Emulator> {
  const folder = await mkdtemp(path.join(tmpdir(), 'blobs-'));
  const port = await freePort();
  const main = path.join(path.dirname(require.resolve('azurite/package.json')), 'dist/src/blob/main.js');
  const flags = ['--silent', '--skipApiVersionCheck', '--disableTelemetry'];
  const child = spawn(process.execPath, [main, '--location', folder, '--blobPort', String(port), ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await listening(child);
  return {
    connectionString:
      'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;' +
      'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;' +
      `BlobEndpoint=http://127.0.0.1:${port}/devstoreaccount1;`,
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`azurite ended with ${String(code)} before it listened`)));
    child.stdout?.on('data', (line: Buffer) => {
      if (line.toString().includes('successfully listens')) resolve();
    });
  });
}
