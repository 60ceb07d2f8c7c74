/** The simulated VCC Live beside Messenger: its agents, and the Database API that a bot asks about them. */
import type { Weather } from '../weather.js';
import type { Wire } from '../wire.js';
import { ProjectAgents, type AgentState, type AgentView } from './agents.js';
import { PROJECT_ID, type ChatLog } from './chat-log.js';
import { DatabaseApi } from './database-api.js';

/** What `vccLiveAgents` and `vccLiveChats` need beside the address. Invented, and worth nothing elsewhere. */
export interface VccLiveAccess {
  readonly customer: string;
  readonly apiKey: string;
  readonly projectId: number;
}

/** What it works with. */
export interface SimulatedVccLiveDeps {
  readonly now: () => number;
  readonly wire: Wire;
  readonly weather: Weather;
  readonly chats: ChatLog;
}

const ACCESS: VccLiveAccess = { customer: 'simulated', apiKey: 'simulated-vcc-live-api-key', projectId: PROJECT_ID };
const STATE_WORDS: Readonly<Record<AgentState, string>> = {
  available: 'is logged in',
  paused: 'is on pause',
  atLimit: 'has reached the chat limit',
  loggedOut: 'is logged out',
};

/**
 * VCC Live's agents, as its Database API tells a bot about them. At the start Anna is logged in and available.
 *
 * To ask it: `vccLiveAgents({ ...simulator.vccLive.access, baseUrl: simulator.graphBaseUrl })`.
 */
export class SimulatedVccLive {
  /** Account, key and project for the Database API. */
  readonly access: VccLiveAccess = ACCESS;
  readonly #agents: ProjectAgents;
  readonly #chats: ChatLog;
  readonly #api: DatabaseApi;
  readonly #listeners = new Set<() => void>();

  /** @internal The simulator makes it. */
  constructor({ now, wire, weather, chats }: SimulatedVccLiveDeps) {
    this.#chats = chats;
    let isStarting = true;
    this.#agents = new ProjectAgents(now, ({ username, state }) => {
      if (isStarting) return;
      wire.note(`${username} ${STATE_WORDS[state]} at VCC Live`);
      for (const listener of [...this.#listeners]) listener();
    });
    this.#agents.set('Anna', 'available');
    isStarting = false;
    this.#api = new DatabaseApi({ wire, weather, agents: this.#agents, chats, ...ACCESS });
  }

  /** Everybody of the project, logged in or not. */
  get agents(): AgentView[] {
    return this.#agents.list();
  }

  /** The agent logs in, or comes back from a pause or from the limit. A new name joins the project. */
  logsIn(username: string): void {
    this.#agents.set(username, 'available');
  }

  /** The agent goes on pause, and stays logged in. */
  pauses(username: string): void {
    this.#agents.set(username, 'paused');
  }

  /** The agent has as many chats as the project allows, and gets no further one. */
  reachesLimit(username: string): void {
    this.#agents.set(username, 'atLimit');
  }

  /** The agent logs out. */
  logsOut(username: string): void {
    this.#agents.set(username, 'loggedOut');
  }

  /** Any of these by its name. */
  setState(username: string, state: AgentState): void {
    this.#agents.set(username, state);
  }

  /**
   * What `sessionId` holds in the chat log. VCC Live does not publish it: a number of VCC Live's own (default), or the
   * customer's PSID.
   */
  get sessionIds(): 'own' | 'psid' {
    return this.#chats.sessionIds;
  }

  set sessionIds(what: 'own' | 'psid') {
    this.#chats.sessionIds = what;
  }

  /** Calls a function after each change of an agent. @returns how to stop it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @internal The Database API below `/v2/`. */
  get api(): DatabaseApi {
    return this.#api;
  }
}
