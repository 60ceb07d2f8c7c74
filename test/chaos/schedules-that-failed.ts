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
};
