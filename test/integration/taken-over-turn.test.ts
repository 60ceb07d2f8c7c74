/** A turn whose event another process has taken over, in the middle of the bot's logic: what each call of the bot comes to. */
import { expect } from 'chai';
import type { TurnContext } from 'botbuilder';
import type { HandoverError } from 'botbuilder-handover-vcclive';
import { MemoryThreadStore, TurnTakenOverError } from 'botbuilder-handover-vcclive';
import { OtherProcess } from './other-process.js';
import type { Scene } from './scene.js';
import { closeScenes, scene } from './scene.js';

describe('A turn that another process has taken over', () => {
  let stage: Scene;
  let other: OtherProcess;
  let lines: string[];
  let grants: () => boolean;

  beforeEach(async () => {
    lines = [];
    grants = () => false;
    const logger = { info: () => undefined, warn: (line: string) => void lines.push(line), error: () => undefined };
    const stores: MemoryThreadStore[] = [];
    stage = await scene({
      handover: { logger, controlRequests: () => grants() },
      store: (clock) => {
        stores.push(new MemoryThreadStore({ now: () => clock.now() }));
        return stores[0]!;
      },
    });
    other = new OtherProcess(stores[0]!, stage.clock);
  });
  afterEach(closeScenes);

  /** The turn in which the bot does this, after the other process has taken it over. @returns what the call rejects with */
  async function lostTurn(does: (context: TurnContext) => Promise<unknown>): Promise<unknown> {
    let thrown: unknown;
    stage.bot.logic = async (context) => {
      other.takesOver();
      try {
        await does(context);
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
    await stage.customer.says('hello');
    other.ends();
    return thrown;
  }

  const controls: readonly [string, (context: TurnContext) => Promise<unknown>][] = [
    ['toAgent', (context) => stage.bot.handover.toAgent(context)],
    ['take', (context) => stage.bot.handover.take(context)],
    ['release', (context) => stage.bot.handover.release(context)],
  ];
  for (const [name, does] of controls) {
    it(`ends at ${name}(context): Meta is not called, and the log says why, without the bot's error handler`, async () => {
      const thrown = await lostTurn(does);
      expect(thrown).to.be.instanceOf(TurnTakenOverError);
      expect((thrown as HandoverError).code).to.equal('turnTakenOver');
      for (const edge of ['pass_thread_control', 'take_thread_control', 'release_thread_control']) {
        expect(stage.calls(edge), edge).to.deep.equal([]);
      }
      expect(stage.bot.errors).to.deep.equal([]);
      expect(lines.filter((line) => /another process has gone on with the thread/.test(line))).to.have.length(1);
    });
  }

  for (const [who, app] of [
    ['the Page inbox', 263902037430900],
    ['VCC Live', 27012345678901239n],
  ] as const) {
    it(`passes the thread to no app that asked for it: ${who}`, async () => {
      await stage.customer.says('hello');
      grants = () => {
        other.takesOver();
        return true;
      };
      await stage.deliver([{ request_thread_control: { requested_owner_app_id: app } }]);
      other.ends();
      expect(stage.calls('pass_thread_control')).to.deep.equal([]);
      expect(stage.owner()).to.equal('bot');
      expect(stage.news('ignored')).to.deep.equal([]);
      expect(stage.news('failed')).to.deep.equal([]);
      expect(lines.filter((line) => /another process has gone on with the thread/.test(line))).to.have.length(1);
    });
  }

  it('rejects nothing that is sent, not even a handoff.initiate: it stays in', async () => {
    const responses: unknown[] = [];
    const thrown = await lostTurn(async (context) => {
      responses.push(await context.sendActivity('an answer'));
      responses.push(
        await context.sendActivity({ type: 'event', name: 'handoff.initiate', value: { reason: 'lost' } }),
      );
      await context.deleteActivity('m_1');
    });
    expect(thrown).to.equal(undefined);
    expect(responses).to.deep.equal([{ id: '' }, { id: '' }]);
    expect(stage.suppressed()).to.include('turnTakenOver');
    expect(new Set(stage.suppressed())).to.deep.equal(new Set(['turnTakenOver']));
    expect(stage.customer.hears()).to.deep.equal([]);
    expect(stage.calls('pass_thread_control')).to.deep.equal([]);
  });

  it('swallows the error that the bot throws there, and no error of another turn', async () => {
    await lostTurn(() => Promise.reject(new Error('of the lost turn')));
    expect(stage.bot.errors).to.deep.equal([]);
    stage.bot.logic = () => Promise.reject(new Error('of the next turn'));
    await stage.customer.says('and now?');
    expect(stage.bot.errors.map(({ message }) => message)).to.deep.equal(['of the next turn']);
  });

  it('saves nothing into a guarded storage, and a turn of its own saves', async () => {
    const kept = new Map<string, unknown>();
    const storage = stage.bot.handover.guardStorage({
      read: async (keys: string[]) => keys.map((key) => kept.get(key)),
      write: async (changes: object) => {
        for (const [key, value] of Object.entries(changes)) kept.set(key, value);
      },
      delete: async (keys: string[]) => {
        for (const key of keys) kept.delete(key);
      },
    });
    await storage.write({ 'outside a turn': 1, old: 1 });
    expect(await lostTurn(() => storage.write({ lost: 1 }))).to.be.instanceOf(TurnTakenOverError);
    expect(await storage.read(['old'])).to.deep.equal([1]);
    stage.bot.logic = () => storage.write({ next: 1 });
    await stage.customer.says('and now?');
    expect([...kept.keys()]).to.deep.equal(['outside a turn', 'old', 'next']);
  });
});
