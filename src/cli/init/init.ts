/** Writes the beginning of a bot: its code and a `.env.example`. Changes no file that exists. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { HandoverError } from '../../thread/errors.js';
import { isRecord } from '../../thread/read-unknown.js';
import type { BotKind, BotLanguage } from './bot-kinds.js';
import { BOT_KINDS, botSource, kindShownBy } from './bot-kinds.js';
import { envExample, variablesOf } from './env-example.js';

/** What was typed. */
export interface InitOptions {
  readonly kind: BotKind | undefined;
  readonly language: BotLanguage | undefined;
  /** The new file with the bot. */
  readonly file: string | undefined;
  /** Take what the folder shows, and ask nothing. */
  readonly yes: boolean;
}

/** What the command needs of its process. */
export interface InitHost {
  readonly folder: string;
  /** Where this package lies. */
  readonly root: string;
  readonly say: (line: string) => void;
  /** An answer in words; `undefined` if no user can answer. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

const ENV_EXAMPLE = '.env.example';
const FILE_OF: Readonly<Record<BotLanguage, string>> = {
  javascript: 'handover-bot.mjs',
  typescript: 'handover-bot.ts',
};
const KINDS = Object.keys(BOT_KINDS) as BotKind[];

/** @throws {@link HandoverError} `invalidOption` if nobody says what the bot is, or if the file exists. Nothing is written then */
export async function init(options: InitOptions, host: InitHost): Promise<void> {
  const { say, folder, root } = host;
  const shown = await shownByFolder(folder);
  const kind = options.kind ?? (options.yes ? shown.kind : await askedKind(host, shown.kind));
  const language = options.language ?? shown.language;
  const file = options.file ?? FILE_OF[language];
  await written(resolve(folder, file), botSource(kind, language, root), file);
  say(`Written: ${file}, ${BOT_KINDS[kind].says}.`);
  say(await envExampleLine(join(folder, ENV_EXAMPLE), kind));
  say('');
  say(nextSteps(kind, language, file));
}

/** What the project's own files show. */
async function shownByFolder(folder: string): Promise<{ readonly kind: BotKind; readonly language: BotLanguage }> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => '{}');
  const dependencies = new Set(namesIn(text));
  const hasConfiguration = await readFile(join(folder, 'tsconfig.json')).then(
    () => true,
    () => false,
  );
  const isTypeScript = hasConfiguration || dependencies.has('typescript');
  return { kind: kindShownBy(dependencies), language: isTypeScript ? 'typescript' : 'javascript' };
}

function namesIn(packageJson: string): string[] {
  try {
    const value: unknown = JSON.parse(packageJson);
    if (!isRecord(value)) return [];
    return [value['dependencies'], value['devDependencies']].flatMap((each) =>
      isRecord(each) ? Object.keys(each) : [],
    );
  } catch {
    return [];
  }
}

async function askedKind({ ask }: InitHost, shown: BotKind): Promise<BotKind> {
  const list = KINDS.map((kind, index) => `  ${index + 1}  ${BOT_KINDS[kind].says}`);
  const answer = await ask(`What is your bot?\n${list.join('\n')}\nA number [${KINDS.indexOf(shown) + 1}]:`);
  if (answer === undefined) {
    const expected = `Say what the bot is with --bot: ${KINDS.join(', ')}. With --yes, init takes what the folder shows (${shown}).`;
    throw new HandoverError('invalidOption', `Nobody can answer a question here. ${expected}`);
  }
  if (answer.trim() === '') return shown;
  const kind = KINDS[Number(answer.trim()) - 1];
  if (kind !== undefined) return kind;
  throw new HandoverError(
    'invalidOption',
    `The answer must be a number from 1 to ${KINDS.length}. Nothing is written.`,
  );
}

/** Creates the file. */
async function written(path: string, text: string, name: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const why =
      code === 'EEXIST'
        ? `${name} exists, and init overwrites nothing. Give another name with --file.`
        : `${name} cannot be written (${code}). Check --file and the folder's rights.`;
    throw new HandoverError('invalidOption', why);
  }
}

async function envExampleLine(path: string, kind: BotKind): Promise<string> {
  try {
    await writeFile(path, envExample(kind), { flag: 'wx' });
    return `Written: ${ENV_EXAMPLE}, what to configure and where to find it.`;
  } catch {
    const existing = await readFile(path, 'utf8').catch(() => '');
    const missing = Object.keys(variablesOf(kind)).filter((name) => !existing.includes(name));
    if (missing.length === 0) return `Kept: ${ENV_EXAMPLE}, which has all variables.`;
    return `Kept: ${ENV_EXAMPLE}. These variables are not in it: ${missing.join(', ')}.`;
  }
}

function nextSteps(kind: BotKind, language: BotLanguage, file: string): string {
  const { packages, page } = BOT_KINDS[kind];
  const install = ['botbuilder-handover-vcclive', ...packages, ...(language === 'typescript' ? ['tsx'] : [])];
  const run = language === 'typescript' ? `npx tsx --env-file=.env ${file}` : `node --env-file=.env ${file}`;
  const simulate = `npx botbuilder-handover-vcclive simulate${kind === 'azure' ? ' --azure' : ''}`;
  const address = kind === 'botkit' ? ' --bot http://localhost:3000/api/messages' : '';
  return `Next:
  1. npm install ${install.join(' ')}
  2. To try it without Facebook: ${simulate}${address}
     It prints values for .env. Then, in another terminal: ${run}
  3. For Facebook: copy ${basename(ENV_EXAMPLE)} to .env, fill it in, and follow docs/set-up.md.
     npx botbuilder-handover-vcclive doctor says what is missing.
  ${page} goes on from here.`;
}
