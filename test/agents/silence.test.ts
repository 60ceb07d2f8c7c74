/** What the SDK sends by ways of its own stays in while an agent has the thread; what Meta refuses is silence. */
import { Activity } from '@microsoft/agents-activity';
import { CloudAdapter, TurnContext } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import { VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import type { ApplicationOptions, MakeBot } from '../integration/transports/agents-hosts.js';
import { routesBot, startCloud, startMessenger } from '../integration/transports/agents-hosts.js';
import { closePlays, playOn } from '../integration/transports/transports.js';
import type { Play, TransportOptions } from '../integration/transports/transports.js';

const SILENT = { handover: { texts: { connecting: null } } } as const;
const HOSTS = { CloudAdapter: startCloud, MessengerAdapter: startMessenger } as const;

for (const [name, start] of Object.entries(HOSTS)) {
  const play = (make: MakeBot, options: TransportOptions = {}, how: ApplicationOptions = {}): Promise<Play> =>
    playOn({ start: (ground, given) => start(ground, given, make, how) }, options);

  describe(`While an agent has the thread, on ${name}`, () => {
    afterEach(closePlays);

    it('the typing indicator of startTypingTimer stays in', async () => {
      const kept: unknown[] = [];
      const make: MakeBot = (app, handover) => {
        app.onMessage('agent please', async (context) => {
          app.stopTypingTimer(context);
          await handover.transfer(context);
          const suppressed = new Promise<void>((resolve) => {
            handover.on('suppressed', ({ activity }) => {
              kept.push((activity as { readonly type?: string }).type);
              resolve();
            });
          });
          app.startTypingTimer(context);
          await suppressed;
        });
      };
      const stage = await play(make, SILENT, { startTypingTimer: true, typing: { initialDelayMs: 0, intervalMs: 1 } });
      await stage.customer.says('agent please');
      expect([stage.owner(), kept[0]]).to.deep.equal(['vccLive', 'typing']);
      expect(stage.saidOverOthers()).to.deep.equal([]);
      expect(stage.bot.errors).to.deep.equal([]);
    });

    it('a streamed answer that ends after the handover stays in', async () => {
      const make: MakeBot = (app, handover) => {
        app.onMessage('agent please', async (context) => {
          context.streamingResponse.queueTextChunk('Let me see … ');
          await handover.transfer(context);
          context.streamingResponse.queueTextChunk('here it is.');
          await context.streamingResponse.endStream();
        });
      };
      const stage = await play(make, SILENT);
      await stage.customer.says('agent please');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.customer.hears()).to.deep.equal([]);
      expect(stage.suppressed()).to.include('handedOver');
      expect(stage.bot.errors).to.deep.equal([]);
    });

    it('a turn of longRunningMessages hands over, is silent, and its handler gets the result', async () => {
      const seen: string[] = [];
      let isOver: () => void = () => undefined;
      const over = new Promise<void>((resolve) => (isOver = resolve));
      const make: MakeBot = (app, handover) => {
        app.onMessage('agent please', async (context) => {
          const { status } = await handover.transfer(context);
          await context.sendActivity('too late');
          seen.push(status);
          isOver();
        });
        handover.onResult(app, async (context, _state, { outcome }) => {
          seen.push(outcome);
          await context.sendActivity('Welcome back.');
        });
      };
      const stage = await play(make, SILENT, { longRunningMessages: true });
      await stage.customer.says('agent please');
      await over;
      expect([stage.owner(), seen, stage.customer.hears()]).to.deep.equal(['vccLive', ['passed'], []]);
      await stage.agent.handsBack(stage.customer.psid);
      expect([seen, stage.customer.hears()]).to.deep.equal([['passed', 'completed'], ['Welcome back.']]);
      expect(stage.bot.errors).to.deep.equal([]);
    });
  });
}

describe('A refusal by Meta that Azure’s connector passes on to the Agents SDK', () => {
  afterEach(closePlays);

  for (const refusals of ['relayed', 'stripped'] as const) {
    it(`(${refusals}) is silence if another app has the thread, which the plugin knows from then on`, async () => {
      const stage = await playOn(
        { start: (ground, given) => startCloud(ground, given, routesBot) },
        { channel: { refusals } },
      );
      await stage.customer.says('hello');
      await stage.agent.takes(stage.customer.psid);
      await stage.bot.handover.forget(stage.thread);
      // Meta itself delivers the turn, so its answer is let out.
      await stage.deliver([{ postback: { mid: 'm_1', title: 'Menu', payload: 'MENU' } }]);
      expect(stage.suppressed()).to.deep.equal(['refusedByMeta']);
      expect(stage.bot.errors).to.deep.equal([]);
      expect((await stage.bot.handover.ownerOf(stage.thread)).owner).to.equal('vccLive');
    });
  }
});

describe('An event of Azure’s channel without a customer', () => {
  afterEach(closePlays);

  const rows: [what: string, fields: object, reaches: string[]][] = [
    ['an opt-in reaches the routes, although it has no sender', { optin: { ref: 'a poster' } }, ['event']],
    ['new roles of the apps are the plugin’s to read', { app_roles: { 1: ['primary_receiver'] } }, []],
  ];
  for (const [what, fields, reaches] of rows) {
    it(`is answered with 200: ${what}`, async () => {
      const types: string[] = [];
      const make: MakeBot = (app) => {
        app.onActivity('event', (context) => {
          types.push(context.activity.type);
          return Promise.resolve();
        });
      };
      const { bot, thread } = await playOn({ start: (ground, given) => startCloud(ground, given, make) });
      const { channel } = bot;
      const item = { recipient: { id: thread.pageId }, timestamp: 1, ...fields };
      const { status } = await channel.deliver(channel.activities.activityOf(item));
      expect([status, types, bot.errors]).to.deep.equal([200, reaches, []]);
    });
  }
});

describe('An event of another channel without a sender', () => {
  it('reaches the bot as it came', async () => {
    const adapter = new CloudAdapter({});
    const handover = new VccLiveHandover({ botAppId: '1000', vccLiveAppId: '2000', pageAccessToken: 'token' });
    const came = { type: 'event', name: 'joined', channelId: 'webchat', conversation: { id: 'c' } };
    const context = new TurnContext(adapter, Activity.fromObject(came));
    let seen: object = {};
    await handover.onTurn(context, () => {
      seen = { name: context.activity.name, from: context.activity.from, recipient: context.activity.recipient };
      return Promise.resolve();
    });
    expect(seen).to.deep.equal({ name: 'joined', from: undefined, recipient: undefined });
  });
});
