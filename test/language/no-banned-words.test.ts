/** The lint against the project's private words finds each of them, in code and on pages, and leaves ordinary uses alone. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { ESLint, Linter } from 'eslint';

const REPOSITORY = join(__dirname, '..', '..');
const TIME_LIMIT_MS = 60_000;

/** Line, column and word of each finding. */
type Lint = (file: string, text: string) => string[];

describe('the lint against private words', function () {
  this.timeout(TIME_LIMIT_MS);
  let lint: Lint;

  before(async () => {
    lint = await linter();
  });

  it('finds them in comments, strings, templates and texts of JSX', () => {
    const text = [
      '// The order works off its entries.',
      "log('The call is under way.');",
      'log(`Thread ${label} comes again.`);',
      'const page = <p>The desk answers.</p>;',
    ].join('\n');
    expect(lint('src/a.tsx', text)).to.deep.equal([
      '1:14 works off',
      '2:18 under way',
      '3:22 comes again',
      '4:21 desk',
    ]);
  });

  it('finds two words that a line break of a comment parts', () => {
    expect(lint('src/a.ts', '/**\n * Calls that are under\n * way now.\n */')).to.deep.equal(['2:19 under way']);
    expect(lint('src/a.ts', '// under\n  // way')).to.deep.equal(['1:4 under way']);
  });

  it('does not look at names, at imported files, or at code between backticks', () => {
    const text = ["import { desk } from './desk.js';", '/** Calls `desk.news`. */', 'export const lane = desk.news;'];
    expect(lint('src/a.ts', text.join('\n'))).to.deep.equal([]);
  });

  it('leaves longer words and allowed uses alone', () => {
    const text = '// A newspaper, a placeholder, a desktop, indoors, a help desk, news-letter.';
    expect(lint('src/a.ts', text)).to.deep.equal([]);
    expect(lint('src/a.ts', '// The desk beside the help desk.')).to.deep.equal(['1:8 desk']);
  });

  it('reads the prose of a page, and neither its code blocks nor its inline code', () => {
    const text = '# A page\n\nThe news is\ntold by `desk`.\n\n```ts\nconst news = desk;\n```\n\nA door.\n';
    expect(lint('docs/a.md', text)).to.deep.equal(['3:5 news', '3:10 is told', '10:3 door']);
  });

  it('says what to write instead, for every pattern of the list', async () => {
    const { BANNED_WORDS } = await load<{ BANNED_WORDS: { pattern: string; say: string }[] }>('banned-words.mjs');
    for (const { pattern, say } of BANNED_WORDS) {
      expect(say, pattern).to.match(/^"|^who /);
      expect(() => new RegExp(pattern), pattern).to.not.throw();
    }
  });

  it('runs on the code and the pages of this repository', async () => {
    const eslint = new ESLint({ cwd: REPOSITORY });
    for (const file of ['src/thread/clock.ts', 'bench/settings.ts', 'CONTRIBUTING.md']) {
      const config = (await eslint.calculateConfigForFile(file)) as { rules: Record<string, unknown[]> };
      expect(config.rules['words/no-banned-words']?.[0], file).to.equal(2);
    }
    const [page] = await eslint.lintText('It stands on a door.\n', { filePath: 'CONTRIBUTING.md' });
    expect(page?.messages.map(({ column }) => column)).to.deep.equal([4, 16]);
  });
});

async function linter(): Promise<Lint> {
  const { noBannedWords } = await load<{ noBannedWords: object }>('no-banned-words.mjs');
  const { markdown } = await load<{ markdown: object }>('markdown.mjs');
  const words = { languages: { markdown }, rules: { 'no-banned-words': noBannedWords } };
  const config = [
    { files: ['**/*.{ts,tsx}'], languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } } },
    { files: ['**/*.md'], plugins: { words }, language: 'words/markdown' },
    { files: ['**/*.{ts,tsx,md}'], plugins: { words }, rules: { 'words/no-banned-words': 'error' } },
  ] as Linter.Config[];
  return (file, text) => {
    const lines = text.split('\n');
    return new Linter().verify(text, config, file).map(({ line, column, message, fatal }) => {
      const found = /^"(.*)" is a private word/.exec(message)?.[1];
      if (fatal || found === undefined) throw new Error(`${message}: ${lines[line - 1] ?? ''}`);
      return `${line}:${column} ${found}`;
    });
  };
}

function load<T>(file: string): Promise<T> {
  return import(pathToFileURL(join(REPOSITORY, 'scripts', 'language', file)).href) as Promise<T>;
}
