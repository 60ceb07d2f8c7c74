/**
 * Bundles src/cli into one CommonJS file, with commander in it, so that commander is no dependency of the package.
 *
 * `node scripts/build-cli.mjs [file]`, default dist/cli/index.js. The other rooms stay outside: they are in dist/ anyway.
 */
import { chmod, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const outfile = resolve(process.argv[2] ?? join(repository, 'dist', 'cli', 'index.js'));
const licence = await readFile(join(repository, 'node_modules', 'commander', 'LICENSE'), 'utf8');

/** From dist/cli/index.js another room is `../room`, however deep in src/cli the file lies that asks for it. */
const otherRoomsOutside = {
  name: 'other-rooms-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const fromRooms = relative(join(repository, 'src'), resolve(resolveDir, path)).split(sep).join('/');
      if (fromRooms.startsWith('cli/') || fromRooms.startsWith('..')) return undefined;
      return { path: `../${fromRooms}`, external: true };
    });
  },
};

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
  plugins: [otherRoomsOutside],
  banner: { js: `/*! This file holds commander (https://github.com/tj/commander.js):\n\n${licence.trim()}\n*/` },
  logLevel: 'warning',
});
await chmod(outfile, 0o755);
