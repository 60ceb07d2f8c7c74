/** A decision in words, for the log at `debug`; the words are made only for a log that is read. */
import { expect } from 'chai';
import { AppIdWatch } from '../../src/handover/app-id-watch.js';
import type { ThreadRecords } from '../../src/handover/change-record.js';
import type { TurnAnswers, TurnFacts, TurnStep } from '../../src/handover/decide-turn.js';
import { describeDecision } from '../../src/handover/describe-decision.js';
import { HandoverEvents } from '../../src/handover/events.js';
import type { Fence } from '../../src/handover/fence.js';
import type { HandoverStarter } from '../../src/handover/hand-over.js';
import { TurnDecisions } from '../../src/handover/turn-decisions.js';
import type { RecordedEvent } from '../../src/handover/turn.js';
import type { Verdict } from '../../src/ownership/ledger.js';
import type { Logger } from '../../src/thread/logger.js';
import type { Conclusion } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import { quietLogger } from '../kit/loggers.js';

const ids = { botAppId: '900100200300400', vccLiveAppId: '900500600700800' };
const concluded = { outcome: 'completed', via: 'message' } as Conclusion;
const factsWith = (owner: Verdict, answers: TurnAnswers = {}): TurnFacts => ({ owner, answers }) as TurnFacts;

describe('a decision in words', () => {
  for (const [step, owner, answers, words] of [
    [{ step: 'logic' }, 'bot', {}, 'runs, because the bot owns the thread'],
    [{ step: 'logic' }, 'unknown', {}, 'runs, because nothing is known about the owner of the thread'],
    [
      { step: 'logic', concluded },
      'idle',
      { asked: { owner: 'idle' } },
      'runs, because no app owns the thread (Meta was asked: no app owns the thread); its handover ended: completed by message',
    ],
    [
      { step: 'ignore', reason: 'ownerUnknown' },
      'vccLive',
      { asked: 'noAnswer' },
      'does not run, because nobody could say who owns the thread (Meta gave no answer)',
    ],
    [{ step: 'nothing', because: 'listens' }, 'vccLive', {}, 'does not run, because the bot only listens on standby'],
    [{ step: 'askOwner', inTime: true }, 'vccLive', {}, undefined],
  ] as const satisfies readonly [TurnStep, Verdict['owner'], TurnAnswers, string | undefined][]) {
    it(`${step.step}, owner ${owner}: ${words ?? 'no line, because a question comes first'}`, () => {
      expect(describeDecision(step, factsWith({ owner }, answers))).to.equal(words);
    });
  }

  /** Decides about a message, and counts how often somebody wants to know whose thread it is: only a line does. */
  function decideOn(log: Logger): number {
    let asked = 0;
    const thread = {
      pageId: '111222333444555',
      get psid() {
        asked += 1;
        return '6600112233445566';
      },
    };
    const events = new HandoverEvents(log);
    const policies = { reclaim: { customer: [], agent: [], other: [] }, statusEvents: false, ownEchoes: false };
    const records = {
      deps: { log, events, clock: { now: () => 0 }, policies: { of: () => policies, asked: () => undefined } },
      ids: () => ids,
      turn: () => ({ run: 'this run' }),
      ownerNow: () => ({ owner: 'bot' }),
    } as unknown as ThreadRecords;
    const recorded: RecordedEvent = {
      event: { kind: 'message', channel: 'messaging', raw: {} },
      ...{ thread, before: { owner: 'bot' }, owner: { owner: 'bot' }, record: emptyRecord },
      ...{ askOwner: false, isFresh: true },
    };
    const decided = new TurnDecisions(
      records,
      {} as unknown as Fence,
      {} as unknown as HandoverStarter,
      new AppIdWatch(log),
    ).decideTurn(recorded, 'm_1');
    expect(decided).to.have.property('run', 'logic');
    return asked;
  }

  it('is not made for a log that nobody reads', () => {
    const lines: string[] = [];
    const debug = (line: string): void => void lines.push(line);
    expect(decideOn(quietLogger)).to.equal(0);
    expect(decideOn({ ...quietLogger, debug, isLevelEnabled: () => false })).to.equal(0);
    expect(lines).to.deep.equal([]);
    expect(decideOn({ ...quietLogger, debug })).to.be.greaterThan(0);
    expect(lines).to.have.length(1);
  });
});
