/** The papers know every option, event, error and reason that the source declares, and none that it does not. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect } from 'chai';
import { literalsOf, membersOf, membersWithin } from './declared-words.js';
import { firstCells, GUIDE, paper, REPOSITORY, tableOf } from './readme-examples.js';

const OPTIONS = 'src/bot/options/handover-options.ts';
const ERRORS = 'src/thread/errors.ts';
const GRAPH_ERRORS = 'src/graph/graph-api-error.ts';
const WORDS = 'src/thread/handover.ts';
const NEWS = 'src/handover/events.ts';

const MOST_WORDS = 25;

const PAPERS = [...GUIDE, 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

describe('the papers', () => {
  describe('README.md', () => {
    const readme = paper('README.md');

    it('names every option of the plugin, and no other', () => {
      const named = tableOf(readme, 'you want', 'option').flatMap(([, option = '']) =>
        [...option.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
      );
      const declared = membersOf(OPTIONS, 'HandoverOptions');
      expect(named.sort()).to.deep.equal(declared.sort());
    });

    it('explains each of its words before it uses the word', () => {
      const words = readme.slice(readme.indexOf('## Words you need'), readme.indexOf('## Use it if'));
      const explained = [...words.matchAll(/\*\*([\w ]+)\*\*/g)].map(([, word = '']) => word);
      expect(explained.length).to.be.greaterThan(10);
      for (const word of explained) {
        const before = readme.slice(0, readme.indexOf(`**${word}**`)).replace(/^#.*$/gm, '');
        expect(before, word).not.to.match(new RegExp(`(?<![-\\w])${word}s?(?![-\\w])`, 'i'));
      }
    });

    it('has no sentence of more than 25 words', () => {
      expect(sentencesOf(readme).filter((sentence) => wordsOf(sentence) > MOST_WORDS)).to.deep.equal([]);
    });

    it('leads to every page of docs/', () => {
      for (const page of PAPERS.filter((name) => name.startsWith('docs/'))) {
        expect(readme.slice(readme.indexOf('## The guide'))).to.include(`(${page})`);
      }
    });
  });

  describe('docs/events-and-results.md', () => {
    const page = paper('docs/events-and-results.md');

    it('has a line for every event, with all that its object has', () => {
      const events = membersOf(NEWS, 'HandoverEventMap');
      expect(firstCells(page, 'event').sort()).to.deep.equal([...events].sort());
      for (const event of events) {
        const line = page.split('\n').find((each) => each.startsWith(`| \`${event}\``)) ?? '';
        for (const name of membersWithin(NEWS, 'HandoverEventMap', event)) {
          if (name !== 'thread') expect(line, event).to.include(`\`${name}\``);
        }
      }
    });

    it('has a line for every field of a result, every outcome and every way', () => {
      expect(firstCells(page, 'field').sort()).to.deep.equal(membersOf(WORDS, 'HandoverResult').sort());
      expect(firstCells(page, 'outcome').sort()).to.deep.equal(literalsOf(WORDS, 'HandoverOutcome').sort());
      expect(firstCells(page, 'via').sort()).to.deep.equal(literalsOf(WORDS, 'HandoverVia').sort());
      for (const reason of literalsOf(WORDS, 'RefusedReason')) expect(page).to.include(`\`${reason}\``);
    });
  });

  describe('docs/errors.md', () => {
    const page = paper('docs/errors.md');

    it('has a line for every code', () => {
      expect(firstCells(page, 'code', 'class').sort()).to.deep.equal(literalsOf(ERRORS, 'HandoverErrorCode').sort());
    });

    it('has a line for every code of a Graph error, and knows every outcome', () => {
      expect(firstCells(page, 'code', '`retryable`').sort()).to.deep.equal(literalsOf(ERRORS, 'GraphErrorCode').sort());
      for (const outcome of literalsOf(GRAPH_ERRORS, 'GraphOutcome')) expect(page).to.include(`\`${outcome}\``);
    });

    it('has a line for every reason to refuse, to hold back and to ignore', () => {
      const after = (heading: string): string => page.slice(page.indexOf(heading));
      expect(firstCells(after('## Reasons of refusals'), 'reason').sort()).to.deep.equal(
        literalsOf(WORDS, 'RefusedReason').sort(),
      );
      expect(firstCells(after('## Reasons of `suppressed`'), 'reason').sort()).to.deep.equal(
        literalsOf(NEWS, 'SuppressedReason').sort(),
      );
      expect(firstCells(after('## Reasons of `ignored`'), 'reason').sort()).to.deep.equal(
        literalsOf(NEWS, 'IgnoredReason').sort(),
      );
    });
  });

  for (const name of PAPERS) {
    it(`${name} links only to what is there`, () => {
      const page = paper(name);
      const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
      for (const link of links.filter((each) => !/^https?:/.test(each))) {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? name : normalize(join(dirname(name), file));
        expect(existsSync(join(REPOSITORY, target)), `${name} → ${link}`).to.equal(true);
        if (anchor !== undefined) expect(anchorsOf(paper(target)), `${name} → ${link}`).to.include(anchor);
      }
    });
  }

  it('ARCHITECTURE.md and CONTRIBUTING.md name only files that are there', () => {
    const files = readdirSync(REPOSITORY, { recursive: true, encoding: 'utf8' })
      .filter((file) => /^((src|test|scripts|samples|bench|docs|\.github|\.vscode)\b|[^/\\]+$)/.test(file))
      .map((file) => `/${file.replaceAll('\\', '/')}`);
    const named = [
      ...`${paper('ARCHITECTURE.md')}${paper('CONTRIBUTING.md')}`.matchAll(/`([\w./-]+\.(?:ts|mjs|md))`/g),
    ];
    expect(named.length).to.be.greaterThan(50);
    for (const [, name = ''] of named) {
      expect(
        files.some((file) => file.endsWith(`/${name}`)),
        name,
      ).to.equal(true);
    }
  });

  it('CONTRIBUTING.md and README.md name only scripts that package.json has', () => {
    const { scripts } = JSON.parse(paper('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...`${paper('CONTRIBUTING.md')}${paper('README.md')}`.matchAll(/npm run ([\w:-]+)/g)];
    expect(named.length).to.be.greaterThan(3);
    for (const [, script = ''] of named) expect(Object.keys(scripts)).to.include(script);
  });
});

/** The sentences of a page's prose: no code blocks, no HTML, the words of a link without its address. */
function sentencesOf(page: string): string[] {
  const prose = page
    .replaceAll(/```[\s\S]*?```/g, '\n\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
  const blocks = prose.split(/\n\s*\n|\n(?=\s*(?:[-#]|\d+\.) )|\|/);
  return blocks.flatMap((block) => block.replaceAll(/\s+/g, ' ').split(/(?<=[.!?:;])\s+/));
}

function wordsOf(sentence: string): number {
  return sentence.split(' ').filter((word) => /\w/.test(word)).length;
}

/** The anchors that a page's headings have on GitHub. */
function anchorsOf(page: string): string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replace(/\s/g, '-'),
  );
}
