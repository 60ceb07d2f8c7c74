import { expect } from 'chai';
import fc from 'fast-check';
import { type Refusal, classifyRefusal } from '../../src/graph/classify-refusal.js';

const refusal = (code?: number, subcode?: number, text = '', httpStatus = 400): Refusal => ({
  code,
  subcode,
  text,
  httpStatus,
  isTransient: false,
});

describe('what a refusal of Meta means', () => {
  const bySubcode: [number, number, string][] = [
    [10, 2018300, 'notOwner'],
    [100, 2534037, 'notOwner'],
    [100, 2018151, 'notOwner'],
    [10, 2018321, 'notOwner'],
    [613, 2018321, 'notOwner'],
    [27, 2018464, 'configuration'],
    [27, 2534123, 'configuration'],
    [10, 2018278, 'window'],
    [10, 2534022, 'window'],
    [10, 2018065, 'window'],
    [10, 2018108, 'recipient'],
    [551, 1545041, 'recipient'],
    [200, 1545041, 'recipient'],
    [10, 1404170, 'policy'],
    [10, 1893063, 'policy'],
    [200, 2018028, 'permission'],
    [200, 2018027, 'permission'],
    [190, 458, 'token'],
    [190, 459, 'token'],
    [190, 460, 'token'],
    [190, 463, 'token'],
    [190, 464, 'token'],
    [190, 467, 'token'],
    [190, 492, 'token'],
    [190, 2069032, 'configuration'],
    [100, 2018164, 'configuration'],
    [100, 2018001, 'recipient'],
    [100, 33, 'recipient'],
    [613, 2534040, 'rateLimit'],
    [613, 2018338, 'policy'],
    [1200, 2018024, 'transient'],
    [1, 1357046, 'transient'],
    [1, 99, 'permission'],
  ];
  for (const [code, subcode, kind] of bySubcode) {
    it(`${code}/${subcode} is ${kind}, in whatever language`, () => {
      expect(classifyRefusal(refusal(code, subcode, 'Algo ha ido mal')).kind).to.equal(kind);
    });
  }

  const byCode: [number, string][] = [
    [10, 'permission'],
    [3, 'permission'],
    [200, 'permission'],
    [210, 'permission'],
    [230, 'permission'],
    [190, 'token'],
    [102, 'token'],
    [4, 'rateLimit'],
    [17, 'rateLimit'],
    [32, 'rateLimit'],
    [341, 'rateLimit'],
    [613, 'rateLimit'],
    [80001, 'rateLimit'],
    [80002, 'rateLimit'],
    [80006, 'rateLimit'],
    [368, 'policy'],
    [1, 'transient'],
    [2, 'transient'],
    [551, 'recipient'],
    [100, 'invalid'],
    [999, 'unknown'],
  ];
  for (const [code, kind] of byCode) {
    it(`${code} alone is ${kind}`, () => expect(classifyRefusal(refusal(code)).kind).to.equal(kind));
  }

  const byText: [number, number | undefined, string, string][] = [
    [10, undefined, '(#10) Message failed to send because another app is controlling this thread now.', 'notOwner'],
    [10, 77, 'Message failed to send because ANOTHER APP IS CONTROLLING THIS THREAD now.', 'notOwner'],
    [100, undefined, '(#100) Only the current thread owner can release', 'notOwner'],
    [100, undefined, '(#100) calling app is not the thread owner', 'notOwner'],
    [100, undefined, 'API calls from the server require an appsecret_proof argument', 'configuration'],
    [100, undefined, 'Invalid appsecret_proof provided in the API argument', 'configuration'],
    [100, undefined, '(#100) Invalid FBID', 'recipient'],
    [10, 77, '(#10) something new', 'unknown'],
    [190, undefined, 'another app is controlling this thread', 'token'],
  ];
  for (const [code, subcode, text, kind] of byText) {
    it(`${code}/${subcode ?? '-'} "${text}" is ${kind}`, () =>
      expect(classifyRefusal(refusal(code, subcode, text)).kind).to.equal(kind));
  }

  const byStatus: [number, string][] = [
    [302, 'configuration'],
    [400, 'invalid'],
    [401, 'token'],
    [403, 'permission'],
    [404, 'configuration'],
    [407, 'configuration'],
    [408, 'transient'],
    [429, 'rateLimit'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
  ];
  for (const [status, kind] of byStatus) {
    it(`HTTP ${status} without Meta's JSON is ${kind}`, () =>
      expect(classifyRefusal(refusal(undefined, undefined, '', status)).kind).to.equal(kind));
  }

  it('believes the code more than the HTTP status: 4 with 403, 100 with 500', () => {
    expect(classifyRefusal(refusal(4, undefined, '', 403)).kind).to.equal('rateLimit');
    expect(classifyRefusal(refusal(100, undefined, '', 500))).to.include({ kind: 'invalid', outcome: 'refused' });
  });

  it('believes is_transient where the code says nothing', () => {
    expect(classifyRefusal({ ...refusal(999), isTransient: true }).kind).to.equal('transient');
    expect(classifyRefusal({ ...refusal(100), isTransient: true }).kind).to.equal('invalid');
  });

  it('calls only a dead token dead, and pauses only for limits and policies', () => {
    const dead = bySubcode.filter(([code, subcode]) => classifyRefusal(refusal(code, subcode)).tokenIsDead);
    expect(dead.map(([code, subcode]) => `${code}/${subcode}`)).to.deep.equal([
      '190/458',
      '190/459',
      '190/460',
      '190/463',
      '190/464',
      '190/467',
      '190/492',
    ]);
    const pausing = [
      ...bySubcode.map(([code, subcode]) => refusal(code, subcode)),
      ...byCode.map(([code]) => refusal(code)),
    ]
      .filter((each) => classifyRefusal(each).pause !== undefined)
      .map(({ code, subcode }) => `${code}/${subcode ?? '-'}`);
    expect(pausing).to.have.members([
      '613/2534040',
      '613/2018338',
      '4/-',
      '17/-',
      '32/-',
      '341/-',
      '613/-',
      '80001/-',
      '80002/-',
      '80006/-',
      '368/-',
    ]);
  });

  it('never retries 10, 100, 190, 200, 27 or 551, whatever the rest says', () => {
    const codes = fc.constantFrom(10, 100, 190, 200, 27, 551);
    fc.assert(
      fc.property(
        codes,
        fc.option(fc.nat(), { nil: undefined }),
        fc.string(),
        fc.integer({ min: 400, max: 599 }),
        (code, subcode, text, status) => {
          expect(classifyRefusal(refusal(code, subcode, text, status)).retryable).to.equal(false);
        },
      ),
    );
  });
});
