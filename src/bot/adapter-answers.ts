/**
 * What the answer to a send says about the thread, by the adapter that carried it.
 *
 * The Facebook adapters speak to Meta: an id is Meta's, so Meta let the message through. Azure Bot Service's connector
 * answers for itself. Its id does not say that Meta took the message, and of a refusal it hands Meta's words on, or
 * nothing but the status.
 * @see https://github.com/microsoft/botframework-sdk/issues/808
 * @see https://github.com/microsoft/botframework-sdk/issues/4556
 */
import type { BotAdapter } from './port.js';

/** What a refused send says about the thread: another app controls it, perhaps so, or nothing. */
export type RefusalSays = 'anotherApp' | 'perhapsAnotherApp' | 'nothing';

/** The name that the stock adapter has for Botkit; its subclasses inherit it, and the host without a framework has it, too. */
export const FACEBOOK_ADAPTER_NAME = 'Facebook Adapter';
const OTHER_APP = /another app is controlling this thread|not the thread owner/i;
/** The connector's statuses for what Meta refuses; 401 and 429 are its own. */
const REFUSED = [400, 403];

/** Whether the adapter sends to Meta itself, so that an accepted send is Meta's word. */
export function speaksToMeta(adapter: BotAdapter): boolean {
  return 'name' in adapter && adapter.name === FACEBOOK_ADAPTER_NAME;
}

/** Reads the error of a connector's client. What other adapters throw says nothing here. */
export function readRefusal(thrown: unknown): RefusalSays {
  if (!(thrown instanceof Error) || !('statusCode' in thrown)) return 'nothing';
  if (!REFUSED.includes(Number(thrown.statusCode))) return 'nothing';
  return OTHER_APP.test(`${thrown.message}\n${bodyOf(thrown)}`) ? 'anotherApp' : 'perhapsAnotherApp';
}

/** The connector's client keeps the body beside what it could read of it. */
function bodyOf(error: Error): string {
  const response: unknown = 'response' in error ? error.response : undefined;
  if (typeof response !== 'object' || response === null || !('bodyAsText' in response)) return '';
  return typeof response.bodyAsText === 'string' ? response.bodyAsText : '';
}
