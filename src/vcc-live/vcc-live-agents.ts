/**
 * Asks VCC Live whether one of its agents is logged in and free: a function for the option `availability`.
 *
 * Lives on an export path of its own (`…/vcc-live`), because only some bots have access to VCC Live's Database API.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import { systemClock } from '../thread/clock.js';
import type { Availability } from '../availability/availability.js';
import type { VccLiveUser } from './online-users.js';
import { readUser, someoneIsAvailable } from './online-users.js';
import type { VccLiveDatabaseOptions } from './database-api.js';
import { checkMs, checkOption, VccLiveDatabase } from './database-api.js';

export type { VccLiveUser } from './online-users.js';

/** How VCC Live is asked. It lists the people who are logged in to the project as their primary project. */
export interface VccLiveAgentsOptions extends VccLiveDatabaseOptions {
  /**
   * Which people count as available: a list of states (`['AVAILABLE4CALL']`, in any case), or a function of the person.
   * Default: everybody who is logged in and below the hard limit, because VCC Live does not publish its states.
   */
  readonly states?: readonly string[] | ((user: VccLiveUser) => boolean);
  /** How long an answer counts, milliseconds. Default 5000. `0`: every handover asks. */
  readonly cacheMs?: number;
}

const CACHE_MS = 5000;

/**
 * A function for the option `availability`. It answers `available` or `unavailable`, and `unknown` when VCC Live cannot be
 * asked, so that no customer waits for a contact centre's database. Calls at the same time share one request.
 * @throws {@link InvalidOptionError} naming the option
 */
export function vccLiveAgents(options: VccLiveAgentsOptions): () => Promise<Availability> {
  const database = new VccLiveDatabase(options, ['states', 'cacheMs']);
  const { cacheMs = CACHE_MS, clock = systemClock } = options;
  checkMs('cacheMs', options.cacheMs, 0);
  const counts = countsBy(options.states);

  const ask = async (): Promise<Availability> => {
    const answer = await database.rows(`onlineusers/${database.projectId}`);
    if (answer.kind === 'rows') {
      return someoneIsAvailable(answer.rows.map(readUser), counts) ? 'available' : 'unavailable';
    }
    database.warn(
      answer.why,
      (why) =>
        `Whether an agent of VCC Live is available is unknown, so customers are handed over: ${why}. ` +
        'Check customer, apiKey and projectId of vccLiveAgents.',
    );
    return 'unknown';
  };

  /** `answeredAtMs` is missing while VCC Live is being asked. */
  let last: { readonly answer: Promise<Availability>; answeredAtMs?: number } | undefined;
  return () => {
    if (last && isFresh(last.answeredAtMs, clock.now(), cacheMs)) return last.answer;
    const asked: NonNullable<typeof last> = { answer: ask() };
    last = asked;
    return asked.answer.finally(() => {
      asked.answeredAtMs = clock.now();
    });
  };
}

/** A clock that was put back says nothing about an answer's age. */
function isFresh(answeredAtMs: number | undefined, nowMs: number, cacheMs: number): boolean {
  return answeredAtMs === undefined || (nowMs >= answeredAtMs && nowMs - answeredAtMs < cacheMs);
}

function countsBy(states: VccLiveAgentsOptions['states']): (user: VccLiveUser) => boolean {
  if (states === undefined) return () => true;
  if (typeof states === 'function') return states;
  const isList = Array.isArray(states) && states.every((state) => typeof state === 'string');
  checkOption(isList, 'states', 'a list of states, or a function');
  const names = new Set(states.map((state) => state.toUpperCase()));
  return ({ state }) => names.has(state.toUpperCase());
}
