import { expect } from 'chai';
import fc from 'fast-check';
import { type Refusal, classifyRefusal } from '../../src/graph/classify-refusal.js';
import type { GraphErrorKind } from '../../src/graph/graph-api-error.js';
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
  const table: [number, number | undefined, GraphErrorKind, Stops, Stops][] = [
    [10, 2018300, 'notOwner', 'thread', 'thread'],
    [100, 2534037, 'notOwner', 'thread', 'thread'],
    [100, 2018151, 'notOwner', 'thread', 'thread'],
    [10, 2018321, 'notOwner', 'thread', 'thread'],
    [613, 2018321, 'notOwner', 'thread', 'thread'],
    [27, 2018464, 'configuration', 'call', 'call'],
    [27, 2534123, 'configuration', 'call', 'call'],
    [27, 2534118, 'configuration', 'call', 'call'],
    [27, 1893035, 'invalid', 'call', 'call'],
    [27, undefined, 'configuration', 'call', 'call'],
    [10, 2018278, 'window', 'thread', 'thread'],
    [10, 2534022, 'window', 'thread', 'thread'],
    [10, 2018065, 'window', 'thread', 'thread'],
    [10, 2018108, 'recipient', 'thread', 'thread'],
    [551, 1545041, 'recipient', 'thread', 'thread'],
    [551, undefined, 'recipient', 'thread', 'thread'],
    [200, 1545041, 'recipient', 'thread', 'thread'],
    [10, 1404170, 'policy', 'call', 'call'],
    [10, 1893063, 'policy', 'call', 'call'],
    [200, 2018028, 'permission', 'call', 'call'],
    [200, 2018027, 'permission', 'call', 'call'],
    [190, 458, 'token', 'token', 'token'],
    [190, 459, 'token', 'token', 'token'],
    [190, 460, 'token', 'token', 'token'],
    [190, 463, 'token', 'token', 'token'],
    [190, 464, 'token', 'token', 'token'],
    [190, 467, 'token', 'token', 'token'],
    [190, 492, 'token', 'token', 'token'],
    [190, undefined, 'token', 'token', 'token'],
    [102, undefined, 'token', 'token', 'token'],
    [190, 2069032, 'configuration', 'call', 'call'],
    [100, 2018164, 'configuration', 'call', 'call'],
    [100, 2018001, 'recipient', 'thread', 'thread'],
    [100, 33, 'recipient', 'thread', 'thread'],
    [368, 1346003, 'policy', 'call', 'call'],
    [368, undefined, 'policy', 'call', 'page'],
    [368, 1390008, 'policy', 'call', 'page'],
    [368, 4854077, 'policy', 'call', 'page'],
    [613, 2018338, 'policy', 'sends', 'page'],
    [2022, undefined, 'policy', 'sends', 'sends'],
    [4, 2018354, 'window', 'thread', 'thread'],
    [4, 2018022, 'rateLimit', 'sends', 'page'],
    [4, undefined, 'rateLimit', 'sends', 'page'],
    [17, undefined, 'rateLimit', 'sends', 'page'],
    [32, undefined, 'rateLimit', 'sends', 'page'],
    [341, undefined, 'rateLimit', 'sends', 'page'],
    [613, undefined, 'rateLimit', 'sends', 'page'],
    [613, 2534040, 'rateLimit', 'sends', 'page'],
    [80001, undefined, 'rateLimit', 'sends', 'page'],
    [80002, undefined, 'rateLimit', 'sends', 'page'],
    [80006, undefined, 'rateLimit', 'sends', 'page'],
    [1, 1357046, 'transient', 'call', 'call'],
    [1, 99, 'permission', 'call', 'call'],
    [1, undefined, 'transient', 'call', 'call'],
    [2, undefined, 'transient', 'call', 'call'],
    [1200, 2018024, 'transient', 'call', 'call'],
    [1200, undefined, 'transient', 'call', 'call'],
    [105, undefined, 'invalid', 'call', 'call'],
    [194, undefined, 'invalid', 'call', 'call'],
    [546, undefined, 'invalid', 'call', 'call'],
    [3, undefined, 'permission', 'call', 'call'],
    [10, undefined, 'permission', 'call', 'call'],
    [10, 999, 'unknown', 'call', 'call'],
    [200, undefined, 'permission', 'call', 'call'],
    [210, undefined, 'permission', 'call', 'call'],
    [230, undefined, 'permission', 'call', 'call'],
    [100, undefined, 'invalid', 'call', 'call'],
    [999, undefined, 'unknown', 'call', 'call'],
  ];
  for (const [code, subcode, kind, onSend, onOther] of table) {
    it(`${code}/${subcode ?? '-'} is ${kind} in whatever language, and stops ${onSend} (message) or ${onOther} (other)`, () => {
      const refused = refusal(code, subcode, 'Algo ha ido mal');
      expect(classifyRefusal(refused, 'send')).to.include({ kind, stops: onSend });
      expect(classifyRefusal(refused, 'other')).to.include({ kind, stops: onOther });
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
    [10, undefined, '(#10) Message failed to send because another app is controlling this thread now.', 'notOwner'],
    [10, 77, 'Message failed to send because ANOTHER APP IS CONTROLLING THIS THREAD now.', 'notOwner'],
    [100, undefined, '(#100) Only the current thread owner can release', 'notOwner'],
    [100, undefined, '(#100) calling app is not the thread owner', 'notOwner'],
    [100, undefined, 'API calls from the server require an appsecret_proof argument', 'configuration'],
    [100, undefined, 'Invalid appsecret_proof provided in the API argument', 'configuration'],
    [100, undefined, '(#100) Invalid FBID', 'recipient'],
    [10, 77, '(#10) something new', 'unknown'],
    [190, undefined, 'another app is controlling this thread', 'token'],
    [10, undefined, '(#10) The app is not the thread owner', 'notOwner'],
    [10, 77, '(#10) The app is not the thread owner', 'notOwner'],
  ];
  for (const [code, subcode, text, kind] of byText) {
    it(`${code}/${subcode ?? '-'} "${text}" is ${kind}`, () =>
      expect(classifyRefusal(refusal(code, subcode, text), 'send').kind).to.equal(kind));
  }

  for (const [status, kind] of [
    [400, 'unknown'],
    [408, 'transient'],
    [429, 'rateLimit'],
    [503, 'transient'],
  ] as const) {
    it(`HTTP ${status} with {"success":false} is ${kind}`, () =>
      expect(classifyRefusal(refusal(undefined, undefined, '', status), 'other').kind).to.equal(kind));
  }

  it('believes the code more than the HTTP status: 4 with 403, 100 with 500', () => {
    expect(classifyRefusal(refusal(4, undefined, '', 403), 'send').kind).to.equal('rateLimit');
    expect(classifyRefusal(refusal(100, undefined, '', 500), 'send')).to.include({
      kind: 'invalid',
      outcome: 'refused',
    });
  });

  it('believes is_transient where the code says nothing', () => {
    expect(classifyRefusal({ ...refusal(999), isTransient: true }, 'send').kind).to.equal('transient');
    expect(classifyRefusal({ ...refusal(100), isTransient: true }, 'send').kind).to.equal('invalid');
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
