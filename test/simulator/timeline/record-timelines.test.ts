/** What a thread's drawing is made of, after real stories: platform, plugin and a bot on a port of its own. */
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { expect } from 'chai';
import { putOnStage, stagePlatform } from '../../../samples/talk-to-agent/on-stage.js';
import { TimelineRecorder } from '../../../src/simulator/timeline/record-timelines.js';
import type { TimelineMoment } from '../../../src/simulator/timeline/thread-timeline.js';
import { literalsOf } from '../../readme/declared-words.js';
import { closeScenes, PSID, scene, until, type Scene } from '../../integration/scene.js';

describe('the past of a thread', () => {
  const recorders: TimelineRecorder[] = [];
  afterEach(async () => {
    for (const recorder of recorders.splice(0)) recorder.close();
    await closeScenes();
  });

  const followed = (stage: Scene): (() => string[]) => {
    const recorder = new TimelineRecorder(stage.sim, stage.bot.handover);
    recorders.push(recorder);
    return () => recorder.timelineOf(stage.thread, 'Kata').moments.map(inShort);
  };

  it('of a handover that ends with a hand-back', async () => {
    const stage = await scene();
    const past = followed(stage);
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.handsBack(PSID);
    expect(past()).to.deep.equal([
      'truth bot: the customer wrote',
      'customer said “talk to agent”',
      'event Handover begins',
      "bot said “I'm connecting you to an agent. One moment, please.”",
      'event Bot → Meta: pass_thread_control · 200',
      'truth vccLive: passed',
      'belief vccLive',
      'event Handover: VCC Live has the thread',
      'agent said “Hello, this is Anna.”',
      'truth bot: passed',
      'event Meta → Bot: pass_thread_control → the bot',
      'belief bot',
      'event The thread returns: completed, via passBack',
    ]);
  });

  it('of an agent who takes the thread while the bot thinks: who was first, and what became of the answer', async () => {
    const stage = await scene({ adapter: { ackDeadlineMs: 1000 } });
    const past = followed(stage);
    let think: () => void = () => undefined;
    const thought = new Promise<void>((resolve) => (think = resolve));
    let thinks = false;
    stage.bot.logic = async (context) => {
      thinks = true;
      await thought;
      await context.sendActivity('Your parcel is on its way.');
    };
    const said = stage.customer.says('Where is my parcel?');
    await until(() => thinks);
    // The turn goes on after the deadline, so the next webhook of the thread can come.
    await stage.clock.rush(said);
    await stage.clock.rush(stage.agent.takes(PSID));
    think();
    await until(() => stage.suppressed().length > 0);
    expect(past()).to.deep.equal([
      'truth bot: the customer wrote',
      'customer said “Where is my parcel?”',
      'truth vccLive: taken',
      'event Meta → Bot: take_thread_control → VCC Live',
      'belief vccLive',
      'suppressed “Your parcel is on its way.” (another app owns the thread)',
    ]);
  });

  it('of the same race without the webhook: Meta refuses the answer, and only then the bot knows', async () => {
    const stage = await scene();
    const past = followed(stage);
    stage.bot.logic = async (context) => {
      // No webhook leaves before the answer does.
      stage.sim.weather.delayMs = 60_000;
      void stage.agent.takes(PSID);
      await context.sendActivity('Your parcel is on its way.');
    };
    await stage.customer.says('Where is my parcel?');
    const seen = past();
    expect(seen.slice(0, 3)).to.deep.equal([
      'truth bot: the customer wrote',
      'customer said “Where is my parcel?”',
      'truth vccLive: taken',
    ]);
    expect(seen[3]).to.match(/^refused “Your parcel is on its way\.” \(#10\) Message failed to send/);
    expect(seen).to.include('suppressed “Your parcel is on its way.” (Meta refused it)').and.include('belief other');
    expect(seen.indexOf('belief other')).to.be.greaterThan(3);
    stage.sim.weather.delayMs = 0;
  });

  it('of a release that no webhook reports: the bot learns it from the next message', async () => {
    const stage = await scene();
    const past = followed(stage);
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    await stage.customer.says('Hello?');
    const seen = past();
    const released = seen.indexOf('truth idle: released; no webhook says so');
    const learned = seen.lastIndexOf('belief bot');
    expect(released).to.be.greaterThan(0);
    expect(learned).to.be.greaterThan(seen.indexOf('customer said “Hello?”')).and.greaterThan(released);
    expect(seen).to.include('event Bot → Meta: thread_owner · the bot');
  });

  it('of calls whose answers are lost, and of webhooks that the bot does not take', async () => {
    const stage = await scene();
    const past = followed(stage);
    stage.sim.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
    await stage.customer.says('talk to agent');
    expect(past()).to.include('event Bot → Meta: pass_thread_control · the answer was lost; it was done');
    stage.bot.store.lost = true;
    await stage.customer.says('Is somebody there?');
    stage.bot.store.lost = false;
    expect(past().at(-1)).to.match(
      /^event The webhook \(message "Is somebody there\?"\) was answered with 503; Meta delivers/,
    );
  });

  it('without a plugin in this process: the truth, and a note', async () => {
    const stage = await scene();
    const recorder = new TimelineRecorder(stage.sim);
    recorders.push(recorder);
    await stage.customer.says('talk to agent');
    const timeline = recorder.timelineOf(stage.thread, 'Kata');
    expect(timeline.beliefLabel).to.equal(undefined);
    expect(timeline.notes.join()).to.include('another process');
    expect(timeline.moments.map(({ kind }) => kind))
      .to.include('truth')
      .and.not.include('belief');
  });

  it('of a bot that is started again on the stage: its next life is heard too', async () => {
    const sim = await MessengerSimulator.start(stagePlatform);
    const bot = await putOnStage(sim, () => undefined);
    const recorder = new TimelineRecorder(sim, bot.stage.handover);
    recorders.push(recorder);
    try {
      await bot.stop();
      await bot.start();
      await sim.customer(PSID).says('talk to agent');
      await sim.settled();
      const { moments } = recorder.timelineOf({ pageId: sim.settings.pageId, psid: PSID }, 'Kata');
      expect(moments.filter(({ kind }) => kind === 'belief').map(inShort)).to.deep.equal(['belief vccLive']);
    } finally {
      await bot.stop();
      await sim.stop();
    }
  });

  it('that began before somebody wrote it down: words and owners, in order', async () => {
    const stage = await scene();
    await stage.customer.says('Hello');
    await stage.clock.advance(1000);
    await stage.customer.says('talk to agent');
    await stage.clock.advance(1000);
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    const told = followed(stage)();
    expect(told).to.have.length(7);
    expect(told.slice(-2)).to.deep.equal(['truth vccLive: passed', 'agent said “Hello, this is Anna.”']);
    expect(told.indexOf('customer said “Hello”')).to.be.lessThan(told.indexOf('customer said “talk to agent”'));
  });

  it('has words for every reason for which the plugin holds something back', async () => {
    const stage = await scene();
    const recorder = new TimelineRecorder(stage.sim, {
      on: (name, listener) => {
        const suppressed = (reason: string): object => ({ thread: stage.thread, activity: { text: 'Hi' }, reason });
        if (name !== 'suppressed') return;
        for (const reason of literalsOf('src/handover/events.ts', 'SuppressedReason'))
          listener(suppressed(reason) as never);
      },
    });
    recorders.push(recorder);
    const reasons = recorder
      .timelineOf(stage.thread, 'Kata')
      .moments.map(({ text }) => /\((.*)\)$/.exec(text)?.[1] ?? '');
    expect(reasons.length).to.be.greaterThan(5);
    for (const reason of reasons) expect(reason).to.match(/^\w+ .*\w$/);
  });

  it('is bounded, and ends with the recorder', async () => {
    const stage = await scene();
    const recorder = new TimelineRecorder(stage.sim, stage.bot.handover);
    const moments = (): readonly TimelineMoment[] => recorder.timelineOf(stage.thread, 'Kata').moments;
    for (let times = 0; times < 270; times += 1) await stage.customer.says(`no. ${times}`);
    expect(moments()).to.have.length(500);
    expect(moments().at(-1)?.text).to.equal('“bot: no. 269”');
    recorder.close();
    await stage.customer.says('talk to agent');
    expect(moments().map(({ kind }) => kind)).not.to.include('belief');
  });
});

function inShort({ kind, who, owner, text }: TimelineMoment): string {
  if (kind === 'said') return `${who} said ${text}`;
  if (kind === 'truth') return `truth ${owner ?? ''}: ${text}`;
  return `${kind} ${owner ?? text}`;
}
