/** Programs that tests start as processes. One file without types starts in a third of the time that tsx needs for many. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '..', '..');
const FOLDER = join(REPOSITORY, 'node_modules', '.cache', 'test-programs');
const BUNDLER = join(__dirname, 'bundle-program.mjs');
/** Changes when a package is installed. */
const INSTALLED = join(REPOSITORY, 'node_modules', '.package-lock.json');

const known = new Set<string>();

/**
 * A program of this repository as JavaScript, made anew when a source has changed.
 * @param file its TypeScript, from the repository's folder
 * @returns the path of the JavaScript. A module in it has the `__dirname` of its source.
 */
export function bundled(file: string): string {
  const target = join(FOLDER, file.replace(/\.ts$/, '.js'));
  if (known.has(target) || isFresh(target)) return target;
  execFileSync(process.execPath, [BUNDLER, join(REPOSITORY, file), target], { stdio: 'inherit' });
  known.add(target);
  return target;
}

function isFresh(target: string): boolean {
  try {
    const madeMs = statSync(target).mtimeMs;
    const inputs = JSON.parse(readFileSync(`${target}.inputs.json`, 'utf8')) as string[];
    const sources = [...inputs.map((input) => join(REPOSITORY, input)), INSTALLED, BUNDLER];
    return sources.every((source) => statSync(source).mtimeMs < madeMs);
  } catch {
    return false;
  }
}
