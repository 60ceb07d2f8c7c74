/** Which parts of a text are ids. */
import { expect } from 'chai';
import fc from 'fast-check';
import { idsInside } from '../../src/recording/ids-inside.js';

const idsOf = (text: string): string[] => idsInside(text).map(({ id }) => id);

describe('The ids in a text', () => {
  it('are words of 16 characters and more that have a digit', () => {
    expect(idsOf('m_AbCdEfGhIjKl-3, m_AbCdEfGhIjKl3, and internationalization')).to.deep.equal(['m_AbCdEfGhIjKl-3']);
  });

  it('are ten digits and more, also inside of a shorter word', () => {
    expect(idsOf('page1234567890x2 (1234567890) 123456789')).to.deep.equal(['page1234567890x2', '1234567890']);
    expect(idsOf('a1234567890b')).to.deep.equal(['1234567890']);
    expect(idsOf('1234567890_12')).to.deep.equal(['1234567890']);
  });

  it('are where the text has them', () => {
    expect(idsInside('to x1234567890')).to.deep.equal([{ id: '1234567890', index: 4 }]);
  });

  it('are those that one long expression finds', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', '1', '2', '3', '4', '-', '_', ' ', '.', 'é'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(letters, (text) => {
        const found = text.match(/[A-Za-z0-9_-]{16,}|\d{10,}/g) ?? [];
        expect(idsOf(text)).to.deep.equal(found.filter((word) => /\d/.test(word)));
      }),
      { numRuns: 2000 },
    );
  });
});
