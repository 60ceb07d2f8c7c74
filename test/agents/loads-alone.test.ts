/** Each entry point loads without the packages of the other framework, and says what to install if its own are missing. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

const ROOT = join(__dirname, '../..');
const BOT_FRAMEWORK = String.raw`/^(botbuilder|botframework)/`;
const AGENTS = String.raw`/^@microsoft\/agents-/`;

/** Loads an entry in a process that has no packages whose names fit. What it prints: an export's type, or the error. */
async function load(entry: string, name: string, absent: string): Promise<string> {
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
      console.log(typeof require(${JSON.stringify(join(ROOT, 'src', entry))})[${JSON.stringify(name)}]);
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
      /^missingPeer: .*botbuilder\/agents|^missingPeer: .*Run: npm install botbuilder botbuilder-dialogs$/,
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
      '/^axios$/',
      '. leaves the error of another missing package as it is',
      /^MODULE_NOT_FOUND: Cannot find module 'axios'/,
    ],
  ];
  for (const [entry, name, absent, what, prints] of rows) {
    it(what, async () => {
      expect(await load(entry, name, absent)).to.match(prints);
    });
  }
});
