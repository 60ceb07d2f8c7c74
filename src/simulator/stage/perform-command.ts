/**
 * Does what the page asked for, on the simulator.
 *
 * An act is answered as soon as the platform has accepted or refused it, not when its webhooks have been delivered:
 * a browser has six connections to a server, and slow weather would use them up.
 */
import { threadId } from '../../thread/key.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import { SimulatedRefusalError } from '../simulator-errors.js';
import type { ScenarioPlayer } from './play-scenario.js';
import type { StageAnswer, StageCommand, ticketChanges } from './stage-words.js';
import type { ChangedTicket } from '../vcc-live-webhooks.js';
import type { StagedBot } from './scenarios/index.js';
import type { ThreadBoard } from './thread-board.js';
import type { WeatherBoard } from './weather-board.js';

/** What commands work on. */
export interface CommandDeps {
  readonly simulator: MessengerSimulator;
  readonly board: ThreadBoard;
  readonly weather: WeatherBoard;
  readonly player: ScenarioPlayer;
  /** Absent: the bot is somebody else's to start. */
  readonly bot: StagedBot | undefined;
  /** A PSID that nobody has yet. */
  readonly newPsid: () => string;
  /** Something changed that the wire does not tell: weather, clock. */
  readonly onChange: () => void;
}

/** What became of a command. 400: cannot be; 409: the platform refuses, or it is not the time. */
export interface CommandOutcome {
  readonly status: 200 | 400 | 409;
  readonly answer: StageAnswer;
}

const DONE: CommandOutcome = { status: 200, answer: { ok: true } };

/** Performs one command. Never rejects. */
export async function performCommand(command: StageCommand, deps: CommandDeps): Promise<CommandOutcome> {
  const { simulator, board, weather, player } = deps;
  const { settings } = simulator;
  const pageId = ('pageId' in command ? command.pageId : undefined) ?? settings.pageId;
  if (!settings.pages.some((page) => page.pageId === pageId)) {
    return wrong(`"pageId" must be one of ${settings.pages.map((page) => page.pageId).join(', ')}.`);
  }
  const customer = (psid: string): ReturnType<MessengerSimulator['customer']> => {
    board.know({ pageId, psid });
    return simulator.customer(psid, pageId);
  };
  const agent = simulator.agent(pageId);
  const inbox = simulator.pageInbox(pageId);
  switch (command.act) {
    case 'customerSays':
      return begun(customer(command.psid).says(command.text), deps);
    case 'customerTaps':
      return begun(customer(command.psid).taps(command.title, command.payload), deps);
    case 'customerPresses':
      return begun(customer(command.psid).presses(command.payload, command.title), deps);
    case 'customerSends': {
      const { type, url } = command;
      return begun(customer(command.psid).sends({ type, ...(url === undefined ? {} : { url }) }), deps);
    }
    case 'newCustomer': {
      const psid = deps.newPsid();
      const key = board.know({ pageId, psid }, command.name);
      return { status: 200, answer: { ok: true, psid, key } };
    }
    case 'crowdTalks': {
      const crowd = Array.from({ length: command.customers }, () => customer(deps.newPsid()));
      return begun(Promise.all(crowd.map((one) => one.says(command.text))), deps);
    }
    case 'agentSays':
      return begun(agent.says(command.psid, command.text), deps);
    case 'agentHandsBack':
      return begun(agent.handsBack(command.psid, handBackMetadata(command.disposition, command.note)), deps);
    case 'agentClosesChat':
      return begun(agent.closesChat(command.psid, { disposition: command.disposition }), deps);
    case 'agentChangesTicket':
      return begun(agent.changesTicket(command.psid, changeOf[command.change]), deps);
    case 'agentReleases':
      return begun(agent.releases(command.psid), deps);
    case 'agentTakes':
      return begun(agent.takes(command.psid), deps);
    case 'agentExtends':
      return begun(agent.extends(command.psid, command.hours * 3600), deps);
    case 'agentIsNow':
      simulator.vccLive.setState(command.username, command.state);
      return changed(undefined, deps);
    case 'inboxReplies':
      return begun(inbox.replies(command.psid, command.text), deps);
    case 'inboxMovesToMain':
      return begun(inbox.movesToMain(command.psid), deps);
    case 'inboxMarksDone':
      return marksDone(deps, { pageId, psid: command.psid }, inbox.marksDone(command.psid));
    case 'weather':
      return changed(weather.turn(command.id, command.value), deps);
    case 'calmWeather':
      simulator.weather.calm();
      return changed(undefined, deps);
    case 'clockForward':
      return begun(simulator.clock.advance(command.ms), deps);
    case 'resubscribe':
      simulator.resubscribe(pageId);
      return DONE;
    case 'restartBot': {
      const { bot } = deps;
      if (bot === undefined) return wrong('This stage cannot restart the bot.');
      return begun(
        bot.stop().then(() => bot.start()),
        deps,
      );
    }
    case 'scenarioStart': {
      const outcome = changed(player.start(command.id), deps);
      const key = player.view()?.threadKey;
      return outcome.answer.ok && key !== undefined ? { status: 200, answer: { ok: true, key } } : outcome;
    }
    case 'scenarioNext':
      return timely(player.next(), deps);
    case 'scenarioPlayAll':
      return timely(player.playAll(), deps);
    case 'scenarioStop':
      player.stop();
      return DONE;
  }
}

const changeOf: Readonly<Record<(typeof ticketChanges)[number], ChangedTicket>> = {
  waiting4agent: { substatus: 'waiting4agent' },
  waiting4entity: { substatus: 'waiting4entity' },
  park: { status: 'park' },
  successful: { status: 'closed', substatus: 'successful' },
  unsuccessful: { status: 'closed', substatus: 'unsuccessful' },
};

/** Waits until the act has been refused or has begun: refusals come without any waiting in between. */
async function begun(act: Promise<unknown>, deps: CommandDeps): Promise<CommandOutcome> {
  let answered = false;
  const refused = (error: unknown): CommandOutcome => {
    const outcome = asRefusal(error);
    if (answered && !outcome.answer.ok) deps.simulator.wire.note(`an act failed late: ${outcome.answer.problem}`);
    return outcome;
  };
  const refusal = await Promise.race([act.then(() => undefined, refused), nextTurnOfTheLoop()]);
  answered = true;
  deps.onChange();
  return refusal ?? DONE;
}

/** The Page inbox offers "done" whoever owns the thread; the platform then does nothing. A page should say so. */
async function marksDone(
  deps: CommandDeps,
  thread: { readonly pageId: string; readonly psid: string },
  act: Promise<void>,
): Promise<CommandOutcome> {
  const outcome = await begun(act, deps);
  const { owner } = deps.simulator.ownerOf(thread.psid, thread.pageId);
  if (owner === deps.simulator.settings.botAppId || !outcome.answer.ok) return outcome;
  const problem = `The Page inbox does not own ${threadId(thread)}, so marking it as done moves nothing.`;
  return { status: 409, answer: { ok: false, problem } };
}

async function timely(step: Promise<string | undefined>, deps: CommandDeps): Promise<CommandOutcome> {
  const problem = await Promise.race([step, nextTurnOfTheLoop()]);
  deps.onChange();
  return problem === undefined ? DONE : { status: 409, answer: { ok: false, problem } };
}

function changed(problem: string | undefined, deps: CommandDeps): CommandOutcome {
  deps.onChange();
  return problem === undefined ? DONE : wrong(problem);
}

function wrong(problem: string): CommandOutcome {
  return { status: 400, answer: { ok: false, problem } };
}

function asRefusal(error: unknown): CommandOutcome {
  const problem = error instanceof Error ? error.message : String(error);
  const graphError = error instanceof SimulatedRefusalError ? { graphError: error.answer } : {};
  return { status: 409, answer: { ok: false, problem, ...graphError } };
}

function handBackMetadata(disposition: string, note: string | undefined): string {
  return JSON.stringify({ disposition, ...(note === undefined ? {} : { note }) });
}

function nextTurnOfTheLoop(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(undefined));
  });
}
