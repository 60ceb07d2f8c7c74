/** What counts as a thread's record, whoever wrote it into the store. */
import { expect } from 'chai';
import { faultOfRecord, readRecord } from '../../src/thread/read-record.js';
import { emptyRecord } from '../../src/thread/record.js';

const MARK = { atMetaMs: 1, key: 'k' };
const EXPLICIT = { atMetaMs: 1, answeredAtMetaMs: 2, owner: { app: '263' }, source: 'call', key: 'call' };
const OPEN = {
  id: 'a1',
  phase: 'passed',
  cause: 'e1',
  run: 'r1',
  startedAtMs: 1,
  armedAtMetaMs: 1,
  noticeSent: true,
  targetAppId: '263',
  metadata: '{}',
  waits: 'nobody',
};
const CONCLUSION = {
  handoverId: 'a1',
  cause: 'e1',
  run: 'r1',
  outcome: 'completed',
  via: 'passBack',
  waitedMs: 5,
  waits: 'dialog',
  concludedAtMs: 9,
};
const FULL = {
  evidence: { explicit: EXPLICIT, us: MARK, notUs: MARK, vccLiveEcho: MARK, activityAtMetaMs: 4 },
  epoch: 3,
  recordedOwner: 'vccLive',
  open: OPEN,
  conclusions: [CONCLUSION],
};

/** What makes it none, and what is told of it. */
const FAULTS: Record<string, [unknown, string]> = {
  'a text': ['cut', 'the whole'],
  'a list': [[FULL], 'the whole'],
  nothing: [null, 'the whole'],
  'an object of somebody else': [{ name: 'x' }, 'evidence'],
  'evidence that is a text': [{ ...FULL, evidence: 'us' }, 'evidence'],
  'evidence of another version': [{ ...FULL, evidence: { us: { at: 1, key: 'k' } } }, 'evidence.us.atMetaMs'],
  'an owner that is nobody': [
    { ...FULL, evidence: { explicit: { ...EXPLICIT, owner: 'somebody' } } },
    'evidence.explicit.owner',
  ],
  'an owner whose app is a number': [
    { ...FULL, evidence: { explicit: { ...EXPLICIT, owner: { app: 263 } } } },
    'evidence.explicit.owner.app',
  ],
  'an epoch that is a text': [{ ...FULL, epoch: '3' }, 'epoch'],
  'a recorded owner that is not known': [{ ...FULL, recordedOwner: 'idle' }, 'recordedOwner'],
  'an open handover without a phase': [{ ...FULL, open: { ...OPEN, phase: undefined } }, 'open.phase'],
  'an open handover that is a list': [{ ...FULL, open: [] }, 'open'],
  'an open handover without its beginning': [{ ...FULL, open: { ...OPEN, startedAtMs: null } }, 'open.startedAtMs'],
  'no conclusions': [{ ...FULL, conclusions: undefined }, 'conclusions'],
  'a conclusion that is a text': [{ ...FULL, conclusions: [CONCLUSION, 'x'] }, 'conclusions[1]'],
  'a conclusion given to nobody known': [
    { ...FULL, conclusions: [{ ...CONCLUSION, givenTo: 7 }] },
    'conclusions[0].givenTo',
  ],
};

describe('A record that a store gives', () => {
  it('is one where everything is there, where all that may be absent is, and where there is more', () => {
    for (const record of [FULL, emptyRecord, { ...FULL, ofANewerVersion: { x: 1 } }]) {
      expect(readRecord(record)).to.equal(record);
    }
    expect(readRecord({ ...FULL, open: { ...OPEN, reference: [null, 1], report: { chatId: 'c' } } })).to.be.an(
      'object',
    );
  });

  for (const [what, [value, path]] of Object.entries(FAULTS)) {
    it(`is none where it is or has ${what}`, () => {
      expect(faultOfRecord(value)).to.equal(path);
      expect(readRecord(value)).to.equal(undefined);
    });
  }
});
