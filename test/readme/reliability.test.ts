/** The examples of docs/reliability.md compile as they stand, and the tests that the page names are there. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { codeBlocksOf, examplesOf, paper, REPOSITORY } from './readme-examples.js';

const COMPILING_LIMIT_MS = 60_000;
const PAGE = paper('docs/reliability.md');
const examples = examplesOf(PAGE);

const AROUND = `
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
declare const connection: Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret'>;
`;

describe('the page about what is promised', () => {
  it('names tests that are there', () => {
    const named = [...PAGE.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(named.length).to.be.above(5);
    for (const file of named) expect(existsSync(join(REPOSITORY, file)), file).to.equal(true);
  });

  it('has examples that compile as strictly as the package itself', async () => {
    expect(codeBlocksOf(PAGE)).to.equal(examples.size).and.equal(2);
    const folder = await mkdtemp(join(tmpdir(), 'reliability-'));
    try {
      await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
      const settings = {
        extends: join(REPOSITORY, 'tsconfig.json'),
        compilerOptions: { noEmit: true },
        include: ['*.ts'],
      };
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
      for (const [name, code] of examples) {
        await writeFile(join(folder, `${name}.ts`), `${AROUND}${code}\nexport { handover };`);
      }
      const compiler = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
      const said = await promisify(execFile)(process.execPath, [compiler, '-p', folder], { cwd: folder }).then(
        () => '',
        (failed: unknown) => (failed as { readonly stdout: string }).stdout,
      );
      expect(said.split('\n').filter((line) => /^[\w-]+\.ts\(/.test(line))).to.deep.equal([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }).timeout(COMPILING_LIMIT_MS);
});
