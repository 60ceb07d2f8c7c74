/**
 * What VCC Live's webhooks say, in one shape for both kinds. Only `vcc-live/` knows VCC Live's JSON.
 */

/** How a chat ended, as VCC Live publishes it. Other words are kept as they came. */
export type ChatDisposition = 'completed' | 'lost' | 'missed' | (string & {});

/** One line of a chat's transcript. */
export interface TranscriptLine {
  /** Who wrote it, in VCC Live's words. */
  readonly from: string;
  /** Date and time as VCC Live wrote them; empty if it wrote none. */
  readonly date: string;
  readonly message: string;
}

/** Ids that both webhooks carry; integers at VCC Live, strings here. Absent if VCC Live left them out. */
interface VccLiveIds {
  readonly projectId?: string;
  readonly ticketId?: string;
  readonly contactId?: string;
  readonly entityId?: string;
}

/**
 * Chat (Async): an agent closed a chat.
 * @see https://vcc.live/?p=46317
 */
export interface ChatClosed extends VccLiveIds {
  readonly kind: 'chatClosed';
  readonly chatId?: string;
  readonly disposition?: ChatDisposition;
  readonly firstAgent?: string;
  readonly lastAgent?: string;
  readonly firstQueue?: string;
  readonly lastQueue?: string;
  /** The chat compared to the service level agreement, in VCC Live's words. */
  readonly slaStatus?: string;
  readonly platform?: string;
  readonly isSpam?: boolean;
  /** Oldest first, as VCC Live sent it; empty if it sent none. */
  readonly transcript: readonly TranscriptLine[];
  /** The body as it came. */
  readonly raw: unknown;
}

/**
 * Ticket Status (Async): a ticket was made, changed, closed or deleted. An update has only what changed, and the ids.
 * @see https://vcc.live/developers/webhook/async-webhook-requests/ticket-status-webhook
 */
export interface TicketChanged extends VccLiveIds {
  readonly kind: 'ticketChanged';
  readonly action?: 'add' | 'update' | 'delete' | (string & {});
  readonly ticketNo?: string;
  readonly status?: 'park' | 'closed' | (string & {});
  /** `waiting4agent`: in the queue still, or again. */
  readonly substatus?: 'waiting4agent' | 'waiting4entity' | 'successful' | 'unsuccessful' | (string & {});
  /** The body as it came. */
  readonly raw: unknown;
}

/** What VCC Live's webhooks say. */
export type VccLiveEvent = ChatClosed | TicketChanged;
