/** The examples of the guide (set-up, production, moving, watching) compile as they stand, and do what their pages say. */
import { createHmac } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { TurnContext } from 'botbuilder';
import { MemoryStorage } from 'botbuilder';
import * as plugin from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { openTelemetry } from 'botbuilder-handover-vcclive/opentelemetry';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { expect } from 'chai';
import pino from 'pino';
import { createLogger, format, transports } from 'winston';
import { closeScenes, connection, scene } from '../integration/scene.js';
import { compile, run } from './compile-examples.js';
import { codeBlocksOf, examplesOf, paper } from './readme-examples.js';
import { originOf } from '../kit/listening.js';

const COMPILING_LIMIT_MS = 120_000;
const PAGES = ['docs/set-up.md', 'docs/going-to-production.md', 'docs/moving.md', 'docs/watching-it.md'];

/** What the examples of a page take from their surroundings, for the compiler. */
const CONNECTION = `
import type { VccLiveHandoverOptions as Options } from 'botbuilder-handover-vcclive';
declare const connection: Pick<Options, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret'>;
`;
const HANDOVER = `import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
declare const handover: VccLiveHandover;
`;
const AROUND: Readonly<Record<string, string>> = {
  production: `${CONNECTION}declare const tokens: { read(pageId: string): Promise<string> };\n`,
  shutdown:
    "import type { Server } from 'node:http';\nimport type { VccLiveHandover } from 'botbuilder-handover-vcclive';\ndeclare const server: Server; declare const handover: VccLiveHandover;\n",
  'by-hand':
    "import type { TurnContext } from 'botbuilder';\ndeclare function passThreadControl(psid: string): Promise<void>;\n",
  'with-the-plugin': `${CONNECTION}import type { TurnContext } from 'botbuilder';\nimport { VccLiveHandover } from 'botbuilder-handover-vcclive';\n`,
  'new-adapter': `import { createServer as serve } from 'restify';
import type { ActivityHandler } from 'botbuilder';
import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
declare const handover: VccLiveHandover; declare const verify_token: string; declare const bot: ActivityHandler;
const server = serve();
`,
  logger: CONNECTION,
  winston: CONNECTION,
  opentelemetry: CONNECTION,
  botTelemetry: CONNECTION,
  prometheus: CONNECTION,
  health: HANDOVER,
  probes: HANDOVER,
};

describe('the guide', () => {
  const pages = PAGES.map((name) => ({ name, text: paper(name), examples: examplesOf(paper(name)) }));
  const example = (name: string): string =>
    pages.map(({ examples }) => examples.get(name)).find((code) => code !== undefined) ?? '';
  afterEach(closeScenes);

  it('marks every block of code as an example', () => {
    for (const { name, text, examples } of pages) expect(codeBlocksOf(text), name).to.equal(examples.size);
    expect(pages.reduce((sum, { examples }) => sum + examples.size, 0)).to.equal(16);
  });

  it('has examples that compile as strictly as the package itself', () => {
    const all = pages.flatMap(({ examples }) => [...examples]);
    const sources = all.map(([name, code]) => [name, `${AROUND[name] ?? ''}${code}\nexport {};`] as const);
    // What an example only shows is not used by it.
    expect(compile(new Map(sources)).filter((line) => !line.includes('TS6133'))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);

  it('has a bot that is set up by its environment, and hands over', async () => {
    const simulator = await MessengerSimulator.start();
    const { settings } = simulator;
    const env = {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: simulator.graphBaseUrl,
      PORT: '0',
    };
    const known = { ...plugin, createServer, HandoverFacebookAdapter, process: { env } };
    const server = run(example('bot'), known)['server'] as Server;
    try {
      if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
      simulator.connectBot(`${originOf(server)}/api/messages`);
      const customer = simulator.customer('6600112233445566');
      await customer.says('Hello');
      await customer.says('talk to agent');
      await simulator.settled();
      expect(customer.hears()).to.deep.equal([
        'Write "talk to agent" and somebody will answer.',
        "I'm connecting you to an agent. One moment, please.",
      ]);
      expect(simulator.ownerOf(customer.psid).owner).to.equal(settings.vccLiveAppId);
    } finally {
      server.closeAllConnections();
      server.close();
      await simulator.stop();
    }
  });

  it('has the call that subscribes the Page', async () => {
    const simulator = await MessengerSimulator.start();
    const { pageId, pageAccessToken, appSecret } = simulator.settings;
    try {
      const subscribe = run(example('subscribe'), { createHmac, fetch })['subscribe'] as (
        ...given: string[]
      ) => Promise<object>;
      const answer = await subscribe(simulator.graphBaseUrl, pageId, pageAccessToken, appSecret);
      expect(answer).to.deep.equal({ success: true });
    } finally {
      await simulator.stop();
    }
  });

  it('has options for production that the plugin takes, and reads the token for each call', async () => {
    const stage = await scene();
    const read: string[] = [];
    const tokens = {
      read: async (pageId: string) => {
        read.push(pageId);
        return stage.sim.settings.pageAccessToken;
      },
    };
    const { graph, ...ids } = connection(stage.sim);
    const known = { ...plugin, connection: { ...ids, graph }, tokens };
    const make = run(example('production'), known)['productionHandover'] as (
      storage: MemoryStorage,
    ) => plugin.VccLiveHandover;
    const handover = make(new MemoryStorage());
    expect(await handover.ownerOf(stage.thread, { ask: true })).to.have.property('owner');
    expect(read).to.deep.equal([stage.thread.pageId]);
    await handover.close();
  });

  it('has a shutdown that closes the handover first', async () => {
    const order: string[] = [];
    const handover = { close: async () => void order.push('handover') };
    const closed = new Promise<void>((resolve) => {
      const server = {
        close: () => {
          order.push('server');
          resolve();
        },
      };
      const signals = new EventEmitter();
      run(example('shutdown'), { process: signals, server, handover });
      signals.emit('SIGTERM');
    });
    await closed;
    expect(order).to.deep.equal(['handover', 'server']);
  });

  it('has a bot by hand and one with the plugin that do the same for the customer, until the thread comes home', async () => {
    const byHand = await scene({ handover: { talkToAgent: [] } });
    const flag = { withAgent: false };
    const { handover: other, thread } = { handover: byHand.bot.handover, thread: byHand.thread };
    const old = run(example('by-hand'), {
      passThreadControl: async () => {
        const { botAppId, pageAccessToken } = connection(byHand.sim);
        const client = new plugin.ThreadControlClient({
          botAppId,
          pageAccessToken,
          baseUrl: byHand.sim.graphBaseUrl,
          appSecret: byHand.sim.settings.appSecret,
        });
        await client.pass(thread, byHand.sim.settings.vccLiveAppId);
        client.close();
      },
    })['onMessage'] as (context: TurnContext, state: object) => Promise<void>;
    byHand.bot.logic = (context) => old(context, flag);
    expect(other).not.to.equal(undefined);

    const made = run(example('with-the-plugin'), { VccLiveHandover: Kept, connection: {} });
    const withPlugin = await scene({ handover: (made['handover'] as Kept).options });
    withPlugin.bot.logic = async (context) => {
      if (context.activity.type === 'message')
        await (made['onMessage'] as (turn: TurnContext) => Promise<void>)(context);
    };
    for (const stage of [byHand, withPlugin]) {
      await stage.customer.says('hello');
      await stage.customer.says('agent');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.customer.hears()).to.deep.equal(['You said: hello', 'One moment.']);
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('back again');
    }
    expect(withPlugin.customer.hears().at(-1)).to.equal('You said: back again');
    // The flag knows nothing of a release.
    expect(byHand.customer.hears().at(-1)).to.equal('One moment.');
  });

  it('has loggers and telemetry that the plugin takes', () => {
    const known = {
      ...plugin,
      createLogger,
      format,
      transports,
      pino: () => pino({ level: 'silent' }),
      openTelemetry,
      connection: IDS,
    };
    for (const name of ['logger', 'winston', 'opentelemetry']) {
      expect(run(example(name), known)['handover'], name).to.be.instanceOf(plugin.VccLiveHandover);
    }
    const make = run(example('botTelemetry'), known)['watched'] as (client: object) => unknown;
    expect(make({ trackEvent: () => undefined })).to.be.instanceOf(plugin.VccLiveHandover);
    expect(run(example('label'), plugin)['label']).to.match(/^[0-9a-f]{10}$/);
  });

  it('has a probe of one’s own that counts who waits', async () => {
    const code = `${example('own')}\nconst waitingNow = () => waiting;`;
    const { queueLength, waitingNow } = run(code, {}) as { queueLength: plugin.Probe; waitingNow: () => number };
    const stage = await scene({ handover: { telemetry: queueLength } });
    await stage.customer.says('talk to agent');
    expect(waitingNow()).to.equal(1);
    await stage.agent.says(stage.customer.psid, 'Hello');
    expect(waitingNow()).to.equal(0);
  });
});

const IDS = { botAppId: '1', vccLiveAppId: '2', pageAccessToken: 'token' };

class Kept {
  readonly options: Partial<plugin.VccLiveHandoverOptions>;
  constructor(options: Partial<plugin.VccLiveHandoverOptions>) {
    this.options = options;
  }
}
