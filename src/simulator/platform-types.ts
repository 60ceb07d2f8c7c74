/** What the platform knows: apps, Pages, threads, and what happens in them. */
import { type ConversationEventKind, type WebhookField } from './event-routing.js';
import { type Refusal, type ThreadTruth } from './thread-rules.js';
import { type JsonObject } from './webhook-items.js';

/** Who somebody in a conversation is. */
export type Speaker = 'customer' | 'bot' | 'agent' | 'inbox' | 'other';

/** One thing in a conversation, as the customer's telephone shows it. */
export interface ConversationEntry {
  readonly kind: 'message' | 'typing' | 'seen';
  readonly from: Speaker;
  /** The sending app; absent on the customer's own. */
  readonly appId?: string;
  /** Absent on typing and seen. */
  readonly mid?: string;
  readonly text?: string;
  /** Typing: whether it began. */
  readonly on?: boolean;
  /** The message as it was sent. */
  readonly message?: JsonObject;
  readonly atMs: number;
}

/** An event that an app inside the simulator received. */
export interface ReceivedEvent {
  readonly channel: 'messaging' | 'standby';
  readonly psid: string;
  readonly item: JsonObject;
  readonly atMs: number;
}

/** An app connected to a Page. */
export interface ConnectedApp {
  readonly appId: string;
  readonly role: 'bot' | 'vccLive' | 'inbox' | 'other';
  readonly name: string;
  readonly secret?: string;
  readonly proofRequired: boolean;
  readonly pageAccessToken?: string;
  /** Fields subscribed for the app; an event needs its field here and in `pageFields`. */
  readonly appFields: Set<WebhookField>;
  /** Fields subscribed for the Page. Empty: unsubscribed. */
  readonly pageFields: Set<WebhookField>;
  /** What it received, where it lives inside the simulator. */
  readonly received: ReceivedEvent[];
}

/** A Page with its apps and threads. The first app is the default application. */
export interface Page {
  readonly pageId: string;
  readonly defaultAppId: string;
  /** Gets the threads that begin in the Page's chat, when routing is on. */
  readonly entryAppId: string;
  readonly apps: ReadonlyMap<string, ConnectedApp>;
  readonly threads: Map<string, Thread>;
  /** Customers of the checkbox plugin, by `user_ref`. Absent: none has opted in. */
  userRefs?: Map<string, Thread>;
}

/** One customer's thread. */
export interface Thread {
  readonly psid: string;
  truth: ThreadTruth;
  readonly conversation: ConversationEntry[];
  /** Buttons by payload: who sent them, and their title. */
  readonly buttons: Map<string, { readonly appId: string; readonly title: string }>;
  cancelExpiry?: () => void;
  /** The `user_ref` of an opt-in, until the customer's next message names it. */
  optedInBy?: string;
}

/** What a customer does. `wakes`: it counts as activity of the customer. */
export interface CustomerAct {
  readonly kind: ConversationEventKind;
  readonly content: JsonObject;
  readonly wakes: boolean;
  readonly buttonAppId?: string | undefined;
  /** What their telephone shows of it. */
  readonly shows?: { readonly mid: string; readonly text?: string; readonly message: JsonObject };
}

/** A message that passed Graph's checks. */
export interface CheckedMessage {
  readonly message: JsonObject;
  readonly buttons: readonly { readonly payload: string; readonly title: string }[];
  readonly humanAgent: boolean;
  readonly control?: { readonly type: 'pass' | 'release'; readonly appId: string | undefined };
}

/** What came of sending. */
export type SendOutcome =
  { readonly allowed: true; readonly mid: string } | { readonly allowed: false; readonly why: Refusal };

/** What came of a thread control call. */
export type ControlOutcome = { readonly allowed: true } | { readonly allowed: false; readonly why: Refusal };
