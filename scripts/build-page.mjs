/**
 * Builds the stage's page: one HTML file with its script and style inside, which loads nothing from the network.
 *
 * Run by `npm run build` and by `npm start`. Its libraries are bundled here and are no dependencies of the package.
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const MAX_BYTES = 150 * 1024;
const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(repository, 'src', 'simulator', 'page');
const target = join(repository, 'dist', 'simulator', 'page', 'index.html');

const { outputFiles } = await build({
  entryPoints: [join(source, 'main.tsx')],
  bundle: true,
  minify: true,
  write: false,
  outdir: source,
  format: 'iife',
  target: 'es2022',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  charset: 'utf8',
});
const textOf = (ending) => outputFiles.find(({ path }) => path.endsWith(ending))?.text.trim() ?? '';
// Neither may end its own element early.
const script = textOf('.js').replaceAll('</script', '<\\/script');
const style = textOf('.css').replaceAll('</style', '<\\/style');
const template = await readFile(join(source, 'index.html'), 'utf8');
const page = template
  .replace('<!-- style -->', () => `<style>${style}</style>`)
  .replace('<!-- script -->', () => `<script>${script}</script>`);

const bytes = Buffer.byteLength(page);
if (bytes > MAX_BYTES) throw new Error(`The page has ${bytes} bytes, and at most ${MAX_BYTES} are published.`);
await mkdir(dirname(target), { recursive: true });
// Renamed into place: whoever reads meanwhile gets a whole page.
const draft = `${target}.${process.pid}`;
await writeFile(draft, page);
await rename(draft, target);
if (process.argv.includes('--say')) console.log(`The page: ${(bytes / 1024).toFixed(1)} kB`);
