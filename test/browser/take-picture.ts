/**
 * Takes the picture of the page that the README shows, in the middle of a handover.
 *
 * `npx tsx test/browser/take-picture.ts` after a change of the page; it needs Chromium. Look at what it took, and
 * bring it to a palette (pngquant, ImageMagick): a test wants it small.
 */
import { resolve } from 'node:path';
import { HandoverError } from '../../src/thread/errors.js';
import { buildPage, launch, openStage } from './open-stage.js';

const PICTURE_FILE = resolve(__dirname, '..', '..', 'docs', 'images', 'stage.png');
/** The stage begins with one customer on each of its two Pages; the third one is new. */
const [KATA, BENCE, LILI] = ['6600112233445566', '6600112233445567', '6600112233445568'] as const;
/** Long enough for the page to have drawn what it was told. */
const DRAWN_AFTER_MS = 500;

async function main(): Promise<void> {
  await buildPage();
  const browser = await launch();
  if (!browser) throw new HandoverError('unexpected', 'There is no Chromium: nothing was taken.');
  const at = await openStage(browser);
  try {
    const page = await at.visit();
    const kata = at.simulator.customer(KATA);
    const bence = at.simulator.customer(BENCE, at.simulator.settings.pages[1]?.pageId);
    const lili = at.simulator.customer(LILI);
    const agent = at.simulator.agent();
    await kata.says('Hi! Where is my parcel?');
    await bence.says('Do you deliver to Szeged?');
    await lili.says('talk to agent');
    await kata.says('I want to talk to an agent');
    await agent.says(KATA, 'Hello Kata, this is Anna. Could you tell me your order number?');
    await kata.says('It is 4711-08.');
    await at.simulator.settled();
    await page.waitForTimeout(DRAWN_AFTER_MS);
    await page.screenshot({ path: PICTURE_FILE });
  } finally {
    await at.close();
    await browser.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
