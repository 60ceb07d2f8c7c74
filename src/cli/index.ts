#!/usr/bin/env node
/**
 * The command `botbuilder-handover-vcclive`: hands the process' arguments, output and signals to the command line.
 *
 * Exists as the one file that touches the process, so that everything behind it can be called by a test.
 */
import { createInterface } from 'node:readline/promises';
import { runCommandLine } from './command-line.js';

/**
 * Whoever reads the output may have seen enough: `… --help | head -1`. What is under way goes on without a word, so that
 * nothing is left half done; what would run until it is stopped ends.
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
  input: process.stdin,
}).then((code) => {
  // Connections to the bot may still be open; nothing that they could bring is of use any more. What was printed into a
  // pipe is flushed first.
  process.stdout.write('', () => process.exit(code));
});

async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const asked = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^(y|yes)$/i.test((await asked.question(`${question} [y/N] `)).trim());
  } finally {
    asked.close();
  }
}
