/** What VCC Live gets with a thread. */
import { expect } from 'chai';
import fc from 'fast-check';
import { handoverMetadata, redactedMetadata, withExtras } from '../../src/handover/metadata.js';

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

describe('redactedMetadata', () => {
  const shout = (text: string): string => text.toUpperCase();
  const none: ReadonlySet<string> = new Set();

  it('redacts every text, at any depth, and nothing else', async () => {
    const given = { reason: 'x', n: 7, yes: true, list: ['a', { deep: 'b' }], none: null };
    expect(await redactedMetadata(given, shout, none)).to.deep.equal({
      reason: 'X',
      n: 7,
      yes: true,
      list: ['A', { deep: 'B' }],
      none: null,
    });
    expect(await redactedMetadata('abc', shout, none)).to.equal('ABC');
    expect(await redactedMetadata(undefined, shout, none)).to.equal(undefined);
  });

  it('never touches the handover id, nor the ids of the thread', async () => {
    const given = { handoverId: 'mine', customer: 'psid', says: 'psid is it' };
    expect(await redactedMetadata(given, shout, new Set(['psid']))).to.deep.equal({
      handoverId: 'mine',
      customer: 'psid',
      says: 'PSID IS IT',
    });
    expect(await redactedMetadata('psid', shout, new Set(['psid']))).to.equal('psid');
  });

  it('keeps JSON that the bot wrote itself JSON, and as it is where nothing is found', async () => {
    const masking = (text: string): string => text.replace(/\d+/g, '"#"');
    expect(await redactedMetadata('{"handoverId": "1","a":"22","n":33}', masking, none)).to.equal(
      '{"handoverId":"1","a":"\\"#\\"","n":33}',
    );
    expect(await redactedMetadata('{ "a" : "b" }', masking, none)).to.equal('{ "a" : "b" }');
    expect(await redactedMetadata('{ 22', masking, none)).to.equal('{ "#"');
  });

  it('leaves out what JSON cannot write, and keeps the rest', async () => {
    const circle: Record<string, unknown> = { reason: 'x', big: 1n };
    circle['self'] = circle;
    expect(await redactedMetadata(circle, shout, none)).to.deep.equal({ reason: 'X' });
  });
});

describe('withExtras', () => {
  const metadata = (given: object | undefined, extras: object): Record<string, any> => {
    const text = handoverMetadata(ID, withExtras(given, extras));
    expect(text.length).to.be.at.most(1000);
    return JSON.parse(text);
  };

  it('puts the summary and the transcript behind what the bot gives', () => {
    const text = handoverMetadata(
      ID,
      withExtras({ reason: 'x' }, { summary: 's', transcript: ['customer: a', 'bot: b'] }),
    );
    expect(text).to.equal(`{"reason":"x","summary":"s","transcript":"customer: a\\nbot: b","handoverId":"${ID}"}`);
    expect(withExtras(undefined, {})).to.equal(undefined);
    expect(withExtras(undefined, { summary: '', transcript: [] })).to.equal(undefined);
  });

  it('keeps members of these names that the bot gives itself', () => {
    const given = { summary: 'mine', transcript: 7 };
    expect(metadata(given, { summary: 's', transcript: ['t'] })).to.include(given);
  });

  it('cuts the summary before a reason, and leaves no room unused', () => {
    const reason = 'r'.repeat(800);
    const cut = metadata({ reason }, { summary: 'é'.repeat(900) });
    expect(cut).to.include({ reason, handoverId: ID });
    expect(JSON.stringify(cut)).to.have.length(1000);
    expect(metadata({ reason: 'r'.repeat(2000) }, { summary: 's' })).to.not.have.property('summary');
  });

  it('takes the last lines of a transcript that fit', () => {
    const transcript = Array.from({ length: 100 }, (_, index) => `customer: line ${index}`);
    const lines = (metadata({ reason: 'r' }, { transcript })['transcript'] as string).split('\n');
    expect(lines.at(-1)).to.equal('customer: line 99');
    expect(lines).to.deep.equal(transcript.slice(-lines.length));
    expect(lines.length).to.be.greaterThan(30);
    expect(metadata({}, { transcript: ['x', `customer: ${'y'.repeat(3000)}`] })['transcript']).to.match(
      /^customer: y+$/,
    );
  });

  it('is at most 1000 characters with all of the reason and the id, and cuts no character in two', () => {
    const text = fc.string({ unit: 'binary', maxLength: 1500 });
    fc.assert(
      fc.property(
        text,
        fc.array(text, { maxLength: 5 }),
        fc.string({ maxLength: 100 }),
        (summary, transcript, reason) => {
          const made = metadata({ reason }, { summary, transcript });
          expect(made).to.include({ reason, handoverId: ID });
          if (made['summary'] !== undefined) expect(summary.startsWith(made['summary'])).to.equal(true);
          expect(JSON.stringify(made)).to.not.match(/\\ud[89ab]/);
        },
      ),
    );
  });
});
