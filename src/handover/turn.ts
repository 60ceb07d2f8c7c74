/** The types that use cases and hosts share: a turn, a recorded event, a decision about it. */
import type { ThreadEvent } from '../thread/event.js';
import type { AppId, EventKey } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { Conclusion, ThreadRecord, Waiting } from '../thread/record.js';
import type { Entered, Ticket } from '../thread/store.js';
import type { Verdict } from '../ownership/ledger.js';
import type { SuppressedReason } from './events.js';

/** When a call that succeeded was sent and answered, our clock. */
export interface AnsweredCall {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

const AFTER = 'after:';

/**
 * What brought a turn.
 * - `messaging`: an event that Meta delivered to the thread's owner, so Meta takes the thread for ours
 * - `standby`: an event that the bot only listens to
 * - `none`: no event: a proactive message, a timer, a call of the application
 */
export type TurnOrigin = 'messaging' | 'standby' | 'none';

/** One run of the bot for one event. It changes while the bot runs, and lives as long as the turn. */
export interface Turn {
  readonly thread: ThreadKey;
  /** Deduplication key of the event, or a random one if there is no event. */
  key: EventKey;
  readonly run: string;
  /** What lets this process run the turn. One that no ticket was taken for counts. */
  ticket: Ticket;
  readonly origin: TurnOrigin;
  /** The epoch that the turn speaks in; `undefined` if it could not be read. */
  epoch: number | undefined;
  /** Set if nothing more may leave this turn, and why. */
  blockedBecause: SuppressedReason | undefined;
  /** Set while the turn says what answers a customer who asks for a person: no pause of the Page's messages holds that up. */
  answersRequest?: boolean;
  /** A handover that came home lately, when the turn began: something may have to be done after it. */
  ended?: Conclusion | undefined;
  /** The results that a handler of the application waits for, oldest first, if there were any when the turn began. */
  due?: readonly Conclusion[] | undefined;
}

/** An event whose evidence has been folded in, before its turn. */
export interface RecordedEvent {
  readonly event: ThreadEvent;
  /** Absent if the item names no customer. */
  readonly thread?: ThreadKey;
  /** Who owned the thread before this event counted. */
  readonly before: Verdict;
  /** Who owns it by `record`. */
  readonly owner: Verdict;
  readonly record: ThreadRecord;
  /** `thread_owner` has to be asked before anything is concluded from this event. */
  readonly askOwner: boolean;
  /** The handover that this event ended. */
  readonly concluded?: Conclusion | undefined;
  /** Set when its turn comes: nothing has happened on the thread since `record` was read, as far as this process knows. */
  isFresh: boolean;
}

/** The answer to taking an event in. */
export type EnteredEvent = Entered<RecordedEvent>;

/** What is to happen with an event. */
export type TurnDecision =
  /** Run the bot's logic on it. `concluded`: a handover came home with it. */
  | { readonly run: 'logic'; readonly turn: Turn; readonly concluded?: Conclusion }
  /** Run the bot's logic on it as Bot Framework's `handoff.status`: somebody waits for that. */
  | { readonly run: 'handBack'; readonly turn: Turn; readonly concluded?: Conclusion; readonly metadata?: string }
  /** An agent has answered, and the bot's logic is to hear of it as `handoff.status`, in its customer's conversation. */
  | { readonly run: 'accepted'; readonly turn: Turn; readonly reference: unknown }
  /** A handover came home and nobody waits for that: only the plugin's own text is said. */
  | { readonly run: 'greeting'; readonly turn: Turn; readonly concluded: Conclusion }
  | { readonly run: 'nothing' };

/** How a handover reaches the customer and VCC Live. */
export interface HandoverOrder {
  /** `undefined`: only the id. */
  readonly metadata: string | object | undefined;
  /** Sends the notice as this turn. Absent: none is sent. */
  readonly sendNotice?: () => Promise<void>;
  /** Notice and pass in one call, if the Page allows it; then `sendNotice` is absent. */
  readonly passWithNotice?: (
    targetAppId: AppId,
    metadata: string,
    isWanted: () => Promise<boolean>,
  ) => Promise<AnsweredCall>;
  readonly waits: Waiting;
  /** Where to reach the customer outside any webhook; opaque here. */
  readonly reference?: unknown;
}

/** Whether something may leave the bot now. `known`: the ledger says `bot` already, an accepted send tells nothing new. */
export type Permission =
  | { readonly allowed: true; readonly newestStamp: number | undefined; readonly known: boolean }
  | { readonly allowed: false; readonly reason: SuppressedReason };

/** Whether a turn is the new run of one that began a handover and died. */
export function isRepeated(turn: Turn): boolean {
  return turn.blockedBecause === 'repeatedTurn';
}

/** The key of a turn that follows that of an event, under the ticket of the event. */
export function keyAfter(eventKey: EventKey): EventKey {
  return AFTER + eventKey;
}
