/** What forbids a take between the reason for it and the call: by the record alone. */
import { expect } from 'chai';
import { CLOSED_CHAT_DEADLINE, HANDOVER_DEADLINE } from '../../src/handover/timers.js';
import { whileDue, whileHandoverIs } from '../../src/handover/take-back.js';
import { reopened } from '../../src/handover/vcc-live-report.js';
import type { Verdict } from '../../src/ownership/ledger.js';
import type { OpenHandover, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';

const NOW_MS = 1_000_000;
const MINUTE_MS = 60_000;
const vccLive: Verdict = { owner: 'vccLive' };

const open = (more: Partial<OpenHandover> = {}): ThreadRecord => ({
  ...emptyRecord,
  open: {
    ...{ id: 'ab', phase: 'passed', cause: 'm', run: '1', startedAtMs: 0, armedAtMetaMs: 0, noticeSent: true },
    ...{ targetAppId: '1', metadata: '', waits: 'nobody', passedAtMs: NOW_MS - 2 * MINUTE_MS },
    ...more,
  },
});

describe('a timer that asked who owns the thread', () => {
  const timers = { unclaimedMs: MINUTE_MS, idleMs: MINUTE_MS, maximumMs: 60 * MINUTE_MS };
  const due = { name: HANDOVER_DEADLINE, handoverId: 'ab' } as const;
  const unclaimed = whileDue({ ...due, outcome: 'unclaimed' }, timers, NOW_MS);
  const idle = whileDue({ ...due, outcome: 'abandoned' }, timers, NOW_MS);

  it('may take while nothing has happened', () => {
    expect(unclaimed(open(), vccLive)).to.equal(true);
    expect(idle(open({ agentAtMs: NOW_MS - MINUTE_MS }), vccLive)).to.equal(true);
  });

  for (const [why, record, owner] of [
    ['the agent wrote', open({ agentAtMs: NOW_MS }), vccLive],
    ['the thread is the bot’s', open(), { owner: 'bot' }],
    ['a third app has it', open(), { owner: 'other', appId: '7' }],
    ['its handover has ended', emptyRecord, vccLive],
    ['another handover is open', open({ id: 'cd' }), vccLive],
    ['Meta has refused a take less than an hour ago', open({ takeRefusedAtMs: NOW_MS - 59 * MINUTE_MS }), vccLive],
  ] as const) {
    it(`may not where ${why}`, () => {
      expect(unclaimed(record, owner)).to.equal(false);
      expect(idle(record, owner)).to.equal(false);
    });
  }

  it('may take again an hour after Meta has refused', () => {
    expect(unclaimed(open({ takeRefusedAtMs: NOW_MS - 60 * MINUTE_MS }), vccLive)).to.equal(true);
  });

  it('that nobody answers may not become the timer of a silent agent', () => {
    expect(unclaimed(open({ agentAtMs: NOW_MS - 2 * MINUTE_MS }), vccLive)).to.equal(false);
  });
});

describe('a closed chat', () => {
  const closed = (more: Partial<OpenHandover> = {}): ThreadRecord =>
    open({ report: { chatId: '5', closedAtMs: NOW_MS - MINUTE_MS, takeBackAfterMs: MINUTE_MS }, ...more });
  const due = { name: CLOSED_CHAT_DEADLINE, handoverId: 'ab', outcome: 'completed' } as const;
  const mayTake = whileDue(due, {}, NOW_MS);

  it('is taken back while it is closed and its time has come', () => {
    expect(mayTake(closed(), vccLive)).to.equal(true);
    expect(whileDue(due, {}, NOW_MS - 1)(closed(), vccLive)).to.equal(false);
    expect(mayTake(closed(), { owner: 'idle' })).to.equal(false);
    expect(mayTake(closed({ id: 'cd' }), vccLive)).to.equal(false);
  });

  it('is open again after an agent’s words, and keeps what was told of it', () => {
    const record = reopened(closed(), NOW_MS);
    expect(record.open?.report).to.deep.equal({ chatId: '5' });
    expect(mayTake(record, vccLive)).to.equal(false);
    expect(reopened(record, NOW_MS)).to.equal(record);
  });

  it('is not opened by words of before the closing', () => {
    const record = closed();
    expect(reopened(record, NOW_MS - MINUTE_MS - 1)).to.equal(record);
    expect(reopened(emptyRecord, NOW_MS)).to.equal(emptyRecord);
  });
});

describe('words that ask for the bot', () => {
  it('take the thread in the handover in which they were written, from whoever has it', () => {
    expect(whileHandoverIs('ab')(open(), vccLive)).to.equal(true);
    expect(whileHandoverIs(undefined)(emptyRecord, { owner: 'other' })).to.equal(true);
    expect(whileHandoverIs('ab')(open(), { owner: 'bot' })).to.equal(false);
    expect(whileHandoverIs('ab')(open({ id: 'cd' }), vccLive)).to.equal(false);
  });
});
