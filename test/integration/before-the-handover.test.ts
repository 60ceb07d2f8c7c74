/** Before a handover begins: phrases, availability, what the agent is told, and a thread that bounces. */
import { EventFactory } from 'botbuilder';
import type { Activity, TurnContext } from 'botbuilder';
import { HandoverError, talkToAgentPhrases } from 'botbuilder-handover-vcclive';
import type { Availability, HandoverRequest, HandoverStart, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { openingHours } from 'botbuilder-handover-vcclive/calendar';
import { expect } from 'chai';
import { closeScenes, dialogBot, scene } from './scene.js';
import type { Scene, Template } from './scene.js';
import { loggerInto } from '../kit/loggers.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const UNAVAILABLE = 'None of our agents is available right now.';
const FAILED = "I'm sorry, I could not reach an agent. Please try again in a few minutes.";
const CARD = '4111 1111 1111 1111';

const metadataOf = (stage: Scene): any => JSON.parse(stage.agent.queue().at(-1)?.metadata ?? '');

describe('ready-made phrases', () => {
  afterEach(closeScenes);

  it('hand over where a customer asks, in each of their languages, and nowhere else', async () => {
    const stage = await scene({ handover: { talkToAgent: talkToAgentPhrases() } });
    await stage.customer.says('my agent told me to talk to an agent');
    await stage.customer.says('az ügynököm azt mondta');
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.heard).to.have.length(2);
    await stage.customer.says('Jó napot! Ügyintézővel szeretnék beszélni.');
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.bot.heard).to.have.length(2);
  });
});

describe('availability', () => {
  afterEach(closeScenes);

  const asked = (answer: () => unknown, more: Partial<VccLiveHandoverOptions> = {}) => {
    const calls: HandoverRequest[] = [];
    const availability = (_context: TurnContext, request: HandoverRequest): Availability => {
      calls.push(request);
      return answer() as Availability;
    };
    return { calls, handover: { availability, ...more } };
  };

  it('that says no is told to the customer; the thread stays, and the bot is not run', async () => {
    const { handover, calls } = asked(() => 'unavailable');
    const stage = await scene({ handover });
    await stage.customer.says('talk to agent');
    expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE]);
    expect(stage.owner()).to.equal('bot');
    expect(stage.calls('pass_thread_control')).to.deep.equal([]);
    expect(stage.bot.turns).to.deep.equal([]);
    expect(calls).to.have.length(1);
    expect(stage.news('failed')).to.deep.equal([]);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });

  for (const template of ['everyTurn', 'messagesOnly'] as const satisfies readonly Template[]) {
    it(`that says no gives the dialog its refusal at once (${template})`, async () => {
      const stage = await scene({ handover: asked(() => Promise.resolve('unavailable')).handover });
      dialogBot(stage.bot, template, { reason: 'invoice' });
      await stage.customer.says('agent please');
      expect(stage.bot.results).to.deep.equal([
        { outcome: 'refused', via: 'none', waitedMs: 0, reason: 'unavailable' },
      ]);
      expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE, 'ended: refused via none']);
      expect((await stage.record())?.open).to.equal(undefined);
    });
  }

  it('gets the request, and says what toAgent answers', async () => {
    const { handover, calls } = asked(() => 'unavailable', { texts: { unavailable: 'Tomorrow.' } });
    const stage = await scene({ handover });
    const starts: HandoverStart[] = [];
    stage.bot.logic = async (context) => {
      starts.push(await stage.bot.handover.toAgent(context, { reason: 'invoice' }));
      await context.sendActivity('Your e-mail address, please?');
    };
    await stage.customer.says('hello');
    expect(starts).to.deep.equal([{ status: 'refused', reason: 'unavailable' }]);
    expect(calls).to.deep.equal([{ reason: 'invoice' }]);
    expect(stage.customer.hears()).to.deep.equal(['Tomorrow.', 'Your e-mail address, please?']);
  });

  it('that says no counts for handoff.initiate too', async () => {
    const stage = await scene({ handover: asked(() => 'unavailable').handover });
    stage.bot.logic = async (context) => {
      await context.sendActivity(EventFactory.createHandoffInitiation(context, { reason: 'x' }));
    };
    await stage.customer.says('hello');
    expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE]);
    expect(stage.owner()).to.equal('bot');
  });

  for (const [what, answer] of [
    ['available', () => 'available'],
    ['unknown', () => 'unknown'],
    ['nothing of use', () => undefined],
    [
      'an error',
      () => {
        throw new TypeError('calendar gone');
      },
    ],
    ['a rejection', () => Promise.reject(new TypeError('calendar gone'))],
  ] as const) {
    it(`hands over where it gives ${what}`, async () => {
      const lines: string[] = [];
      const logger = loggerInto(lines, 'warn');
      const stage = await scene({ handover: asked(answer, { logger }).handover });
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
      const about = lines.filter((line) => line.includes('availability'));
      expect(about).to.have.length(what === 'available' || what === 'unknown' ? 0 : 1);
    });
  }

  it('hands over where it gives no answer within two seconds of the clock', async () => {
    const stage = await scene({ handover: asked(() => new Promise(() => undefined)).handover });
    const begunMs = stage.clock.now();
    await stage.clock.rush(stage.customer.says('talk to agent'));
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.clock.now() - begunMs).to.be.within(2000, 3000);
  });

  it('is not asked where the thread is with an agent already', async () => {
    const { handover, calls } = asked(() => 'available');
    const stage = await scene({ handover });
    await stage.customer.says('talk to agent');
    const starts: HandoverStart[] = [];
    await stage.bot.adapter.continueConversation(
      { channelId: 'facebook', user: { id: stage.thread.psid }, bot: { id: stage.thread.pageId } } as never,
      async (context) => void starts.push(await stage.bot.handover.toAgent(context)),
    );
    expect(starts).to.deep.equal([{ status: 'refused', reason: 'alreadyWithAgent' }]);
    expect(calls).to.have.length(1);
  });

  it('is not asked again for a message that Meta delivers again after a process has died', async () => {
    let answer: Availability = 'available';
    const { handover, calls } = asked(() => answer);
    const stage = await scene({ bots: 2, handover });
    const [first] = stage.bots;
    first!.store.onWritten = (record) => {
      if (record?.open?.noticeSent) first!.die();
    };
    answer = 'available';
    const said = stage.customer.says('talk to agent');
    await stage.clock.rush(said);
    answer = 'unavailable';
    for (let minute = 0; minute < 10 && stage.owner() !== 'vccLive'; minute += 1) await stage.clock.advance(60_000);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.not.include(UNAVAILABLE);
    expect(calls).to.have.length(1);
  });

  it('comes from a calendar', async () => {
    let nowMs = Date.parse('2026-11-23T17:00:00Z');
    const hours = { timeZone: 'Europe/Budapest', weekly: { mon: ['09:00-17:00'], tue: ['09:00-17:00'] } };
    const stage = await scene({ handover: { availability: openingHours({ ...hours, now: () => nowMs }) } });
    await stage.customer.says('talk to agent');
    expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE]);
    nowMs = Date.parse('2026-11-24T08:00:00Z');
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });
});

describe('what the agent is told', () => {
  afterEach(closeScenes);

  const told = async (
    request: HandoverRequest,
    handover: Partial<VccLiveHandoverOptions> = {},
  ): Promise<{ stage: Scene; metadata: any }> => {
    const stage = await scene({ handover });
    stage.bot.logic = async (context) => {
      await stage.bot.handover.toAgent(context, request);
    };
    await stage.customer.says('hello');
    expect(stage.owner()).to.equal('vccLive');
    return { stage, metadata: metadataOf(stage) };
  };

  it('is the reason and the summary, without card numbers, addresses and phone numbers', async () => {
    const { metadata, stage } = await told({
      reason: 'refund to ada@example.org',
      summary: `Paid with ${CARD}, call +36 30 123 4567.`,
    });
    expect(Object.keys(metadata)).to.deep.equal(['reason', 'summary', 'handoverId']);
    expect(metadata.reason).to.equal('refund to [e-mail]');
    expect(metadata.summary).to.equal('Paid with [card number], call [phone number].');
    expect(metadata.handoverId).to.equal(stage.news('passed')[0]?.handoverId);
    // Nor is it anywhere in what is stored.
    expect(JSON.stringify(await stage.record())).to.not.include(CARD);
  });

  it('is redacted wherever it comes from, at any depth', async () => {
    const deep = { list: [{ note: CARD }] };
    expect((await told({ metadata: deep })).metadata.list).to.deep.equal([{ note: '[card number]' }]);
    expect((await told({}, { metadata: () => deep })).metadata.list).to.deep.equal([{ note: '[card number]' }]);
    const { metadata } = await told({ metadata: JSON.stringify({ note: CARD, n: 4111111111111111 }) });
    expect(metadata).to.deep.equal({ note: '[card number]', n: 4111111111111111 });
  });

  it('keeps the ids of the thread, which may look like a card number', async () => {
    const { stage, metadata } = await told(
      {},
      { metadata: (context) => ({ customer: context.activity.from.id, words: 'x' }), redact: () => 'redacted' },
    );
    expect(metadata).to.deep.include({ customer: stage.thread.psid, words: 'redacted' });
  });

  it('is cut after it is redacted, the summary first', async () => {
    const reason = 'r'.repeat(700);
    const { stage, metadata } = await told({ reason, summary: `${'s'.repeat(230)} ${CARD} ${'t'.repeat(500)}` });
    expect(metadata.reason).to.equal(reason);
    expect(metadata.summary).to.not.match(/\d/);
    expect(stage.agent.queue()[0]?.metadata).to.have.length(1000);
  });

  it('goes through the redactor of the bot’s own, or through none', async () => {
    const redact = (text: string): string => text.replaceAll('secret', '***');
    expect((await told({ summary: `secret ${CARD}` }, { redact })).metadata.summary).to.equal(`*** ${CARD}`);
    expect((await told({ summary: CARD }, { redact: false })).metadata.summary).to.equal(CARD);
  });

  it('is withheld where that redactor fails; the customer gets the agent all the same', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'error');
    const redact = (text: string): string => {
      throw new TypeError(text);
    };
    const { metadata } = await told({ reason: CARD }, { redact, logger });
    expect(metadata.reason).to.equal('[redacted]');
    expect(lines).to.have.length(1);
    expect(lines[0]).to.include('redact').and.not.include(CARD);
  });

  it('is redacted when the bot takes the thread back, too', async () => {
    const { stage } = await told({});
    await stage.bot.handover.take(stage.thread, `see ${CARD}`);
    expect(stage.calls('take_thread_control')[0]?.body).to.deep.include({ metadata: 'see [card number]' });
    await stage.bot.handover.release(stage.thread, `see ${CARD}`);
    expect(stage.calls('release_thread_control')[0]?.body).to.deep.include({ metadata: 'see [card number]' });
  });

  it('has the last lines of the transcript that comes with handoff.initiate', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      const user = { id: stage.thread.psid, name: '' };
      const bot = { id: stage.thread.pageId, name: '' };
      const activities: Partial<Activity>[] = [
        ...Array.from({ length: 60 }, (_, index) => ({ type: 'message', from: user, text: `question ${index}` })),
        { type: 'message', from: bot, text: 'Which card?' },
        { type: 'typing', from: bot },
        { type: 'message', from: { ...user, role: 'user' }, text: `This one:\n${CARD}` },
      ];
      const transcript = { activities: activities as Activity[] };
      await context.sendActivity(EventFactory.createHandoffInitiation(context, { reason: 'refund' }, transcript));
    };
    await stage.customer.says('hello');
    const { reason, transcript } = metadataOf(stage);
    expect(reason).to.equal('refund');
    const lines = (transcript as string).split('\n');
    expect(lines.slice(-3)).to.deep.equal([
      'customer: question 59',
      'bot: Which card?',
      'customer: This one: [card number]',
    ]);
    expect(stage.agent.queue()[0]?.metadata?.length).to.be.within(900, 1000);
  });

  it('has no transcript where the attachment is something else', async () => {
    for (const content of [undefined, null, 'text', 7, {}, { activities: 'x' }, { activities: [null, 7, {}] }]) {
      const stage = await scene();
      stage.bot.logic = async (context) => {
        const initiate = EventFactory.createHandoffInitiation(context, { reason: 'x' });
        const attachments = [{ contentType: 'application/json', name: 'Transcript', content }];
        await context.sendActivity({ ...initiate, attachments });
      };
      await stage.customer.says('hello');
      expect(metadataOf(stage)).to.have.all.keys('reason', 'handoverId');
      await closeScenes();
    }
  });
});

describe('a thread that bounces between bot and agent', () => {
  afterEach(closeScenes);

  const bounce = async (stage: Scene): Promise<void> => {
    await stage.customer.says('talk to agent');
    await stage.agent.handsBack(stage.customer.psid);
    await stage.clock.advance(1000);
  };

  it('stays with the bot after six times in ten minutes, and failed says so', async () => {
    const stage = await scene({ handover: { loopBreaker: {} } });
    for (let times = 0; times < 6; times += 1) await bounce(stage);
    expect(stage.news('passed')).to.have.length(6);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('bot');
    expect(stage.news('passed')).to.have.length(6);
    const [failed, ...more] = stage.news('failed');
    expect(more).to.deep.equal([]);
    expect(failed?.thread).to.deep.equal(stage.thread);
    expect(failed?.error).to.be.instanceOf(HandoverError).and.include({ code: 'loopBroken' });
    expect(stage.customer.hears().filter((text) => text === CONNECTING)).to.have.length(6);
    expect(stage.customer.hears().at(-1)).to.equal(FAILED);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    await stage.clock.advance(10 * 60_000);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });

  it('is counted and timed as the option says', async () => {
    const stage = await scene({ handover: { loopBreaker: { maxHandovers: 2, withinMs: 60_000 } } });
    await bounce(stage);
    await stage.clock.advance(50_000);
    await bounce(stage);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('bot');
    // The first is now longer ago than a minute.
    await stage.clock.advance(15_000);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });

  it('ends the dialog as failed', async () => {
    const stage = await scene({ handover: { loopBreaker: { maxHandovers: 1 } } });
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    await stage.agent.handsBack(stage.customer.psid);
    await stage.sim.settled();
    await stage.customer.says('agent please');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed', 'failed']);
    expect(stage.bot.results[1]?.error).to.include({ code: 'loopBroken' });
    expect((await stage.record())?.open).to.equal(undefined);
  });

  it('is off unless it is asked for', async () => {
    const stage = await scene();
    for (let times = 0; times < 9; times += 1) await bounce(stage);
    expect(stage.news('passed')).to.have.length(9);
  });

  it('does not count handovers that failed', async () => {
    const stage = await scene({ handover: { loopBreaker: { maxHandovers: 1 } } });
    stage.sim.weather.deadToken.always({ edges: ['pass_thread_control'] });
    for (let times = 0; times < 3; times += 1) await stage.customer.says('talk to agent');
    stage.calm();
    await stage.clock.advance(5000);
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });
});
