/** What runs on an event: by owner, event, phase of the handover and policy; and what a waiting dialog gets. */
import { expect } from 'chai';
import type { EventName } from '../../docs/generate/decisions-table.js';
import {
  DIALOG_RECORDS,
  HANDOVERS,
  OWNERS,
  decisionFor,
  dialogAnswerFor,
} from '../../docs/generate/decisions-table.js';
import type { TurnFacts } from '../../src/handover/decide-turn.js';
import { decideTurn } from '../../src/handover/decide-turn.js';
import { amendOpen } from '../../src/handover/lifecycle.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';

const ASK_MESSAGE = 'ask Meta: ours, no answer → logic; VCC Live → ignored: `anotherAppOwns`';
const ASK_BUTTON = 'ask Meta: ours → logic; VCC Live → ignored: `anotherAppOwns`; no answer → ignored: `ownerUnknown`';
const PASSED = HANDOVERS['passed, VCC Live has the thread'];
const IDLE_AGAIN = HANDOVERS['passed, the thread is idle again'];
const withWaitingDialog = (record: ThreadRecord): ThreadRecord => amendOpen(record, 'h1', { waits: 'dialog' });

describe('what runs on an event', () => {
  for (const [event, owner, decision] of [
    ['the customer writes', 'nothing known', 'logic'],
    ['the customer writes', 'bot', 'logic'],
    ['the customer writes', 'idle', 'logic'],
    ['the customer writes', 'VCC Live', ASK_MESSAGE],
    ['the customer writes', 'Page inbox', ASK_MESSAGE],
    ['the customer writes', 'another app, unnamed', ASK_MESSAGE],
    ['the customer presses a button', 'bot', 'logic'],
    ['the customer presses a button', 'VCC Live', ASK_BUTTON],
    ['the customer presses a button', 'Page inbox', ASK_BUTTON],
    ['the echo of a message of the bot, on `messaging`', 'bot', 'nothing'],
    ['the echo of a message of the bot, on `messaging`', 'nothing known', 'nothing'],
    ['another echo or a receipt, on `messaging`', 'bot', 'logic'],
    ['another echo or a receipt, on `messaging`', 'VCC Live', 'nothing'],
    ['the customer writes, on standby', 'VCC Live', 'nothing'],
    ['the customer writes, on standby', 'bot', 'ask Meta, nothing'],
    ['the customer asks for the bot, on standby', 'Page inbox', 'take it back, nothing'],
    ['`pass_thread_control` to the bot', 'VCC Live', 'nothing'],
    ['`take_thread_control` by the Page inbox', 'bot', 'nothing'],
    [
      '`request_thread_control` by VCC Live',
      'bot',
      'ask the policy: yes → begin a handover; no → ignored: `notGranted`',
    ],
    [
      '`request_thread_control` by another app',
      'bot',
      'ask the policy: yes → pass it there; no → ignored: `notGranted`',
    ],
    ['`app_roles`, `policy_enforcement`', 'VCC Live', 'ignored: `noCustomer`'],
    ['anything in `changes`', 'bot', 'ignored: `pageChange`'],
  ] as const satisfies readonly [EventName, keyof typeof OWNERS, string][]) {
    it(`${event}; known before: ${owner} → ${decision}`, () => {
      expect(decisionFor({ event, record: OWNERS[owner] })).to.equal(decision);
    });
  }

  it('the echo of a message of the bot runs the logic if the option ownEchoes says so, and the thread is the bot’s', () => {
    const event = 'the echo of a message of the bot, on `messaging`';
    expect(decisionFor({ event, record: OWNERS.bot, ownEchoes: true })).to.equal('logic');
  });

  for (const [event, what, record, statusEvents, decision] of [
    ['the customer writes', 'a passed handover whose thread is idle again', IDLE_AGAIN, false, 'handover ends, logic'],
    [
      'the customer writes',
      'a passed handover',
      PASSED,
      false,
      'ask Meta: ours, no answer → handover ends, logic; VCC Live → ignored: `anotherAppOwns`',
    ],
    ['`pass_thread_control` to the bot', 'a passed handover', PASSED, false, 'only the text of the return'],
    [
      '`pass_thread_control` to the bot',
      'a dialog that waits',
      withWaitingDialog(PASSED),
      false,
      '`handoff.status` completed',
    ],
    ['`pass_thread_control` to the bot', 'statusEvents', PASSED, true, '`handoff.status` completed'],
    ["an agent's first words, on standby", 'a passed handover', PASSED, false, 'nothing'],
    ["an agent's first words, on standby", 'statusEvents', PASSED, true, '`handoff.status` accepted'],
    [
      'the customer asks for the bot, on standby',
      'a passed handover',
      PASSED,
      false,
      'take it back, only the text of the return',
    ],
    [
      'the customer asks for the bot, on standby',
      'a dialog that waits',
      withWaitingDialog(PASSED),
      false,
      'take it back, `handoff.status` completed',
    ],
    [
      'an agent asks for the bot, on standby',
      'a dialog that waits',
      withWaitingDialog(PASSED),
      false,
      'take it back, nothing',
    ],
  ] as const satisfies readonly [EventName, string, ThreadRecord, boolean, string][]) {
    it(`${event}; ${what} → ${decision}`, () => {
      expect(decisionFor({ event, record, statusEvents })).to.equal(decision);
    });
  }

  it('a message that was recorded by a delivery that did not run is no proof of itself: Meta is asked', () => {
    const facts = factsOf({ kind: 'message', mid: 'm_again' }, PASSED);
    const eventKey = 'm_again';
    const evidence = { ...PASSED.evidence, us: { atMetaMs: Date.now(), key: eventKey } };
    const again = { ...facts, eventKey, record: { ...PASSED, evidence }, owner: { owner: 'bot' } as const };
    const recorded = { ...facts.recorded, before: { owner: 'bot' } as const, record: again.record };
    expect(decideTurn({ ...again, recorded })).to.deep.equal({ step: 'askOwner', inTime: true });
    const asked = { asked: { owner: 'vccLive' } } as const;
    expect(decideTurn({ ...again, recorded, answers: asked })).to.include({ step: 'ignore' });
    const other = { ...recorded, before: { owner: 'idle' } as const };
    expect(decideTurn({ ...again, recorded: other })).to.include({ step: 'comeHome' });
  });

  it('a new run of the event that began a handover is mute, whoever owns the thread, and asks nothing', () => {
    const facts = factsOf({ kind: 'message' }, PASSED);
    expect(decideTurn({ ...facts, eventKey: 'an earlier event', wasAway: true })).to.deep.equal({
      step: 'logic',
      isMute: true,
    });
  });

  it('a record that may have changed is read again before anything is decided by it', () => {
    const facts = factsOf({ kind: 'message' }, emptyRecord);
    expect(decideTurn({ ...facts, isLatest: false })).to.deep.equal({ step: 'readRecord' });
  });

  it('a rounded app id gets no thread, and no policy is asked', () => {
    const rounded = { requestedOwnerAppId: '1', roundedAppIds: ['requestedOwnerAppId'] } as const;
    const facts = factsOf({ kind: 'requestThreadControl', ...rounded }, emptyRecord);
    expect(decideTurn(facts)).to.deep.equal({ step: 'ignore', reason: 'notGranted' });
  });
});

describe('what a waiting dialog gets', () => {
  const ASK = 'ask Meta: ours → the result: ends now; VCC Live, no answer → waits';
  for (const [record, owner, answer] of [
    ['its handover is passed', 'vccLive', 'waits'],
    ['its handover is passed', 'bot', 'waits'],
    ['its handover has ended', 'bot', 'the result'],
    ['its handover has ended', 'vccLive', 'the result'],
    ['its handover is armed only: the store was lost at the pass', 'bot', ASK],
    ['its handover is armed only: the store was lost at the pass', 'vccLive', ASK],
    ['the record is gone', 'bot', 'a result without a conclusion'],
    ['the record is gone', 'idle', 'a result without a conclusion'],
    ['the record is gone', 'vccLive', 'waits'],
    ['the record is gone', 'other', 'waits'],
    ['the record is gone', 'unknown', 'ask Meta: ours → a result without a conclusion; VCC Live, no answer → waits'],
  ] as const) {
    it(`${record}, owner ${owner} → ${answer}`, () => {
      expect(dialogAnswerFor(DIALOG_RECORDS[record], owner)).to.equal(answer);
    });
  }

  it('a turn that may not speak asks nobody', () => {
    const armed = DIALOG_RECORDS['its handover is armed only: the store was lost at the pass'];
    expect(dialogAnswerFor(armed, 'bot', false)).to.equal('waits');
  });
});

function factsOf(event: Partial<ThreadEvent>, record: ThreadRecord): TurnFacts {
  const came = { channel: 'messaging', raw: {}, kind: 'message', ...event } as const;
  const owner = { owner: 'bot' } as const;
  return {
    recorded: {
      ...{ event: came, thread: { pageId: '1', psid: '2' }, before: owner, owner, record },
      ...{ askOwner: false, isFresh: true },
    },
    eventKey: 'this event',
    run: 'this run',
    ids: { botAppId: '900100200300400', vccLiveAppId: '900500600700800' },
    policies: { reclaim: { customer: [], agent: [], other: [] }, statusEvents: false, ownEchoes: false },
    record,
    owner,
    isLatest: true,
    wasAway: false,
    answers: {},
  };
}
