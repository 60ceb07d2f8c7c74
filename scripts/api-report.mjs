/**
 * Compares what the package exports with the reports in api/, one file for each export path. It reads dist/.
 *
 *     npm run api                 fails if the public types differ from the reports
 *     npm run api -- --update     writes the reports; commit them with the change
 *
 * @see https://api-extractor.com/pages/overview/demo_api_report/
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { entryPoints } from './entry-points.mjs';

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const reports = join(repository, 'api');
const temporary = join(repository, 'node_modules', '.cache', 'api');
const isUpdate = process.argv.includes('--update');
const none = { logLevel: ExtractorLogLevel.None };

/** `./agents/dialogs` → `agents-dialogs.api.md` */
const reportOf = (path) => `${path === '.' ? 'index' : path.slice(2).replaceAll('/', '-')}.api.md`;

/** @returns whether the report is as it was */
function report({ path, types }) {
  const extractorConfig = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(repository, 'package.json'),
    configObject: {
      projectFolder: repository,
      mainEntryPointFilePath: types,
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: join(repository, 'tsconfig.build.json') },
      apiReport: {
        enabled: true,
        reportFileName: reportOf(path),
        reportFolder: reports,
        reportTempFolder: temporary,
        // A type that an exported one mentions is public, whether or not it has a name outside.
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        // TypeDoc and ESLint check comments and links; nothing here has a release tag.
        extractorMessageReporting: { default: none },
        tsdocMessageReporting: { default: none },
      },
    },
  });
  const { apiReportChanged, errorCount } = Extractor.invoke(extractorConfig, {
    localBuild: isUpdate,
    messageCallback: (message) => {
      // The words of the library name its own command; this script has its own.
      if (message.messageId.startsWith('console-')) message.logLevel = ExtractorLogLevel.None;
    },
  });
  if (errorCount > 0) throw new Error(`The types of "${path}" could not be read; run "npm run build" first.`);
  return !apiReportChanged;
}

await mkdir(reports, { recursive: true });
const entries = await entryPoints(repository);
const changed = entries.filter((entry) => !report(entry)).map(({ path }) => `api/${reportOf(path)}`);

const known = new Set(entries.map(({ path }) => reportOf(path)));
const gone = (await readdir(reports)).filter((file) => !known.has(basename(file)));
if (isUpdate) {
  for (const file of gone) await rm(join(reports, file));
  console.log(`${entries.length} reports are up to date; ${changed.length} of them changed.`);
} else if (changed.length + gone.length > 0) {
  console.error(
    `The public types differ from ${[...changed, ...gone.map((file) => `api/${file}`)].join(', ')}. ` +
      'If the change is meant, run "npm run build && npm run api -- --update" and commit api/ with it.',
  );
  process.exitCode = 1;
}
