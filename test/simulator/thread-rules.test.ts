import { expect } from 'chai';
import fc from 'fast-check';
import {
  afterCustomer,
  asOf,
  CONTROL_WINDOW_MS,
  ruleExtend,
  rulePass,
  ruleRelease,
  ruleRequest,
  ruleSend,
  ruleTake,
  untouchedThread,
  type PageRules,
  type Ruling,
  type ThreadTruth,
} from '../../src/simulator/thread-rules.js';

const BOT = '1';
const VCC = '2';
const THIRD = '3';
const rules: PageRules = {
  routing: true,
  defaultAppId: BOT,
  entryAppId: BOT,
  connectedAppIds: new Set([BOT, VCC, THIRD]),
  mayTake: () => true,
  mayUseHumanAgent: (appId) => appId === VCC,
  sendTakesIdle: true,
  requestWithRouting: 'told',
};

type Step = { act: string; app: string; target: string; waitMs: number; routing: boolean };
const step: fc.Arbitrary<Step> = fc.record({
  act: fc.constantFrom('customer', 'send', 'pass', 'take', 'release', 'request', 'extend'),
  app: fc.constantFrom(BOT, VCC, THIRD),
  target: fc.constantFrom(BOT, VCC, THIRD, '404'),
  waitMs: fc.constantFrom(0, 1, CONTROL_WINDOW_MS / 2, CONTROL_WINDOW_MS - 1, CONTROL_WINDOW_MS),
  routing: fc.boolean(),
});

function play(thread: ThreadTruth, { act, app, target, routing }: Step, nowMs: number): Ruling {
  const now = { ...rules, routing };
  switch (act) {
    case 'customer':
      return { allowed: true, thread: afterCustomer(thread, now, nowMs) };
    case 'send':
      return ruleSend(thread, app, now, nowMs);
    case 'pass':
      return rulePass(thread, app, target, undefined, now, nowMs);
    case 'take':
      return ruleTake(thread, app, undefined, now, nowMs);
    case 'release':
      return ruleRelease(thread, app, nowMs);
    case 'request':
      return ruleRequest(thread, app, undefined, now, nowMs);
    default:
      return ruleExtend(thread, app, 604_800, nowMs);
  }
}

describe('The rules of threads', () => {
  it('hold in every sequence of acts', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let thread = untouchedThread;
        let nowMs = 0;
        for (const one of steps) {
          nowMs += one.waitMs;
          const before = asOf(thread, nowMs);
          const ruling = play(thread, one, nowMs);
          if (!ruling.allowed) continue;
          const { ownerAppId, expiresAtMs } = ruling.thread;
          const changed = ownerAppId !== before.ownerAppId;
          expect(ownerAppId === undefined, 'an owner has an end, idle has none').to.equal(expiresAtMs === undefined);
          if (expiresAtMs !== undefined) {
            expect(expiresAtMs).to.be.within(nowMs, nowMs + 7 * CONTROL_WINDOW_MS);
          }
          if (changed && before.ownerAppId !== undefined && one.act !== 'take') {
            expect(one.app, 'only its owner gives a thread away').to.equal(before.ownerAppId);
          }
          if (ruling.notice === undefined) {
            const silent = !changed || before.ownerAppId === undefined || ownerAppId === undefined;
            expect(silent, 'no owner loses a thread to another app unsaid').to.equal(true);
          }
          if (one.act === 'send') expect([one.app, undefined]).to.include(ownerAppId);
          thread = ruling.thread;
        }
      }),
    );
  });

  it('let a permitted Human Agent message take the thread, and tell the loser', () => {
    const owned = afterCustomer(untouchedThread, rules, 0);
    const ruling = ruleSend(owned, VCC, rules, 1, true);
    expect(ruling).to.deep.include({ allowed: true });
    expect(ruling.allowed && ruling.thread.ownerAppId).to.equal(VCC);
    expect(ruling.allowed && ruling.notice).to.include({ kind: 'take', previousAppId: BOT });
    const forbidden = ruleSend(owned, VCC, { ...rules, mayTake: () => false }, 1, true);
    expect(forbidden).to.deep.equal({ allowed: false, why: 'anotherAppControls' });
  });
});
