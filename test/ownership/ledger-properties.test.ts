/** What holds for every set of evidence, in every order: checked on random ones against an independent model. */
import { expect } from 'chai';
import fc from 'fast-check';
import { evidenceOfAnswer, evidenceOfEvent } from '../../src/ownership/evidence.js';
import { fold, ownerByEvidence, ownerNow, step } from '../../src/ownership/ledger.js';
import type { Evidence, Verdict } from '../../src/ownership/ledger.js';
import type { EvidenceMaxima, NamedOwner, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import { BOT, DAY, HOUR, INBOX, LEAD_GEN, NOON, VCC_LIVE, callAt, ids, item } from './words.js';

/** Few places, so that many pieces fall on the same one. */
const crowdedPlace = fc.integer({ min: NOON, max: NOON + 6 });
const anyPlace = fc.integer({ min: NOON, max: NOON + 10 * DAY });
const someOwner: fc.Arbitrary<NamedOwner> = fc.oneof(
  fc.constantFrom(BOT, VCC_LIVE, INBOX, LEAD_GEN).map((app) => ({ app })),
  fc.constantFrom('idle' as const, 'notUs' as const),
);
const maybeExpiry = fc.constantFrom(undefined, undefined, undefined, HOUR, 7 * DAY);
/** Our clock where Meta's was not known. */
const maybeBlind = fc.constantFrom(undefined, undefined, undefined, HOUR, 7 * DAY);

function explicitAt(place: fc.Arbitrary<number>): fc.Arbitrary<Evidence> {
  const web = fc
    .record({ at: place, owner: someOwner, key: fc.constantFrom('a', 'b'), inSeconds: fc.boolean() })
    .map(({ at, owner, key, inSeconds }) => ({
      sort: 'explicit' as const,
      mark: { atMetaMs: at, owner, key, source: 'webhook' as const, ...(inSeconds ? { inSeconds } : {}) },
    }));
  const ours = fc
    .record({
      at: place,
      took: fc.nat(6),
      owner: someOwner,
      source: fc.constantFrom('call' as const, 'answer' as const),
      expiry: maybeExpiry,
      blind: maybeBlind,
    })
    .map(({ at, took, owner, source, expiry, blind }) => ({
      sort: 'explicit' as const,
      mark: {
        atMetaMs: at,
        answeredAtMetaMs: at + took,
        owner,
        source,
        key: source,
        ...(expiry === undefined ? {} : { expiresAtMetaMs: at + expiry }),
        ...(blind === undefined ? {} : { blindAtMs: at + blind }),
      },
    }));
  return fc.oneof(web, ours);
}

function strongAt(place: fc.Arbitrary<number>): fc.Arbitrary<Evidence> {
  return fc
    .record({
      sort: fc.constantFrom('us' as const, 'notUs' as const, 'vccLiveEcho' as const),
      at: place,
      key: fc.constantFrom('a', 'b', 'c'),
      own: fc.boolean(),
      expiry: maybeExpiry,
      blind: maybeBlind,
    })
    .map(({ sort, at, key, own, expiry, blind }) => ({
      sort,
      mark: {
        atMetaMs: at,
        key,
        ...(own ? { own } : {}),
        ...(expiry === undefined ? {} : { expiresAtMetaMs: at + expiry }),
        ...(blind === undefined ? {} : { blindAtMs: at + blind }),
      },
    }));
}

const activityAt = (place: fc.Arbitrary<number>): fc.Arbitrary<Evidence> =>
  place.map((at) => ({ sort: 'activity' as const, atMetaMs: at }));
const pieceAt = (place: fc.Arbitrary<number>): fc.Arbitrary<Evidence> =>
  fc.oneof(explicitAt(place), strongAt(place), activityAt(place));
const crowd = fc.array(pieceAt(crowdedPlace), { maxLength: 14 });

/** A set, and the same set in another order, with some of it more than once, cut into batches. */
const twoDeliveries = crowd.chain((set) =>
  fc.record({
    set: fc.constant(set),
    again: fc.shuffledSubarray([...set, ...set, ...set], { minLength: 0 }).map((more) => [...set, ...more]),
    // Four times the longest set.
    ranks: fc.array(fc.nat(1000), { minLength: 56, maxLength: 56 }),
    cuts: fc.array(fc.boolean(), { minLength: 56, maxLength: 56 }),
  }),
);

function shuffled<T>(list: readonly T[], ranks: readonly number[]): T[] {
  return list
    .map((value, index) => ({ value, rank: ranks[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}

function batches<T>(list: readonly T[], cuts: readonly boolean[]): T[][] {
  const parts: T[][] = [[]];
  list.forEach((value, index) => {
    if (cuts[index % cuts.length]) parts.push([]);
    parts[parts.length - 1]!.push(value);
  });
  return parts;
}

function throughSteps(parts: readonly (readonly Evidence[])[], from: ThreadRecord = emptyRecord): ThreadRecord {
  return parts.reduce<ThreadRecord>((record, part) => step(record, part, ids).record, from);
}

describe('in every order, with every duplication, in any batches', () => {
  it('the five maxima are the same, and so is the owner at every time', () => {
    fc.assert(
      fc.property(twoDeliveries, fc.integer({ min: 0, max: 12 * DAY }), ({ set, again, ranks, cuts }, later) => {
        const once = fold({}, set);
        const record = throughSteps(batches(shuffled(again, ranks), cuts));
        expect(record.evidence).to.deep.equal(once);
        expect(ownerByEvidence(record.evidence, ids)).to.deep.equal(ownerByEvidence(once, ids));
        expect(ownerNow(record.evidence, ids, NOON + later)).to.deep.equal(ownerNow(once, ids, NOON + later));
        if (set.length > 0) expect(record.recordedOwner).to.equal(sideByModel(believedByModel(once)));
      }),
      { numRuns: 2000 },
    );
  });

  it('every one of the maxima is at the newest place of its sort', () => {
    fc.assert(
      fc.property(crowd, (set) => {
        const maxima = fold({}, set);
        const newest = (sort: Evidence['sort']): number | undefined => {
          const places = set.flatMap((p) =>
            p.sort !== sort ? [] : p.sort === 'activity' ? [p.atMetaMs] : [p.mark.atMetaMs],
          );
          return places.length === 0 ? undefined : Math.max(...places);
        };
        expect(maxima.explicit?.atMetaMs).to.equal(newest('explicit'));
        expect(maxima.us?.atMetaMs).to.equal(newest('us'));
        expect(maxima.notUs?.atMetaMs).to.equal(newest('notUs'));
        expect(maxima.vccLiveEcho?.atMetaMs).to.equal(newest('vccLiveEcho'));
        expect(maxima.activityAtMetaMs).to.equal(newest('activity'));
      }),
    );
  });
});

describe('evidence older than the newest explicit one', () => {
  it('changes neither the owner nor the epoch', () => {
    const known = fc.tuple(explicitAt(anyPlace), fc.array(pieceAt(anyPlace), { maxLength: 8 }));
    const older = fc.array(
      fc.tuple(fc.oneof(explicitAt(anyPlace), strongAt(anyPlace)), fc.integer({ min: 1, max: 3 * DAY })),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(known, older, ([explicit, rest], late) => {
        const record = throughSteps([[explicit, ...rest]]);
        const newest = record.evidence.explicit!.atMetaMs;
        const pushedBack = late.map(([piece, by]) => atPlace(piece, newest - by));
        const after = throughSteps([pushedBack], record);
        expect(ownerByEvidence(after.evidence, ids)).to.deep.equal(ownerByEvidence(record.evidence, ids));
        expect(after.epoch).to.equal(record.epoch);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a postback on messaging', () => {
  it('changes nothing but the stamp of the newest activity', () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: NOON - 5, max: NOON + 20 }), (set, at) => {
        const record = throughSteps([set]);
        const press = evidenceOfEvent(item('postback', 'messaging', at, { payload: 'MENU' }), ids, {
          nowMs: at,
          offsetMs: 0,
          newestStamp: undefined,
        });
        const { record: after, effects } = step(record, press, ids);
        const activityNow = Math.max(at, record.evidence.activityAtMetaMs ?? -Infinity);
        expect(after).to.deep.equal({ ...record, evidence: { ...record.evidence, activityAtMetaMs: activityNow } });
        expect(effects).to.deep.equal({ askOwner: false });
      }),
    );
  });
});

describe('a hidden answer', () => {
  it('never erases a VCC Live that was known, and never makes the thread ours', () => {
    fc.assert(
      fc.property(crowd, fc.integer({ min: NOON - 5, max: NOON + 20 }), (set, at) => {
        const maxima = fold({}, set);
        const before = ownerByEvidence(maxima, ids);
        const after = ownerByEvidence(
          fold(maxima, [evidenceOfAnswer({ owner: 'hidden', expiresAtMs: at + HOUR }, callAt(at))]),
          ids,
        );
        if (before.owner === 'vccLive') expect(after).to.include({ owner: 'vccLive', appId: VCC_LIVE });
        if (sideByModel(before) !== 'bot') expect(sideByModel(after)).to.not.equal('bot');
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the owner', () => {
  it('is the one that the rules give in plain words, over the whole list of evidence', () => {
    fc.assert(
      fc.property(crowd, (set) => {
        const { owner, appId, inferred } = ownerByEvidence(fold({}, set), ids);
        expect({ owner, appId, inferred }).to.deep.equal({
          appId: undefined,
          inferred: undefined,
          ...believedByModel(fold({}, set)),
        });
      }),
      { numRuns: 3000 },
    );
  });

  it('that the newest evidence proves is not idle by the clock at that moment', () => {
    fc.assert(
      fc.property(fc.array(pieceAt(anyPlace), { maxLength: 8 }), fc.constantFrom(VCC_LIVE, INBOX, BOT), (set, app) => {
        const now = NOON + 20 * DAY;
        const settled: Evidence = {
          sort: 'explicit',
          mark: { atMetaMs: now, answeredAtMetaMs: now, owner: { app }, source: 'call', key: 'call' },
        };
        expect(ownerNow(fold({}, [...set, settled]), ids, now).appId).to.equal(app);
        const refused: Evidence = { sort: 'notUs', mark: { atMetaMs: now, key: 'refused', own: true } };
        expect(sideByModel(ownerNow(fold({}, [...set, refused]), ids, now))).to.not.equal('bot');
      }),
    );
  });

  it('is never idle by the clock before 24 hours have passed since the newest activity', () => {
    fc.assert(
      fc.property(crowd, crowdedPlace, fc.nat(DAY - 1), (set, at, later) => {
        const maxima = fold({}, [...set, { sort: 'activity', atMetaMs: at }]);
        expect(ownerNow(maxima, ids, maxima.activityAtMetaMs! + later).owner).to.equal(
          ownerByEvidence(maxima, ids).owner,
        );
      }),
    );
  });
});

describe('the epoch', () => {
  it('grows by one at each step after which another app has the thread that had not, or no longer has it, and never else', () => {
    fc.assert(
      fc.property(crowd, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (set, cuts) => {
        let record: ThreadRecord = emptyRecord;
        let expected = 0;
        for (const part of batches(set, cuts)) {
          const before = believedByModel(record.evidence);
          const { record: next, effects } = step(record, part, ids);
          const after = believedByModel(next.evidence);
          const grows = changesHands(before, after);
          if (grows) expected += 1;
          expect(next.epoch, JSON.stringify({ before, after })).to.equal(expected);
          expect(effects.ownerChanged !== undefined).to.equal(grows);
          record = next;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

interface Believed {
  readonly owner: Verdict['owner'];
  readonly appId?: string | undefined;
  readonly inferred?: true | undefined;
}

/** Rule 13 in words of its own. */
function changesHands(before: Believed, after: Believed): boolean {
  const [from, to] = [sideByModel(before), sideByModel(after)];
  if (from === 'bot' && to === 'bot') return false;
  if (from !== to) return true;
  // Still another app. Its name may only just have become known; but a name that was known and is another one now, or is
  // no longer known because the thread was ours in between, is a change.
  return before.appId !== undefined && before.appId !== after.appId;
}

function sideByModel({ owner }: Believed): 'bot' | 'vccLive' | 'other' {
  return owner === 'vccLive' || owner === 'other' ? owner : 'bot';
}

/** Rule 8 sentence by sentence, as a list that is sorted and read from its newest end. */
function believedByModel(maxima: EvidenceMaxima): Believed {
  const { explicit } = maxima;
  const spoken: Believed = explicit ? spokenOwner(explicit.owner) : { owner: 'unknown' };
  const floor = explicit ? (explicit.answeredAtMetaMs ?? explicit.atMetaMs) : -Infinity;
  // The last of the list speaks; of the same millisecond, "not us" stands after "us", and the echo last.
  const counting = (['us', 'notUs', 'vccLiveEcho'] as const)
    .flatMap((sort) => (maxima[sort] ? [{ sort, at: maxima[sort].atMetaMs }] : []))
    .filter(({ at }) => at > floor)
    .sort((a, b) => a.at - b.at);
  const newest = counting[counting.length - 1];
  if (!newest) return spoken;
  if (newest.sort === 'us') return { owner: 'bot', appId: BOT };
  const us = counting.find(({ sort }) => sort === 'us');
  const echo = counting.find(({ sort }) => sort === 'vccLiveEcho');
  if (echo && echo.at > (us?.at ?? -Infinity)) return { owner: 'vccLive', appId: VCC_LIVE };
  if (!us && spoken.appId !== undefined && spoken.appId !== BOT) return spoken;
  return { owner: 'other', inferred: true };
}

function spokenOwner(owner: NamedOwner): Believed {
  if (owner === 'idle') return { owner: 'idle' };
  if (owner === 'notUs') return { owner: 'other', inferred: true };
  const names: Record<string, Verdict['owner']> = { [BOT]: 'bot', [VCC_LIVE]: 'vccLive' };
  return { owner: names[owner.app] ?? 'other', appId: owner.app };
}

function atPlace(piece: Evidence, at: number): Evidence {
  if (piece.sort === 'activity') return { ...piece, atMetaMs: at };
  if (piece.sort !== 'explicit') return { ...piece, mark: { ...piece.mark, atMetaMs: at } };
  const { answeredAtMetaMs, ...mark } = piece.mark;
  return {
    sort: 'explicit',
    mark: { ...mark, atMetaMs: at, ...(answeredAtMetaMs === undefined ? {} : { answeredAtMetaMs: at + 1 }) },
  };
}
