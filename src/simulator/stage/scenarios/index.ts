/**
 * All stories of the stage, each a list of steps with a line that says what to look at.
 *
 * Data only: `play-scenario.ts` plays them.
 */
import { normalHandover } from './normal-handover.js';
import { beforeItStarts } from './before-it-starts.js';
import { whileItLasts } from './while-it-lasts.js';
import { howItEnds } from './how-it-ends.js';
import { severalThreads } from './several-threads.js';
import { settingsOfThePage } from './settings-of-the-page.js';
import { whatGoesWrong } from './what-goes-wrong.js';
import type { Scenario } from './scenario.js';

export type { Cast, Scenario, ScenarioNeed, StagedBot } from './scenario.js';

/** Every story, in the order of the menu. */
export const scenarios: readonly Scenario[] = [
  ...normalHandover,
  ...beforeItStarts,
  ...whileItLasts,
  ...howItEnds,
  ...severalThreads,
  ...whatGoesWrong,
  ...settingsOfThePage,
];
