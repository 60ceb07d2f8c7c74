/** What VCC Live gets with a thread. */
import { expect } from 'chai';
import fc from 'fast-check';
import { handoverMetadata } from '../../src/handover/metadata.js';

const ID = '0123456789abcdef0123456789abcdef';

describe('handoverMetadata', () => {
  it('is the id alone where the bot gives nothing', () => {
    expect(JSON.parse(handoverMetadata(ID, undefined))).to.deep.equal({ handoverId: ID });
  });

  it('adds the id to an object, unless the bot has put one of its own there', () => {
    expect(JSON.parse(handoverMetadata(ID, { reason: 'x' }))).to.deep.equal({ reason: 'x', handoverId: ID });
    expect(JSON.parse(handoverMetadata(ID, { handoverId: 'mine' }))).to.deep.equal({ handoverId: 'mine' });
  });

  it('leaves a text as it is', () => {
    expect(handoverMetadata(ID, 'sales')).to.equal('sales');
    expect(handoverMetadata(ID, '')).to.equal('');
  });

  it('is at most 1000 characters; an object stays JSON with its id, and no character is cut in two', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme', maxLength: 3000 }),
          fc.dictionary(fc.string(), fc.string({ unit: 'grapheme', maxLength: 2000 })),
        ),
        (given) => {
          const metadata = handoverMetadata(ID, given);
          expect(metadata.length).to.be.at.most(1000);
          // A lone half of a pair does not survive UTF-8.
          expect(Buffer.from(metadata, 'utf8').toString('utf8')).to.equal(metadata);
          if (typeof given !== 'string') expect(JSON.parse(metadata)).to.be.an('object');
        },
      ),
    );
    expect(JSON.parse(handoverMetadata(ID, { words: 'é'.repeat(5000) }))).to.include({ handoverId: ID });
  });

  it('is refused by nothing that JSON cannot write', () => {
    const circle: Record<string, unknown> = { reason: 'x' };
    circle['self'] = circle;
    for (const given of [circle, { big: 1n }, { when: new Date(NaN) }, { f: () => undefined }, [1, 2]]) {
      expect(JSON.parse(handoverMetadata(ID, given))).to.include({ handoverId: ID });
    }
  });
});
