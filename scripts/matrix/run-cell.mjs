/** Runs one cell of the matrix: prepares its tools and its folder, and runs its steps. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandFailed, run } from './commands.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const WORK = join(repository, '.matrix');
/** Outside of the repository: below it, a bot would find the repository's packages. */
const CELLS = join(tmpdir(), `test-matrix-${process.pid}`);
process.on('exit', () => rmSync(CELLS, { recursive: true, force: true }));
const NAME = 'botbuilder-handover-vcclive';
/** npm 12 refuses older ones. */
const NODE_FOR_NPM = '22';
const INSTALL_LIMIT_MS = 5 * 60_000;
const STEP_LIMIT_MS = 20 * 60_000;
const NOT_INHERITED = /^(npm_(?!config_(registry|cafile|userconfig|cache)$)|MOCHA|TEST_JOBS|NODE_V8|NODE_OPTIONS|CI$)/;
const QUIET = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/**
 * Runs the steps of a cell. Never rejects: a failure is a step's outcome.
 * @param tell gets the exact version and the steps so far, after each step
 * @returns the steps, each with its outcome, and the file of their output
 */
export async function runCell(axis, version, tell) {
  const log = join(WORK, 'logs', `${axis.name}-${version}.txt`);
  mkdirSync(dirname(log), { recursive: true });
  rmSync(log, { force: true });
  const cell = { axis, version, log, folder: join(CELLS, `${axis.name}-${version}`), env: cleanEnvironment() };
  const steps = [];
  let exact = version;
  const step = async (name, work) => {
    const beganMs = Date.now();
    const [isPassed, note] = await work().then(
      (said) => [true, said ?? ''],
      (error) => [false, error instanceof CommandFailed ? error.message : String(error)],
    );
    steps.push({ name, passed: isPassed, note, seconds: Math.round((Date.now() - beganMs) / 1000) });
    return isPassed;
  };
  const isReady = await step('versions installed', async () => {
    exact = await prepare(cell);
  });
  if (isReady) {
    steps.pop();
    for (const each of axis.steps) {
      if (each.except?.includes(version) === true) continue;
      await step(each.name, () => runStep(cell, each));
      tell({ exact, steps });
    }
  }
  rmSync(CELLS, { recursive: true, force: true });
  tell({ exact, steps });
  return { steps, log };
}

async function runStep(cell, { run: command, tests, freshBot }) {
  if (freshBot) return playInFreshBot(cell, freshBot);
  const given = tests ? ['npm', 'test', '--', ...tests] : command;
  const printed = await run(given, { cwd: copyOf(cell), env: cell.env, log: cell.log, limitMs: STEP_LIMIT_MS });
  const passing = /^ +(\d+) passing/m.exec(printed)?.[1];
  const pending = /^ +(\d+) pending/m.exec(printed)?.[1];
  if (tests && passing === undefined) throw new CommandFailed('no test ran');
  if (pending !== undefined) throw new CommandFailed(`${pending} tests were skipped`);
  return passing === undefined ? '' : `${passing} tests`;
}

/** Gets what the cell's version stands for. @returns the exact version */
async function prepare(cell) {
  const { axis, version } = cell;
  switch (axis.name) {
    case 'node':
      return useNode(cell, version);
    case 'npm': {
      await useNode(cell, NODE_FOR_NPM);
      const folder = await tool(cell, `npm-${version}`, `npm@${version}`);
      use(cell, join(folder, 'node_modules', '.bin'));
      return versionIn(join(folder, 'node_modules', 'npm'));
    }
    case 'typescript': {
      const folder = await tool(cell, `typescript-${version}`, `typescript@${version}`);
      cell.env.CONSUMER_TYPESCRIPT = join(folder, 'node_modules', 'typescript');
      cell.env.PACKED_TARBALL = await packed(cell);
      return versionIn(cell.env.CONSUMER_TYPESCRIPT);
    }
    default:
      return installPeers(cell);
  }
}

/** Puts the packages of this version where those of the repository were. All of them side by side, so that none is there twice. */
async function installPeers(cell) {
  const { axis, version } = cell;
  const cwd = copyOf(cell);
  const first = axis.install[0];
  const exact = newestOf(first, version);
  const specifiers = axis.install.map((name) => `${name}@${versionBeside(name, version, exact)}`);
  const command = ['npm', 'install', '--no-save', '--ignore-scripts', ...QUIET, ...specifiers];
  await run(command, { cwd, env: cell.env, log: cell.log, limitMs: INSTALL_LIMIT_MS });
  return versionIn(join(cwd, 'node_modules', ...first.split('/')));
}

/** Packages of one family have the same number, or, where that one was never published, the newest of the same minor. */
function versionBeside(name, version, exact) {
  return versionsOf(name).includes(exact) ? exact : newestOf(name, version);
}

function newestOf(name, version) {
  const fits = versionsOf(name).filter((each) => !each.includes('-') && `${each}.`.startsWith(`${version}.`));
  const newest = fits.sort(byNumber).at(-1);
  if (newest === undefined) throw new CommandFailed(`npm has no ${name}@${version}`);
  return newest;
}

function byNumber(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}

const known = new Map();
function versionsOf(name) {
  if (!known.has(name)) {
    const said = execFileSync('npm', ['view', name, 'versions', '--json'], { encoding: 'utf8' });
    known.set(name, [JSON.parse(said)].flat());
  }
  return known.get(name);
}

/** Node's binary is a package of its own for each platform. */
async function useNode(cell, version) {
  const name = [
    process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node',
    process.platform,
    process.arch,
  ].join('-');
  const folder = await tool(cell, `node-${version}`, `${name}@${version}`);
  use(cell, join(folder, 'node_modules', name, 'bin'));
  return versionIn(join(folder, 'node_modules', name));
}

function use(cell, folder) {
  cell.env.PATH = `${folder}${delimiter}${cell.env.PATH ?? ''}`;
}

/** Installs a program once for all runs. @returns its folder */
async function tool(cell, name, specifier) {
  const folder = join(WORK, 'tools', name);
  const isDone = join(folder, 'done');
  if (existsSync(isDone)) return folder;
  mkdirSync(folder, { recursive: true });
  const command = ['npm', 'install', '--prefix', folder, '--ignore-scripts', ...QUIET, specifier];
  await run(command, { cwd: folder, env: cleanEnvironment(), log: cell.log, limitMs: INSTALL_LIMIT_MS });
  writeFileSync(isDone, '');
  return folder;
}

let tarball;
/** Builds and packs once for each run of the matrix. @returns the tarball */
function packed(cell) {
  tarball ??= (async () => {
    const cwd = copyOf({ ...cell, folder: join(CELLS, 'packed') });
    await run(['npm', 'pack', '--pack-destination', WORK], {
      cwd,
      env: cleanEnvironment(),
      log: cell.log,
      limitMs: INSTALL_LIMIT_MS,
    });
    rmSync(cwd, { recursive: true, force: true });
    return join(WORK, `${NAME}-${JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')).version}.tgz`);
  })();
  return tarball;
}

/** What the repository's folder holds, with `node_modules` as links: an install replaces files, and never writes into one. */
function copyOf({ folder }) {
  if (existsSync(folder)) return folder;
  for (const file of sourceFiles()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(repository, file), join(folder, file));
  }
  linkTree(join(repository, 'node_modules'), join(folder, 'node_modules'));
  // npm writes this one in place.
  const list = join('node_modules', '.package-lock.json');
  rmSync(join(folder, list), { force: true });
  if (existsSync(join(repository, list))) copyFileSync(join(repository, list), join(folder, list));
  return folder;
}

/** The files that git has or would add. */
export function sourceFiles() {
  const args = ['ls-files', '--cached', '--others', '--exclude-standard'];
  const listed = execFileSync('git', args, { cwd: repository, encoding: 'utf8' });
  return listed.split('\n').filter((file) => file !== '' && existsSync(join(repository, file)));
}

function linkTree(from, to) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    // Compiled files of this repository, and the programs of other versions.
    if (entry.name === '.cache') continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkTree(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkOrCopy(source, target);
  }
}

/** Installs the packed package into a fresh folder, where nobody can be asked, and lets a bot play. */
async function playInFreshBot(cell, { packages, flags = [], env: added = {} }) {
  const file = await packed(cell);
  const cwd = join(CELLS, `fresh-${cell.axis.name}-${cell.version}`);
  rmSync(cwd, { recursive: true, force: true });
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{"name":"bot","private":true}');
  copyFileSync(join(repository, 'scripts', 'matrix', 'fresh-bot.cjs'), join(cwd, 'bot.cjs'));
  const env = { ...cell.env, npm_config_yes: 'false', ...added };
  if (added.CI === undefined) delete env.CI;
  const how = { cwd, env, log: cell.log, limitMs: INSTALL_LIMIT_MS };
  try {
    await run(['npm', 'install', ...QUIET, ...flags, file, ...packages], how);
    await run(['node', 'bot.cjs', packages.includes('botbuilder-dialogs') ? 'vccLiveHandover' : 'missingPeer'], how);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** Without what npm, mocha and a CI have set for this process. With CI set, a missing program fails instead of being skipped. */
function cleanEnvironment() {
  const own = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  return { ...Object.fromEntries(own), CI: 'true' };
}

function versionIn(folder) {
  // Some of Node's packages write v20.18.1.
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version.replace(/^v/, '');
}

function linkOrCopy(source, target) {
  try {
    linkSync(source, target);
  } catch (error) {
    // The folder for temporary files is on another file system.
    if (error.code !== 'EXDEV') throw error;
    copyFileSync(source, target);
  }
}
