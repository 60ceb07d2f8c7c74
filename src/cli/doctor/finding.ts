/** The types of a check-up: what is checked, the result of each check, and the result of all. */

/** What is checked, in the order of the report. */
export const CHECKS = [
  'ids',
  'appSecret',
  'token',
  'tokenApp',
  'tokenPage',
  'tokenExpiry',
  'scopes',
  'apiVersion',
  'appSubscription',
  'callbackUrl',
  'appFields',
  'pageSubscription',
  'pageFields',
  'webhookChallenge',
  'webhookSignature',
  'webhookDelivery',
  'routing',
  'defaultApp',
  'socialRouting',
  'takeControl',
  'vccLive',
  'otherApps',
  'vccLiveApi',
  'ownerCalls',
  'threadOwner',
  'arrivals',
  'standbyAccess',
] as const;

/** One of {@link CHECKS}. */
export type CheckId = (typeof CHECKS)[number];

/**
 * - `ok`: right
 * - `red`: something does not work because of it
 * - `attention`: works, and will not for long, or is not as a guide asks
 * - `unchecked`: this machine cannot find out
 */
export type FindingStatus = 'ok' | 'red' | 'attention' | 'unchecked';

/** The result of one check. Every text is for a person and holds no secret. */
export interface Finding {
  readonly check: CheckId;
  readonly title: string;
  readonly status: FindingStatus;
  /** What was found. */
  readonly found: string;
  /** What was expected. Red and attention. */
  readonly expected?: string;
  /** What goes wrong because of it. Red and attention. */
  readonly why?: string;
  /** Which setting to change, and where. If unchecked: how a person can look at it. */
  readonly where?: string;
  /** Unchecked: the red line to fix first. */
  readonly blockedBy?: CheckId;
}

/** A field of the Page's webhooks, and what is lost without it. */
export interface NeededField {
  readonly field: string;
  readonly lost: string;
}

/** @see https://developers.facebook.com/docs/messenger-platform/webhooks#webhook-events */
export const NEEDED_FIELDS: readonly NeededField[] = [
  { field: 'messages', lost: 'the bot gets no messages of customers' },
  { field: 'messaging_postbacks', lost: 'buttons do nothing' },
  {
    field: 'messaging_handovers',
    lost: 'the bot does not learn when VCC Live passes a thread back, nor which app took it',
  },
  { field: 'standby', lost: 'while an agent has a thread, the bot gets no events of it and cannot know who owns it' },
  { field: 'message_echoes', lost: 'the bot does not see that an agent is answering' },
];

/** The permissions that the token needs. */
export const NEEDED_SCOPES = ['pages_messaging', 'pages_manage_metadata', 'pages_show_list'] as const;
/** The permission that VCC Live's guide asks of both apps. The handover itself does not need it. */
export const GUIDE_SCOPE = 'pages_messaging_phone_number';

/** Where the Page says which app gets its conversations. */
export const ROUTING =
  'the Page > Settings > Advanced messaging > Conversation routing (facebook.com or Meta Business Suite)';
/** Where the Page has the settings of each app. */
export const CONNECTED_APPS = 'the Page > Settings > Page setup > Advanced messaging > Connected apps';
