/** Takes the marked examples out of README and the pages of docs/, so that what is printed is what is run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '..', '..');

/** README and every page of the guide. */
export const GUIDE: readonly string[] = [
  'README.md',
  ...readdirSync(join(REPOSITORY, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const MARKED_EXAMPLE = /<!-- example: ([\w.-]+) -->\s*```(?:ts|js)\n([\s\S]*?)```/g;
const TYPESCRIPT_BLOCK = /```(?:ts|typescript|js|javascript)\n/g;

/** A paper of the repository. */
export function paper(name: string): string {
  return readFileSync(join(REPOSITORY, name), 'utf8');
}

/** Every marked example of a page, by name. */
export function examplesOf(page: string): ReadonlyMap<string, string> {
  return new Map([...page.matchAll(MARKED_EXAMPLE)].map(([, name = '', code = '']) => [name, code]));
}

/** How many blocks of code a page has, marked or not. */
export function codeBlocksOf(page: string): number {
  return [...page.matchAll(TYPESCRIPT_BLOCK)].length;
}

/** The rows of the first table whose header begins with these cells: the first cell of each row, without code marks. */
export function firstCells(page: string, ...header: readonly string[]): string[] {
  return tableOf(page, ...header).map(([first = '']) => first.replaceAll('`', ''));
}

/** The rows of the first table whose header begins with these cells, cell by cell. */
export function tableOf(page: string, ...header: readonly string[]): string[][] {
  const lines = page.split('\n');
  const wanted = header.join('|');
  const at = lines.findIndex((line) => cells(line).slice(0, header.length).join('|') === wanted);
  if (at < 0) throw new Error(`No table begins with the columns ${header.join(', ')}.`);
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map(cells);
}

function cells(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .replaceAll('\\|', '\u0000')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\u0000', '|'));
}
