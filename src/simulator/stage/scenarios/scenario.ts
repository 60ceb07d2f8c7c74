/** What a story of the stage is made of: who plays, what the stage must have, and the steps. */
import type { MessengerSimulator } from '../../messenger-simulator.js';
import type { SimulatedAgent, SimulatedCustomer, SimulatedPageInbox } from '../../people/index.js';
import type { ScenarioOffer } from '../stage-words.js';

/** Who plays. */
export interface Cast {
  readonly simulator: MessengerSimulator;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly inbox: SimulatedPageInbox;
  /** Absent if the stage cannot restart the bot. */
  readonly bot: StagedBot | undefined;
}

/** A bot that the stage can shut down and start again. */
export interface StagedBot {
  /** Does nothing if the bot runs. */
  start(): Promise<void>;
  /** Does nothing if the bot is down. */
  stop(): Promise<void>;
}

/** What not every stage has. */
export type ScenarioNeed = 'vccLiveWebhooks' | 'restart' | 'twoPages';

/** One step: what happens, and where to look while it does. */
export interface ScenarioStep {
  readonly does: string;
  readonly lookAt: string;
  readonly run: (cast: Cast) => Promise<unknown> | undefined;
}

/** One story. */
export interface Scenario extends ScenarioOffer {
  /** It is offered only if the stage has this. */
  readonly needs?: ScenarioNeed;
  /** The Page it plays on: the first, or the last, which may have policies of its own. Default `first`. */
  readonly page?: 'first' | 'last';
  readonly steps: readonly ScenarioStep[];
}
