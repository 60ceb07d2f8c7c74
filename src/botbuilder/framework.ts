/** Binds Bot Framework to the port of `bot/`. */
import type { Activity, BotAdapter } from 'botbuilder';
import { TurnContext } from 'botbuilder';
import type { Framework } from '../bot/port.js';
import { LeanTurnContext } from './lean-turn-context.js';
import { runMiddleware } from './run-middleware.js';

/**
 * Bot Framework, as `bot/` needs it. Its adapters and contexts come in as Bot Framework's and are narrowed there, so they
 * are cast back here.
 */
export const botFramework: Framework = {
  attachCall: 'handover.install(adapter, logic) or handover.attach(adapter, logic)',
  newContext: (adapter, activity) =>
    new LeanTurnContext(adapter as unknown as BotAdapter, activity as Partial<Activity>),
  runMiddleware: (adapter, context, logic) =>
    runMiddleware(adapter as unknown as BotAdapter, context as unknown as TurnContext, logic),
  referenceOf: (activity) => TurnContext.getConversationReference(activity as Partial<Activity>),
  continueConversation: ({ adapter, microsoftAppId }, given, logic) => {
    const bot = adapter as unknown as BotAdapter;
    const reference = given as Parameters<BotAdapter['continueConversation']>[0];
    return microsoftAppId === undefined
      ? bot.continueConversation(reference, logic)
      : bot.continueConversationAsync(microsoftAppId, reference, logic);
  },
};
