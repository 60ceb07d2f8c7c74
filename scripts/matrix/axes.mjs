/**
 * What `npm run test:matrix` tries: the axes, cheapest first, their versions, and the steps of a cell.
 *
 * A peer's cell runs the tests that reach that peer, and no others: the rest cannot tell one of its versions from another. A
 * Node's cell runs everything that talks to Node: the build, the unit tests, and the stories of every host over real HTTP.
 * Browser, chaos, crash and fuzz tests are left to `npm test`: they are about this package's logic, which Node does not change.
 */

/** Every host plays the same stories here. */
const STORIES = 'test/integration/every-transport.test.ts';

/**
 * - `versions`: what npm gets for `name@version`; the newest that fits is installed. The first is the lowest that
 *   package.json promises
 * - `peer`: the package of package.json whose range the versions are of
 * - `install`: the packages that a version stands for
 * - `steps`: a step's name, the versions that it leaves out (`except`), and how it runs: `run` is a command in a copy of the
 *   repository, `tests` are arguments of `npm test --`, `freshBot` is an install into a fresh folder
 */
export const AXES = [
  {
    name: 'npm',
    title: 'npm',
    says:
      'The packed package and `botbuilder` are installed into a fresh folder, with nobody to ask: no terminal, `yes=false`, and with and ' +
      'without `CI`. Then the entry loads. "With dialogs" adds `botbuilder-dialogs` and `--ignore-scripts` ' +
      '([why](../README.md#install)). Node 22 runs every npm.',
    versions: ['10', '11', '12'],
    steps: [
      { name: 'install', freshBot: { packages: ['botbuilder'] } },
      { name: 'install, `CI=true`', freshBot: { packages: ['botbuilder'], env: { CI: 'true' } } },
      {
        name: 'install with dialogs',
        freshBot: { packages: ['botbuilder', 'botbuilder-dialogs'], flags: ['--ignore-scripts'] },
      },
    ],
  },
  {
    name: 'typescript',
    title: 'TypeScript',
    says:
      'A strict bot that imports every export path compiles against the types of the packed package and plays a handover, in both ways ' +
      'to find modules (`node16`, and `node10` below TypeScript 7). The repository itself compiles with the version in its `package.json`.',
    versions: ['5.4', '5.6', '5.8', '5.9', '6.0', '7.0'],
    steps: [
      { name: 'a bot compiles and works', tests: ['test/package/packed-package.test.ts', '--grep', 'TypeScript bot'] },
    ],
  },
  {
    name: 'redis',
    title: 'redis',
    says: "The package's types, and the tests of stores and inboxes with a real Redis, a cluster and several processes.",
    peer: 'redis',
    versions: ['5.0', '5', '6'],
    install: ['redis', '@redis/client'],
    steps: [
      { name: 'types', run: ['node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit'] },
      {
        name: 'stores and inboxes',
        tests: [
          'test/store/redis-store.test.ts',
          'test/store/redis-inbox.test.ts',
          'test/store/redis-cluster.test.ts',
          'test/store/redis-cluster-failover.test.ts',
          'test/store/redis-inbox-cluster.test.ts',
          'test/integration/redis-round-trips.test.ts',
          'test/integration/redis-cluster-failover.test.ts',
        ],
      },
    ],
  },
  {
    name: 'botkit',
    title: 'Botkit',
    says: 'The tests of the Botkit plugin, and the stories of every host.',
    versions: ['4.10', '4.15'],
    install: ['botkit'],
    steps: [
      {
        name: 'plugin',
        tests: [
          'test/botbuilder/botkit.test.ts',
          'test/botbuilder/botkit-webserver.test.ts',
          'test/integration/botkit-bot.test.ts',
        ],
      },
      { name: 'stories', tests: [STORIES] },
    ],
  },
  {
    name: 'agents',
    title: 'Microsoft 365 Agents SDK',
    says: "The package's types, the tests of its entry points for the SDK, and the stories of every host.",
    peer: '@microsoft/agents-hosting',
    versions: ['1.6', '1.7', '1.8'],
    install: ['@microsoft/agents-hosting', '@microsoft/agents-activity', '@microsoft/agents-hosting-express'],
    steps: [
      { name: 'types', run: ['node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit'] },
      { name: 'entry points', tests: ['test/agents'] },
      { name: 'stories', tests: [STORIES] },
    ],
  },
  {
    name: 'botbuilder',
    title: 'Bot Framework',
    says: "The package's types, the tests of adapter, dialogs and Azure's channel, and the stories of every host.",
    peer: 'botbuilder',
    versions: ['4.15', '4.19', '4.23'],
    install: [
      'botbuilder',
      'botbuilder-core',
      'botbuilder-dialogs',
      'botframework-connector',
      'botframework-schema',
      'botframework-streaming',
      'botbuilder-testing',
    ],
    steps: [
      { name: 'types', run: ['node', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noEmit'] },
      {
        name: 'adapter, dialogs, Azure',
        tests: [
          'test/botbuilder',
          'test/integration/azure-bot.test.ts',
          'test/integration/azure-channel.test.ts',
          'test/integration/handover-from-dialog.test.ts',
          'test/integration/handover-from-middleware.test.ts',
        ],
      },
      { name: 'stories', tests: [STORIES] },
    ],
  },
  {
    name: 'node',
    title: 'Node',
    says:
      'The build, the unit tests, the integration tests and the tests of every host. The lowest Node cannot run the test tools, so there ' +
      'the packed package plays a handover.',
    versions: ['20.18.1', '20', '22', '24', '26'],
    steps: [
      { name: 'a packed bot plays a handover', freshBot: { packages: ['botbuilder'] } },
      { name: 'build', except: ['20.18.1'], run: ['npm', 'run', 'build'] },
      { name: 'unit tests', except: ['20.18.1'], run: ['npm', 'run', 'test:unit'] },
      { name: 'stories of every host', except: ['20.18.1'], tests: [STORIES, 'test/agents', 'test/messenger'] },
      {
        name: 'integration and hosts',
        except: ['20.18.1'],
        tests: ['test/integration', 'test/botbuilder', 'test/graph', 'test/store/redis-store.test.ts'],
      },
    ],
  },
];
