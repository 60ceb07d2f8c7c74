/**
 * What can be typed after `npx botbuilder-handover-vcclive`: commands, options, help, exit codes.
 *
 * The commands are loaded only after their options are checked, so a wrong option never starts anything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { HandoverError, InvalidOptionError } from '../thread/errors.js';
import type { CommandLineHost } from './command-host.js';
import { doctorCommand } from './doctor/doctor-command.js';
import { drawCommand } from './draw/draw-command.js';
import { initCommand } from './init/init-command.js';
import { listenCommand } from './listen/listen-command.js';
import { operatorCommands } from './operator/operator-commands.js';
import { hostName, port } from './option-values.js';
import { simulate, type SimulateOptions } from './simulate.js';
import { forTerminal, wantsColours } from './terminal.js';

/** Exit codes: done · the bot differs from a recording · wrong usage, or it could not run. */
const EXIT = { done: 0, differs: 1, couldNotRun: 2 } as const;

/** src/cli and dist/cli are equally far from it. */
const PACKAGE_ROOT = join(__dirname, '..', '..');
const DEFAULT_BOT = 'http://localhost:3978/api/messages';
const DEFAULT_PORT = 4000;
const DEFAULT_REPLAY_WAIT_MS = 5000;

/** Runs the command that `words` name. Resolves with the exit code; never rejects. */
export async function runCommandLine(words: readonly string[], process: CommandLineHost): Promise<number> {
  const host = withVisibleOutput(process);
  let exitCode: number = EXIT.done;
  try {
    await commands(host, process, (code) => (exitCode = code)).parseAsync([...words], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.couldNotRun;
    host.complain(`${explained(error)}\n`);
    return EXIT.couldNotRun;
  }
}

/** All output passes here. Ids, names and error texts come from outside, and none of them may control a terminal. */
function withVisibleOutput(host: CommandLineHost): CommandLineHost {
  const colours = wantsColours(host.isTerminal === true, host.env ?? {});
  const { confirm, ask } = host;
  return {
    ...host,
    say: (text) => host.say(forTerminal(text, colours)),
    complain: (text) => host.complain(forTerminal(text, colours)),
    ...(ask === undefined ? {} : { ask: (question) => ask(forTerminal(question, false)) }),
    ...(confirm === undefined ? {} : { confirm: (question) => confirm(forTerminal(question, false)) }),
  };
}

function commands(host: CommandLineHost, process: CommandLineHost, ended: (exitCode: number) => void): Command {
  // There is no webhook yet.
  const doctor = (): Promise<number> => runCommandLine(['doctor', '--no-webhook'], process);
  const program = new Command('botbuilder-handover-vcclive')
    .description('Hands Messenger threads from a bot to VCC Live. The commands are for people who build and run bots.')
    .version(ownVersion(), '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: false });
  const groups: Readonly<Record<string, readonly Command[]>> = {
    'Finding out:': [doctorCommand(host, ended), listenCommand(host)],
    'Running handovers:': operatorCommands(host, ended),
    'Developing a bot:': [initCommand(host, PACKAGE_ROOT, doctor), simulateCommand(host, ended), drawCommand(host)],
  };
  for (const [heading, group] of Object.entries(groups)) {
    for (const command of group) program.addCommand(command.helpGroup(heading));
  }
  for (const command of [program, ...program.commands]) prepare(command, host);
  return program;
}

/** What all commands have in common. None of them ends the process by itself. */
function prepare(command: Command, host: CommandLineHost): void {
  const path = command.parent === null ? '' : `${command.name()} `;
  command
    .helpOption('-h, --help', 'print this text')
    .showHelpAfterError(`(${path}--help lists what exists)`)
    .exitOverride()
    .configureOutput({
      writeOut: host.say,
      writeErr: host.complain,
      getOutHasColors: () => wantsColours(host.isTerminal === true, host.env ?? {}),
    });
}

function simulateCommand(host: CommandLineHost, ended: (exitCode: number) => void): Command {
  return new Command('simulate')
    .summary('run a pretend Messenger platform for your bot, with a page in the browser')
    .description(
      'Runs a pretend Messenger platform for your bot, in any language. ' +
        'In the browser you play the customer and the VCC Live agent, and see every webhook and Graph call. ' +
        'It prints the settings that the bot needs, and says what is wrong while the bot does not answer.',
    )
    .option('-b, --bot <url...>', `the bot's webhook; several take turns (default: "${DEFAULT_BOT}")`, collected)
    .option('--azure', 'play Azure Bot Service: the bot takes activities (CloudAdapter), not webhooks')
    .option('-p, --port <number>', 'port of the page and of the Graph API; 0 takes a free one', port, DEFAULT_PORT)
    .option('--host <address>', 'address to listen on; if it is not loopback, your network can reach it', '127.0.0.1')
    .option('--allow-host <name...>', "host names that the bot uses for it, such as its container's name", hostName)
    .optionsGroup('The Page:')
    .addOption(
      new Option('--routing <switch>', 'Conversation Routing: a default application is set')
        .choices(['on', 'off'])
        .default('on'),
    )
    .addOption(
      new Option('--take-control <switch>', 'the setting "Allow this app to take control of conversations"')
        .choices(['on', 'off'])
        .default('on'),
    )
    .option('--require-proof', 'refuse calls without appsecret_proof, as the app setting does')
    .option('--page-id <id>', 'digits')
    .option('--app-id <id>', "the bot's app id, digits")
    .option('--vcc-live-app-id <id>', "VCC Live's app id, digits")
    .option('--app-secret <secret>', 'the secret that your bot has already; never a real one')
    .option('--page-access-token <token>', 'the token that your bot has already; never a real one')
    .option('--verify-token <token>', 'the verify token that your bot has already')
    .optionsGroup('The simulation:')
    .option('--held-clock', 'time stops until you advance it in the page')
    .option('--tls', 'serve https with a throw-away certificate, for adapters that speak nothing else')
    .option('--seed <number>', 'seed of all chance: the same seed gives the same faults', wholeNumber, 1)
    .option('--log', 'print every webhook and Graph call here, too')
    .option('--replay <file>', 'play this recording at the bot, say where its Graph calls differ, and end')
    .option('--replay-wait <ms>', 'how long a recorded call may take to come', wholeNumber, DEFAULT_REPLAY_WAIT_MS)
    .addHelpText('after', EXAMPLES)
    .action(async (typed: TypedOptions) => {
      const isSame = await simulate(simulateOptions(typed), {
        say: (line) => host.say(`${line}\n`),
        complain: (line) => host.complain(`${line}\n`),
        stopped: host.stopped,
      });
      if (isSame === false) ended(EXIT.differs);
    });
}

const EXAMPLES = `
Examples:
  npx botbuilder-handover-vcclive simulate
  npx botbuilder-handover-vcclive simulate --bot http://localhost:8080/webhook --port 0
  npx botbuilder-handover-vcclive simulate --azure --bot http://localhost:3978/api/messages
  npx botbuilder-handover-vcclive simulate --routing off --held-clock
  npx botbuilder-handover-vcclive simulate --replay bug.jsonl

Exit codes: 0 ended by Ctrl+C or a signal, or the bot makes the recorded calls; 1 it makes others; 2 wrong usage or it could not run (the port is taken, for one).`;

interface TypedOptions {
  readonly bot?: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly allowHost?: readonly string[];
  readonly routing: 'on' | 'off';
  readonly takeControl: 'on' | 'off';
  readonly requireProof?: true;
  readonly pageId?: string;
  readonly appId?: string;
  readonly vccLiveAppId?: string;
  readonly appSecret?: string;
  readonly pageAccessToken?: string;
  readonly verifyToken?: string;
  readonly heldClock?: true;
  readonly azure?: true;
  readonly tls?: true;
  readonly seed: number;
  readonly log?: true;
  readonly replay?: string;
  readonly replayWait: number;
}

function simulateOptions(typed: TypedOptions): SimulateOptions {
  if (typed.replay !== undefined && typed.azure === true) {
    throw new InvalidOptionError(
      '--replay',
      'together with --azure',
      'a bot that takes webhooks: recordings hold webhooks',
    );
  }
  const { pageId, appId, vccLiveAppId, appSecret, pageAccessToken, verifyToken } = typed;
  return {
    botUrls: typed.bot ?? [DEFAULT_BOT],
    azure: typed.azure === true,
    tls: typed.tls === true,
    log: typed.log === true,
    ...(typed.replay === undefined ? {} : { replay: { file: typed.replay, waitMs: typed.replayWait } }),
    platform: {
      port: typed.port,
      host: typed.host,
      allowedHosts: typed.allowHost ?? [],
      routing: typed.routing === 'on',
      takeControlAllowed: typed.takeControl === 'on',
      requireAppSecretProof: typed.requireProof === true,
      clock: typed.heldClock === true ? 'held' : 'real',
      seed: typed.seed,
      ...(pageId === undefined ? {} : { pageId }),
      ...(appId === undefined ? {} : { botAppId: appId }),
      ...(vccLiveAppId === undefined ? {} : { vccLiveAppId }),
      ...(appSecret === undefined ? {} : { appSecret }),
      ...(pageAccessToken === undefined ? {} : { pageAccessToken }),
      ...(verifyToken === undefined ? {} : { verifyToken }),
    },
  };
}

function collected(url: string, earlier: readonly string[] | undefined): readonly string[] {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) {
    throw new InvalidArgumentError(`It must be a whole address, such as ${DEFAULT_BOT}.`);
  }
  return [...(earlier ?? []), url];
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number of at most nine digits.');
  return Number(text);
}

/** An error in words for a person at a terminal. */
function explained(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const { port: taken, address } = error as { readonly port?: number; readonly address?: string };
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${String(taken)} is taken. Give another one with --port, or --port 0 for any free one.`;
    case 'EACCES':
      return `Port ${String(taken)} may not be opened by this user. Give one above 1023 with --port.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `This machine has no address ${address ?? 'of that name'}. Check --host.`;
  }
  if (error instanceof HandoverError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
