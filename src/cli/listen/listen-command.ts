/** `listen` as it is typed. */
import { Command } from 'commander';
import type { CommandLineHost } from '../command-host.js';
import { metaSettingsOf, withMetaOptions } from '../meta-options.js';
import { address, hostName, port } from '../option-values.js';
import type { TypedSettings } from '../meta-settings.js';
import { wantsColours } from '../terminal.js';
import { listen } from './listen.js';

interface TypedListen extends TypedSettings {
  readonly forward?: string;
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly fromStart?: true;
  readonly texts?: true;
  readonly json?: true;
  readonly record?: string;
  readonly keep?: readonly string[];
  readonly graphPort: number;
}

const DEFAULT_PORT = 3979;
const DEFAULT_GRAPH_PORT = 3980;

const EXAMPLES = `
Examples:
  npx botbuilder-handover-vcclive listen --forward http://localhost:3978/api/messages
  npx botbuilder-handover-vcclive listen bot.log
  npx botbuilder-handover-vcclive listen --forward http://localhost:3978/api/messages --record bug.jsonl
  node bot.js | npx botbuilder-handover-vcclive listen -

With --forward it stands between Meta and the bot: lead the tunnel to its port instead of the bot's. Every request goes on
byte for byte, and the bot's answer goes back. With a file it shows the webhooks that the bot logs, and the plugin's lines.
What people wrote is not shown unless --texts is given. docs/operator.md has more.
With --record it also opens a proxy to Graph on --graph-port. Give the bot that address as its Graph address. docs/recordings.md
says what a recording holds and how to read it.`;

/** The command. */
export function listenCommand(host: CommandLineHost): Command {
  const command = new Command('listen')
    .summary('show the webhooks of a running bot, one line each')
    .description(
      'Shows what Meta delivers to a running bot, one readable line for each event: at a tap in front of it, or from its log.',
    )
    .argument('[log]', 'a log file to follow, or - for standard input; without it a tap is opened')
    .option('--forward <url>', "the bot's webhook, behind the tap; without it the tap acknowledges by itself", address)
    .option('-p, --port <number>', 'port of the tap; 0 takes a free one', port, DEFAULT_PORT)
    .option('--host <address>', 'address of the tap', '127.0.0.1')
    .option(
      '--allow-host <name...>',
      'host names that requests without a signature may use; Meta may use any',
      hostName,
    )
    .option('--from-start', 'begin with the lines that the log has already')
    .option('--texts', 'show what people wrote, and payloads and metadata')
    .option('--json', 'print one JSON object for each event')
    .option('--record <file>', 'write webhooks and Graph calls to this new file, with neutral ids, names and texts')
    .option(
      '--keep <text...>',
      'texts and field names that stay in the recording, such as the words that your bot waits for',
    )
    .option(
      '--graph-port <number>',
      "port of the recording's proxy to Graph; 0 takes a free one",
      port,
      DEFAULT_GRAPH_PORT,
    );
  return withMetaOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (source: string | undefined, typed: TypedListen) => {
      await listen(
        {
          settings: metaSettingsOf(typed, host),
          source,
          forwardTo: typed.forward,
          port: typed.port,
          host: typed.host,
          allowedHosts: typed.allowHost ?? [],
          fromStart: typed.fromStart === true,
          texts: typed.texts === true,
          json: typed.json === true,
          ...(typed.record === undefined
            ? {}
            : { record: { file: typed.record, keep: typed.keep, port: typed.graphPort } }),
        },
        {
          say: (line) => host.say(`${line}\n`),
          complain: (line) => host.complain(`${line}\n`),
          stopped: host.stopped,
          input: host.input ?? nothing(),
          folder: host.folder ?? process.cwd(),
          colours: wantsColours(host.isTerminal === true, host.env ?? {}),
          ...(host.clock === undefined ? {} : { clock: host.clock }),
        },
      );
    });
}

async function* nothing(): AsyncGenerator<string> {
  // No input: it ends at once.
}
