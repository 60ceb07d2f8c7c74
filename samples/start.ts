/**
 * `npm start`: the sample bot, the simulated Messenger platform and VCC Live's agents on one port, seen in the browser.
 *
 * `PORT` (default 3978, or any free one if that is taken) and `HOST` (default the loopback address) may be set.
 * `npm start -- --demo` needs no page: it plays a whole handover in the terminal and ends. `--bot agents` takes the sample bot
 * on the Agents SDK, `--bot plain` one without a framework.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MessengerSimulator, serveStage } from 'botbuilder-handover-vcclive/simulator';
import type { SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import { openBrowser } from './open-browser.js';
import { startAgentsBotOnStage } from './agents-bot/on-stage.js';
import { startPlainBotOnStage } from './plain-bot/on-stage.js';
import { startBot } from './talk-to-agent/bot.js';
import { putOnStage, stagePlatform } from './talk-to-agent/on-stage.js';
import type { StartBot } from './talk-to-agent/on-stage.js';
import { playDemo } from './terminal/demo.js';

const DEFAULT_PORT = 3978;
const BUILD_PAGE = join(__dirname, '..', 'scripts', 'build-page.mjs');

/** The sample bots, by the name that `--bot` takes. */
const BOTS: Readonly<Record<string, StartBot>> = {
  'bot-framework': startBot,
  agents: startAgentsBotOnStage,
  plain: startPlainBotOnStage,
};

async function main(): Promise<void> {
  const start = wantedBot();
  if (process.argv.includes('--demo')) await demo(start);
  else await stage(start);
}

async function demo(start: StartBot): Promise<void> {
  const simulator = await MessengerSimulator.start(stagePlatform);
  const bot = await putOnStage(simulator, () => undefined, start);
  try {
    await playDemo(simulator, bot.handover, (line) => console.log(line));
  } finally {
    await bot.stop();
    await simulator.stop();
  }
}

async function stage(start: StartBot): Promise<void> {
  const [simulator] = await Promise.all([startSimulator(), promisify(execFile)(process.execPath, [BUILD_PAGE])]);
  const bot = await putOnStage(simulator, (line) => console.log(line), start);
  const { url, loopbackOnly } = serveStage(simulator, bot.stage);
  console.log(`\n  The stage is at ${url}\n`);
  console.log('  It runs the bot, Messenger and VCC Live for you: you need no Facebook account.');
  console.log(
    loopbackOnly
      ? '  Only this computer can open it. Stop it with Ctrl+C.\n'
      : '  Other computers can open it: whoever reaches the port can act as customer and agent. Stop it with Ctrl+C.\n',
  );
  openBrowser(url);
  const end = (): void => void Promise.all([bot.stop(), simulator.stop()]).then(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
}

/** The bot that the command line names. */
function wantedBot(): StartBot {
  const at = process.argv.indexOf('--bot');
  const name = at < 0 ? 'bot-framework' : (process.argv[at + 1] ?? '');
  const start = BOTS[name];
  if (start) return start;
  throw new Error(`--bot is "${name}". Set it to one of: ${Object.keys(BOTS).join(', ')}.`);
}

async function startSimulator(): Promise<MessengerSimulator> {
  const { PORT: wish, HOST: host } = process.env;
  const options: SimulatorOptions = { ...stagePlatform, ...(host ? { host } : {}) };
  if (wish) return MessengerSimulator.start({ ...options, port: portFrom(wish) });
  try {
    return await MessengerSimulator.start({ ...options, port: DEFAULT_PORT });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    console.log(`Port ${DEFAULT_PORT} is taken, so the stage uses another one. Set PORT=<number> to choose one.`);
    return MessengerSimulator.start(options);
  }
}

function portFrom(wish: string): number {
  const port = Number(wish);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`PORT is "${wish}". Set it to a number from 0 to 65535.`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
