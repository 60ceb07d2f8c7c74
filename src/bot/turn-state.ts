/** Keeps a turn of the plugin in the framework's turn state, under a symbol of its own. */
import type { ThreadEvent } from '../thread/event.js';
import type { Activity } from '../activities/activity.js';
import type { TurnDecision, Turn } from '../handover/turn.js';
import type { TurnContext } from './port.js';

/** A bare context, as proactive code of Botkit makes it, has one too; a mocked one may have none. */
export type TurnState = TurnContext['turnState'] | undefined;

const TURN = Symbol('botbuilder-handover-vcclive turn');
const DECIDED = Symbol('botbuilder-handover-vcclive decision');

/** A decision that runs something. */
export type RunningDecision = Exclude<TurnDecision, { run: 'nothing' }>;

/** The turn state of a context. Middleware is given a proxy, which is slow to ask: ask once. */
export function stateOf(context: TurnContext): TurnState {
  return context.turnState;
}

/** The plugin's turn behind a context, if its middleware has begun one. */
export function turnOf(context: TurnContext): Turn | undefined {
  return turnIn(stateOf(context));
}

/** {@link turnOf}, for callers that have the state. */
export function turnIn(state: TurnState): Turn | undefined {
  return state?.get(TURN) as Turn | undefined;
}

/** Remembers the plugin's turn. */
export function setTurn(state: TurnState, turn: Turn): void {
  state?.set(TURN, turn);
}

/** An event and what is to happen with it; `'unmanaged'` for an item without a thread. */
export interface DecidedEvent {
  readonly event: ThreadEvent;
  readonly decision: RunningDecision | 'unmanaged';
  /** That of the context. */
  readonly activity: Activity;
  /** The plugin's middleware has had it. */
  isRunning: boolean;
}

/** What our adapter decided before it began the turn. */
export function decidedIn(state: TurnState): DecidedEvent | undefined {
  return state?.get(DECIDED) as DecidedEvent | undefined;
}

/** Remembers what our adapter decided. */
export function setDecided(state: TurnState, decided: DecidedEvent): void {
  state?.set(DECIDED, decided);
}
