/** A misspelt option would be missed for weeks, so every function that takes options refuses it and names the nearest one. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AgentApplication, CloudAdapter } from '@microsoft/agents-hosting';
import { CloudAdapter as BotFrameworkAdapter, MemoryStorage } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import {
  BotStorageThreadStore,
  InvalidOptionError,
  MemoryThreadStore,
  ThreadControlClient,
  VccLiveHandover,
} from 'botbuilder-handover-vcclive';
import { MessengerAdapter, VccLiveHandover as AgentsHandover } from 'botbuilder-handover-vcclive/agents';
import { handoverDialogs } from 'botbuilder-handover-vcclive/agents/dialogs';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import { openingHours } from 'botbuilder-handover-vcclive/calendar';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerBot } from 'botbuilder-handover-vcclive/messenger';
import { openTelemetry } from 'botbuilder-handover-vcclive/opentelemetry';
import { RedisInbox, RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { MessengerSimulator, serveStage } from 'botbuilder-handover-vcclive/simulator';
import { SqliteInbox, SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { vccLiveAgents, vccLiveChats } from 'botbuilder-handover-vcclive/vcc-live';

const ROOT = join(__dirname, '../..');
const PLUGIN = { botAppId: '1000', vccLiveAppId: '2000', pageAccessToken: 'token', appSecret: 'secret' };
const ROUTE = { verifyToken: 'word' };
const DATABASE = { customer: 'acme', apiKey: 'key', projectId: 7 };
const THREAD = { pageId: '1', psid: '2' };
const REDIS = { sendCommand: () => undefined, eval: () => undefined, evalSha: () => undefined, get: () => undefined };

const handover = new VccLiveHandover(PLUGIN);
const agents = new AgentsHandover(PLUGIN);
const bot = new MessengerBot({ ...PLUGIN, ...ROUTE });
const stock = (): FacebookAdapter =>
  new FacebookAdapter({ verify_token: 'word', app_secret: 'secret', access_token: 'token' });

/** Calls something with options, which are right but for the name that is added. */
type Call = (added: object) => unknown;

interface Taker {
  /** The type of the options, if it has a name. */
  readonly type?: string;
  readonly call: Call;
  /** The name that is added, and the one that is meant. */
  readonly misspelt: string;
  readonly meant: string;
  /** In front of the name, in the error. */
  readonly path?: string;
}

function onSimulator(call: (simulator: MessengerSimulator, added: object) => unknown): Call {
  return async (added) => {
    const simulator = await MessengerSimulator.start();
    try {
      await call(simulator, added);
    } finally {
      await simulator.stop();
    }
  };
}

/** JavaScript knows no types. */
const any = (options: object): never => options as never;

const TAKERS: Readonly<Record<string, Taker>> = {
  'new VccLiveHandover': {
    type: 'HandoverOptions',
    call: (added) => new VccLiveHandover({ ...PLUGIN, ...added }),
    misspelt: 'openPromt',
    meant: 'openPrompt',
  },
  'the option graph': {
    type: 'GraphOptions',
    call: (added) => new VccLiveHandover({ ...PLUGIN, graph: added }),
    misspelt: 'timeoutMS',
    meant: 'timeoutMs',
    path: 'graph.',
  },
  'the option talkToAgent': {
    call: (added) => {
      const recognizer = { recognize: () => ({ intents: {} }) };
      return new VccLiveHandover({ ...PLUGIN, talkToAgent: [{ recognizer, intent: 'agent', ...added }] });
    },
    misspelt: 'minscore',
    meant: 'minScore',
    path: 'talkToAgent[0].',
  },
  'handover.attach': {
    type: 'AttachOptions',
    call: (added) => handover.attach(new BotFrameworkAdapter(), undefined, added),
    misspelt: 'microsoftAppID',
    meant: 'microsoftAppId',
  },
  'handover.install': {
    call: (added) => handover.install(new BotFrameworkAdapter(), async () => undefined, added),
    misspelt: 'conversationstate',
    meant: 'conversationState',
  },
  'handover.dialog': {
    call: (added) => handover.dialog('named', added),
    misspelt: 'sumary',
    meant: 'summary',
    path: 'request.',
  },
  'handover.step': {
    call: (added) => handover.step(added),
    misspelt: 'notices',
    meant: 'notice',
    path: 'request.',
  },
  'handover.vccLiveWebhook': {
    type: 'VccLiveWebhookOptions',
    call: (added) => handover.vccLiveWebhook({ secret: 'word', ...added }),
    misspelt: 'takeBackAfterMS',
    meant: 'takeBackAfterMs',
  },
  'the option encryption': {
    call: (added) =>
      handover.vccLiveWebhook({ secret: 'word', encryption: { cipher: 'aes-256-ctr', key: 'key', ...added } }),
    misspelt: 'keys',
    meant: 'key',
    path: 'encryption.',
  },
  'handover.health': {
    type: 'HealthOptions',
    call: (added) => handover.health(added),
    misspelt: 'askmeta',
    meant: 'askMeta',
  },
  'handover.healthHandlers': {
    call: (added) => handover.healthHandlers(added),
    misspelt: 'within',
    meant: 'withinMs',
  },
  'handover.ownerOf': { call: (added) => handover.ownerOf(THREAD, added), misspelt: 'asks', meant: 'ask' },
  'handover.close': {
    call: (added) => new VccLiveHandover(PLUGIN).close(added),
    misspelt: 'withinMS',
    meant: 'withinMs',
  },
  'new HandoverFacebookAdapter': {
    type: 'HandoverFacebookAdapterOptions',
    call: (added) => new HandoverFacebookAdapter({ handover, verify_token: 'word', ...added }),
    misspelt: 'verifyToken',
    meant: 'verify_token',
  },
  repairFacebookAdapter: {
    type: 'RepairOptions',
    call: (added) => repairFacebookAdapter(stock(), { handover, ...added }),
    misspelt: 'maxBodyByte',
    meant: 'maxBodyBytes',
  },
  'the option record': {
    call: (added) => repairFacebookAdapter(stock(), { handover, record: any({ file: 'never.jsonl', ...added }) }),
    misspelt: 'keeps',
    meant: 'keep',
    path: 'record.',
  },
  handoverPlugin: {
    type: 'HandoverPluginOptions',
    call: (added) => handoverPlugin(handover, added),
    misspelt: 'ackDeadline',
    meant: 'ackDeadlineMs',
  },
  'handover.attach of the Agents SDK': {
    type: 'AgentAttachOptions',
    call: (added) => agents.attach(new CloudAdapter({}), async () => undefined, added),
    misspelt: 'agentAppID',
    meant: 'agentAppId',
  },
  'handover.attach of an application': {
    call: (added) => agents.attach(new AgentApplication({ adapter: new CloudAdapter({}) }), added),
    misspelt: 'dialog',
    meant: 'dialogs',
  },
  'handoverDialogs(handover).dialog': {
    call: (added) => handoverDialogs(agents).dialog('named', added),
    misspelt: 'reasons',
    meant: 'reason',
    path: 'request.',
  },
  'handoverDialogs(handover).step': {
    call: (added) => handoverDialogs(agents).step(added),
    misspelt: 'metaData',
    meant: 'metadata',
    path: 'request.',
  },
  'new MessengerAdapter': {
    type: 'MessengerAdapterOptions',
    call: (added) => new MessengerAdapter({ handover: agents, ...ROUTE, ...added }),
    misspelt: 'bodyTimeout',
    meant: 'bodyTimeoutMs',
  },
  'the option graph of MessengerAdapter': {
    call: (added) => new MessengerAdapter({ handover: agents, ...ROUTE, graph: added }),
    misspelt: 'baseURL',
    meant: 'baseUrl',
    path: 'graph.',
  },
  'new MessengerBot': {
    type: 'MessengerBotOptions',
    call: (added) => new MessengerBot({ ...PLUGIN, ...ROUTE, ...added }),
    misspelt: 'verifytoken',
    meant: 'verifyToken',
  },
  'bot.ownerOf': { call: (added) => bot.ownerOf(THREAD, added), misspelt: 'aks', meant: 'ask' },
  'thread.owner': { call: (added) => bot.thread(THREAD).owner(added), misspelt: 'Ask', meant: 'ask' },
  'new ThreadControlClient': {
    type: 'ThreadControlClientOptions',
    call: (added) => new ThreadControlClient({ botAppId: '1000', pageAccessToken: 'token', ...added }),
    misspelt: 'maxRetrys',
    meant: 'maxRetries',
  },
  'client.send': {
    call: (added) => new ThreadControlClient({ botAppId: '1000', pageAccessToken: 'token' }).send(THREAD, {}, added),
    misspelt: 'files',
    meant: 'file',
  },
  'new MemoryThreadStore': {
    type: 'MemoryThreadStoreOptions',
    call: (added) => new MemoryThreadStore(added),
    misspelt: 'maxThread',
    meant: 'maxThreads',
  },
  'new BotStorageThreadStore': {
    type: 'BotStorageThreadStoreOptions',
    call: (added) => new BotStorageThreadStore(new MemoryStorage(), added),
    misspelt: 'Prefix',
    meant: 'prefix',
  },
  'new RedisThreadStore': {
    type: 'RedisThreadStoreOptions',
    call: (added) => new RedisThreadStore(any(REDIS), added),
    misspelt: 'partition',
    meant: 'partitions',
  },
  'new RedisInbox': {
    type: 'RedisInboxOptions',
    call: (added) => new RedisInbox(any(REDIS), added),
    misspelt: 'maxDelivery',
    meant: 'maxDeliveries',
  },
  'new SqliteThreadStore': {
    type: 'SqliteThreadStoreOptions',
    call: (added) => new SqliteThreadStore('never.sqlite', added),
    misspelt: 'busyTimeout',
    meant: 'busyTimeoutMs',
  },
  'new SqliteInbox': {
    type: 'SqliteInboxOptions',
    call: (added) => new SqliteInbox('never.sqlite', added),
    misspelt: 'leaseMS',
    meant: 'leaseMs',
  },
  openTelemetry: {
    type: 'OpenTelemetryOptions',
    call: (added) => openTelemetry(added),
    misspelt: 'pageOnMetric',
    meant: 'pageOnMetrics',
  },
  openingHours: {
    type: 'OpeningHoursOptions',
    call: (added) => openingHours({ timeZone: 'Europe/Budapest', weekly: {}, ...added }),
    misspelt: 'holiday',
    meant: 'holidays',
  },
  vccLiveAgents: {
    type: 'VccLiveAgentsOptions',
    call: (added) => vccLiveAgents({ ...DATABASE, ...added }),
    misspelt: 'state',
    meant: 'states',
  },
  vccLiveChats: {
    type: 'VccLiveChatsOptions',
    call: (added) => vccLiveChats({ ...DATABASE, threadOf: () => undefined, ...added }),
    misspelt: 'logge',
    meant: 'logger',
  },
  'MessengerSimulator.start': {
    type: 'SimulatorOptions',
    call: (added) => MessengerSimulator.start(added),
    misspelt: 'sedTakesIdle',
    meant: 'sendTakesIdle',
  },
  'the option pages of the simulator': {
    type: 'SimulatedPageOptions',
    call: (added) => MessengerSimulator.start({ pages: [{ pageId: '5', ...added }] }),
    misspelt: 'pageAccesToken',
    meant: 'pageAccessToken',
    path: 'pages[0].',
  },
  'the option setUp of the simulator': {
    call: (added) => MessengerSimulator.start({ setUp: added }),
    misspelt: 'tokenScope',
    meant: 'tokenScopes',
    path: 'setUp.',
  },
  serveStage: {
    type: 'StageOptions',
    call: onSimulator((simulator, added) => serveStage(simulator, added)),
    misspelt: 'botlabel',
    meant: 'botLabel',
  },
  'simulator.connectVccLive': {
    call: onSimulator((simulator, added) => simulator.connectVccLive({ url: 'http://a.b', secret: 'word', ...added })),
    misspelt: 'secretParamter',
    meant: 'secretParameter',
  },
  'the option encryption of simulator.connectVccLive': {
    call: onSimulator((simulator, added) => {
      const encryption = { cipher: 'aes-256-ctr', key: 'key', ...added };
      simulator.connectVccLive({ url: 'http://a.b', secret: 'word', encryption });
    }),
    misspelt: 'randomIV',
    meant: 'randomIv',
    path: 'encryption.',
  },
  'simulator.deliverRaw': {
    call: onSimulator((simulator, added) => simulator.deliverRaw('{}', added)),
    misspelt: 'header',
    meant: 'headers',
  },
  'simulator.replay': {
    call: onSimulator((simulator, added) => simulator.replay('never.jsonl', added)),
    misspelt: 'waitMS',
    meant: 'waitMs',
  },
  'simulator.expects.webhook': {
    call: onSimulator(({ expects }, added) => expects.webhook(added)),
    misspelt: 'timeout',
    meant: 'timeoutMs',
  },
  'simulator.expects.owner': {
    call: onSimulator(({ expects }, added) => expects.owner('1', 'bot', added)),
    misspelt: 'pageID',
    meant: 'pageId',
  },
  'simulator.expects.noRefusedSends': {
    call: onSimulator(({ expects }, added) => expects.noRefusedSends('1', added)),
    misspelt: 'timeoutMS',
    meant: 'timeoutMs',
  },
  'customer.expects.answer': {
    call: onSimulator((simulator, added) => simulator.customer('1').expects.answer('hi', added)),
    misspelt: 'form',
    meant: 'from',
  },
  'customer.expects.silence': {
    call: onSimulator((simulator, added) => simulator.customer('1').expects.silence(added)),
    misspelt: 'forMS',
    meant: 'forMs',
  },
  'agent.expects.thread': {
    call: onSimulator((simulator, added) => simulator.agent().expects.thread('1', added)),
    misspelt: 'metaData',
    meant: 'metadata',
  },
  'agent.says': {
    call: onSimulator((simulator, added) => simulator.agent().says('1', 'hi', added)),
    misspelt: 'humanagent',
    meant: 'humanAgent',
  },
  'agent.closesChat': {
    call: onSimulator(async (simulator, added) => {
      await simulator.customer('1').says('hello');
      return simulator.agent().closesChat('1', added);
    }),
    misspelt: 'agentname',
    meant: 'agentName',
  },
  'agent.changesTicket': {
    call: onSimulator(async (simulator, added) => {
      await simulator.customer('1').says('hello');
      return simulator.agent().changesTicket('1', added);
    }),
    misspelt: 'state',
    meant: 'status',
  },
};

/** Types that others extend, and those of classes that only the package makes. */
const NOT_TAKEN = ['BodyOptions', 'ReceivingOptions', 'SqliteFileOptions', 'SqliteOptions', 'VccLiveDatabaseOptions'];

async function refusal(call: Call, added: object): Promise<unknown> {
  try {
    await call(added);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('a misspelt option', () => {
  for (const [name, { call, misspelt, meant, path = '' }] of Object.entries(TAKERS)) {
    it(`of ${name} is refused: ${path}${misspelt}, where ${meant} is meant`, async () => {
      const error = await refusal(call, { [misspelt]: undefined });
      expect(error).to.be.instanceOf(InvalidOptionError);
      expect(error).to.include({ option: `${path}${misspelt}`, got: 'unknown' });
      expect(String(error)).to.include(`"${meant}" if that is meant`);
    });
  }

  it('is refused by everything that takes options', () => {
    const folder = join(ROOT, 'api');
    const reports = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
    const named = reports.flatMap((report) => [...report.matchAll(/^(?:export )?interface (\w+Options)\b/gm)]);
    const types = new Set(named.map(([, type = '']) => type));
    const tried = Object.values(TAKERS).flatMap(({ type = [] }) => type);
    expect([...tried, ...NOT_TAKEN].sort()).to.deep.equal([...types].sort());
  });
});
