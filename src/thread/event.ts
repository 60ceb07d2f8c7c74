/**
 * What a webhook item says, in one shape for all kinds. Only `webhook/` knows Meta's JSON.
 */
import type { AppId, PageId, Psid } from './ids.js';
import type { ThreadKey } from './key.js';

/** Every kind of webhook item. An item of kind `unknown` keeps its raw value and is never an error. */
export type ThreadEventKind =
  | 'message'
  | 'postback'
  | 'echo'
  | 'delivery'
  | 'read'
  | 'reaction'
  | 'messageEdit'
  | 'optin'
  | 'referral'
  | 'accountLinking'
  | 'passThreadControl'
  | 'takeThreadControl'
  | 'requestThreadControl'
  | 'appRoles'
  | 'policyEnforcement'
  | 'unknown';

/**
 * The array of the entry that had the item: `messaging` for the thread's owner, `standby` for the other subscribed apps,
 * `changes` for Page fields that have nothing to do with Messenger (and for unknown arrays).
 */
export type ThreadEventChannel = 'messaging' | 'standby' | 'changes';

/** A field of an event that holds an app id. */
export type AppIdField = 'appId' | 'previousOwnerAppId' | 'newOwnerAppId' | 'requestedOwnerAppId';

/** One item of one array of one webhook entry. */
export interface ThreadEvent {
  readonly kind: ThreadEventKind;
  readonly channel: ThreadEventChannel;
  /** The Page, from recipient or (on echoes) sender, else from the entry. Absent if the item names none. */
  readonly pageId?: PageId;
  /** The customer. On echoes this is the recipient. Absent on `app_roles`, `policy_enforcement` and Page changes. */
  readonly psid?: Psid;
  /** Meta's time in milliseconds since 1970. A stamp sent in seconds is multiplied by 1000. Absent if Meta sent none. */
  readonly timestampMs?: number;
  /** Present if Meta sent the stamp in seconds: its true time is anywhere within that second. */
  readonly timestampInSeconds?: true;
  /** Message id of a message, echo, postback, reaction or edit. */
  readonly mid?: string;
  /** Text of a message or echo; title of a postback is not text. */
  readonly text?: string;
  /** Payload of a quick reply or postback (absent on standby postbacks: Meta strips it). */
  readonly payload?: string;
  /** True on a message that reports that the customer removed one; it carries the `mid` of the message removed. */
  readonly isDeleted?: true;
  /** True on a notice of Meta's (`admin_text`), which no customer wrote. */
  readonly isNotice?: true;
  /** Echoes: the app that sent the message. Absent if Meta left it out. */
  readonly appId?: AppId;
  /** Thread control: who owned the thread before. `null` and a missing key are both absent. */
  readonly previousOwnerAppId?: AppId;
  /** Thread control: who owns the thread now. */
  readonly newOwnerAppId?: AppId;
  /** `request_thread_control`: the app that asks. */
  readonly requestedOwnerAppId?: AppId;
  /**
   * The fields above whose id came as a number beyond 2^53: a JSON parser outside this package has rounded it, and what
   * stands there is not the app's true id. The plugin's own events name an app of the options by its true id again.
   */
  readonly roundedAppIds?: readonly AppIdField[];
  /** Thread control and echoes: the string that came along. `null` is absent. */
  readonly metadata?: string;
  /** `app_roles`: roles by app id. */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** Reads and deliveries: everything up to this time, milliseconds. */
  readonly watermarkMs?: number;
  /** The item as it came. An integer beyond 2^53 is a string of its digits, if this package read the JSON. */
  readonly raw: unknown;
}

/** The thread of an event, if the event names a customer and a Page. */
export function threadOf(event: ThreadEvent): ThreadKey | undefined {
  return event.pageId !== undefined && event.psid !== undefined
    ? { pageId: event.pageId, psid: event.psid }
    : undefined;
}
