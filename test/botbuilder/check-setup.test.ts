/** How a bot is put together: each natural mistake is an error at start-up, or one line that names the change. */
import {
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  TestAdapter,
  TranscriptLoggerMiddleware,
} from 'botbuilder';
import type { Activity, Middleware } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import { InvalidOptionError, VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter, repairFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { loggerInto } from '../kit/loggers.js';

const logic = async (): Promise<void> => undefined;
const quiet = (): void => undefined;

function plugin(options: Partial<VccLiveHandoverOptions> = {}): { handover: VccLiveHandover; lines: string[] } {
  const lines: string[] = [];
  const logger = loggerInto(lines, 'warn');
  const ids = { botAppId: '1', vccLiveAppId: '2', pageAccessToken: 't', appSecret: 's' };
  return { handover: new VccLiveHandover({ ...ids, logger, talkToAgent: [], ...options }), lines };
}

const stock = (): FacebookAdapter => new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' });
const cloud = (): CloudAdapter => new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
const hello = (text: string): Partial<Activity> => ({
  type: 'message',
  text,
  channelId: 'facebook',
  from: { id: '77', name: '' },
  recipient: { id: '88', name: '' },
  conversation: { id: '77' } as never,
});

describe('A bot that is put together wrongly', () => {
  it('on a stock FacebookAdapter: attach and install are refused, and name the repair', () => {
    for (const call of ['attach', 'install'] as const) {
      const { handover } = plugin();
      expect(() => handover[call](stock(), logic))
        .to.throw(InvalidOptionError)
        .with.property('message')
        .that.matches(/stock FacebookAdapter.*repairFacebookAdapter\(adapter, \{ handover \}\).*handoverPlugin/s);
    }
  });

  it('is not refused on an adapter that is repaired, by this copy of the package or by another', () => {
    const { handover } = plugin();
    handover.attach(repairFacebookAdapter(stock(), { handover }), logic);
    handover.attach(new HandoverFacebookAdapter({ handover, verify_token: 'v' }), logic);
    const byAnotherCopy = Object.assign(stock(), { [Symbol.for('botbuilder-handover-vcclive.repaired')]: true });
    handover.attach(byAnotherCopy, logic);
  });

  it('on a CloudAdapter without a Microsoft app id: attach with logic is refused, and says how a bot without one says so', () => {
    const { handover } = plugin();
    expect(() => handover.attach(cloud(), logic)).to.throw(InvalidOptionError, /microsoftAppId.*Emulator/s);
    handover.attach(cloud());
    for (const microsoftAppId of ['', 'an-id']) handover.attach(cloud(), logic, { microsoftAppId });
  });

  for (const [cause, prepare] of [
    ['the option timers', () => plugin({ timers: { unclaimedMs: 1000 } })],
    [
      'vccLiveWebhook()',
      () => {
        const made = plugin();
        made.handover.vccLiveWebhook({ secret: 'a-long-enough-secret', takeBackAfterMs: false });
        return made;
      },
    ],
  ] as const) {
    it(`without a bot attached, but with ${cause}: the first turn is one line`, async () => {
      const { handover, lines } = prepare();
      const adapter = new TestAdapter(logic);
      adapter.use(handover);
      for (const text of ['one', 'two']) await adapter.processActivity(hello(text));
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include(`${cause} brings threads home`).and.to.include('handover.install(adapter, logic)');
    });

    it(`with a bot attached and ${cause}: no line`, async () => {
      const { handover, lines } = prepare();
      const adapter = new TestAdapter(logic);
      handover.install(adapter, logic);
      await adapter.processActivity(hello('one'));
      expect(lines).to.deep.equal([]);
    });
  }
});

describe('Middleware before the handover', () => {
  const others: [what: string, make: () => Middleware][] = [
    ['a transcript', () => new TranscriptLoggerMiddleware({ logActivity: quiet })],
    ['what waits before it goes on', () => ({ onTurn: (_context, next) => Promise.resolve().then(next) })],
    ['what goes on at once', () => ({ onTurn: (_context, next) => next() })],
  ];

  for (const [what, make] of others) {
    it(`${what}: is one line by the second turn, and the handover is the first from then on`, async () => {
      const { handover, lines } = plugin();
      const adapter = new TestAdapter(logic);
      const isAfter: boolean[] = [];
      adapter
        .use(make())
        .use(async (context, next) => {
          isAfter.push(context.turnState.size > 0);
          await next();
        })
        .use(handover);
      for (const text of ['one', 'two', 'three']) await adapter.processActivity(hello(text));
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include('runs before the handover').and.to.include('handover.install(adapter, logic)');
      expect(isAfter).to.deep.equal([false, false, true]);
    });

    it(`${what}: no line if it comes after the handover`, async () => {
      const { handover, lines } = plugin();
      const adapter = new TestAdapter(logic);
      adapter.use(handover).use(make());
      for (const text of ['one', 'two', 'three']) await adapter.processActivity(hello(text));
      expect(lines).to.deep.equal([]);
    });
  }

  it('is after it when the bot is attached', async () => {
    const order: string[] = [];
    const { handover, lines } = plugin();
    const adapter = new TestAdapter(logic);
    adapter.use(async (context, next) => {
      order.push(context.turnState.size > 0 ? 'after' : 'before');
      await next();
    });
    adapter.use(handover);
    handover.attach(adapter);
    for (const text of ['one', 'two']) await adapter.processActivity(hello(text));
    expect(order).to.deep.equal(['after', 'after']);
    expect(lines).to.deep.equal([]);
  });
});
