/** Which of Meta's two calls names the owner, and what the two lines about a thread say, by the answers alone. */
import { expect } from 'chai';
import type { AdministrationAnswer } from '../../../src/graph/administration.js';
import { judgeOwnerCalls, judgeThreadOwner } from '../../../src/cli/doctor/judge-thread.js';
import type { Observations } from '../../../src/cli/doctor/observe.js';

const BOT = '24012345678901237';
const VCC_LIVE = '27012345678901239';
const answered = (value: unknown): AdministrationAnswer => ({
  ...{ status: 'answered', value, text: JSON.stringify(value), tookMs: 1 },
});
const refused = (code: number, means: 'invalidCall' | 'customerUnreachable' | 'rateLimited'): AdministrationAnswer => ({
  ...{ status: 'refused', means, httpStatus: 400, code, message: 'Meta said no', advice: '', tookMs: 1 },
});
const owned = answered({ data: [{ thread_owner: { app_id: VCC_LIVE } }] });
const ours = answered({ data: [{ is_owner: true, id: 't_1' }] });
const notOurs = answered({ data: [{ is_owner: false, id: 't_1' }] });
const forGood = refused(100, 'invalidCall');

const judged = (owner: AdministrationAnswer, isOwner: AdministrationAnswer): readonly (string | undefined)[] => {
  const settings = { appId: BOT, vccLiveAppId: VCC_LIVE };
  const seen = { settings, owner, isOwner } as Observations;
  const [calls, thread] = [judgeOwnerCalls(seen), judgeThreadOwner(seen)];
  return [calls?.status, calls?.found, thread?.status, thread?.found];
};

describe('Doctor about the calls that name the owner', () => {
  it('asks nothing without a thread', () => {
    expect(judgeOwnerCalls({} as Observations)).to.equal(undefined);
  });

  const CASES: readonly (readonly [
    what: string,
    owner: AdministrationAnswer,
    isOwner: AdministrationAnswer,
    calls: readonly [string, RegExp],
    thread: readonly [string, RegExp],
  ])[] = [
    ['both work', owned, notOurs, ['ok', /thread_owner works, is_owner works, too/], ['ok', /^VCC Live$/]],
    ['only thread_owner works', owned, forGood, ['ok', /is_owner does not$/], ['ok', /^VCC Live$/]],
    ['is_owner says it is the bot', forGood, ours, ['attention', /^is_owner works; thread_owner/], ['ok', /^the bot/]],
    ['is_owner says it is not the bot', forGood, notOurs, ['attention', /\(code 100\)/], ['ok', /^not the bot/]],
    ['neither works', forGood, forGood, ['red', /is_owner does not work/], ['unchecked', /Meta said no/]],
    ['is_owner has no such conversation', forGood, answered({ data: [] }), ['red', /is_owner/], ['unchecked', /no$/]],
    [
      'Meta does not know the customer',
      refused(100, 'customerUnreachable'),
      forGood,
      ['unchecked', /Meta said no/],
      ['red', /Meta said no/],
    ],
    [
      'Meta throttles',
      refused(613, 'rateLimited'),
      refused(613, 'rateLimited'),
      ['unchecked', /613/],
      ['unchecked', /613/],
    ],
  ];
  for (const [what, owner, isOwner, calls, thread] of CASES) {
    it(`says what to expect when ${what}`, () => {
      const [callsAre, callsFound, threadIs, threadFound] = judged(owner, isOwner);
      expect([callsAre, threadIs]).to.deep.equal([calls[0], thread[0]]);
      expect(callsFound).to.match(calls[1]);
      expect(threadFound).to.match(thread[1]);
    });
  }
});
