/** Every scenario of the stage, played with the sample bot: it ends as its last line says, and truth and belief agree. */
import { expect } from 'chai';
import { MessengerSimulator, serveStage } from 'botbuilder-handover-vcclive/simulator';
import type { StageServer } from 'botbuilder-handover-vcclive/simulator';
import type { ScenarioView } from '../../src/simulator/stage/stage-words.js';
import { putOnStage, stagePlatform } from '../../samples/talk-to-agent/on-stage.js';
import type { BotOnStage } from '../../samples/talk-to-agent/on-stage.js';
import { act, Visitor } from './stage-visitor.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const ANNA = 'Hi, this is Anna from VCC Live. How can I help?';
const CALLING = 'The workshop is being called. One moment, please.';
const QUESTION = 'How was it with our agent?';
const welcomeWith = (disposition: string): string =>
  `Welcome back! Anna has closed your chat: ${disposition}. The bot is here again. What else can I do for you?`;
const WELCOME = 'Welcome back! The bot is here again. What else can I do for you?';

describe('The scenarios of the stage', function () {
  this.timeout(60_000);
  let simulator: MessengerSimulator;
  let bot: BotOnStage;
  let stage: StageServer;
  let visitor: Visitor;
  let failures: string[];

  beforeEach(async () => {
    simulator = await MessengerSimulator.start(stagePlatform);
    bot = await putOnStage(simulator, () => undefined);
    stage = serveStage(simulator, { ...bot.stage, pauseMs: 0, firstCustomer: false });
    failures = [];
    bot.handover.on('failed', ({ error }) => void failures.push(error.message));
    visitor = new Visitor(simulator.graphBaseUrl);
    await visitor.snapshot();
  });
  afterEach(async () => {
    visitor.leave();
    stage.close();
    await bot.stop();
    await simulator.stop();
  });

  const view = (): ScenarioView | undefined =>
    visitor.heard.findLast(({ data }) => data.scenario !== undefined && data.scenario !== null)?.data.scenario;
  const psidOf = (): string => view()?.threadKey.split('/')[1] ?? '';
  const pageOf = (): string => view()?.threadKey.split('/')[0] ?? '';
  const hears = (): string[] => simulator.customer(psidOf(), pageOf()).hears();
  /** Plays one step with Next, to its end. */
  const next = async (): Promise<void> => {
    const played = view()?.played ?? 0;
    expect((await act(simulator.graphBaseUrl, { act: 'scenarioNext' })).body).to.deep.equal({ ok: true });
    await visitor.sees(() => view()?.played === played + 1 && view()?.state !== 'playing', `step ${played + 1}`);
    expect(view()?.problem).to.equal(undefined);
  };
  const start = async (id: string): Promise<void> => {
    const { body } = await act(simulator.graphBaseUrl, { act: 'scenarioStart', id });
    expect(body.ok).to.equal(true);
    await visitor.sees(() => view()?.threadKey === body.key, 'the scenario');
  };
  const agree = (): Promise<void> =>
    visitor.sees(
      () => visitor.thread(psidOf())?.differs === false && visitor.thread(psidOf())?.truth === 'bot',
      'agreement',
    );
  const finish = async (): Promise<void> => {
    while (view()?.state === 'waiting') await next();
    expect(view()?.state).to.equal('over');
    await agree();
  };
  const botCalls = (): string[] =>
    simulator.wire
      .of('graph')
      .filter(({ appName }) => appName === 'bot')
      .map(({ edge }) => edge);
  const takes = (): unknown[] =>
    simulator.wire.of('graph').filter(({ edge, appName }) => edge === 'take_thread_control' && appName === 'bot');
  const refusedSends = (): number =>
    simulator.wire.of('graph').filter(({ refused, appName }) => refused && appName === 'bot').length;

  it('a handover from a dialog', async () => {
    await start('dialog');
    await finish();
    expect(hears()).to.deep.equal([
      'You said: Hello!',
      "I'm connecting you to an agent. One moment, please.",
      'Hi, this is Anna from VCC Live. How can I help?',
      'Welcome back! The bot is here again. What else can I do for you?',
      'You said: Thank you!',
    ]);
    expect(refusedSends()).to.equal(0);
  });

  it('every agent is busy: nobody on pause or at the limit gets a chat, and a failing API keeps nobody waiting', async () => {
    await start('busy');
    await next();
    await next();
    expect(hears()).to.deep.equal([
      'None of our agents is available right now.',
      'Can I help you with something myself?',
      'None of our agents is available right now.',
      'Can I help you with something myself?',
    ]);
    await finish();
    expect(hears().slice(4)).to.deep.equal([CONNECTING, WELCOME]);
    expect(simulator.wire.of('databaseApi').map(({ path, status }) => [path, status])).to.deep.equal([
      ['/v2/onlineusers/42', 200],
      ['/v2/onlineusers/42', 200],
      ['/v2/onlineusers/42', 500],
    ]);
  });

  it('a story leaves the agents as they were, also if it is closed half-way', async () => {
    simulator.vccLive.pauses('Anna');
    await start('closed');
    await next();
    expect(simulator.vccLive.agents).to.deep.equal([{ username: 'Anna', state: 'loggedOut' }]);
    await act(simulator.graphBaseUrl, { act: 'scenarioStop' });
    expect(simulator.vccLive.agents).to.deep.equal([{ username: 'Anna', state: 'paused' }]);
  });

  it('VCC Live repeats a report: kept once, and the thread is taken back once', async () => {
    await start('repeatedReport');
    await finish();
    const reports = simulator.wire.of('vccLive');
    expect(reports.map(({ attempt, outcome, status }) => [attempt, outcome, status])).to.deep.equal([
      [1, 'answerLost', 200],
      [2, 'answered', 200],
    ]);
    expect(takes()).to.have.length(1);
    expect(hears().filter((text) => text === welcomeWith('lost'))).to.have.length(1);
  });

  it('no agent is available: the bot tells the customer at once, and hands over when an agent comes back', async () => {
    await start('closed');
    await finish();
    expect(hears()).to.deep.equal([
      'None of our agents is available right now.',
      'Can I help you with something myself?',
      'You said: Then tell me about my parcel',
      CONNECTING,
      WELCOME,
    ]);
  });

  it('waiting, then claimed: nobody takes back what an agent has claimed', async () => {
    await start('claimed');
    await finish();
    expect(takes()).to.deep.equal([]);
    expect(hears().at(-1)).to.equal(WELCOME);
  });

  it('nobody answers, the agent falls silent, it lasts too long: taken back once, and the dialog goes on', async () => {
    for (const id of ['unclaimed', 'idle', 'maximum']) {
      const before = takes().length;
      await start(id);
      for (let step = 0; step < 2; step += 1) await next();
      await finish();
      expect(takes(), id).to.have.length(before + 1);
      expect(hears(), id).to.include('No agent could take your chat in time, so I am back. What can I do for you?');
    }
  });

  it('the customer wants the bot back, and so does an agent', async () => {
    await start('reclaimWord');
    await next();
    await next();
    expect(takes()).to.deep.equal([]);
    await finish();
    expect(hears().at(-1)).to.equal('I took over from the agent again. What can I do for you?');
    await start('macro');
    await finish();
    expect(hears().at(-1)).to.equal('You said: Hello bot');
    expect(takes()).to.have.length(2);
  });

  it('VCC Live asks for the thread and gets it; the inbox does not', async () => {
    await start('requested');
    await next();
    await next();
    await visitor.sees(() => visitor.thread(psidOf())?.truth === 'bot', 'the bot');
    await next();
    await visitor.sees(() => visitor.thread(psidOf())?.truth === 'vccLive', 'VCC Live');
    await finish();
    expect(hears()).to.deep.equal(['You said: Hello!', 'You asked us to call. When shall we?', 'You said: Thank you!']);
    expect(simulator.habits.requestWithRouting).to.equal('refused');
  });

  it('a button of the bot’s own is pressed over the agent, and answered afterwards only', async () => {
    await start('ownButton');
    await finish();
    expect(hears().filter((text) => text === 'Your parcel is on its way.')).to.have.length(1);
    expect(hears().at(-1)).to.equal('Your parcel is on its way.');
    expect(refusedSends()).to.equal(0);
  });

  it('back and forth: the fourth handover within ten minutes stays with the bot', async () => {
    await start('loop');
    await next();
    await next();
    await visitor.sees(() => visitor.thread(psidOf())?.truth === 'bot', 'the bot');
    expect(hears().at(-1)).to.include('I could not reach an agent');
    await finish();
    expect(hears().at(-1)).to.equal(WELCOME);
  });

  it('two customers at once: each has an owner of their own', async () => {
    await start('twoCustomers');
    for (let step = 0; step < 3; step += 1) await next();
    const other = simulator.customer(String(BigInt(psidOf()) + 500_000n));
    expect(other.hears()).to.deep.equal(['You said: Do you ship to Vienna?', 'You said: And to Graz?']);
    expect(hears()).to.deep.equal([CONNECTING]);
    expect(visitor.thread(other.psid)?.truth).to.equal('bot');
    await finish();
  });

  it('a silent release is red until the customer writes', async () => {
    await start('silentRelease');
    for (let step = 0; step < 3; step += 1) await next();
    await visitor.sees(() => visitor.thread(psidOf())?.differs === true, 'the difference');
    expect(visitor.thread(psidOf())).to.deep.include({ truth: 'idle', believed: 'vccLive' });
    await finish();
    expect(hears().at(-1)).to.include('Welcome back');
  });

  it('a Page that does not let the bot take: tried once an hour, and bot and platform count the same 24 hours', async () => {
    await start('neverAnswers');
    for (let step = 0; step < 4; step += 1) await next();
    expect(takes().length, 'a take an hour, and no more').to.be.within(20, 25);
    await visitor.sees(() => visitor.thread(psidOf())?.truth === 'idle', 'the idle thread');
    await visitor.sees(() => visitor.thread(psidOf())?.differs === false, 'agreement');
    await finish();
    expect(hears()).to.have.length(2);
  });

  it('no access to standby: the timer takes the thread from an agent who answers, and only then', async () => {
    await start('noStandby');
    for (let step = 0; step < 3; step += 1) await next();
    await visitor.sees(() => visitor.thread(psidOf())?.truth === 'bot', 'the thread that the timer took');
    expect(takes()).to.have.length(1);
    await finish();
    expect(takes(), 'with the setting on the agent keeps the thread').to.have.length(1);
  });

  it('Social routing: the default application hears a new conversation on standby, and is silent', async () => {
    await start('socialRouting');
    await next();
    expect(simulator.ownerOf(psidOf(), pageOf()).owner).to.equal(simulator.settings.vccLiveAppId);
    expect(hears()).to.deep.equal([]);
    await finish();
    expect(hears()).to.deep.equal(['You said: Hello again']);
  });

  it('a story that is closed early leaves the settings of the Page as they were', async () => {
    await start('noStandby');
    await next();
    expect(simulator.setUp.botStandbyAccess).to.equal(false);
    await act(simulator.graphBaseUrl, { act: 'scenarioStop' });
    expect(simulator.setUp.botStandbyAccess).to.equal(true);
  });

  it('taken by the Page inbox', async () => {
    await start('inbox');
    await next();
    await next();
    await visitor.sees(
      () => visitor.thread(psidOf())?.truth === 'inbox' && visitor.thread(psidOf())?.believed === 'other',
      'the inbox',
    );
    await finish();
    expect(hears().at(-1)).to.equal('You said: And what about my parcel?');
    expect(hears()).not.to.include('You said: That is kind of you.');
  });

  it('crash and redelivery: answered once', async () => {
    await start('crash');
    await finish();
    expect(hears()).to.deep.equal(['You said: Hello!', 'You said: Are you there?', 'You said: Good.']);
  });

  it('down for an hour', async () => {
    await start('unsubscribed');
    await finish();
    expect(hears()).to.deep.equal(['You said: Hello!', 'You said: And now?']);
    expect(visitor.rows.map(({ title }) => title).join('\n'))
      .to.include('failed for 15 minutes')
      .and.to.include('unsubscribed');
  });

  it('a lost answer: one notice, one pass', async () => {
    await start('lostAnswer');
    await finish();
    expect(hears().filter((text) => text.includes('connecting'))).to.have.length(1);
    expect(
      simulator.wire.of('graph').filter(({ edge, appName }) => edge === 'pass_thread_control' && appName === 'bot'),
    ).to.have.length(1);
    expect(hears().at(-1)).to.include('Welcome back');
  });

  it('duplicates and reordering: everything once', async () => {
    await start('duplicates');
    await finish();
    expect([...hears()].sort()).to.deep.equal([
      "I'm connecting you to an agent. One moment, please.",
      'Welcome back! The bot is here again. What else can I do for you?',
      'You said: One',
      'You said: Three',
      'You said: Two',
    ]);
    expect(simulator.weather.duplicates).to.equal(0);
  });

  it('notice and pass in one call, on the Page that asks for it', async () => {
    await start('inline');
    await next();
    await next();
    expect(botCalls()).to.deep.equal(['messages', 'me', 'messages']);
    const titles = (): string => visitor.rows.map(({ title }) => title).join('\n');
    await visitor.sees(() => titles().includes(`with thread_control → VCC Live “${CALLING}”`), 'the call');
    expect(titles()).to.include('GET me messaging_feature_status');
    await finish();
    expect(hears()).to.deep.equal(['You said: Hello!', CALLING, ANNA, WELCOME, QUESTION]);
  });

  it('a chat is closed, and handed back: the dialog has agent and disposition', async () => {
    await start('chatClosed');
    for (let step = 0; step < 3; step += 1) await next();
    await visitor.sees(
      () => visitor.rows.some(({ kind, tone }) => kind === 'vccLive' && tone === 'good'),
      'the webhook',
    );
    expect(visitor.thread(psidOf())?.truth).to.equal('vccLive');
    await finish();
    expect(takes()).to.deep.equal([]);
    expect(hears()).to.deep.equal([CONNECTING, ANNA, welcomeWith('lost')]);
  });

  it('a chat is closed, and nobody hands back: taken after the time, with agent and disposition', async () => {
    await start('chatNotReturned');
    for (let step = 0; step < 4; step += 1) await next();
    expect(takes()).to.deep.equal([]);
    expect(visitor.thread(psidOf())?.truth).to.equal('vccLive');
    await finish();
    expect(takes()).to.have.length(1);
    expect(hears()).to.deep.equal([CONNECTING, ANNA, welcomeWith('completed'), 'You said: Hello?']);
  });

  it('closed, and opened again: taken back when the ticket is closed, not before', async () => {
    await start('ticketWaits');
    for (let step = 0; step < 4; step += 1) await next();
    expect(takes()).to.deep.equal([]);
    await finish();
    expect(takes()).to.have.length(1);
    expect(hears().at(-1)).to.include('Welcome back!');
  });

  it('how was it: asked once', async () => {
    await start('satisfaction');
    await finish();
    expect(hears()).to.deep.equal([CALLING, ANNA, WELCOME, QUESTION, 'Thank you for the 5.', 'You said: Good bye!']);
  });

  it('a prompt that was open is repeated, and answered', async () => {
    await start('openPrompt');
    await finish();
    expect(hears()).to.deep.equal([
      'What is your new address?',
      CONNECTING,
      ANNA,
      'What is your new address?',
      'Your new address is noted: Váci út 1, Budapest',
    ]);
  });

  it('two Pages: threads, agents, tokens and policies stay apart', async () => {
    await start('twoPages');
    for (let step = 0; step < 3; step += 1) await next();
    const [shop, workshop] = simulator.settings.pages.map(({ pageId }) => pageId);
    const other = simulator.customer(String(BigInt(psidOf()) + 500_000n), workshop);
    expect(simulator.agent(shop).queue()).to.have.length(1);
    expect(simulator.agent(workshop).queue()).to.have.length(1);
    await next();
    expect(simulator.agent(shop).queue()).to.deep.equal([]);
    expect(simulator.agent(workshop).queue()).to.have.length(1);
    await finish();
    expect(hears()).to.deep.equal([CONNECTING, WELCOME]);
    expect(other.hears()).to.deep.equal([
      'You said: Do you repair bicycles?',
      CALLING,
      'Yes, we do.',
      WELCOME,
      QUESTION,
    ]);
  });

  it('the bot is shut down meanwhile: it is silent for the agent afterwards, and the dialog goes on', async () => {
    await start('restart');
    const first = bot.handover;
    for (let step = 0; step < 4; step += 1) await next();
    expect(bot.handover).not.to.equal(first);
    expect(hears()).to.deep.equal([CONNECTING, ANNA]);
    await finish();
    expect(hears()).to.deep.equal([CONNECTING, ANNA, WELCOME, 'You said: Thank you!']);
  });

  it('a story that is stopped while the bot is down leaves a running bot behind', async () => {
    await start('restart');
    for (let step = 0; step < 3; step += 1) await next();
    await act(simulator.graphBaseUrl, { act: 'scenarioStop' });
    await bot.start();
    await start('dialog');
    await finish();
  });

  it('every story of the menu, one after another, at one bot: each ends with the bot, and it never spoke over others', async () => {
    const { scenarios } = await visitor.snapshot();
    expect(scenarios).to.have.length.greaterThan(25);
    for (const { id } of scenarios) {
      await start(id);
      await finish();
    }
    const chips = visitor.rows.flatMap((row) => row.chips.map(({ text }) => text));
    expect(chips.filter((text) => text.includes('without owning'))).to.deep.equal([]);
    expect(simulator.weather.deadToken.active).to.equal(false);
  }).timeout(60_000);

  it('a stage without webhooks of VCC Live, second Page or restart offers the other stories only', async () => {
    const plain = await MessengerSimulator.start();
    const bare = serveStage(plain);
    const guest = new Visitor(plain.graphBaseUrl);
    const ids = (await guest.snapshot()).scenarios.map(({ id }) => id);
    guest.leave();
    bare.close();
    await plain.stop();
    expect(ids).to.include.members(['dialog', 'openPrompt']);
    for (const id of ['chatClosed', 'chatNotReturned', 'ticketWaits', 'inline', 'satisfaction', 'twoPages', 'restart'])
      expect(ids).not.to.include(id);
  });

  it('all of a story plays by itself, and the weather is calm before and after', async () => {
    simulator.weather.deadToken.always();
    await start('dialog');
    expect(simulator.weather.deadToken.active).to.equal(false);
    expect((await act(simulator.graphBaseUrl, { act: 'scenarioPlayAll' })).body).to.deep.equal({ ok: true });
    const early = await act(simulator.graphBaseUrl, { act: 'scenarioNext' });
    expect(early.status).to.equal(409);
    await visitor.sees(() => view()?.state === 'over', 'the end');
    expect(view()?.played).to.equal(6);
    expect((await act(simulator.graphBaseUrl, { act: 'scenarioStop' })).body).to.deep.equal({ ok: true });
    await visitor.sees(() => visitor.batches.at(-1)?.scenario === null, 'the empty place');
  });

  it('a story that is stopped in bad weather leaves calm weather behind', async () => {
    await start('crash');
    await next();
    await next();
    expect(simulator.weather.botDown.active).to.equal(true);
    await act(simulator.graphBaseUrl, { act: 'scenarioStop' });
    expect(simulator.weather.botDown.active).to.equal(false);
  });

  it('a step that the platform refuses says so, and the story ends there', async () => {
    await start('dialog');
    await next();
    await next();
    await simulator.agent().releases(psidOf());
    await act(simulator.graphBaseUrl, { act: 'scenarioNext' });
    await visitor.sees(() => view()?.state === 'failed', 'the failure');
    expect(view()?.problem).to.include('refused');
  });

  it('the clock’s buttons: moving an hour or a day past a timer’s moment waits for the bot’s calls', async () => {
    for (const hours of [1, 24]) {
      const before = takes().length;
      await start('unclaimed');
      await next();
      await act(simulator.graphBaseUrl, { act: 'clockForward', ms: hours * 3_600_000 });
      await visitor.sees(() => hears().at(-1)?.includes('I am back') === true, 'the bot');
      await agree();
      expect(takes()).to.have.length(before + 1);
      expect(failures).to.deep.equal([]);
    }
  });
});
