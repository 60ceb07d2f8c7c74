/**
 * Counts the files and functions of src/ that three stories of a customer execute, by V8's precise coverage.
 *
 *     npm run executed-files              the three counts beside their marks
 *     npm run executed-files -- --list    and every file with its functions
 *
 * The bot has the package's own adapter, the memory store, a dialog and a real HTTP server. Another customer plays the
 * same stories first, so that only what each event runs is counted, and not what a process does once. The pretend
 * platform runs in the same process from a second copy of the code: what it executes does not count. A story that does
 * not end as it has to ends the command with an error. A count above its mark does not.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Session } from 'node:inspector/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';

const require = createRequire(import.meta.url);
const { ConversationState, MemoryStorage } = require('botbuilder');
const { ComponentDialog, WaterfallDialog, runDialog } = require('botbuilder-dialogs');

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const sources = join(repository, 'src');
const copies = join(repository, '.bench', 'executed-files');
/** How often the customer before plays everything. The second time finds what the first has put into caches. */
const WARM_UPS = 2;

/** Not one of the plugin's own phrases, which begin a handover before the bot's dialogs run. */
const LATE_PARCEL = 'my parcel is late';

/** What the customer does, what the customer has to read at the end, and how many files may run for it. */
const STORIES = [
  {
    name: "a customer's message, answered",
    mark: 28,
    play: ({ customer }) => customer.says('hello'),
    read: 'bot: hello',
  },
  {
    name: '"talk to agent" from a dialog',
    mark: 36,
    play: ({ customer }) => customer.says(LATE_PARCEL),
    read: 'One moment, please.',
  },
  {
    name: "hand-back and the dialog's end",
    mark: 32,
    play: ({ agent, customer }) => agent.handsBack(customer.psid),
    read: 'ended: completed',
  },
];

const { values: options } = parseArgs({ options: { list: { type: 'boolean', default: false } } });
const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

const copyOfBot = compile(join(copies, 'bot'));
const stage = await openStage(copyOfBot, compile(join(copies, 'platform')));
try {
  for (let time = 0; time < WARM_UPS; time += 1) await playAll(`6600112233445${500 + time}`);
  print(await playAll('6600112233445599'));
} finally {
  await stage.close();
  session.disconnect();
}

/** Each file of src/ as the build compiles it, alone and without a check of its types. @returns the folder */
function compile(folder) {
  rmSync(folder, { recursive: true, force: true });
  const { compilerOptions } = ts.readConfigFile(join(repository, 'tsconfig.base.json'), (path) =>
    readFileSync(path, 'utf8'),
  ).config;
  for (const file of sourceFiles()) {
    const { outputText } = ts.transpileModule(readFileSync(join(sources, file), 'utf8'), {
      compilerOptions: { ...ts.convertCompilerOptionsFromJson(compilerOptions, repository).options, module: 1 },
    });
    const target = join(folder, file.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText);
  }
  return folder;
}

function sourceFiles() {
  return ts.sys
    .readDirectory(sources, ['.ts'], [join(sources, 'cli'), join(sources, 'simulator', 'page')])
    .map((path) => relative(sources, path));
}

/** The platform, and a bot that it delivers to. */
async function openStage(bot, platform) {
  const { MessengerSimulator } = require(join(platform, 'simulator', 'index.js'));
  const { VccLiveHandover } = require(join(bot, 'index.js'));
  const { HandoverFacebookAdapter } = require(join(bot, 'botbuilder', 'facebook-adapter.js'));
  const sim = await MessengerSimulator.start();
  const { botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken } = sim.settings;
  const logger = { info() {}, warn: console.error, error: console.error };
  const graph = { baseUrl: sim.graphBaseUrl };
  const handover = new VccLiveHandover({ botAppId, vccLiveAppId, pageAccessToken, appSecret, graph, logger });
  const adapter = new HandoverFacebookAdapter({ handover, verify_token: verifyToken });
  const logic = dialogLogic(handover);
  const server = createServer((req, res) => void adapter.processActivity(req, res, logic));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  sim.connectBot(`http://127.0.0.1:${server.address().port}/api/messages`);
  const close = async () => {
    await sim.stop();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  };
  return { sim, close };
}

/** Answers each message with its text. {@link LATE_PARCEL} begins a handover, and the next step says how it ended. */
function dialogLogic(handover) {
  const state = new ConversationState(new MemoryStorage());
  const property = state.createProperty('dialogs');
  const root = new ComponentDialog('root');
  root.addDialog(handover.dialog());
  root.addDialog(
    new WaterfallDialog('main', [
      async (step) => {
        const { type, text } = step.context.activity;
        if (type !== 'message') return step.endDialog();
        if (text === LATE_PARCEL) return step.replaceDialog('agent');
        await step.context.sendActivity(`bot: ${text}`);
        return step.endDialog();
      },
    ]),
  );
  const end = async (step) => {
    await step.context.sendActivity(`ended: ${step.result.outcome}`);
    return step.endDialog();
  };
  root.addDialog(new WaterfallDialog('agent', [handover.step(), end]));
  root.initialDialogId = 'main';
  return async (context) => {
    await runDialog(root, context, property);
    await state.saveChanges(context);
  };
}

/** Plays all stories with one customer. @returns what each executed */
async function playAll(psid) {
  const { sim } = stage;
  const who = { customer: sim.customer(psid), agent: sim.agent() };
  const executed = [];
  for (const { name, mark, play, read } of STORIES) {
    await executedSinceLastTime();
    await play(who);
    await sim.settled();
    const last = who.customer.hears().at(-1) ?? 'nothing';
    if (!last.includes(read)) throw new Error(`${name}: the customer has to read "${read}" and reads "${last}".`);
    executed.push({ name, mark, files: await executedSinceLastTime() });
  }
  return executed;
}

/** The functions of the bot's copy that ran since the last call, by file. A file's top level is no function. */
async function executedSinceLastTime() {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const home = `${pathToFileURL(copyOfBot).href}/`;
  const files = new Map();
  for (const { url, functions } of result) {
    const address = url.startsWith('/') ? pathToFileURL(url).href : url;
    if (!address.startsWith(home)) continue;
    const names = functions
      .filter(({ ranges: [range] }) => range.count > 0 && range.startOffset > 0)
      .map(({ functionName }) => functionName || '(anonymous)');
    if (names.length > 0) files.set(address.slice(home.length).replace(/\.js$/, '.ts'), names);
  }
  return new Map([...files].sort());
}

function print(executed) {
  for (const { name, mark, files } of executed) {
    const functions = [...files.values()].reduce((sum, names) => sum + names.length, 0);
    console.log(`${name}: ${files.size} files (mark ${mark}), ${functions} functions`);
    if (!options.list) continue;
    for (const [file, names] of files) console.log(`  ${file}: ${names.join(', ')}`);
  }
}
