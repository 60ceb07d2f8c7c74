/**
 * Bundles src/cli into one CommonJS file, with commander in it, so that commander is no dependency of the package.
 *
 * `node scripts/build-cli.mjs [file]`, default dist/cli/index.js. The other rooms stay outside: they are in dist/ anyway.
 */
import { chmod, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = resolve(process.argv[2] ?? join(repository, 'dist', 'cli', 'index.js'));
const licence = await readFile(join(repository, 'node_modules', 'commander', 'LICENSE'), 'utf8');

await build({
  // Paths in the bundle's comments are relative to the repository, also where node_modules is a link.
  absWorkingDir: repository,
  preserveSymlinks: true,
  entryPoints: [join(repository, 'src', 'cli', 'index.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['../simulator/*', '../thread/*', '../webhook/*'],
  banner: { js: `/*! This file holds commander (https://github.com/tj/commander.js):\n\n${licence.trim()}\n*/` },
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
