/**
 * What the sample bot is given on the stage of `npm start`, so that each part of a handover's life can be watched there.
 *
 * The bot lives by the stage's clock: whoever does not want to wait for ten minutes winds it forward.
 */
import { talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SamplePolicies } from './bot.js';

const MINUTE_MS = 60_000;

/** The policies of the stage, on that simulator. */
export function stagePolicies({ clock, weather }: Pick<MessengerSimulator, 'clock' | 'weather'>): SamplePolicies {
  return {
    clock,
    availability: () => (weather.deskClosed ? 'unavailable' : 'available'),
    timers: { unclaimedMs: 10 * MINUTE_MS, idleMs: 30 * MINUTE_MS, maximumMs: 120 * MINUTE_MS },
    reclaim: { customer: talkToBotPhrases(['en']), agent: '#bot' },
    loopBreaker: { maxHandovers: 3, withinMs: 10 * MINUTE_MS },
    requests: 'grantVccLive',
  };
}
