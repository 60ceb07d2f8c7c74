/**
 * Bundles a program of this repository, with all packages, into one JavaScript file.
 *
 * `node test/run/bundle-program.mjs FILE TARGET`. Beside TARGET comes a list of the files that are in it. Run by
 * test/run/bundled.ts, in a process of its own because only esbuild's asynchronous form takes plugins.
 */
import { readFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const [file, target] = process.argv.slice(2).map((path) => resolve(path));

/** A module finds the files beside its source, as if it ran there. */
const ownFolders = {
  name: 'own-folders',
  setup({ onLoad }) {
    onLoad({ filter: /\.tsx?$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(/\b__dirname\b/g, () => JSON.stringify(dirname(path))),
      loader: extname(path).slice(1),
    }));
  },
};

const { outputFiles, metafile } = await build({
  absWorkingDir: repository,
  entryPoints: [file],
  outfile: target,
  tsconfig: join(repository, 'tsconfig.json'),
  bundle: true,
  platform: 'node',
  target: 'node20',
  // They ask for a binary by a name that they make up while they run.
  external: ['dtrace-provider', 'better-sqlite3'],
  // A test may look for the name of a class in what a process prints.
  keepNames: true,
  sourcemap: process.env.NODE_V8_COVERAGE === undefined ? false : 'inline',
  plugins: [ownFolders],
  metafile: true,
  write: false,
  logLevel: 'error',
});
const own = Object.keys(metafile.inputs).filter((input) => !input.includes('node_modules/'));
await mkdir(dirname(target), { recursive: true });
// Renamed into place: another process that bundles or starts the same program finds a whole file.
for (const [path, content] of [
  [`${target}.inputs.json`, JSON.stringify(own)],
  [target, outputFiles[0].contents],
]) {
  await writeFile(`${path}.${process.pid}`, content);
  await rename(`${path}.${process.pid}`, path);
}
