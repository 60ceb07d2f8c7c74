/** Every example of README and docs/ runs as a program and answers a customer's message over HTTP, or says why it does not. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NotRun, Run } from './example-programs.js';
import { EXAMPLES } from './example-programs.js';
import { codeBlocksOf, examplesOf, GUIDE, paper, REPOSITORY } from './readme-examples.js';
import { Programs } from './run-program.js';

const BUILDING_LIMIT_MS = 60_000;
const PROGRAM_LIMIT_MS = 30_000;
const PSID = '6600112233445566';

const printed = new Map<string, string>(
  GUIDE.flatMap((page) => [...examplesOf(paper(page))].map(([name, code]) => [`${page}#${name}`, code] as const)),
);

describe('the examples of the guide', () => {
  let programs: Programs;

  before(async function () {
    this.timeout(BUILDING_LIMIT_MS);
    const sources = runs().map(([id, { program }]) => [fileOf(id), program(printed.get(id) ?? '')] as const);
    programs = await Programs.from(new Map(sources));
  });
  after(() => programs.remove());

  it('are marked, all of them', () => {
    for (const page of GUIDE) expect(codeBlocksOf(paper(page)), page).to.equal(examplesOf(paper(page)).size);
  });

  it('have a line each in the table of programs, and the table has no other', () => {
    expect(Object.keys(EXAMPLES).sort()).to.deep.equal([...printed.keys()].sort());
  });

  it('are tried by a test that reads their page, if they are no programs', () => {
    for (const [id, { triedBy }] of notRun()) {
      const file = join(REPOSITORY, triedBy);
      expect(existsSync(file), triedBy).to.equal(true);
      const [page = ''] = id.split('#');
      expect(
        page === 'docs/scale.md' || readFileSync(file, 'utf8').includes(page),
        `${triedBy} reads ${page}`,
      ).to.equal(true);
    }
  });

  for (const [id, { says = 'Hello', hears = new RegExp(`^You said: ${says}$`) }] of runs()) {
    it(`${id} answers a customer`, async () => {
      const { simulator, bot, end } = await programs.start(fileOf(id));
      try {
        const customer = simulator.customer(PSID);
        await customer.says(says);
        expect((await customer.expects.answer(hears)).text).to.match(hears);
        await simulator.expects.noRefusedSends();
      } catch (error) {
        throw new Error(`${String(error)}\nThe program printed:\n${bot.printed}`, { cause: error });
      } finally {
        await end();
      }
    }).timeout(PROGRAM_LIMIT_MS);
  }
});

function runs(): (readonly [string, Run])[] {
  return Object.entries(EXAMPLES).flatMap(([id, how]) => ('program' in how ? [[id, how] as const] : []));
}

function notRun(): (readonly [string, NotRun])[] {
  return Object.entries(EXAMPLES).flatMap(([id, how]) => ('program' in how ? [] : [[id, how] as const]));
}

/** The name of an example's file. */
function fileOf(id: string): string {
  return id.replaceAll(/[^\w]/g, '-');
}
