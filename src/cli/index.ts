#!/usr/bin/env node
/**
 * The command `botbuilder-handover-vcclive`: hands the process' arguments, output and signals to the command line.
 *
 * Exists as the one file that touches the process, so that everything behind it can be called by a test.
 */
import { runCommandLine } from './command-line.js';

void runCommandLine(process.argv.slice(2), {
  say: (text) => void process.stdout.write(text),
  complain: (text) => void process.stderr.write(text),
  stopped: () =>
    new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
    }),
}).then((code) => {
  // Connections to the bot may still be open; nothing that they could bring is of use any more.
  process.exit(code);
});
