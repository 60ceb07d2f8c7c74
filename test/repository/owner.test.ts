/** The owner on GitHub is changed in one place; the command writes the others, and this test finds one that was missed. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { OTHERS, spreadOwner } from '../../scripts/owner.mjs';

const REPOSITORY = resolve(__dirname, '..', '..');

describe("the repository's owner", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'owner-'));
    for (const file of OTHERS) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      cpSync(join(REPOSITORY, file), join(folder, file));
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const text = (file: string): string => readFileSync(join(folder, file), 'utf8');

  it('is the same in every file', () => {
    expect(spreadOwner(REPOSITORY, true)).to.deep.equal([]);
  });

  it('is written everywhere from "repository" of package.json', () => {
    const url = /"url": "git\+https:\/\/github\.com\/[\w-]+\//;
    writeFileSync(
      join(folder, 'package.json'),
      text('package.json').replace(url, '"url": "git+https://github.com/acme-bots/'),
    );
    expect(spreadOwner(folder, true)).to.deep.equal(OTHERS);
    spreadOwner(folder, false);
    expect(spreadOwner(folder, true)).to.deep.equal([]);
    expect(text('.github/CODEOWNERS')).to.match(/^\* @acme-bots$/m);
    expect(text('.github/ISSUE_TEMPLATE/config.yml'))
      .to.include('github.com/acme-bots/')
      .and.to.include('acme-bots.github.io/');
    const { bugs, homepage } = JSON.parse(text('package.json')) as { bugs: { url: string }; homepage: string };
    expect(bugs.url).to.include('/acme-bots/');
    expect(homepage).to.include('//acme-bots.github.io/');
  });
});
