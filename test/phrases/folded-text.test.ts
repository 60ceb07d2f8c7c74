/** What phrases look at: the same words, whatever the keyboard made of them. */
import { expect } from 'chai';
import fc from 'fast-check';
import { folded } from '../../src/phrases/folded-text.js';

describe('A folded text', () => {
  for (const [written, words] of [
    ["  I'd like to TALK, please!!  ", 'id like to talk please'],
    ['I’d like to talk, please', 'id like to talk please'],
    ['`agent`\t\n C++ 24/7', 'agent c++ 24 7'],
    ['Ügynök, kérem 🙏', 'ugynok kerem'],
    ['Straße, Łódź', 'strasse lodz'],
    ['...', ''],
  ] as const) {
    it(`of ${JSON.stringify(written)} is ${JSON.stringify(words)}`, () => {
      expect(folded(written)).to.equal(words);
    });
  }

  it('is the same whether a message has an emoji at its end or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => {
        // Characters that nobody sees go; the others in this range are blanks.
        const written = text.replace(/[^\t\n\r -~]/g, ' ');
        expect(folded(`${written} 🙂`)).to.equal(folded(written));
      }),
    );
  });
});
