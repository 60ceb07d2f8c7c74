/** Packs the package as it would be published, from a copy, and unpacks it into bots of its own. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

export const REPOSITORY = resolve(__dirname, '..', '..');

/** A child that does not end by itself within this time is a failure. */
const CHILD_LIMIT_MS = 90_000;
/** What a fresh clone does not have. */
const NOT_CLONED = new Set(
  ['node_modules', '.git', 'dist', 'coverage', 'site', '.bench'].map((name) => join(REPOSITORY, name)),
);

/** What a child process said. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Builds and packs in a temporary copy, so that nobody's dist/ is touched. `PACKED_TARBALL` names one that was packed before:
 * `npm run test:matrix` tries many versions on it.
 */
export async function packPackage(): Promise<{ readonly folder: string; readonly tarball: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'packed-'));
  const before = process.env['PACKED_TARBALL'];
  if (before !== undefined) return { folder, tarball: before };
  const copy = join(folder, 'copy');
  // Tests, samples and all: what must stay out of the tarball has to lie beside what goes in.
  await cp(REPOSITORY, copy, { recursive: true, filter: (source) => !NOT_CLONED.has(source) });
  await symlink(join(REPOSITORY, 'node_modules'), join(copy, 'node_modules'));
  const packed = await run('npm', ['pack', '--pack-destination', folder], copy);
  if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.stdout}\n${packed.stderr}`);
  const name = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
  if (name === undefined) throw new Error(`npm pack left no tarball:\n${packed.stdout}`);
  return { folder, tarball: join(folder, name) };
}

/** A fresh bot with the packed package and these packages, linked from here. @returns its folder */
export async function freshBot(
  packed: { readonly folder: string; readonly tarball: string },
  name: string,
  packages: readonly string[],
): Promise<string> {
  const bot = join(packed.folder, name);
  const own = join(bot, 'node_modules', 'botbuilder-handover-vcclive');
  await mkdir(own, { recursive: true });
  const unpacked = await run('tar', ['-xzf', packed.tarball, '-C', own, '--strip-components=1'], bot);
  if (unpacked.code !== 0) throw new Error(unpacked.stderr);
  for (const each of packages) {
    const link = join(bot, 'node_modules', each);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(REPOSITORY, 'node_modules', each), link);
  }
  return bot;
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], cwd: string): Promise<Ended> {
  // No registry is asked for anything.
  const env = { ...process.env, npm_config_offline: 'true', npm_config_update_notifier: 'false' };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, [...args], { cwd, env, timeout: CHILD_LIMIT_MS });
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const failed = thrown as { readonly code?: unknown; readonly stdout?: string; readonly stderr?: string };
    const code = typeof failed.code === 'number' ? failed.code : -1;
    return { code, stdout: failed.stdout ?? '', stderr: failed.stderr ?? String(thrown) };
  }
}
