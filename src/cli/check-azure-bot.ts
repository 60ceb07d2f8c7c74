/**
 * Asks a bot behind Azure Bot Service whether it is there, and says in words what is wrong with its answers.
 *
 * `checkBot` does the same for a bot that takes Meta's webhooks itself. This one posts nothing: any activity would run the
 * bot's logic, and a body that is no activity ends some bots' processes.
 */
import { silenceTrouble, type BotVerdict } from './check-bot.js';
import { shownAddress } from './shown-address.js';

/** Azure Bot Service's own limit, real milliseconds. */
const ANSWER_WITHIN_MS = 15_000;

/** Sends a GET, which every HTTP server answers somehow. Never rejects. */
export async function checkAzureBot(url: string, answerWithinMs = ANSWER_WITHIN_MS): Promise<BotVerdict> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) });
    await response.text();
    return { ready: true, says: `The bot answers at ${shownAddress(url)}.` };
  } catch (error) {
    return { ready: false, says: silenceTrouble(url, error, answerWithinMs) };
  }
}

/** What is wrong when a bot answers an activity with this status; `undefined` if it took the activity. */
export function activityTrouble(url: string, status: number | undefined): string | undefined {
  if (status !== undefined && status >= 200 && status < 300) return undefined;
  const bot = `The bot at ${shownAddress(url)}`;
  switch (status) {
    case undefined:
      return `${bot} gave no answer to an activity. Its log may say why.`;
    case 401:
    case 403:
      return `${bot} answers ${status}: it wants a token of Azure Bot Service. Start it without MicrosoftAppId and MicrosoftAppPassword for this test.`;
    case 404:
      return `${bot} answers 404: there is nothing at that path. Give the bot's messaging endpoint with --bot.`;
    case 405:
      return `${bot} answers 405: that path takes no POST. Give the bot's messaging endpoint with --bot.`;
    default:
      return `${bot} answers ${status} to an activity: something in it failed, and its log says what.`;
  }
}
