/** The sample bot on the Agents SDK for the page of `npm start`: `npm start -- --bot agents`. */
import type { StartBot } from '../talk-to-agent/on-stage.js';
import { startAgentsBot } from './bot.js';
import type { AgentsBotOptions } from './bot.js';

/** The policies of the stage use nothing of a turn context that differs between the frameworks, so their types are cast. */
export const startAgentsBotOnStage: StartBot = (settings, say, how) => {
  const policies = how as unknown as AgentsBotOptions;
  // A bot with routes has no dialogs whose prompt could be repeated.
  return startAgentsBot(settings, say, { ...policies, openPrompt: 'continue' });
};
