/**
 * Which app hears of an event, and on which channel: pure.
 *
 * Exists because this is the part of the platform that bots get wrong: a non-owner hears on standby, without payloads,
 * but the app whose button was pressed hears on messaging whoever owns the thread.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/standby
 */

/** Webhook fields that can be subscribed to. */
export const webhookFields = [
  'messages',
  'messaging_postbacks',
  'messaging_handovers',
  'standby',
  'message_echoes',
  'message_deliveries',
  'message_reads',
  'messaging_referrals',
  'message_reactions',
  'messaging_optins',
  'messaging_policy_enforcement',
] as const;

/** One of {@link webhookFields}. */
export type WebhookField = (typeof webhookFields)[number];

/** Events of a conversation (control events have their recipients in `messenger-platform.ts`). */
export type ConversationEventKind =
  'message' | 'postback' | 'echo' | 'delivery' | 'read' | 'reaction' | 'referral' | 'optin';

/** An app connected to the Page, with the fields subscribed both for the app and for the Page. */
export interface Listener {
  readonly appId: string;
  readonly fields: ReadonlySet<WebhookField>;
  /** The Page setting "Access standby channel" of this app. */
  readonly standbyAccess: boolean;
}

/** Where a copy of an event goes. */
export interface Destination {
  readonly appId: string;
  readonly channel: 'messaging' | 'standby';
}

/** What decides about the destinations of one event. */
export interface RoutedEvent {
  readonly kind: ConversationEventKind;
  /** Owner when the event happened; `undefined`: idle. */
  readonly ownerAppId: string | undefined;
  readonly routing: boolean;
  readonly defaultAppId: string;
  /** Postbacks: the app that sent the button, if known. */
  readonly buttonAppId?: string | undefined;
  /** Reactions, referrals and optins also go to standby (U: Meta lists them nowhere). */
  readonly standbyCarriesEverything: boolean;
}

/** The field under which each event is subscribed to. */
const fieldOf: Readonly<Record<ConversationEventKind, WebhookField>> = {
  message: 'messages',
  postback: 'messaging_postbacks',
  echo: 'message_echoes',
  delivery: 'message_deliveries',
  read: 'message_reads',
  reaction: 'message_reactions',
  referral: 'messaging_referrals',
  optin: 'messaging_optins',
};

const DOCUMENTED_ON_STANDBY: ReadonlySet<ConversationEventKind> = new Set([
  'message',
  'postback',
  'echo',
  'delivery',
  'read',
]);

/** The destinations of an event, in the order of `listeners`. An app without the needed subscription hears nothing. */
export function destinations(event: RoutedEvent, listeners: readonly Listener[]): Destination[] {
  const found: Destination[] = [];
  for (const listener of listeners) {
    const channel = channelFor(event, listener.appId);
    if (hears(event, channel, listener)) found.push({ appId: listener.appId, channel });
  }
  return found;
}

function channelFor(event: RoutedEvent, appId: string): 'messaging' | 'standby' {
  // U: what the owner gets when another app's button is pressed. Modelled as a standby copy, like everybody else's.
  if (event.kind === 'postback' && event.buttonAppId !== undefined) {
    return event.buttonAppId === appId ? 'messaging' : 'standby';
  }
  if (event.ownerAppId !== undefined) return event.ownerAppId === appId ? 'messaging' : 'standby';
  if (!event.routing) return 'messaging';
  return event.defaultAppId === appId ? 'messaging' : 'standby';
}

function hears(event: RoutedEvent, channel: 'messaging' | 'standby', listener: Listener): boolean {
  const field = fieldOf[event.kind];
  if (channel === 'messaging') return listener.fields.has(field);
  if (!listener.standbyAccess || !listener.fields.has('standby')) return false;
  if (event.kind === 'echo') return listener.fields.has(field);
  return event.standbyCarriesEverything || DOCUMENTED_ON_STANDBY.has(event.kind);
}
