/** Makes test/fixtures/recordings anew: `npx tsx test/recording/make-recordings.ts`. Each file is a story on one transport. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { playStory, recordedBots } from './recorded-bots.js';

const FOLDER = join(__dirname, '../fixtures/recordings');

async function make(name: string): Promise<void> {
  const file = join(FOLDER, `${name}.jsonl`);
  await rm(file, { force: true });
  const sim = await MessengerSimulator.start();
  const stop = await recordedBots[name]?.(sim, { record: file });
  await playStory(sim);
  await stop?.();
  await sim.stop();
}

void (async () => {
  for (const name of Object.keys(recordedBots)) await make(name);
})();
