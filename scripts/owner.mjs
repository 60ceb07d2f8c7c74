/**
 * The repository's owner on GitHub stands in one place: `repository` of package.json. This command writes it everywhere else.
 *
 *     npm run owner                 writes the owner into the files of OTHERS
 *     npm run owner -- --check      fails if one of them has another owner
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export const OTHERS = ['package.json', '.github/CODEOWNERS', '.github/ISSUE_TEMPLATE/config.yml'];

/** `git+https://github.com/somebody/a-package.git` → `{ owner: 'somebody', name: 'a-package' }` */
export function repositoryOf({ repository }) {
  const [, owner, name] = /github\.com\/([^/]+)\/([^/]+)\.git$/.exec(repository.url) ?? [];
  if (owner === undefined) throw new Error(`"repository.url" of package.json is no GitHub address: ${repository.url}`);
  return { owner, name };
}

/** The same text with this owner wherever it names the repository, its site or who reviews. */
export function withOwner(text, { owner, name }) {
  return text
    .replace(new RegExp(`(https://github\\.com/)[\\w-]+(/${name}\\b)`, 'g'), `$1${owner}$2`)
    .replace(new RegExp(`(https://)[\\w-]+(\\.github\\.io/${name}\\b)`, 'g'), `$1${owner}$2`)
    .replace(/^(\* @)[\w-]+$/gm, `$1${owner}`);
}

/** @returns the files that name another owner; each is mended unless `isCheck` */
export function spreadOwner(root, isCheck) {
  const repository = repositoryOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  return OTHERS.filter((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const right = withOwner(text, repository);
    if (!isCheck && right !== text) writeFileSync(join(root, file), right);
    return right !== text;
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const isCheck = process.argv.includes('--check');
  const differ = spreadOwner(ROOT, isCheck);
  if (isCheck && differ.length > 0) {
    console.error(`${differ.join(', ')}: another owner than in "repository" of package.json. Run "npm run owner".`);
    process.exitCode = 1;
  } else console.log(differ.length === 0 ? 'Every file names the same owner.' : `Written: ${differ.join(', ')}.`);
}
