/**
 * The life of a handover, the same stories on each transport: our adapter, Botkit with the stock adapter, Azure Bot
 * Service's Facebook channel, a bot without a framework. What a story says has to hold on all of them; docs/hosts.md names
 * the exceptions. A new part of the life is a new line here.
 */
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { paper, tableOf } from '../readme/readme-examples.js';
import { OtherProcess } from './other-process.js';
import { MORE_THAN_A_DAY_MS } from './scene.js';
import { closePlays, playOn, transports } from './transports/transports.js';
import type { Play, StoryNeed, TransportOptions } from './transports/transports.js';
import { listenLocally } from '../kit/listening.js';
import { loggerInto } from '../kit/loggers.js';

interface Story {
  readonly tells: string;
  readonly options?: TransportOptions;
  /** Meta refuses a reply: the error is the bot's to handle, where its adapter tells of one at all. */
  readonly hasRefusedReply?: true;
  /** Hosts that lack this do not play the story. */
  readonly needs?: StoryNeed;
  readonly play: (stage: Play) => Promise<void>;
}

const MINUTE_MS = 60_000;
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const ANNA = 'Hello, this is Anna.';

const outcomes = (stage: Play): string[] => stage.bot.results.map(({ outcome, via }) => `${outcome} via ${via}`);
const passes = (stage: Play): number => stage.calls('pass_thread_control').length;

/** From the middleware: the customer asks, and no code of the bot's takes part. */
const asked = async (stage: Play): Promise<void> => {
  await stage.customer.says('hello');
  await stage.customer.says('talk to agent');
  expect(stage.owner()).to.equal('vccLive');
};

/** From a dialog, which waits. */
const waits = async (stage: Play): Promise<void> => {
  await stage.customer.says('hello');
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
};

/** The bot has a route for VCC Live's webhooks, on a server of its own, whatever the transport is. */
const hearsVccLive = async (stage: Play): Promise<void> => {
  const route = stage.bot.handover.vccLiveWebhook({ secret: 'a secret of both' });
  const server = createServer((request, response) => void route(request, response));
  routes.push(server);
  stage.sim.connectVccLive({ url: `${await listenLocally(server)}/vcc-live`, secret: 'a secret of both' });
};
const routes: Server[] = [];

/** What bots have written as errors. */
const heardErrors: string[] = [];
const errorLogger = loggerInto(heardErrors, 'error');

const stories: readonly Story[] = [
  {
    tells: 'hands over from the middleware: the notice, then the pass, and the logic hears nothing of it',
    play: async (stage) => {
      await asked(stage);
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
      expect(stage.bot.heard).to.deep.equal(['hello']);
      const [passed] = stage.news('passed');
      expect(passed?.thread).to.deep.equal(stage.thread);
      expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.deep.equal({ handoverId: passed?.handoverId });
    },
  },
  {
    tells: 'answers a probe: it is well, has heard a webhook, and counts the open handover',
    play: async (stage) => {
      await asked(stage);
      const report = await stage.bot.handover.health({ countOpen: true });
      expect(report).to.deep.include({ status: 'healthy', ready: true, problems: [], openHandovers: 1 });
      expect(report.lastWebhookAgeMs).to.be.a('number');
      const [token] = report.pageTokens;
      expect([token?.pageId, token?.status]).to.deep.equal([stage.thread.pageId, 'working']);
      expect(JSON.stringify(report)).not.to.include(stage.customer.psid);
    },
  },
  {
    tells: 'hands over from a dialog, which goes on with the result when the agent passes back',
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.customer.says('My parcel is late.');
      await stage.agent.handsBack(stage.customer.psid, 'solved');
      await stage.customer.says('Thank you!');
      expect(stage.customer.hears()).to.deep.equal([
        'bot: hello',
        CONNECTING,
        ANNA,
        'ended: completed via passBack',
        'bot: Thank you!',
      ]);
      expect(stage.bot.results[0]).to.include({ outcome: 'completed', via: 'passBack', metadata: 'solved' });
      expect(stage.news('claimed')).to.have.length(1);
    },
  },
  {
    tells: 'goes on after a message that Meta refuses as abusive: the next is sent, and nobody is kept from a person',
    hasRefusedReply: true,
    play: async (stage) => {
      await stage.customer.says('hello');
      stage.sim.weather.sendRefused.once({ reason: 'abusiveContent' });
      await stage.customer.says('hello');
      await stage.customer.says('well?');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: well?']);
      const other = stage.sim.customer('6600112233445577');
      stage.sim.weather.sendRefused.once({ reason: 'policyBlock', subcode: 4854077 });
      await other.says('talk to agent');
      expect(stage.sim.ownerOf(other.psid).owner).to.equal(stage.sim.settings.vccLiveAppId);
      await stage.customer.says('talk to agent');
      expect(stage.customer.hears().at(-1)).to.equal(CONNECTING);
      expect(stage.owner()).to.equal('vccLive');
    },
  },
  {
    tells: 'is silent on standby, and tells the application who says what',
    play: async (stage) => {
      await asked(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.customer.says('Hi Anna');
      await stage.customer.says('talk to agent');
      await stage.customer.taps('Yes', 'YES');
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(
        stage.news('standbyMessage').map(({ thread, from, event }) => [thread.psid, from, event.text]),
      ).to.deep.equal([
        [stage.customer.psid, 'agent', ANNA],
        [stage.customer.psid, 'customer', 'Hi Anna'],
        [stage.customer.psid, 'customer', 'talk to agent'],
        [stage.customer.psid, 'customer', 'Yes'],
      ]);
      expect(passes(stage)).to.equal(1);
    },
  },
  {
    tells: 'does not run its own button while the agent has the thread, and says so',
    play: async (stage) => {
      await asked(stage);
      await stage.deliver([{ postback: { mid: 'm_button', title: 'Menu', payload: 'MENU' } }]);
      expect(stage.bot.heard).to.deep.equal(['hello']);
      expect(stage.news('ignored').map(({ reason, event }) => [reason, event.payload])).to.deep.equal([
        ['anotherAppOwns', 'MENU'],
      ]);
    },
  },
  ...['hello', 'agent please', 'talk to agent'].map((text): Story => ({
    tells: `ends a turn that another process has taken over, in its answer to "${text}": nothing leaves or is saved, and nobody hears an error`,
    play: async (stage) => {
      const other = new OtherProcess(stage.store, stage.clock);
      other.takesOverBeforeAnswer();
      await stage.customer.says(text);
      other.ends();
      expect(stage.news('suppressed').map(({ reason }) => reason)).to.deep.equal(['turnTakenOver']);
      expect(stage.bot.errors).to.deep.equal([]);
      expect(stage.bot.results).to.deep.equal([]);
      expect(stage.saves()).to.equal(0);
      expect(passes(stage)).to.equal(0);
      await stage.customer.says('well?');
      expect(stage.customer.hears()).to.deep.equal(['bot: well?']);
    },
  })),
  {
    tells: 'keeps a message of its own accord in while the agent has the thread, and lets it out afterwards',
    play: async (stage) => {
      await asked(stage);
      await stage.bot.writesTo(stage.thread, 'Your parcel has left.');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
      expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
      await stage.agent.handsBack(stage.customer.psid);
      await stage.bot.writesTo(stage.thread, 'Your parcel is there.');
      expect(stage.customer.hears().at(-1)).to.equal('Your parcel is there.');
    },
  },
  {
    tells: 'goes on after a silent release, in the customer’s own turn',
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('One more thing');
      expect(stage.customer.hears().at(-1)).to.equal('ended: completed via message');
      expect(outcomes(stage)).to.deep.equal(['completed via message']);
      expect(stage.calls('thread_owner')).to.have.length(1);
      await stage.customer.says('and another');
      expect(stage.customer.hears().at(-1)).to.equal('bot: and another');
    },
  },
  {
    tells: 'goes on when the agent’s control has run out after a day',
    play: async (stage) => {
      await waits(stage);
      await stage.clock.advance(MORE_THAN_A_DAY_MS);
      await stage.customer.says('Hello again');
      expect(outcomes(stage)).to.deep.equal(['completed via message']);
    },
  },
  {
    tells: 'takes the thread back where nobody answers in time',
    options: { handover: { timers: { unclaimedMs: 3 * MINUTE_MS } } },
    play: async (stage) => {
      await waits(stage);
      await stage.lapse(3 * MINUTE_MS - 10_000);
      expect(stage.owner()).to.equal('vccLive');
      await stage.lapse(20_000);
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().slice(-2)).to.deep.equal([
        "I'm sorry, no agent could take your chat in time. You are talking to the bot again.",
        'ended: unclaimed via timer',
      ]);
      expect(outcomes(stage)).to.deep.equal(['unclaimed via timer']);
    },
  },
  {
    tells: 'takes the thread back where the agent has fallen silent, counted from the last words',
    options: { handover: { timers: { unclaimedMs: MINUTE_MS, idleMs: 2 * MINUTE_MS } } },
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.lapse(90_000);
      await stage.agent.says(stage.customer.psid, 'One moment.');
      await stage.lapse(90_000);
      expect(stage.owner()).to.equal('vccLive');
      await stage.lapse(40_000);
      expect(stage.owner()).to.equal('bot');
      expect(outcomes(stage)).to.deep.equal(['abandoned via timer']);
    },
  },
  {
    tells: 'takes the thread back where it has lasted too long',
    options: { handover: { timers: { maximumMs: 2 * MINUTE_MS } } },
    play: async (stage) => {
      await waits(stage);
      for (const minute of [1, 2]) {
        await stage.agent.says(stage.customer.psid, `minute ${minute}`);
        await stage.lapse(MINUTE_MS);
      }
      await stage.lapse(10_000);
      expect(stage.owner()).to.equal('bot');
      expect(outcomes(stage)).to.deep.equal(['abandoned via timer']);
    },
  },
  {
    tells: 'says once that a timer could not take the thread back, and lets the agent go on',
    options: { handover: { timers: { unclaimedMs: MINUTE_MS } } },
    play: async (stage) => {
      await waits(stage);
      stage.sim.weather.takeNotAllowed = true;
      await stage.lapse(3 * MINUTE_MS, 15_000);
      expect(stage.calls('take_thread_control')).to.have.length(1);
      expect(stage.news('failed')).to.have.length(1);
      await stage.agent.handsBack(stage.customer.psid);
      expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
    },
  },
  {
    tells: 'goes on after a silent release on a Page that serves no thread_owner, and asks is_owner instead',
    options: { sim: { threadOwnerServed: false } },
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('One more thing');
      expect(outcomes(stage)).to.deep.equal(['completed via message']);
      expect(stage.customer.hears().at(-1)).to.equal('ended: completed via message');
      expect(stage.calls('conversations')).to.have.length(1);
      // Two such calls a second for each Page: the second one does not have to wait.
      await stage.lapse(1000);
      await stage.customer.says('agent please');
      await stage.agent.releases(stage.customer.psid);
      await stage.customer.says('And another');
      expect(outcomes(stage)).to.have.length(2);
      expect(stage.calls('thread_owner')).to.have.length(1);
    },
  },
  {
    tells: 'goes on if a timer’s take is refused because the bot has the thread already',
    options: { handover: { timers: { unclaimedMs: MINUTE_MS } }, sim: { alreadyOwnerIs: 'withoutSubcode' } },
    play: async (stage) => {
      await waits(stage);
      await stage.agent.releases(stage.customer.psid);
      await stage.sim.customer(stage.customer.psid).presses('PRICES', 'Prices');
      await stage.lapse(3 * MINUTE_MS);
      await stage.bot.handover.take(stage.thread);
      expect(stage.owner()).to.equal('bot');
      expect(stage.news('failed')).to.deep.equal([]);
    },
  },
  {
    tells: 'comes back with metadata in the nested form as in the usual one',
    options: { sim: { controlMetadata: 'nested' } },
    play: async (stage) => {
      await waits(stage);
      await stage.agent.handsBack(stage.customer.psid, '{"disposition":"solved"}');
      expect(stage.bot.results[0]).to.include({ outcome: 'completed', metadata: '{"disposition":"solved"}' });
    },
  },
  {
    tells: 'comes back at a word of the customer’s, in that very turn',
    options: { handover: { reclaim: { customer: 'bot' } } },
    play: async (stage) => {
      await waits(stage);
      await stage.customer.says('Bot');
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().at(-1)).to.equal('ended: takenBack via take');
      await stage.customer.says('hello');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    },
  },
  {
    tells: 'comes back at the agent’s macro',
    options: { handover: { reclaim: { agent: '#bot' } } },
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, '#bot');
      await stage.lapse(1000);
      expect(stage.owner()).to.equal('bot');
      expect(outcomes(stage)).to.deep.equal(['takenBack via take']);
    },
  },
  {
    tells: 'is taken back by the application, outside any turn',
    play: async (stage) => {
      await waits(stage);
      await stage.bot.handover.take(stage.thread);
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().at(-1)).to.equal('ended: takenBack via take');
    },
  },
  {
    tells: 'is refused where no agent is there, and the dialog goes on at once',
    options: { handover: { availability: () => 'unavailable' } },
    play: async (stage) => {
      await stage.customer.says('agent please');
      expect(stage.customer.hears()).to.deep.equal([
        'None of our agents is available right now.',
        'ended: refused via none',
      ]);
      expect(stage.owner()).to.equal('bot');
      expect(passes(stage)).to.equal(0);
    },
  },
  {
    tells: 'fails where Meta does not allow the pass: the customer hears it, and the bot goes on',
    play: async (stage) => {
      await stage.customer.says('hello');
      stage.sim.weather.deadToken.always({ edges: ['pass_thread_control'] });
      await stage.customer.says('agent please');
      stage.sim.weather.calm();
      expect(stage.customer.hears().slice(-2)).to.deep.equal([
        "I'm sorry, I could not reach an agent. Please try again in a few minutes.",
        'ended: failed via none',
      ]);
      expect(stage.news('failed')).to.have.length(1);
      await stage.customer.says('hello?');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello?');
    },
  },
  {
    tells: 'passes once although the answer of the pass is lost',
    play: async (stage) => {
      await stage.customer.says('hello');
      stage.sim.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
      await stage.customer.says('agent please');
      expect(stage.owner()).to.equal('vccLive');
      expect(passes(stage)).to.equal(1);
      await stage.agent.handsBack(stage.customer.psid);
      expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
    },
  },
  {
    tells: 'breaks a loop: the third handover within the time stays with the bot',
    options: { handover: { loopBreaker: { maxHandovers: 2, withinMs: 10 * MINUTE_MS } } },
    play: async (stage) => {
      for (let bounces = 0; bounces < 2; bounces += 1) {
        await stage.customer.says('talk to agent');
        await stage.agent.handsBack(stage.customer.psid);
      }
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('bot');
      expect(stage.news('failed').map(({ error }) => (error as { code?: string }).code)).to.deep.equal(['loopBroken']);
    },
  },
  {
    tells: 'gives VCC Live a thread that it asks for, and nobody else',
    play: async (stage) => {
      await stage.customer.says('hello');
      const { pageInboxAppId, vccLiveAppId } = stage.sim.settings;
      await stage.deliver([{ request_thread_control: { requested_owner_app_id: BigInt(pageInboxAppId) } }]);
      expect(stage.owner()).to.equal('bot');
      expect(stage.news('ignored').map(({ reason }) => reason)).to.deep.equal(['notGranted']);
      await stage.deliver([
        { request_thread_control: { requested_owner_app_id: BigInt(vccLiveAppId), metadata: 'x' } },
      ]);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello']);
    },
  },
  {
    tells: 'gives nobody the thread with `deny`',
    options: { handover: { controlRequests: 'deny' } },
    play: async (stage) => {
      await stage.customer.says('hello');
      const { vccLiveAppId } = stage.sim.settings;
      await stage.deliver([{ request_thread_control: { requested_owner_app_id: BigInt(vccLiveAppId) } }]);
      expect(stage.owner()).to.equal('bot');
    },
  },
  {
    tells: 'waits while the Page inbox has the thread, and goes on afterwards',
    play: async (stage) => {
      await stage.customer.says('hello');
      await stage.inbox.replies(stage.customer.psid, 'This is the shop itself.');
      await stage.customer.says('How kind.');
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'This is the shop itself.']);
      expect(stage.news('ownerChanged').at(-1)?.to.owner).to.equal('other');
      await stage.inbox.marksDone(stage.customer.psid);
      await stage.customer.says('And now?');
      expect(stage.customer.hears().at(-1)).to.equal('bot: And now?');
    },
  },
  {
    tells: 'keeps a dialog waiting while a third app has the thread, and ends it when the thread comes home',
    play: async (stage) => {
      await waits(stage);
      await stage.inbox.replies(stage.customer.psid, 'This is the shop itself.');
      await stage.customer.says('How kind.');
      expect(outcomes(stage)).to.deep.equal([]);
      await stage.inbox.marksDone(stage.customer.psid);
      expect(outcomes(stage)).to.deep.equal(['completed via passBack']);
    },
  },
  {
    tells: 'does everything once although everything comes twice',
    play: async (stage) => {
      stage.sim.weather.duplicates = 1;
      await waits(stage);
      await stage.customer.says('anybody there?');
      await stage.agent.handsBack(stage.customer.psid);
      await stage.customer.says('Thank you!');
      await stage.sim.settled();
      expect(stage.customer.hears()).to.deep.equal([
        'bot: hello',
        CONNECTING,
        'ended: completed via passBack',
        'bot: Thank you!',
      ]);
      expect(passes(stage)).to.equal(1);
    },
  },
  {
    tells: 'tells each phase once, in order',
    play: async (stage) => {
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.agent.says(stage.customer.psid, 'One moment.');
      await stage.agent.handsBack(stage.customer.psid);
      const phases = ['passed', 'claimed', 'returning', 'returned'];
      const told = stage.told
        .map(({ name }) => name as string)
        .filter((name) => [...phases, 'waiting', 'accepted', 'completed'].includes(name));
      expect(told).to.deep.equal(phases);
    },
  },
  {
    tells: 'gives the phases to the bot’s logic where it asks for them, mute while the agent has the thread',
    options: { handover: { statusEvents: true } },
    needs: 'statusEvents',
    play: async (stage) => {
      await asked(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.sim.settled();
      expect(stage.bot.statuses).to.deep.equal(['accepted']);
      await stage.agent.handsBack(stage.customer.psid);
      expect(stage.bot.statuses).to.deep.equal(['accepted', 'completed']);
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING, ANNA]);
    },
  },
  {
    tells: 'welcomes the customer and asks once how it was',
    options: { handover: { texts: { returned: 'Welcome back!' }, satisfactionQuestion: { ask: 'How was it?' } } },
    play: async (stage) => {
      await asked(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.agent.handsBack(stage.customer.psid);
      await stage.customer.says('Fine');
      await stage.customer.says('Bye');
      expect(stage.customer.hears().slice(3)).to.deep.equal(['Welcome back!', 'How was it?', 'bot: Fine', 'bot: Bye']);
    },
  },
  {
    tells: 'has in its result what VCC Live’s webhook told of the closed chat',
    play: async (stage) => {
      await hearsVccLive(stage);
      await waits(stage);
      await stage.agent.says(stage.customer.psid, ANNA);
      const { status } = await stage.agent.closesChat(stage.customer.psid, { disposition: 'lost', agentName: 'Anna' });
      expect(status).to.equal(200);
      expect([stage.owner(), outcomes(stage)]).to.deep.equal(['vccLive', []]);
      await stage.agent.handsBack(stage.customer.psid);
      await stage.lapse(2 * MINUTE_MS);
      expect(stage.bot.results).to.have.length(1);
      expect(stage.bot.results[0]).to.include({ via: 'passBack', disposition: 'lost', agent: 'Anna' });
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
    },
  },
  {
    tells: 'takes back a thread whose chat is closed and that nobody hands back',
    play: async (stage) => {
      await hearsVccLive(stage);
      await waits(stage);
      await stage.agent.closesChat(stage.customer.psid, { disposition: 'missed' });
      await stage.customer.says('anybody?');
      await stage.lapse(20_000);
      expect(stage.owner()).to.equal('vccLive');
      await stage.lapse(20_000);
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().at(-1)).to.equal('ended: completed via vccLiveWebhook');
      expect(stage.bot.results[0]).to.include({ disposition: 'missed' });
      expect(stage.calls('take_thread_control')).to.have.length(1);
    },
  },
  {
    tells: 'leaves a thread with VCC Live whose agent answers again after the chat was closed',
    play: async (stage) => {
      await hearsVccLive(stage);
      await waits(stage);
      await stage.agent.closesChat(stage.customer.psid);
      await stage.customer.says('One more question.');
      await stage.agent.says(stage.customer.psid, ANNA);
      await stage.lapse(2 * MINUTE_MS);
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.calls('take_thread_control')).to.deep.equal([]);
    },
  },
  {
    tells: 'says once that its botAppId is another app’s, with the id to set',
    options: { handover: { botAppId: '900700100200300', logger: errorLogger } },
    play: async (stage) => {
      heardErrors.length = 0;
      await asked(stage);
      await stage.lapse(5000);
      await stage.agent.handsBack(stage.customer.psid);
      await stage.lapse(5000);
      await stage.customer.says('hello?');
      await stage.customer.says('anybody?');
      const said = heardErrors.filter((line) => line.includes('botAppId'));
      expect(said).to.have.length(1);
      expect(said[0]).to.include(`Set botAppId: '${stage.sim.settings.botAppId}'`);
    },
  },
  {
    tells: 'leaves a thread with VCC Live whose ticket waits for an agent again',
    play: async (stage) => {
      await hearsVccLive(stage);
      await waits(stage);
      await stage.agent.closesChat(stage.customer.psid);
      await stage.agent.changesTicket(stage.customer.psid, { substatus: 'waiting4agent' });
      await stage.lapse(2 * MINUTE_MS);
      expect(stage.owner()).to.equal('vccLive');
      expect(outcomes(stage)).to.deep.equal([]);
    },
  },
  {
    tells: 'takes notice and pass in one call where the Page has routing on',
    options: { handover: { inlineThreadControl: true } },
    play: async (stage) => {
      await asked(stage);
      expect(passes(stage)).to.equal(0);
      expect(stage.customer.hears()).to.deep.equal(['bot: hello', CONNECTING]);
      await stage.agent.handsBack(stage.customer.psid);
      await stage.customer.says('back?');
      expect(stage.customer.hears().at(-1)).to.equal('bot: back?');
    },
  },
];

describe('docs/hosts.md', () => {
  it('names every story that a host does not play, and no other', () => {
    const left = stories.flatMap(({ tells, needs }) =>
      transports.filter(({ lacks }) => needs !== undefined && lacks?.includes(needs)).map(({ name }) => [tells, name]),
    );
    const named = tableOf(paper('docs/hosts.md'), 'story').map((cells) => cells.slice(0, 2));
    expect(named).to.deep.equal(left);
  });
});

for (const transport of transports) {
  describe(`A bot on ${transport.name}`, () => {
    afterEach(async () => {
      await closePlays();
      for (const server of routes.splice(0)) await new Promise((resolve) => server.close(resolve));
    });

    for (const { tells, options, hasRefusedReply, needs, play } of stories) {
      if (needs !== undefined && transport.lacks?.includes(needs)) continue;
      it(tells, async () => {
        const stage = await playOn(transport, options);
        await play(stage);
        expect(stage.saidOverOthers(), 'said over another app').to.deep.equal([]);
        if (!hasRefusedReply) expect(stage.bot.errors, 'failed turns').to.deep.equal([]);
      });
    }
  });
}
