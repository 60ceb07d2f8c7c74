/** The types of a handover that bots use: request, start, owner, result. */

import type { AppId, HandoverId } from './ids.js';
import type { MetaApp } from './meta-apps.js';
import type { ChatDisposition, TranscriptLine } from './vcc-live-event.js';

/** What a bot asks for when it hands a thread to VCC Live. `Notice` is what the framework can send (text or activity). */
export interface HandoverRequest<Notice = unknown> {
  /** Short, machine readable or human; goes into `metadata` for VCC Live. Not the customer's words. */
  readonly reason?: string;
  /**
   * What the agent should know, in a sentence or two. Goes into `metadata` after the reason, redacted. If the metadata gets
   * longer than 1000 characters, the summary is shortened first. If the metadata is a string, the summary is not added. A
   * function or a promise may make it; if that fails, the plugin logs it and the handover goes on without a summary.
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

/** The result of a request for a handover. */
export type HandoverStart =
  | { readonly status: 'passed'; readonly handoverId: HandoverId }
  | { readonly status: 'refused'; readonly reason: RefusedReason }
  | { readonly status: 'failed'; readonly error: Error; readonly handoverId?: HandoverId };

/** Who may write to the customer now. */
export interface ThreadOwner {
  readonly owner: 'bot' | 'vccLive' | 'other' | 'idle' | 'unknown';
  /** The owning app, if known. */
  readonly appId?: AppId;
  /** Present if the owning app is one of Meta's own. */
  readonly metaApp?: MetaApp;
  /** Since when, as far as evidence shows. Meta's clock, milliseconds since 1970. */
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

/** How the thread returned to the bot. */
export type HandoverVia = 'passBack' | 'message' | 'take' | 'vccLiveWebhook' | 'timer' | 'none';

/** The result that the waiting dialog gets. */
export interface HandoverResult {
  /** Absent if the handover was refused before it had one. */
  readonly handoverId?: HandoverId;
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
  /** How the chat ended at VCC Live. This field and those below are present if VCC Live's webhooks came in time. */
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
