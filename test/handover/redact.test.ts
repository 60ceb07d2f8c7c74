/** What is masked before it leaves, and what is left alone. */
import { expect } from 'chai';
import fc from 'fast-check';
import { dependable, redactPersonalData } from '../../src/handover/redact.js';

/** An expression that backtracks takes minutes for these texts; a busy machine does not. */
const SOON_MS = 10_000;

const MASKED: readonly (readonly [string, string])[] = [
  ['My card is 4111 1111 1111 1111.', 'My card is [card number].'],
  ['4111111111111111', '[card number]'],
  ['4111-1111-1111-1111', '[card number]'],
  ['5500.0055.5555.5559!', '[card number]!'],
  ['378282246310005', '[card number]'],
  ['3782 822463 10005', '[card number]'],
  ['4222222222222', '[card number]'],
  ['6304000000000000000', '[card number]'],
  ['card4111111111111111x', 'card[card number]x'],
  ['4111 1111 1111 1111 12/26 123', '[card number]'],
  ['4111\u00a01111\u20111111\u20131111', '[card number]'],
  ['Order 12345, card 4111111111111111', 'Order 12345, card [card number]'],
  ['ada@example.org', '[e-mail]'],
  ['write to Ada.Lovelace+bot@mail.example.co.uk, please', 'write to [e-mail], please'],
  ['<mailto:ada@example.org>', '<mailto:[e-mail]>'],
  ['josé@példa.hu', '[e-mail]'],
  ['a@b.example and c@d.example', '[e-mail] and [e-mail]'],
  ['06301234567@example.org', '[e-mail]'],
  ['+36 30 123 4567', '[phone number]'],
  ['call +36301234567 now', 'call [phone number] now'],
  ['06 30 123 4567', '[phone number]'],
  ['06-30/123-4567', '[phone number]'],
  ['06301234567', '[phone number]'],
  ['(555) 123-4567', '[phone number]'],
  ['+1 (555) 123-4567', '[phone number]'],
  ['5551234567', '[phone number]'],
  ['+49 (0) 30 1234567', '[phone number]'],
  ['0049 30 1234567', '[phone number]'],
  ['20 12 34 56', '[phone number]'],
  ['+15551234567890', '[phone number]'],
  ['tel:+4930123456', 'tel:[phone number]'],
  ['0630 1234567 0670 7654321', '[phone number]'],
  ['2026-12-25 06301234567', '2026-12-25 [phone number]'],
  ['36301234567-es számon', '[phone number]-es számon'],
];

const LEFT: readonly string[] = [
  '',
  'complaint',
  'Order 12345678',
  '2026-12-25',
  '2026-12-25 10:30',
  '2026-11-22T10:49:00.000Z',
  '25.12.2026',
  'Order 4711 2026-12-25',
  'from 09:00 to 17:30',
  '€ 1.234,56',
  'version 4.23.3',
  'twitter: @ada',
  'a@b',
  // No right check digit, and too long for a phone number: ids.
  '6600112233445567',
  '1234567890123456789012345',
  '4111111111111112',
  'a4f0612345678901bcd',
  '0123456789abcdef0123456789abcdef',
];

describe('redactPersonalData', () => {
  for (const [text, masked] of MASKED) it(`masks "${text}"`, () => expect(redactPersonalData(text)).to.equal(masked));

  for (const text of LEFT) it(`leaves "${text}" alone`, () => expect(redactPersonalData(text)).to.equal(text));

  it('masks every number with a right check digit, however it is parted', () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 18 });
    const separator = fc.constantFrom('', ' ', '-');
    fc.assert(
      fc.property(digits, separator, (body, between) => {
        const card = [...body, checkDigitOf(body)].join('');
        const parted = card.replace(/(\d{4})(?=\d)/g, `$1${between}`);
        expect(redactPersonalData(`It is ${parted}, yes`)).to.equal('It is [card number], yes');
      }),
    );
  });

  it('finds nothing more in what it has masked', () => {
    const texts = fc.array(fc.constantFrom(...MASKED.map(([text]) => text), ...LEFT)).map((list) => list.join(' , '));
    fc.assert(
      fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), (text) => {
        const once = redactPersonalData(text);
        expect(redactPersonalData(once)).to.equal(once);
      }),
    );
  });

  it('takes time that grows with the text only', () => {
    const pieces = [
      'a',
      '1',
      '1 ',
      '(',
      '+',
      '1-',
      'a@',
      'a@b.',
      '.',
      '@',
      '4111 ',
      '1(',
      '12-12-',
      '2026-12-2',
      'é.',
      '- ',
    ];
    for (const piece of pieces) {
      for (const end of ['', 'x', '@', '1']) {
        const text = piece.repeat(Math.ceil(50_000 / piece.length)) + end;
        const begun = performance.now();
        redactPersonalData(text);
        expect(performance.now() - begun, JSON.stringify(piece + end)).to.be.lessThan(SOON_MS);
      }
    }
  });
});

describe('a dependable redactor', () => {
  it('gives what the redactor gives', () => {
    const redact = dependable(
      (text) => text.toUpperCase(),
      () => expect.fail('told of a failure'),
    );
    expect(redact('abc')).to.equal('ABC');
  });

  it('lets nothing leave where the redactor throws or gives no text', () => {
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    const thrown = new TypeError('x');
    const throwing = dependable(() => {
      throw thrown;
    }, note);
    expect(throwing('secret')).to.equal('[redacted]');
    expect(dependable(() => undefined as never, note)('secret')).to.equal('[redacted]');
    expect(dependable((async (text: string) => text) as never, note)('secret')).to.equal('[redacted]');
    expect(failures).to.have.length(3);
    expect(failures[0]).to.equal(thrown);
  });
});

/** The digit that makes Luhn's sum come out, found by trying: the definition, not the code under test. */
function checkDigitOf(body: readonly number[]): number {
  const sumWith = (last: number): number => {
    let sum = 0;
    let double = false;
    for (const digit of [last, ...[...body].reverse()]) {
      const value = double ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit]! : digit;
      sum += value;
      double = !double;
    }
    return sum;
  };
  return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].find((last) => sumWith(last) % 10 === 0)!;
}
