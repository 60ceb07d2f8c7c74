/** What comes after a handover, once: a question about it, and the prompt that was open when the thread was passed. */
import { ConversationState } from 'botbuilder';
import { ComponentDialog, DialogSet, TextPrompt, WaterfallDialog, runDialog } from 'botbuilder-dialogs';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import { expect } from 'chai';
import type { HandoverResult, OpenPrompt, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { PSID, breath, closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';
import type { Bot, Scene, SceneOptions } from './scene.js';
import { loggerInto } from '../kit/loggers.js';

const QUESTION = 'How was our agent, 1 to 5?';
const asked = (stage: Scene): number => stage.customer.hears().filter((text) => text === QUESTION).length;

describe('the question about a handover', () => {
  afterEach(closeScenes);

  const asking = (more: Partial<VccLiveHandoverOptions> = {}): SceneOptions => ({
    handover: { satisfactionQuestion: { ask: QUESTION }, ...more },
  });

  it('is asked when VCC Live hands back, once, behind the greeting; the answer is a message for the logic', async () => {
    const stage = await scene(asking({ texts: { returned: 'I am back.' } }));
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('5');
    await stage.customer.says('and now?');
    expect(stage.customer.hears().slice(2)).to.deep.equal(['I am back.', QUESTION, 'bot: 5', 'bot: and now?']);
    expect(stage.bot.heard).to.deep.equal(['5', 'and now?']);
  });

  it('stands behind what the dialog says that waited', async () => {
    const stage = await scene(asking());
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    await stage.agent.handsBack(PSID);
    expect(stage.customer.hears().slice(1)).to.deep.equal(['ended: completed via passBack', QUESTION]);
  });

  it('after a silent release stands behind the answer to the message that showed it', async () => {
    const stage = await scene(asking());
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.releases(PSID);
    await stage.customer.says('thanks');
    await stage.customer.says('bye');
    expect(stage.customer.hears().slice(2)).to.deep.equal(['bot: thanks', QUESTION, 'bot: bye']);
  });

  it('is not asked of a customer whom nobody answered, after a timer, a take or a failure', async () => {
    const released = await scene(asking());
    await released.customer.says('talk to agent');
    await released.agent.releases(PSID);
    await released.customer.says('hello?');
    expect(asked(released)).to.equal(0);

    const taken = await scene(asking());
    taken.bot.handover.attach(taken.bot.adapter, taken.bot.run);
    await taken.customer.says('talk to agent');
    await taken.agent.says(PSID, 'Hello, this is Anna.');
    await taken.bot.handover.take(taken.thread);
    await taken.customer.says('hello?');
    expect(asked(taken)).to.equal(0);

    const failed = await scene(asking());
    failed.sim.weather.deadToken.once({ edges: ['pass_thread_control'] });
    await failed.customer.says('talk to agent');
    await failed.customer.says('hello?');
    expect(asked(failed)).to.equal(0);
  });

  it('is asked after other outcomes where that is wanted, in the turn that they bring', async () => {
    const stage = await scene(
      asking({ satisfactionQuestion: { ask: QUESTION, after: ['abandoned'] }, timers: { idleMs: 60_000 } }),
    );
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    await stage.customer.says('talk to agent');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    for (let gone = 0; gone < 15; gone += 1) {
      await stage.clock.advance(5000);
      await breath(3);
      await stage.sim.settled();
    }
    expect(stage.customer.hears().slice(2)).to.deep.equal([
      'Your chat with the agent has ended. You are talking to the bot again.',
      QUESTION,
    ]);
  });

  it('is made by a function, which sees the result and may keep silent', async () => {
    const results: HandoverResult[] = [];
    const ask = (_context: unknown, result: HandoverResult): string | undefined => {
      results.push(result);
      return result.answered ? QUESTION : undefined;
    };
    const stage = await scene(asking({ satisfactionQuestion: { ask } }));
    await stage.customer.says('talk to agent');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('hello');
    expect(asked(stage)).to.equal(0);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
  });

  it('is asked once where two processes get the hand-back and a message three times, all together', async () => {
    const stage = await scene({ bots: 2, ...asking() });
    await stage.clock.rush(stage.customer.says('talk to agent'));
    await stage.clock.rush(stage.agent.says(PSID, 'Hello, this is Anna.'));
    stage.sim.weather.duplicates = 2;
    stage.sim.weather.duplicatesCome = 'together';
    await stage.clock.rush(Promise.all([stage.agent.handsBack(PSID), stage.customer.says('thanks')]));
    stage.calm();
    await stage.clock.rush(stage.customer.says('bye'));
    expect(asked(stage)).to.equal(1);
  });

  it('is not asked again by the redelivery where the process died with it on its lips', async () => {
    const stage = await scene({ bots: 2, ...asking() });
    const [first, second] = stage.bots;
    stage.sim.connectBot(first!.url);
    await stage.customer.says('talk to agent');
    stage.sim.wire.on('update', (entry) => {
      if (entry.kind !== 'graph' || !entry.done || first!.life.dead) return;
      if (JSON.stringify(entry.body).includes(QUESTION)) first!.die();
    });
    stage.sim.connectBot([first!.url, second!.url]);
    await stage.clock.rush(stage.agent.handsBack(PSID));
    await stage.clock.rush(stage.clock.advance(60_000));
    await stage.clock.rush(stage.customer.says('hello'));
    expect(asked(stage)).to.equal(1);
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });

  it('is never asked over an agent: not where the logic hands over again in that very turn', async () => {
    const stage = await scene(asking());
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    await stage.agent.says(PSID, 'Hello, this is Anna.');
    await stage.agent.releases(PSID);
    stage.bot.logic = async (context) => {
      await stage.bot.handover.toAgent(context);
    };
    await stage.customer.says('again');
    expect(stage.owner()).to.equal('vccLive');
    expect(asked(stage)).to.equal(0);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('that cannot be made is a line in the log, and the turn goes on', async () => {
    const stage = await scene(
      asking({
        satisfactionQuestion: {
          ask: () => {
            throw new TypeError('no survey');
          },
        },
      }),
    );
    await stage.customer.says('talk to agent');
    await stage.agent.handsBack(PSID);
    await stage.customer.says('hello');
    expect(stage.bot.errors).to.deep.equal([]);
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });
});

describe('a prompt that was open when the thread was passed', () => {
  afterEach(closeScenes);

  const PROMPT = 'Where shall we send it?';

  const sendTo = async (step: WaterfallStepContext): Promise<DialogTurnResult> => {
    await step.context.sendActivity(`sent to ${String(step.result)}`);
    return step.endDialog();
  };

  /** Asks for an address on "order"; anything else is answered with its text. */
  function orders(bot: Bot, attached: 'with its logic' | 'dialogs only' = 'with its logic'): void {
    const conversationState = new ConversationState(bot.storage);
    const dialogs = new DialogSet(conversationState.createProperty('dialogs'));
    dialogs.add(new TextPrompt('text'));
    dialogs.add(new WaterfallDialog('order', [async (step) => step.prompt('text', PROMPT), sendTo]));
    bot.logic = async (context) => {
      if (context.activity.type !== 'message') return;
      const stack = await dialogs.createContext(context);
      await stack.continueDialog();
      if (!context.responded) {
        if (context.activity.text === 'order') await stack.beginDialog('order');
        else await context.sendActivity(`bot: ${context.activity.text}`);
      }
      await conversationState.saveChanges(context);
    };
    const logic = attached === 'with its logic' ? bot.run : undefined;
    bot.handover.attach(bot.adapter, logic, { dialogs, conversationState });
  }

  async function passed(
    openPrompt: OpenPrompt | undefined,
    more: Partial<VccLiveHandoverOptions> = {},
  ): Promise<Scene> {
    const stage = await scene({ handover: { ...(openPrompt === undefined ? {} : { openPrompt }), ...more } });
    orders(stage.bot);
    await stage.customer.says('order');
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
    return stage;
  }
  const since = (stage: Scene): string[] => stage.customer.hears().slice(2);

  it('goes on by default: the next message answers it', async () => {
    for (const openPrompt of [undefined, 'continue'] as const) {
      const stage = await passed(openPrompt);
      await stage.agent.handsBack(PSID);
      await stage.customer.says('Budapest');
      expect(since(stage)).to.deep.equal(['sent to Budapest']);
    }
  });

  it('repeat: is asked again when the thread is passed back, and then answered', async () => {
    const stage = await passed('repeat', { texts: { returned: 'I am back.' } });
    await stage.agent.handsBack(PSID);
    await stage.customer.says('Budapest');
    expect(since(stage)).to.deep.equal(['I am back.', PROMPT, 'sent to Budapest']);
  });

  it('repeat: the message that shows a silent release is not taken for the answer', async () => {
    const stage = await passed('repeat');
    await stage.agent.releases(PSID);
    await stage.customer.says('hello?');
    await stage.customer.says('Budapest');
    expect(since(stage)).to.deep.equal([PROMPT, 'sent to Budapest']);
  });

  it('repeat: after a take outside any turn it is asked again in a turn of its own', async () => {
    const stage = await passed('repeat');
    await stage.bot.handover.take(stage.thread);
    expect(since(stage)).to.deep.equal([PROMPT]);
    await stage.customer.says('Budapest');
    expect(since(stage)).to.deep.equal([PROMPT, 'sent to Budapest']);
  });

  it('repeat: after a take that has no turn of its own, with the next message, which is not taken for the answer', async () => {
    const stage = await scene({ handover: { openPrompt: 'repeat' } });
    orders(stage.bot, 'dialogs only');
    await stage.customer.says('order');
    await stage.customer.says('talk to agent');
    await stage.bot.handover.take(stage.thread);
    await stage.clock.advance(1000);
    for (const text of ['hello?', 'Budapest']) await stage.customer.says(text);
    expect(since(stage)).to.deep.equal([PROMPT, 'sent to Budapest']);
  });

  it('repeat: where nothing is open the logic runs as ever', async () => {
    const stage = await scene({ handover: { openPrompt: 'repeat' } });
    orders(stage.bot);
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    await stage.customer.says('hello?');
    expect(stage.customer.hears().slice(1)).to.deep.equal(['bot: hello?']);
  });

  it('repeat: the question about the handover comes before it', async () => {
    const stage = await passed('repeat', { satisfactionQuestion: { ask: QUESTION } });
    await stage.agent.handsBack(PSID);
    expect(since(stage)).to.deep.equal([QUESTION, PROMPT]);
  });

  it('drop: is gone, whichever way the thread comes home', async () => {
    const back = await passed('drop');
    await back.agent.handsBack(PSID);
    await back.customer.says('Budapest');
    expect(since(back)).to.deep.equal(['bot: Budapest']);
    const released = await passed('drop');
    await released.agent.releases(PSID);
    await released.customer.says('Budapest');
    expect(since(released)).to.deep.equal(['bot: Budapest']);
  });

  it('is reached inside a ComponentDialog that runDialog runs, too', async () => {
    for (const [openPrompt, heard] of [
      ['repeat', [PROMPT, 'sent to Budapest']],
      ['drop', [PROMPT]],
    ] as const) {
      const stage = await scene({ handover: { openPrompt } });
      const conversationState = new ConversationState(stage.bot.storage);
      const property = conversationState.createProperty('dialogs');
      const root = new ComponentDialog('root');
      root.addDialog(new WaterfallDialog('main', [async (step) => step.prompt('text', PROMPT), sendTo]));
      root.addDialog(new TextPrompt('text'));
      stage.bot.logic = async (context) => {
        if (context.activity.type === 'message') await runDialog(root, context, property);
        await conversationState.saveChanges(context);
      };
      const dialogs = new DialogSet(property);
      dialogs.add(root);
      stage.bot.handover.attach(stage.bot.adapter, stage.bot.run, { dialogs, conversationState });
      await stage.customer.says('order');
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(PSID);
      await stage.customer.says('Budapest');
      expect(since(stage), openPrompt).to.deep.equal(heard);
      await closeScenes();
    }
  });

  it('a function does what it likes, once, before the logic', async () => {
    const results: HandoverResult[] = [];
    const stage = await passed(async (context, result) => {
      results.push(result);
      await context.sendActivity('Where were we?');
    });
    await stage.agent.handsBack(PSID);
    await stage.customer.says('Budapest');
    expect(since(stage)).to.deep.equal(['Where were we?', 'sent to Budapest']);
    expect(results.map(({ via }) => via)).to.deep.equal(['passBack']);
  });

  it('a dialog that waits for the handover is none: it gets its result', async () => {
    const stage = await scene({ handover: { openPrompt: 'drop' } });
    dialogBot(stage.bot, 'everyTurn');
    const dialogs = {
      createContext: () => Promise.reject(new Error('must not be looked at')),
    };
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run, { dialogs });
    await stage.customer.says('agent please');
    await stage.agent.handsBack(PSID);
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
  });

  it('without the dialogs of the bot it goes on, and one line says what to add', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'warn');
    const stage = await scene({ handover: { openPrompt: 'repeat', logger } });
    for (let times = 0; times < 2; times += 1) {
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(PSID);
    }
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
    expect(lines.filter((line) => line.includes('attach(adapter, logic, { dialogs'))).to.have.length(1);
  });

  it('dialogs that cannot be reached are a line in the log, and the logic runs', async () => {
    const stage = await scene({ handover: { openPrompt: 'repeat' } });
    const dialogs = { createContext: () => Promise.reject(new TypeError('no storage')) };
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run, { dialogs });
    await stage.customer.says('talk to agent');
    await stage.agent.releases(PSID);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });
});
