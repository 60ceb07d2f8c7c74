/** The kinds of bots that `init` begins, and how it recognises each. Their code is that of the guide: one source. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HandoverError } from '../../thread/errors.js';

/** What a bot is. */
export type BotKind = 'none' | 'facebook' | 'stock' | 'botkit' | 'azure' | 'agents';
/** What a bot is written in. */
export type BotLanguage = 'javascript' | 'typescript';

interface Kind {
  /** In the question. */
  readonly says: string;
  /** Page and name of the example. */
  readonly example: readonly [page: string, name: string];
  /** What to install beside this package. */
  readonly packages: readonly string[];
  /** The page that goes on. */
  readonly page: string;
  /** A dependency of a project that has such a bot. */
  readonly shownBy?: string;
}

const STOCK_ADAPTER = ['botbuilder', 'botbuilder-adapter-facebook', 'request@npm:@cypress/request'];

/** In the order of the question. */
export const BOT_KINDS: Readonly<Record<BotKind, Kind>> = {
  none: {
    says: 'no framework: the bot is a function',
    example: ['README.md', 'without-framework'],
    packages: [],
    page: 'docs/without-a-framework.md',
  },
  facebook: {
    says: "Bot Framework with this package's adapter for Messenger",
    example: ['README.md', 'first-bot'],
    packages: STOCK_ADAPTER,
    page: 'docs/adapters.md',
    shownBy: 'botbuilder',
  },
  stock: {
    says: 'Bot Framework with the stock FacebookAdapter, which the package repairs',
    example: ['docs/adapters.md', 'stock-bot'],
    packages: STOCK_ADAPTER,
    page: 'docs/adapters.md',
    shownBy: 'botbuilder-adapter-facebook',
  },
  botkit: {
    says: 'Botkit',
    example: ['docs/botkit.md', 'bot'],
    packages: ['botkit', ...STOCK_ADAPTER],
    page: 'docs/botkit.md',
    shownBy: 'botkit',
  },
  azure: {
    says: "Azure Bot Service: its Facebook channel brings the customers' messages",
    example: ['docs/azure-bot-service.md', 'bot'],
    packages: ['botbuilder', 'express'],
    page: 'docs/azure-bot-service.md',
  },
  agents: {
    says: 'the Microsoft 365 Agents SDK',
    example: ['docs/agents-sdk.md', 'bot'],
    packages: ['@microsoft/agents-hosting', '@microsoft/agents-activity', 'express'],
    page: 'docs/agents-sdk.md',
    shownBy: '@microsoft/agents-hosting',
  },
};

/** The kind that a project's dependencies show. A bot with several is what the most special one says. */
export function kindShownBy(dependencies: ReadonlySet<string>): BotKind {
  const special: readonly BotKind[] = ['botkit', 'agents', 'stock', 'facebook'];
  return special.find((kind) => dependencies.has(BOT_KINDS[kind].shownBy ?? '')) ?? 'none';
}

const FENCE = '```';

/**
 * The whole bot, as the guide prints it.
 * @param root the package's folder
 */
export function botSource(kind: BotKind, language: BotLanguage, root: string): string {
  const [page, name] = BOT_KINDS[kind].example;
  const text = readFileSync(join(root, page), 'utf8');
  const [, code] = text.split(`<!-- example: ${name} -->\n\n${FENCE}ts\n`);
  if (code === undefined)
    throw new HandoverError('unexpected', `${page} has no example "${name}". Install the package anew.`);
  const [source = ''] = code.split(FENCE);
  return language === 'typescript' ? source : withoutTypes(source);
}

/** Takes out the few types that the examples have. Tests run what is left. */
function withoutTypes(code: string): string {
  return code
    .replaceAll(/^import type .*\n/gm, '')
    .replaceAll(/(process\.env\.\w+)!/g, '$1')
    .replaceAll(/(?<=\w): TurnContext\b/g, '');
}
