import { expect } from 'chai';
import fc from 'fast-check';
import { type Refusal, classifyRefusal } from '../../src/graph/classify-refusal.js';
import type { GraphErrorCode } from '../../src/thread/errors.js';
import { ROWS, type Stops } from '../../src/graph/refusal-table.js';

const refusal = (code?: number, subcode?: number, text = '', httpStatus = 400): Refusal => ({
  code,
  subcode,
  text,
  httpStatus,
  isTransient: false,
});

describe('what a refusal of Meta means', () => {
  /** Code, subcode, what it is, whom it stops where a message met it, and where another call did. */
  const table: [number, number | undefined, GraphErrorCode, Stops, Stops][] = [
    [10, 2018300, 'anotherAppOwns', 'thread', 'thread'],
    [100, 2534037, 'anotherAppOwns', 'thread', 'thread'],
    [100, 2018151, 'anotherAppOwns', 'thread', 'thread'],
    [10, 2018321, 'anotherAppOwns', 'thread', 'thread'],
    [613, 2018321, 'anotherAppOwns', 'thread', 'thread'],
    [27, 2018464, 'misconfigured', 'call', 'call'],
    [27, 2534123, 'misconfigured', 'call', 'call'],
    [27, 2534118, 'misconfigured', 'call', 'call'],
    [10, 2534118, 'misconfigured', 'call', 'call'],
    [27, 1893035, 'invalidCall', 'call', 'call'],
    [27, undefined, 'misconfigured', 'call', 'call'],
    [10, 2018278, 'outsideWindow', 'thread', 'thread'],
    [10, 2534022, 'outsideWindow', 'thread', 'thread'],
    [10, 2018065, 'outsideWindow', 'thread', 'thread'],
    [10, 2018108, 'customerUnreachable', 'thread', 'thread'],
    [551, 1545041, 'customerUnreachable', 'thread', 'thread'],
    [551, undefined, 'customerUnreachable', 'thread', 'thread'],
    [200, 1545041, 'customerUnreachable', 'thread', 'thread'],
    [10, 1404170, 'policyViolation', 'call', 'call'],
    [10, 1893063, 'policyViolation', 'call', 'call'],
    [200, 2018028, 'permissionMissing', 'call', 'call'],
    [200, 2018027, 'permissionMissing', 'call', 'call'],
    [190, 458, 'invalidToken', 'token', 'token'],
    [190, 459, 'invalidToken', 'token', 'token'],
    [190, 460, 'invalidToken', 'token', 'token'],
    [190, 463, 'invalidToken', 'token', 'token'],
    [190, 464, 'invalidToken', 'token', 'token'],
    [190, 467, 'invalidToken', 'token', 'token'],
    [190, 492, 'invalidToken', 'token', 'token'],
    [190, undefined, 'invalidToken', 'token', 'token'],
    [102, undefined, 'invalidToken', 'token', 'token'],
    [190, 2069032, 'misconfigured', 'call', 'call'],
    [100, 2018164, 'misconfigured', 'call', 'call'],
    [100, 2018001, 'customerUnreachable', 'thread', 'thread'],
    [100, 33, 'customerUnreachable', 'thread', 'thread'],
    [368, 1346003, 'policyViolation', 'call', 'call'],
    [368, undefined, 'policyViolation', 'call', 'page'],
    [368, 1390008, 'policyViolation', 'call', 'page'],
    [368, 4854077, 'policyViolation', 'call', 'page'],
    [613, 2018338, 'policyViolation', 'sends', 'page'],
    [2022, undefined, 'policyViolation', 'sends', 'sends'],
    [4, 2018354, 'outsideWindow', 'thread', 'thread'],
    [4, 2018022, 'rateLimited', 'sends', 'page'],
    [4, undefined, 'rateLimited', 'sends', 'page'],
    [17, undefined, 'rateLimited', 'sends', 'page'],
    [32, undefined, 'rateLimited', 'sends', 'page'],
    [341, undefined, 'rateLimited', 'sends', 'page'],
    [613, undefined, 'rateLimited', 'sends', 'page'],
    [613, 2534040, 'rateLimited', 'sends', 'page'],
    [80001, undefined, 'rateLimited', 'sends', 'page'],
    [80002, undefined, 'rateLimited', 'sends', 'page'],
    [80006, undefined, 'rateLimited', 'sends', 'page'],
    [1, 1357046, 'metaFault', 'call', 'call'],
    [1, 99, 'permissionMissing', 'call', 'call'],
    [1, undefined, 'metaFault', 'call', 'call'],
    [2, undefined, 'metaFault', 'call', 'call'],
    [1200, 2018024, 'metaFault', 'call', 'call'],
    [1200, undefined, 'metaFault', 'call', 'call'],
    [105, undefined, 'invalidCall', 'call', 'call'],
    [194, undefined, 'invalidCall', 'call', 'call'],
    [546, undefined, 'invalidCall', 'call', 'call'],
    [3, undefined, 'permissionMissing', 'call', 'call'],
    [10, undefined, 'permissionMissing', 'call', 'call'],
    [10, 999, 'unknownAnswer', 'call', 'call'],
    [200, undefined, 'permissionMissing', 'call', 'call'],
    [210, undefined, 'permissionMissing', 'call', 'call'],
    [230, undefined, 'permissionMissing', 'call', 'call'],
    [100, undefined, 'invalidCall', 'call', 'call'],
    [999, undefined, 'unknownAnswer', 'call', 'call'],
  ];
  for (const [code, subcode, means, onSend, onOther] of table) {
    it(`${code}/${subcode ?? '-'} is ${means} in whatever language, and stops ${onSend} (message) or ${onOther} (other)`, () => {
      const refused = refusal(code, subcode, 'Algo ha ido mal');
      expect(classifyRefusal(refused, 'send')).to.include({ means, stops: onSend });
      expect(classifyRefusal(refused, 'other')).to.include({ means, stops: onOther });
    });
  }

  it('has a line above for every code and subcode that the table in the source names', () => {
    const missing = ROWS.filter(({ text }) => text === undefined).flatMap(({ codes, subcodes }) =>
      (codes ?? [undefined]).flatMap((code) =>
        (subcodes ?? [undefined])
          // Rows with two parent codes share their subcodes.
          .filter(
            (subcode) => !table.some((line) => (code ?? line[0]) === line[0] && line[1] === subcode) && code !== 102,
          )
          .map((subcode) => `${code ?? 'any'}/${subcode ?? '-'}`),
      ),
    );
    expect(missing).to.deep.equal([]);
  });

  it('says of a stopped message that nobody else is stopped, and of a pause that handovers go on', () => {
    expect(classifyRefusal(refusal(368, 1346003), 'send').advice).to.match(/Only this message is stopped/);
    expect(classifyRefusal(refusal(368), 'send').advice).to.match(/Only this message is stopped/);
    for (const code of [4, 80006, 2022]) {
      expect(classifyRefusal(refusal(code), 'send').advice).to.match(/handovers go on/);
    }
    expect(classifyRefusal(refusal(613, 2018338), 'send').advice)
      .to.match(/handovers go on/)
      .and.match(/Page Quality/);
  });

  const byText: [number, number | undefined, string, string][] = [
    [
      10,
      undefined,
      '(#10) Message failed to send because another app is controlling this thread now.',
      'anotherAppOwns',
    ],
    [10, 77, 'Message failed to send because ANOTHER APP IS CONTROLLING THIS THREAD now.', 'anotherAppOwns'],
    [100, undefined, '(#100) Only the current thread owner can release', 'anotherAppOwns'],
    [100, undefined, '(#100) calling app is not the thread owner', 'anotherAppOwns'],
    [100, undefined, 'API calls from the server require an appsecret_proof argument', 'misconfigured'],
    [100, undefined, 'Invalid appsecret_proof provided in the API argument', 'misconfigured'],
    [100, undefined, '(#100) Invalid FBID', 'customerUnreachable'],
    [10, 77, '(#10) something new', 'unknownAnswer'],
    [190, undefined, 'another app is controlling this thread', 'invalidToken'],
    [10, undefined, '(#10) The app is not the thread owner', 'anotherAppOwns'],
    [10, 77, '(#10) The app is not the thread owner', 'anotherAppOwns'],
  ];
  for (const [code, subcode, text, means] of byText) {
    it(`${code}/${subcode ?? '-'} "${text}" is ${means}`, () =>
      expect(classifyRefusal(refusal(code, subcode, text), 'send').means).to.equal(means));
  }

  for (const [status, means] of [
    [400, 'unknownAnswer'],
    [408, 'metaFault'],
    [429, 'rateLimited'],
    [503, 'metaFault'],
  ] as const) {
    it(`HTTP ${status} with {"success":false} is ${means}`, () =>
      expect(classifyRefusal(refusal(undefined, undefined, '', status), 'other').means).to.equal(means));
  }

  it('believes the code more than the HTTP status: 4 with 403, 100 with 500', () => {
    expect(classifyRefusal(refusal(4, undefined, '', 403), 'send').means).to.equal('rateLimited');
    expect(classifyRefusal(refusal(100, undefined, '', 500), 'send')).to.include({
      means: 'invalidCall',
      outcome: 'refused',
    });
  });

  it('believes is_transient where the code says nothing', () => {
    expect(classifyRefusal({ ...refusal(999), isTransient: true }, 'send').means).to.equal('metaFault');
    expect(classifyRefusal({ ...refusal(100), isTransient: true }, 'send').means).to.equal('invalidCall');
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
          expect(classifyRefusal(refusal(code, subcode, text, status), 'send').retryable).to.equal(false);
        },
      ),
    );
  });
});
