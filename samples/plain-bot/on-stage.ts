/** The bot without a framework for the page of `npm start`: `npm start -- --bot plain`. */
import type { MessengerBotOptions, PagePolicies } from 'botbuilder-handover-vcclive/messenger';
import type { StartBot } from '../talk-to-agent/on-stage.js';
import { startPlainBot } from './bot.js';

/** The policies of the stage use nothing of a turn context, so their types are cast. */
export const startPlainBotOnStage: StartBot = (settings, say, how) => {
  const {
    clock,
    store,
    pageAccessToken,
    availability,
    timers,
    reclaim,
    loopBreaker,
    controlRequests,
    pages = {},
  } = how;
  const shared: object = { clock, store, pageAccessToken, availability, timers, reclaim, loopBreaker, controlRequests };
  const own = Object.fromEntries(Object.keys(pages).map((pageId) => [pageId, policiesOfSecondPage]));
  return startPlainBot(settings, say, { ...(shared as Partial<MessengerBotOptions>), pages: own });
};

const policiesOfSecondPage: PagePolicies = {
  texts: { connecting: 'The workshop is being called. One moment, please.' },
  inlineThreadControl: true,
  satisfactionQuestion: {
    ask: {
      text: 'How was it with our agent?',
      quickReplies: ['1', '2', '3', '4', '5'].map((title) => ({ title, payload: `RATING_${title}` })),
    },
  },
};
