/** The floor plan of src/ is kept, and the rules that say so can fail: each is broken once in a small house. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const REPOSITORY = resolve(__dirname, '..', '..');
const CRUISER = join(REPOSITORY, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');
const RULES = join(REPOSITORY, '.dependency-cruiser.cjs');
const TIME_LIMIT_MS = 60_000;

interface Findings {
  readonly modules: readonly string[];
  /** `rule: from → to`, sorted. */
  readonly violations: readonly string[];
}

const HOUSE_OF_FAULTS: Readonly<Record<string, string>> = {
  'src/index.ts':
    "export { box } from './attic/box.js';\nexport { plugin } from './botbuilder/plugin.js';\nexport { kept } from './store/redis-kept.js';\nexport { filed } from './store/sqlite-kept.js';\nexport { other } from './botbuilder/agents.js';",
  'src/attic/box.ts': 'export const box = 1;',
  'src/thread/word.ts': 'export const word = 1;',
  'src/thread/up.ts': "import type { Step } from '../ownership/step.js';\nexport type Up = Step;",
  'src/thread/hen.ts': "import type { Egg } from './egg.js';\nexport interface Hen { lays: Egg }",
  'src/thread/egg.ts': "import type { Hen } from './hen.js';\nexport interface Egg { from: Hen }",
  'src/thread/tested.ts': "import { fake } from '../../test/fake.js';\nexport const tested = fake;",
  'src/thread/lost.ts': "import { gone } from './gone.js';\nexport const lost = gone;",
  'src/ownership/step.ts': 'export type Step = 1;\nexport const step = 1;',
  'src/ownership/up.ts': "import type { Pass } from '../handover/pass.js';\nexport type Up = Pass;",
  'src/graph/call.ts': 'export type Call = 1;',
  'src/graph/beside.ts': "import type { Body } from '../webhook/body.js';\nexport type Beside = Body;",
  'src/webhook/body.ts': 'export type Body = 1;',
  'src/webhook/beside.ts': "import type { Keep } from '../store/keep.js';\nexport type Beside = Keep;",
  'src/webhook/left.ts': "import leftPad from 'left-pad';\nexport const left = leftPad;",
  'src/store/keep.ts': 'export type Keep = 1;',
  'src/store/beside.ts': "import type { Call } from '../graph/call.js';\nexport type Beside = Call;",
  'src/recording/beside.ts': "import type { Call } from '../graph/call.js';\nexport type Beside = Call;",
  'src/vcc-live/hear.ts': 'export type Hear = 1;',
  'src/vcc-live/beside.ts': "import type { Ask } from '../queue/ask.js';\nexport type Beside = Ask;",
  'src/queue/ask.ts': 'export type Ask = 1;',
  'src/activities/beside.ts': "import type { Hear } from '../vcc-live/hear.js';\nexport type Beside = Hear;",
  'src/phrases/fold.ts': 'export type Fold = 1;',
  'src/phrases/beside.ts': "import type { Step } from '../ownership/step.js';\nexport type Beside = Step;",
  'src/availability/beside.ts': "import type { Fold } from '../phrases/fold.js';\nexport type Beside = Fold;",
  'src/store/memory/kept.ts': "import type { Keep } from '../redis/keep.js';\nexport type Kept = Keep;",
  'src/store/redis/keep.ts': 'export type Keep = 1;',
  'src/store/call.ts': "import axios from 'axios';\nexport const call = axios;",
  'src/store/redis-kept.ts': "import { createClient } from 'redis';\nexport const kept = createClient;",
  'src/store/sqlite-kept.ts': "import Database from 'better-sqlite3';\nexport const filed = Database;",
  'src/handover/pass.ts': 'export type Pass = 1;',
  'src/handover/door.ts': "import type { box } from '../index.js';\nexport type Door = typeof box;",
  'src/handover/turn.ts': "import type { TurnContext } from 'botbuilder';\nexport type Turn = TurnContext;",
  'src/queue/up.ts': "import type { Pass } from '../handover/pass.js';\nexport type Up = Pass;",
  'src/bot/up.ts': "import type { Turn } from '../botbuilder/turn.js';\nexport type Up = Turn;",
  'src/bot/context.ts': "import type { TurnContext } from 'botbuilder';\nexport type Context = TurnContext;",
  'src/agents/index.ts':
    "import { turn } from '@microsoft/agents-hosting-dialogs';\nimport type { Turn } from '../botbuilder/turn.js';\nexport type Both = Turn | typeof turn;",
  'src/botbuilder/agents.ts': "import { turn } from '@microsoft/agents-hosting';\nexport const other = turn;",
  'src/botbuilder/turn.ts': 'export type Turn = 1;',
  'src/botbuilder/up.ts': "import type { run } from '../cli/run.js';\nexport type Up = typeof run;",
  'src/botbuilder/plugin.ts': "import { adapter } from './facebook-adapter.js';\nexport const plugin = adapter;",
  'src/botbuilder/facebook-adapter.ts': 'export const adapter = 1;',
  'src/botbuilder/other.ts':
    "import type { FacebookAdapter } from 'botbuilder-adapter-facebook';\nexport type Other = FacebookAdapter;",
  'src/messenger/beside.ts': "import type { Turn } from '../botbuilder/turn.js';\nexport type Beside = Turn;",
  'src/opentelemetry/beside.ts': "import type { Turn } from '../botbuilder/turn.js';\nexport type Beside = Turn;",
  'src/handover/meter.ts': "import { metrics } from '@opentelemetry/api';\nexport const meter = metrics;",
  'src/simulator/beside.ts': "import type { Turn } from '../botbuilder/turn.js';\nexport type Beside = Turn;",
  'src/simulator/borrow.ts': "import { step } from '../ownership/step.js';\nexport const borrow = step;",
  'src/cli/run.ts': "import leftPad from 'left-pad';\nexport const run = leftPad;",
  'src/simulator/page/app.ts': "import leftPad from 'left-pad';\nexport const app = leftPad;",
  'src/cli/operate.ts': "import { plugin } from '../botbuilder/plugin.js';\nexport const operate = plugin;",
  'src/cli/door.ts': "import type { box } from '../index.js';\nexport type Door = typeof box;",
  'samples/bot.ts': "import { word } from '../src/thread/word.js';\nexport const bot = word;",
  'test/fake.ts': 'export const fake = 1;',
  ...installed(
    '@microsoft/agents-hosting',
    '@microsoft/agents-hosting-dialogs',
    '@opentelemetry/api',
    'axios',
    'better-sqlite3',
    'botbuilder',
    'botbuilder-adapter-facebook',
    'left-pad',
    'redis',
  ),
};

describe('the floor plan', function () {
  this.timeout(TIME_LIMIT_MS);

  it('is kept by src/ and samples/', async () => {
    const { modules, violations } = await cruise(REPOSITORY, ['src', 'samples']);
    expect(violations).to.deep.equal([]);
    // The rules looked at the rooms, not at an empty folder.
    for (const file of [
      'src/index.ts',
      'src/thread/event.ts',
      'src/botbuilder/facebook-adapter.ts',
      'src/messenger/index.ts',
    ]) {
      expect(modules).to.include(file);
    }
  });

  it('is kept by a house in which every import goes downstairs', async () => {
    const house = await build({
      'src/index.ts': "export { hear } from './botbuilder/hear.js';",
      'src/botbuilder/hear.ts': "import { word } from '../thread/word.js';\nexport const hear = () => word;",
      'src/simulator/play.ts': [
        "import { createServer } from 'node:http';",
        "import { word } from '../thread/word.js';",
        'export const play = () => [word, createServer];',
      ].join('\n'),
      'src/thread/word.ts': "export const word = 'a';",
      'src/cli/run.ts': "import { program } from 'commander';\nexport const run = program;",
      'src/simulator/page/app.ts': "import { render } from 'preact';\nexport const app = render;",
      ...installed('commander', 'preact'),
      'samples/bot.ts': "import { hear } from 'house';\nhear();",
    });
    try {
      expect((await cruise(house, ['src', 'samples'])).violations).to.deep.equal([]);
    } finally {
      await rm(house, { recursive: true, force: true });
    }
  });

  describe('in a house that breaks every rule once', () => {
    let found: readonly string[];
    const broken = (rule: string): string[] =>
      found.filter((line) => line.startsWith(`${rule}: `)).map((line) => line.slice(rule.length + 2));

    before(async () => {
      const house = await build(HOUSE_OF_FAULTS);
      try {
        found = (await cruise(house, ['src', 'samples'])).violations;
      } finally {
        await rm(house, { recursive: true, force: true });
      }
    });

    it('finds an import that goes upstairs, even of a type', () => {
      expect(broken('floor-of-thread')).to.deep.equal(['src/thread/up.ts → src/ownership/step.ts']);
      expect(broken('floor-of-ownership')).to.deep.equal(['src/ownership/up.ts → src/handover/pass.ts']);
      expect(broken('floor-of-queue')).to.deep.equal(['src/queue/up.ts → src/handover/pass.ts']);
      expect(broken('floor-of-bot')).to.deep.equal(['src/bot/up.ts → src/botbuilder/turn.ts']);
      expect(broken('floor-of-botbuilder')).to.deep.equal(['src/botbuilder/up.ts → src/cli/run.ts']);
    });

    it('finds a room that imports its neighbour on the same floor', () => {
      expect(broken('floor-of-graph')).to.deep.equal(['src/graph/beside.ts → src/webhook/body.ts']);
      expect(broken('floor-of-webhook')).to.deep.equal(['src/webhook/beside.ts → src/store/keep.ts']);
      expect(broken('floor-of-store')).to.deep.equal(['src/store/beside.ts → src/graph/call.ts']);
      expect(broken('floor-of-recording')).to.deep.equal(['src/recording/beside.ts → src/graph/call.ts']);
      expect(broken('floor-of-phrases')).to.deep.equal(['src/phrases/beside.ts → src/ownership/step.ts']);
      expect(broken('floor-of-availability')).to.deep.equal(['src/availability/beside.ts → src/phrases/fold.ts']);
      expect(broken('floor-of-vcc-live')).to.deep.equal(['src/vcc-live/beside.ts → src/queue/ask.ts']);
      expect(broken('floor-of-activities')).to.deep.equal(['src/activities/beside.ts → src/vcc-live/hear.ts']);
      expect(broken('floor-of-messenger')).to.deep.equal(['src/messenger/beside.ts → src/botbuilder/turn.ts']);
      expect(broken('floor-of-simulator')).to.deep.equal(['src/simulator/beside.ts → src/botbuilder/turn.ts']);
    });

    it('finds a framework outside its own binding, and a binding that drags another framework in', () => {
      expect(broken('floor-of-agents')).to.deep.equal(['src/agents/index.ts → src/botbuilder/turn.ts']);
      expect(broken('agents-only-in-agents')).to.deep.equal([
        'src/botbuilder/agents.ts → node_modules/@microsoft/agents-hosting/index.js',
      ]);
      expect(broken('front-door-loads-without-agents')).to.deep.equal([
        'src/index.ts → node_modules/@microsoft/agents-hosting/index.js',
      ]);
      expect(broken('agents-load-without-bot-framework')).to.deep.equal([
        'src/agents/index.ts → src/botbuilder/turn.ts',
      ]);
      expect(broken('agents-dialogs-behind-their-own-door')).to.deep.equal([
        'src/agents/index.ts → node_modules/@microsoft/agents-hosting-dialogs/index.js',
      ]);
    });

    it('finds a room that goes through the front door', () => {
      expect(broken('floor-of-handover')).to.deep.equal(['src/handover/door.ts → src/index.ts']);
      expect(broken('floor-of-cli')).to.deep.equal(['src/cli/door.ts → src/index.ts']);
    });

    it('finds a room that is on no floor', () => {
      expect(broken('known-rooms-only')).to.deep.equal(['src/index.ts → src/attic/box.ts']);
    });

    it('finds files that need each other for types only', () => {
      expect(broken('no-cycles')).to.have.lengthOf.at.least(1);
      for (const line of broken('no-cycles'))
        expect(line).to.match(/src\/thread\/(hen|egg)\.ts → src\/thread\/(hen|egg)/);
    });

    it('finds packages in rooms that must not know them', () => {
      expect(broken('opentelemetry-only-in-its-room')).to.deep.equal([
        'src/handover/meter.ts → node_modules/@opentelemetry/api/index.js',
      ]);
      expect(broken('axios-only-in-graph')).to.deep.equal(['src/store/call.ts → node_modules/axios/index.js']);
      expect(broken('framework-only-in-botbuilder')).to.deep.equal([
        'src/bot/context.ts → node_modules/botbuilder/index.js',
        'src/handover/turn.ts → node_modules/botbuilder/index.js',
      ]);
      expect(broken('stock-adapter-only-in-facebook-adapter')).to.deep.equal([
        'src/botbuilder/other.ts → node_modules/botbuilder-adapter-facebook/index.js',
      ]);
      expect(broken('declared-packages-only')).to.deep.equal(['src/webhook/left.ts → node_modules/left-pad/index.js']);
      expect(broken('declared-packages-only-in-cli')).to.deep.equal([
        'src/cli/run.ts → node_modules/left-pad/index.js',
      ]);
      expect(broken('declared-packages-only-in-simulator-page')).to.deep.equal([
        'src/simulator/page/app.ts → node_modules/left-pad/index.js',
      ]);
    });

    it('finds a front door that drags Redis in, and a file that has no business with it', () => {
      expect(broken('redis-only-behind-its-own-door')).to.deep.equal([
        'src/store/redis-kept.ts → node_modules/redis/index.js',
      ]);
      expect(broken('front-door-loads-without-redis')).to.include('src/index.ts → src/store/redis-kept.ts');
    });

    it('finds a front door that drags SQLite in, and a file that has no business with it', () => {
      expect(broken('sqlite-only-in-its-driver')).to.deep.equal([
        'src/store/sqlite-kept.ts → node_modules/better-sqlite3/index.js',
      ]);
      expect(broken('front-door-loads-without-sqlite')).to.include('src/index.ts → src/store/sqlite-kept.ts');
    });

    it('finds a front door that drags the adapter in, however far away', () => {
      expect(broken('front-door-loads-without-adapter')).to.deep.equal([
        'src/index.ts → src/botbuilder/facebook-adapter.ts',
      ]);
    });

    it('finds a command that drags the framework’s room in', () => {
      expect(broken('command-line-loads-without-framework')).to.include(
        'src/cli/operate.ts → src/botbuilder/facebook-adapter.ts',
      );
    });

    it('finds a bot without a framework that drags one in', () => {
      expect(broken('messenger-loads-without-framework')).to.deep.equal([
        'src/messenger/beside.ts → src/botbuilder/turn.ts',
      ]);
    });

    it('finds a simulator that borrows from the plugin', () => {
      expect(broken('simulator-stands-alone')).to.include('src/simulator/borrow.ts → src/ownership/step.ts');
    });

    it('finds published code that needs tests, and a sample that reaches into src/', () => {
      expect(broken('published-code-stands-alone')).to.deep.equal(['src/thread/tested.ts → test/fake.ts']);
      expect(broken('samples-import-the-package')).to.deep.equal(['samples/bot.ts → src/thread/word.ts']);
    });

    it('finds an import that leads nowhere', () => {
      expect(broken('resolvable')).to.deep.equal(['src/thread/lost.ts → ./gone.js']);
    });

    it('leaves no rule of the floor plan unbroken', async () => {
      const { default: rules } = (await import(RULES)) as {
        readonly default: { readonly forbidden: readonly { readonly name: string }[] };
      };
      const names = new Set(found.map((line) => line.slice(0, line.indexOf(':'))));
      expect([...names].sort()).to.deep.equal(rules.forbidden.map(({ name }) => name).sort());
    });
  });
});

/** Builds a house of these files in a temporary folder. */
async function build(files: Readonly<Record<string, string>>): Promise<string> {
  const house = await mkdtemp(join(tmpdir(), 'floor-plan-'));
  const plan = { module: 'node16', paths: { house: ['./src/index.ts'] } };
  const all = {
    'package.json': JSON.stringify({ name: 'house', type: 'commonjs' }),
    'tsconfig.json': JSON.stringify({ compilerOptions: plan, include: ['src', 'samples'] }),
    ...files,
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(house, name)), { recursive: true });
    await writeFile(join(house, name), `${content}\n`);
  }
  return house;
}

function installed(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => [
      [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', main: 'index.js' })],
      [`node_modules/${name}/index.js`, 'module.exports = 1;'],
    ]),
  );
}

async function cruise(folder: string, what: readonly string[]): Promise<Findings> {
  const args = [CRUISER, ...what, '--config', RULES, '--output-type', 'json'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  const found = JSON.parse(stdout) as {
    readonly modules: readonly { readonly source: string }[];
    readonly summary: {
      readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { name: string } }[];
    };
  };
  const violations = found.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  return { modules: found.modules.map(({ source }) => source), violations: [...violations].sort() };
}
