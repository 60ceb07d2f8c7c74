/** The phases of a handover and their events, and what the bot's logic hears of them as `handoff.status`. */
import { ConversationState } from 'botbuilder';
import type { TurnContext } from 'botbuilder';
import { expect } from 'chai';
import type { HandoverEventMap } from 'botbuilder-handover-vcclive';
import { PSID, closeScenes, dialogBot, saidOverOthers, scene, until } from './scene.js';
import type { Bot, Scene } from './scene.js';

const PHASES: readonly (keyof HandoverEventMap)[] = ['passed', 'claimed', 'returning', 'returned', 'failed'];
const phases = (stage: Scene): string[] =>
  stage.told.map(({ name }) => name).filter((name) => PHASES.some((phase) => phase === name));

/** What a turn is about; nothing for an echo of the bot's own. */
function said(context: TurnContext): string | undefined {
  const { type, name, text, value } = context.activity;
  if (name === 'handoff.status') return (value as { state: string }).state;
  return type === 'message' ? text : undefined;
}

describe('the phases of a handover', () => {
  afterEach(closeScenes);

  it('are passed, claimed, returning, returned; each is told once', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    expect(phases(stage)).to.deep.equal(['passed']);
    await stage.customer.says('anybody?');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.says(PSID, 'How can I help?');
    await stage.agent.handsBack(PSID, 'done');
    await stage.customer.says('thanks');
    expect(phases(stage)).to.deep.equal(['passed', 'claimed', 'returning', 'returned']);
    const [passed] = stage.news('passed');
    expect(stage.news('claimed')[0]).to.deep.include({ ...passed });
    expect(stage.news('returning')).to.deep.equal([{ ...passed, via: 'passBack' }]);
    const { handoverId } = passed!;
    expect(stage.news('returned')[0]?.result).to.include({ handoverId, outcome: 'completed', answered: true });
  });

  it('a handover that nobody answered never is claimed', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    await stage.customer.says('hello?');
    expect(phases(stage)).to.deep.equal(['passed', 'returning', 'returned']);
    expect(stage.news('returned')[0]?.result).not.to.have.property('answered');
  });

  it('where the first sign that VCC Live has the thread is an agent who writes, passed is told before claimed', async () => {
    const stage = await scene({ handover: { graph: { maxRetries: 1 } } });
    stage.sim.weather.http500.always({ edges: ['pass_thread_control'], when: 'after' });
    stage.sim.weather.http500.always({ edges: ['thread_owner'] });
    await stage.clock.rush(stage.customer.says('talk to agent'));
    stage.calm();
    expect(phases(stage)).to.deep.equal(['failed']);
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    expect(phases(stage)).to.deep.equal(['failed', 'passed', 'claimed']);
  });

  it('returning is told before the bot takes the thread, and once', async () => {
    const stage = await scene();
    const callsThen: number[] = [];
    stage.bot.handover.on('returning', () => void callsThen.push(stage.calls('take_thread_control').length));
    await stage.customer.says('talk to agent');
    await stage.bot.handover.take(stage.thread);
    expect(callsThen).to.deep.equal([0]);
    expect(stage.news('returning').map(({ via }) => via)).to.deep.equal(['take']);
    expect(phases(stage)).to.deep.equal(['passed', 'returning', 'returned']);
  });

  it('a take that Meta refuses leaves the handover where it was; its later return is told anew', async () => {
    const stage = await scene();
    await stage.customer.says('talk to agent');
    stage.sim.weather.takeNotAllowed = true;
    await stage.bot.handover.take(stage.thread).catch(() => undefined);
    expect((await stage.record())?.open).not.to.have.property('returning');
    await stage.agent.handsBack(PSID);
    expect(stage.news('returning').map(({ via }) => via)).to.deep.equal(['take', 'passBack']);
    expect(stage.news('returned')).to.have.length(1);
  });

  it('are told once where two processes get everything three times', async () => {
    const stage = await scene({ bots: 2 });
    stage.sim.weather.duplicates = 2;
    stage.sim.weather.duplicatesCome = 'together';
    await stage.clock.rush(stage.customer.says('talk to agent'));
    await stage.clock.rush(stage.agent.says(PSID, 'Hello, this is Anna.'));
    await stage.clock.rush(stage.agent.handsBack(PSID));
    const order = PHASES.filter((name) => name !== 'failed');
    expect(phases(stage))
      .to.have.members([...order])
      .and.to.have.length(order.length);
  });
});

describe('handoff.status in the logic of a bot with statusEvents', () => {
  afterEach(closeScenes);

  /** Notes the state of each status, in the state of the conversation that it runs in. */
  function noting(bot: Bot): string[] {
    const seen: string[] = [];
    const state = new ConversationState(bot.storage);
    const count = state.createProperty<number>('turns');
    bot.logic = async (context) => {
      const what = said(context);
      if (what === undefined) return;
      const turns = (await count.get(context, 0)) + 1;
      await count.set(context, turns);
      await state.saveChanges(context);
      seen.push(`${what} in turn ${turns} of ${context.activity.conversation.id}`);
      await context.sendActivity(`about ${what}`);
    };
    return seen;
  }

  it('accepted comes in the conversation of the customer, and nothing that is said there leaves', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    const seen = noting(stage.bot);
    await stage.customer.says('hello');
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.says(PSID, 'How can I help?');
    await stage.agent.handsBack(PSID);
    expect(seen).to.deep.equal([
      `hello in turn 1 of ${PSID}`,
      `accepted in turn 2 of ${PSID}`,
      `completed in turn 3 of ${PSID}`,
    ]);
    expect(stage.suppressed()).to.deep.equal(['anotherAppOwns']);
    expect(saidOverOthers(stage)).to.deep.equal([]);
    expect(stage.customer.hears().at(-1)).to.equal('about completed');
    expect(stage.bot.turns.find(({ name }) => name === 'handoff.status')?.text).to.equal(undefined);
  });

  it('accepted comes once, whichever of two processes hears of it and however often', async () => {
    const stage = await scene({ bots: 2, handover: { statusEvents: true } });
    const seen = stage.bots.map(noting);
    await stage.clock.rush(stage.customer.says('talk to agent'));
    stage.sim.weather.duplicates = 3;
    stage.sim.weather.duplicatesCome = 'together';
    await stage.clock.rush(stage.agent.says(PSID, 'Hello, this is Anna.'));
    expect(seen.flat().filter((each) => each.startsWith('accepted'))).to.have.length(1);
  });

  it('accepted comes again with the redelivery where the process died in that turn', async () => {
    const stage = await scene({ bots: 2, handover: { statusEvents: true } });
    const [first, second] = stage.bots;
    first!.logic = async () => first!.die();
    const seen = noting(second!);
    stage.sim.connectBot(first!.url);
    await stage.customer.says('talk to agent');
    stage.sim.connectBot([first!.url, second!.url]);
    await stage.clock.rush(stage.agent.says(PSID, 'Hello, this is Anna.'));
    await stage.clock.rush(stage.clock.advance(60_000));
    expect(seen).to.deep.equal([`accepted in turn 1 of ${PSID}`]);
    expect(stage.news('claimed')).to.have.length(1);
  });

  it('accepted does not end a dialog that waits', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    expect(stage.bot.results).to.deep.equal([]);
    await stage.agent.handsBack(PSID);
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
  });

  it('failed comes where the thread could not be passed, once the turn that asked is over', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    const seen = noting(stage.bot);
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    stage.sim.weather.deadToken.always();
    await stage.customer.says('talk to agent');
    await stage.sim.settled();
    expect(seen).to.deep.equal([`failed in turn 1 of ${PSID}`]);
  });

  it('none comes without the option', async () => {
    const stage = await scene();
    const seen = noting(stage.bot);
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.handsBack(PSID);
    expect(seen).to.deep.equal([]);
  });
});

describe('a turn that no event brought', () => {
  afterEach(closeScenes);

  it('waits for the customer’s turn that is under way, so neither loses what the other kept', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    const state = new ConversationState(stage.bot.storage);
    const kept = state.createProperty<string[]>('turns');
    const order: string[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    stage.bot.logic = async (context) => {
      const what = said(context);
      if (what === undefined) return;
      const before = await kept.get(context, []);
      order.push(`${what} begins`);
      if (what === 'go') {
        await stage.bot.handover.toAgent(context);
        await held;
      }
      await kept.set(context, [...before, what]);
      await state.saveChanges(context);
      order.push(`${what} ends`, [...before, what].join());
    };
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    const go = stage.customer.says('go');
    await until(() => stage.owner() === 'vccLive');
    await until(() => stage.news('passed').length === 1);
    const taken = stage.bot.handover.take(stage.thread);
    await until(() => stage.owner() === 'bot');
    expect(order).to.deep.equal(['go begins']);
    letGo();
    await Promise.all([go, taken]);
    expect(order.slice(1)).to.deep.equal(['go ends', 'go', 'completed begins', 'completed ends', 'go,completed']);
  });

  it('does not hold up a take() from within a turn of that very thread: it comes right after it', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    const order: string[] = [];
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    stage.bot.logic = async (context) => {
      const what = said(context);
      if (what === undefined) return;
      order.push(`${what} begins`);
      if (what === 'go') {
        await stage.bot.handover.toAgent(context);
        await stage.bot.handover.take({ pageId: stage.thread.pageId, psid: PSID });
      }
      order.push(`${what} ends`);
    };
    await stage.customer.says('go');
    await stage.sim.settled();
    expect(order).to.deep.equal(['go begins', 'go ends', 'completed begins', 'completed ends']);
    expect(stage.owner()).to.equal('bot');
  });

  it('does not wait for the turns of other customers', async () => {
    const stage = await scene({ handover: { statusEvents: true } });
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    const other = stage.sim.customer('7700112233445566');
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const seen: string[] = [];
    stage.bot.logic = async (context) => {
      const what = said(context);
      if (what === 'slow') await held;
      if (what !== undefined) seen.push(what);
    };
    await stage.customer.says('talk to agent');
    const slow = other.says('slow');
    await stage.bot.handover.take(stage.thread);
    expect(seen).to.deep.equal(['completed']);
    letGo();
    await slow;
    expect(seen).to.deep.equal(['completed', 'slow']);
  });
});
