/** Schedules that once showed a fault, each with what was wrong. They are played in every run of the tests. */
import type { Schedule } from './schedule.js';

const CALM: Omit<Schedule, 'moves'> = {
  processes: 1,
  template: 'everyTurn',
  store: 'memory',
  timers: false,
  inline: false,
  duplicates: 0,
  duplicatesCome: 'after',
  reorderMs: 0,
  delayMs: 0,
  batchingMs: 0,
  batchingApart: false,
  metaSkewMs: 0,
  processSkewsMs: [0, 0],
  timestampsInSeconds: false,
  habits: {
    passInformsPrevious: false,
    takeInforms: 'loser',
    previousOwnerWhenIdle: 'null',
    sendTakesIdle: true,
    receipts: false,
    standbyCarriesEverything: false,
  },
  seed: 1,
};

/** By what went wrong. */
export const FAILED_ONCE: Readonly<Record<string, Schedule>> = {
  'a handover whose pass was not confirmed was told as returned, and never as passed': {
    ...CALM,
    moves: [
      { gapMs: 0, act: { do: 'graphFails', fault: 'http500After', edge: 'pass_thread_control', ms: 0 } },
      { gapMs: 0, act: { do: 'graphFails', fault: 'rateLimit', edge: 'thread_owner', ms: 0 } },
      { gapMs: 0, act: { do: 'asksForAgent' } },
      { gapMs: 30_000, act: { do: 'agentHandsBack' } },
    ],
  },
  'a store that was lost while a dialog asked for its result threw at the bot': {
    moves: [
      { gapMs: 0, act: { do: 'graphFails', fault: 'code1After', edge: 'thread_owner', ms: 40_000 } },
      { gapMs: 0, act: { do: 'asksForAgent' } },
      { gapMs: 500, act: { do: 'graphFails', fault: 'code1After', edge: 'pass_thread_control', ms: 200 } },
      { gapMs: 20, act: { do: 'agentReleases' } },
      { gapMs: 3000, act: { do: 'says' } },
      { gapMs: 500, act: { do: 'graphFails', fault: 'slowBefore', edge: 'any', ms: 3000 } },
      { gapMs: 3000, act: { do: 'botSpeaksUp', process: 0 } },
      { gapMs: 500, act: { do: 'storeIsLost', forMs: 3000, process: 0 } },
      { gapMs: 30_000, act: { do: 'inboxIsDone' } },
    ],
    processes: 2,
    template: 'messagesOnly',
    store: 'redis',
    timers: false,
    inline: true,
    duplicates: 1,
    duplicatesCome: 'after',
    reorderMs: 0,
    delayMs: 100,
    batchingMs: 0,
    batchingApart: false,
    metaSkewMs: 180000,
    processSkewsMs: [-150000, 150000],
    timestampsInSeconds: true,
    habits: {
      passInformsPrevious: true,
      takeInforms: 'all',
      previousOwnerWhenIdle: 'null',
      sendTakesIdle: false,
      receipts: false,
      standbyCarriesEverything: true,
    },
    seed: 3,
  },
};
