/** What keeps a release from being made, and the notes that it takes from the changelog. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { notesOf, obstacles } from '../../scripts/release.mjs';

const REPOSITORY = resolve(__dirname, '..', '..');
const CHANGELOG =
  '# Changelog\n\n## 1.1.0\n\n### Minor Changes\n\n- A thing.\n\n## 1.0.0\n\n- The first.\n\n## Versions\n\nWords.\n';

const READY = {
  manifest: { version: '1.1.0', repository: { url: 'git+https://github.com/somebody/a-bot.git' } },
  lock: { version: '1.1.0' },
  changelog: CHANGELOG,
  waiting: [],
  tag: 'v1.1.0',
  repository: 'somebody/a-bot',
};

describe('a release', () => {
  it('is made if version, tag, notes and repository fit', () => {
    expect(obstacles(READY)).to.deep.equal([]);
  });

  for (const [what, changed, sentence] of [
    ['has another version than its tag', { tag: 'v1.2.0' }, 'the tag is v1.2.0'],
    ['has no notes', { changelog: '# Changelog\n\n## 1.0.0\n\n- The first.\n' }, 'no section "## 1.1.0"'],
    ['has changes that no changelog has', { waiting: ['brave-cat.md'] }, 'brave-cat.md'],
    ['has another version in the lockfile', { lock: { version: '1.0.0' } }, 'package-lock.json says 1.0.0'],
    ['is made in a fork', { repository: 'else/a-bot' }, 'this is else/a-bot'],
  ] as const) {
    it(`is not made if it ${what}`, () => {
      const [found = '', ...others] = obstacles({ ...READY, ...changed });
      expect(found).to.include(sentence);
      expect(others).to.deep.equal([]);
    });
  }

  it('gets the notes of its own version, and not those below', () => {
    expect(notesOf(CHANGELOG, '1.1.0')).to.equal('### Minor Changes\n\n- A thing.');
    expect(notesOf(CHANGELOG, '1.0.0')).to.equal('- The first.');
    expect(notesOf(CHANGELOG, '0.9.0')).to.equal(undefined);
  });

  it('is ready here, up to the tag', () => {
    const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8');
    const manifest = JSON.parse(read('package.json')) as typeof READY.manifest;
    expect(notesOf(read('CHANGELOG.md'), manifest.version)).to.be.a('string');
  });
});
