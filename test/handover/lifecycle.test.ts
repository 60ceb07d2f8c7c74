/** The life of a handover in a thread's record: armed, passed, concluded once, fetched once. */
import { expect } from 'chai';
import {
  amendOpen,
  arm,
  conclude,
  conclusionEndedBy,
  isRerunOf,
  keepEarlyHandBack,
  markReturning,
  resultOf,
  storedError,
  unmarkReturning,
} from '../../src/handover/lifecycle.js';
import { claimAfterwards, dueToHandler, endedLately, giveTo } from '../../src/handover/dialog-result.js';
import type { Ending } from '../../src/handover/lifecycle.js';
import type { OpenHandover, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import { HandoverError } from '../../src/thread/errors.js';

const MINUTE = 60_000;
const request = (change: Partial<OpenHandover> = {}): OpenHandover => ({
  id: 'h1',
  phase: 'armed',
  cause: 'event-1',
  run: 'run-1',
  startedAtMs: 1000,
  armedAtMetaMs: 1000,
  noticeSent: false,
  targetAppId: '9',
  metadata: '{}',
  waits: 'dialog',
  ...change,
});
const armed = (change: Partial<OpenHandover> = {}): ThreadRecord => arm(emptyRecord, request(change)).record;
const ending = (change: Partial<Ending> = {}): Ending => ({
  outcome: 'completed',
  via: 'passBack',
  nowMs: 61_000,
  ...change,
});
const concluded = (change: Partial<Ending> = {}, begun: Partial<OpenHandover> = {}): ThreadRecord =>
  conclude(armed(begun), ending(change)).record;

describe('arming a handover', () => {
  it('writes down what was asked for, with nothing said yet', () => {
    const { record, answer } = arm(emptyRecord, request({ reference: { ref: 1 } }));
    expect(answer.kind).to.equal('armed');
    expect(record.open).to.deep.equal({
      id: 'h1',
      phase: 'armed',
      cause: 'event-1',
      run: 'run-1',
      startedAtMs: 1000,
      armedAtMetaMs: 1000,
      noticeSent: false,
      targetAppId: '9',
      metadata: '{}',
      waits: 'dialog',
      reference: { ref: 1 },
    });
  });

  it('by the event that ended a handover somebody waits for: that one waits on, for the end of the new one', () => {
    const before = concluded({ endedBy: 'event-2' });
    const next = { id: 'h2', cause: 'event-2', run: 'run-2', waits: 'nobody' } as const;
    expect(arm(before, request(next)).record.open?.waits).to.equal('dialog');
    expect(arm(before, request({ ...next, cause: 'event-3' })).record.open?.waits).to.equal('nobody');
    const given = giveTo(before, 'h1', 'event-2').record;
    expect(arm(given, request(next)).record.open?.waits).to.equal('nobody');
  });

  it('twice in one turn, or by another event, finds the open one and changes nothing', () => {
    const record = armed();
    for (const again of [request({ id: 'h2' }), request({ id: 'h2', cause: 'event-2', run: 'run-2' })]) {
      const second = arm(record, again);
      expect(second.record).to.equal(record);
      expect(second.answer).to.include({ kind: 'open' });
    }
  });

  it('in a new run of its event finds it, and has its dialog wait', () => {
    const second = arm(armed({ waits: 'nobody' }), request({ id: 'h2', run: 'run-2' }));
    expect(second.answer.kind).to.equal('existing');
    expect(second.record.open).to.include({ id: 'h1', run: 'run-1', waits: 'dialog' });
    expect(arm(armed(), request({ run: 'run-2', waits: 'nobody' })).record.open).to.include({ waits: 'dialog' });
  });

  it('in a new run after it has ended finds the end', () => {
    const again = arm(concluded({}, { waits: 'nobody' }), request({ id: 'h2', run: 'run-2' }));
    expect(again.answer).to.have.nested.property('conclusion.handoverId', 'h1');
    expect(again.record.conclusions[0]).to.include({ waits: 'dialog' });
    expect(again.record.open).to.equal(undefined);
  });

  it('once more in the same turn after it has ended is a second request', () => {
    expect(arm(concluded(), request({ id: 'h2' })).answer.kind).to.equal('secondRequest');
  });

  it('after it failed begins anew, in the same turn, a new run, or another event', () => {
    const failed = concluded({ outcome: 'failed', via: 'none' });
    for (const again of [
      request({ id: 'h2' }),
      request({ id: 'h2', run: 'run-2' }),
      request({ id: 'h2', cause: 'event-2', run: 'run-2' }),
    ]) {
      expect(arm(failed, again).answer.kind).to.equal('armed');
    }
  });
});

describe('a hand-back before our own confirmation', () => {
  const handBack = { via: 'passBack', endedBy: 'event-9' } as const;

  it('is kept where it is newer than the handover', () => {
    expect(keepEarlyHandBack(armed(), 1001, handBack).open?.earlyHandBack).to.deep.equal(handBack);
  });

  it('is not kept where it belongs to an earlier one, or nothing is armed', () => {
    const record = armed();
    expect(keepEarlyHandBack(record, 1000, handBack)).to.equal(record);
    expect(keepEarlyHandBack(emptyRecord, 1001, handBack)).to.equal(emptyRecord);
    const passed = amendOpen(record, 'h1', { phase: 'passed' });
    expect(keepEarlyHandBack(passed, 1001, handBack)).to.equal(passed);
  });
});

describe('concluding', () => {
  it('takes the open handover away and remembers how it ended, once', () => {
    const first = conclude(armed(), ending({ metadata: 'x', endedBy: 'event-9' }));
    expect(first.record.open).to.equal(undefined);
    expect(first.conclusion).to.include({
      handoverId: 'h1',
      outcome: 'completed',
      via: 'passBack',
      waitedMs: 60_000,
      metadata: 'x',
      endedBy: 'event-9',
    });
    const second = conclude(first.record, ending());
    expect(second.conclusion).to.equal(undefined);
    expect(second.record).to.equal(first.record);
  });

  it('never counts a time below nothing, whatever the clocks say', () => {
    expect(conclude(armed(), ending({ nowMs: 0 })).conclusion?.waitedMs).to.equal(0);
  });

  it('keeps at least the last five, so that no dialog that is late finds nothing', () => {
    let record = emptyRecord;
    for (let n = 1; n <= 20; n += 1) {
      record = conclude(arm(record, request({ id: `h${n}`, cause: `e${n}`, run: `r${n}` })).record, ending()).record;
    }
    const kept = record.conclusions.map(({ handoverId }) => handoverId);
    expect(kept.slice(-5)).to.deep.equal(['h16', 'h17', 'h18', 'h19', 'h20']);
    expect(kept.length).to.be.at.most(10);
  });

  it('is found again by the event that ended it', () => {
    const record = concluded({ endedBy: 'event-9' });
    expect(conclusionEndedBy(record, 'event-9')?.handoverId).to.equal('h1');
    expect(conclusionEndedBy(record, 'event-1')).to.equal(undefined);
    expect(conclusionEndedBy(concluded(), undefined as unknown as string)).to.not.equal(null);
  });
});

describe('the end of a handover, given to a dialog', () => {
  it('has a note of the turn that got it, whichever turn that was', () => {
    const first = giveTo(concluded(), 'h1', 'event-a');
    expect(first.value?.handoverId).to.equal('h1');
    expect(first.record.conclusions[0]).to.include({ givenTo: 'event-a' });
    const second = giveTo(first.record, 'h1', 'event-b');
    expect(second.value?.handoverId, 'its dialog was not saved as ended').to.equal('h1');
    expect(second.record.conclusions[0]).to.include({ givenTo: 'event-b' });
    expect(giveTo(second.record, 'h1', 'event-b').record, 'nothing to write').to.equal(second.record);
  });

  it('is nothing if the record knows nothing of it', () => {
    expect(giveTo(emptyRecord, 'h1', 'event-a')).to.deep.equal({ record: emptyRecord, value: undefined });
  });
});

describe('a rerun', () => {
  it('is a new run of the event that began a handover, open or ended, but not failed', () => {
    for (const record of [armed(), amendOpen(armed(), 'h1', { phase: 'passed' }), concluded()]) {
      expect(isRerunOf(record, 'event-1', 'run-2')).to.equal(true);
      expect(isRerunOf(record, 'event-1', 'run-1')).to.equal(false);
      expect(isRerunOf(record, 'event-2', 'run-2')).to.equal(false);
    }
    expect(isRerunOf(concluded({ outcome: 'failed' }), 'event-1', 'run-2')).to.equal(false);
    expect(isRerunOf(emptyRecord, 'event-1', 'run-2')).to.equal(false);
  });
});

describe('a result', () => {
  it('has what the conclusion has, and nothing of its inside', () => {
    const { conclusion } = conclude(armed(), ending({ metadata: 'x', endedBy: 'e' }));
    expect(resultOf(conclusion!)).to.deep.equal({
      handoverId: 'h1',
      outcome: 'completed',
      via: 'passBack',
      waitedMs: 60_000,
      metadata: 'x',
    });
  });

  it('has an error again after a store has kept it as JSON', () => {
    const error = new HandoverError('takenByOtherApp', 'Another app has it.');
    const { conclusion } = conclude(armed(), ending({ outcome: 'failed', via: 'none', error: storedError(error) }));
    const result = resultOf(JSON.parse(JSON.stringify(conclusion)) as NonNullable<typeof conclusion>);
    expect(result.error).to.be.instanceOf(HandoverError);
    expect(result.error).to.include({ message: 'Another app has it.', code: 'takenByOtherApp' });
  });
});

describe('the phases of a passed handover', () => {
  const passed = (): ThreadRecord => amendOpen(armed(), 'h1', { phase: 'passed' });

  it('are returning from the moment the bot sets out to take it, once, until Meta refuses', () => {
    for (const record of [emptyRecord, armed(), concluded()]) expect(markReturning(record, 'take')).to.equal(undefined);
    const returning = markReturning(passed(), 'timer');
    expect(returning?.open).to.include({ returning: 'timer', phase: 'passed' });
    expect(markReturning(returning!, 'take')).to.equal(undefined);
    expect(unmarkReturning(returning!, 'h2')).to.equal(returning);
    expect(unmarkReturning(returning!, 'h1')).to.deep.equal(passed());
    expect(unmarkReturning(passed(), 'h1').open).not.to.have.property('returning');
  });

  it('are remembered by the result: whether an agent answered', () => {
    const answered = conclude(amendOpen(passed(), 'h1', { agentAtMs: 5 }), ending()).conclusion;
    expect(resultOf(answered!)).to.include({ answered: true });
    expect(resultOf(conclude(passed(), ending()).conclusion!)).not.to.have.property('answered');
  });
});

describe('what comes after a handover', () => {
  it('is for the first turn that asks, and for a new run of its event', () => {
    const first = claimAfterwards(concluded(), 'event-a', 70_000);
    expect(first.value).to.deep.include({ again: false });
    expect(first.value?.conclusion.handoverId).to.equal('h1');
    const other = claimAfterwards(first.record, 'event-b', 70_001);
    expect(other.value).to.equal(undefined);
    expect(other.record).to.equal(first.record);
    expect(claimAfterwards(first.record, 'event-a', 70_002).value).to.deep.include({ again: true });
  });

  it('is nothing where none has ended, one is open again, it failed, or it was long ago', () => {
    const open = arm(concluded(), request({ id: 'h2', cause: 'event-2', run: 'run-2' })).record;
    const failed = concluded({ outcome: 'failed' });
    for (const record of [emptyRecord, armed(), open, failed]) {
      expect(claimAfterwards(record, 'event-a', 70_000).value).to.equal(undefined);
      expect(endedLately(record, 'event-a', 70_000)).to.equal(undefined);
    }
    expect(endedLately(concluded(), 'event-a', 70_000)?.handoverId).to.equal('h1');
    expect(endedLately(concluded(), 'event-a', 70_000 + 25 * 60 * MINUTE)).to.equal(undefined);
  });

  it('leaves alone what the record knows of the dialog', () => {
    const ended = giveTo(concluded(), 'h1', 'event-a').record;
    const { record } = claimAfterwards(ended, 'event-b', 70_001);
    expect(record.conclusions[0]).to.include({ givenTo: 'event-a', afterwardsBy: 'event-b' });
  });
});

describe('a result that a handler waits for', () => {
  const forHandler = (outcome: Ending['outcome'] = 'completed'): ThreadRecord =>
    concluded({ outcome }, { waits: 'handler' });
  const handled = (record: ThreadRecord): ThreadRecord => ({
    ...record,
    conclusions: record.conclusions.map((each) => ({ ...each, isHandled: true })),
  });

  for (const [state, record, isDue] of [
    ['is due once its handover has ended', forHandler(), true],
    ['is due whatever ended the handover', forHandler('unclaimed'), true],
    ['is not due while a handover is open', armed({ waits: 'handler' }), false],
    ['is not due when the handler has finished with it', handled(forHandler()), false],
    ['is not due if the handover failed: the request was answered so', forHandler('failed'), false],
    ['is not due if a dialog waits', concluded(), false],
    ['is not due if nobody waits', concluded({}, { waits: 'nobody' }), false],
    ['is not due on a thread without handovers', emptyRecord, false],
  ] as const) {
    it(state, () => {
      expect(dueToHandler(record)?.map(({ handoverId }) => handoverId)).to.deep.equal(isDue ? ['h1'] : undefined);
    });
  }

  it('comes in the order of the handovers', () => {
    const first = forHandler();
    const second = conclude(
      arm(first, request({ id: 'h2', cause: 'event-2', run: 'run-2', waits: 'handler' })).record,
      ending(),
    );
    expect(dueToHandler(second.record)?.map(({ handoverId }) => handoverId)).to.deep.equal(['h1', 'h2']);
  });
});
