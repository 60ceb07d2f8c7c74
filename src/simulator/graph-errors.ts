/**
 * The error bodies of Graph, in Meta's words if they are known.
 *
 * Exists so that a client meets here the texts, codes and subcodes it will meet there. Texts marked U are not published.
 * @see https://developers.facebook.com/docs/messenger-platform/error-codes
 */
import type { PlatformHabits } from './options.js';
import type { GraphErrorAnswer } from './simulator-errors.js';
import type { Refusal } from './thread-rules.js';
import type { SendRefusal } from './weather.js';

/** An error before it has a trace id. */
export interface GraphErrorText {
  readonly httpStatus: number;
  readonly message: string;
  readonly type: string;
  readonly code: number;
  readonly subcode?: number;
  readonly transient?: true;
}

/** Errors that have nothing to do with who owns a thread. */
export type GraphErrorName =
  | 'badToken'
  | 'noToken'
  | 'expiredToken'
  | 'pageTokenRequired'
  | 'proofMissing'
  | 'proofInvalid'
  | 'noMatchingUser'
  | 'noPermission'
  | 'unknownError'
  | 'serviceUnavailable'
  | 'temporarySend'
  | 'appLimit'
  | 'rateLimit'
  | 'messengerRateLimit'
  | 'recipientUnavailable'
  | 'userBlocked'
  | 'anotherAppControlsWithoutSubcode'
  | 'sendByNotOwner'
  | 'abusiveContent'
  | 'policyBlock'
  | 'abuseWarning'
  | 'malformedBody'
  | 'messageEmpty'
  | 'textTooLong'
  | 'incompleteElement'
  | 'wrongNumberOfFiles'
  | 'uploadFailed'
  | 'fileTypeNotAllowed';

/** The answer to every refusal of the thread rules. */
const refusalErrors: Readonly<Record<Refusal, GraphErrorText>> = {
  anotherAppControls: oauth(
    10,
    '(#10) Message failed to send because another app is controlling this thread now.',
    2018300,
  ),
  outsideWindow: oauth(
    10,
    '(#10) This message is sent outside of allowed window. Learn more about the new policy here: https://developers.facebook.com/docs/messenger-platform/policy-overview',
    2018278,
  ),
  tagNotPermitted: oauth(10, '(#10) Application does not have permission for this action'),
  notThreadOwner: oauth(100, '(#100) calling app is not the thread owner', 2018151),
  targetMissing: oauth(100, '(#100) The parameter target_app_id is required'),
  incorrectAppId: oauth(100, '(#100) Incorrect App ID.', 2018164),
  // U: neither text nor subcode is published.
  passToSelf: oauth(100, '(#100) The target app already controls this thread'),
  releaseNotOwner: oauth(100, '(#100) Only the current thread owner can release'),
  routingNotEnabled: oauth(
    27,
    '(#27) Take thread control is not supported when Conversation Routing is not enabled.',
    2018464,
  ),
  // U: the text; the code has one source.
  alreadyOwner: oauth(27, '(#27) The app already has control of this thread', 1893035),
  // U: the reference page lists 10 and 200 for a missing permission; which of them the Page setting gives is not said.
  takeNotAllowed: oauth(10, '(#10) Application does not have permission for this action'),
  // U
  requestNotSupported: oauth(
    27,
    '(#27) Request thread control is not supported when Conversation Routing is enabled.',
    2018464,
  ),
  // U
  extendNotOwner: oauth(100, '(#100) Only the current thread owner can extend'),
  // U
  extendTooLong: oauth(100, '(#100) Param duration must be at most 604800'),
  // U
  inlineControlNotEnabled: oauth(
    100,
    '(#100) Param thread_control is only available when Conversation Routing is enabled',
  ),
};

/** The other errors. */
export const graphErrors: Readonly<Record<GraphErrorName, GraphErrorText>> = {
  badToken: oauth(190, 'Invalid OAuth access token - Cannot parse access token'),
  noToken: oauth(2500, 'An active access token must be used to query information about the current user.'),
  expiredToken: oauth(
    190,
    'Error validating access token: Session has expired on Saturday, 13-Jun-26 05:00:00 PDT. The current time is Saturday, 13-Jun-26 08:24:52 PDT.',
    463,
  ),
  pageTokenRequired: oauth(190, 'A page access token is required for this call for the new Pages experience.', 2069032),
  proofMissing: {
    httpStatus: 400,
    message: 'API calls from the server require an appsecret_proof argument',
    type: 'GraphMethodException',
    code: 100,
  },
  proofInvalid: {
    httpStatus: 400,
    message: 'Invalid appsecret_proof provided in the API argument',
    type: 'GraphMethodException',
    code: 100,
  },
  noMatchingUser: oauth(100, '(#100) No matching user found', 2018001),
  noPermission: oauth(10, '(#10) Application does not have permission for this action'),
  unknownError: { httpStatus: 500, message: 'An unknown error has occurred.', type: 'OAuthException', code: 1 },
  serviceUnavailable: {
    httpStatus: 500,
    message: 'Service temporarily unavailable',
    type: 'OAuthException',
    code: 2,
    transient: true,
  },
  temporarySend: oauth(1200, '(#1200) Temporary send message failure. Please try again later.', 2018024),
  appLimit: {
    httpStatus: 403,
    message: '(#4) Application request limit reached',
    type: 'OAuthException',
    code: 4,
    transient: true,
  },
  rateLimit: oauth(613, '(#613) Calls to this api have exceeded the rate limit.'),
  messengerRateLimit: oauth(
    80006,
    '(#80006) There have been too many calls to this Messenger account. Wait a bit and try again. For more info, please refer to https://developers.facebook.com/docs/graph-api/overview/rate-limiting.',
  ),
  recipientUnavailable: oauth(10, "(#10) They can't receive your messages right now.", 2018108),
  userBlocked: oauth(551, "(#551) This person isn't available right now.", 1545041),
  anotherAppControlsWithoutSubcode: oauth(
    10,
    '(#10) Message failed to send because another app is controlling this thread now.',
  ),
  // One source.
  sendByNotOwner: oauth(10, '(#10) The app is not the thread owner'),
  // Of the content of one message: words that a bot repeats, a link.
  abusiveContent: oauth(
    368,
    "Your message couldn't be sent because it includes content that other people on Facebook have reported as abusive.",
    1346003,
  ),
  // The text is documented for other edges; on messages it was seen with subcodes that nobody explains.
  policyBlock: oauth(368, 'The action attempted has been deemed abusive or is otherwise disallowed'),
  abuseWarning: oauth(
    613,
    '(#613) Warning! You are engaging in behavior that may be considered bothersome or abusive by users.',
    2018338,
  ),
  // U
  malformedBody: oauth(100, '(#100) The request body is not valid JSON'),
  messageEmpty: oauth(100, '(#100) param message must be non-empty.'),
  textTooLong: oauth(100, '(#100) Length of param message[text] must be less than or equal to 2000'),
  incompleteElement: oauth(
    100,
    '(#100) Incomplete element data: title and at least one other field (image url, subtitle or buttons) is required with non-empty value',
    2018035,
  ),
  wrongNumberOfFiles: oauth(100, '(#100) Incorrect number of files uploaded. Must upload exactly one file.', 2018005),
  uploadFailed: oauth(100, '(#100) Upload attachment failure.', 2018047),
  fileTypeNotAllowed: oauth(
    546,
    "(#546) The type of file you're trying to attach isn't allowed. Please try again with a different format.",
  ),
};

/** The answer to a refusal of the thread rules, with the habits of Meta that its documents leave open. */
export function refusalError(
  why: Refusal,
  { takeNotAllowedIs, alreadyOwnerIs }: Pick<PlatformHabits, 'takeNotAllowedIs' | 'alreadyOwnerIs'>,
): GraphErrorText {
  if (why === 'takeNotAllowed' && takeNotAllowedIs === 'code27') {
    // U: the text; the subcode has one source, for Instagram.
    return oauth(27, '(#27) This app is not allowed to take control of conversations.', 2534118);
  }
  const error = refusalErrors[why];
  if (why !== 'alreadyOwner' || alreadyOwnerIs === 'withSubcode') return error;
  return oauth(error.code, error.message);
}

/** What the weather's refusals of a send are called here. */
const sendRefusalErrors: Readonly<Record<SendRefusal, GraphErrorText>> = {
  anotherAppControls: refusalErrors.anotherAppControls,
  anotherAppControlsWithoutSubcode: graphErrors.anotherAppControlsWithoutSubcode,
  notThreadOwner: graphErrors.sendByNotOwner,
  outsideWindow: refusalErrors.outsideWindow,
  unreachable: graphErrors.recipientUnavailable,
  blocked: graphErrors.userBlocked,
  temporary: graphErrors.temporarySend,
  abusiveContent: graphErrors.abusiveContent,
  policyBlock: graphErrors.policyBlock,
  abuseWarning: graphErrors.abuseWarning,
};

/** The answer to a send that the weather refuses. */
export function sendRefusalError(scope: { readonly reason?: SendRefusal; readonly subcode?: number }): GraphErrorText {
  const error = sendRefusalErrors[scope.reason ?? 'anotherAppControls'];
  return scope.subcode === undefined ? error : { ...error, subcode: scope.subcode };
}

/** A permission is missing in the token: 230 for pages_messaging, 200 for the others. */
export function missingScope(scope: string): GraphErrorText {
  const code = scope === 'pages_messaging' ? 230 : 200;
  return oauth(code, `(#${code}) Requires ${scope} permission to manage the object`);
}

/** A field that a node of this type does not have. */
export function noSuchField(field: string, nodeType: string): GraphErrorText {
  return oauth(100, `(#100) Tried accessing nonexisting field (${field}) on node type (${nodeType})`);
}

/** A parameter is missing. */
export function missingParameter(name: string): GraphErrorText {
  return oauth(100, `(#100) The parameter ${name} is required`);
}

/** A parameter has a value it cannot have. */
export function wrongParameter(name: string, expected: string): GraphErrorText {
  return oauth(100, `(#100) Param ${name} must be ${expected}`);
}

/** A text is longer than its limit. */
export function tooLong(name: string, mostCharacters: number): GraphErrorText {
  return oauth(100, `(#100) Length of param ${name} must be less than or equal to ${mostCharacters}`);
}

/** A text is missing, or has nothing in it. */
export function emptyParameter(name: string): GraphErrorText {
  return oauth(100, `(#100) Param ${name} must be a non-empty UTF-8 encoded string`);
}

/** A list has more items than Graph takes: its code 105. */
export function tooManyElements(name: string): GraphErrorText {
  return oauth(105, `(#105) param ${name} has too many elements.`);
}

/** A list is empty: Graph's code 194. */
export function tooFewElements(name: string): GraphErrorText {
  return oauth(194, `(#194) param ${name} has too few elements.`);
}

/** What is wrong with an address that Meta is to fetch or to open, if anything. U: the text. */
export function invalidUrl(name: string, url: unknown): GraphErrorText | undefined {
  const isWeb = typeof url === 'string' && /^https?:\/\/[^\s]+$/i.test(url) && URL.canParse(url);
  return isWeb ? undefined : oauth(100, `(#100) Param ${name} should represent a valid URL`);
}

/** A path below a node that does not exist: Graph's 2500. */
export function unknownPath(path: string): GraphErrorText {
  return oauth(2500, `Unknown path components: ${path}`);
}

/** A node that the token cannot see, or a method that it does not take: Graph's 100/33. */
export function unsupportedRequest(method: string, id: string): GraphErrorText {
  return {
    httpStatus: 400,
    message: `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api`,
    type: 'GraphMethodException',
    code: 100,
    subcode: 33,
  };
}

/** The body of an error. */
export function errorBody(text: GraphErrorText, traceId: string): GraphErrorAnswer {
  return {
    error: {
      message: text.message,
      type: text.type,
      code: text.code,
      ...(text.subcode === undefined ? {} : { error_subcode: text.subcode }),
      ...(text.transient === undefined ? {} : { is_transient: true }),
      fbtrace_id: traceId,
    },
  };
}

function oauth(code: number, message: string, subcode?: number): GraphErrorText {
  return {
    httpStatus: 400,
    message,
    type: 'OAuthException',
    code,
    ...(subcode === undefined ? {} : { subcode }),
  };
}
