/* global module -- the rule set is CommonJS, whatever the linter is told elsewhere */
/**
 * The floor plan of src/, as rules: `npm run architecture`, and test/architecture runs them too.
 *
 * A room imports only from the floors below it, rooms on one floor do not import each other, and `import type` counts.
 * Only src/index.ts, the front door, may know everything.
 */
const FLOOR_OF_ROOM = {
  thread: 0,
  ownership: 1,
  phrases: 1,
  availability: 1,
  graph: 2,
  webhook: 2,
  store: 2,
  recording: 2,
  'vcc-live': 3,
  activities: 3,
  queue: 3,
  handover: 4,
  bot: 5,
  agents: 6,
  botbuilder: 6,
  messenger: 6,
  opentelemetry: 6,
  simulator: 6,
  cli: 7,
};

const DECLARED_PACKAGES =
  '@opentelemetry/api|axios|undici|better-sqlite3|botbuilder|botbuilder-dialogs|botbuilder-adapter-facebook|luxon|redis|' +
  '@microsoft/agents-activity|@microsoft/agents-hosting|@microsoft/agents-hosting-dialogs';
/** What esbuild puts into the built file, so that nobody has to install it. */
const BUNDLED_PACKAGES = { cli: 'commander', 'simulator/page': 'preact' };

const ROOMS = Object.keys(FLOOR_OF_ROOM);
/** A package, found in node_modules or not found at all. */
const packages = (names) => `(^|node_modules/)(${names})(/|$)`;

const floors = ROOMS.map((room) => {
  const closed = ROOMS.filter((other) => other !== room && FLOOR_OF_ROOM[other] >= FLOOR_OF_ROOM[room]);
  return {
    name: `floor-of-${room}`,
    comment: `src/${room} is on floor ${FLOOR_OF_ROOM[room]}: it may import only from floors below it.`,
    severity: 'error',
    from: { path: `^src/${room}/` },
    to: { path: `^src/(${[...closed, '[^/]+$'].join('|')})` },
  };
});

module.exports = {
  forbidden: [
    ...floors,
    {
      name: 'known-rooms-only',
      comment: 'A room that has no floor here is on none: add it to FLOOR_OF_ROOM.',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: `^src/(${ROOMS.join('|')})/` },
    },
    {
      name: 'no-cycles',
      comment: 'Files do not import each other in a circle, types included.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'axios-only-in-graph',
      comment: 'One room calls Meta. Its errors are cleaned of tokens; the HTTP libraries’ own are not.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/graph/' },
      to: { path: packages('axios|undici') },
    },
    {
      name: 'opentelemetry-only-in-its-room',
      comment: 'Who does not measure needs no OpenTelemetry; the other rooms know the port, thread/probe.ts.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/opentelemetry/' },
      to: { path: packages('@opentelemetry/[^/]+') },
    },
    {
      name: 'framework-only-in-botbuilder',
      comment: 'Lower rooms describe what they need of a framework structurally: bot/port.ts does.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/botbuilder/' },
      to: { path: packages('botbuilder[^/]*|botframework[^/]*|botkit') },
    },
    {
      name: 'messenger-loads-without-framework',
      comment: 'A bot without a framework installs none, not even for a type.',
      severity: 'error',
      from: { path: '^src/messenger/' },
      to: {
        path: `^src/(botbuilder|agents)/|${packages('botbuilder[^/]*|botframework[^/]*|botkit|@microsoft/[^/]+')}`,
        reachable: true,
      },
    },
    {
      name: 'agents-only-in-agents',
      comment: 'The Agents SDK is known to its own binding only.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/agents/' },
      to: { path: packages('@microsoft/agents-[^/]+') },
    },
    {
      name: 'front-door-loads-without-agents',
      comment: 'A bot on Bot Framework needs no package of the Agents SDK.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: `^src/agents/|${packages('@microsoft/agents-[^/]+')}`, reachable: true },
    },
    {
      name: 'agents-load-without-bot-framework',
      comment: 'A bot on the Agents SDK needs no package of Bot Framework.',
      severity: 'error',
      from: { path: '^src/agents/' },
      to: { path: `^src/botbuilder/|${packages('botbuilder[^/]*|botframework[^/]*|botkit')}`, reachable: true },
    },
    {
      name: 'agents-dialogs-behind-their-own-door',
      comment: 'A bot with routes needs no agents-hosting-dialogs, which has an export path of its own.',
      severity: 'error',
      from: { path: '^src/agents/index\\.ts$' },
      to: { path: packages('@microsoft/agents-hosting-dialogs'), reachable: true },
    },
    {
      name: 'command-line-loads-without-framework',
      comment: 'An operator needs no framework: the commands use bot/compose-core.ts.',
      severity: 'error',
      from: { path: '^src/cli/' },
      to: {
        path: `^src/(agents|botbuilder)/|${packages('botbuilder[^/]*|botframework[^/]*|botkit|@microsoft/agents-[^/]+')}`,
        reachable: true,
      },
    },
    {
      name: 'stock-adapter-only-in-facebook-adapter',
      comment: 'botbuilder-adapter-facebook does not load from a clean install, so one file alone touches it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/botbuilder/facebook-adapter\\.ts$' },
      to: { path: packages('botbuilder-adapter-facebook') },
    },
    {
      name: 'no-store-beside-another',
      comment: 'What two stores share lies above both, so each can be read, and changed, alone.',
      severity: 'error',
      from: { path: '^src/store/([^/]+)/' },
      to: { path: '^src/store/[^/]+/', pathNot: '^src/store/$1/' },
    },
    {
      name: 'redis-only-behind-its-own-door',
      comment: 'The main entry works where Redis is not installed, so one file alone touches the client.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/redis/redis-connection\\.ts$' },
      to: { path: packages('redis') },
    },
    {
      name: 'front-door-loads-without-redis',
      comment: 'What needs Redis has an export path of its own.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: `^src/store/redis|${packages('redis')}`, reachable: true },
    },
    {
      name: 'sqlite-only-in-its-driver',
      comment: 'Node 20 has no node:sqlite, and better-sqlite3 is optional, so one file alone touches them.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/store/sqlite/sqlite-driver\\.ts$' },
      to: { path: `^node:sqlite$|^sqlite$|${packages('better-sqlite3')}` },
    },
    {
      name: 'front-door-loads-without-sqlite',
      comment: 'What needs SQLite has an export path of its own.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: `^src/store/sqlite|^node:sqlite$|${packages('better-sqlite3')}`, reachable: true },
    },
    {
      name: 'front-door-loads-without-adapter',
      comment: 'The main entry works where neither the adapter nor `request` is installed.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: {
        path: `^src/botbuilder/facebook-adapter\\.ts$|${packages('botbuilder-adapter-facebook')}`,
        reachable: true,
      },
    },
    {
      name: 'simulator-stands-alone',
      comment: 'The pretend platform is no copy of the plugin: it shares words and wire formats only.',
      severity: 'error',
      from: { path: '^src/simulator/' },
      to: { pathNot: `^src/(simulator|thread|webhook|recording)/|${packages('preact')}`, dependencyTypesNot: ['core'] },
    },
    {
      name: 'declared-packages-only',
      comment: 'What the published code needs is a dependency or a peer of package.json, or is bundled into one file.',
      severity: 'error',
      from: { path: '^src/', pathNot: `^src/(${Object.keys(BUNDLED_PACKAGES).join('|')})/` },
      to: { path: 'node_modules/', pathNot: packages(DECLARED_PACKAGES) },
    },
    ...Object.entries(BUNDLED_PACKAGES).map(([folder, bundled]) => ({
      name: `declared-packages-only-in-${folder.replace('/', '-')}`,
      comment: `src/${folder} is bundled when it is built, with ${bundled}.`,
      severity: 'error',
      from: { path: `^src/${folder}/` },
      to: { path: 'node_modules/', pathNot: packages(`${DECLARED_PACKAGES}|${bundled}`) },
    })),
    {
      name: 'published-code-stands-alone',
      comment: 'src/ knows neither its tests nor the samples.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|samples|docs)/' },
    },
    {
      name: 'samples-import-the-package',
      comment: 'A sample imports the package by its name, as a bot of one’s own would.',
      severity: 'error',
      from: { path: '^samples/' },
      to: { path: '^src/', dependencyTypesNot: ['aliased'] },
    },
    {
      name: 'resolvable',
      comment:
        'Every import leads somewhere. The `main` of agents-hosting-dialogs names a file that it does not have, Node 20 ' +
        'has no node:sqlite, and better-sqlite3 is not installed with the rest.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(@microsoft/agents-hosting-dialogs|node:sqlite|better-sqlite3)$' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['cjs', 'es6'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|coverage)/' },
  },
};
