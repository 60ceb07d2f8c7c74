/** Compiles examples of a page as strictly as the package itself. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { REPOSITORY } from './readme-examples.js';

/** @param sources whole modules by name. @returns what the compiler says of them: a line for each mistake */
export async function compile(sources: ReadonlyMap<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'examples-'));
  try {
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    const settings = {
      extends: join(REPOSITORY, 'tsconfig.json'),
      compilerOptions: { noEmit: true },
      include: ['*.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    for (const [name, code] of sources) await writeFile(join(folder, `${name}.ts`), code);
    const compiler = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    const said = await promisify(execFile)(process.execPath, [compiler, '-p', folder], { cwd: folder }).then(
      () => '',
      (failed: unknown) => (failed as { readonly stdout: string }).stdout,
    );
    // Only what the examples say: files of the repository are somebody else's concern.
    return said.split('\n').filter((line) => /^[\w-]+\.ts\(/.test(line));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** An example as JavaScript: its types are gone, its imports are what `known` has, its exports are given back. */
export function run(code: string, known: Readonly<Record<string, unknown>>): Readonly<Record<string, any>> {
  const source = stripped(code);
  const names = [...source.matchAll(/^(?:export )?(?:async )?(?:const|let|function|async function) (\w+)/gm)].map(
    ([, name = '']) => name,
  );
  const body = `${source.replace(/^export /gm, '')}\nreturn { ${names.join(', ')} };`;
  const kind = /^(?:const \w+ = )?await /m.test(source) ? 'async ' : '';
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the code is the page's own
  const make = new Function(...Object.keys(known), `return (${kind}() => {${body}})();`);
  return make(...Object.values(known)) as Readonly<Record<string, any>>;
}

/** esbuild takes the types away and nothing else. */
function stripped(code: string): string {
  const { code: javascript } = transformSync(code, {
    loader: 'ts',
    target: 'es2022',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
  });
  return javascript.replace(/^import .*$/gm, '').replace(/^export \{[^}]*\};?$/gm, '');
}
