/**
 * Tells what a refusal of the Graph API means: the table of Meta's codes.
 *
 * Exists because a code alone has several meanings (10 is "another app", "outside the window", "not reachable" and
 * "permission missing"), subcodes are sometimes left out, and texts are written in the language of the token's owner.
 * So: code and subcode first, then the text, then the code alone, and the HTTP status last.
 */
import type { GraphErrorKind, GraphOutcome } from './graph-api-error.js';

/** What Meta answered instead of doing the call. */
export interface Refusal {
  readonly httpStatus: number;
  readonly code?: number | undefined;
  readonly subcode?: number | undefined;
  readonly text: string;
  /** Meta's `error.is_transient`. */
  readonly isTransient: boolean;
}

/** What that means. */
export interface Verdict {
  readonly kind: GraphErrorKind;
  readonly outcome: GraphOutcome;
  readonly retryable: boolean;
  /** What it means and what to change where, in one or two sentences. */
  readonly advice: string;
  /** The token will not work again: stop all calls of the Page with it. */
  readonly tokenIsDead: boolean;
  /** The Page is to be left alone for a while, and which rule says for how long. */
  readonly pause?: 'throttled' | 'policy';
}

/** A row matches where everything it names does. `subcodes: [undefined]` is "no subcode". */
interface Row {
  readonly codes?: readonly number[];
  readonly subcodes?: readonly (number | undefined)[];
  readonly text?: RegExp;
  readonly kind: GraphErrorKind;
  readonly advice: string;
  readonly pause?: 'throttled' | 'policy';
  readonly tokenIsDead?: true;
}

/**
 * The subcode of `take_thread_control` for an app that has control already: what was asked for is so (seen in one
 * production code base, not documented).
 */
export const ALREADY_OWNER = { code: 27, subcode: 1893035 } as const;

const RETRYABLE_KINDS: readonly GraphErrorKind[] = ['rateLimit', 'transient', 'network', 'timeout'];

const OTHER_APP = 'Another app controls this thread. Ask thread_owner who, and stay silent until it comes back.';
const NOT_THREAD_OWNER =
  'The bot does not control this thread, so it cannot pass, release or prolong it. Ask thread_owner who does.';
const NEW_TOKEN = 'Make a new Page access token and give it as pageAccessToken.';
const THROTTLED = 'Too many calls were made for this Page. Every further call makes the wait longer.';
const PERMISSION =
  'A permission is missing. Check in the App Dashboard that the app is live and has pages_messaging and pages_manage_metadata with Advanced Access, and that the token was made after they were granted.';
const APP_SECRET =
  'The app demands appsecret_proof, or the proof was made with another secret. Set appSecret to the App Secret of the app that issued the Page access token.';
const ROUTING_OFF =
  'Conversation Routing is off for this Page. Set a default application in the Page settings (Advanced Messaging, Conversation Routing), and let the bot take control there.';
const APP_ID =
  'The target app id is wrong, or that app is not connected to this Page. Check vccLiveAppId with VCC Live, and the connected apps in the Page settings.';
const UNKNOWN_PSID =
  'Meta does not know this customer on this Page. PSIDs belong to one Page and cannot be used with another.';
const NOT_REACHABLE = 'The customer cannot be reached: blocked the Page, deleted the chat or closed the account.';
const LOOK_UP = "Look the code and subcode up in Meta's list of error codes.";
const META_FAULT = 'Meta had a fault of its own. It usually passes within seconds.';

/**
 * Meta's codes; the first row that matches counts.
 * @see https://developers.facebook.com/docs/messenger-platform/error-codes
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 */
const ROWS: readonly Row[] = [
  // Code and subcode.
  { codes: [10], subcodes: [2018300], kind: 'notOwner', advice: OTHER_APP },
  { codes: [100], subcodes: [2534037], kind: 'notOwner', advice: OTHER_APP },
  { codes: [100], subcodes: [2018151], kind: 'notOwner', advice: NOT_THREAD_OWNER },
  {
    // The parent code is not documented. The thread is held by Messenger itself, so it is the same as any other owner.
    subcodes: [2018321],
    kind: 'notOwner',
    advice:
      "Messenger's own automated questions hold this thread. Wait until they pass it on; repeating does not help.",
  },
  { codes: [27], subcodes: [2018464, 2534123], kind: 'configuration', advice: ROUTING_OFF },
  { codes: [27], subcodes: [1893035], kind: 'invalid', advice: 'The bot has control of this thread already.' },
  {
    codes: [10],
    subcodes: [2018278, 2534022, 2018065],
    kind: 'window',
    advice:
      "More than 24 hours have passed since the customer's last message. The bot may write again when the customer does.",
  },
  { codes: [10], subcodes: [2018108], kind: 'recipient', advice: NOT_REACHABLE },
  { codes: [551], kind: 'recipient', advice: NOT_REACHABLE },
  { codes: [200], subcodes: [1545041], kind: 'recipient', advice: NOT_REACHABLE },
  {
    codes: [10],
    subcodes: [1404170, 1893063],
    kind: 'policy',
    advice: 'Meta restricted this Page. Look at Page Quality and the Support Inbox of the Page.',
  },
  {
    codes: [200],
    subcodes: [2018028],
    kind: 'permission',
    advice:
      'The app is not live or lacks pages_messaging with Advanced Access, so it reaches only people with a role on the app. Change that in the App Dashboard.',
  },
  {
    codes: [200],
    subcodes: [2018027],
    kind: 'permission',
    advice: 'Recipients by phone number need pages_messaging_phone_number. Use the PSID.',
  },
  {
    codes: [190],
    subcodes: [2069032],
    kind: 'configuration',
    advice:
      "This is not a Page access token (a system user's or a person's). Give the Page's own token as pageAccessToken.",
  },
  {
    codes: [190, 102],
    subcodes: [458],
    kind: 'token',
    tokenIsDead: true,
    advice: `The person who made the token removed the app. Install it again. ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [459, 464],
    kind: 'token',
    tokenIsDead: true,
    advice: `The person who made the token must log in to Facebook and confirm the account. Then: ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [460],
    kind: 'token',
    tokenIsDead: true,
    advice: `The person who made the token changed the password, or Facebook ended the session. ${NEW_TOKEN}`,
  },
  {
    codes: [190, 102],
    subcodes: [463],
    kind: 'token',
    tokenIsDead: true,
    advice: `The token has expired. ${NEW_TOKEN} One made from a long-lived user token does not expire.`,
  },
  {
    codes: [190, 102],
    subcodes: [492],
    kind: 'token',
    tokenIsDead: true,
    advice: `The person who made the token lost the role on the Page. Give it back, or let another person make the token. ${NEW_TOKEN}`,
  },
  { codes: [190, 102], kind: 'token', tokenIsDead: true, advice: `The token is not valid. ${NEW_TOKEN}` },
  { codes: [100], subcodes: [2018164], kind: 'configuration', advice: APP_ID },
  { codes: [100], subcodes: [2018001, 33], kind: 'recipient', advice: UNKNOWN_PSID },
  {
    codes: [613],
    subcodes: [2018338],
    kind: 'policy',
    pause: 'policy',
    advice: 'Meta warned of abuse. All calls for this Page pause for an hour; find out what sends so much.',
  },
  {
    codes: [368],
    kind: 'policy',
    pause: 'policy',
    advice:
      'Meta blocked this for breaking its policies. All calls for this Page pause for an hour; look at Page Quality.',
  },
  { codes: [4, 17, 32, 341, 613, 80001, 80002, 80006], kind: 'rateLimit', pause: 'throttled', advice: THROTTLED },
  { codes: [1], subcodes: [99], kind: 'permission', advice: PERMISSION },
  {
    codes: [1],
    subcodes: [1357046],
    kind: 'transient',
    advice: 'Meta says that in this case the message is usually delivered although an error came back.',
  },
  { codes: [2], kind: 'transient', advice: `${META_FAULT} If it stays, the customer may have blocked the Page.` },
  { codes: [1, 1200], kind: 'transient', advice: META_FAULT },

  // The text, where the subcode is missing or new. English only: Meta translates its texts.
  { text: /another app is controlling this thread/i, kind: 'notOwner', advice: OTHER_APP },
  {
    codes: [100],
    text: /only the current thread owner can|not the thread owner/i,
    kind: 'notOwner',
    advice: NOT_THREAD_OWNER,
  },
  { text: /automated question and answer flow/i, kind: 'notOwner', advice: OTHER_APP },
  { codes: [27], text: /conversation routing is not enabled/i, kind: 'configuration', advice: ROUTING_OFF },
  { codes: [100], text: /appsecret_proof/i, kind: 'configuration', advice: APP_SECRET },
  { codes: [100], text: /incorrect app id/i, kind: 'configuration', advice: APP_ID },
  { codes: [100], text: /invalid fbid|no matching user/i, kind: 'recipient', advice: UNKNOWN_PSID },
  {
    codes: [10],
    text: /outside of (?:the )?allowed window/i,
    kind: 'window',
    advice: 'The bot may write again when the customer does.',
  },

  // The code alone.
  { codes: [10], subcodes: [undefined], kind: 'permission', advice: PERMISSION },
  { codes: [10], kind: 'unknown', advice: LOOK_UP },
  { codes: [3, 200, 210, 230], kind: 'permission', advice: PERMISSION },
  { codes: [27], kind: 'configuration', advice: ROUTING_OFF },
  // 105 and 194: too many or too few items in a list. 546: a type of file that Messenger does not take.
  { codes: [100, 105, 194, 546], kind: 'invalid', advice: 'Meta does not accept a parameter of this call.' },
];

/**
 * What the refusal means. `outcome` is `unknown` for `transient` (code 1, 2, 1200 and HTTP 5xx may come after the
 * change was made) and `refused` for everything else.
 */
export function classifyRefusal(refusal: Refusal): Verdict {
  const row = ROWS.find((candidate) => matches(candidate, refusal)) ?? rowOfStatus(refusal);
  return {
    kind: row.kind,
    outcome: row.kind === 'transient' ? 'unknown' : 'refused',
    retryable: isRetryable(row.kind),
    advice: row.advice,
    tokenIsDead: row.tokenIsDead === true,
    ...(row.pause === undefined ? {} : { pause: row.pause }),
  };
}

/** Whether waiting can help with this kind of error. */
export function isRetryable(kind: GraphErrorKind): boolean {
  return RETRYABLE_KINDS.includes(kind);
}

function matches(row: Row, refusal: Refusal): boolean {
  if (row.codes !== undefined && (refusal.code === undefined || !row.codes.includes(refusal.code))) return false;
  if (row.subcodes !== undefined && !row.subcodes.includes(refusal.subcode)) return false;
  return row.text === undefined || row.text.test(refusal.text);
}

/** For answers whose code says nothing to us, and for those that are not Meta's JSON at all (a proxy's page, a redirect). */
function rowOfStatus({ httpStatus, isTransient, code }: Refusal): Row {
  if (httpStatus === 429) return { kind: 'rateLimit', pause: 'throttled', advice: THROTTLED };
  if (isTransient || httpStatus >= 500 || httpStatus === 408) return { kind: 'transient', advice: META_FAULT };
  if (code !== undefined) return { kind: 'unknown', advice: LOOK_UP };
  if (httpStatus >= 300 && httpStatus < 400) {
    return {
      kind: 'configuration',
      advice:
        'A redirect is never followed, because the token would go with it. Check baseUrl and any proxy on the way.',
    };
  }
  if (httpStatus === 401) return { kind: 'token', advice: NEW_TOKEN };
  if (httpStatus === 403) return { kind: 'permission', advice: PERMISSION };
  if (httpStatus === 404 || httpStatus === 405 || httpStatus === 407) {
    return {
      kind: 'configuration',
      advice: 'This does not look like the Graph API. Check baseUrl, apiVersion and any proxy on the way.',
    };
  }
  if (httpStatus >= 400) return { kind: 'invalid', advice: 'Meta does not accept this call, without saying why.' };
  return { kind: 'unknown', advice: 'Meta gave no reason.' };
}
