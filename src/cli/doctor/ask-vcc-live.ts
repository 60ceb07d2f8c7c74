/** Asks VCC Live's Database API who is online, with the access that the bot's `vccLiveAgents` has. */
import { InvalidOptionError } from '../../thread/errors.js';
import { VccLiveDatabase } from '../../vcc-live/database-api.js';
import { readUser, type VccLiveUser } from '../../vcc-live/online-users.js';
import type { VccLiveApiSettings } from '../meta-settings.js';

/** The result. No text holds the key. */
export type VccLiveApiAnswer =
  | { readonly status: 'users'; readonly projectId: string; readonly users: readonly VccLiveUser[] }
  /** VCC Live was not asked: these variables are not set, or `why` says what is wrong with one. */
  | { readonly status: 'notAsked'; readonly why: string }
  | { readonly status: 'failed'; readonly why: string };

/** A person waits for doctor, not a customer. Milliseconds. */
const TIMEOUT_MS = 10_000;
const VARIABLE_OF = {
  customer: 'VCC_LIVE_CUSTOMER',
  apiKey: 'VCC_LIVE_API_KEY',
  projectId: 'VCC_LIVE_PROJECT_ID',
  baseUrl: 'VCC_LIVE_BASE_URL',
} as const;

/** Asks. Never rejects. */
export async function askVccLive({
  customer,
  apiKey,
  projectId,
  baseUrl,
}: VccLiveApiSettings): Promise<VccLiveApiAnswer> {
  if (customer === undefined || apiKey === undefined || projectId === undefined) {
    const given = { customer, apiKey, projectId };
    const missing = (['customer', 'apiKey', 'projectId'] as const).filter((name) => given[name] === undefined);
    const names = missing.map((name) => VARIABLE_OF[name]);
    return { status: 'notAsked', why: `${names.join(' and ')} ${names.length > 1 ? 'are' : 'is'} not set` };
  }
  const access = { customer, apiKey, projectId, timeoutMs: TIMEOUT_MS, ...(baseUrl === undefined ? {} : { baseUrl }) };
  try {
    const answer = await new VccLiveDatabase(access).rows(`onlineusers/${projectId}`);
    if (answer.kind === 'unusable') return { status: 'failed', why: answer.why };
    return { status: 'users', projectId, users: answer.rows.map(readUser) };
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const variable = Object.entries(VARIABLE_OF).find(([option]) => option === error.option)?.[1] ?? error.option;
    return { status: 'notAsked', why: `${variable} must be ${error.expected}` };
  }
}
