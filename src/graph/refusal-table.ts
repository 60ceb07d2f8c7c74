/**
 * The table of Meta's error codes: what each means, what to change, and which calls it stops.
 *
 * A code alone has several meanings (10 is "another app", "outside the window", "not reachable" and "permission
 * missing"). Meta sometimes leaves subcodes out, and writes texts in the language of the token's owner.
 * @see https://developers.facebook.com/docs/messenger-platform/error-codes
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
import type { GraphErrorCode } from '../thread/errors.js';

/**
 * Which calls a refusal stops, until a pause is over or until somebody changes something.
 * - `call`: this call alone. The next call is made, for this customer too
 * - `thread`: calls for this customer's thread, and for no other
 * - `sends`: the messages of the Page pause. Thread control goes on, and so does the answer to a customer who asks for a person
 * - `page`: all calls of the Page pause
 * - `token`: calls with this token
 */
export type Stops = 'call' | 'thread' | 'sends' | 'page' | 'token';

/** A row matches if everything that the row names does. `subcodes: [undefined]` is "no subcode". */
export interface Row {
  readonly codes?: readonly number[];
  readonly subcodes?: readonly (number | undefined)[];
  readonly text?: RegExp;
  readonly means: GraphErrorCode;
  readonly stops: Stops;
  readonly advice: string;
  /** What differs if the refused call was a message. */
  readonly onSend?: { readonly stops: Stops; readonly advice: string };
}

const OTHER_APP = 'Another app controls this thread. Ask thread_owner who, and stay silent until it comes back.';
const NOT_THREAD_OWNER =
  'The bot does not control this thread, so it cannot pass, release or prolong it. Ask thread_owner who does.';
const NEW_TOKEN = 'Make a new Page access token and give it as pageAccessToken.';
const PERMISSION =
  'A permission is missing. Check in the App Dashboard that the app is live and has pages_messaging and pages_manage_metadata with Advanced Access, and that the token was made after they were granted.';
const APP_SECRET =
  'The app demands appsecret_proof, or the proof was made with another secret. Set appSecret to the App Secret of the app that issued the Page access token.';
const ROUTING_OFF =
  'Conversation Routing is off for this Page. Set a default application in the Page settings (Advanced Messaging, Conversation Routing), and let the bot take control there.';
const TAKE_OFF =
  'The Page does not let this app take control. Allow it in the Page settings (Advanced Messaging, Connected apps, "Take control of conversations").';
const NO_TAKE =
  'Meta does not say why. Conversation Routing may be off, the Page may not let this app take control, or the bot may have control already: look at the Page settings (Advanced Messaging), and ask thread_owner.';
const APP_ID =
  'The target app id is wrong, or that app is not connected to this Page. Check vccLiveAppId with VCC Live, and the connected apps in the Page settings.';
const UNKNOWN_PSID =
  'Meta does not know this customer on this Page. PSIDs belong to one Page and cannot be used with another.';
const NOT_REACHABLE = 'The customer cannot be reached: blocked the Page, deleted the chat or closed the account.';
const WINDOW_OVER =
  "More than 24 hours have passed since the customer's last message. The bot may write again when the customer does.";
const META_FAULT = 'Meta had a fault of its own. It usually passes within seconds.';
const ABUSIVE_CONTENT =
  'Meta refuses what this message says, because people have reported such content as abusive. Only this message is stopped. Change its words or its link; look at Page Quality if it happens to many.';
const BLOCKED_MESSAGE =
  'Meta refuses this message by its policies. Only this message is stopped. Change what it says; look at Page Quality if it happens to many.';
const BLOCKED_PAGE =
  'Meta blocked this for breaking its policies. All calls for this Page pause for an hour. Look at Page Quality and the Support Inbox of the Page.';
const BLOCKED_SENDS =
  'Meta blocked the messages of this Page, because people reported them. They pause for an hour; handovers go on. Look at Page Quality and the Support Inbox of the Page.';
const ABUSE_WARNING =
  'Meta warned of abuse. All calls for this Page pause for an hour. Find out what sends so much, and look at Page Quality.';
const ABUSE_WARNING_OF_SENDS =
  'Meta warned of abuse. The messages of this Page pause for an hour; handovers go on. Find out what sends so much, and look at Page Quality.';

export const LOOK_UP = "Look the code and subcode up in Meta's list of error codes.";

/** Too many calls: those of the Page's messages, or all of the Page. */
export const THROTTLED = {
  means: 'rateLimited',
  stops: 'page',
  advice: 'Too many calls were made for this Page. Every further call makes the wait longer.',
  onSend: {
    stops: 'sends',
    advice:
      'Too many calls were made for this Page. Every further message makes the wait longer, so messages pause; handovers go on.',
  },
} as const satisfies Row;

/** Meta's own faults. */
export const FAULT_OF_META = { means: 'metaFault', stops: 'call', advice: META_FAULT } as const satisfies Row;

/** The first row that matches counts: code and subcode, then the text, then the code alone. */
export const ROWS: readonly Row[] = [
  // Code and subcode.
  { codes: [10], subcodes: [2018300], means: 'anotherAppOwns', stops: 'thread', advice: OTHER_APP },
  { codes: [100], subcodes: [2534037], means: 'anotherAppOwns', stops: 'thread', advice: OTHER_APP },
  { codes: [100], subcodes: [2018151], means: 'anotherAppOwns', stops: 'thread', advice: NOT_THREAD_OWNER },
  {
    // The parent code is not documented. Messenger itself owns the thread, which is the same as any other owner.
    subcodes: [2018321],
    means: 'anotherAppOwns',
    stops: 'thread',
    advice:
      "Messenger's own automated questions hold this thread. Wait until they pass it on; repeating does not help.",
  },
  { codes: [27], subcodes: [2018464, 2534123], means: 'misconfigured', stops: 'call', advice: ROUTING_OFF },
  // One production source, for Instagram; the code of its Messenger twin is not known.
  { codes: [27, 10], subcodes: [2534118], means: 'misconfigured', stops: 'call', advice: TAKE_OFF },
  {
    codes: [27],
    subcodes: [1893035],
    means: 'invalidCall',
    stops: 'call',
    advice: 'The bot has control of this thread already.',
  },
  { codes: [10], subcodes: [2018278, 2534022, 2018065], means: 'outsideWindow', stops: 'thread', advice: WINDOW_OVER },
  { codes: [10], subcodes: [2018108], means: 'customerUnreachable', stops: 'thread', advice: NOT_REACHABLE },
  { codes: [551], means: 'customerUnreachable', stops: 'thread', advice: NOT_REACHABLE },
  { codes: [200], subcodes: [1545041], means: 'customerUnreachable', stops: 'thread', advice: NOT_REACHABLE },
  {
    // It concerns the whole Page, but Meta does not say for how long. The bot must notice at once when the restriction ends.
    codes: [10],
    subcodes: [1404170, 1893063],
    means: 'policyViolation',
    stops: 'call',
    advice: 'Meta restricted this Page. Look at Page Quality and the Support Inbox of the Page.',
  },
  {
    codes: [200],
    subcodes: [2018028],
    means: 'permissionMissing',
    stops: 'call',
    advice:
      'The app is not live or lacks pages_messaging with Advanced Access, so it reaches only people with a role on the app. Change that in the App Dashboard.',
  },
  {
    codes: [200],
    subcodes: [2018027],
    means: 'permissionMissing',
    stops: 'call',
    advice: 'Recipients by phone number need pages_messaging_phone_number. Use the PSID.',
  },
  {
    codes: [190],
    subcodes: [2069032],
    means: 'misconfigured',
    stops: 'call',
    advice:
      "This is not a Page access token (a system user's or a person's). Give the Page's own token as pageAccessToken.",
  },
  {
    codes: [190, 102],
    subcodes: [458],
    means: 'invalidToken',
    stops: 'token',
    advice: `The person who made the token removed the app. Install it again. ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [459, 464],
    means: 'invalidToken',
    stops: 'token',
    advice: `The person who made the token must log in to Facebook and confirm the account. Then: ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [460],
    means: 'invalidToken',
    stops: 'token',
    advice: `The person who made the token changed the password, or Facebook ended the session. ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [463],
    means: 'invalidToken',
    stops: 'token',
    advice: `The token has expired. ${NEW_TOKEN} One made from a long-lived user token does not expire.`,
  },
  {
    codes: [190, 102],
    subcodes: [492],
    means: 'invalidToken',
    stops: 'token',
    advice: `The person who made the token lost the role on the Page. Give it back, or let another person make the token. ${NEW_TOKEN}`,
  },
  { codes: [190, 102], means: 'invalidToken', stops: 'token', advice: `The token is not valid. ${NEW_TOKEN}` },
  { codes: [100], subcodes: [2018164], means: 'misconfigured', stops: 'call', advice: APP_ID },
  { codes: [100], subcodes: [2018001, 33], means: 'customerUnreachable', stops: 'thread', advice: UNKNOWN_PSID },
  {
    codes: [613],
    subcodes: [2018338],
    means: 'policyViolation',
    stops: 'page',
    advice: ABUSE_WARNING,
    onSend: { stops: 'sends', advice: ABUSE_WARNING_OF_SENDS },
  },
  {
    // The content of one call: words that a bot repeats, a link. Of a message, and of what goes along as metadata.
    codes: [368],
    subcodes: [1346003],
    means: 'policyViolation',
    stops: 'call',
    advice: ABUSIVE_CONTENT,
  },
  {
    codes: [368],
    means: 'policyViolation',
    stops: 'page',
    advice: BLOCKED_PAGE,
    // Meta documents no subcode, and those that were seen on messages are about the message. If the Page is blocked,
    // Meta refuses its next message as well; if the Page is not blocked, other customers still get their messages.
    onSend: { stops: 'call', advice: BLOCKED_MESSAGE },
  },
  // Not in Meta's list. Vendors of chat bots have it from messages: "your Page has been blocked from sending messages".
  { codes: [2022], means: 'policyViolation', stops: 'sends', advice: BLOCKED_SENDS },
  {
    // "It is okay to ignore this error": the pause between two marketing messages to one customer.
    codes: [4],
    subcodes: [2018354],
    means: 'outsideWindow',
    stops: 'thread',
    advice: 'A marketing message to this customer came too soon after the one before.',
  },
  // 4 and 341 count by app, 17 and 32 by person. Each Page learns it by a call of its own, so that no Page stops another.
  { codes: [4, 17, 32, 341, 613, 80001, 80002, 80006], ...THROTTLED },
  { codes: [1], subcodes: [99], means: 'permissionMissing', stops: 'call', advice: PERMISSION },
  {
    codes: [1],
    subcodes: [1357046],
    means: 'metaFault',
    stops: 'call',
    advice: 'Meta says that in this case the message is usually delivered although an error came back.',
  },
  { codes: [2], ...FAULT_OF_META, advice: `${META_FAULT} If it stays, the customer may have blocked the Page.` },
  { codes: [1, 1200], ...FAULT_OF_META },

  // The text, if the subcode is missing or new. English only: Meta translates its texts.
  { text: /another app is controlling this thread/i, means: 'anotherAppOwns', stops: 'thread', advice: OTHER_APP },
  {
    codes: [100],
    text: /only the current thread owner can|not the thread owner/i,
    means: 'anotherAppOwns',
    stops: 'thread',
    advice: NOT_THREAD_OWNER,
  },
  // What a message is refused with in words of one third party: "(#10) The app is not the thread owner".
  { codes: [10], text: /not the thread owner/i, means: 'anotherAppOwns', stops: 'thread', advice: OTHER_APP },
  { text: /automated question and answer flow/i, means: 'anotherAppOwns', stops: 'thread', advice: OTHER_APP },
  {
    codes: [27],
    text: /conversation routing is not enabled/i,
    means: 'misconfigured',
    stops: 'call',
    advice: ROUTING_OFF,
  },
  { codes: [100], text: /appsecret_proof/i, means: 'misconfigured', stops: 'call', advice: APP_SECRET },
  { codes: [100], text: /incorrect app id/i, means: 'misconfigured', stops: 'call', advice: APP_ID },
  {
    codes: [100],
    text: /invalid fbid|no matching user/i,
    means: 'customerUnreachable',
    stops: 'thread',
    advice: UNKNOWN_PSID,
  },
  {
    codes: [10],
    text: /outside of (?:the )?allowed window/i,
    means: 'outsideWindow',
    stops: 'thread',
    advice: 'The bot may write again when the customer does.',
  },

  // The code alone.
  { codes: [10], subcodes: [undefined], means: 'permissionMissing', stops: 'call', advice: PERMISSION },
  { codes: [10], means: 'unknownAnswer', stops: 'call', advice: LOOK_UP },
  { codes: [3, 200, 210, 230], means: 'permissionMissing', stops: 'call', advice: PERMISSION },
  { codes: [27], means: 'misconfigured', stops: 'call', advice: NO_TAKE },
  // 105 and 194: too many or too few items in a list. 546: a type of file that Messenger does not take.
  {
    codes: [100, 105, 194, 546],
    means: 'invalidCall',
    stops: 'call',
    advice: 'Meta does not accept a parameter of this call.',
  },
];
