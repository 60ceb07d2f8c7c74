/** The tables of docs/decisions.md say what the code decides. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PAGE_FILE, withTables } from '../../docs/generate/decisions-table.js';

describe('docs/decisions.md', () => {
  it('has the tables that the code gives (else: npx tsx docs/generate/decisions-table.ts)', () => {
    const page = readFileSync(PAGE_FILE, 'utf8');
    expect(page).to.equal(withTables(page));
  });

  it('cannot lose its tables unnoticed', () => {
    expect(() => withTables('# a page without markers')).to.throw('must hold the lines');
  });
});
