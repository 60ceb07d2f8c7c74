/**
 * Prepares a release: checks that version, tag and notes fit, and writes the tarball and the notes into release/.
 *
 *     npm run release:dry                                   everything but the tag's own checks; then npm publish --dry-run
 *     npm run release -- --tag v0.1.0 --repository owner/name     as the release workflow does it
 *
 * It publishes nothing. .github/workflows/release.yml publishes release/package.tgz from a protected environment.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { repositoryOf } from './owner.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = join(ROOT, 'release');

/** The section of a version in a changelog, without its heading. `undefined` if there is none. */
export function notesOf(changelog, version) {
  const [, ...sections] = changelog.split(/^## /m);
  const section = sections.find((text) => text.split('\n', 1)[0].trim() === version);
  return section?.slice(section.indexOf('\n')).trim();
}

/**
 * What keeps a release from being made, in sentences.
 * @param given `tag` and `repository` (`owner/name`) of the run; without them it is a dry run
 */
export function obstacles({ manifest, lock, changelog, waiting, tag, repository }) {
  const { owner, name } = repositoryOf(manifest);
  const { version } = manifest;
  return [
    notesOf(changelog, version) ? '' : `CHANGELOG.md has no section "## ${version}"`,
    lock.version === version ? '' : `package-lock.json says ${lock.version}; run "npm install --package-lock-only"`,
    waiting.length === 0 ? '' : `.changeset/ holds ${waiting.join(', ')}; run "npm run release:version" first`,
    tag === undefined || tag === `v${version}` ? '' : `the tag is ${tag}, and the version in package.json ${version}`,
    repository === undefined || repository === `${owner}/${name}`
      ? ''
      : `this is ${repository}, and package.json names ${owner}/${name}: npm refuses the provenance`,
  ].filter((text) => text !== '');
}

const read = (file) => readFileSync(join(ROOT, file), 'utf8');
const npm = (...args) => execFileSync('npm', args, { cwd: ROOT, stdio: 'inherit' });

function main() {
  const { values } = parseArgs({
    options: { tag: { type: 'string' }, repository: { type: 'string' }, dry: { type: 'boolean' } },
  });
  const manifest = JSON.parse(read('package.json'));
  const changelog = read('CHANGELOG.md');
  const waiting = readdirSync(join(ROOT, '.changeset')).filter((file) => file.endsWith('.md') && file !== 'README.md');
  const found = obstacles({ manifest, lock: JSON.parse(read('package-lock.json')), changelog, waiting, ...values });
  if (found.length > 0) throw new Error(`No release: ${found.join('; ')}.`);

  npm('run', 'build');
  npm('run', 'api');
  npm('run', 'package');
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  npm('pack', '--silent', '--ignore-scripts', '--pack-destination', FOLDER);
  const tarball = join(FOLDER, 'package.tgz');
  renameSync(join(FOLDER, `${manifest.name}-${manifest.version}.tgz`), tarball);
  writeFileSync(join(FOLDER, 'notes.md'), `${notesOf(changelog, manifest.version)}\n`);
  if (values.dry) npm('publish', tarball, '--dry-run', '--provenance', '--access', 'public', '--ignore-scripts');

  const { owner, name } = repositoryOf(manifest);
  console.log(`\nv${manifest.version} is ready in release/: package.tgz and notes.md. Nothing is published.`);
  console.log(`The tag v${manifest.version} on ${owner}/${name} publishes it.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
