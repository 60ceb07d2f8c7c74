/** Makes every try of a unit test to open a server, a connection or a process fail. Mocha loads it for every run. */
import childProcess from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join, relative, resolve, sep } from 'node:path';
import { filesOf } from '../run/files-of.js';

const REPOSITORY = resolve(__dirname, '..', '..');
/** What `npm run test:unit` runs. */
const { spec: UNIT } = JSON.parse(readFileSync(join(REPOSITORY, '.mocharc.unit.json'), 'utf8')) as {
  readonly spec: readonly string[];
};

/** Forbids them from now on. @returns what allows them again */
export function forbidServers(): () => void {
  const undo = [
    forbid(net.Server.prototype, 'listen'),
    forbid(net.Socket.prototype, 'connect'),
    ...(['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork'] as const).map((name) =>
      forbid(childProcess, name),
    ),
  ];
  return () => undo.forEach((each) => each());
}

function forbid<Name extends string>(owner: Record<Name, unknown>, name: Name): () => void {
  const original = owner[name];
  const refuse = (): never => {
    throw new Error(`A unit test may not call "${name}". Move the test file to test/integration.`);
  };
  owner[name] = refuse;
  return () => {
    owner[name] = original;
  };
}

/** Whether `npm run test:unit` runs a file. @param file its path */
export function isUnit(file: string): boolean {
  const path = relative(REPOSITORY, file).replaceAll(sep, '/');
  return UNIT.some((pattern) => path.startsWith(pattern.replace(/\*.*$/, '')));
}

let allow: (() => void) | undefined;

/** Mocha calls these around all tests of a process, or of one file if it runs files at the same time. */
export const mochaHooks = {
  beforeAll(this: Mocha.Context): void {
    if (filesOf(this).every(isUnit)) allow = forbidServers();
  },
  afterAll(): void {
    allow?.();
    allow = undefined;
  },
};
