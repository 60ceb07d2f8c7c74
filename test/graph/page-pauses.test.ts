import { expect } from 'chai';
import { DeadTokens, PagePauses } from '../../src/graph/page-pauses.js';

const MINUTE_MS = 60_000;

const PAGE = { pageId: 'page', reach: 'page' } as const;
const SENDS = { pageId: 'page', reach: 'sends' } as const;
const BOTH = ['page', 'sends'] as const;

/** A refusal that came in the moment in which its call was sent. */
const at = (nowMs: number) => ({ sentAtMs: nowMs, answeredAtMs: nowMs });

describe('leaving a Page alone', () => {
  it('waits a minute, then two, then four, up to an hour, where Meta asks for nothing', () => {
    const pauses = new PagePauses();
    let nowMs = 0;
    const waits = Array.from({ length: 8 }, () => {
      const waitMs = pauses.throttle(PAGE, undefined, at(nowMs));
      nowMs += waitMs;
      return waitMs / MINUTE_MS;
    });
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('begins again with a minute after a call that worked', () => {
    const pauses = new PagePauses();
    pauses.throttle(PAGE, undefined, at(0));
    pauses.throttle(PAGE, undefined, at(MINUTE_MS));
    pauses.succeeded('page', ['page'], 3 * MINUTE_MS);
    expect(pauses.throttle(PAGE, undefined, at(4 * MINUTE_MS))).to.equal(MINUTE_MS);
  });

  it('takes refusals of calls that were under way together for one', () => {
    const pauses = new PagePauses();
    pauses.throttle(PAGE, undefined, { sentAtMs: 0, answeredAtMs: 10 });
    pauses.throttle(PAGE, undefined, { sentAtMs: 5, answeredAtMs: 12 });
    expect(pauses.current('page', BOTH, 12)).to.deep.equal({ restMs: MINUTE_MS, reason: 'throttled', reach: 'page' });
    expect(pauses.throttle(PAGE, undefined, at(12 + MINUTE_MS))).to.equal(2 * MINUTE_MS);
  });

  it('is not ended by the late success of a call from before', () => {
    const pauses = new PagePauses();
    pauses.throttle(PAGE, 9 * MINUTE_MS, { sentAtMs: 0, answeredAtMs: 10 });
    pauses.succeeded('page', BOTH, 5);
    expect(pauses.current('page', ['page'], 20)?.restMs).to.equal(9 * MINUTE_MS - 10);
  });

  it('ends on its minute, and concerns no other Page', () => {
    const pauses = new PagePauses();
    pauses.throttle(PAGE, MINUTE_MS, at(0));
    expect(pauses.current('other', BOTH, 0)).to.equal(undefined);
    expect(pauses.current('page', BOTH, MINUTE_MS - 1)?.restMs).to.equal(1);
    expect(pauses.current('page', BOTH, MINUTE_MS)).to.equal(undefined);
  });

  it('lasts an hour after a warning of abuse, also when a rate limit comes in meanwhile, and longer where it was longer', () => {
    const pauses = new PagePauses();
    expect(pauses.stop(PAGE, 10)).to.equal(60 * MINUTE_MS);
    pauses.throttle(PAGE, MINUTE_MS, { sentAtMs: 5, answeredAtMs: 20 });
    expect(pauses.current('page', BOTH, 20)).to.include({ restMs: 60 * MINUTE_MS - 10, reason: 'policy' });
    pauses.throttle(SENDS, 300 * MINUTE_MS, at(0));
    expect(pauses.stop(SENDS, 0)).to.equal(300 * MINUTE_MS);
  });

  it('never lasts longer than a day, whatever a header says', () => {
    expect(new PagePauses().throttle(PAGE, 1e12, at(0))).to.equal(24 * 60 * MINUTE_MS);
  });

  it('holds up messages alone where a message met the limit', () => {
    const pauses = new PagePauses();
    pauses.throttle(SENDS, MINUTE_MS, at(0));
    expect(pauses.current('page', ['page'], 0), 'thread control').to.equal(undefined);
    expect(pauses.current('page', BOTH, 0)).to.deep.equal({ restMs: MINUTE_MS, reason: 'throttled', reach: 'sends' });
  });

  it('of messages is neither ended nor begun anew by what thread control meets', () => {
    const pauses = new PagePauses();
    pauses.throttle(SENDS, undefined, at(0));
    pauses.succeeded('page', ['page'], 2 * MINUTE_MS);
    expect(pauses.throttle(PAGE, undefined, at(2 * MINUTE_MS)), 'the first of thread control').to.equal(MINUTE_MS);
    expect(pauses.throttle(SENDS, undefined, at(2 * MINUTE_MS)), 'the second of messages').to.equal(2 * MINUTE_MS);
    expect(pauses.current('page', BOTH, 2 * MINUTE_MS)).to.include({ restMs: 2 * MINUTE_MS, reach: 'sends' });
  });
});

describe('a dead token', () => {
  it('is known for a second, for its Page and its value', () => {
    const dead = new DeadTokens();
    dead.remember('page', 'token-1', { code: 190, subcode: 463 }, 0);
    expect(dead.find('page', 'token-1', 999)).to.include({ code: 190, subcode: 463 });
    expect(dead.find('page', 'token-2', 0)).to.equal(undefined);
    expect(dead.find('other', 'token-1', 0)).to.equal(undefined);
    expect(dead.find('page', 'token-1', 1000)).to.equal(undefined);
  });
});
