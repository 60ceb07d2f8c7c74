/** Each entry point loads without the packages that it can do without, and says what to install if its own are missing. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const ROOT = join(__dirname, '../..');
const BOT_FRAMEWORK = String.raw`/^(botbuilder|botframework)/`;
const AGENTS = String.raw`/^@microsoft\/agents-/`;
const DIALOGS = '/^botbuilder-dialogs$/';
const TYPE = (name: string): string => `typeof exported[${JSON.stringify(name)}]`;
/** The packages that are loaded by now, without those that compile. */
const LOADED = `[...new Set(Object.keys(require.cache).flatMap(
  (file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1] ?? [],
))].join(' ')`;
/** Bot Framework loads axios for calls of its own, and so do the older Agents SDKs. */
const FRAMEWORKS_LOAD_AXIOS = ['index.ts', 'agents/index.ts'];
const HANDOVER = "new exported.VccLiveHandover({ botAppId: '1', vccLiveAppId: '2', pageAccessToken: 'token' })";

/** Loads an entry in a process that has no packages whose names fit. Prints the expression's value, or the error. */
async function load(entry: string, expression: string, absent = '/^$/'): Promise<string> {
  const program = `
    const Module = require('node:module');
    const resolve = Module._resolveFilename;
    Module._resolveFilename = function (request, ...rest) {
      if (${absent}.test(request)) {
        throw Object.assign(new Error("Cannot find module '" + request + "'"), { code: 'MODULE_NOT_FOUND' });
      }
      return resolve.call(this, request, ...rest);
    };
    try {
      const exported = require(${JSON.stringify(join(ROOT, 'src', entry))});
      console.log(${expression});
    } catch (error) {
      console.log(error.code + ': ' + error.message);
    }`;
  const args = ['-r', 'tsx/cjs', '-e', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return stdout.trim();
}

describe('An entry point', function () {
  this.timeout(60_000);

  const rows: [entry: string, name: string, absent: string, what: string, prints: RegExp][] = [
    ['agents/index.ts', 'VccLiveHandover', BOT_FRAMEWORK, './agents loads without Bot Framework', /^function$/],
    [
      'agents/dialogs.ts',
      'handoverDialogs',
      BOT_FRAMEWORK,
      './agents/dialogs loads without Bot Framework',
      /^function$/,
    ],
    ['index.ts', 'VccLiveHandover', AGENTS, '. loads without the Agents SDK', /^function$/],
    [
      'agents/index.ts',
      'VccLiveHandover',
      String.raw`/^@microsoft\/agents-hosting-dialogs/`,
      './agents loads without the dialogs',
      /^function$/,
    ],
    [
      'index.ts',
      'VccLiveHandover',
      BOT_FRAMEWORK,
      '. says what to install without Bot Framework',
      /^missingPeer: .*Run: npm install botbuilder$/,
    ],
    [
      'agents/index.ts',
      'VccLiveHandover',
      AGENTS,
      './agents says what to install without the Agents SDK',
      /^missingPeer: .*Run: npm install @microsoft\/agents-hosting @microsoft\/agents-activity$/,
    ],
    [
      'agents/dialogs.ts',
      'handoverDialogs',
      String.raw`/^@microsoft\/agents-hosting-dialogs/`,
      './agents/dialogs says what to install without the dialogs',
      /^missingPeer: .*Run: npm install @microsoft\/agents-hosting-dialogs$/,
    ],
    [
      'index.ts',
      'VccLiveHandover',
      '/^botbuilder-core$/',
      '. leaves the error of another missing package as it is',
      /^MODULE_NOT_FOUND: Cannot find module 'botbuilder-core'/,
    ],
    ['index.ts', 'VccLiveHandover', DIALOGS, '. loads without the dialogs', /^function$/],
    ['botbuilder/botkit.ts', 'handoverPlugin', DIALOGS, './botkit loads without the dialogs', /^function$/],
  ];
  for (const [entry, name, absent, what, prints] of rows) {
    it(what, async () => {
      expect(await load(entry, TYPE(name), absent)).to.match(prints);
    });
  }

  it('. has a plugin whose dialog() and step() say what to install without the dialogs', async () => {
    for (const call of ['dialog()', 'step()']) {
      expect(await load('index.ts', `${HANDOVER}.${call}`, DIALOGS)).to.equal(
        `missingPeer: handover.${call} needs botbuilder-dialogs, which is not installed. Run: npm install botbuilder-dialogs`,
      );
    }
  });

  it('. has a plugin whose dialog() loads the dialogs', async () => {
    expect(await load('index.ts', `${HANDOVER}.dialog().id`)).to.equal('vccLiveHandover');
  });

  // Both cost more than the package itself. The first request to Meta or to VCC Live loads them.
  for (const [entry, what] of [
    ['index.ts', '.'],
    ['agents/index.ts', './agents'],
    ['messenger/index.ts', './messenger'],
    ['vcc-live/index.ts', './vcc-live'],
  ] as const) {
    it(`${what} loads no HTTP library of its own`, async () => {
      const packages = (await load(entry, LOADED)).split(' ');
      expect(packages, 'the list is one').to.include('tsx');
      expect(packages).to.not.include('undici');
      if (!FRAMEWORKS_LOAD_AXIOS.includes(entry)) expect(packages).to.not.include('axios');
    });
  }
});
