/** `init` as it is typed. */
import { Command, Option } from 'commander';
import type { CommandLineHost } from '../command-host.js';
import { readMetaSettings } from '../meta-settings.js';
import type { BotKind, BotLanguage } from './bot-kinds.js';
import { BOT_KINDS } from './bot-kinds.js';
import { init } from './init.js';

interface TypedInit {
  readonly bot?: BotKind;
  readonly language?: BotLanguage;
  readonly file?: string;
  readonly yes?: true;
  readonly doctor: boolean;
}

const LANGUAGES: readonly BotLanguage[] = ['javascript', 'typescript'];

const EXAMPLES = `
Examples:
  npx botbuilder-handover-vcclive init
  npx botbuilder-handover-vcclive init --bot none --language javascript
  npx botbuilder-handover-vcclive init --bot azure --file src/bot.ts --yes

Kinds of bots: none (no framework), facebook (Bot Framework with this package's adapter), stock (with the stock FacebookAdapter),
botkit, azure (Azure Bot Service), agents (Microsoft 365 Agents SDK).
Exit codes: 0 written, 2 nothing was written: a file of that name exists, or nobody says what the bot is.`;

/** @param doctor checks the settings */
export function initCommand(host: CommandLineHost, root: string, doctor: () => Promise<unknown>): Command {
  return new Command('init')
    .summary('write the first lines of a bot, and what to configure')
    .description(
      'Writes a new file with a bot that hands over, and a .env.example. Asks what the bot is, or takes it from --bot. ' +
        'Overwrites nothing. If the settings are there, doctor checks them.',
    )
    .addOption(new Option('-b, --bot <kind>', "the bot's kind; default: asks").choices(Object.keys(BOT_KINDS)))
    .addOption(
      new Option('-l, --language <language>', 'default: what the folder shows, by tsconfig.json').choices(LANGUAGES),
    )
    .option('-f, --file <name>', 'the new file (default: handover-bot.mjs or handover-bot.ts)')
    .option('-y, --yes', "ask nothing; the bot's kind is what the dependencies in package.json show")
    .option('--no-doctor', 'do not check the settings')
    .addHelpText('after', EXAMPLES)
    .action(async (typed: TypedInit) => {
      const folder = host.folder ?? process.cwd();
      const { bot: kind, language, file, yes = false } = typed;
      const ask = host.ask ?? (() => Promise.resolve(undefined));
      await init({ kind, language, file, yes }, { folder, root, say: (line) => host.say(`${line}\n`), ask });
      if (typed.doctor && hasSettings(host)) await doctor();
    });
}

/** Whether doctor has anything to ask Meta with. */
function hasSettings({ env = {}, folder = process.cwd() }: CommandLineHost): boolean {
  try {
    const { appId, appSecret, pageAccessToken } = readMetaSettings({}, { env, folder, warn: () => undefined });
    return [appId, appSecret, pageAccessToken].every((value) => value !== undefined);
  } catch {
    // doctor says what is wrong with them.
    return true;
  }
}
