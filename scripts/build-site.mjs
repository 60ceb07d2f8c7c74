/**
 * Builds the guide into a small searchable site: README as the front page, every page of docs/, the API reference.
 *
 * `node scripts/build-site.mjs [folder]`, default site/. The reference covers what package.json exports, so a new export
 * path needs no line here. A page of docs/ that no group names goes into the guides.
 * @see https://typedoc.org
 */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Application, Converter, ReflectionKind } from 'typedoc';
import { entryPoints } from './entry-points.mjs';

const GUIDES = 'Guides';
/** The order in which a newcomer needs the pages. */
const GROUPS = {
  Start: ['set-up', 'adapters', 'dialogs', 'going-to-production', 'moving'],
  [GUIDES]: [
    'before-the-handover',
    'while-it-lasts',
    'coming-home',
    'vcc-live-webhooks',
    'botkit',
    'azure-bot-service',
    'agents-sdk',
    'from-bot-framework',
    'without-a-framework',
    'functions',
    'container',
    'hosts',
    'doctor',
    'operator',
    'watching-it',
    'what-is-stored',
    'simulator',
    'testing-your-bot',
    'recordings',
  ],
  Reference: ['options', 'events-and-results', 'errors'],
  Reliability: ['reliability', 'failures', 'ownership', 'proof', 'performance', 'scale', 'versions', 'comparison'],
  'The project': ['CHANGELOG', 'SECURITY', 'ARCHITECTURE', 'CONTRIBUTING'],
};
const PROJECT_PAGES = ['CHANGELOG.md', 'SECURITY.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const [folder] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const out = resolve(folder ?? join(repository, 'site'));
const { name } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
const entries = await entryPoints(repository);
const documents = await documentsOf();

const app = await Application.bootstrap({
  name,
  tsconfig: join(repository, 'tsconfig.json'),
  entryPoints: entries.map(({ source }) => source),
  readme: join(repository, 'README.md'),
  projectDocuments: documents.map(({ file }) => file),
  out,
  // No repository address is known to this script; a link to the wrong place is worse than none.
  disableSources: true,
  // `npm run types` checks them.
  skipErrorChecking: true,
  githubPages: false,
  hideGenerator: true,
  customCss: join(repository, 'docs', 'generate', 'site.css'),
  customJs: join(repository, 'docs', 'generate', 'site.mjs'),
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  searchInDocuments: true,
  searchInComments: true,
  sort: ['source-order'],
  sortEntryPoints: false,
  groupOrder: Object.keys(GROUPS).flatMap((group) => (group === 'Reference' ? [group, 'Modules'] : [group])),
  navigation: { includeGroups: true, includeFolders: false },
  navigationLeaves: [],
  categorizeByGroup: false,
  headings: { readme: false, document: false },
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true, notDocumented: false },
  // Generic forms and lists behind exported types.
  intentionallyNotExported: [
    // Only the recording gives the client a second argument.
    'src/graph/client-options.ts:ClientWatchers',
    // The names of these without a framework; the reference has those of Bot Framework.
    'src/bot/options/handover-options.ts:HandoverOptions',
    'src/botbuilder/options.ts:Message',
    'src/agents/options.ts:Message',
    'src/bot/options/handover-options.ts:Awaitable',
    'src/thread/handover.ts:HandoverRequest',
    'src/bot/port.ts:Callback',
    'src/activities/activity.ts:Activity',
    'src/bot/options/handover-options.ts:PagePolicies',
    'src/bot/options/handover-options.ts:HandoverRequest',
    'src/bot/options/handover-options.ts:HandoverText',
    'src/bot/options/handover-options.ts:HandoverTexts',
    'src/bot/options/handover-options.ts:AvailabilityCheck',
    'src/bot/options/handover-options.ts:Satisfaction',
    'src/bot/options/handover-options.ts:SatisfactionAnswer',
    'src/bot/options/handover-options.ts:OpenPrompt',
    'src/bot/options/talk-to-agent.ts:RecognizerLike',
    'src/bot/options/talk-to-agent.ts:TalkToAgent',
    'src/bot/requests/after-handover.ts:DialogAccess',
    'src/bot/port.ts:BotLogic',
    'src/bot/port.ts:TurnContext',
    'src/thread/ids.ts:Id',
    'src/simulator/wire.ts:Draft',
    'src/thread/errors.ts:GRAPH_CODES',
    'src/thread/errors.ts:OWN_CODES',
  ],
  // The comments of its classes link to each other.
  externalSymbolLinkMappings: { '@microsoft/agents-hosting-dialogs': { '*': '#' } },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
  logLevel: process.argv.includes('--say') ? 'Info' : 'Warn',
});
if (!app) throw new Error('TypeDoc did not start.');

app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
  const known = documents.find(
    ({ id }) => id === document.name.split('/').at(-1) || id.toLowerCase() === document.name.toLowerCase(),
  );
  if (!known) return;
  document.name = known.title;
  document.frontmatter.group = known.group;
});
// A module goes by the path that a bot imports.
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
  for (const module of context.project.getChildrenByKind(ReflectionKind.Module)) {
    const sources = [`src/${module.name}.ts`, `src/${module.name}/index.ts`];
    const entry = entries.find(({ source }) => sources.some((file) => source.endsWith(`/${file}`)));
    if (entry !== undefined) module.name = entry.imported;
  }
});

// TypeScript takes the link of `@throws {@link X}` for a type: what is not in the same module is looked for in all.
app.converter.addUnknownSymbolResolver((reference, from, part) => {
  // Types are not looked for: those that are missing are to be exported.
  if (part === undefined) return undefined;
  const wanted = reference.symbolReference?.path?.[0]?.path;
  const target = from.project.children?.flatMap((module) => module.getChildByName([wanted]) ?? [])[0];
  return target && { target, caption: wanted };
});

const project = await app.convert();
if (!project) process.exit(1);
// What is inherited from Bot Framework links to its own site by names that only that site knows.
for (const { comment } of Object.values(project.reflections)) {
  for (const part of comment ? [...comment.summary, ...comment.blockTags.flatMap(({ content }) => content)] : []) {
    if (part.kind === 'text') part.text = part.text.replace(/\[([^\]]+)\]\(xref:[^)]*\)/g, '$1');
  }
}
app.validate(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);
await app.generateOutputs(project);
if (app.logger.hasErrors() || app.logger.hasWarnings()) process.exit(1);

/** Source files of what the package exports, with the path under which it does. */
/** The pages, in the order of their groups. */
async function documentsOf() {
  const pages = (await readdir(join(repository, 'docs'))).filter((file) => file.endsWith('.md'));
  const files = [
    ...pages.map((file) => join(repository, 'docs', file)),
    ...PROJECT_PAGES.map((file) => join(repository, file)),
  ];
  const order = Object.values(GROUPS).flat();
  const found = await Promise.all(
    files.map(async (file) => {
      const id = file.slice(file.lastIndexOf('/') + 1, -'.md'.length);
      const title = /^# (.+)$/m.exec(await readFile(file, 'utf8'))?.[1] ?? id;
      const group = Object.keys(GROUPS).find((each) => GROUPS[each].includes(id)) ?? GUIDES;
      return { file, id, title: title.replaceAll('`', ''), group };
    }),
  );
  const groups = Object.keys(GROUPS);
  const place = ({ id, group }) => groups.indexOf(group) * 1000 + (order.includes(id) ? order.indexOf(id) : 999);
  return found.sort((a, b) => place(a) - place(b) || a.id.localeCompare(b.id));
}
