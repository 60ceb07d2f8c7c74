/** Who owns the thread: one story for each rule of the ledger. */
import { expect } from 'chai';
import {
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../../src/ownership/evidence.js';
import { presentFields } from '../../src/thread/read-unknown.js';
import { fold, isAnotherApp, ownerByEvidence, ownerNow, step } from '../../src/ownership/ledger.js';
import type { Evidence, Verdict } from '../../src/ownership/ledger.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import {
  BOT,
  DAY,
  HOUR,
  INBOX,
  LEAD_GEN,
  MINUTE,
  NOON,
  SECOND,
  VCC_LIVE,
  activity,
  answer,
  call,
  callAt,
  ids,
  inSeconds,
  item,
  own,
  passTo,
  strong,
  takeBy,
  takeByNobodyNamed,
  webhook,
} from './words.js';

const ME = { app: BOT };
const AGENT = { app: VCC_LIVE };
const PAGE_INBOX = { app: INBOX };

/** Without the fields that say nothing. */
const said = (verdict: Verdict): Verdict => presentFields(verdict) as Verdict;
const owner = (...evidence: Evidence[]): Verdict => said(ownerByEvidence(fold({}, evidence), ids));
const ownerAt = (now: number, ...evidence: Evidence[]): Verdict => said(ownerNow(fold({}, evidence), ids, now));
const recordOf = (...evidence: Evidence[]): ThreadRecord => step(emptyRecord, evidence, ids).record;

/** An event as it arrives at a process that knows the time. */
const arriving = (event: ThreadEvent): Evidence[] =>
  evidenceOfEvent(event, ids, { nowMs: event.timestampMs ?? NOON, offsetMs: 0, newestStamp: undefined });

const explicitOf = (event: ThreadEvent): Evidence => arriving(event).find(({ sort }) => sort === 'explicit')!;

describe('what is kept (rules 5 and 6)', () => {
  it('is the newest of each sort, whatever came first', () => {
    const early = [
      webhook(AGENT, NOON),
      strong('us', NOON),
      strong('notUs', NOON),
      strong('vccLiveEcho', NOON),
      activity(NOON),
    ];
    const late = [
      webhook(ME, NOON + 1),
      strong('us', NOON + 1),
      strong('notUs', NOON + 1),
      strong('vccLiveEcho', NOON + 1),
      activity(NOON + 1),
    ];
    expect(fold(fold({}, early), late)).to.deep.equal(fold({}, late));
    expect(fold(fold({}, late), early)).to.deep.equal(fold({}, late));
  });

  it('is one of two explicit ones of the same millisecond, the stronger: a webhook before our call before an answer', () => {
    for (const [weaker, stronger] of [
      [answer('idle', NOON), call(AGENT, NOON)],
      [call(AGENT, NOON), explicitOf(passTo(BOT, NOON))],
      [explicitOf(takeByNobodyNamed(NOON)), answer(PAGE_INBOX, NOON)],
    ] as const) {
      expect(fold(fold({}, [weaker]), [stronger])).to.deep.equal(fold({}, [stronger]));
      expect(fold(fold({}, [stronger]), [weaker])).to.deep.equal(fold({}, [stronger]));
    }
  });

  it('is one of two observations that differ only in the clock they were made by, always the same', () => {
    const seenBy = (blindAtMs: number): Evidence => ({
      sort: 'explicit',
      mark: { atMetaMs: NOON, answeredAtMetaMs: NOON, owner: AGENT, source: 'call', key: 'call', blindAtMs },
    });
    expect(fold({}, [seenBy(NOON), seenBy(NOON + 1)])).to.deep.equal(fold({}, [seenBy(NOON + 1), seenBy(NOON)]));
  });

  it('is Meta’s stamp before our own guess of the same millisecond', () => {
    const maxima = fold({}, [own('us', NOON), strong('us', NOON)]);
    expect(maxima.us).to.not.have.property('own');
    expect(fold({}, [strong('us', NOON), own('us', NOON)])).to.deep.equal(maxima);
  });

  it('leaves the open handover and the conclusions of the record as they were, and the record it was given too', () => {
    const before: ThreadRecord = {
      ...emptyRecord,
      conclusions: [],
      open: {
        id: '00112233445566778899aabbccddeeff',
        phase: 'armed',
        cause: 'mid',
        run: '1',
        startedAtMs: NOON,
        armedAtMetaMs: NOON,
        noticeSent: true,
        targetAppId: VCC_LIVE,
        metadata: '',
        waits: 'dialog',
      },
    };
    const after = step(before, [call(AGENT, NOON)], ids).record;
    expect(after.open).to.equal(before.open);
    expect(after.conclusions).to.equal(before.conclusions);
    expect(before).to.include({ epoch: 0, recordedOwner: 'bot' });
    expect(before.evidence).to.deep.equal({});
  });
});

describe('explicit evidence (rules 4, 7, 8)', () => {
  it('decides alone: nothing at all is unknown', () => {
    expect(owner()).to.deep.equal({ owner: 'unknown' });
    expect(owner(activity(NOON))).to.deep.equal({ owner: 'unknown' });
    expect(owner(call(AGENT, NOON))).to.deep.equal({ owner: 'vccLive', appId: VCC_LIVE, since: NOON });
    expect(owner(webhook(ME, NOON))).to.deep.equal({ owner: 'bot', appId: BOT, since: NOON });
    expect(owner(webhook(PAGE_INBOX, NOON))).to.deep.equal({ owner: 'other', appId: INBOX, since: NOON });
    expect(owner(answer('idle', NOON))).to.deep.equal({ owner: 'idle', since: NOON });
  });

  it('makes a hand-back that was delivered twenty minutes late lose against the pass that came after it', () => {
    expect(owner(call(AGENT, NOON + 30 * MINUTE), webhook(ME, NOON + 10 * MINUTE)).owner).to.equal('vccLive');
  });

  it('lets a hand-back win that happened while our own pass was still under way', () => {
    const slowPass = call(AGENT, NOON, NOON + 8 * SECOND);
    const handBack = webhook(ME, NOON + 5 * SECOND);
    expect(owner(slowPass, handBack).owner).to.equal('bot');
  });

  it('makes strong evidence lose that is from while our own call was under way', () => {
    const slowPass = call(AGENT, NOON, NOON + 8 * SECOND);
    expect(owner(slowPass, strong('us', NOON + 5 * SECOND)).owner).to.equal('vccLive');
    expect(owner(slowPass, strong('us', NOON + 8 * SECOND)).owner).to.equal('vccLive');
    expect(owner(slowPass, strong('us', NOON + 8 * SECOND + 1)).owner).to.equal('bot');
  });

  it('says “somebody else” where the thread was taken from us by an app that is not named', () => {
    expect(owner(...arriving(takeByNobodyNamed(NOON))))
      .to.include({ owner: 'other', inferred: true })
      .and.not.have.property('appId');
  });
});

describe('strong evidence newer than the explicit one (rule 8)', () => {
  it('for us: the bot', () => {
    const released = owner(call(AGENT, NOON), strong('us', NOON + HOUR));
    expect(released).to.deep.equal({ owner: 'bot', appId: BOT, since: NOON + HOUR });
  });

  it('against us, with an echo of VCC Live’s that is newer than “us”: VCC Live', () => {
    expect(
      owner(webhook(ME, NOON), strong('us', NOON + 1), strong('notUs', NOON + 2), strong('vccLiveEcho', NOON + 2)),
    ).to.deep.equal({
      owner: 'vccLive',
      appId: VCC_LIVE,
      since: NOON + 2,
    });
  });

  it('against us, with an echo of VCC Live’s from before “us”: somebody, and it has to be asked who', () => {
    const verdict = owner(
      webhook(ME, NOON),
      strong('vccLiveEcho', NOON + 1),
      strong('us', NOON + 2),
      strong('notUs', NOON + 3),
    );
    expect(verdict).to.deep.equal({ owner: 'other', since: NOON + 3, inferred: true });
  });

  it('against us, with an echo from before the explicit evidence: the app that this names, or somebody', () => {
    expect(owner(strong('vccLiveEcho', NOON), webhook(ME, NOON + 1), strong('notUs', NOON + 2))).to.include({
      owner: 'other',
      inferred: true,
    });
    expect(owner(strong('vccLiveEcho', NOON), webhook(PAGE_INBOX, NOON + 1), strong('notUs', NOON + 2))).to.include({
      appId: INBOX,
    });
  });

  it('against us, after an explicit word that names another app: that app', () => {
    const verdict = owner(webhook(PAGE_INBOX, NOON), strong('notUs', NOON + MINUTE));
    expect(verdict).to.deep.equal({ owner: 'other', appId: INBOX, since: NOON });
  });

  it('against us, after the thread had come to us in between: somebody, not the app that had it before', () => {
    const verdict = owner(call(AGENT, NOON), strong('us', NOON + 1), strong('notUs', NOON + 2));
    expect(verdict).to.include({ owner: 'other', inferred: true }).and.not.have.property('appId');
  });

  it('on both sides in the same millisecond: silence is the safe side', () => {
    expect(owner(strong('us', NOON), strong('notUs', NOON)).owner).to.equal('other');
  });

  it('older than the explicit evidence, or of the same millisecond: does not count', () => {
    for (const sort of ['us', 'notUs', 'vccLiveEcho'] as const) {
      expect(owner(webhook(PAGE_INBOX, NOON), strong(sort, NOON))).to.deep.equal(owner(webhook(PAGE_INBOX, NOON)));
      expect(owner(webhook(ME, NOON), strong(sort, NOON - 1))).to.deep.equal(owner(webhook(ME, NOON)));
    }
  });
});

describe('an answer that hides the owner (rule 7)', () => {
  const hidden = evidenceOfAnswer({ owner: 'hidden', expiresAtMs: NOON + 30 * HOUR }, callAt(NOON + HOUR));

  it('never erases a VCC Live that was known by a pass or by an echo', () => {
    expect(owner(call(AGENT, NOON), hidden)).to.include({ owner: 'vccLive', appId: VCC_LIVE });
    expect(owner(webhook(ME, NOON), strong('vccLiveEcho', NOON + 1), hidden)).to.include({
      owner: 'vccLive',
      appId: VCC_LIVE,
    });
  });

  it('proves that it is not the bot', () => {
    expect(owner(webhook(ME, NOON), hidden)).to.include({ owner: 'other', inferred: true });
  });

  it('still says when control ends', () => {
    expect(ownerAt(NOON + 2 * HOUR, call(AGENT, NOON), activity(NOON), hidden).expiresAtMetaMs).to.equal(
      NOON + 30 * HOUR,
    );
  });
});

describe('idle by the clock (rule 9)', () => {
  it('comes 24 hours after the newest activity, to the millisecond', () => {
    const evidence = [webhook(AGENT, NOON), activity(NOON), activity(NOON + HOUR)];
    expect(ownerAt(NOON + 25 * HOUR - 1, ...evidence)).to.include({
      owner: 'vccLive',
      expiresAtMetaMs: NOON + 25 * HOUR,
    });
    expect(ownerAt(NOON + 25 * HOUR, ...evidence)).to.deep.equal({ owner: 'idle', since: NOON + 25 * HOUR });
  });

  it('comes at `expiration` where that is later', () => {
    const evidence = [answer(AGENT, NOON, NOON, NOON + 7 * DAY), activity(NOON)];
    expect(ownerAt(NOON + 7 * DAY - 1, ...evidence).owner).to.equal('vccLive');
    expect(ownerAt(NOON + 7 * DAY, ...evidence).owner).to.equal('idle');
  });

  it('comes 24 hours after the newest activity where `expiration` is earlier', () => {
    const evidence = [answer(AGENT, NOON, NOON, NOON + 2 * HOUR), activity(NOON + HOUR)];
    expect(ownerAt(NOON + 3 * HOUR, ...evidence).owner).to.equal('vccLive');
    expect(ownerAt(NOON + 25 * HOUR, ...evidence).owner).to.equal('idle');
  });

  it('is put off by a postback on messaging, which proves nothing else', () => {
    const press = arriving(item('postback', 'messaging', NOON + 20 * HOUR));
    expect(ownerAt(NOON + 30 * HOUR, webhook(AGENT, NOON), activity(NOON), ...press).owner).to.equal('vccLive');
    expect(ownerAt(NOON + 30 * HOUR, webhook(AGENT, NOON), activity(NOON)).owner).to.equal('idle');
  });

  it('does not come before `expiration` because an agent answered in the meantime', () => {
    const agentAnswers = arriving(item('echo', 'standby', NOON + HOUR, { appId: VCC_LIVE }));
    const extendedToAWeek = answer(AGENT, NOON, NOON, NOON + 7 * DAY);
    expect(ownerAt(NOON + 3 * DAY, extendedToAWeek, activity(NOON), ...agentAnswers)).to.include({
      owner: 'vccLive',
      expiresAtMetaMs: NOON + 7 * DAY,
    });
  });

  it('does not come by an `expiration` of before the thread was ours again', () => {
    const agentAnswers = arriving(item('echo', 'standby', NOON + 2 * HOUR, { appId: VCC_LIVE }));
    const evidence = [
      answer(AGENT, NOON, NOON, NOON + 7 * DAY),
      strong('us', NOON + HOUR),
      activity(NOON + HOUR),
      ...agentAnswers,
    ];
    expect(ownerAt(NOON + 25 * HOUR, ...evidence).expiresAtMetaMs).to.equal(NOON + 26 * HOUR);
  });

  it('does not undo at once a pass that we made on a thread quiet for days', () => {
    const evidence = [activity(NOON - 3 * DAY), call(AGENT, NOON)];
    expect(ownerAt(NOON, ...evidence)).to.include({ owner: 'vccLive', expiresAtMetaMs: NOON + DAY });
    expect(ownerAt(NOON + DAY, ...evidence).owner).to.equal('idle');
  });

  it('does not undo an answer or a refused send on a thread quiet for days', () => {
    expect(ownerAt(NOON, activity(NOON - 3 * DAY), answer(AGENT, NOON)).owner).to.equal('vccLive');
    expect(ownerAt(NOON, activity(NOON - 3 * DAY), own('notUs', NOON)).owner).to.equal('other');
  });

  it('is contradicted by a send that is refused now, whoever we thought had the thread and until when', () => {
    const longAgo = [call(AGENT, NOON - 3 * DAY), activity(NOON - 3 * DAY)];
    expect(ownerAt(NOON, ...longAgo).owner).to.equal('idle');
    expect(ownerAt(NOON, ...longAgo, own('notUs', NOON))).to.include({ owner: 'vccLive', expiresAtMetaMs: NOON + DAY });
    const overYesterday = answer(AGENT, NOON - 3 * DAY, NOON - 3 * DAY, NOON - DAY);
    expect(ownerAt(NOON, overYesterday, own('notUs', NOON)).owner).to.equal('vccLive');
  });

  it('is not put off a day by an answer of the last second, whose `expiration` is cut to whole seconds', () => {
    const cut = NOON + HOUR;
    const evidence = [activity(NOON - 3 * DAY), answer(AGENT, cut + 400, cut + 600, cut)];
    expect(ownerAt(cut + SECOND, ...evidence).owner).to.equal('idle');
    const hidden = evidenceOfAnswer({ owner: 'hidden', expiresAtMs: cut }, callAt(cut + 400, cut + 600));
    expect(ownerAt(cut + SECOND, activity(NOON - 3 * DAY), hidden).owner).to.equal('idle');
    expect(ownerAt(cut + SECOND, ...evidence, own('notUs', cut + 700)).owner).to.equal('idle');
    expect(ownerAt(cut + 2 * SECOND, ...evidence, own('notUs', cut + SECOND)).owner).to.equal('vccLive');
  });

  it('takes an answer’s `expiration` at its word on a thread quiet for days', () => {
    const evidence = [activity(NOON - 3 * DAY), answer(AGENT, NOON, NOON, NOON + HOUR)];
    expect(ownerAt(NOON + HOUR - 1, ...evidence).owner).to.equal('vccLive');
    expect(ownerAt(NOON + HOUR, ...evidence).owner).to.equal('idle');
  });

  it('does not undo at once what a process saw that does not know Meta’s clock yet', () => {
    const justStarted = { sentAtMs: NOON, answeredAtMs: NOON + SECOND, offsetMs: undefined };
    for (const newestStamp of [undefined, NOON - 3 * DAY]) {
      const blind = { ...justStarted, newestStamp };
      const quiet = newestStamp === undefined ? [] : [activity(newestStamp)];
      const passed = evidenceOfCall(AGENT, blind);
      const answered = evidenceOfAnswer({ owner: 'app', appId: VCC_LIVE }, blind);
      for (const seen of [passed, answered]) {
        expect(ownerAt(NOON + 2 * SECOND, ...quiet, seen).owner).to.equal('vccLive');
        expect(ownerAt(NOON + 2 * DAY, ...quiet, seen).owner).to.equal('idle');
      }
      expect(ownerAt(NOON + 2 * SECOND, ...quiet, evidenceOfRefusedSend(blind)).owner).to.equal('other');
      expect(ownerAt(NOON + 2 * DAY, ...quiet, evidenceOfRefusedSend(blind)).owner).to.equal('idle');
    }
  });

  it('counts from the evidence where the thread has no stamp at all', () => {
    expect(ownerAt(NOON + DAY - 1, call(AGENT, NOON)).owner).to.equal('vccLive');
    expect(ownerAt(NOON + DAY, call(AGENT, NOON)).owner).to.equal('idle');
  });

  it('comes to the bot as to any other owner, and to nobody where nobody owns the thread', () => {
    expect(ownerAt(NOON + DAY, webhook(ME, NOON), activity(NOON)).owner).to.equal('idle');
    expect(ownerAt(NOON + 9 * DAY, answer('idle', NOON))).to.deep.equal({ owner: 'idle', since: NOON });
    expect(ownerAt(NOON + 9 * DAY, activity(NOON)).owner).to.equal('unknown');
  });

  it('is no change of owner: nothing is written, the epoch stays', () => {
    const record = recordOf(webhook(AGENT, NOON), activity(NOON));
    const next = step(record, [activity(NOON + 3 * DAY)], ids);
    expect(next.record).to.include({ epoch: record.epoch, recordedOwner: 'vccLive' });
    expect(next.effects).to.not.have.property('ownerChanged');
  });
});

describe('asking `thread_owner` because somebody else has the thread and nobody says who (rules 8 and 11)', () => {
  it('happens when a standby item contradicts what we thought', () => {
    const record = recordOf(webhook(ME, NOON));
    expect(step(record, arriving(item('message', 'standby', NOON + MINUTE)), ids).effects.askOwner).to.equal(true);
  });

  it('happens when a send was refused, and when the thread was taken by nobody named', () => {
    const record = recordOf(webhook(ME, NOON));
    expect(step(record, [own('notUs', NOON + 1)], ids).effects.askOwner).to.equal(true);
    expect(step(record, arriving(takeByNobodyNamed(NOON + 1)), ids).effects.askOwner).to.equal(true);
  });

  it('happens once: the next standby item asks nothing', () => {
    const record = recordOf(webhook(ME, NOON), strong('notUs', NOON + 1));
    expect(step(record, [strong('notUs', NOON + 2)], ids).effects.askOwner).to.equal(false);
  });

  it('happens again after the thread had been ours', () => {
    const record = recordOf(webhook(ME, NOON), strong('notUs', NOON + 1), strong('us', NOON + 2));
    expect(step(record, [strong('notUs', NOON + 3)], ids).effects.askOwner).to.equal(true);
  });

  it('does not happen where the owner is known', () => {
    const record = recordOf(call(AGENT, NOON));
    expect(step(record, [strong('notUs', NOON + 1)], ids).effects.askOwner).to.equal(false);
    const agentAnswers = arriving(item('echo', 'standby', NOON + MINUTE, { appId: VCC_LIVE }));
    expect(step(recordOf(webhook(ME, NOON)), agentAnswers, ids).effects.askOwner).to.equal(false);
  });
});

describe('asking `thread_owner` because a webhook is outvoted by our own observation (rule 10)', () => {
  it('happens when a hand-back arrives that seems older than our own pass', () => {
    const record = recordOf(call(AGENT, NOON + 1));
    const { verdict, effects } = step(record, arriving(passTo(BOT, NOON)), ids);
    expect(verdict.owner).to.equal('vccLive');
    expect(effects.askOwner).to.equal(true);
  });

  it('happens when a take arrives that seems older than a send of ours that was accepted', () => {
    const record = recordOf(webhook(ME, NOON), own('us', NOON + 2 * SECOND));
    const { verdict, effects } = step(record, arriving(takeBy(INBOX, NOON + SECOND)), ids);
    expect(verdict.owner).to.equal('bot');
    expect(effects.askOwner).to.equal(true);
  });

  it('happens when a hand-back arrives that seems older than a refused send', () => {
    const record = recordOf(call(AGENT, NOON), own('notUs', NOON + 2 * SECOND));
    const { verdict, effects } = step(record, arriving(passTo(BOT, NOON + SECOND)), ids);
    expect(verdict).to.include({ owner: 'other', inferred: true });
    expect(effects.askOwner).to.equal(true);
    const again = step(
      step(record, arriving(passTo(BOT, NOON + SECOND)), ids).record,
      arriving(passTo(BOT, NOON + SECOND)),
      ids,
    );
    expect(again.effects.askOwner).to.equal(true);
  });

  it('does not happen when the ledger says the same', () => {
    expect(step(recordOf(answer(ME, NOON + 1)), arriving(passTo(BOT, NOON)), ids).effects.askOwner).to.equal(false);
    expect(step(recordOf(answer(PAGE_INBOX, NOON + 1)), arriving(takeBy(INBOX, NOON)), ids).effects.askOwner).to.equal(
      false,
    );
    expect(step(recordOf(answer(AGENT, NOON + 1)), arriving(takeByNobodyNamed(NOON)), ids).effects.askOwner).to.equal(
      false,
    );
  });

  it('happens when the ledger names another app than the webhook', () => {
    expect(
      step(recordOf(answer(PAGE_INBOX, NOON + 1)), arriving(takeBy(LEAD_GEN, NOON)), ids).effects.askOwner,
    ).to.equal(true);
  });

  describe('the other way round: a webhook for the bot outvotes what Meta answered before its clock was known', () => {
    const blind = { sentAtMs: NOON, answeredAtMs: NOON, offsetMs: undefined, newestStamp: NOON };
    const inboxHasIt = evidenceOfAnswer({ owner: 'app', appId: INBOX }, blind);

    it('happens after an answer of thread_owner', () => {
      const { verdict, effects } = step(recordOf(inboxHasIt), arriving(takeBy(BOT, NOON + 3 * SECOND)), ids);
      expect(verdict.owner).to.equal('bot');
      expect(effects.askOwner).to.equal(true);
    });

    it('happens after a refused send', () => {
      const record = recordOf(evidenceOfRefusedSend(blind));
      expect(step(record, arriving(passTo(BOT, NOON + 3 * SECOND)), ids).effects.askOwner).to.equal(true);
    });

    it('happens where Meta’s clock was known from stamps in seconds only', () => {
      const rough = evidenceOfAnswer({ owner: 'app', appId: INBOX }, { ...blind, offsetMs: 0, isOffsetRough: true });
      expect(step(recordOf(rough), arriving(takeBy(BOT, NOON + 3 * SECOND)), ids).effects.askOwner).to.equal(true);
    });

    it('does not happen after a pass of our own, whose hand-back this is', () => {
      const record = recordOf(evidenceOfCall(AGENT, blind));
      expect(step(record, arriving(passTo(BOT, NOON + 3 * SECOND)), ids).effects.askOwner).to.equal(false);
    });

    it('happens within ten seconds of the answer, because all webhooks may come late; not after that', () => {
      const known = recordOf(evidenceOfAnswer({ owner: 'app', appId: INBOX }, { ...blind, offsetMs: 0 }));
      const asksAfter = (ms: number): boolean => step(known, arriving(takeBy(BOT, NOON + ms)), ids).effects.askOwner;
      expect([3, 9, 11].map((seconds) => asksAfter(seconds * SECOND))).to.deep.equal([true, true, false]);
      const refused = recordOf(evidenceOfRefusedSend({ ...blind, offsetMs: 0 }));
      expect(step(refused, arriving(passTo(BOT, NOON + 3 * SECOND)), ids).effects.askOwner).to.equal(true);
    });

    it('does not happen where the thread was the bot’s anyway', () => {
      const ours = recordOf(evidenceOfAnswer({ owner: 'app', appId: BOT }, blind));
      expect(step(ours, arriving(takeBy(BOT, NOON + 3 * SECOND)), ids).effects.askOwner).to.equal(false);
    });
  });

  it('does not happen when a newer webhook outvotes it: stamps of Meta’s are comparable', () => {
    expect(step(recordOf(webhook(ME, NOON + 1)), arriving(takeBy(INBOX, NOON)), ids).effects.askOwner).to.equal(false);
    const record = recordOf(webhook(ME, NOON + 1), own('us', NOON + 2));
    expect(step(record, arriving(takeBy(INBOX, NOON)), ids).effects.askOwner).to.equal(false);
  });

  it('does not happen when only items that Meta stamped outvote it', () => {
    const record = recordOf(webhook(ME, NOON), strong('us', NOON + 2));
    expect(step(record, arriving(takeBy(INBOX, NOON + 1)), ids).effects.askOwner).to.equal(false);
  });

  it('happens when the item that outvotes it had no stamp and was placed by us', () => {
    const unstamped = evidenceOfEvent(item('message', 'messaging', undefined), ids, {
      nowMs: NOON,
      offsetMs: undefined,
      newestStamp: NOON + 1,
    });
    const record = recordOf(webhook(ME, NOON), activity(NOON + 1), ...unstamped);
    expect(step(record, arriving(takeBy(INBOX, NOON + 1)), ids).effects.askOwner).to.equal(true);
  });

  it('does not happen for a call of our own that another of ours outvotes', () => {
    expect(step(recordOf(call(AGENT, NOON + 1)), [call(ME, NOON)], ids).effects.askOwner).to.equal(false);
    expect(step(recordOf(call(AGENT, NOON + 1)), [answer(ME, NOON)], ids).effects.askOwner).to.equal(false);
  });

  it('does not happen for items that are no thread control', () => {
    const record = recordOf(call(AGENT, NOON + 1));
    expect(step(record, arriving(item('message', 'messaging', NOON)), ids).effects.askOwner).to.equal(false);
  });
});

describe('asking `thread_owner` because two explicit facts of one second contradict each other (rule 10)', () => {
  const asks = (first: Evidence[], ...second: Evidence[]): boolean =>
    step(recordOf(...first), second, ids).effects.askOwner;
  const bothWays = (one: Evidence[], other: Evidence[]): boolean[] => [asks(one, ...other), asks(other, ...one)];
  const handBack = passTo(BOT, NOON + 600);
  const take = inSeconds(takeBy(VCC_LIVE, NOON + 100));

  it('happens for a hand-back and a take that Meta stamped in seconds, whichever arrives first', () => {
    expect(bothWays(arriving(handBack), arriving(take))).to.deep.equal([true, true]);
    expect(bothWays(arriving(inSeconds(handBack)), arriving(takeBy(INBOX, NOON + 700)))).to.deep.equal([true, true]);
    expect(bothWays(arriving(inSeconds(handBack)), arriving(take))).to.deep.equal([true, true]);
    expect(step(emptyRecord, [...arriving(handBack), ...arriving(take)], ids).effects.askOwner).to.equal(true);
  });

  it('happens for two webhooks with the same stamp, and for two apps other than the bot', () => {
    expect(bothWays(arriving(handBack), arriving(takeBy(INBOX, NOON + 600)))).to.deep.equal([true, true]);
    expect(bothWays(arriving(take), arriving(takeBy(INBOX, NOON + 300)))).to.deep.equal([true, true]);
    expect(bothWays(arriving(handBack), arriving(takeByNobodyNamed(NOON + 600)))).to.deep.equal([true, true]);
  });

  it('happens for a call of ours that was made or answered in that second', () => {
    const old = arriving(inSeconds(handBack));
    expect(bothWays([call(AGENT, NOON + 300)], old)).to.deep.equal([true, true]);
    expect(bothWays([call(AGENT, NOON - SECOND, NOON + 10)], old)).to.deep.equal([true, true]);
    expect(asks([answer(AGENT, NOON + 300)], ...old)).to.equal(true);
  });

  it('does not happen in the seconds before and after, nor where both say the same', () => {
    expect(bothWays(arriving(handBack), arriving(inSeconds(takeBy(VCC_LIVE, NOON + SECOND))))).to.deep.equal([
      false,
      false,
    ]);
    expect(asks([call(AGENT, NOON + SECOND)], ...arriving(inSeconds(passTo(VCC_LIVE, NOON))))).to.equal(false);
    expect(bothWays(arriving(take), arriving(passTo(VCC_LIVE, NOON + 500)))).to.deep.equal([false, false]);
    expect(bothWays(arriving(take), arriving(takeByNobodyNamed(NOON + 500)))).to.deep.equal([false, false]);
    expect(bothWays(arriving(inSeconds(handBack)), [call('idle', NOON + 500)])).to.deep.equal([false, false]);
  });

  it('does not happen for milliseconds that differ, nor where something newer has settled it', () => {
    expect(bothWays(arriving(handBack), arriving(takeBy(VCC_LIVE, NOON + 599)))).to.deep.equal([false, false]);
    const settled = [...arriving(take), answer(ME, NOON + 2 * SECOND)];
    expect(asks([...settled, ...arriving(handBack)], ...arriving(handBack))).to.equal(false);
    expect(asks(arriving(take), answer(ME, NOON + 500))).to.equal(false);
  });

  it('changes neither the maxima nor the owner, which do not depend on the order', () => {
    const [one, other] = [arriving(handBack), arriving(take)];
    expect(fold(fold({}, one), other)).to.deep.equal(fold(fold({}, other), one));
    expect(owner(...one, ...other)).to.include({ owner: 'vccLive' });
  });
});

describe('a message that contradicts the ledger (rule 12)', () => {
  it('is judged by the record before it was folded in, because afterwards the ledger agrees with it', () => {
    const before = recordOf(call(AGENT, NOON), activity(NOON));
    const message = item('message', 'messaging', NOON + HOUR, { text: 'are you still there?' });
    const after = step(before, arriving(message), ids);
    expect(isAnotherApp(ownerNow(before.evidence, ids, NOON + HOUR))).to.equal(true);
    expect(isAnotherApp(ownerNow(after.record.evidence, ids, NOON + HOUR))).to.equal(false);
  });
});

describe('the epoch (rule 13)', () => {
  const epochs = (...steps: Evidence[][]): number[] => {
    let record: ThreadRecord = emptyRecord;
    return steps.map((evidence) => (record = step(record, evidence, ids).record).epoch);
  };

  it('grows when the thread goes to an agent, and when it comes back', () => {
    expect(epochs([webhook(ME, NOON)], [call(AGENT, NOON + 1)], [webhook(ME, NOON + 2)])).to.deep.equal([0, 1, 2]);
  });

  it('stays between bot, idle and unknown', () => {
    expect(epochs([webhook(ME, NOON)], [call('idle', NOON + 1)], [strong('us', NOON + 2)])).to.deep.equal([0, 0, 0]);
  });

  it('grows from one other app to another', () => {
    expect(epochs([webhook(PAGE_INBOX, NOON)], [webhook(AGENT, NOON + 1)])).to.deep.equal([1, 2]);
    expect(epochs([webhook(PAGE_INBOX, NOON)], [webhook({ app: LEAD_GEN }, NOON + 1)])).to.deep.equal([1, 2]);
  });

  it('stays when we learn the name of the app that has the thread', () => {
    expect(epochs([strong('notUs', NOON)], [answer(PAGE_INBOX, NOON + 1)])).to.deep.equal([1, 1]);
  });

  it('grows when a late message proves that the thread was ours between two other owners', () => {
    const inboxThenSomebody = [webhook(PAGE_INBOX, NOON), strong('notUs', NOON + 2)];
    expect(epochs(inboxThenSomebody, [strong('us', NOON + 1)], [answer({ app: LEAD_GEN }, NOON + 3)])).to.deep.equal([
      1, 2, 2,
    ]);
  });

  it('stays when the same thing arrives twice', () => {
    expect(
      epochs([call(AGENT, NOON)], [call(AGENT, NOON)], [strong('notUs', NOON + 1)], [strong('notUs', NOON + 1)]),
    ).to.deep.equal([1, 1, 1, 1]);
  });

  it('grows by one for evidence that arrives in one step, and by two for a thread lost and regained in two', () => {
    const lost = webhook(PAGE_INBOX, NOON + 1);
    const regained = webhook(ME, NOON + 2);
    expect(epochs([webhook(ME, NOON)], [lost, regained])).to.deep.equal([0, 0]);
    expect(epochs([webhook(ME, NOON)], [lost], [regained])).to.deep.equal([0, 1, 2]);
  });

  it('grows where “who owns it” changes, and says from whom to whom', () => {
    const { record, effects } = step(recordOf(webhook(ME, NOON)), [call(AGENT, NOON + 1)], ids);
    expect(effects.ownerChanged?.from.owner).to.equal('bot');
    expect(effects.ownerChanged?.to).to.include({ owner: 'vccLive', appId: VCC_LIVE });
    expect(record.recordedOwner).to.equal('vccLive');
    expect(step(record, [webhook(ME, NOON + 2)], ids).record.recordedOwner).to.equal('bot');
  });
});
