/** The report of a live run is there to be shown around: nothing in it leads to a person or to a key. */
import { expect } from 'chai';
import type { AdministrationAnswer } from '../../../src/graph/administration.js';
import type { LiveRun, LiveStep } from '../../../src/cli/doctor/live-run.js';
import { settleQuestions } from '../../../src/cli/doctor/open-questions.js';
import { recordText } from '../../../src/cli/doctor/write-record.js';

const PSID = '6600112233445566';
const TOKEN = 'EAAtokenOfThePage';
const idle: AdministrationAnswer = { status: 'answered', value: { data: [] }, text: '{"data":[]}', tookMs: 1 };
const refused = (message: string): AdministrationAnswer => ({
  ...{ status: 'refused', means: 'invalidCall', httpStatus: 400, code: 100, message, advice: '', tookMs: 2 },
});
const run = (...steps: readonly Pick<LiveStep, 'step' | 'answer'>[]): LiveRun => ({
  settings: {},
  before: 'idle',
  beforeAnswer: idle,
  after: 'idle',
  steps: steps.map((step) => ({ ...step, ownerAnswer: idle, owner: 'idle' })),
});
const report = (live: LiveRun): string =>
  recordText({
    ...{ atMs: 0, apiVersion: 'v26.0', run: live, questions: settleQuestions(live, undefined), hide: [PSID, TOKEN] },
  });

describe('The report of a live run', () => {
  it('leaves out a PSID and a token that Meta repeats in its words', () => {
    const text = report(run({ step: 'request', answer: refused(`(#100) User ${PSID} with ${TOKEN} | not found`) }));
    expect(text).to.include('User (hidden) with (hidden) \\| not found');
    expect(text).not.to.include(PSID).and.not.to.include(TOKEN);
  });

  it('settles nothing by what was not tried, nor by an answer that did not come', () => {
    const live = run({ step: 'passToSelf', answer: { status: 'unanswered', why: 'timeout', tookMs: 9 } });
    const settled = settleQuestions(live, undefined).filter(({ holds }) => holds !== 'unsettled');
    expect(
      settled.map(({ id }) => id),
      'the thread was seen idle',
    ).to.deep.equal(['owner-of-idle']);
  });
});
