/** Compiles examples of a page as strictly as the package itself. */
import { join } from 'node:path';
import { transformSync } from 'esbuild';
import { REPOSITORY } from './readme-examples.js';
import { mistakesIn, programOf } from './type-checker.js';

/** Where the examples would be as files. */
const FOLDER = join(REPOSITORY, 'test', 'readme', 'examples');

/** @param sources whole modules by name. @returns what the compiler says of them: a line for each mistake */
export function compile(sources: ReadonlyMap<string, string>): string[] {
  const files = new Map([...sources].map(([name, code]) => [join(FOLDER, `${name}.ts`), code]));
  // Only what the examples say: `npm run types` checks the files of the repository.
  return mistakesIn(programOf(files), files.keys(), FOLDER);
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
