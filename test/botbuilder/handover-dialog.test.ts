/** The dialog by itself: what it keeps, when it ends, and that it stays put in between. */
import { ConversationState, MemoryStorage, TestAdapter } from 'botbuilder';
import type { TurnContext } from 'botbuilder';
import { DialogSet, DialogTurnStatus } from 'botbuilder-dialogs';
import type { DialogContext, DialogTurnResult } from 'botbuilder-dialogs';
import { expect } from 'chai';
import { HandoverDialog } from '../../src/botbuilder/handover-dialog.js';
import type { HandoverDialogHost } from '../../src/botbuilder/handover-dialog.js';
import type { HandoverRequest } from '../../src/botbuilder/options.js';
import { handoverResultOf } from '../../src/bot/requests/waiting-dialog.js';
import { HandoverError } from '../../src/thread/errors.js';
import type { HandoverResult, HandoverStart } from '../../src/thread/handover.js';

const RESULT: HandoverResult = { handoverId: 'h1', outcome: 'completed', via: 'passBack', waitedMs: 5 };

interface Stage {
  start: HandoverStart;
  ends: HandoverResult | undefined;
  nowMs: number;
  readonly asked: object[];
  readonly endings: [string, number][];
  /** One turn of the bot. */
  turn(run: (dc: DialogContext) => Promise<DialogTurnResult | undefined>): Promise<DialogTurnResult | undefined>;
}

function stageFor(request?: HandoverRequest): Stage {
  const storage = new MemoryStorage();
  const stage: Stage = {
    start: { status: 'passed', handoverId: 'h1' },
    ends: undefined,
    nowMs: 1000,
    asked: [],
    endings: [],
    turn: async (run) => {
      // Everything but the storage is new in each turn, as after a restart.
      const state = new ConversationState(storage);
      const dialogs = new DialogSet(state.createProperty('dialogs'));
      const host: HandoverDialogHost = {
        begin: async (_context, asked) => {
          stage.asked.push(asked);
          stage.nowMs += 7;
          return stage.start;
        },
        ending: async (_context, handoverId, startedAtMs) => {
          stage.endings.push([handoverId, startedAtMs]);
          return stage.ends;
        },
        now: () => stage.nowMs,
      };
      dialogs.add(new HandoverDialog(host, 'agent', request));
      let result: DialogTurnResult | undefined;
      const adapter = new TestAdapter(async (context: TurnContext) => {
        result = await run(await dialogs.createContext(context));
        await state.saveChanges(context);
      });
      await adapter.send('x').startTest();
      return result;
    },
  };
  return stage;
}

describe('HandoverDialog', () => {
  it('waits after it has begun, over any number of turns and restarts, and asks in each with id and start', async () => {
    const stage = stageFor();
    expect((await stage.turn((dc) => dc.beginDialog('agent')))?.status).to.equal(DialogTurnStatus.waiting);
    for (let turns = 0; turns < 3; turns += 1) {
      expect((await stage.turn((dc) => dc.continueDialog()))?.status).to.equal(DialogTurnStatus.waiting);
    }
    expect(stage.endings).to.deep.equal(Array.from({ length: 3 }, () => ['h1', 1000]));
  });

  it('ends with the result, once', async () => {
    const stage = stageFor();
    await stage.turn((dc) => dc.beginDialog('agent'));
    stage.ends = RESULT;
    const ended = await stage.turn((dc) => dc.continueDialog());
    expect(ended).to.include({ status: DialogTurnStatus.complete, result: RESULT });
    expect((await stage.turn((dc) => dc.continueDialog()))?.status).to.equal(DialogTurnStatus.empty);
    expect(stage.endings).to.have.length(1);
  });

  for (const reason of ['alreadyWithAgent', 'unavailable', 'notMessenger'] as const) {
    it(`ends at once where the handover is refused: ${reason}`, async () => {
      const stage = stageFor();
      stage.start = { status: 'refused', reason };
      const ended = await stage.turn((dc) => dc.beginDialog('agent'));
      expect(ended?.status).to.equal(DialogTurnStatus.complete);
      expect(ended?.result).to.deep.equal({ outcome: 'refused', via: 'none', waitedMs: 0, reason });
    });
  }

  it('ends at once where it failed, with the error, the time, and the id where there is one', async () => {
    const error = new TypeError('x');
    const stage = stageFor();
    stage.start = { status: 'failed', error, handoverId: 'h1' };
    const ended = await stage.turn((dc) => dc.beginDialog('agent'));
    expect(ended?.result).to.deep.equal({ outcome: 'failed', via: 'none', waitedMs: 7, error, handoverId: 'h1' });
    stage.start = { status: 'failed', error };
    expect((await stage.turn((dc) => dc.beginDialog('agent')))?.result).to.not.have.property('handoverId');
  });

  it('asks for what its options say, and before that for what it was made with', async () => {
    const stage = stageFor({ reason: 'made', notice: 'made' });
    await stage.turn((dc) => dc.beginDialog('agent', { reason: 'begun' }));
    await stage.turn((dc) => dc.cancelAllDialogs());
    await stage.turn((dc) => dc.beginDialog('agent'));
    expect(stage.asked).to.deep.equal([
      { reason: 'begun', notice: 'made' },
      { reason: 'made', notice: 'made' },
    ]);
  });

  it('is put off neither by a reprompt nor by an interruption that ends over it', async () => {
    const stage = stageFor();
    await stage.turn((dc) => dc.beginDialog('agent'));
    await stage.turn(async (dc) => {
      await dc.repromptDialog();
      return undefined;
    });
    stage.start = { status: 'refused', reason: 'alreadyWithAgent' };
    // The second one ends at once, and the first is resumed with its result.
    const resumed = await stage.turn((dc) => dc.beginDialog('agent'));
    expect(resumed?.status).to.equal(DialogTurnStatus.waiting);
    stage.ends = RESULT;
    expect((await stage.turn((dc) => dc.continueDialog()))?.result).to.deep.equal(RESULT);
  });
});

describe('handoverResultOf', () => {
  it('gives the result that the step before has ended with', () => {
    expect(handoverResultOf({ result: RESULT })).to.equal(RESULT);
  });

  for (const result of [undefined, null, 'yes', 7, [], {}, { outcome: 'completed' }, { outcome: 1, via: 'none' }]) {
    it(`says where it belongs if the step before has ended with ${result === undefined ? 'nothing' : JSON.stringify(result)}`, () => {
      expect(() => handoverResultOf({ result }))
        .to.throw(HandoverError, /directly after handover\.step\(\)/)
        .with.property('code', 'noResult');
    });
  }
});
