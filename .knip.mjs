import { relative } from 'node:path';
import { entryPoints } from './scripts/entry-points.mjs';

const repository = import.meta.dirname;
const publicFiles = (await entryPoints(repository)).map(({ source }) => relative(repository, source));

/**
 * Finds files, exports and dependencies that nothing uses: `npm run unused`.
 * @see https://knip.dev/reference/configuration
 */
export default {
  entry: [
    ...publicFiles,
    'src/cli/index.ts',
    // Loaded by `require` when their command runs.
    'src/cli/{doctor/doctor,init/init,draw/timeline-of-recording,operator/operator}.ts',
    'src/simulator/page/main.tsx',
    'samples/*/index.ts',
    'docs/generate/*.{ts,mjs}',
    'scripts/*.mjs',
    'test/**/*.test.ts',
    // Programs that a command of a comment, a test or the bench starts.
    'bench/processes/*.ts',
    'test/{browser/take-picture,crash/bot-program,recording/make-recordings}.ts',
    'test/run/bundle-program.mjs',
  ],
  project: ['{src,samples,docs,scripts,bench,test}/**/*.{ts,tsx,mjs}'],
  // The shape of an argument or an answer has a name, whether or not somebody else says the name.
  ignoreExportsUsedInFile: { interface: true, type: true },
  ignoreDependencies: [
    // An example of docs/agents-sdk.md uses it; a test compiles the example.
    '@microsoft/agents-hosting-express',
    // A test reads the file of it that runs in the browser.
    'axe-core',
    // botbuilder-adapter-facebook needs it and does not declare it.
    'request',
    // botbuilder-azure-blobs brings it, and its client and ours have to be of one version.
    '@azure/storage-blob',
    // Where Node has no SQLite of its own. `.ci/run` installs it: CONTRIBUTING.md says why it is no development dependency.
    'better-sqlite3',
  ],
  ignoreBinaries: ['taskset'],
};
