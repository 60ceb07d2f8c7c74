/** The handler of a result: it gets each handover’s once, in any process, and again if it failed. */
import type { AgentApplication, TurnState } from '@microsoft/agents-hosting';
import { MemoryStorage } from '@microsoft/agents-hosting';
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive/agents';
import type { HandoverResult, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import { startMessenger } from '../integration/transports/agents-hosts.js';
import type { AgentsBot, ApplicationOptions, MakeBot } from '../integration/transports/agents-hosts.js';
import { closePlays, playOn } from '../integration/transports/transports.js';
import type { Ground, Play, TransportOptions } from '../integration/transports/transports.js';
import { loggerInto } from '../kit/loggers.js';

type Stage = Play & { readonly bot: AgentsBot };

/** A bot whose handler does what a test says. "agent please" hands over. */
const botWith =
  (onResult: (result: HandoverResult) => void, name = ''): MakeBot =>
  (app, handover) => {
    app.onMessage('agent please', async (context) => {
      await handover.transfer(context);
    });
    handover.onResult(app, async (context, _state, result) => {
      onResult(result);
      await context.sendActivity(`${name}ended: ${result.outcome}`);
    });
    app.onActivity('message', async (context) => {
      await context.sendActivity(`${name}bot: ${context.activity.text}`);
    });
  };

const play = (make: MakeBot, options: TransportOptions = {}, how: ApplicationOptions = {}): Promise<Stage> =>
  playOn({ start: (ground, given) => startMessenger(ground, given, make, how) }, options);

const awayAndBack = async (stage: Play): Promise<void> => {
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  await stage.agent.handsBack(stage.customer.psid);
};

describe('onResult(app, handler)', () => {
  afterEach(closePlays);

  it('gives the result once with the default store, too: the next messages are the routes’ again', async () => {
    const results: HandoverResult[] = [];
    const stage = await play(
      botWith((result) => void results.push(result)),
      { handover: { store: undefined } as never },
    );
    await awayAndBack(stage);
    await stage.customer.says('one');
    await stage.customer.says('two');
    await awayAndBack(stage);
    await stage.customer.says('three');
    expect(stage.customer.hears().filter((text) => !text.startsWith("I'm"))).to.deep.equal([
      'ended: completed',
      'bot: one',
      'bot: two',
      'ended: completed',
      'bot: three',
    ]);
    expect(new Set(results.map(({ handoverId }) => handoverId)).size).to.equal(2);
  });

  it('gives both results at the hand-back if the message that showed a silent release asked for an agent again', async () => {
    const results: HandoverResult[] = [];
    const stage = await play(botWith((result) => void results.push(result)));
    await stage.customer.says('agent please');
    await stage.agent.releases(stage.customer.psid);
    await stage.customer.says('talk to agent');
    await stage.agent.handsBack(stage.customer.psid, 'second');
    expect(results.map(({ via, metadata }) => [via, metadata])).to.deep.equal([
      ['message', undefined],
      ['passBack', 'second'],
    ]);
    await stage.customer.says('where is my parcel?');
    expect(stage.customer.hears().at(-1)).to.equal('bot: where is my parcel?');
    expect(results).to.have.length(2);
  });

  it('gives it again in the next turn if the handler throws, and until one succeeds', async () => {
    let calls = 0;
    const stage = await play(
      botWith(() => {
        calls += 1;
        if (calls < 3) throw new Error('the CRM does not answer');
      }),
    );
    await awayAndBack(stage);
    await stage.customer.says('one');
    await stage.customer.says('two');
    await stage.customer.says('three');
    expect(calls).to.equal(3);
    expect(stage.customer.hears().slice(-2)).to.deep.equal(['ended: completed', 'bot: three']);
    expect(stage.bot.errors).to.have.length(2);
  });

  it('counts as handled only when the application has saved its state', async () => {
    const storage = new MemoryStorage();
    const write = storage.write.bind(storage);
    let failures = 1;
    storage.write = (changes) => (failures-- > 0 ? Promise.reject(new Error('the disk is full')) : write(changes));
    const given: unknown[] = [];
    const make: MakeBot = (app, handover) => {
      app.onTurn('afterTurn', () => Promise.resolve(true));
      app.onMessage('agent please', async (context) => {
        await handover.transfer(context);
      });
      handover.onResult(app, (_context, state, { outcome }) => {
        const kept = state.conversation as { outcome?: string };
        given.push(kept.outcome);
        kept.outcome = outcome;
        return Promise.resolve();
      });
      app.onActivity('message', async (context, state) => {
        await context.sendActivity(`kept: ${(state.conversation as { outcome?: string }).outcome}`);
      });
    };
    const stage = await play(make, {}, { storage });
    await awayAndBack(stage);
    expect(stage.bot.errors).to.have.length(1);
    await stage.customer.says('one');
    await stage.customer.says('two');
    expect(given).to.deep.equal([undefined, undefined]);
    expect(stage.customer.hears().at(-1)).to.equal('kept: completed');
  });

  it('gives it in another process than the one that handed over, and in no process twice', async () => {
    const results: string[] = [];
    let ground: Ground | undefined;
    const stage = await playOn({
      start: (given, options) => {
        ground = given;
        return startMessenger(
          given,
          options,
          botWith(() => void results.push('first'), 'first '),
        );
      },
    });
    await stage.customer.says('agent please');
    const second = await startMessenger(
      ground!,
      {},
      botWith(() => void results.push('second'), 'second '),
    );
    try {
      await stage.agent.handsBack(stage.customer.psid);
      await stage.customer.says('one');
      stage.sim.connectBot(stage.bot.url);
      await stage.customer.says('two');
    } finally {
      await second.handover.close();
      await second.stop();
    }
    expect(results).to.deep.equal(['second']);
    expect(stage.customer.hears().slice(1)).to.deep.equal([
      'second ended: completed',
      'second bot: one',
      'first bot: two',
    ]);
  });

  it('gives what a failed handler of one process has left to another process', async () => {
    const results: string[] = [];
    let ground: Ground | undefined;
    const stage = await playOn({
      start: (given, options) => {
        ground = given;
        return startMessenger(
          given,
          options,
          botWith(() => {
            throw new Error('dies here');
          }),
        );
      },
    });
    await awayAndBack(stage);
    const second = await startMessenger(
      ground!,
      {},
      botWith(({ via }) => void results.push(via)),
    );
    try {
      await stage.customer.says('hello?');
    } finally {
      await second.handover.close();
      await second.stop();
    }
    expect(results).to.deep.equal(['passBack']);
  });

  it('lets the handler hand over again, and gives that result, too', async () => {
    let handovers = 0;
    const stage = await play((app, handover) => {
      app.onMessage('agent please', async (context) => {
        await handover.transfer(context);
      });
      handover.onResult(app, async (context, _state, { outcome }) => {
        handovers += 1;
        if (handovers === 1) await handover.transfer(context, { reason: 'not solved' });
        else await context.sendActivity(`ended: ${outcome}`);
      });
    });
    await awayAndBack(stage);
    expect([stage.owner(), handovers]).to.deep.equal(['vccLive', 1]);
    await stage.agent.handsBack(stage.customer.psid);
    expect([stage.owner(), handovers]).to.deep.equal(['bot', 2]);
    expect(stage.customer.hears().at(-1)).to.equal('ended: completed');
  });

  it('is refused a second time for one application', async () => {
    const make = (app: AgentApplication<TurnState>, handover: VccLiveHandover): void => {
      handover.onResult(app, () => Promise.resolve());
      expect(() => handover.onResult(app, () => Promise.resolve())).to.throw(InvalidOptionError, 'one handler');
    };
    await play(make);
  });

  it('gets the result of a handover that the option talkToAgent began', async () => {
    const results: HandoverResult[] = [];
    const stage = await play(
      botWith((result) => void results.push(result)),
      { handover: { talkToAgent: /a person/i } },
    );
    await stage.customer.says('a person, quick!');
    expect(stage.owner()).to.equal('vccLive');
    await stage.agent.handsBack(stage.customer.psid);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
  });

  it('is missed once in the log if transfer() hands over without it', async () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'warn');
    const make: MakeBot = (app, handover) => {
      app.onMessage('agent please', async (context) => {
        await handover.transfer(context);
      });
    };
    const stage = await play(make, { handover: { logger } });
    await awayAndBack(stage);
    await awayAndBack(stage);
    expect(lines.filter((line) => line.includes('onResult'))).to.have.length(1);
  });
});
