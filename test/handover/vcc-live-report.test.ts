/** What a record learns from VCC Live's webhooks, and when a closed chat has its thread taken back. */
import { expect } from 'chai';
import { conclude, resultOf } from '../../src/handover/lifecycle.js';
import {
  closesChat,
  reportedFields,
  takeBackTimeOf,
  withEvent,
  withoutTranscript,
} from '../../src/handover/vcc-live-report.js';
import type { OpenHandover, VccLiveReport } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import type { ChatClosed, TicketChanged } from '../../src/thread/vcc-live-event.js';

const POLICY = { takeBackAfterMs: 30_000, keepTranscript: false };
const KEEPING = { ...POLICY, keepTranscript: true };
const chat = (change: Partial<ChatClosed> = {}): ChatClosed => ({
  kind: 'chatClosed',
  chatId: '1',
  ticketId: '2',
  disposition: 'completed',
  lastAgent: 'Anna',
  lastQueue: 'Sales',
  slaStatus: 'in time',
  transcript: [{ from: 'Customer', date: 'd', message: 'my secret' }],
  raw: {},
  ...change,
});
const ticket = (change: Partial<TicketChanged> = {}): TicketChanged => ({
  kind: 'ticketChanged',
  action: 'update',
  ticketId: '2',
  raw: {},
  ...change,
});
const OPEN: OpenHandover = {
  id: 'h1',
  phase: 'passed',
  cause: 'e1',
  run: 'r1',
  startedAtMs: 0,
  armedAtMetaMs: 0,
  noticeSent: true,
  targetAppId: '9',
  metadata: '',
  waits: 'dialog',
};

describe('a report', () => {
  it('has the facts of a closed chat and since when it is closed, and nothing that anybody wrote', () => {
    const report = withEvent(undefined, chat(), POLICY, 1000);
    expect(report).to.deep.equal({
      chatId: '1',
      ticketId: '2',
      disposition: 'completed',
      agent: 'Anna',
      queue: 'Sales',
      slaStatus: 'in time',
      closedAtMs: 1000,
      takeBackAfterMs: 30_000,
    });
  });

  it('has the first agent and queue where the last are not named', () => {
    const first: ChatClosed = {
      kind: 'chatClosed',
      firstAgent: 'Bela',
      firstQueue: 'Front',
      transcript: [],
      raw: {},
    };
    expect(withEvent(undefined, first, POLICY, 0)).to.include({ agent: 'Bela', queue: 'Front' });
  });

  it('keeps what an update leaves out', () => {
    const queued = withEvent(undefined, ticket({ status: 'park', substatus: 'waiting4agent' }), POLICY, 0);
    expect(queued).to.deep.equal({ ticketId: '2', ticketStatus: 'park', ticketSubstatus: 'waiting4agent' });
    const closed = withEvent(queued, chat({ disposition: 'lost' }), POLICY, 5);
    expect(closed).to.include({ ticketSubstatus: 'waiting4agent', disposition: 'lost', closedAtMs: 5 });
    expect(withEvent(closed, ticket({ substatus: 'unsuccessful' }), POLICY, 9)).to.include({
      disposition: 'lost',
      ticketSubstatus: 'unsuccessful',
      closedAtMs: 5,
    });
  });

  it('is the same where an event is repeated or tells nothing', () => {
    const report = withEvent(undefined, chat(), KEEPING, 0);
    expect(withEvent(report, chat(), KEEPING, 60_000)).to.equal(report);
    expect(withEvent(undefined, { kind: 'ticketChanged', raw: {} }, POLICY, 0)).to.equal(undefined);
  });

  it('is closed by a closed chat, a closed and a deleted ticket, and by nothing else', () => {
    for (const event of [chat(), ticket({ status: 'closed' }), ticket({ action: 'delete' })]) {
      expect(closesChat(event)).to.equal(true);
    }
    for (const event of [
      ticket({ action: 'add' }),
      ticket({ status: 'park' }),
      ticket({ substatus: 'waiting4agent' }),
      ticket({ substatus: 'successful' }),
    ]) {
      expect(closesChat(event)).to.equal(false);
    }
  });

  it('stays small whatever is sent', () => {
    const long = `${'x'.repeat(199)}😀`;
    const report = withEvent(undefined, chat({ lastAgent: long, chatId: 'y'.repeat(10_000) }), POLICY, 0);
    expect(report?.agent).to.equal('x'.repeat(199));
    expect(report?.chatId).to.have.length(200);
  });

  it('keeps a transcript where it is told to: the newest lines, within a bound', () => {
    expect(withEvent(undefined, chat(), KEEPING, 0)?.transcript).to.deep.equal(chat().transcript);
    const lines = Array.from({ length: 1000 }, (_, n) => ({ from: 'A', date: '', message: `${n} ${'x'.repeat(300)}` }));
    const kept = withEvent(undefined, chat({ transcript: lines }), KEEPING, 0)?.transcript ?? [];
    expect(kept.at(-1)?.message).to.match(/^999 /);
    expect(JSON.stringify(kept).length).to.be.within(14_000, 20_000);
    const huge = [{ from: 'A', date: '', message: 'x'.repeat(100_000) }];
    expect(withEvent(undefined, chat({ transcript: huge }), KEEPING, 0)?.transcript?.[0]?.message).to.have.length(2000);
  });
});

describe('the time at which a closed chat comes home', () => {
  const openWith = (report: VccLiveReport | undefined, change: Partial<OpenHandover> = {}): OpenHandover => ({
    ...OPEN,
    ...(report === undefined ? {} : { report }),
    ...change,
  });
  const closed = withEvent(undefined, chat(), POLICY, 1000);

  it('counts from the first closing', () => {
    expect(takeBackTimeOf(openWith(closed))).to.equal(31_000);
    expect(takeBackTimeOf(openWith(withEvent(closed, ticket({ status: 'closed' }), POLICY, 20_000)))).to.equal(31_000);
  });

  it('counts from the agent’s last words, where those came later', () => {
    expect(takeBackTimeOf(openWith(closed, { agentAtMs: 500 }))).to.equal(31_000);
    expect(takeBackTimeOf(openWith(closed, { agentAtMs: 5000 }))).to.equal(35_000);
  });

  it('is none while nothing is closed, and if it is off', () => {
    expect(takeBackTimeOf(undefined)).to.equal(undefined);
    expect(takeBackTimeOf(openWith(undefined))).to.equal(undefined);
    expect(takeBackTimeOf(openWith(withEvent(undefined, ticket({ status: 'park' }), POLICY, 0)))).to.equal(undefined);
    const off = withEvent(undefined, chat(), { ...POLICY, takeBackAfterMs: false }, 0);
    expect(off).to.include({ closedAtMs: 0 });
    expect(takeBackTimeOf(openWith(off))).to.equal(undefined);
  });

  it('is an hour after Meta has refused a take', () => {
    expect(takeBackTimeOf(openWith(closed, { takeRefusedAtMs: 40_000 }))).to.equal(3_640_000);
  });

  it('is none any more where the customer waits for an agent again', () => {
    const again = withEvent(closed, ticket({ status: 'park', substatus: 'waiting4agent' }), POLICY, 2000);
    expect(takeBackTimeOf(openWith(again))).to.equal(undefined);
    expect(takeBackTimeOf(openWith(withEvent(again, chat(), POLICY, 9000)))).to.equal(39_000);
    // A ticket is added once, so this is an old message that comes late.
    const late = withEvent(closed, ticket({ action: 'add', substatus: 'waiting4agent' }), POLICY, 2000);
    expect(takeBackTimeOf(openWith(late))).to.equal(31_000);
  });
});

describe('a result', () => {
  it('has what was reported, and no more', () => {
    const report = withEvent(undefined, chat(), KEEPING, 0);
    expect(reportedFields(report)).to.deep.equal({
      disposition: 'completed',
      agent: 'Anna',
      queue: 'Sales',
      slaStatus: 'in time',
      chatId: '1',
      ticketId: '2',
      transcript: chat().transcript,
    });
    expect(reportedFields(undefined)).to.deep.equal({});
  });

  it('keeps its report whatever ended the handover, and the transcript until the next one ends', () => {
    const report = withEvent(undefined, chat(), KEEPING, 0);
    const open = (id: string): OpenHandover => ({ ...OPEN, id, ...(report === undefined ? {} : { report }) });
    const ending = { outcome: 'unclaimed', via: 'timer', nowMs: 10 } as const;
    const first = conclude({ ...emptyRecord, open: open('h1') }, ending);
    expect(first.conclusion && resultOf(first.conclusion)).to.deep.include({
      outcome: 'unclaimed',
      disposition: 'completed',
      transcript: chat().transcript,
    });
    const second = conclude({ ...first.record, open: open('h2') }, ending);
    const [older, newer] = second.record.conclusions;
    expect(older?.report).to.deep.equal(report && withoutTranscript(report));
    expect(newer?.report?.transcript).to.deep.equal(chat().transcript);
  });
});
