/** The bots that all adapters of the comparison run. */
import type { TurnContext } from 'botbuilder';

/** What the bot does with a turn: nothing, one answer, or nothing for two seconds if the message says so. */
export type Bot = 'silent' | 'echo' | 'slow';
/** The HTTP server under the adapter. */
export type Framework = 'node' | 'restify';
/** A bot's logic. */
export type Logic = (context: TurnContext) => Promise<void>;

const SLOW_TURN_MS = 2_000;
const NS_PER_MS = 1e6;

/** How late each quick turn was, from the sending of its webhook to the bot's logic. */
export const latenessMs: number[] = [];

export function logicOf(bot: Bot): Logic {
  switch (bot) {
    case 'silent':
      return async () => undefined;
    case 'echo':
      return async (context) => {
        if (context.activity.type === 'message') await context.sendActivity(`You said: ${context.activity.text}`);
      };
    case 'slow':
      return async (context) => {
        const [word, sentAtNs] = context.activity.text.split(' ');
        if (word === 'slow') await new Promise((resolve) => setTimeout(resolve, SLOW_TURN_MS));
        else latenessMs.push(Number(process.hrtime.bigint() - BigInt(sentAtNs ?? 0)) / NS_PER_MS);
      };
  }
}
