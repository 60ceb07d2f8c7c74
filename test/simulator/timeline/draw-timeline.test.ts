/** The drawing of a thread: the same data, the same picture; and whatever somebody wrote stays in its box. */
import { expect } from 'chai';
import fc from 'fast-check';
import { timelineSvg } from '../../../src/simulator/timeline/draw-timeline.js';
import { disagreements, spansOf, type OwnerSpan } from '../../../src/simulator/timeline/owner-columns.js';
import type { ThreadTimeline, TimelineMoment } from '../../../src/simulator/timeline/thread-timeline.js';
import { wrapped } from '../../../src/simulator/timeline/wrap-text.js';

const BEGAN_MS = Date.UTC(2026, 10, 22, 9);
const moment = (afterMs: number, rest: Omit<TimelineMoment, 'atMs'>): TimelineMoment => ({
  atMs: BEGAN_MS + afterMs,
  ...rest,
});
const timelineOf = (moments: readonly TimelineMoment[]): ThreadTimeline => ({
  title: 'Thread of Kata',
  truthLabel: 'Real owner',
  beliefLabel: 'Owner as the bot believes',
  moments,
  notes: [],
});
const hello = moment(0, { who: 'customer', kind: 'said', text: '“Hello”' });

describe('the drawing of a thread', () => {
  for (const [what, drawn, words] of [
    ['what a customer says', hello, 'Customer: “Hello”'],
    ['what an agent says', moment(0, { who: 'agent', kind: 'said', text: '“Hi”' }), 'Agent: “Hi”'],
    [
      'what somebody in the Page inbox says',
      moment(0, { who: 'inbox', kind: 'said', text: '“Hi”' }),
      'Page inbox: “Hi”',
    ],
    [
      'what was held back',
      moment(0, { who: 'bot', kind: 'suppressed', text: '“Yes”' }),
      'Held back by the plugin: “Yes”',
    ],
    ['what Meta refused', moment(0, { who: 'meta', kind: 'refused', text: '“Yes”' }), 'Refused by Meta: “Yes”'],
    [
      'a change of the real owner',
      moment(0, { who: 'meta', kind: 'truth', owner: 'vccLive', text: 'passed' }),
      '▸ Owner is VCC Live (passed)',
    ],
    [
      'what the bot learns',
      moment(0, { who: 'bot', kind: 'belief', owner: 'other', text: '' }),
      '▸ The bot believes: another app',
    ],
    ['an event', moment(0, { who: 'bot', kind: 'event', text: 'Handover begins' }), 'Handover begins'],
  ] as const) {
    it(`says ${what} in words, in the picture and for readers who cannot see it`, () => {
      const svg = timelineSvg(timelineOf([drawn]));
      expect(textsOf(svg)).to.include(words);
      expect(descriptionOf(svg)).to.include(`+0.000 s ${words}.`);
    });
  }

  for (const [ms, shown] of [
    [0, '+0.000 s'],
    [12_345, '+12.345 s'],
    [59_999, '+59.999 s'],
    [60_001, '+1:00.001'],
    [242_500, '+4:02.500'],
    [90_000_000, '+25:00:00'],
  ] as const) {
    it(`gives ${ms} ms after the first moment as ${shown}`, () => {
      expect(textsOf(timelineSvg(timelineOf([hello, { ...hello, atMs: BEGAN_MS + ms }])))).to.include(shown);
    });
  }

  it('names its beginning', () => {
    expect(textsOf(timelineSvg(timelineOf([hello])))).to.include.members(['2026-11-22', '09:00:00 UTC']);
  });

  it('draws a long pause, and no short one', () => {
    const after = (ms: number): string[] =>
      textsOf(timelineSvg(timelineOf([hello, { ...hello, atMs: BEGAN_MS + ms }])));
    expect(after(59_000).filter((text) => text.startsWith('⋮'))).to.deep.equal([]);
    expect(after(60_000)).to.include('⋮ a minute later');
    expect(after(25 * 60 * 60_000)).to.include('⋮ 25 hours later');
  });

  it('hatches the time in which the bot was wrong, and no other', () => {
    const taken = moment(10, { who: 'meta', kind: 'truth', owner: 'vccLive', text: 'taken' });
    const learned = moment(30, { who: 'bot', kind: 'belief', owner: 'vccLive', text: '' });
    const wrong = hatchedIn(timelineSvg(timelineOf([hello, taken, moment(20, hello), learned])));
    expect(wrong).to.have.length(1);
    const [at = { y: 0, height: 0 }] = wrong;
    expect(at.height).to.be.greaterThan(20);
    expect(hatchedIn(timelineSvg(timelineOf([hello])))).to.deep.equal([]);
    // Idle is the bot's side: it may speak there.
    const idle = moment(10, { who: 'meta', kind: 'truth', owner: 'idle', text: 'released' });
    expect(hatchedIn(timelineSvg(timelineOf([hello, idle])))).to.deep.equal([]);
  });

  it('leaves the second column out if nobody can say what the bot believed', () => {
    const { title, truthLabel, moments } = timelineOf([hello]);
    const svg = timelineSvg({ title, truthLabel, moments, notes: ['The bot runs elsewhere.'] });
    expect(textsOf(svg)).to.include('The bot runs elsewhere.').and.not.include('Owner as the bot believes');
    expect(svg).not.to.include('class="tt-bot"');
  });

  it('says that nothing has happened yet', () => {
    expect(textsOf(timelineSvg(timelineOf([])))).to.include('Nothing has happened yet.');
  });

  it('drops the earliest of very many moments, and says so', () => {
    const many = Array.from({ length: 405 }, (_, index) =>
      moment(index, { who: 'bot', kind: 'event', text: `no. ${index}` }),
    );
    const texts = textsOf(timelineSvg(timelineOf(many)));
    expect(texts).to.include('5 earlier moments are left out.').and.include('no. 404').and.not.include('no. 4');
  });

  it('follows the choice of light or dark', () => {
    expect(timelineSvg(timelineOf([hello]))).to.include('@media (prefers-color-scheme:dark)');
  });

  for (const [wanted, width] of [
    [0, 300],
    [390, 390],
    [1e9, 2000],
  ] as const) {
    it(`is ${width} pixels wide if ${wanted} are asked for, and no box leaves it`, () => {
      const long = { ...hello, text: `“${'a word and a verylongwordthatnothingcanbreak '.repeat(5)}”` };
      const svg = timelineSvg(timelineOf([long]), { width: wanted });
      expect(svg).to.include(`viewBox="0 0 ${width} `);
      for (const [, x = '', boxWidth = ''] of svg.matchAll(/<rect[^>]* x="([\d.]+)"[^>]* width="([\d.]+)"/g)) {
        expect(Number(x) + Number(boxWidth)).to.be.at.most(width);
      }
    });
  }

  it('stays well-formed whatever was said, and nothing in it acts on the page', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (said) => {
        const svg = timelineSvg({ ...timelineOf([{ ...hello, text: said }]), title: said });
        expect(tagsOf(svg)).to.deep.equal(tagsOf(timelineSvg({ ...timelineOf([hello]), title: 'x' })));
        // What XML does not allow.
        expect(svg).not.to.match(/(?!\n)[\p{Cc}\p{Cs}\ufffe\uffff]/u);
      }),
    );
    const svg = timelineSvg(timelineOf([{ ...hello, text: '</text><script>alert(1)</script>' }]));
    expect(svg).not.to.include('<script');
  });
});

describe('the column of an owner', () => {
  it('has a span for each owner, and none for a change to the same one', () => {
    const changes = [
      { owner: 'bot', y: 10 },
      { owner: 'bot', y: 20 },
      { owner: 'vccLive', y: 30 },
    ] as const;
    expect(spansOf('idle', changes, 0, 50)).to.deep.equal([
      { owner: 'idle', fromY: 0, toY: 10 },
      { owner: 'bot', fromY: 10, toY: 30 },
      { owner: 'vccLive', fromY: 30, toY: 50 },
    ]);
  });

  const span = (owner: OwnerSpan['owner'], fromY: number, toY: number): OwnerSpan => ({ owner, fromY, toY });
  for (const [what, truth, belief, found] of [
    ['equal', [span('bot', 0, 9)], [span('bot', 0, 9)], []],
    ['idle, and the bot does not know', [span('idle', 0, 9)], [span('unknown', 0, 9)], []],
    ['learned late', [span('bot', 0, 3), span('vccLive', 3, 9)], [span('bot', 0, 6), span('vccLive', 6, 9)], [[3, 6]]],
    ['never learned', [span('bot', 0, 3), span('inbox', 3, 9)], [span('bot', 0, 9)], [[3, 9]]],
    ['without a name', [span('inbox', 0, 9)], [span('other', 0, 9)], []],
    [
      'wrong, and then wrong in another way: one stretch',
      [span('vccLive', 0, 9)],
      [span('bot', 0, 4), span('other', 4, 6), span('vccLive', 6, 9)],
      [[0, 6]],
    ],
  ] as const) {
    it(`contradicts the other one: ${what}`, () => {
      expect(disagreements(truth, belief).map(({ fromY, toY }) => [fromY, toY])).to.deep.equal(found);
    });
  }
});

describe('a text in lines', () => {
  for (const [text, characters, lines] of [
    ['', 10, ['']],
    ['one two three', 7, ['one two', 'three']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['a abcdefgh b', 4, ['a', 'abcd', 'efgh', 'b']],
    ['日本語です', 4, ['日本', '語で', 'す']],
    ['a b c d e f', 1, ['a', 'b', 'c', '…']],
  ] as const) {
    it(`"${text}" in lines of ${characters}`, () => {
      expect(wrapped(text, characters, 4)).to.deep.equal(lines);
    });
  }

  it('loses no letter, and no line is longer than it may be', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 80 }), fc.integer({ min: 2, max: 20 }), (text, characters) => {
        const lines = wrapped(text, characters, Infinity);
        expect(lines.join('').replaceAll(' ', '')).to.equal(text.replaceAll(' ', ''));
        for (const line of lines) expect(Array.from(line).length).to.be.at.most(characters);
      }),
    );
  });
});

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = '']) => text);
}

function descriptionOf(svg: string): string {
  return /<desc[^>]*>([^<]*)</.exec(svg)?.[1] ?? '';
}

function hatchedIn(svg: string): { readonly y: number; readonly height: number }[] {
  return [...svg.matchAll(/class="tt-differs"[^>]* y="([\d.]+)"[^>]* height="([\d.]+)"/g)].map(([, y, height]) => ({
    y: Number(y),
    height: Number(height),
  }));
}

/** Names of opened and closed elements, and nothing of what somebody wrote. Lines of one text may be several. */
function tagsOf(svg: string): string[] {
  const names = [...svg.matchAll(/<(\/?[a-zA-Z]+)/g)].map(([, name = '']) => name);
  return [...new Set(names)].sort();
}
