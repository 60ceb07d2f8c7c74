/**
 * docs/options.md has a row for every option of every public type, and none for what is no option.
 *
 * Whoever adds an option to a type adds its row to the table below `<!-- options: NameOfTheType -->`.
 */
import { join } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { paper, REPOSITORY } from './readme-examples.js';
import { programOf } from './type-checker.js';

const COMPILING_LIMIT_MS = 120_000;
const REQUIRED = '**required**';
const COLUMNS = ['option', 'unit', 'default', 'meaning and interaction'];
/** Types that hold options without saying so in their name. */
const NESTED = [
  'HandoverTexts',
  'HandoverTimers',
  'LoopBreaker',
  'ReclaimWords',
  'Satisfaction',
  'HandoverRequest',
  'BodyEncryption',
];
/** The pretend platform's are in docs/simulator.md, those of a bot without a framework in docs/without-a-framework.md. */
const ELSEWHERE = ['./simulator', './messenger', './package.json'];

interface Row {
  readonly option: string;
  readonly unit: string;
  readonly default: string;
  readonly meaning: string;
}

const tables = tablesOf(paper('docs/options.md'));

describe('docs/options.md', function () {
  this.timeout(COMPILING_LIMIT_MS);
  let types: ReadonlyMap<string, ReadonlyMap<string, { readonly required: boolean }>>;

  before(() => {
    types = publicTypes();
  });

  it('has a table for every type of options that the package exports, and for no other', () => {
    const named = [...types.keys()].filter(
      (name) => name.endsWith('Options') || tables.has(name) || NESTED.includes(name),
    );
    expect([...tables.keys()].sort()).to.deep.equal(named.sort());
  });

  for (const [name, rows] of tables) {
    it(`${name}: one row for each option, in any order`, () => {
      const hint = `Add or remove rows under <!-- options: ${name} --> in docs/options.md.`;
      const members = [...(types.get(name)?.keys() ?? [])];
      expect(rows.map(({ option }) => option).sort(), hint).to.deep.equal(members.sort());
    });

    it(`${name}: says what is required, and the unit of every duration`, () => {
      for (const row of rows) {
        const required = types.get(name)?.get(row.option)?.required ?? false;
        // Every text has a default, whatever the type of the whole says.
        if (name !== 'HandoverTexts') expect(row.default === REQUIRED, row.option).to.equal(required);
        if (row.option.endsWith('Ms')) expect(row.unit, row.option).to.equal('ms');
        if (row.option.endsWith('Bytes')) expect(row.unit, row.option).to.equal('bytes');
        expect(row.default, row.option).not.to.equal('');
        expect(row.unit, row.option).not.to.equal('');
      }
    });
  }
});

/** The tables of the page, by the type that the comment above each names. */
function tablesOf(page: string): ReadonlyMap<string, readonly Row[]> {
  const found = new Map<string, readonly Row[]>();
  const lines = page.split('\n');
  lines.forEach((line, at) => {
    const [, name] = /^<!-- options: (\w+) -->$/.exec(line) ?? [];
    if (name === undefined) return;
    if (found.has(name)) throw new Error(`docs/options.md has two tables of ${name}.`);
    const start = lines.findIndex((each, index) => index > at && each.startsWith('|'));
    const end = lines.findIndex((each, index) => index > start && !each.startsWith('|'));
    const [head, , ...rows] = lines.slice(start, end < 0 ? undefined : end).map(cellsOf);
    expect(head, name).to.deep.equal(COLUMNS);
    found.set(
      name,
      rows.map(([option = '', unit = '', byDefault = '', meaning = '']) => ({
        option: option.replaceAll('`', ''),
        unit,
        default: byDefault,
        meaning,
      })),
    );
  });
  return found;
}

function cellsOf(line: string): string[] {
  return line
    .replaceAll('\\|', '\u0000')
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\u0000', '|'));
}

/** Every object type that the package's entries export, with its members, those of the types it extends included. */
function publicTypes(): ReadonlyMap<string, ReadonlyMap<string, { readonly required: boolean }>> {
  const { exports: entries } = JSON.parse(paper('package.json')) as {
    readonly exports: Readonly<Record<string, { readonly default: string }>>;
  };
  const files = Object.entries(entries)
    .filter(([path]) => !ELSEWHERE.includes(path))
    .map(([, entry]) => join(REPOSITORY, entry.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')));
  const program = programOf(new Map(), files);
  const checker = program.getTypeChecker();
  const found = new Map<string, ReadonlyMap<string, { readonly required: boolean }>>();
  for (const file of files) {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!module) throw new Error(`${file} is no module.`);
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      if (!(symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias))) continue;
      const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol));
      const byName = members.map(
        (member) => [member.name, { required: !(member.flags & ts.SymbolFlags.Optional) }] as const,
      );
      found.set(exported.name, new Map(byName));
    }
  }
  return found;
}
