/**
 * Writes the table of docs/comparison.md from what two bots really did, so that the page cannot say what did not happen.
 *
 * `npx tsx docs/generate/comparison-table.ts` after a change; a test fails where the page says something else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { HandoverError } from '../../src/thread/errors.js';
import { playSchedule, type Row } from '../../test/comparison/play-schedule.js';
import { bundled } from '../../test/run/bundled.js';

/** The page, and the lines in it between which the table stands. */
export const PAGE_FILE = resolve(__dirname, '..', 'comparison.md');
export const BEGIN = '<!-- begin: written by docs/generate/comparison-table.ts -->';
export const END = '<!-- end: written by docs/generate/comparison-table.ts -->';

/** The two bots, by their files. */
export const BOTS = {
  stock: bundled('samples/stock-bot/index.ts'),
  ours: bundled('samples/talk-to-agent/index.ts'),
} as const;

/** The table. */
export function comparisonTable(stock: readonly Row[], ours: readonly Row[]): string {
  const cells = [
    ['what happens', 'stock adapter', 'this package'],
    ...stock.map(({ what, seen }, index) => [what, seen, ours[index]?.seen ?? '']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((line) => (line[column] ?? '').length)));
  const lines = cells.map((line) => `| ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

/** The page with this table in it. */
export function withTable(page: string, table: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new HandoverError('unexpected', `docs/comparison.md must hold the lines "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

async function main(): Promise<void> {
  const [stock, ours] = await Promise.all([playSchedule(BOTS.stock), playSchedule(BOTS.ours)]);
  writeFileSync(PAGE_FILE, withTable(readFileSync(PAGE_FILE, 'utf8'), comparisonTable(stock, ours)));
}

if (require.main === module) void main();
