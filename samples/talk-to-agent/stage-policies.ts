/**
 * What the sample bot is given on the stage of `npm start`, so that each part of a handover's life can be watched there.
 *
 * The bot lives by the stage's clock: whoever does not want to wait for ten minutes winds it forward.
 */
import { talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { PagePolicies } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SamplePolicies } from './bot.js';

const MINUTE_MS = 60_000;

/** The policies of the stage, on that simulator. Its second Page, where it has one, has some of its own. */
export function stagePolicies({
  clock,
  weather,
  settings,
}: Pick<MessengerSimulator, 'clock' | 'weather' | 'settings'>): SamplePolicies {
  const [, second] = settings.pages;
  return {
    clock,
    // In the middle of a prompt, too. Elsewhere the root dialog recognises the wish, because it wants to go on afterwards.
    talkToAgent: ['an agent, please'],
    availability: () => (weather.noAgents ? 'unavailable' : 'available'),
    timers: { unclaimedMs: 10 * MINUTE_MS, idleMs: 30 * MINUTE_MS, maximumMs: 120 * MINUTE_MS },
    reclaim: { customer: talkToBotPhrases(['en']), agent: '#bot' },
    loopBreaker: { maxHandovers: 3, withinMs: 10 * MINUTE_MS },
    controlRequests: 'grantVccLive',
    openPrompt: 'repeat',
    pages: second === undefined ? {} : { [second.pageId]: policiesOfSecondPage },
  };
}

const policiesOfSecondPage: PagePolicies = {
  texts: { connecting: 'The workshop is being called. One moment, please.' },
  inlineThreadControl: true,
  satisfactionQuestion: {
    ask: {
      type: 'message',
      text: 'How was it with our agent?',
      channelData: {
        quick_replies: ['1', '2', '3', '4', '5'].map((title) => ({
          content_type: 'text',
          title,
          payload: `RATING_${title}`,
        })),
      },
    },
  },
};
