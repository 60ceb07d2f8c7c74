/** Makes every try to open a server, a connection or a process fail. Loaded by `npm run test:unit`, which must need none. */
import childProcess from 'node:child_process';
import net from 'node:net';

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

let allow: (() => void) | undefined;

/** Mocha calls these around the whole run, once all test files are loaded. */
export const mochaHooks = {
  beforeAll(): void {
    allow = forbidServers();
  },
  afterAll(): void {
    allow?.();
  },
};
