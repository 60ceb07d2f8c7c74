/**
 * Looks at the package as a registry would get it: `npm run package`. It packs what is in dist/.
 *
 * - publint: do `exports`, `files` and `types` of package.json name what is there?
 * - Are the types wrong: does every export path resolve for each way in which TypeScript looks for modules?
 * - The tarball's size.
 *
 * @see https://publint.dev/rules
 * @see https://github.com/arethetypeswrong/arethetypeswrong.github.io
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { problemKindInfo } from '@arethetypeswrong/core/problems';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

/**
 * About an eighth above the size of November 2026. Every deployment of a bot downloads the tarball. What goes beyond is a
 * file that slipped in, or a reason to raise the bound in the same change.
 */
const MAX_KIB = 1024;
const KIB = 1024;

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const folder = mkdtempSync(join(tmpdir(), 'package-'));
const failures = [];

try {
  const npm = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(
    execFileSync('npm', npm, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  const bytes = readFileSync(join(folder, filename));

  const kib = Math.ceil(size / KIB);
  console.log(
    `${filename}: ${kib} KiB of at most ${MAX_KIB}; ${entryCount} files, ${Math.ceil(unpackedSize / KIB)} KiB unpacked.`,
  );
  if (kib > MAX_KIB) failures.push(`the tarball has ${kib} KiB; MAX_KIB in scripts/check-package.mjs says ${MAX_KIB}`);

  const { messages, pkg } = await publint({
    pack: { tarball: new Uint8Array(bytes).buffer },
    strict: true,
  });
  for (const message of messages) failures.push(`publint: ${formatMessage(message, pkg, { color: false })}`);
  if (messages.length === 0) console.log('publint: nothing to mend.');

  const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(bytes)));
  for (const problem of problems) {
    const { title, shortDescription } = problemKindInfo[problem.kind];
    failures.push(`are the types wrong: ${title}, ${shortDescription}: ${JSON.stringify(problem)}`);
  }
  if (problems.length === 0) console.log('Are the types wrong: no.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

for (const failure of failures) console.error(`The package: ${failure}.`);
process.exitCode = failures.length === 0 ? 0 : 1;
