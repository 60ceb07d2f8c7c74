/** How long `require` of each export path takes beyond the packages that its framework loads anyway: for functions that start cold. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PinnedProcess } from './pinned-process.js';
import type { Row, Table } from './report.js';
import { plain } from './report.js';
import type { Extent, Stage } from './rounds.js';
import { median } from './rounds.js';

const ROOT = join(__dirname, '..');
const PACKAGE = join(ROOT, '.bench', 'package');
const NAME = 'botbuilder-handover-vcclive';
/** The marks are for the main entry. */
const MARKS = { must: 60, aim: 45 };

/** What a bot of this path has loaded itself. A path that is not here needs no other package. */
const FRAMEWORKS: Readonly<Record<string, readonly string[]>> = {
  [NAME]: ['botbuilder'],
  [`${NAME}/agents`]: ['@microsoft/agents-activity', '@microsoft/agents-hosting'],
  [`${NAME}/agents/dialogs`]: [
    '@microsoft/agents-activity',
    '@microsoft/agents-hosting',
    '@microsoft/agents-hosting-dialogs',
  ],
  [`${NAME}/facebook-adapter`]: ['botbuilder', 'botbuilder-adapter-facebook'],
  [`${NAME}/botkit`]: ['botkit'],
  [`${NAME}/calendar`]: ['luxon'],
  [`${NAME}/opentelemetry`]: ['@opentelemetry/api'],
};

/** What is loaded later, when it is needed. */
const LATER: readonly Side[] = [
  { what: 'undici, with the first message', before: ['botbuilder', NAME], module: 'undici' },
  { what: 'axios, with the first call of thread control', before: [`${NAME}/messenger`], module: 'axios' },
  { what: 'botbuilder-dialogs, with dialog() or step()', before: ['botbuilder', NAME], module: 'botbuilder-dialogs' },
];

/** A module that is loaded after others. */
interface Side {
  readonly what: string;
  readonly before: readonly string[];
  readonly module: string;
}

/** The rows: each export path, and what comes later. */
export async function loading(stage: Stage, { rounds }: Extent): Promise<Table> {
  // As it is published, one file for each source: a bundle loads faster.
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', PACKAGE], { cwd: ROOT });
  const files = entries();
  const paths = [...files.keys()].map((name): Side => ({ what: name, before: FRAMEWORKS[name] ?? [], module: name }));
  const measured = [...paths, ...LATER].map((side) => ({ side, own: [] as number[], added: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (const { side, own, added } of measured) {
      const process = await PinnedProcess.start('server', stage.program('loading'));
      try {
        own.push(
          await process.ask<number>(
            'load',
            side.before.map((name) => files.get(name) ?? name),
          ),
        );
        added.push(await process.ask<number>('load', [files.get(side.module) ?? side.module]));
      } finally {
        await process.end();
      }
    }
  }
  return {
    rows: measured.map(({ side: { what, before }, own, added }): Row => ({
      what: `CPU ms to load ${what}`,
      value: median(added),
      shown: plain,
      rounds: added,
      ...(what === NAME ? MARKS : {}),
      ...(before.length === 0 ? {} : { note: `after ${plain(median(own))} ms for ${before.join(', ')}` }),
    })),
  };
}

/** The compiled file of every export path, by the name that a bot imports. */
function entries(): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return new Map(
    Object.entries(exports).flatMap(([path, target]) =>
      typeof target === 'string'
        ? []
        : [[path.replace('.', NAME), join(PACKAGE, target.default.replace('./dist/', ''))] as const],
    ),
  );
}
