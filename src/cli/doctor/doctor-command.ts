/** `doctor` as it is typed. What it does is loaded only when it is run. */
import { Command, InvalidArgumentError } from 'commander';
import type { CommandLineHost } from '../command-host.js';
import { metaSettingsOf, withMetaOptions } from '../meta-options.js';
import { address, hostName, port, psid } from '../option-values.js';
import type { TypedSettings } from '../meta-settings.js';
import { wantsColours } from '../terminal.js';
import type { DoctorOptions } from './doctor.js';

interface TypedDoctor extends TypedSettings {
  readonly url?: string;
  readonly webhook: boolean;
  readonly psid?: string;
  readonly live?: true;
  readonly record?: string | true;
  readonly message?: string;
  readonly listen?: number;
  readonly allowHost?: readonly string[];
  readonly seconds: number;
  readonly fix?: true;
  readonly yes?: true;
  readonly json?: true;
}

const DEFAULT_RECORD = 'handover-report.md';
const DEFAULT_SECONDS = 60;

const EXAMPLES = `
Examples:
  npx botbuilder-handover-vcclive doctor
  npx botbuilder-handover-vcclive doctor --url https://bot.example.com/api/messages --psid 6600112233445566
  npx botbuilder-handover-vcclive doctor --url http://localhost:3978/api/messages --listen 3979
  npx botbuilder-handover-vcclive doctor --psid 6600112233445566 --live --record

It changes nothing, unless --fix or --live is given. It never prints a secret.
Exit codes: 0 healthy, 1 something is wrong, 2 it could not run. docs/doctor.md explains each line.`;

/** The command. */
export function doctorCommand(host: CommandLineHost, ended: (exitCode: number) => void): Command {
  const command = new Command('doctor')
    .summary('find out why handovers do not work')
    .description(
      "Asks Meta and the bot's webhook about everything that a handover depends on. Says for each what was expected, " +
        'what was found, why it matters and where to change it. Ends with the most likely cause.',
    )
    .option('-u, --url <address>', "the bot's webhook; default: the callback URL that Meta has", address)
    .option('--no-webhook', "do not ask the bot's webhook")
    .option('--psid <id>', 'a customer whose thread to look at', psid)
    .option('--listen <port>', 'wait for a real message on this port, and forward it to --url', port)
    .option('--allow-host <name...>', 'with --listen: host names that requests without a signature may use', hostName)
    .option('--seconds <number>', 'how long to wait for it', seconds, DEFAULT_SECONDS)
    .option('--json', 'print one JSON object')
    .optionsGroup('Changing something:')
    .option('--fix', 'subscribe the Page to the fields that are missing, after asking')
    .option('-y, --yes', 'do not ask')
    .option('--live', "really pass, take and release the thread of --psid: your own, never a customer's")
    .option(
      '--record [file]',
      `with --live: try what Meta documents nowhere, and write a report (default: ${DEFAULT_RECORD})`,
    )
    .option('--message <text>', 'with --live: send this into the idle thread, too');
  return withMetaOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (typed: TypedDoctor) => {
      const settings = metaSettingsOf(typed, host);
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the Graph client only if it is used
      const { doctor } = require('./doctor.js') as typeof import('./doctor.js');
      const exitCode = await doctor(
        {
          settings,
          url: typed.url,
          psid: typed.psid,
          webhook: typed.webhook,
          live: typed.live === true,
          record: typed.record === true ? DEFAULT_RECORD : typed.record,
          message: typed.message,
          listen: listenOrder(typed),
          fix: typed.fix === true,
          yes: typed.yes === true,
          json: typed.json === true,
        },
        {
          say: (line) => host.say(`${line}\n`),
          complain: (line) => host.complain(`${line}\n`),
          confirm: host.confirm ?? (() => Promise.resolve(undefined)),
          folder: host.folder ?? process.cwd(),
          colours: wantsColours(host.isTerminal === true, host.env ?? {}),
          ...(host.columns === undefined ? {} : { columns: host.columns }),
          ...(host.clock === undefined ? {} : { clock: host.clock }),
          ...(host.hearMs === undefined ? {} : { hearMs: host.hearMs }),
        },
      );
      ended(exitCode);
    });
}

function listenOrder({ listen, seconds: forSeconds, allowHost = [] }: TypedDoctor): DoctorOptions['listen'] {
  return listen === undefined ? undefined : { port: listen, seconds: forSeconds, allowedHosts: allowHost };
}

function seconds(text: string): number {
  const number = Number(text);
  if (number > 0 && number <= 3600) return number;
  throw new InvalidArgumentError('It must be a number of seconds from above 0 to 3600.');
}
