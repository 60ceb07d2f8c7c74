/**
 * What the store in an SQLite file costs: the CPU of an echo bot beside the memory store, without an inbox and with one.
 *
 * The file is in the machine's folder for temporary files; the disk below it decides what a wait for it costs. The measure of
 * Redis has the same bot with memory, so both can be compared by it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Row, Table } from './report.js';
import { figuresOf, times } from './report.js';
import type { Extent, Stage } from './rounds.js';
import { compareServers, median, ratios } from './rounds.js';

/** A store on a disk is never as cheap as memory; a send is a part of every usual turn. */
const SHARE_OF_WEBHOOKS = 0.3;

/** The rows of SQLite. */
export async function sqlite(stage: Stage, extent: Extent): Promise<Table> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const webhooks = Math.ceil(extent.webhooks * SHARE_OF_WEBHOOKS);
    const rounds = await compareServers(
      stage,
      ['oursEcho', 'oursSqliteEcho', 'oursSqliteInboxEcho'],
      'message',
      { ...extent, webhooks },
      join(folder, 'handover.db'),
    );
    const each = ratios(rounds, 'oursSqliteEcho', 'oursEcho');
    const withInbox = ratios(rounds, 'oursSqliteInboxEcho', 'oursSqliteEcho');
    const rows: Row[] = [
      {
        what: 'CPU of an echo bot with SQLite : with memory',
        value: median(each),
        shown: times,
        must: 1.7,
        aim: 1.3,
        rounds: each,
      },
      { what: 'the same, with an inbox : without', value: median(withInbox), shown: times, rounds: withInbox },
    ];
    return { figures: figuresOf(rounds), rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
