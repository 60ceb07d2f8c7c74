/** Where a turn of the plugin is kept between its doors: in Bot Framework's turn state, under a symbol of its own. */
import type { TurnContext } from 'botbuilder';
import type { ThreadEvent } from '../thread/event.js';
import type { Admission, Turn } from '../handover/turn.js';

const TURN = Symbol('botbuilder-handover-vcclive turn');
const ADMITTED = Symbol('botbuilder-handover-vcclive admission');

/** An admission that runs something. */
export type RunningAdmission = Exclude<Admission, { run: 'nothing' }>;

/** The plugin's turn behind a context, where its middleware has begun one. */
export function turnOf(context: TurnContext): Turn | undefined {
  // A bare context, as proactive code of Botkit makes it, has a turn state too; a mocked one may have none.
  const state = context.turnState as TurnContext['turnState'] | undefined;
  return state?.get<Turn | undefined>(TURN);
}

/** Remembers the plugin's turn. */
export function setTurn(context: TurnContext, turn: Turn): void {
  context.turnState.set(TURN, turn);
}

/** An event and what is to happen with it; `'unmanaged'` for an item without a thread. */
export interface AdmittedEvent {
  readonly event: ThreadEvent;
  readonly admission: RunningAdmission | 'unmanaged';
  /** The plugin's middleware has had it. */
  isRunning: boolean;
}

/** What our adapter decided before it began the turn. */
export function admittedIn(context: TurnContext): AdmittedEvent | undefined {
  const state = context.turnState as TurnContext['turnState'] | undefined;
  return state?.get<AdmittedEvent | undefined>(ADMITTED);
}

/** Remembers what our adapter decided. */
export function setAdmitted(context: TurnContext, admitted: AdmittedEvent): void {
  context.turnState.set(ADMITTED, admitted);
}
