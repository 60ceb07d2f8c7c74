/**
 * The sample bot's policies on the stage of `npm start`, so that you can watch each part of a handover's life there.
 *
 * The bot uses the stage's clock: if you do not want to wait for ten minutes, wind it forward.
 */
import { talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { PagePolicies } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SamplePolicies } from './bot.js';

const MINUTE_MS = 60_000;

/** The stage's policies on that simulator. Its second Page, if there is one, has some of its own. */
export function stagePolicies({
  clock,
  weather,
  settings,
}: Pick<MessengerSimulator, 'clock' | 'weather' | 'settings'>): SamplePolicies {
  const [, second] = settings.pages;
  return {
    clock,
    // Hears the wish in the middle of a prompt. Otherwise the root dialog recognises it, because it goes on afterwards.
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
