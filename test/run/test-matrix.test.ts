/** `npm run test:matrix`: its page says what it found, and it tries the lowest version that package.json promises. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';

const REPOSITORY = resolve(__dirname, '..', '..');
const LIMIT_MS = 60_000;

interface Axis {
  readonly name: string;
  readonly peer?: string;
  readonly versions: readonly string[];
  readonly steps: readonly { readonly name: string; readonly except?: readonly string[] }[];
}
interface Found {
  readonly exact: string;
  readonly date: string;
  readonly steps: readonly { readonly name: string; readonly passed: boolean; readonly note: string }[];
}
type Results = Readonly<Record<string, Readonly<Record<string, Found>>>>;

const read = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8');
const load = <T>(file: string): Promise<T> => import(pathToFileURL(join(REPOSITORY, 'scripts', 'matrix', file)).href);

describe('npm run test:matrix', function () {
  this.timeout(LIMIT_MS);
  let axes: readonly Axis[];
  let withTables: (page: string, axes: readonly Axis[], results: Results) => string;

  before(async () => {
    ({ AXES: axes } = await load<{ AXES: readonly Axis[] }>('axes.mjs'));
    ({ withTables } = await load<{ withTables: typeof withTables }>('page.mjs'));
  });

  it('has written docs/versions.md', () => {
    const results = JSON.parse(read('docs/generate/versions.json')) as Results;
    expect(withTables(read('docs/versions.md'), axes, results)).to.equal(read('docs/versions.md'));
  });

  it('says of each cell what worked, what failed, what was not reached and what was not tried', () => {
    const [axis] = axes.filter(({ name }) => name === 'node');
    const [first, second] = axis?.versions ?? [];
    const [smoke, build] = axis?.steps ?? [];
    if (!axis || first === undefined || second === undefined || !smoke || !build)
      throw new Error('The axis of Node has changed.');
    const found = {
      [second]: {
        exact: '20.1.2',
        date: '2026-11-29',
        steps: [{ name: smoke.name, passed: false, note: 'ended with 1' }],
      },
    };
    const page = `<!-- begin: node, written by npm run test:matrix --><!-- end: node -->`;
    const lines = withTables(page, [axis], { node: found }).split('\n');
    const rowOf = (name: string): string[] | undefined =>
      lines
        .find((line) => line.startsWith(`| ${name} `))
        ?.split('|')
        .map((cell) => cell.trim())
        .slice(2, 4);
    expect(rowOf(smoke.name)).to.deep.equal(['', 'FAILS: ended with 1']);
    expect(rowOf(build.name)).to.deep.equal(['–', 'not reached']);
    expect(rowOf('tried on')).to.deep.equal(['not yet', '2026-11-29']);
  });

  it('tries the lowest version of every range that it has an axis for', () => {
    const { peerDependencies, engines } = JSON.parse(read('package.json')) as {
      readonly peerDependencies: Readonly<Record<string, string>>;
      readonly engines: { readonly node: string };
    };
    const lowest = (range: string | undefined): string => /\d+\.\d+(?:\.\d+)?/.exec(range ?? '')?.[0] ?? 'none';
    for (const { name, peer, versions } of axes) {
      if (peer !== undefined) expect(lowest(peerDependencies[peer]), name).to.match(new RegExp(`^${versions[0]}\\b`));
      if (name === 'node') expect(lowest(engines.node)).to.equal(versions[0]);
    }
  });

  it('lists its cells, the cheapest axis first, and refuses a name that it does not know', async () => {
    const script = join(REPOSITORY, 'scripts', 'test-matrix.mjs');
    const run = (...args: string[]): Promise<string> =>
      promisify(execFile)(process.execPath, [script, ...args], { cwd: REPOSITORY }).then(
        ({ stdout }) => stdout,
        (failed: unknown) => (failed as { readonly stderr: string }).stderr,
      );
    const listed = (await run('--list'))
      .trim()
      .split('\n')
      .map((line) => line.split(':')[0]);
    expect(listed).to.deep.equal(axes.flatMap(({ name, versions }) => versions.map((version) => `${name}@${version}`)));
    expect(listed[0]).to.equal('npm@10');
    expect(await run('--only', 'node@19')).to.match(/^No cell is called "node@19"\./);
  });
});
