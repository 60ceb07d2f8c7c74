/** A bot with the stock adapter and one with this package, under the same schedule; docs/comparison.md says what is seen. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { BOTS, comparisonTable, PAGE_FILE, withTable } from '../../docs/generate/comparison-table.js';
import { playSchedule, type Row } from './play-schedule.js';

const LIMIT_MS = 90_000;

describe('A bot with the stock adapter, and one with this package', function () {
  this.timeout(LIMIT_MS);
  let stock: readonly Row[];
  let ours: readonly Row[];
  const seen = (rows: readonly Row[], what: RegExp): string => rows.find((row) => what.test(row.what))?.seen ?? '';

  before(async () => {
    [stock, ours] = await Promise.all([playSchedule(BOTS.stock), playSchedule(BOTS.ours)]);
  });

  it('both answer and hand over on a good day', () => {
    for (const rows of [stock, ours]) {
      expect(seen(rows, /^A customer writes/)).to.equal('answers once');
      expect(seen(rows, /asks for an agent/)).to.equal('answers once; VCC Live has the thread');
    }
  });

  it('the first dies of standby, again at the redelivery, of app_roles, and of anybody’s empty object', () => {
    for (const what of [/`standby` alone/, /delivers again/, /app_roles/, /Anybody posts/]) {
      expect(seen(stock, what), String(what)).to.equal('**the process dies**');
    }
  });

  it('the first answers twice what comes twice', () => {
    expect(seen(stock, /twice/)).to.equal('**answers twice**');
  });

  it('the first talks over the agent', () => {
    for (const what of [/somebody else/, /presses a button/, /is lost/]) {
      expect(seen(stock, what), String(what)).to.include('talk over the agent');
    }
  });

  it('the second does none of it', () => {
    for (const { what, seen: did } of ours) expect(did, what).to.not.include('**');
  });

  it('the page says what was seen (else: npx tsx docs/generate/comparison-table.ts)', () => {
    const page = readFileSync(PAGE_FILE, 'utf8');
    expect(page).to.equal(withTable(page, comparisonTable(stock, ours)));
  });

  it('the page cannot lose its table unnoticed', () => {
    expect(() => withTable('# a page without markers', '')).to.throw('must hold the lines');
  });
});
