import { expect } from 'chai';
import { DeadTokens, PagePauses } from '../../src/graph/page-pauses.js';

const MINUTE_MS = 60_000;

describe('leaving a Page alone', () => {
  it('waits a minute, then two, then four, up to an hour, where Meta asks for nothing', () => {
    const pauses = new PagePauses();
    let nowMs = 0;
    const waits = Array.from({ length: 8 }, () => {
      const waitMs = pauses.throttle('page', undefined, nowMs, nowMs);
      nowMs += waitMs;
      return waitMs / MINUTE_MS;
    });
    expect(waits).to.deep.equal([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  it('begins again with a minute after a call that worked', () => {
    const pauses = new PagePauses();
    pauses.throttle('page', undefined, 0, 0);
    pauses.throttle('page', undefined, MINUTE_MS, MINUTE_MS);
    pauses.succeeded('page', 3 * MINUTE_MS);
    expect(pauses.throttle('page', undefined, 4 * MINUTE_MS, 4 * MINUTE_MS)).to.equal(MINUTE_MS);
  });

  it('takes refusals of calls that were under way together for one', () => {
    const pauses = new PagePauses();
    pauses.throttle('page', undefined, 0, 10);
    pauses.throttle('page', undefined, 5, 12);
    expect(pauses.current('page', 12)).to.deep.equal({ restMs: MINUTE_MS, reason: 'throttled' });
    expect(pauses.throttle('page', undefined, 12 + MINUTE_MS, 12 + MINUTE_MS)).to.equal(2 * MINUTE_MS);
  });

  it('is not ended by the late success of a call from before', () => {
    const pauses = new PagePauses();
    pauses.throttle('page', 9 * MINUTE_MS, 0, 10);
    pauses.succeeded('page', 5);
    expect(pauses.current('page', 20)?.restMs).to.equal(9 * MINUTE_MS - 10);
  });

  it('ends on its minute, and concerns no other Page', () => {
    const pauses = new PagePauses();
    pauses.throttle('page', MINUTE_MS, 0, 0);
    expect(pauses.current('other', 0)).to.equal(undefined);
    expect(pauses.current('page', MINUTE_MS - 1)?.restMs).to.equal(1);
    expect(pauses.current('page', MINUTE_MS)).to.equal(undefined);
  });

  it('lasts an hour after a warning of abuse, also when a rate limit comes in meanwhile', () => {
    const pauses = new PagePauses();
    expect(pauses.stop('page', 10)).to.equal(60 * MINUTE_MS);
    pauses.throttle('page', MINUTE_MS, 5, 20);
    expect(pauses.current('page', 20)).to.deep.equal({ restMs: 60 * MINUTE_MS - 10, reason: 'policy' });
  });

  it('never lasts longer than a day, whatever a header says', () => {
    expect(new PagePauses().throttle('page', 1e12, 0, 0)).to.equal(24 * 60 * MINUTE_MS);
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
