/** The bot without a framework for the page of `npm start`: `npm start -- --bot plain`. */
import type { MessengerBotOptions, PagePolicies } from 'botbuilder-handover-vcclive/messenger';
import type { StartBot } from '../talk-to-agent/on-stage.js';
import { startPlainBot } from './bot.js';

/** The policies of the stage use nothing of a turn context, so their types are cast. */
export const startPlainBotOnStage: StartBot = (settings, say, how) => {
  // This bot has no dialogs, no storage for them, and texts of its own kind.
  const { pages = {}, ...shared } = how;
  const names = Object.keys(shared).filter((name) => name !== 'openPrompt' && name !== 'storage');
  const policies: Partial<MessengerBotOptions> = Object.fromEntries(
    names.map((name) => [name, shared[name as keyof typeof shared]]),
  );
  const own = Object.fromEntries(Object.keys(pages).map((pageId) => [pageId, policiesOfSecondPage]));
  return startPlainBot(settings, say, { ...policies, pages: own });
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
