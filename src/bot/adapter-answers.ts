/**
 * What the answer to a send says about the thread, by the adapter that carried it.
 *
 * The Facebook adapters speak to Meta: an id is Meta's, so Meta let the message through. Azure Bot Service's connector
 * answers for itself. Its id does not say that Meta took the message, and of a refusal it hands Meta's words on, or
 * nothing but the status.
 * @see https://github.com/microsoft/botframework-sdk/issues/808
 * @see https://github.com/microsoft/botframework-sdk/issues/4556
 */
import { fieldOf, isRecord, stringOf } from '../thread/read-unknown.js';
import type { BotAdapter } from './port.js';

/** What a refused send says about the thread: another app controls it, perhaps so, or nothing. */
export type RefusalSays = 'anotherApp' | 'perhapsAnotherApp' | 'nothing';

/** The name that the stock adapter has for Botkit; its subclasses inherit it. */
const FACEBOOK_ADAPTER_NAME = 'Facebook Adapter';
const SPEAKS_TO_META = Symbol.for('botbuilder-handover-vcclive.speaksToMeta');
const OTHER_APP = /another app is controlling this thread|not the thread owner/i;
/** The connector's statuses for what Meta refuses; 401 and 429 are its own. */
const REFUSED = [400, 403];

/** Marks an adapter that sends to Meta itself and has no name that says so. */
export function markSpeaksToMeta(adapter: object): void {
  Object.defineProperty(adapter, SPEAKS_TO_META, { value: true });
}

/**
 * Whether the adapter sends to Meta itself, so that an accepted send is Meta's word.
 * @param adapter a mocked context may have none
 */
export function speaksToMeta(adapter: BotAdapter | undefined): boolean {
  if (typeof adapter !== 'object') return false;
  return ('name' in adapter && adapter.name === FACEBOOK_ADAPTER_NAME) || SPEAKS_TO_META in adapter;
}

/** Reads the error of a connector's client. What other adapters throw says nothing here. */
export function readRefusal(thrown: unknown): RefusalSays {
  if (!(thrown instanceof Error)) return 'nothing';
  if (!REFUSED.includes(statusOf(thrown) ?? 0)) return 'nothing';
  return OTHER_APP.test(`${thrown.message}\n${bodyOf(thrown)}`) ? 'anotherApp' : 'perhapsAnotherApp';
}

/** The HTTP status. Bot Framework's client calls it `statusCode`. The Agents SDK's calls it `status`, as other clients do. */
function statusOf(error: Error): number | undefined {
  if ('statusCode' in error) return Number(error.statusCode);
  // A client of the application's own API may have a status, too. A connector's error has its answer beside it.
  return 'status' in error && isRecord(fieldOf(error, 'response')) ? Number(error.status) : undefined;
}

/** The answer's body: a text in Bot Framework's client, the text or what was parsed of it in the Agents SDK's. */
function bodyOf(error: Error): string {
  const response = fieldOf(error, 'response');
  const body = fieldOf(response, 'bodyAsText') ?? fieldOf(response, 'data');
  if (typeof body === 'string') return body;
  return stringOf(fieldOf(fieldOf(body, 'error'), 'message')) ?? stringOf(fieldOf(body, 'message')) ?? '';
}
