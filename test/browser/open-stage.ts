/** The whole of `npm start` in one process, with a browser in front of it. */
import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { MessengerSimulator, serveStage } from 'botbuilder-handover-vcclive/simulator';
import type { StageServer } from 'botbuilder-handover-vcclive/simulator';
import { putOnStage, stagePlatform } from '../../samples/talk-to-agent/on-stage.js';
import type { BotOnStage } from '../../samples/talk-to-agent/on-stage.js';
import { findChromium, HOW_TO_GET_ONE } from './find-chromium.js';

const REPOSITORY = resolve(__dirname, '..', '..');
/** A 2-core machine under load needs a while for its first page. */
export const BROWSER_LIMIT_MS = 120_000;
const LOOKS_WITHIN_MS = 45_000;

export interface OpenStage {
  readonly simulator: MessengerSimulator;
  readonly bot: BotOnStage;
  readonly stage: StageServer;
  /** A page that has its snapshot. Whatever goes wrong in it is in `faults`. `through`: an address that leads to the stage. */
  readonly visit: (options?: BrowserContextOptions & { readonly through?: string }) => Promise<Page>;
  readonly faults: string[];
  readonly close: () => Promise<void>;
}

/** The path of the built page. */
export const PAGE_FILE = join(REPOSITORY, 'dist', 'simulator', 'page', 'index.html');

/** Builds the page. */
export async function buildPage(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(REPOSITORY, 'scripts', 'build-page.mjs')]);
}

/** A browser, or nothing where this machine has none; says so once. */
export async function launch(): Promise<Browser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    // In CI these tests always run.
    if (process.env['CI'] && process.env['CI'] !== 'false') throw new Error(HOW_TO_GET_ONE);
    console.log(`      ${HOW_TO_GET_ONE}`);
    return undefined;
  }
  return chromium.launch({ executablePath });
}

/** Simulator, sample bot and stage on one port. */
export async function openStage(browser: Browser): Promise<OpenStage> {
  const simulator = await MessengerSimulator.start(stagePlatform);
  const bot = await putOnStage(simulator, () => undefined);
  const stage = serveStage(simulator, {
    ...bot.stage,
    pageFile: PAGE_FILE,
    pauseMs: 0,
  });
  const faults: string[] = [];
  const visit: OpenStage['visit'] = async ({ through = stage.url, ...options } = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      // A refusal of the platform is an answer with status 409, which a browser reports; the page shows it.
      if (message.type() === 'error' && !message.text().includes('409')) faults.push(message.text());
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(through) && !request.url().startsWith('data:'))
        faults.push(`loads ${request.url()}`);
    });
    page.setDefaultTimeout(LOOKS_WITHIN_MS);
    await page.goto(through);
    await page.getByRole('heading', { name: 'Customers' }).waitFor();
    return page;
  };
  const close = async (): Promise<void> => {
    await Promise.all(browser.contexts().map((context) => context.close()));
    stage.close();
    await bot.stop();
    await simulator.stop();
  };
  return { simulator, bot, stage, visit, faults, close };
}
