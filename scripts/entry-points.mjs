/** What a bot may import, read from the `exports` of package.json: a new export path needs no line elsewhere. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * @param repository the folder of package.json
 * @returns for each export path with types: the path (`./agents`), the name that a bot imports, and the files of its
 * types and its source, as absolute paths
 */
export async function entryPoints(repository) {
  const { name, exports: exported } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  return Object.entries(exported).flatMap(([path, { types }]) => {
    if (types === undefined) return [];
    const source = types.replace('./dist/', 'src/').replace(/\.d\.ts$/, '.ts');
    return [{ path, imported: name + path.slice(1), types: join(repository, types), source: join(repository, source) }];
  });
}
