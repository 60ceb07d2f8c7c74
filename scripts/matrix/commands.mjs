/** Runs commands: with a time limit, with their output in a file, and without leaving a process behind. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const KILL_AFTER_MS = 5_000;
const running = new Set();

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const child of running) killGroup(child, 'SIGKILL');
    process.exit(1);
  });
}

/** A command that failed, or did not end in time. */
export class CommandFailed extends Error {}

/**
 * Runs a command to its end, without a terminal.
 * @param options `cwd`, `env`, `log` (a file that the output is added to), `limitMs`
 * @returns its output
 * @throws {CommandFailed} naming the exit code or the limit
 */
export async function run([command, ...args], { cwd, env, log, limitMs }) {
  const before = sizeOf(log);
  const out = openSync(log, 'a');
  // A process group of its own: npm starts others, which a signal to npm alone would leave running.
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', out, out], detached: true });
  running.add(child);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    killGroup(child, 'SIGTERM');
    setTimeout(() => killGroup(child, 'SIGKILL'), KILL_AFTER_MS).unref();
  }, limitMs);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (status, signal) => resolve(status ?? signal));
    });
    if (isLate) throw new CommandFailed(`did not end within ${limitMs / 1000} s`);
    if (code !== 0) throw new CommandFailed(`ended with ${code}`);
  } finally {
    clearTimeout(timer);
    running.delete(child);
    closeSync(out);
  }
  return readFileSync(log, 'utf8').slice(before);
}

function killGroup(child, signal) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}

function sizeOf(file) {
  try {
    return readFileSync(file, 'utf8').length;
  } catch {
    return 0;
  }
}
