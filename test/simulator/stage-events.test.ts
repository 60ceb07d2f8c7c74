/** The stage's events: a snapshot, then batches; nothing is lost when a page comes back, and nobody is buffered for without end. */
import { expect } from 'chai';
import { MessengerSimulator, serveStage, SimulatorClock } from '../../src/simulator/index.js';
import type { SimulatorOptions, StageOptions, StageServer } from '../../src/simulator/index.js';
import { RecordingBot } from './recording-bot.js';
import { eventually, Visitor } from './stage-visitor.js';

const PSID = '42';

describe('The events of the stage', () => {
  let simulator: MessengerSimulator;
  let bot: RecordingBot;
  let stage: StageServer;
  const visitors: Visitor[] = [];

  const open = async (options: StageOptions = {}, platform: SimulatorOptions = {}): Promise<void> => {
    simulator = await MessengerSimulator.start(platform);
    bot = await RecordingBot.start();
    simulator.connectBot(bot.url);
    stage = serveStage(simulator, { firstCustomer: false, ...options });
  };
  const visit = (lastEventId?: string): Visitor => {
    const visitor = new Visitor(simulator.graphBaseUrl, lastEventId);
    visitors.push(visitor);
    return visitor;
  };
  afterEach(async () => {
    for (const visitor of visitors.splice(0)) visitor.leave();
    stage.close();
    await simulator.stop();
    await bot.close();
  });

  it('begin with a snapshot: settings, weather, clock, scenarios, what was said and what went over the wire', async () => {
    await open({ botLabel: 'My bot' });
    await simulator.customer(PSID).says('before anybody looked');
    const visitor = visit();
    const snapshot = await visitor.snapshot();
    expect(snapshot.settings).to.deep.include({ botLabel: 'My bot', knowsBelief: false, loopbackOnly: true });
    expect(snapshot.settings.environment).to.include(`GRAPH_BASE_URL=${simulator.graphBaseUrl}`);
    expect(snapshot.weather.map(({ value }) => value)).to.deep.equal(snapshot.weather.map(() => 'off'));
    expect(snapshot.clock.mode).to.equal('real');
    expect(snapshot.scenarios.map(({ id }) => id)).to.include.members(['dialog', 'silentRelease', 'lostAnswer']);
    expect(snapshot.threads).to.have.length(1);
    expect(snapshot.threads[0]).to.deep.include({ psid: PSID, truth: 'bot', differs: false });
    expect(snapshot.rows.map(({ title }) => title)).to.include('message "before anybody looked"');
    await visitor.sees(() => visitor.said(PSID).length === 1, 'the conversation');
    expect(visitor.said(PSID)).to.deep.equal([{ from: 'customer', text: 'before anybody looked' }]);
  });

  it('go on with what changed only', async () => {
    await open();
    await simulator.customer(PSID).says('one');
    const visitor = visit();
    await visitor.snapshot();
    await visitor.sees(() => visitor.said(PSID).length === 1, 'the first customer');
    await simulator.customer('43').says('somebody else');
    await visitor.sees(() => visitor.said('43').length === 1, 'the other customer');
    const late = visitor.batches.flatMap((batch) => batch.threads ?? []).filter(({ psid }) => psid === '43');
    expect(late.at(-1)?.lastText).to.equal('somebody else');
    const batch = visitor.batches.find(({ threads }) => threads?.some(({ psid }) => psid === '43'));
    expect(batch?.weather).to.equal(undefined);
    expect(batch?.talk?.map(({ key }) => key)).to.deep.equal(['111222333444555/43']);
  });

  it('replace a line when it has ended, with its signature and how long it took', async () => {
    await open();
    const visitor = visit();
    await visitor.snapshot();
    let let200 = (): void => undefined;
    bot.answer = () => new Promise((resolve) => (let200 = () => resolve(200)));
    const said = simulator.customer(PSID).says('slow');
    await visitor.sees(() => visitor.rows.some(({ status }) => status === 'in progress'), 'the line in progress');
    let200();
    await said;
    await visitor.sees(() => visitor.rows.some(({ status }) => /^200 in \d+ ms$/.test(status)), 'the ending');
    const lines = visitor.rows.filter(({ kind, aside }) => kind === 'webhook' && !aside);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({ way: 'Meta → Bot', channels: ['messaging'], tone: 'good' });
    expect(lines[0]?.chips).to.deep.equal([{ text: 'signature valid', tone: 'plain' }]);
  });

  it('go on without a gap or a repetition when a page comes back', async () => {
    await open();
    const first = visit();
    await first.snapshot();
    await simulator.customer(PSID).says('one');
    await first.sees(() => first.said(PSID).length === 1, 'the first message');
    await first.sees(() => first.rows.some(({ status }) => status.startsWith('200')), 'its ending');
    const seen = first.heard.at(-1)?.id ?? '';
    first.leave();
    await simulator.customer(PSID).says('two, while nobody looked');

    const again = visit(seen);
    await again.sees(() => again.said(PSID).length >= 1, 'the second message');
    expect(again.said(PSID)).to.deep.equal([{ from: 'customer', text: 'two, while nobody looked' }]);
    expect(again.heard.map(({ event }) => event)).not.to.include('snapshot');
    const numbers = again.batches.map(({ batch }) => batch);
    expect(numbers[0]).to.equal(Number(seen.split('.')[1]) + 1);
    expect(numbers).to.deep.equal(numbers.map((_, index) => (numbers[0] ?? 0) + index));
  });

  it('begin anew for a page of another run, of a future, and of a past that is no longer kept', async () => {
    const timer = new SimulatorClock('held');
    await open({ timer });
    const first = visit();
    await first.snapshot();
    simulator.wire.note('something');
    await timer.advance(50);
    await first.sees(() => first.batches.length === 1, 'a batch');
    const run = (first.heard.at(-1)?.id ?? '').split('.')[0] ?? '';
    for (const strange of ['otherrun.1', `${run}.999999`, `${run}.x`, 'nonsense', '']) {
      const visitor = visit(strange);
      await visitor.snapshot();
      expect(visitor.heard[0]?.event, strange).to.equal('snapshot');
    }
    for (let count = 0; count < 260; count += 1) {
      simulator.wire.note(`note ${count}`);
      await timer.advance(50);
    }
    const late = visit(`${run}.1`);
    const snapshot = await late.snapshot();
    expect(snapshot.rows.at(-1)?.title).to.equal('note 259');
  });

  it('come at most twenty times a second, however much happens', async () => {
    const timer = new SimulatorClock('held');
    await open({ timer });
    const visitor = visit();
    await visitor.snapshot();
    for (let step = 0; step < 100; step += 1) {
      for (let count = 0; count < 30; count += 1) simulator.wire.note(`${step}/${count}`);
      await timer.advance(10);
    }
    await timer.advance(50);
    await visitor.sees(() => visitor.rows.at(-1)?.title === '99/29', 'the last note');
    expect(visitor.batches.length).to.be.within(15, 21);
  });

  it('keep a thousand lines, and no more', async () => {
    await open({ timer: new SimulatorClock('held') });
    for (let count = 0; count < 1500; count += 1) simulator.wire.note(`note ${count}`);
    const { rows, settings } = await visit().snapshot();
    expect(settings.rowCapacity).to.equal(1000);
    expect(rows).to.have.length(1000);
    expect(rows[0]?.title).to.equal('note 500');
  });

  it('show that the stage lives while nothing happens, and stop when the page has gone', async () => {
    const timer = new SimulatorClock('held');
    await open({ timer });
    const visitor = visit();
    await visitor.snapshot();
    await timer.advance(15_000);
    await timer.advance(15_000);
    await visitor.sees(() => visitor.comments.length === 2, 'two signs of life').catch(() => undefined);
    expect(visitor.comments).to.have.length(2);
    expect(stage.pages).to.equal(1);
    visitor.leave();
    await eventually(() => stage.pages === 0, 'the empty house');
  });

  it('drop a page that does not read', async () => {
    const timer = new SimulatorClock('held');
    await open({ timer, unreadMaxBytes: 50_000 });
    const [sleepy, awake] = [visit(), visit()];
    await sleepy.snapshot();
    await awake.snapshot();
    sleepy.pause();
    const words = 'x'.repeat(200_000);
    for (let count = 0; count < 400 && stage.pages === 2; count += 1) {
      simulator.wire.note(words);
      await timer.advance(50);
      await awake.sees(() => awake.batches.length === count + 1, 'the batch');
    }
    expect(stage.pages).to.equal(1);
    sleepy.resume();
    await sleepy.untilEnd();
    expect(awake.ended).to.equal(false);
  });

  it('say who really owns a thread, who the bot believes owns it, and that the bot is wrong', async () => {
    const beliefs = new Map<string, string>();
    await open({ believes: ({ psid }) => Promise.resolve(beliefs.get(psid) ?? 'unknown') });
    const { vccLiveAppId } = simulator.settings;
    const visitor = visit();
    const { settings } = await visitor.snapshot();
    expect(settings.knowsBelief).to.equal(true);
    beliefs.set(PSID, 'bot');
    await simulator.customer(PSID).says('hi');
    await visitor.sees(() => visitor.thread(PSID)?.believed === 'bot', 'the belief');
    expect(visitor.thread(PSID)).to.deep.include({ truth: 'bot', differs: false });

    await simulator.agent().takes(PSID);
    await visitor.sees(() => visitor.thread(PSID)?.differs === true, 'the difference');
    expect(visitor.thread(PSID)).to.deep.include({ truth: 'vccLive', believed: 'bot' });
    await visitor.sees(() => visitor.rows.some(({ kind }) => kind === 'belief'), 'the line');
    expect(visitor.rows.find(({ kind }) => kind === 'belief')).to.deep.include({
      title: 'Real owner: VCC Live. The bot believes: the bot.',
      status: 'the bot is wrong',
      tone: 'bad',
      threads: [`${simulator.settings.pageId}/${PSID}`],
    });

    beliefs.set(PSID, 'vccLive');
    await simulator.customer(PSID).says('to the agent');
    await visitor.sees(() => visitor.rows.some(({ status }) => status === 'the bot is right again'), 'agreement');
    expect(simulator.ownerOf(PSID).owner).to.equal(vccLiveAppId);
  });

  it('ask the bot again when somebody has moved the clock, though nothing went over the wire', async () => {
    let belief = 'vccLive';
    await open({ believes: () => Promise.resolve(belief) });
    await simulator.customer(PSID).says('hi');
    await simulator.agent().takes(PSID);
    const visitor = visit();
    await visitor.sees(() => visitor.thread(PSID)?.believed === 'vccLive', 'the belief');
    belief = 'bot';
    await simulator.clock.advance(1000);
    await visitor.sees(() => visitor.thread(PSID)?.believed === 'bot', 'the new belief');
  });

  it('ask the bot every second while it is wrong, and no longer', async () => {
    const timer = new SimulatorClock('held');
    const pass = async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 100) await timer.advance(100);
    };
    let belief = 'bot';
    let asked = 0;
    const believes = (): Promise<string> => {
      asked += 1;
      return Promise.resolve(belief);
    };
    await open({ believes, timer });
    const visitor = visit();
    await visitor.snapshot();
    await simulator.customer(PSID).says('hi');
    await simulator.agent().takes(PSID);
    await pass(500);
    await visitor.sees(() => visitor.thread(PSID)?.differs === true, 'the difference');
    const before = asked;
    await pass(3000);
    expect(asked - before).to.equal(3);
    belief = 'vccLive';
    await pass(1500);
    await visitor.sees(() => visitor.thread(PSID)?.differs === false, 'agreement');
    const atTheEnd = asked;
    await pass(10_000);
    expect(asked).to.equal(atTheEnd);
  });

  it('ask the bot only about threads on which something happened, and take a refusal for "unknown"', async () => {
    const asked: string[] = [];
    const believes = ({ psid }: { psid: string }): Promise<string> => {
      asked.push(psid);
      return psid === 'x' ? Promise.resolve('vccLive') : Promise.reject(new Error('the bot has no store'));
    };
    await open({ believes });
    const visitor = visit();
    await visitor.snapshot();
    await simulator.customer('1').says('hi');
    await visitor.sees(() => visitor.thread('1')?.believed === 'unknown', 'an answer');
    asked.length = 0;
    await simulator.customer('2').says('hi');
    await visitor.sees(() => visitor.thread('2')?.believed === 'unknown', 'an answer');
    expect(new Set(asked)).to.deep.equal(new Set(['2']));
  });

  it('do not make customers real by looking at them', async () => {
    await open();
    const visitor = visit();
    await visitor.snapshot();
    const { graphBaseUrl } = simulator;
    const [{ vccLivePageAccessToken } = { vccLivePageAccessToken: '' }] = simulator.settings.pages;
    await fetch(`${graphBaseUrl}/v26.0/me/messages`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${vccLivePageAccessToken}`,
      },
      body: JSON.stringify({ recipient: { id: '777' }, message: { text: 'to nobody' } }),
    });
    await visitor.sees(() => visitor.rows.some(({ tone }) => tone === 'bad'), 'the refusal');
    expect(visitor.thread('777')).to.equal(undefined);
  });

  it('end with the stage, while the platform goes on', async () => {
    await open();
    const visitor = visit();
    await visitor.snapshot();
    stage.close();
    await visitor.untilEnd();
    await simulator.customer(PSID).says('still here');
    expect(bot.deliveries).to.have.length(1);
  });
});
