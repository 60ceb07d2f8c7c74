/**
 * Kinds of ids. Each is a string, and none is assignable to another, so that a Page's id does not end up where a
 * customer's belongs.
 *
 * A plain string is assignable to all of them: ids come from webhooks, options and stores as strings, and an application that
 * names a thread should need no cast. So the compiler finds every id that changes its kind inside the package, and the
 * entry points check what comes from outside.
 */
declare const kind: unique symbol;

/** A string that says in its type what it names. */
type Id<Kind extends string> = string & { readonly [kind]?: Kind };

/** Page-scoped id of a customer, digits. */
export type Psid = Id<'Psid'>;
/** Id of a Facebook Page, digits. */
export type PageId = Id<'PageId'>;
/** Id of a Facebook app, digits; up to 17 of them, more than a JavaScript number holds. */
export type AppId = Id<'AppId'>;
/** Id of a handover: 128 random bits, hex. */
export type HandoverId = Id<'HandoverId'>;
/** Deduplication key of an event, see `eventKey`, or a random one of a turn without an event. */
export type EventKey = Id<'EventKey'>;
/** Names a process among those that share a store. */
export type ProcessId = Id<'ProcessId'>;
