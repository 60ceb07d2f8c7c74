/** The tables of docs/ownership.md say what the code does. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PAGE_FILE, withTables } from '../../docs/generate/ownership-table.js';

describe('docs/ownership.md', () => {
  it('has the tables that the code gives (else: npx tsx docs/generate/ownership-table.ts)', () => {
    const page = readFileSync(PAGE_FILE, 'utf8');
    expect(page).to.equal(withTables(page));
  });

  it('cannot lose its tables unnoticed', () => {
    expect(() => withTables('# a page without markers')).to.throw('must hold the lines');
  });
});
