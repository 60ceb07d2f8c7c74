/** What is published: small, complete, without this machine in it, and it works in CommonJS, ESM and TypeScript bots. */
import { existsSync, readFileSync } from 'node:fs';
import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { freshBot, packPackage, REPOSITORY, run } from './pack-package.js';

const MAX_TARBALL_BYTES = 1024 * 1024;
const PACKING_LIMIT_MS = 120_000;
const BOT_LIMIT_MS = 90_000;

const AGENTS_PEERS = ['@microsoft/agents-activity', '@microsoft/agents-hosting', '@microsoft/agents-hosting-dialogs'];
const PEERS = [
  ...AGENTS_PEERS,
  '@opentelemetry/api',
  'axios',
  'undici',
  'botbuilder',
  'botbuilder-dialogs',
  'botbuilder-adapter-facebook',
  'luxon',
  'redis',
];
const TYPES = ['@types/node', 'undici-types'];

/** The compiler of the TypeScript bots: the repository's, or the one that `npm run test:matrix` tries. */
const TYPESCRIPT = process.env['CONSUMER_TYPESCRIPT'] ?? join(REPOSITORY, 'node_modules', 'typescript');
const TYPESCRIPT_MAJOR = Number.parseInt(
  (JSON.parse(readFileSync(join(TYPESCRIPT, 'package.json'), 'utf8')) as { readonly version: string }).version,
);
/** TypeScript 6 wants to be told that `node10` is meant, and 7 no longer has it. */
const RESOLUTIONS = {
  node16: { module: 'node16', moduleResolution: 'node16' },
  ...(TYPESCRIPT_MAJOR < 7
    ? {
        node10: {
          module: 'commonjs',
          moduleResolution: 'node10',
          ...(TYPESCRIPT_MAJOR === 6 ? { ignoreDeprecations: '6.0' } : {}),
        },
      }
    : {}),
};

/**
 * Every path of code, a value that it exports, and what it loads of the packages that are not its own. Bot Framework and the
 * dialogs of the Agents SDK load axios for calls of their own.
 */
const PATHS: Readonly<Record<string, { readonly exports: string; readonly loads: readonly string[] }>> = {
  '.': { exports: 'VccLiveHandover', loads: ['axios', 'botbuilder'] },
  './agents': {
    exports: 'VccLiveHandover',
    // The SDK itself loads OpenTelemetry's API where it is installed.
    loads: ['@microsoft/agents-activity', '@microsoft/agents-hosting', '@opentelemetry/api'],
  },
  './agents/dialogs': { exports: 'handoverDialogs', loads: [...AGENTS_PEERS, '@opentelemetry/api', 'axios'] },
  './facebook-adapter': {
    exports: 'HandoverFacebookAdapter',
    // The stock adapter needs Botkit, and Botkit the dialogs.
    loads: ['axios', 'botbuilder', 'botbuilder-adapter-facebook', 'botbuilder-dialogs'],
  },
  // The plugin that it is given has loaded the rest; the adapter is loaded if a controller has that adapter.
  './botkit': { exports: 'handoverPlugin', loads: [] },
  './messenger': { exports: 'MessengerBot', loads: [] },
  './calendar': { exports: 'openingHours', loads: ['luxon'] },
  './vcc-live': { exports: 'vccLiveAgents', loads: [] },
  './opentelemetry': { exports: 'openTelemetry', loads: ['@opentelemetry/api'] },
  // `redis` itself only where an address is given.
  './redis': { exports: 'RedisThreadStore', loads: [] },
  // A library when a store is made.
  './sqlite': { exports: 'SqliteThreadStore', loads: [] },
  './simulator': { exports: 'MessengerSimulator', loads: [] },
};

/** A customer asks for an agent over real HTTP; the last line says how it went. The same lines in every language. */
const STORY = `
async function story() {
  const simulator = await MessengerSimulator.start();
  const { settings } = simulator;
  const handover = new VccLiveHandover({
    botAppId: settings.botAppId,
    vccLiveAppId: settings.vccLiveAppId,
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    graph: { baseUrl: simulator.graphBaseUrl },
  });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: settings.verifyToken });
  const server = createServer((req, res) =>
    adapter.processActivity(req, res, async (context) => {
      if (context.activity.type === 'message') await context.sendActivity('You said: ' + context.activity.text);
    }),
  );
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  simulator.connectBot('http://127.0.0.1:' + port + '/api/messages');
  const customer = simulator.customer('6600112233445566');
  await customer.says('Hello');
  await customer.says('talk to agent');
  await simulator.settled();
  const owner = simulator.ownerOf(customer.psid).owner === settings.vccLiveAppId ? 'VCC Live' : 'somebody else';
  console.log(JSON.stringify({ hears: customer.hears(), owner }));
  server.close();
  await simulator.stop();
}
`;

/** The same on the Agents SDK. */
const AGENTS_STORY = STORY.replace(
  'const adapter = new HandoverFacebookAdapter({ handover, verify_token: settings.verifyToken });',
  `const adapter = new MessengerAdapter({ handover, verifyToken: settings.verifyToken });
  const app = new AgentApplication({ adapter, storage: new MemoryStorage() });
  handover.attach(app);
  app.onActivity('message', async (context) => {
    await context.sendActivity('You said: ' + context.activity.text);
  });`,
).replace(/adapter\.processActivity\([\s\S]*?\n {4}\}\),/, 'adapter.process(req, res, (context) => app.run(context)),');

const STORY_ENDS = {
  hears: ['You said: Hello', "I'm connecting you to an agent. One moment, please."],
  owner: 'VCC Live',
};

const TYPED_BOT = `
import { createServer } from 'node:http';
import { ActivityHandler, MemoryStorage, NullTelemetryClient } from 'botbuilder';
import { ComponentDialog, WaterfallDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import {
  BotStorageThreadStore, GraphApiError, HandoverDialog, HandoverError, MemoryThreadStore, ThreadControlClient,
  VccLiveHandover, botTelemetry, eventKey, handoverResultOf, parseWebhook, redactPersonalData, signPayload, talkToAgentPhrases, verifySignature,
} from 'botbuilder-handover-vcclive';
import type {
  HandoverRequest, HandoverResult, HandoverStart, ThreadEvent, ThreadKey, ThreadOwner, ThreadStore,
  VccLiveHandoverOptions,
} from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { openingHours } from 'botbuilder-handover-vcclive/calendar';
import { allOf, vccLiveAgents } from 'botbuilder-handover-vcclive/vcc-live';
import type { VccLiveAgentsOptions, VccLiveUser } from 'botbuilder-handover-vcclive/vcc-live';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import type { RedisClientLike, RedisInboxOptions, RedisThreadStoreOptions } from 'botbuilder-handover-vcclive/redis';
import { createClient } from 'redis';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import type { SqliteDriverName, SqliteInboxOptions, SqliteThreadStoreOptions } from 'botbuilder-handover-vcclive/sqlite';
import { openTelemetry } from 'botbuilder-handover-vcclive/opentelemetry';
import type { OpenTelemetryOptions } from 'botbuilder-handover-vcclive/opentelemetry';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import type { BotkitController, HandoverPluginOptions } from 'botbuilder-handover-vcclive/botkit';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { WireEntry } from 'botbuilder-handover-vcclive/simulator';
${STORY}
export const stores: ThreadStore[] = [new MemoryThreadStore(), new BotStorageThreadStore(new MemoryStorage())];
export const options: VccLiveHandoverOptions = {
  botAppId: '1', vccLiveAppId: async (pageId: string) => pageId + '2', pageAccessToken: () => 'token',
  talkToAgent: [...talkToAgentPhrases(['en', 'hu']), /agent/i, 'TALK', { recognizer: { recognize: async () => ({ intents: {} }) }, intent: 'Agent' }, () => true],
  texts: { connecting: null, failed: { type: 'message', text: 'no' }, returned: async () => 'back' },
  metadata: (context, request) => ({ customer: context.activity.from.id, reason: request.reason }),
  availability: allOf(
    openingHours({ timeZone: 'Europe/Budapest', weekly: { mon: ['09:00-17:00'] }, holidays: ['2026-12-25'] }),
    (context) => (context.activity.channelId === 'facebook' ? 'available' : 'unknown'),
    vccLiveAgents({ customer: 'acme', apiKey: 'key', projectId: 7, states: (user: VccLiveUser) => user.state !== 'PAUSE' }),
  ),
  telemetry: [openTelemetry({ pageOnMetrics: true } satisfies OpenTelemetryOptions), botTelemetry(new NullTelemetryClient())],
  redact: (text) => redactPersonalData(text), loopBreaker: { maxHandovers: 3, withinMs: 60_000 },
};
export const redisClient: RedisClientLike = createClient({ url: 'redis://localhost:6379' });
export const shared = (
  given: Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken'>,
  store: RedisThreadStoreOptions, inbox: RedisInboxOptions,
): VccLiveHandoverOptions => ({ ...given, store: new RedisThreadStore(redisClient, store), inbox: new RedisInbox(redisClient, inbox) });
export class Root extends ComponentDialog {
  constructor(handover: VccLiveHandover) {
    super('root');
    const dialog: HandoverDialog = handover.dialog();
    this.addDialog(dialog);
    this.addDialog(new WaterfallDialog('main', [handover.step({ reason: 'asked' }), async (step: WaterfallStepContext) => {
      const result = handoverResultOf(step);
      return step.endDialog(result.outcome === 'completed' ? result.waitedMs : undefined);
    }]));
  }
}
export function listen(handover: VccLiveHandover): VccLiveHandover {
  return handover
    .on('passed', ({ thread, handoverId }) => console.log(thread.psid.length, handoverId.length))
    .on('returned', ({ result }) => console.log(result.outcome, result.via))
    .on('ownerChanged', ({ from, to }: { from: ThreadOwner; to: ThreadOwner }) => console.log(from.owner, to.appId))
    .on('failed', ({ error }) => console.log(error instanceof GraphApiError ? error.metaCode : error instanceof HandoverError && error.code))
    .on('suppressed', ({ reason }) => console.log(reason))
    .on('standbyMessage', ({ from, event }) => console.log(from, event.kind));
}
export async function ask(handover: VccLiveHandover, thread: ThreadKey): Promise<ThreadOwner['owner']> {
  const { owner } = await handover.ownerOf(thread, { ask: true });
  return owner;
}
export function began(start: HandoverStart): string {
  switch (start.status) {
    case 'passed': return start.handoverId;
    case 'refused': return start.reason;
    case 'failed': return start.error.message;
  }
}
export class Bot extends ActivityHandler {
  constructor(handover: VccLiveHandover, request: HandoverRequest) {
    super();
    this.onMessage(async (context, next) => { await handover.toAgent(context, request); await next(); });
  }
}
export const client = new ThreadControlClient({ botAppId: '1', pageAccessToken: 'token' });
export const events: ThreadEvent[] = parseWebhook({ object: 'page', entry: [] });
export const keys: string[] = events.map(eventKey);
export const verdict: boolean = verifySignature('{}', signPayload('{}', 'secret'), 'secret').valid;
export const repair: typeof repairFacebookAdapter = repairFacebookAdapter;
export const line = (entry: WireEntry): number => entry.seq;
export const plugIn = (controller: BotkitController, handover: VccLiveHandover, options: HandoverPluginOptions): string =>
  handoverPlugin(handover, options)(controller).name;
// @ts-expect-error an option that does not exist is noticed
export const wrong: VccLiveHandoverOptions = { botAppId: '1', vccLiveAppId: '2', pageAccessToken: 't', colour: 'red' };
story();
`;

describe('the package as it is published', function () {
  this.timeout(BOT_LIMIT_MS);
  let packed: Awaited<ReturnType<typeof packPackage>>;
  let entries: readonly string[];

  before(async function () {
    this.timeout(PACKING_LIMIT_MS);
    packed = await packPackage();
    const listed = await run('tar', ['-tzf', packed.tarball], packed.folder);
    entries = listed.stdout.split('\n').filter((name) => name !== '');
  });

  after(() => rm(packed.folder, { recursive: true, force: true }));

  it('weighs less than 1 MiB', async () => {
    expect((await stat(packed.tarball)).size)
      .to.be.greaterThan(10_000)
      .and.lessThan(MAX_TARBALL_BYTES);
  });

  it('has the build, the papers and nothing else', () => {
    const strange = entries.filter(
      (name) =>
        !/^package\/(dist\/[\w/.-]+\.(js|html|css)|dist\/[\w/.-]+\.d\.ts|docs\/[\w-]+\.md|docs\/watching\/[\w-]+\.(json|yml)|docs\/images\/(stage\.png|[\w-]+\.svg)|(README|CHANGELOG|SECURITY)\.md|LICENSE|package\.json)$/.test(
          name,
        ),
    );
    expect(strange).to.deep.equal([]);
    for (const paper of [
      'README.md',
      'docs/doctor.md',
      'CHANGELOG.md',
      'LICENSE',
      'package.json',
      'dist/index.js',
      'dist/index.d.ts',
    ]) {
      expect(entries).to.include(`package/${paper}`);
    }
  });

  it('has no page with a link to what is not in it', async () => {
    const own = join(await freshBot(packed, 'reader', []), 'node_modules', 'botbuilder-handover-vcclive');
    const dead: string[] = [];
    let links = 0;
    for (const page of entries.filter((name) => name.endsWith('.md')).map((name) => name.replace('package/', ''))) {
      const text = await readFile(join(own, page), 'utf8');
      for (const [, link = ''] of text.matchAll(/(?:\]\(|\b(?:src|href)=")([^)"\s]+)/g)) {
        if (/^https?:\/\//.test(link)) continue;
        links += 1;
        const [target = ''] = link.split('#');
        if (!existsSync(join(own, dirname(page), target))) dead.push(`${page} → ${link}`);
      }
    }
    expect(links).to.be.greaterThan(100);
    expect(dead).to.deep.equal([]);
  });

  it('has a file behind every path it exports, for both ways of finding types', () => {
    const description = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      readonly main: string;
      readonly types: string;
      readonly bin?: Readonly<Record<string, string>>;
      readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
      readonly typesVersions: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>;
    };
    const named = [
      description.main,
      description.types,
      ...Object.values(description.bin ?? {}),
      ...Object.values(description.exports).flatMap((target) =>
        typeof target === 'string' ? target : Object.values(target),
      ),
      ...Object.values(description.typesVersions['*']).flat(),
    ];
    expect(named.length).to.be.greaterThan(8);
    for (const file of named) expect(entries).to.include(file.replace(/^\.\//, 'package/'));
    // Old resolution knows no "exports": every sub-path of code needs its line in typesVersions.
    const subPaths = Object.keys(description.exports).filter((path) => path !== '.' && !path.endsWith('.json'));
    expect(Object.keys(description.typesVersions['*']).sort()).to.deep.equal(
      subPaths.map((path) => path.replace('./', '')).sort(),
    );
    expect(Object.keys(PATHS).sort(), 'every path is tried below').to.deep.equal(['.', ...subPaths].sort());
  });

  for (const [path, { exports, loads }] of Object.entries(PATHS)) {
    it(`gives ${exports} to a CommonJS bot as ${path}, and loads ${loads.join(', ') || 'no other package'}`, async () => {
      const bot = await freshBot(packed, `loads-${path.replaceAll(/\W/g, '-')}`, [...PEERS, '@redis/client']);
      await writeFile(
        join(bot, 'bot.cjs'),
        `const exported = typeof require('${path.replace('.', 'botbuilder-handover-vcclive')}').${exports};
         const packages = Object.keys(require.cache).flatMap(
           (file) => /^.*\\bnode_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? [],
         );
         console.log(JSON.stringify({ exported, packages: [...new Set(packages)] }));`,
      );
      const said = lastLine(await run(process.execPath, ['bot.cjs'], bot)) as {
        readonly exported: string;
        readonly packages: readonly string[];
      };
      expect(said.exported).to.equal('function');
      const watched = [...PEERS, '@redis/client'];
      expect(said.packages.filter((name) => watched.includes(name)).sort()).to.deep.equal(loads);
      if (loads.length === 0) expect(said.packages).to.deep.equal(['botbuilder-handover-vcclive']);
    });
  }

  it('tells nothing about the machine it was built on', async () => {
    const bot = await freshBot(packed, 'curious', []);
    const own = join(bot, 'node_modules', 'botbuilder-handover-vcclive');
    for (const name of await readdir(own, { recursive: true })) {
      if (!(await stat(join(own, name))).isFile()) continue;
      const text = await readFile(join(own, name), 'utf8');
      for (const trace of [REPOSITORY, homedir(), packed.folder]) {
        expect(text.includes(`${trace}/`), `${name} names a folder of this machine`).to.equal(false);
      }
      expect(text, name).not.to.match(/https?:\/\/registry\./);
    }
    const lockfile = await readFile(join(REPOSITORY, 'package-lock.json'), 'utf8');
    expect(lockfile).to.include('"lockfileVersion"');
    expect(lockfile).not.to.match(/"resolved": "https?:/);
    expect(lockfile).not.to.include(REPOSITORY);
  });

  it('works in a CommonJS bot', async () => {
    const bot = await freshBot(packed, 'commonjs-bot', PEERS);
    await writeFile(
      join(bot, 'bot.cjs'),
      `const { createServer } = require('node:http');
       const { VccLiveHandover } = require('botbuilder-handover-vcclive');
       const { HandoverFacebookAdapter } = require('botbuilder-handover-vcclive/facebook-adapter');
       const { MessengerSimulator } = require('botbuilder-handover-vcclive/simulator');
       if (require('botbuilder-handover-vcclive/package.json').name !== 'botbuilder-handover-vcclive') throw new Error();
       ${STORY} story();`,
    );
    expect(lastLine(await run(process.execPath, ['bot.cjs'], bot))).to.deep.equal(STORY_ENDS);
  });

  it('works in a bot on the Agents SDK, where no package of Bot Framework is installed', async () => {
    const bot = await freshBot(packed, 'agents-bot', ['axios', 'undici', ...AGENTS_PEERS]);
    await writeFile(
      join(bot, 'bot.cjs'),
      `const { createServer } = require('node:http');
       const { AgentApplication, MemoryStorage } = require('@microsoft/agents-hosting');
       const { MessengerAdapter, VccLiveHandover } = require('botbuilder-handover-vcclive/agents');
       const { MessengerSimulator } = require('botbuilder-handover-vcclive/simulator');
       let missing;
       try { require('botbuilder-handover-vcclive'); } catch (error) { missing = error.code; }
       if (missing !== 'missingPeer') throw new Error('The main entry says ' + missing);
       ${AGENTS_STORY} story();`,
    );
    expect(lastLine(await run(process.execPath, ['bot.cjs'], bot))).to.deep.equal(STORY_ENDS);
  });

  it('works in an ESM bot, every name imported by name', async () => {
    const bot = await freshBot(packed, 'esm-bot', PEERS);
    await writeFile(
      join(bot, 'bot.mjs'),
      `import { createRequire } from 'node:module';
       import { createServer } from 'node:http';
       import { VccLiveHandover } from 'botbuilder-handover-vcclive';
       import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
       import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
       for (const path of ${JSON.stringify(Object.keys(PATHS))}) {
         const name = path.replace('.', 'botbuilder-handover-vcclive');
         const names = Object.keys(await import(name));
         const missing = Object.keys(createRequire(import.meta.url)(name)).filter((each) => !names.includes(each));
         if (missing.length > 0) throw new Error(name + ' does not export to ESM: ' + missing.join());
       }
       ${STORY} await story();`,
    );
    expect(lastLine(await run(process.execPath, ['bot.mjs'], bot))).to.deep.equal(STORY_ENDS);
  });

  for (const [resolution, settings] of Object.entries(RESOLUTIONS)) {
    it(`compiles strictly and works in a TypeScript bot that resolves modules the ${resolution} way`, async () => {
      const bot = await freshBot(packed, `typescript-bot-${resolution}`, [...PEERS, ...TYPES]);
      const compilerOptions = {
        ...settings,
        target: 'es2022',
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        esModuleInterop: true,
        types: ['node'],
        outDir: 'built',
        skipLibCheck: true,
      };
      await writeFile(join(bot, 'package.json'), '{"name":"bot","private":true}');
      await writeFile(join(bot, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['bot.ts'] }));
      await writeFile(join(bot, 'bot.ts'), TYPED_BOT);
      const compiled = await run(process.execPath, [join(TYPESCRIPT, 'bin', 'tsc'), '-p', '.'], bot);
      expect(compiled.stdout + compiled.stderr).to.equal('');
      expect(compiled.code).to.equal(0);
      expect(lastLine(await run(process.execPath, ['built/bot.js'], bot))).to.deep.equal(STORY_ENDS);
    });
  }

  it('loads where the adapter is not installed, and the adapter path says what to install', async () => {
    const bot = await freshBot(packed, 'bot-without-adapter', ['axios', 'undici', 'botbuilder', 'botbuilder-dialogs']);
    await writeFile(join(bot, 'bot.cjs'), TRIES_THE_ADAPTER);
    const said = lastLine(await run(process.execPath, ['bot.cjs'], bot)) as Readonly<Record<string, string>>;
    expect(said['plugin']).to.equal('function');
    expect(said['botkit']).to.equal('function');
    expect(said['code']).to.equal('missingPeer');
    expect(said['message']).to.match(/botbuilder-adapter-facebook, which is not installed/);
    expect(said['message']).to.include('npm install botbuilder-adapter-facebook request@npm:@cypress/request');
  });

  it('says that "request" is missing where only the adapter was installed', async () => {
    const bot = await freshBot(packed, 'bot-without-request', [
      'axios',
      'undici',
      'botbuilder',
      'botbuilder-dialogs',
      'botkit',
      'debug',
    ]);
    const adapter = join(bot, 'node_modules', 'botbuilder-adapter-facebook');
    await cp(join(REPOSITORY, 'node_modules', 'botbuilder-adapter-facebook'), adapter, { recursive: true });
    await rm(join(adapter, 'node_modules'), { recursive: true, force: true });
    await writeFile(join(bot, 'bot.cjs'), TRIES_THE_ADAPTER);
    const said = lastLine(await run(process.execPath, ['bot.cjs'], bot)) as Readonly<Record<string, string>>;
    expect(said['plugin']).to.equal('function');
    expect(said['code']).to.equal('missingPeer');
    expect(said['message']).to.include('"request"');
    expect(said['message']).to.include('request@npm:@cypress/request');
  });

  it('has a simulator that loads with nothing else installed', async () => {
    const bot = await freshBot(packed, 'bot-of-nothing', []);
    await writeFile(
      join(bot, 'bot.cjs'),
      `const { MessengerSimulator } = require('botbuilder-handover-vcclive/simulator');
       MessengerSimulator.start().then(async (simulator) => {
         console.log(JSON.stringify({ graph: new URL(simulator.graphBaseUrl).hostname }));
         await simulator.stop();
       });`,
    );
    expect(lastLine(await run(process.execPath, ['bot.cjs'], bot))).to.deep.equal({ graph: '127.0.0.1' });
  });

  for (const [path, peer] of [
    ['calendar', 'luxon'],
    ['opentelemetry', '@opentelemetry/api'],
  ] as const) {
    it(`says that ${peer} is missing where ./${path} is used without it`, async () => {
      const bot = await freshBot(packed, `bot-without-${path}`, [
        'axios',
        'undici',
        'botbuilder',
        'botbuilder-dialogs',
      ]);
      await writeFile(
        join(bot, 'bot.cjs'),
        `try {
           require('botbuilder-handover-vcclive/${path}');
         } catch (error) {
           console.log(JSON.stringify({ code: error.code, message: error.message }));
         }`,
      );
      const said = lastLine(await run(process.execPath, ['bot.cjs'], bot)) as Readonly<Record<string, unknown>>;
      expect(said['code']).to.equal('missingPeer');
      expect(said['message']).to.include(`npm install ${peer}`);
    });
  }

  it('says that redis is missing where a store or an inbox is given an address without it, and takes a client', async () => {
    const bot = await freshBot(packed, 'bot-without-redis', []);
    await writeFile(
      join(bot, 'bot.cjs'),
      `const { RedisInbox, RedisThreadStore } = require('botbuilder-handover-vcclive/redis');
       const client = { get: async () => null, eval: async () => null, evalSha: async () => null };
       const tried = [RedisThreadStore, RedisInbox].map((Kind) => {
         new Kind(client);
         try {
           return { made: new Kind('redis://:secret@localhost:6379') !== undefined };
         } catch (error) {
           return { name: error.name, code: error.code, message: error.message };
         }
       });
       console.log(JSON.stringify(tried));`,
    );
    const missing = {
      name: 'HandoverError',
      code: 'missingPeer',
      message: 'A Redis address needs the package "redis", which is not installed. Run: npm install redis',
    };
    expect(lastLine(await run(process.execPath, ['bot.cjs'], bot))).to.deep.equal([missing, missing]);
  });

  it('says what an SQLite file needs if this Node has no library for one and none is installed', async () => {
    const bot = await freshBot(packed, 'bot-without-sqlite', []);
    await writeFile(
      join(bot, 'bot.cjs'),
      `const { SqliteInbox, SqliteThreadStore } = require('botbuilder-handover-vcclive/sqlite');
       const tried = [SqliteThreadStore, SqliteInbox].map((Kind) => {
         try {
           return { made: new Kind('handover.db', { driver: 'better-sqlite3' }) !== undefined };
         } catch (error) {
           return { name: error.name, code: error.code, message: error.message };
         }
       });
       console.log(JSON.stringify(tried));`,
    );
    const missing = {
      name: 'HandoverError',
      code: 'missingPeer',
      message:
        'An SQLite file needs Node 22.13 or later, or the package "better-sqlite3", which is not installed. Run: npm install better-sqlite3',
    };
    expect(lastLine(await run(process.execPath, ['bot.cjs'], bot))).to.deep.equal([missing, missing]);
  });

  it('exports nothing that is not there yet', async () => {
    const bot = await freshBot(packed, 'bot-too-early', PEERS);
    for (const path of ['ownership', 'dist/index.js']) {
      const script = `require('botbuilder-handover-vcclive/${path}')`;
      const ended = await run(process.execPath, ['-e', script], bot);
      expect(ended.code, path).not.to.equal(0);
      expect(ended.stderr).to.include('ERR_PACKAGE_PATH_NOT_EXPORTED');
    }
  });
});

const TRIES_THE_ADAPTER = `
const { VccLiveHandover } = require('botbuilder-handover-vcclive');
const { handoverPlugin } = require('botbuilder-handover-vcclive/botkit');
try {
  require('botbuilder-handover-vcclive/facebook-adapter');
} catch (error) {
  console.log(JSON.stringify({ plugin: typeof VccLiveHandover, botkit: typeof handoverPlugin, code: error.code, message: error.message }));
}
`;

/** The JSON that a program printed last. A program that failed shows why. */
function lastLine(ended: { readonly code: number; readonly stdout: string; readonly stderr: string }): unknown {
  if (ended.code !== 0) throw new Error(`It ended with ${ended.code}:\n${ended.stdout}\n${ended.stderr}`);
  const lines = ended.stdout.trim().split('\n');
  return JSON.parse(lines.at(-1) ?? '');
}
