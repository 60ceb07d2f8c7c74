/** The examples of docs/without-a-framework.md compile as they stand; its tables name what the types declare, no more and no less. */
import { expect } from 'chai';
import { compile } from './compile-examples.js';
import { membersOf } from './declared-words.js';
import { codeBlocksOf, examplesOf, firstCells, paper } from './readme-examples.js';

const COMPILING_LIMIT_MS = 60_000;
const PAGE = paper('docs/without-a-framework.md');
const examples = examplesOf(PAGE);

const AROUND = `
import type { MessengerBotOptions, MessengerThread } from 'botbuilder-handover-vcclive/messenger';
`;
/** What an example needs beside itself. Fastify is not installed here, so its shape stands here. */
const BEFORE: Readonly<Record<string, string>> = {
  bot: '',
  replies: `${AROUND}declare const thread: MessengerThread;\nexport async function turn() {`,
  proactive: `import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
    declare const bot: MessengerBot, pageId: string, psid: string;
    export async function turn() {`,
  options: `${AROUND}import { MessengerBot, talkToAgentPhrases } from 'botbuilder-handover-vcclive/messenger';
    declare const connection: Pick<MessengerBotOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret' | 'verifyToken'>;`,
  express: `import express from 'express';
    import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
    declare const bot: MessengerBot;`,
  fastify: `import type { IncomingMessage, ServerResponse } from 'node:http';
    import type { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
    declare const bot: MessengerBot;
    interface Request { raw: IncomingMessage }
    interface Reply { raw: ServerResponse; hijack(): void }
    declare const fastify: {
      removeAllContentTypeParsers(): void;
      addContentTypeParser(type: string, parse: (request: Request, body: IncomingMessage, done: (error: Error | null) => void) => void): void;
      all(path: string, handler: (request: Request, reply: Reply) => Promise<void>): void;
    };`,
  redis: `${AROUND}import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
    declare const connection: Pick<MessengerBotOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret' | 'verifyToken'>;`,
};
const AFTER: Readonly<Record<string, string>> = {
  replies: '}',
  proactive: '}',
  options: 'export { bot };',
  redis: 'export { bot };',
};

describe('the page about bots without a framework', () => {
  it('has examples that compile as strictly as the package itself', () => {
    expect(codeBlocksOf(PAGE)).to.equal(examples.size);
    expect([...examples.keys()].sort()).to.deep.equal(Object.keys(BEFORE).sort());
    const sources = [...examples].map(
      ([name, code]) => [name, `${BEFORE[name]}\n${code}\n${AFTER[name] ?? 'export {};'}`] as const,
    );
    expect(compile(new Map(sources))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  it('has a line for every field of a reply', () => {
    expect(firstCells(PAGE, 'field').sort()).to.deep.equal(membersOf('src/messenger/reply.ts', 'Reply').sort());
  });

  it('has every member of a thread', () => {
    const named = firstCells(PAGE, 'member').flatMap((cell) =>
      [...cell.matchAll(/[a-z]\w*(?=\(|$)/gi)].map(([word]) => word),
    );
    expect(named.sort()).to.deep.equal(membersOf('src/messenger/messenger-thread.ts', 'MessengerThread').sort());
  });

  it('has every option that the other hosts have elsewhere, or not', () => {
    const elsewhere = ['pages', ...membersOf('src/messenger/options.ts', 'PagePolicies')];
    const all = membersOf('src/messenger/options.ts', 'MessengerBotOptions');
    const own = all.filter((name) => !elsewhere.includes(name));
    expect(firstCells(PAGE, 'option').sort()).to.deep.equal(own.sort());
  });
});
