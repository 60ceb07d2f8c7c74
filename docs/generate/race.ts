/**
 * Plays a race at the sample bot, and draws the thread into docs/images/race.svg: VCC Live takes the thread while a message is
 * on its way to the bot.
 *
 * `npx tsx docs/generate/race.ts`. What happened is kept beside this file, so that a test can compare drawing and data.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { MessengerSimulator } from '../../src/simulator/index.js';
import { putOnStage, stagePlatform } from '../../samples/talk-to-agent/on-stage.js';
import { timelineSvg } from '../../src/simulator/timeline/draw-timeline.js';
import { TimelineRecorder } from '../../src/simulator/timeline/record-timelines.js';
import type { ThreadTimeline } from '../../src/simulator/timeline/thread-timeline.js';

/** What happened. */
export const RACE = resolve(__dirname, 'race.json');
export const DRAWING = resolve(__dirname, '..', 'images', 'race.svg');
const PSID = '6600112233445566';
const DELAY_MS = 1200;

/** The drawing. */
export function drawnRace(timeline: ThreadTimeline): string {
  return timelineSvg(timeline);
}

async function playRace(): Promise<ThreadTimeline> {
  const simulator = await MessengerSimulator.start(stagePlatform);
  const bot = await putOnStage(simulator, () => undefined);
  const recorder = new TimelineRecorder(simulator, bot.handover);
  try {
    const customer = simulator.customer(PSID);
    await customer.says('Hello');
    await simulator.settled();
    simulator.weather.delayMs = DELAY_MS;
    const asked = customer.says('Where is my parcel?');
    await simulator.agent().takes(PSID);
    await asked;
    await simulator.settled();
    simulator.weather.delayMs = 0;
    await simulator.agent().says(PSID, 'Hello, this is Anna. I look for it.');
    await simulator.agent().handsBack(PSID);
    await simulator.settled();
    return recorder.timelineOf({ pageId: simulator.settings.pageId, psid: PSID }, 'Kata');
  } finally {
    recorder.close();
    await bot.stop();
    await simulator.stop();
  }
}

if (require.main === module) {
  void playRace().then((timeline) => {
    writeFileSync(RACE, `${JSON.stringify(timeline, null, 2)}\n`);
    writeFileSync(DRAWING, drawnRace(timeline));
  });
}
