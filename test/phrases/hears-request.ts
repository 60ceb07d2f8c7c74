/** Asks the triggers of a bot about one message, as a turn does. */
import type { TurnContext } from 'botbuilder';
import type { TalkToAgent } from 'botbuilder-handover-vcclive';
import { ApplicationFunctions } from '../../src/thread/application-functions.js';
import { asksForAgent, triggersOf } from '../../src/bot/options/talk-to-agent.js';
import { systemClock } from '../../src/thread/clock.js';
import { loggerInto } from '../kit/loggers.js';

/** What was logged about functions that failed. */
export const logged: string[] = [];

const functions = new ApplicationFunctions({ clock: systemClock, log: loggerInto(logged, 'info', 'warn', 'error') });

/** @param text anything: a picture has none, and an adapter may put something else there */
export async function hearsRequest(
  talkToAgent: TalkToAgent | readonly TalkToAgent[],
  text: unknown,
  payload?: string,
): Promise<boolean> {
  const context = { activity: { type: 'message', text } } as unknown as TurnContext;
  const utterance = { context, text: typeof text === 'string' ? text : '', payload };
  return asksForAgent(utterance, triggersOf(talkToAgent, functions));
}
