import { expect } from 'chai';
import fc from 'fast-check';
import { boundMetadata } from '../../src/graph/bound-metadata.js';

describe('metadata for thread control', () => {
  it('stays as it is up to 1000 characters, byte for byte', () => {
    const spaced = `{ "id": "h-1",  "reason": "${'r'.repeat(900)}" }`;
    expect(boundMetadata(spaced)).to.equal(spaced);
    expect(boundMetadata('x'.repeat(1000))).to.equal('x'.repeat(1000));
  });

  it('is cut at 1000 characters where it is plain text', () => {
    expect(boundMetadata('x'.repeat(1001))).to.equal('x'.repeat(1000));
  });

  it('is not cut through an emoji', () => {
    expect(boundMetadata(`${'x'.repeat(999)}\u{1F600}y`)).to.equal('x'.repeat(999));
    expect(boundMetadata(`${'x'.repeat(998)}\u{1F600}y`)).to.equal(`${'x'.repeat(998)}\u{1F600}`);
  });

  it('keeps the handover id of a JSON object whose reason is too long', () => {
    const id = '0123456789abcdef0123456789abcdef';
    const short = JSON.parse(boundMetadata(JSON.stringify({ id, reason: 'why '.repeat(500) })));
    expect(short.id).to.equal(id);
    expect(short.reason)
      .to.match(/^why why /)
      .and.have.length.above(800);
  });

  it('keeps all digits of a long number where it is shortened', () => {
    const given = `{"order":24012345678901237,"n":7,"reason":"${'x'.repeat(1200)}"}`;
    const object = JSON.parse(boundMetadata(given)) as object;
    expect(object).to.include({ order: '24012345678901237', n: 7 });
  });

  it('leaves out a long member that is not a string', () => {
    expect(boundMetadata(JSON.stringify({ id: 'h-1', list: Array(600).fill(1) }))).to.equal('{"id":"h-1"}');
  });

  it('is never too long, never half a character, and an object stays an object', () => {
    const anyObject = fc.dictionary(
      fc.string(),
      fc.oneof(fc.string({ unit: 'binary', maxLength: 2000 }), fc.jsonValue()),
      { maxKeys: 12 },
    );
    const text = fc.oneof(
      anyObject.map((object) => JSON.stringify(object)),
      fc.string({ unit: 'binary', maxLength: 3000 }),
    );
    fc.assert(
      fc.property(text, (metadata) => {
        const bounded = boundMetadata(metadata);
        expect(bounded.length).to.be.at.most(1000);
        expect((bounded as any).isWellFormed()).to.equal(true);
        if (metadata.length > 1000 && isObject(metadata)) expect(isObject(bounded)).to.equal(true);
      }),
      { numRuns: 300 },
    );
  });
});

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
