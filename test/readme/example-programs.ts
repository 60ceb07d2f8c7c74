/**
 * How each example of the guide becomes a program that answers a customer, or why it becomes none.
 *
 * Whoever adds an example to a page adds its line here. What a program needs beside its example has names that begin with `$`.
 */

/** An example that runs. */
export interface Run {
  /** Makes the whole program of the example's code. */
  readonly program: (code: string) => string;
  /** What the customer writes; 'Hello' unless given. */
  readonly says?: string;
  /** What the customer reads; the bot's echo unless given. */
  readonly hears?: RegExp;
}

/** An example that does not run as a program. */
export interface NotRun {
  readonly because: string;
  /** The test that tries the example in another way. */
  readonly triedBy: string;
}

/** What surrounds an example in its program. */
interface Around {
  /** Lines before the example. */
  readonly before?: string;
  /** Lines after the example. */
  readonly after?: string;
  /** The bot's logic. */
  readonly logic?: string;
  /** The bot's adapter. */
  readonly adapter?: string;
  /** The line that takes requests. */
  readonly server?: string;
}

const BEFORE = `
import { createServer as $createServer } from 'node:http';
import { VccLiveHandover as $VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter as $HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import {
  ConversationState as $ConversationState,
  EventFactory as $EventFactory,
  MemoryStorage as $MemoryStorage,
} from 'botbuilder';
import {
  ComponentDialog as $ComponentDialog,
  WaterfallDialog as $WaterfallDialog,
  runDialog as $runDialog,
} from 'botbuilder-dialogs';

const connection = {
  botAppId: process.env.FACEBOOK_APP_ID,
  vccLiveAppId: process.env.VCC_LIVE_APP_ID,
  pageAccessToken: process.env.FACEBOOK_PAGE_ACCESS_TOKEN,
  appSecret: process.env.FACEBOOK_APP_SECRET,
  graph: { baseUrl: process.env.GRAPH_BASE_URL },
};
const verify_token = process.env.FACEBOOK_VERIFY_TOKEN;

const $adapter = (handover) => new $HandoverFacebookAdapter({ handover, verify_token });
const $serve = (adapter, logic) =>
  $createServer((req, res) => adapter.processActivity(req, res, logic)).listen(3978);
const $onMessage = (handler) => async (context) => {
  if (context.activity.type === 'message') await handler(context);
};
const $echo = $onMessage((context) => context.sendActivity('You said: ' + context.activity.text));
const $dialogs = (root) => {
  const state = new $ConversationState(new $MemoryStorage());
  const property = state.createProperty('$dialogs');
  return async (context) => {
    if (context.activity.channelData?.message?.is_echo) return;
    await $runDialog(root, context, property);
    await state.saveChanges(context);
  };
};
const $waterfall = (handover, ...steps) => {
  const root = new $ComponentDialog('$root');
  root.addDialog(new $WaterfallDialog('$talk', steps));
  root.addDialog(handover.dialog());
  return root;
};
`;
const HANDOVER = 'const handover = new $VccLiveHandover(connection);';
const NOBODY = "const handover = new $VccLiveHandover({ ...connection, availability: () => 'unavailable' });";
const SECRET = "const secret = 'a secret of thirty-two characters';";
const NOTICE = /agent/;
const NOBODY_THERE = /^None of our agents is available/;

/** The example is the whole program. */
const whole: Run = { program: (code) => code };

/** The example makes the handover. */
function makes({ before = '', after = '', ...around }: Around = {}): Run['program'] {
  const { logic = '$echo', adapter = '$adapter(handover)' } = around;
  const { server = `const server = $serve(${adapter}, ${logic});` } = around;
  return (code) => [BEFORE, before, code, after, server].join('\n');
}

/** The example uses the handover. */
const uses = ({ before = '', ...around }: Around = {}): Run['program'] =>
  makes({ ...around, before: `${HANDOVER}\n${before}` });

/** The example is a part of a turn. */
const inTurn = (around: Around = {}): Run['program'] => {
  const program = uses({ ...around, logic: '$turn' });
  return (code) =>
    program(`const $turn = async (context) => {
  if (context.activity.type !== 'message') return;
  const pageId = context.activity.recipient.id;
  const psid = context.activity.from.id;
  ${code}
};`);
};

/** What surrounds an example for a bot without a framework. */
const PLAIN = `
import { createServer as $createServer } from 'node:http';
import express from 'express';
import { MessengerBot, talkToAgentPhrases } from 'botbuilder-handover-vcclive/messenger';

const connection = {
  botAppId: process.env.FACEBOOK_APP_ID,
  vccLiveAppId: process.env.VCC_LIVE_APP_ID,
  pageAccessToken: process.env.FACEBOOK_PAGE_ACCESS_TOKEN,
  appSecret: process.env.FACEBOOK_APP_SECRET,
  verifyToken: process.env.FACEBOOK_VERIFY_TOKEN,
  graph: { baseUrl: process.env.GRAPH_BASE_URL },
};
`;
const PLAIN_SERVER = '$createServer((req, res) => bot.webhook(req, res)).listen(3978);';
const PLAIN_ECHO = "bot.onMessage((message, thread) => thread.reply('You said: ' + message.text));";
const PLAIN_BOT = 'const bot = new MessengerBot(connection);';

/** The example makes a bot without a framework, or uses one. */
function withBot({ makes: isMade = false, server = PLAIN_SERVER } = {}): Run['program'] {
  return (code) => [PLAIN, isMade ? '' : PLAIN_BOT, code, PLAIN_ECHO, server].join('\n');
}

/** The example is a part of `onMessage`. */
function inHandler(): Run['program'] {
  return (code) =>
    [
      PLAIN,
      PLAIN_BOT,
      `bot.onMessage(async (message, thread) => {\nconst { pageId, psid } = thread.key;\n${code}\n});`,
      PLAIN_SERVER,
    ].join('\n');
}

const testOf = (triedBy: string, because: string): NotRun => ({ triedBy, because });
const AZURE = testOf('test/integration/azure-bot.test.ts', 'lines of samples/azure-bot, which that test runs whole');
const BOTKIT = testOf('test/integration/botkit-bot.test.ts', 'lines of samples/botkit-bot, which that test runs whole');
const REDIS = testOf('test/readme/reliability.test.ts', 'needs a Redis at localhost:6379; that test compiles it');
const FUNCTIONS = testOf('test/integration/functions.test.ts', 'a file of samples/, which that test calls');
const INIT = testOf('test/cli/init.test.ts', 'the bot that init writes, which that test runs');
const MOCHA = 'a test for mocha, not a bot';

/** What surrounds an example of the page about the Agents SDK. */
const ON_AGENTS = `
import { createServer as $createServer } from 'node:http';
import { AgentApplication as $AgentApplication, MemoryStorage as $MemoryStorage } from '@microsoft/agents-hosting';
import { MessengerAdapter as $MessengerAdapter, VccLiveHandover as $VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
const handover = new $VccLiveHandover({
  botAppId: process.env.FACEBOOK_APP_ID,
  vccLiveAppId: process.env.VCC_LIVE_APP_ID,
  pageAccessToken: process.env.FACEBOOK_PAGE_ACCESS_TOKEN,
  appSecret: process.env.FACEBOOK_APP_SECRET,
  talkToAgent: [],
  graph: { baseUrl: process.env.GRAPH_BASE_URL },
});
const adapter = new $MessengerAdapter({ handover, verifyToken: process.env.FACEBOOK_VERIFY_TOKEN });
const storage = new $MemoryStorage();
const app = new $AgentApplication({ adapter, storage });
handover.attach(app);
`;
const AGENTS_ECHO = `app.onActivity('message', async (context) => void (await context.sendActivity('You said: ' + context.activity.text)));`;
const AGENTS_SERVER = `$createServer((req, res) => adapter.process(req, res, (context) => app.run(context))).listen(3978);`;

/** Every example of README and docs/, by page and name. */
export const EXAMPLES: Readonly<Record<string, Run | NotRun>> = {
  'README.md#first-bot': whole,
  'README.md#first-bot-javascript': whole,
  'README.md#dialog': { program: uses({ logic: '$dialogs(new ComplaintDialog())' }), hears: NOTICE },
  'README.md#dialog-javascript': { program: uses({ logic: '$dialogs(new ComplaintDialog())' }), hears: NOTICE },

  'README.md#without-framework': whole,

  'docs/adapters.md#repair': {
    program: uses({
      before: 'const app_secret = connection.appSecret, access_token = connection.pageAccessToken;',
      adapter: 'repaired',
    }),
  },
  'docs/adapters.md#stock-bot': whole,
  'docs/adapters.md#any-adapter': {
    program: uses({
      before: "const adapter = $adapter(handover), logic = $echo, microsoftAppId = '';",
      adapter: 'adapter',
      logic: 'logic',
    }),
  },

  'docs/agents-sdk.md#bot': whole,
  'docs/agents-sdk.md#node-http': { program: (code) => [ON_AGENTS, AGENTS_ECHO, code].join('\n') },
  'docs/agents-sdk.md#fastify': testOf(
    'test/agents/guide.test.ts',
    'Fastify is not installed here; that test gives process() the raw request and response in the same way',
  ),
  'docs/agents-sdk.md#azure': testOf('test/agents/guide.test.ts', 'its requests come from Azure’s channel'),
  'docs/agents-sdk.md#dialogs': {
    program: (code) => [ON_AGENTS, code, AGENTS_SERVER].join('\n'),
    says: 'agent',
    hears: NOTICE,
  },

  'docs/azure-bot-service.md#bot': INIT,
  'docs/azure-bot-service.md#handover': AZURE,
  'docs/azure-bot-service.md#middleware': AZURE,
  'docs/azure-bot-service.md#attach': AZURE,
  'docs/azure-bot-service.md#proactive': AZURE,

  'docs/before-the-handover.md#phrases': { program: makes(), says: 'Can I talk to a human, please?', hears: NOTICE },
  'docs/before-the-handover.md#availability': { program: makes() },
  'docs/before-the-handover.md#agents': { program: makes({ before: "process.env.VCC_LIVE_API_KEY = 'a key';" }) },
  'docs/before-the-handover.md#refused': {
    program: makes({ before: NOBODY, logic: '$dialogs($waterfall(handover, handover.step(), afterwards))' }),
    hears: NOBODY_THERE,
  },
  'docs/before-the-handover.md#summary': { program: inTurn(), hears: NOTICE },
  'docs/before-the-handover.md#redact': { program: makes() },
  'docs/before-the-handover.md#loop-breaker': { program: makes() },

  'docs/botkit.md#bot': INIT,
  'docs/botkit.md#plugin': BOTKIT,
  'docs/botkit.md#controller': BOTKIT,
  'docs/botkit.md#use': BOTKIT,
  'docs/botkit.md#dialog': BOTKIT,
  'docs/botkit.md#conversation': BOTKIT,
  'docs/botkit.md#events': BOTKIT,

  'docs/coming-home.md#satisfaction': { program: makes() },
  'docs/coming-home.md#open-prompt': {
    program: makes({ before: 'const logic = $echo;', adapter: 'adapter', logic: 'logic' }),
  },

  'docs/dialogs.md#dialogs-for-messages': { program: uses({ logic: 'logic' }) },
  'docs/dialogs.md#dialogs-on-every-turn': { program: uses({ logic: 'logic' }) },
  'docs/dialogs.md#other-ways': {
    program: inTurn({ before: 'const EventFactory = $EventFactory;' }),
    hears: /^One moment, please\.$/,
  },

  'docs/functions.md#bot': FUNCTIONS,
  'docs/functions.md#lambda': FUNCTIONS,
  'docs/functions.md#azure-functions': FUNCTIONS,

  'docs/going-to-production.md#production': {
    program: makes({
      before: 'const tokens = { read: async () => connection.pageAccessToken };',
      after: 'const handover = productionHandover(new $MemoryStorage());',
    }),
  },
  'docs/going-to-production.md#shutdown': { program: uses() },

  'docs/moving.md#by-hand': {
    program: uses({
      before: 'const passThreadControl = async () => undefined;',
      logic: '$onMessage((context) => onMessage(context, { withAgent: false }))',
    }),
  },
  'docs/moving.md#with-the-plugin': {
    program: makes({ before: 'const VccLiveHandover = $VccLiveHandover;', logic: '$onMessage(onMessage)' }),
  },
  'docs/moving.md#new-adapter': {
    program: uses({
      before: `import { createServer } from 'restify';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
const server = createServer();
const bot = { run: $echo };`,
      server: 'server.listen(3978);',
    }),
  },

  'docs/operator.md#store-file': testOf('test/readme/doctor-and-operator.test.ts', 'a file for a command, not a bot'),
  'docs/operator.md#log-webhooks': {
    program: uses({
      before: "import express from 'express';\nconst app = express();",
      after: 'const adapter = $adapter(handover);',
      server: `app.post('/api/messages', (req, res) => void adapter.processActivity(req, res, $echo));
app.listen(3978);`,
    }),
  },

  'docs/recordings.md#record': {
    program: uses({
      before: `import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';`,
      server: '$serve(adapter, $echo);',
    }),
  },
  'docs/recordings.md#replay': testOf('test/readme/recordings-page.test.ts', MOCHA),

  'docs/reliability.md#guarded-state': {
    program: uses({
      before: 'const storage = new $MemoryStorage();',
      logic: `async (context) => {
  const property = conversationState.createProperty('$count');
  await property.set(context, 1);
  await $echo(context);
  await conversationState.saveChanges(context);
}`,
    }),
  },
  'docs/reliability.md#sqlite': testOf(
    'test/readme/reliability.test.ts',
    'leaves a file where it runs; that test compiles it',
  ),
  'docs/reliability.md#store': REDIS,
  'docs/reliability.md#inbox': REDIS,
  'docs/scale.md#cluster': testOf('test/store/redis-cluster.test.ts', 'needs a Redis Cluster of three machines'),

  'docs/set-up.md#bot': { ...whole, hears: /^Write "talk to agent"/ },
  'docs/set-up.md#subscribe': {
    program: uses({
      logic: `async (context) => {
  if (context.activity.type !== 'message') return;
  const { pageAccessToken, appSecret, graph } = connection;
  const answer = await subscribe(graph.baseUrl, context.activity.recipient.id, pageAccessToken, appSecret);
  await context.sendActivity(JSON.stringify(answer));
}`,
    }),
    hears: /^\{"success":true\}$/,
  },

  'docs/testing-your-bot.md#bot.mjs': whole,
  'docs/testing-your-bot.md#bot.test.ts': testOf('test/simulator/testing-your-bot.test.ts', MOCHA),
  'docs/testing-your-bot.md#test-with-simulator': testOf('test/readme/examples.test.ts', MOCHA),

  'docs/vcc-live-webhooks.md#route': { program: uses({ before: "process.env.VCC_LIVE_WEBHOOK_SECRET = 'a secret';" }) },
  'docs/vcc-live-webhooks.md#result': {
    program: makes({ before: NOBODY, logic: '$dialogs($waterfall(handover, handover.step(), afterwards))' }),
    hears: NOBODY_THERE,
  },
  'docs/vcc-live-webhooks.md#transcript': { program: uses({ before: 'const archive = () => undefined;' }) },
  'docs/vcc-live-webhooks.md#thread-of': {
    program: uses({ before: `${SECRET}\nconst crm = { threadOfContact: async () => undefined };` }),
  },
  'docs/vcc-live-webhooks.md#chat-log': {
    program: uses({ before: `${SECRET}\nconst [apiKey, pageId] = ['a key', '111222333444555'];` }),
  },
  'docs/vcc-live-webhooks.md#encryption': { program: uses({ before: `${SECRET}\nconst key = 'a key';` }) },
  'docs/vcc-live-webhooks.md#simulator': testOf(
    'test/readme/vcc-live-webhooks.test.ts',
    'lines of a test, which stand in the test itself',
  ),

  'docs/without-a-framework.md#bot': whole,
  'docs/without-a-framework.md#replies': { program: inHandler(), hears: /^Anything else\?$/ },
  'docs/without-a-framework.md#proactive': { program: inHandler(), hears: /^Your parcel has left\.$/ },
  'docs/without-a-framework.md#options': {
    program: withBot({ makes: true }),
    says: 'Ich möchte mit einem Menschen sprechen',
    hears: /^One moment, please\.$/,
  },
  'docs/without-a-framework.md#express': { program: withBot({ server: '' }) },
  'docs/without-a-framework.md#fastify': testOf(
    'test/readme/without-a-framework.test.ts',
    'Fastify is not installed here; that test compiles it',
  ),
  'docs/without-a-framework.md#redis': testOf(
    'test/readme/without-a-framework.test.ts',
    'needs a Redis; that test compiles it',
  ),

  'docs/watching-it.md#logger': { program: makes() },
  'docs/watching-it.md#winston': { program: makes() },
  'docs/watching-it.md#label': { program: uses() },
  'docs/watching-it.md#health': { program: uses({ after: 'void lookAtHealth();' }) },
  'docs/watching-it.md#probes': {
    program: (code) => uses({ server: code })('const server = $serve($adapter(handover), $echo);'),
  },
  'docs/watching-it.md#opentelemetry': { program: makes() },
  'docs/watching-it.md#prometheus': testOf(
    'test/watching/watching.test.ts',
    'opens a port beside the bot’s; that test lets a real Prometheus scrape the same exporter',
  ),
  'docs/watching-it.md#botTelemetry': {
    program: makes({ after: 'const handover = watched({ trackEvent: () => {}, trackDependency: () => {} });' }),
  },
  'docs/watching-it.md#own': {
    program: makes({ after: 'const handover = new $VccLiveHandover({ ...connection, telemetry: queueLength });' }),
  },

  'docs/while-it-lasts.md#phases': { program: uses() },
  'docs/while-it-lasts.md#status': {
    program: makes({ logic: 'async (context) => { await logic(context); await $echo(context); }' }),
  },
  'docs/while-it-lasts.md#reclaim': { program: makes() },
  'docs/while-it-lasts.md#pages': {
    program: makes({ before: 'const tokens = new Proxy({}, { get: () => connection.pageAccessToken });' }),
  },
};
