/** The lowest Node: told in one line, by the package and by the command, before anything that needs a newer one is loaded. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LOWEST_NODE, nodeTooOld } from '../../src/thread/node-version.js';
import { Program, REPOSITORY } from '../cli/child-process.js';

const LINE = `botbuilder-handover-vcclive needs Node ${LOWEST_NODE} or later, and this is Node 18.19.0. Install a newer Node.`;

describe('The lowest Node', () => {
  const VERSIONS: readonly (readonly [version: string, isTooOld: boolean])[] = [
    ['20.18.1', false],
    ['20.18.0', true],
    ['20.18.10', false],
    ['20.19.0', false],
    ['20.9.9', true],
    ['22.0.0', false],
    ['24.1.0-nightly', false],
    ['18.20.8', true],
    ['9.11.2', true],
    ['100.0.0', false],
  ];
  for (const [version, isTooOld] of VERSIONS) {
    it(`${isTooOld ? 'is above' : 'allows'} ${version}`, () => {
      expect(nodeTooOld(version) !== undefined).to.equal(isTooOld);
    });
  }

  it('is that of package.json', () => {
    const { engines } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8'));
    expect(engines.node).to.equal(`>=${LOWEST_NODE}`);
  });

  describe('on an older one', function () {
    this.timeout(60_000);
    let folder: string;
    let old: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'old-node-'));
      old = join(folder, 'old.cjs');
      // What Node 18 lacks is taken away, too: undici would fail with it.
      const lines = [
        "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.19.0' } });",
        'delete globalThis.File;',
        "const load = require('node:module')._load;",
        "require('node:module')._load = (name, ...how) => {",
        "  if (name === 'undici' || name === 'axios') throw new ReferenceError('File is not defined');",
        '  return load(name, ...how);',
        '};',
      ];
      await writeFile(old, lines.join('\n'));
    });
    after(() => rm(folder, { recursive: true, force: true }));
    const run = async (file: string): Promise<readonly [number | null, string]> => {
      const program = new Program(file, ['doctor'], {}, ['-r', 'tsx/cjs', '-r', old]);
      return [await program.ended, program.printed];
    };

    it('the command says so in one line and ends with 2', async () => {
      expect(await run('src/cli/index.ts')).to.deep.equal([2, `${LINE}\n`]);
    });

    for (const entry of ['src/index.ts', 'src/botbuilder/facebook-adapter.ts', 'src/botbuilder/botkit.ts']) {
      it(`${entry} throws that line`, async () => {
        const [code, printed] = await run(entry);
        expect(code).to.equal(1);
        expect(printed).to.include(`Error: ${LINE}`).and.not.include('File is not defined');
      });
    }
  });
});
