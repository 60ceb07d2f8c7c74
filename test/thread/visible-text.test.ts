import { expect } from 'chai';
import fc from 'fast-check';
import { visibleLines, visibleLogLine, visibleText } from '../../src/thread/visible-text.js';

describe('A text from outside', () => {
  const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
    ['that clears the screen', '\u001b[2Jgone', '\\u001b[2Jgone'],
    ['that sets the title of the window', '\u001b]0;root\u0007', '\\u001b]0;root\\u0007'],
    ['with an escape sequence of one character (C1)', '\u009b31mred', '\\u009b31mred'],
    ['with DEL and NUL', 'a\u007fb\u0000', 'a\\u007fb\\u0000'],
    ['that begins a line anew', 'all well\r\nERROR forged', 'all well\\r\\nERROR forged'],
    ['with a tab', 'a\tb', 'a\\tb'],
    ['that turns the direction of reading', 'user\u202egnp.exe\u202c', 'user\\u202egnp.exe\\u202c'],
    ['with isolates', '\u2066a\u2067b\u2068c\u2069', '\\u2066a\\u2067b\\u2068c\\u2069'],
    ['with marks of direction', 'a\u200eb\u200fc\u061c', 'a\\u200eb\\u200fc\\u061c'],
    ['with characters of no width', 'a\u200bb\u200cc\u200dd\u2060e\ufeff', 'a\\u200bb\\u200cc\\u200dd\\u2060e\\ufeff'],
    ['with separators of lines and paragraphs', 'a\u2028b\u2029c', 'a\\u2028b\\u2029c'],
    ['with a soft hyphen and a letter that is drawn as nothing', 'a\u00adb\u3164c', 'a\\u00adb\\u3164c'],
    ['with tags beyond four digits', 'a\u{e0041}b', 'a\\udb40\\udc41b'],
    ['with half of a pair', 'a\ud83db', 'a\\ud83db'],
    [
      'that is ordinary',
      'Árvíztűrő tükörfúrógép 🙏 שלום مرحبا 漢字 – “x”',
      'Árvíztűrő tükörfúrógép 🙏 שלום مرحبا 漢字 – “x”',
    ],
  ];
  for (const [what, text, shown] of cases) {
    it(`${what} is shown as it is, and acts on nothing`, () => {
      expect(visibleText(text)).to.equal(shown);
    });
  }

  it('that is JSON means the same afterwards', () => {
    const value = { id: 'a\u202eb\u0085\u{e0041}', '\u2028': ['\u001b', '\n'] };
    expect(JSON.parse(visibleText(JSON.stringify(value)))).to.deep.equal(value);
  });

  it('of any sort is one line without a control character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // eslint-disable-next-line no-control-regex -- control characters are what this is about
        return !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/.test(visibleText(text));
      }),
    );
  });

  it('of several lines keeps its lines where that is wanted, and nothing else', () => {
    expect(visibleLines('one\ntwo\r\n\u001b[1mthree')).to.equal('one\ntwo\\r\n\\u001b[1mthree');
  });

  it('in a log keeps the frames of a stack on lines of their own, and no other line', () => {
    const stack = 'Error: first\nERROR forged\n    at run (bot.js:1:1)\n    at next';
    expect(visibleLogLine(stack)).to.equal('Error: first\\nERROR forged\n    at run (bot.js:1:1)\n    at next');
  });
});
