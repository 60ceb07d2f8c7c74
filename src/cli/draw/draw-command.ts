/** `draw` as it is typed: what happened in one thread of a recording, as SVG. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { readRecording, type Recording } from '../../recording/read-recording.js';
import { timelineSvg, WIDTHS } from '../../simulator/timeline/draw-timeline.js';
import { InvalidOptionError } from '../../thread/errors.js';
import type { CommandLineHost } from '../command-host.js';
import { pixels, psid as psidOption } from '../option-values.js';

interface TypedDraw {
  readonly width: number;
  readonly psid?: string;
}

const EXAMPLES = `
Examples:
  npx botbuilder-handover-vcclive draw bug.jsonl > thread.svg
  npx botbuilder-handover-vcclive draw bug.jsonl --psid 1000000000000004 --width 900 > thread.svg

The drawing shows who owned the thread, what the bot could know, what was said and what Meta refused. docs/recordings.md says how
to read it, and how to make a recording.`;

/** The command. */
export function drawCommand(host: CommandLineHost): Command {
  return new Command('draw')
    .summary('draw one thread of a recording as SVG: who owned it, and what the bot could know')
    .description('Draws what happened in one thread of a recording as SVG, to standard output. It changes nothing.')
    .argument('<recording>', 'a file that the option record, or listen --record, has written')
    .option(
      '--psid <id>',
      'the customer whose thread is drawn (default: the thread in which most happened)',
      psidOption,
    )
    .option('--width <pixels>', 'width of the drawing', pixels(WIDTHS.least, WIDTHS.most), WIDTHS.usual)
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, { width, psid }: TypedDraw) => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the ledger only if it is used
      const { timelinesOf } = require('./timeline-of-recording.js') as typeof import('./timeline-of-recording.js');
      const threads = timelinesOf(await recordingAt(resolve(host.folder ?? process.cwd(), file)));
      const chosen = psid === undefined ? threads[0] : threads.find((each) => each.psid === psid);
      const others = threads.filter((each) => each !== chosen).map((each) => each.psid);
      if (chosen === undefined) {
        const expected = others.length === 0 ? 'a recording with at least one thread' : `one of ${others.join(', ')}`;
        throw new InvalidOptionError('--psid', psid ?? 'a recording without a thread', expected);
      }
      if (psid === undefined && others.length > 0) {
        host.complain(`Drawn: thread ${chosen.psid}. --psid draws another one: ${others.join(', ')}.\n`);
      }
      host.say(timelineSvg(chosen.timeline, { width }));
    });
}

async function recordingAt(path: string): Promise<Recording> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
    throw new InvalidOptionError('recording', `${path}, which cannot be read (${code})`, 'a file that was recorded');
  }
  try {
    return readRecording(text);
  } catch (error) {
    throw error instanceof InvalidOptionError ? new InvalidOptionError('recording', error.got, error.expected) : error;
  }
}
