/** The operator's commands as they are typed. What they do is loaded only when one is run. */
import { Argument, Command, InvalidArgumentError } from 'commander';
import type { CommandLineHost } from '../command-host.js';
import { metaSettingsOf, withMetaOptions } from '../meta-options.js';
import { psid } from '../option-values.js';
import type { TypedSettings } from '../meta-settings.js';

interface TypedOperator extends TypedSettings {
  readonly storePrefix?: string;
  readonly json?: true;
  readonly yes?: true;
  readonly reason?: string;
  readonly limit?: number;
}

const DEFAULT_LIMIT = 100;
const HIGHEST_LIMIT = 10_000;
const EXIT_CODES = `
Exit codes: 0 done, 1 Meta or the bot's record said no, 2 it could not run. docs/operator.md has more.`;

type Run = (operator: import('./operator.js').Operator, id: string, typed: TypedOperator) => Promise<number>;

/** All of them. */
export function operatorCommands(host: CommandLineHost, ended: (exitCode: number) => void): readonly Command[] {
  const operate = (command: Command, run: Run): Command => {
    const takesPsid = command.registeredArguments.length > 0;
    return withMetaOptions(withStoreOptions(command))
      .addHelpText('after', EXIT_CODES)
      .action(async (...given: readonly unknown[]) => {
        const [id, typed] = (takesPsid ? given : ['', ...given]) as readonly [string, TypedOperator];
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads the Graph client only if it is used
        const { Operator } = require('./operator.js') as typeof import('./operator.js');
        const options = {
          settings: metaSettingsOf(typed, host),
          storePrefix: typed.storePrefix ?? host.env?.['HANDOVER_STORE_PREFIX'],
          json: typed.json === true,
        };
        const operator = new Operator(options, {
          say: (line) => host.say(`${line}\n`),
          complain: (line) => host.complain(`${line}\n`),
          confirm: host.confirm ?? (() => Promise.resolve(undefined)),
          folder: host.folder ?? process.cwd(),
          ...(host.clock === undefined ? {} : { clock: host.clock }),
        });
        ended(await run(operator, id, typed));
      });
  };
  return [
    operate(onThread('owner', "show who has a thread, by Meta and by the bot's record"), (operator, id) =>
      operator.owner(id),
    ),
    operate(
      onThread('pass', 'hand a thread to VCC Live; the customer gets no message').option(
        '--reason <text>',
        `for the agent; not the customer's words (default: "operator")`,
      ),
      (operator, id, { reason }) => operator.pass(id, reason),
    ),
    operate(onThread('take', 'take a thread back from whoever has it'), (operator, id) => operator.take(id)),
    operate(onThread('release', 'release a thread; it is then idle'), (operator, id) => operator.release(id)),
    operate(
      new Command('threads')
        .summary('list the open handovers: waiting, claimed, since when')
        .description(
          "Lists the handovers that are open in the bot's store: which customers wait, which have an agent, since when.",
        )
        .option('--limit <number>', 'list at most this many', limit, DEFAULT_LIMIT),
      (operator, _id, typed) => operator.threads(typed.limit ?? DEFAULT_LIMIT),
    ),
    operate(
      onThread('forget', 'remove everything stored about a customer, after asking').option('-y, --yes', 'do not ask'),
      (operator, id, { yes }) => operator.forget(id, yes === true),
    ),
  ];
}

function onThread(name: string, summary: string): Command {
  const whose = new Argument('<psid>', "the customer's page-scoped id, from a webhook").argParser(psid);
  const sentence = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return new Command(name).summary(summary).description(sentence).addArgument(whose);
}

function withStoreOptions(command: Command): Command {
  return command
    .option(
      '--store <where>',
      "the bot's store: redis://…, an SQLite file, or a JavaScript file that exports it [HANDOVER_STORE]",
    )
    .option(
      '--store-prefix <text>',
      'prefix of the keys in Redis, if the bot does not use the default [HANDOVER_STORE_PREFIX]',
    )
    .option('--json', 'print JSON');
}

function limit(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= HIGHEST_LIMIT) return number;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${HIGHEST_LIMIT}.`);
}
