/**
 * Plays a story step by step, or all of it with pauses, in a thread of its own.
 *
 * The stories are data. This file knows what runs, what failed, and when the next step may begin.
 */
import type { PageSetUp } from '../wrong-settings.js';
import { sleep, type Clock } from '../../thread/clock.js';
import { threadId } from '../../thread/key.js';
import { scenarios, type Cast, type Scenario, type ScenarioNeed } from './scenarios/index.js';
import type { AgentView, ScenarioOffer, ScenarioView } from './stage-words.js';

/** Between two steps that play by themselves, milliseconds. */
const PAUSE_MS = 2500;

/** What a player works with. */
export interface ScenarioDeps {
  /** A new customer, and everybody who plays with them. */
  readonly cast: (scenario: Scenario) => Cast;
  /** Whether this stage has what a story needs. */
  readonly has: (need: ScenarioNeed) => boolean;
  /** The story on the page has changed. */
  readonly onChange: () => void;
  /** Of the pauses. */
  readonly timer: Clock;
  /** Default 2500 milliseconds. */
  readonly pauseMs?: number | undefined;
}

interface Playing {
  readonly scenario: Scenario;
  readonly cast: Cast;
  /** The agents before the story. */
  readonly agents: readonly AgentView[];
  /** The settings of the Page before the story. */
  readonly setUp: PageSetUp;
  played: number;
  state: ScenarioView['state'];
  problem?: string;
}

/** Plays one story at a time. */
export class ScenarioPlayer {
  readonly #deps: ScenarioDeps;
  #playing: Playing | undefined;

  constructor(deps: ScenarioDeps) {
    this.#deps = deps;
  }

  /** The menu: the stories that can be played here. */
  offers(): ScenarioOffer[] {
    return this.#playable().map(({ id, group, title, about }) => ({ id, group, title, about }));
  }

  /** The story that plays, or `null`. */
  view(): ScenarioView | null {
    if (this.#playing === undefined) return null;
    const { scenario, cast, played, state, problem } = this.#playing;
    const { id, group, title, about, steps } = scenario;
    return {
      id,
      group,
      title,
      about,
      threadKey: threadId(cast.customer),
      steps: steps.map(({ does, lookAt }) => ({ does, lookAt })),
      played,
      state,
      ...(problem === undefined ? {} : { problem }),
    };
  }

  /** Sets a story up in calm weather, with an agent who is there; nothing is played yet. @returns what is wrong with the request, or nothing */
  start(id: string): string | undefined {
    const playable = this.#playable();
    const scenario = playable.find((one) => one.id === id);
    if (scenario === undefined) return `"id" must be one of ${playable.map((one) => one.id).join(', ')}.`;
    this.stop();
    const cast = this.#deps.cast(scenario);
    const { agents } = cast.simulator.vccLive;
    cast.simulator.weather.calm();
    cast.simulator.vccLive.logsIn('Anna');
    const setUp = { ...cast.simulator.setUp };
    this.#playing = { scenario, cast, agents, setUp, played: 0, state: 'waiting' };
    this.#deps.onChange();
    return undefined;
  }

  /** Plays the next step; resolves when the step has ended. @returns what is wrong, or nothing */
  async next(): Promise<string | undefined> {
    const playing = this.#waiting();
    if (typeof playing === 'string') return playing;
    await this.#step(playing);
    return undefined;
  }

  /** Plays what is left, with pauses. @returns what is wrong, or nothing */
  async playAll(): Promise<string | undefined> {
    const playing = this.#waiting();
    if (typeof playing === 'string') return playing;
    await this.#step(playing);
    while (this.#playing === playing && playing.state === 'waiting') {
      playing.state = 'playing';
      this.#deps.onChange();
      await sleep(this.#deps.timer, this.#deps.pauseMs ?? PAUSE_MS);
      await this.#step(playing);
    }
    return undefined;
  }

  /** Closes the story, and calms the weather if the story was not over. */
  stop(): void {
    if (this.#playing === undefined) return;
    if (this.#playing.state !== 'over') calmDown(this.#playing);
    this.#playing = undefined;
    this.#deps.onChange();
  }

  #playable(): Scenario[] {
    return scenarios.filter(({ needs }) => needs === undefined || this.#deps.has(needs));
  }

  #waiting(): Playing | string {
    if (this.#playing === undefined) return 'No scenario has been started.';
    if (this.#playing.state !== 'waiting') return `The scenario is ${stateWords[this.#playing.state]}.`;
    return this.#playing;
  }

  async #step(playing: Playing): Promise<void> {
    const { scenario, cast } = playing;
    const step = scenario.steps[playing.played];
    if (step === undefined || this.#playing !== playing) return;
    playing.state = 'playing';
    playing.played += 1;
    this.#deps.onChange();
    try {
      await step.run(cast);
      await cast.simulator.settled();
      playing.state = playing.played < scenario.steps.length ? 'waiting' : 'over';
    } catch (error) {
      playing.state = 'failed';
      playing.problem = error instanceof Error ? error.message : String(error);
    }
    const ended = playing.state === 'over' || playing.state === 'failed';
    if (ended && this.#playing === playing) calmDown(playing);
    this.#deps.onChange();
  }
}

/** Calm weather, a running bot, and the agents and the settings of the Page as they were before the story. */
function calmDown({ cast: { simulator, bot }, agents, setUp }: Playing): void {
  simulator.weather.calm();
  Object.assign(simulator.setUp, setUp);
  for (const { username, state } of agents) simulator.vccLive.setState(username, state);
  bot?.start().catch((error: unknown) => {
    simulator.wire.note(`the bot's start failed: ${error instanceof Error ? error.message : String(error)}`);
  });
}

const stateWords: Readonly<Record<ScenarioView['state'], string>> = {
  waiting: 'waiting',
  playing: 'still playing a step',
  over: 'over',
  failed: 'broken off',
};
