/**
 * The sample bot's policies on the stage of `npm start`, so that you can watch each part of a handover's life there.
 *
 * The bot uses the stage's clock: if you do not want to wait for ten minutes, wind it forward.
 */
import { talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { PagePolicies } from 'botbuilder-handover-vcclive';
import { vccLiveAgents } from 'botbuilder-handover-vcclive/vcc-live';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SamplePolicies } from './bot.js';

const MINUTE_MS = 60_000;
const LOOPBACK = /^(?:localhost|127\.[\d.]+|0\.0\.0\.0|\[::1?\])$/;

/** What the policies need of the simulator. */
type Stage = Pick<MessengerSimulator, 'clock' | 'settings' | 'vccLive' | 'graphBaseUrl'>;

/** The stage's policies on that simulator. Its second Page, if there is one, has some of its own. */
export function stagePolicies(stage: Stage): SamplePolicies {
  const { clock, settings } = stage;
  const [, second] = settings.pages;
  return {
    clock,
    // Hears the wish in the middle of a prompt. Otherwise the root dialog recognises it, because it goes on afterwards.
    talkToAgent: ['an agent, please'],
    availability: agentsOnStage(stage),
    timers: { unclaimedMs: 10 * MINUTE_MS, idleMs: 30 * MINUTE_MS, maximumMs: 120 * MINUTE_MS },
    reclaim: { customer: talkToBotPhrases(['en']), agent: '#bot' },
    loopBreaker: { maxHandovers: 3, withinMs: 10 * MINUTE_MS },
    controlRequests: 'grantVccLive',
    openPrompt: 'repeat',
    pages: second === undefined ? {} : { [second.pageId]: policiesOfSecondPage },
  };
}

/**
 * Asks the simulated VCC Live over HTTP, as a bot asks the real one. If `HOST` makes the stage reachable from other machines by
 * plain HTTP, `vccLiveAgents` refuses the address, because its API key would be readable on the way.
 */
function agentsOnStage({ clock, vccLive, graphBaseUrl }: Stage): ReturnType<typeof vccLiveAgents> {
  if (!LOOPBACK.test(new URL(graphBaseUrl).hostname)) {
    return () =>
      Promise.resolve(vccLive.agents.some(({ state }) => state === 'available') ? 'available' : 'unavailable');
  }
  return vccLiveAgents({
    ...vccLive.access,
    baseUrl: graphBaseUrl,
    // Somebody on pause is logged in, too, so only this state counts.
    states: ['AVAILABLE4CALL'],
    // Each handover asks, so that a change on the page counts at once.
    cacheMs: 0,
    clock,
  });
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
