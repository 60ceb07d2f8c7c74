/**
 * The people who answer chats at the simulated VCC Live: they log in and out, go on pause, and reach their chat limit.
 *
 * A bot sees them through `GET /v2/onlineusers/<projectId>`.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import { InvalidOptionError } from '../../thread/errors.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import { vccLiveTime } from './chat-log.js';

/** What an agent does. `atLimit`: as many chats as the project allows. */
export type AgentState = 'available' | 'paused' | 'atLimit' | 'loggedOut';

/** An agent of the project, logged in or not. */
export interface AgentView {
  readonly username: string;
  readonly state: AgentState;
}

/** VCC Live publishes one of its states, AVAILABLE4CALL. `PAUSE` is the simulator's guess. */
const PUBLISHED_STATE: Readonly<Record<Exclude<AgentState, 'loggedOut'>, string>> = {
  available: 'AVAILABLE4CALL',
  paused: 'PAUSE',
  atLimit: 'AVAILABLE4CALL',
};
const FIRST_USER_ID = 101;
const SECOND_MS = 1000;

interface Agent {
  readonly userId: number;
  readonly username: string;
  state: AgentState;
  changedAtMs: number;
}

/** The agents of the project. */
export class ProjectAgents {
  readonly #now: () => number;
  readonly #onChange: (view: AgentView) => void;
  readonly #agents = new Map<string, Agent>();

  constructor(now: () => number, onChange: (view: AgentView) => void) {
    this.#now = now;
    this.#onChange = onChange;
  }

  /** Changes an agent's state. An unknown name joins the project. @throws {@link InvalidOptionError} for an empty name */
  set(username: string, state: AgentState): void {
    if (username.trim() === '') throw new InvalidOptionError('username', 'empty', "an agent's name");
    const known = this.#agents.get(username);
    if (known?.state === state) return;
    const userId = known?.userId ?? FIRST_USER_ID + this.#agents.size;
    this.#agents.set(username, { userId, username, state, changedAtMs: this.#now() });
    this.#onChange({ username, state });
  }

  /** Everybody, logged in or not. */
  list(): AgentView[] {
    return [...this.#agents.values()].map(({ username, state }) => ({ username, state }));
  }

  /** The rows of `onlineusers`: those who are logged in. */
  online(): JsonObject[] {
    return [...this.#agents.values()].map((agent) => rowOf(agent, this.#now())).filter(isJsonObject);
  }
}

function rowOf({ userId, username, state, changedAtMs }: Agent, nowMs: number): JsonObject | undefined {
  if (state === 'loggedOut') return undefined;
  return {
    userId,
    username,
    state: PUBLISHED_STATE[state],
    stateDuration: Math.floor(Math.max(nowMs - changedAtMs, 0) / SECOND_MS),
    stateChangedAt: vccLiveTime(changedAtMs),
    softLimitReached: state === 'atLimit',
    hardLimitReached: state === 'atLimit',
  };
}
