/**
 * Activities as bot frameworks have them: what is sent and received, and where.
 *
 * The Agents SDK's are the same shapes as Bot Framework's.
 */

/** Somebody who takes part in a conversation. */
export interface Account {
  id?: string;
  name?: string;
  role?: string;
}

/** A file or a card. */
export interface Attachment {
  contentType: string;
  contentUrl?: string;
  content?: unknown;
  name?: string;
}

/** A message or an event, incoming or outgoing. Nobody has checked the values: some of an incoming one are a stranger's. */
export interface Activity {
  type?: string;
  id?: string;
  name?: string;
  /** A picture has none; an event of the Facebook adapters has `null`. */
  text?: string | null;
  channelId?: string | undefined;
  serviceUrl?: string;
  locale?: string;
  timestamp?: Date | string;
  replyToId?: string;
  from?: Account;
  recipient?: Account;
  conversation?: { id: string; isGroup?: boolean };
  attachments?: Attachment[];
  attachmentLayout?: string;
  suggestedActions?: { to?: string[]; actions: unknown[] };
  value?: unknown;
  channelData?: unknown;
}

/** Where a conversation can be reached. */
export interface ConversationReference {
  activityId?: string;
  user?: Account;
  /** The bot. Bot Framework's name for it. */
  bot?: Account;
  /** The bot. The Agents SDK's name for it. */
  agent?: Account;
  conversation?: { id: string };
  channelId?: string;
  serviceUrl?: string;
  locale?: string;
}

/** The answer to one sent activity. `id` is empty if nothing was sent. */
export interface ResourceResponse {
  id: string;
}
