/** The plugin for Botkit: what it makes of a controller, in process, against the pretend platform. */
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import express from 'express';
import * as sinon from 'sinon';
import { Botkit, BotkitConversation } from 'botkit';
import type { BotkitConfiguration, BotkitMessage, BotWorker } from 'botkit';
import { MemoryStorage, TurnContext } from 'botbuilder';
import { WaterfallDialog } from 'botbuilder-dialogs';
import type { WaterfallStepContext } from 'botbuilder-dialogs';
import { FacebookAdapter, FacebookEventTypeMiddleware } from 'botbuilder-adapter-facebook';
import type { FacebookAdapterOptions } from 'botbuilder-adapter-facebook';
import { InvalidOptionError, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { HandoverResult, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { handoverPlugin } from 'botbuilder-handover-vcclive/botkit';
import type { HandoverPluginOptions } from 'botbuilder-handover-vcclive/botkit';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SimulatedAgent, SimulatedCustomer } from 'botbuilder-handover-vcclive/simulator';
import { botkitEvents } from '../../src/botbuilder/botkit.js';
import { membersOf } from '../readme/declared-words.js';
import { run } from '../package/pack-package.js';
import { listenLocally, stopServer } from '../kit/listening.js';
import { loggerInto, quietLogger } from '../kit/loggers.js';

const PSID = '6600112233445566';
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const REPOSITORY = join(__dirname, '..', '..');

interface Scene {
  readonly sim: MessengerSimulator;
  readonly url: string;
  readonly handover: VccLiveHandover;
  readonly adapter: FacebookAdapter;
  readonly controller: Botkit;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  /** What the plugin logged as an error. */
  readonly errors: string[];
}

interface SceneOptions {
  readonly adapter?: (sim: MessengerSimulator, handover: VccLiveHandover) => FacebookAdapter;
  readonly handover?: Partial<VccLiveHandoverOptions>;
  readonly plugin?: HandoverPluginOptions;
  readonly botkit?: BotkitConfiguration;
  /** What the bot's author does with the controller before the plugin comes. */
  readonly before?: (controller: Botkit) => void;
}

describe('The plugin for Botkit', () => {
  const closing: (() => unknown)[] = [];

  afterEach(async () => {
    sinon.restore();
    for (const close of closing.splice(0)) await close();
  });

  function handoverOf(sim: MessengerSimulator, options: Partial<VccLiveHandoverOptions> = {}): VccLiveHandover {
    const { botAppId, vccLiveAppId, pageAccessToken, appSecret } = sim.settings;
    const graph = { baseUrl: sim.graphBaseUrl };
    return new VccLiveHandover({
      botAppId,
      vccLiveAppId,
      pageAccessToken,
      appSecret,
      graph,
      logger: quietLogger,
      // The features of these controllers hear "human" themselves, which the default phrases hear as well.
      talkToAgent: 'talk to agent',
      ...options,
    });
  }

  function stock(sim: MessengerSimulator, options: Partial<FacebookAdapterOptions> = {}): FacebookAdapter {
    const { verifyToken, appSecret, pageAccessToken } = sim.settings;
    // It speaks https only, so its own calls end nowhere.
    const nowhere = { api_host: '127.0.0.1:9' };
    const own = { verify_token: verifyToken, app_secret: appSecret, access_token: pageAccessToken };
    return new FacebookAdapter({ ...nowhere, ...own, ...options });
  }

  /** A Botkit bot on an express server of its author's, so that it listens on the loopback address only. */
  async function scene(options: SceneOptions = {}): Promise<Scene> {
    const sim = await MessengerSimulator.start();
    const errors: string[] = [];
    const logger = loggerInto(errors, 'error');
    const handover = handoverOf(sim, { logger, ...options.handover });
    const adapter = options.adapter?.(sim, handover) ?? stock(sim);
    const webserver = express();
    const server: Server = createServer(webserver);
    const controller = new Botkit({
      adapter,
      webserver,
      disable_console: true,
      storage: new MemoryStorage(),
      ...options.botkit,
    });
    options.before?.(controller);
    controller.usePlugin(handoverPlugin(handover, options.plugin));
    const url = `${await listenLocally(server)}/api/messages`;
    sim.connectBot(url);
    closing.push(async () => {
      await stopServer(server);
      await sim.stop();
    });
    const customer = sim.customer(PSID);
    return { sim, url, handover, adapter, controller, customer, agent: sim.agent(), errors };
  }

  /** Answers every message with its text. */
  function echo(controller: Botkit): void {
    controller.on('message', async (bot, message) => {
      await bot.reply(message, `bot: ${message.text}`);
    });
  }

  describe('names what its author forgot', () => {
    it('usePlugin(handover) without handoverPlugin: Botkit writes an error that names the call', () => {
      const complaints = sinon.stub(console, 'error');
      const controller = new Botkit({ disable_webserver: true, disable_console: true, storage: new MemoryStorage() });
      const handover = new VccLiveHandover({
        botAppId: '1',
        vccLiveAppId: '2',
        pageAccessToken: 't',
        logger: quietLogger,
      });
      controller.usePlugin(handover);
      expect(complaints.args.flat().map(String).join(' ')).to.include('controller.usePlugin(handoverPlugin(handover))');
    });

    for (const begins of ['bot.beginDialog', 'bot.replaceDialog'] as const) {
      it(`${begins} without addDialog: the turn fails with dialogMissing, which names the call`, async () => {
        const { controller, adapter, customer } = await scene();
        const failures: unknown[] = [];
        adapter.onTurnError = async (_context, error) => void failures.push(error);
        controller.hears(['complain'], 'message', async (bot) => {
          await (begins === 'bot.beginDialog'
            ? bot.beginDialog('vccLiveHandover')
            : bot.replaceDialog('vccLiveHandover'));
        });
        await customer.says('complain');
        expect(failures).to.have.length(1);
        expect(failures[0]).to.include({ code: 'dialogMissing' });
        expect(String(failures[0])).to.include('controller.addDialog(handover.dialog())');
      });
    }
  });

  describe('is refused', () => {
    it('at once where the handover is none, because Botkit swallows what fails later', () => {
      for (const wrong of [undefined, null, {}, { handover: {} }, 'handover']) {
        expect(() => handoverPlugin(wrong as never)).to.throw(InvalidOptionError, /"handover"/);
      }
    });

    it('out of usePlugin where the adapter has no verify token', async () => {
      const sim = await MessengerSimulator.start();
      closing.push(() => sim.stop());
      const adapter = stock(sim, { verify_token: '' });
      const controller = new Botkit({
        adapter,
        disable_webserver: true,
        disable_console: true,
        storage: new MemoryStorage(),
      });
      const plugin = handoverPlugin(handoverOf(sim));
      expect(() => controller.usePlugin(plugin)).to.throw(InvalidOptionError, /verify_token/);
    });

    it('a second time with another handover, while the same one may be given twice', async () => {
      const { sim, controller, handover, customer } = await scene();
      controller.usePlugin(handoverPlugin(handover));
      expect(() => controller.usePlugin(handoverPlugin(handoverOf(sim)))).to.throw(InvalidOptionError, /"handover"/);
      const events: string[] = [];
      controller.on('handover_passed', async (_bot, { type }) => void events.push(type));
      await customer.says('talk to agent');
      await until(() => events.length > 0);
      expect(events).to.deep.equal(['handover_passed']);
    });
  });

  it('loads neither Botkit nor the Facebook adapter', async () => {
    const script = `
      require('tsx/cjs');
      require('./src/botbuilder/botkit.ts');
      const loaded = Object.keys(require.cache).filter((file) => /node_modules.(botkit|botbuilder-adapter-facebook|request)[\\\\/]/.test(file));
      console.log(JSON.stringify(loaded));`;
    const ended = await run(process.execPath, ['-e', script], REPOSITORY);
    expect(ended.stdout.trim(), ended.stderr).to.equal('[]');
  });

  it('works for a controller on another adapter, without the Facebook adapter', async () => {
    const sim = await MessengerSimulator.start();
    closing.push(() => sim.stop());
    const handover = handoverOf(sim);
    const seen: string[] = [];
    const controller = new Botkit({ disable_webserver: true, disable_console: true, storage: new MemoryStorage() });
    controller.adapter.use(async (_context: TurnContext, next: () => Promise<void>) => {
      seen.push('an earlier middleware');
      await next();
    });
    controller.usePlugin(handoverPlugin(handover));
    const standby = {
      type: 'event',
      name: 'standby',
      channelId: 'facebook',
      channelData: {
        id: sim.settings.pageId,
        time: 1,
        standby: [
          {
            sender: { id: PSID },
            recipient: { id: sim.settings.pageId },
            timestamp: Date.now(),
            message: { mid: 'm_azure', text: 'to the agent' },
          },
        ],
      },
    };
    const told: string[] = [];
    handover.on('standbyMessage', ({ from }) => told.push(from));
    const context = new TurnContext(controller.adapter, standby);
    await controller.adapter.runMiddleware(context, controller.handleTurn.bind(controller));
    expect(told).to.deep.equal(['customer']);
    expect(seen).to.deep.equal([]);
  });

  it('leaves a HandoverFacebookAdapter as it is', async () => {
    const { controller, customer, agent, sim } = await scene({
      adapter: (simulator, handover) =>
        new HandoverFacebookAdapter({ handover, verify_token: simulator.settings.verifyToken, maxBodyBytes: 2000 }),
    });
    echo(controller);
    await customer.says('hello');
    await customer.says('talk to agent');
    await customer.says('to the agent');
    await agent.handsBack(PSID);
    await customer.says('bye');
    expect(customer.hears()).to.deep.equal(['bot: hello', CONNECTING, 'bot: bye']);
    expect((await sim.verifyWebhook()).ok).to.equal(true);
    expect((await sim.deliverRaw(' '.repeat(2001))).status).to.equal(413);
  });

  it('answers the verification before the stock route does', async () => {
    const { sim, url } = await scene();
    expect(await sim.verifyWebhook()).to.include({ ok: true, status: 200 });
    for (const query of ['?hub.mode=subscribe&hub.verify_token=guessed&hub.challenge=42', '?hub.mode=other', '']) {
      const answer = await fetch(`${url}${query}`);
      expect(answer.status, query).to.equal(403);
    }
  });

  it('hands over before any other middleware, also one that was added first', async () => {
    const { controller, customer, agent } = await scene({
      adapter: (sim) => stock(sim).use(new FacebookEventTypeMiddleware()),
    });
    echo(controller);
    const types: string[] = [];
    controller.middleware.ingest.use((_bot: unknown, message: BotkitMessage, next: () => void) => {
      types.push(message.type);
      next();
    });
    await customer.says('talk to agent');
    await customer.says('to the agent');
    await agent.says(PSID, 'This is Anna.');
    await customer.presses('MENU');
    expect(types).to.deep.equal([]);
    await agent.handsBack(PSID);
    await customer.says('bye');
    expect(types).to.deep.equal(['message']);
    expect(customer.hears()).to.deep.equal([CONNECTING, 'This is Anna.', 'bot: bye']);
  });

  it('is there for features as controller.plugins.handover', async () => {
    const { controller, customer, agent } = await scene();
    controller.hears(['complain'], 'message', async (_bot, message) => {
      await controller.plugins['handover'].toAgent(message['context'], { reason: 'from a feature' });
    });
    await customer.says('complain!');
    expect(agent.queue().map(({ metadata }) => JSON.parse(metadata ?? '{}').reason)).to.deep.equal(['from a feature']);
  });

  describe('keeps silent while the agent has the thread', () => {
    it('what a handler still says after its turn handed over: bot.say and bot.reply resolve', async () => {
      const { controller, handover, customer, agent } = await scene();
      const reasons: string[] = [];
      handover.on('suppressed', ({ reason }) => reasons.push(reason));
      const said: unknown[] = [];
      controller.hears(['complain'], 'message', async (bot, message) => {
        await handover.toAgent(message['context']);
        said.push(await bot.say('one'), await bot.reply(message, 'two'));
      });
      await customer.says('complain');
      expect(customer.hears()).to.deep.equal([CONNECTING]);
      expect(said).to.deep.equal([{ id: '' }, { id: '' }]);
      expect(reasons).to.deep.equal(['handedOver', 'handedOver']);
      expect(agent.queue()).to.have.length(1);
    });

    it('startConversationWithUser, changeContext and a dialog begun there; and lets them out when it is home', async () => {
      const { sim, controller, customer, agent } = await scene();
      let reference: unknown;
      controller.on('message', async (_bot, message) => void (reference = message.reference));
      const news = new BotkitConversation('news', controller);
      news.say('dialog');
      controller.addDialog(news);
      const proactive = async (): Promise<void> => {
        const bot: any = await controller.spawn(sim.settings.pageId);
        await bot.startConversationWithUser(PSID);
        await bot.say('start');
        const again = await controller.spawn();
        await again.changeContext(reference as never);
        await again.say('change');
        await again.beginDialog('news');
      };
      await customer.says('hello');
      await customer.says('talk to agent');
      await proactive();
      expect(customer.hears()).to.deep.equal([CONNECTING]);
      await agent.handsBack(PSID);
      await proactive();
      expect(customer.hears().slice(1)).to.deep.equal(['start', 'change', 'dialog']);
    });

    it('changeContext to a reference that somebody made by hand, without a Page', async () => {
      const { controller, handover, customer, agent } = await scene();
      const reasons: string[] = [];
      handover.on('suppressed', ({ reason }) => reasons.push(reason));
      const proactive = async (text: string): Promise<void> => {
        const bot = await controller.spawn();
        await bot.changeContext({ channelId: 'facebook', conversation: { id: PSID }, user: { id: PSID } } as never);
        await bot.say(text);
      };
      await customer.says('hello');
      await proactive('news');
      await customer.says('talk to agent');
      await proactive('over the agent');
      await agent.handsBack(PSID);
      await proactive('home again');
      expect(customer.hears()).to.deep.equal(['news', CONNECTING, 'home again']);
      expect(reasons).to.deep.equal(['anotherAppOwns']);
    });

    it('startConversationWithUser with a customer of whom the bot knows nothing, after asking Meta', async () => {
      const { sim, controller, handover, agent } = await scene();
      const stranger = sim.customer('7700112233445566');
      const reasons: string[] = [];
      handover.on('suppressed', ({ reason }) => reasons.push(reason));
      sim.weather.botDown.always();
      await stranger.says('hello');
      await agent.takes(stranger.psid);
      const bot: any = await controller.spawn(sim.settings.pageId);
      await bot.startConversationWithUser(stranger.psid);
      await bot.say('news');
      expect(reasons).to.deep.equal(['anotherAppOwns']);
      expect(stranger.hears()).to.deep.equal([]);
      expect(sim.wire.of('graph').map(({ edge }) => edge))
        .to.include('thread_owner')
        .and.not.include('messages');
    });

    it('a BotkitConversation that waits for an answer: what the customer tells the agent is none', async () => {
      const { controller, customer, agent } = await scene();
      const order = new BotkitConversation('order', controller);
      order.ask('What is your name?', async () => undefined, 'name');
      order.say('Thank you, {{vars.name}}.');
      controller.addDialog(order);
      controller.hears(['order'], 'message', begins('order'));
      await customer.says('order');
      await customer.says('talk to agent');
      await customer.says('My parcel is late.');
      await agent.says(PSID, 'I see.');
      await agent.handsBack(PSID);
      await customer.says('Anna');
      expect(customer.hears()).to.deep.equal(['What is your name?', CONNECTING, 'I see.', 'Thank you, Anna.']);
    });

    it('also where hand-backs run the logic: a handoff.status event is no answer either, but is heard', async () => {
      const { controller, customer, agent } = await scene({ handover: { statusEvents: true } });
      const order = new BotkitConversation('order', controller);
      order.ask('What is your name?', async () => undefined, 'name');
      order.say('Thank you, {{vars.name}}.');
      controller.addDialog(order);
      controller.hears(['order'], 'message', begins('order'));
      const events: unknown[] = [];
      controller.on('event', async (_bot, { incoming_message }) => {
        // Echoes of the bot's own messages are events without a name.
        if (incoming_message.name) events.push(incoming_message.name);
      });
      await customer.says('order');
      await customer.says('talk to agent');
      await agent.handsBack(PSID);
      await customer.says('Anna');
      expect(customer.hears()).to.deep.equal(['What is your name?', CONNECTING, 'Thank you, Anna.']);
      expect(events).to.deep.equal(['handoff.status']);
    });
  });

  describe('looks after a question of a BotkitConversation that was open when the thread was passed', () => {
    async function ordering(openPrompt: 'repeat' | 'drop'): Promise<Scene> {
      const stage = await scene({ handover: { openPrompt } });
      const order = new BotkitConversation('order', stage.controller);
      order.ask('What is your name?', async () => undefined, 'name');
      order.say('Thank you, {{vars.name}}.');
      stage.controller.addDialog(order);
      stage.controller.hears(['order'], 'message', begins('order'));
      stage.controller.on('message', async (bot, message) => {
        await bot.reply(message, `bot: ${message.text}`);
      });
      await stage.customer.says('order');
      await stage.customer.says('talk to agent');
      return stage;
    }

    it('repeat: asks it again', async () => {
      const { customer, agent } = await ordering('repeat');
      await agent.handsBack(PSID);
      await customer.says('Anna');
      expect(customer.hears().slice(2)).to.deep.equal(['What is your name?', 'Thank you, Anna.']);
    });

    it('drop: it is gone, and stays gone', async () => {
      const { customer, agent } = await ordering('drop');
      await agent.handsBack(PSID);
      await customer.says('Anna');
      await customer.says('hello');
      expect(customer.hears().slice(2)).to.deep.equal(['bot: Anna', 'bot: hello']);
    });
  });

  describe('resumes dialogs', () => {
    it('begun by bot.beginDialog: afterDialog has the result', async () => {
      const { controller, handover, customer, agent } = await scene();
      const results: HandoverResult[] = [];
      controller.addDialog(handover.dialog());
      controller.hears(['complain'], 'message', async (bot) => {
        await bot.beginDialog('vccLiveHandover', { reason: 'asked', notice: 'I get somebody.' });
      });
      controller.afterDialog('vccLiveHandover', async (bot, result) => {
        results.push(result as never);
        await bot.say('Welcome back!');
      });
      await customer.says('complain');
      expect(JSON.parse(agent.queue()[0]?.metadata ?? '{}')).to.include({ reason: 'asked' });
      await agent.handsBack(PSID, 'solved');
      expect(customer.hears()).to.deep.equal(['I get somebody.', 'Welcome back!']);
      expect(results.map(({ outcome, via, metadata }) => ({ outcome, via, metadata }))).to.deep.equal([
        { outcome: 'completed', via: 'passBack', metadata: 'solved' },
      ]);
    });

    it('within a BotkitConversation by addChildDialog: it goes on with the result in a variable', async () => {
      const { controller, handover, customer, agent } = await scene();
      controller.addDialog(handover.dialog());
      const help = new BotkitConversation('help', controller);
      help.say('Let me see.');
      help.addChildDialog('vccLiveHandover', 'handover');
      help.say('Back again: {{vars.handover.outcome}} via {{vars.handover.via}}');
      controller.addDialog(help);
      controller.hears(['help'], 'message', begins('help'));
      await customer.says('help');
      await customer.says('to the agent');
      await agent.handsBack(PSID);
      expect(customer.hears()).to.deep.equal(['Let me see.', CONNECTING, 'Back again: completed via passBack']);
    });

    it('within a BotkitConversation by bot.beginDialog in the handler of an answer: it goes on', async () => {
      const { controller, handover, customer, agent } = await scene();
      controller.addDialog(handover.dialog());
      const help = new BotkitConversation('help', controller);
      const yes = {
        pattern: 'yes',
        handler: async (_answer: string, _convo: unknown, bot: BotWorker) => {
          await bot.beginDialog('vccLiveHandover');
        },
      };
      help.ask('Shall I get an agent?', [yes], 'wanted');
      help.say('Back again');
      controller.addDialog(help);
      controller.hears(['help'], 'message', begins('help'));
      await customer.says('help');
      await customer.says('yes');
      await customer.says('to the agent');
      await agent.handsBack(PSID);
      expect(customer.hears()).to.deep.equal(['Shall I get an agent?', CONNECTING, 'Back again']);
    });

    it('that a BotkitConversation goes to: afterDialog has the result', async () => {
      const { controller, handover, customer, agent } = await scene();
      controller.addDialog(handover.dialog());
      const help = new BotkitConversation('help', controller);
      help.say('I get somebody.');
      help.addGotoDialog('vccLiveHandover');
      controller.addDialog(help);
      controller.hears(['help'], 'message', begins('help'));
      const outcomes: string[] = [];
      controller.afterDialog('vccLiveHandover', async (_bot, result) => void outcomes.push(result['outcome']));
      await customer.says('help');
      await agent.handsBack(PSID);
      expect(customer.hears()).to.deep.equal(['I get somebody.', CONNECTING]);
      expect(outcomes).to.deep.equal(['completed']);
    });

    it('of a waterfall with handover.step(), also by the message that follows a silent release', async () => {
      const { controller, handover, customer, agent } = await scene();
      echo(controller);
      controller.addDialog(handover.dialog());
      const welcome = async (step: WaterfallStepContext) => {
        await step.context.sendActivity(`ended: ${(step.result as HandoverResult).via}`);
        return step.endDialog();
      };
      controller.addDialog(new WaterfallDialog('agent', [handover.step(), welcome]));
      controller.hears(['complain'], 'message', begins('agent'));
      await customer.says('complain');
      await agent.releases(PSID);
      await customer.says('hello?');
      await customer.says('bye');
      expect(customer.hears()).to.deep.equal([CONNECTING, 'ended: message', 'bot: bye']);
    });

    it('when the application takes the thread back outside any turn', async () => {
      const { sim, controller, handover, customer } = await scene();
      controller.addDialog(handover.dialog());
      controller.hears(['complain'], 'message', begins('vccLiveHandover'));
      controller.afterDialog('vccLiveHandover', async (bot, result) => {
        await bot.say(`ended: ${result['outcome']}`);
      });
      await customer.says('complain');
      await handover.take({ pageId: sim.settings.pageId, psid: PSID });
      expect(customer.hears()).to.deep.equal([CONNECTING, 'ended: takenBack']);
    });

    it('once, though the hand-back comes twice', async () => {
      const { sim, controller, handover, customer, agent } = await scene();
      controller.addDialog(handover.dialog());
      controller.hears(['complain'], 'message', begins('vccLiveHandover'));
      controller.afterDialog('vccLiveHandover', async (bot) => {
        await bot.say('Welcome back!');
      });
      await customer.says('complain');
      sim.weather.duplicates = 1;
      await agent.handsBack(PSID);
      expect(customer.hears()).to.deep.equal([CONNECTING, 'Welcome back!']);
    });
  });

  describe('triggers events', () => {
    it('for every piece of news that the plugin has', () => {
      expect(Object.keys(botkitEvents).sort()).to.deep.equal(
        membersOf('src/handover/events.ts', 'HandoverEventMap').sort(),
      );
      const page = readFileSync(join(REPOSITORY, 'docs', 'botkit.md'), 'utf8');
      for (const name of Object.values(botkitEvents)) expect(page).to.include(`| \`${name}\``);
    });

    it('whose handlers can speak to the customer, by bot.say and bot.reply', async () => {
      const { controller, customer, agent } = await scene();
      const messages: BotkitMessage[] = [];
      const silent: unknown[] = [];
      controller.on('handover_passed, handover_returned, handover_suppressed', async (bot, message) => {
        messages.push(message);
        // Whatever it said here would be suppressed, and tell of itself again.
        if (message.type === 'handover_suppressed') return void silent.push(bot);
        await bot.say(`said on ${message.type}`);
        await bot.reply(message, 'replied');
      });
      await customer.says('talk to agent');
      await agent.handsBack(PSID);
      await until(() => customer.hears().length === 3);
      expect(customer.hears()).to.deep.equal([CONNECTING, 'said on handover_returned', 'replied']);
      expect(silent).to.deep.equal([undefined, undefined]);
      const [passed, , , returned] = messages;
      expect(messages.map(({ type }) => type)).to.deep.equal([
        'handover_passed',
        'handover_suppressed',
        'handover_suppressed',
        'handover_returned',
      ]);
      expect(passed).to.include({ user: PSID, channel: PSID });
      expect(returned?.['result']).to.include({ outcome: 'completed', handoverId: passed?.['handoverId'] });
    });

    it('and a handler that fails is logged, and hurts nobody', async () => {
      const complaints = sinon.stub(console, 'error');
      const { controller, customer, errors } = await scene();
      controller.on('handover_passed', async () => {
        throw new Error('boom');
      });
      await customer.says('talk to agent');
      await until(() => errors.length > 0);
      expect(errors.join()).to.include('handover_passed').and.include('boom');
      expect(complaints.called).to.equal(true);
    });
  });

  describe('sees a turn through', () => {
    it('that fails in a handler: onTurnError hears of it, Meta is answered, the next message runs', async () => {
      sinon.stub(console, 'error');
      const { sim, adapter, controller, customer } = await scene();
      const failures: string[] = [];
      adapter.onTurnError = async (context, error) => {
        failures.push(error.message);
        await context.sendActivity('Sorry.');
      };
      controller.hears(['fail'], 'message', async () => {
        throw new Error('boom');
      });
      controller.interrupts(['stop'], 'message', async () => {
        throw new Error('crash');
      });
      echo(controller);
      controller.on('message', async () => {
        throw new Error('bang');
      });
      for (const text of ['fail', 'stop', 'hello']) await customer.says(text);
      expect(failures.join()).to.match(/boom,.*crash,.*bang/);
      expect(customer.hears()).to.deep.equal(['Sorry.', 'Sorry.', 'bot: hello', 'Sorry.']);
      await sim.settled();
      const outcomes = sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
      expect([...new Set(outcomes.map(({ outcome }) => outcome))]).to.deep.equal(['acknowledged']);
    });

    it('that fails in a dialog, whose state stays as it was: the question is still open', async () => {
      const { adapter, controller, customer } = await scene();
      const failures: string[] = [];
      adapter.onTurnError = async (_context, error) => void failures.push(error.message);
      const order = new BotkitConversation('order', controller);
      const check = async (answer: string) => {
        if (answer === 'Anna') throw new Error('boom');
      };
      order.ask('What is your name?', check, 'name');
      order.say('Thank you, {{vars.name}}.');
      controller.addDialog(order);
      controller.hears(['order'], 'message', begins('order'));
      await customer.says('order');
      await customer.says('Anna');
      await customer.says('Eve');
      expect(failures.join()).to.include('boom');
      expect(customer.hears()).to.deep.equal(['What is your name?', 'Thank you, Eve.']);
    });

    it('whose state cannot be saved', async () => {
      const storage = new MemoryStorage();
      const { adapter, controller, customer } = await scene({ botkit: { storage } });
      const failures: string[] = [];
      adapter.onTurnError = async (_context, error) => void failures.push(error.message);
      const order = new BotkitConversation('order', controller);
      order.ask('What is your name?', async () => undefined, 'name');
      order.say('Thank you, {{vars.name}}.');
      controller.addDialog(order);
      controller.hears(['order'], 'message', begins('order'));
      await customer.says('order');
      sinon.stub(storage, 'write').rejects(new Error('storage full'));
      await customer.says('Anna');
      // The echo of the answer is a turn, too.
      expect([...new Set(failures)]).to.deep.equal(['storage full']);
      sinon.restore();
      await customer.says('Eve');
      expect(customer.hears().at(-1)).to.equal('Thank you, Eve.');
    });

    it('in which Meta refuses a message: it is logged, as with the stock adapter, and the handler goes on', async () => {
      const { sim, controller, customer, errors } = await scene();
      const done: string[] = [];
      controller.on('message', async (bot, message) => {
        await bot.reply(message, 'refused');
        done.push('handler');
      });
      sim.weather.sendRefused.always({ reason: 'blocked' });
      await customer.says('hello');
      expect(done).to.deep.equal(['handler']);
      expect(errors.join('\n')).to.include('was not sent');
      expect(errors.join('\n')).not.to.include(sim.settings.pageAccessToken);
    });

    it('for which no token can be had: onTurnError hears of it', async () => {
      const { adapter, customer } = await scene({
        adapter: (sim) => {
          const { verifyToken, appSecret } = sim.settings;
          return new FacebookAdapter({
            verify_token: verifyToken,
            app_secret: appSecret,
            getAccessTokenForPage: async () => Promise.reject(new Error('no token')),
          });
        },
      });
      const failures: string[] = [];
      adapter.onTurnError = async (_context, error) => void failures.push(error.message);
      await customer.says('hello');
      expect(failures).to.deep.equal(['no token']);
    });

    it('that never ends, because a middleware does not call next: Meta is answered at the deadline', async () => {
      const { sim, controller, customer } = await scene({ plugin: { ackDeadlineMs: 30 } });
      controller.middleware.receive.use((_bot: unknown, _message: unknown, _next: () => void) => undefined);
      await customer.says('hello');
      const [webhook] = sim.wire.of('webhook').filter(({ appName }) => appName === 'bot');
      expect(webhook).to.include({ outcome: 'acknowledged', status: 200 });
    });
  });

  it('keeps what Botkit has: quick replies, postbacks, interrupts before dialogs', async () => {
    const { controller, customer } = await scene({
      adapter: (sim) => stock(sim).use(new FacebookEventTypeMiddleware()),
    });
    controller.on('message', async (bot, message) => {
      await bot.reply(message, {
        text: 'Choose',
        quick_replies: [{ content_type: 'text', title: 'Yes', payload: 'YES' }],
      });
    });
    controller.on('facebook_postback', async (bot, message) => {
      await bot.reply(message, `pressed ${message.text}`);
    });
    controller.interrupts(['quit'], 'message', async (bot, message) => {
      await bot.reply(message, 'quit');
    });
    await customer.says('hello');
    await customer.presses('MENU');
    await customer.says('quit');
    expect(customer.hears()).to.deep.equal(['Choose', 'pressed MENU', 'quit']);
  });
});

/** A handler that begins a dialog. */
function begins(dialog: string): (bot: BotWorker) => Promise<void> {
  return async (bot) => {
    await bot.beginDialog(dialog);
  };
}

/** Resolves when `fits` holds; looked at every few milliseconds, for a second. */
async function until(fits: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !fits(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!fits()) throw new Error(`It did not come true: ${fits.toString()}`);
}
