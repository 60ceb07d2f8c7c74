/** The words of a handover as bots use them: request, start, owner, result. */

import type { ChatDisposition, TranscriptLine } from './vcc-live-event.js';

/** What a bot asks for when it hands a thread to VCC Live. `Notice` is what the framework can send (text or activity). */
export interface HandoverRequest<Notice = unknown> {
  /** Short, machine readable or human; goes into `metadata` for VCC Live. Not the customer's words. */
  readonly reason?: string;
  /**
   * What the agent should know, in a sentence or two; goes into `metadata` behind the reason, redacted, and is the first to
   * be shortened if that gets longer than 1000 characters. Not added if the metadata is a string. A function or a
   * promise may make it; one that fails is one line in the log, and the handover goes on without it.
   */
  readonly summary?: string | Promise<string | undefined> | (() => string | undefined | Promise<string | undefined>);
  /** Replaces the metadata of the options for this handover. Objects are sent as JSON. At most 1000 characters arrive. */
  readonly metadata?: string | object;
  /** What the customer reads before the thread is passed. `null`: nothing. Default: `texts.connecting`. */
  readonly notice?: string | Notice | null;
}

/**
 * Why a handover did not begin.
 * - `alreadyWithAgent`: another app owns the thread, or a handover of it is in progress
 * - `unavailable`: `availability` said so
 * - `notMessenger`: the turn is of another channel
 * - `noThreadYet`: Meta names the customer by a `user_ref` only; the thread exists from the customer's first message on
 */
export type RefusedReason = 'alreadyWithAgent' | 'unavailable' | 'notMessenger' | 'noThreadYet';

/** What became of asking for a handover. */
export type HandoverStart =
  | { readonly status: 'passed'; readonly handoverId: string }
  | { readonly status: 'refused'; readonly reason: RefusedReason }
  | { readonly status: 'failed'; readonly error: Error; readonly handoverId?: string };

/** Who may write to the customer now. */
export interface ThreadOwner {
  readonly owner: 'bot' | 'vccLive' | 'other' | 'idle' | 'unknown';
  /** The owning app, if known. */
  readonly appId?: string;
  /** Since when, as far as evidence goes. Meta's clock, milliseconds since 1970. */
  readonly sinceMs?: number;
  /** When control ends unless something happens on the thread. Meta's clock, milliseconds since 1970. */
  readonly expiresMs?: number;
}

/**
 * How a handover ended.
 * - `completed`: VCC Live gave the thread back, or a message proved release or expiry, whether an agent answered or not
 * - `unclaimed`, `abandoned`: a timer ended it
 * - `takenBack`: by the bot, its user or the application
 * - `refused`, `failed`: it never began
 */
export type HandoverOutcome = 'completed' | 'unclaimed' | 'abandoned' | 'takenBack' | 'refused' | 'failed';

/** What brought the thread home. */
export type HandoverVia = 'passBack' | 'message' | 'take' | 'vccLiveWebhook' | 'timer' | 'none';

/** What the dialog that asked gets. */
export interface HandoverResult {
  /** Absent if the handover was refused before it had one. */
  readonly handoverId?: string;
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  /** From the request to the end, milliseconds. 0 if it never began. */
  readonly waitedMs: number;
  /** An agent of VCC Live wrote during the handover. Absent: none did, as far as standby events tell. */
  readonly answered?: true;
  /** From an agent's first words to the end, milliseconds. Absent if none wrote. */
  readonly agentMs?: number;
  /** The metadata that came back with the thread. */
  readonly metadata?: string;
  /** Why, if `outcome` is `refused`. */
  readonly reason?: RefusedReason;
  /** What went wrong, if `outcome` is `failed`. */
  readonly error?: Error;
  /** How the chat ended at VCC Live. This and what follows: if VCC Live's webhooks had told it by then. */
  readonly disposition?: ChatDisposition;
  /** The agent who had the chat last, by name. */
  readonly agent?: string;
  /** The queue that had the chat last, by name. */
  readonly queue?: string;
  /** The chat compared to the service level agreement, in VCC Live's words. */
  readonly slaStatus?: string;
  /** VCC Live's id of the chat. */
  readonly chatId?: string;
  /** VCC Live's id of the ticket. */
  readonly ticketId?: string;
  /** The ticket's last known sub-status: `successful`, `unsuccessful`, `waiting4agent`, `waiting4entity`. */
  readonly ticketSubstatus?: string;
  /** What customer and agent wrote, oldest first; only with `keepTranscript`. */
  readonly transcript?: readonly TranscriptLine[];
}
