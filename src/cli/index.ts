#!/usr/bin/env node
/**
 * The command `botbuilder-handover-vcclive`: passes the process' arguments, output and signals to the command line.
 *
 * Only this file and check-node.ts use the process, so tests can call everything else.
 */
import './check-node.js';
import { createInterface } from 'node:readline/promises';
import { runCommandLine } from './command-line.js';

/**
 * The reader of the output may close it: `… --help | head -1`. A command in progress goes on without output, so that
 * nothing stays half done. A command that would run until it is stopped ends.
 */
const outputClosed = new Promise<void>((resolve) => {
  process.stdout.on('error', () => resolve());
  process.stderr.on('error', () => undefined);
});

void runCommandLine(process.argv.slice(2), {
  say: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  stopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
      void outputClosed.then(resolve);
    }),
  env: process.env,
  folder: process.cwd(),
  isTerminal: process.stdout.isTTY,
  ...(process.stdout.isTTY ? { columns: process.stdout.columns } : {}),
  confirm,
  ask,
  input: process.stdin,
}).then((code) => {
  // Connections to the bot may still be open, and their answers are of no use any more. Output in a pipe is flushed first.
  process.stdout.write('', () => process.exit(code));
});

async function confirm(question: string): Promise<boolean | undefined> {
  const answer = await ask(`${question} [y/N]`);
  return answer === undefined ? undefined : /^(y|yes)$/i.test(answer.trim());
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const asked = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await asked.question(`${question} `);
  } finally {
    asked.close();
  }
}
