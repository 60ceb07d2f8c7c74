/**
 * The causes that doctor can name, and the lines by which each shows itself. Data only: `diagnose.ts` applies them.
 *
 * One wrong setting makes other lines red that depend on it. The costliest fault, another default application, looks like
 * a broken bot.
 */
import type { CheckId, FindingStatus } from './finding.js';
import type { Arrivals } from './observe.js';

/** Every cause that can be named. */
export type CauseId =
  | 'meta-unreachable'
  | 'wrong-app-id'
  | 'wrong-secret'
  | 'dead-token'
  | 'foreign-token'
  | 'wrong-page-token'
  | 'missing-permission'
  | 'unsubscribed-by-meta'
  | 'bot-not-reachable'
  | 'wrong-callback'
  | 'app-not-subscribed'
  | 'page-not-subscribed'
  | 'field-at-one-level'
  | 'no-default-app'
  | 'other-default-app'
  | 'vcc-live-not-connected'
  | 'take-not-allowed'
  | 'challenge-fails'
  | 'signature-not-checked'
  | 'old-api-version'
  | 'unknown-api-version'
  | 'perhaps-no-default-app'
  | 'social-routing'
  | 'no-standby-access'
  | 'vcc-live-api'
  | 'owner-not-told'
  | 'unknown-psid'
  | 'nothing-arrives'
  | 'sound';

/** What the rules look at. */
export interface Pattern {
  readonly is: (check: CheckId, status: FindingStatus) => boolean;
  readonly red: (check: CheckId) => boolean;
  readonly arrivals: Arrivals | undefined;
}

/** One cause, and how it shows itself. */
export interface Rule {
  readonly cause: CauseId;
  readonly when: (pattern: Pattern) => boolean;
  readonly says: string;
  readonly remedy: string;
  readonly explains: readonly CheckId[];
}

/** The likeliest first, if several hold: the others depend on the ones before them. */
export const RULES: readonly Rule[] = [
  {
    cause: 'unknown-api-version',
    when: ({ is, red }) => red('apiVersion') && is('token', 'unchecked') && !red('ids'),
    says: 'Meta does not serve this version of the Graph API, and refuses every call.',
    remedy: 'Set graph.apiVersion, or GRAPH_API_VERSION, to a version that exists, and start the bot again.',
    explains: ['apiVersion', 'appSecret', 'token'],
  },
  {
    cause: 'meta-unreachable',
    when: ({ is, red }) => is('appSecret', 'unchecked') && is('token', 'unchecked') && !red('ids'),
    says: 'Meta did not answer, so doctor could not check the settings.',
    remedy:
      'Check the network, any proxy on the way, and GRAPH_BASE_URL. If Meta throttles, wait and run doctor again.',
    explains: ['appSecret', 'token'],
  },
  {
    cause: 'wrong-app-id',
    when: ({ red }) => red('ids'),
    says: "An app id is not an app's id.",
    remedy: 'Correct FACEBOOK_APP_ID (the option botAppId) or VCC_LIVE_APP_ID (vccLiveAppId), and start the bot again.',
    explains: ['ids', 'appSecret', 'vccLive'],
  },
  {
    cause: 'wrong-secret',
    when: ({ red }) => red('appSecret') && !red('ids'),
    says: 'The app secret does not belong to the app id: the bot refuses every webhook of Meta, and Meta its calls.',
    remedy: 'Copy the App Secret again, without blanks, from the app whose id is configured, and start the bot again.',
    explains: ['appSecret'],
  },
  {
    cause: 'dead-token',
    when: ({ red }) => red('token'),
    says: 'The Page access token is dead: the bot gets messages and cannot answer them.',
    remedy: 'Make a new token for the Page, best from a long-lived user token, and start the bot again.',
    explains: ['token'],
  },
  {
    cause: 'foreign-token',
    when: ({ red }) => red('tokenApp'),
    says: "The token was made by another app than the bot's, so the bot acts in that app's name.",
    remedy:
      "Make the token in the bot's own app, or correct FACEBOOK_APP_ID (the option botAppId) and FACEBOOK_APP_SECRET.",
    explains: ['tokenApp'],
  },
  {
    cause: 'wrong-page-token',
    when: ({ red }) => red('tokenPage'),
    says: "The token is not one of this Page: it is a person's, or of another Page.",
    remedy: 'Make a token for the Page itself.',
    explains: ['tokenPage'],
  },
  {
    cause: 'missing-permission',
    when: ({ red }) => red('scopes'),
    says: 'The token lacks a permission, so Meta refuses part of what the bot does.',
    remedy: 'Have the permission granted to the app, then make a new token: an old token never gets it.',
    explains: ['scopes'],
  },
  {
    cause: 'unsubscribed-by-meta',
    when: ({ red }) => red('pageSubscription') && red('webhookDelivery'),
    says: 'The webhook fails, and the Page is not subscribed any more: after an hour of failures Meta ends the subscription.',
    remedy: 'First make the webhook answer, then subscribe the Page again (doctor --fix).',
    explains: ['pageSubscription', 'webhookDelivery'],
  },
  {
    cause: 'bot-not-reachable',
    when: ({ red }) => red('webhookDelivery'),
    says: 'The bot does not acknowledge deliveries: Meta will repeat them, and end the subscription after an hour.',
    remedy: 'Start the bot, look at its log, and check the network between Meta and the bot.',
    explains: ['webhookDelivery', 'webhookChallenge'],
  },
  {
    cause: 'wrong-callback',
    when: ({ red }) => red('callbackUrl'),
    says: "Meta does not deliver to the bot's address.",
    remedy: 'Change the callback URL in the App Dashboard; Meta sends the challenge at once.',
    explains: ['callbackUrl'],
  },
  {
    cause: 'app-not-subscribed',
    when: ({ red }) => red('appSubscription'),
    says: 'The app has no active webhook for Pages: Meta delivers nothing.',
    remedy: 'Set up the webhook of the object Page in the App Dashboard.',
    explains: ['appSubscription'],
  },
  {
    cause: 'page-not-subscribed',
    when: ({ red }) => red('pageSubscription'),
    says: "The Page is not subscribed for the bot's app: it never was, or Meta ended the subscription after an hour of failures.",
    remedy: 'doctor --fix subscribes it.',
    explains: ['pageSubscription'],
  },
  {
    cause: 'no-standby-access',
    when: ({ red }) => red('standbyAccess'),
    says: 'VCC Live has the thread, and the bot gets no standby events of it: "Access standby channel" is off for the bot.',
    remedy:
      'Switch it on for the bot: the Page > Settings > Page setup > Advanced messaging > Connected apps > Edit. If nothing arrives from other threads either, look at the tunnel in front of --listen first.',
    explains: ['standbyAccess', 'arrivals'],
  },
  {
    cause: 'social-routing',
    when: ({ red, is }) => red('socialRouting') || is('socialRouting', 'attention'),
    says: 'The bot is the default application, and new conversations arrive on standby only: Social routing names another app.',
    remedy:
      'Let Social routing of the Page name the bot or no app. If somebody handed this thread over, nothing is wrong.',
    explains: ['socialRouting', 'arrivals'],
  },
  {
    cause: 'other-default-app',
    when: ({ red, arrivals }) => red('defaultApp') || (red('arrivals') && onlyOnStandby(arrivals)),
    says: 'Messages arrive only on standby: another app is the default application.',
    remedy: 'Set the bot as default application in the Conversation routing settings of the Page.',
    explains: ['defaultApp', 'arrivals'],
  },
  {
    cause: 'no-default-app',
    when: ({ red }) => red('routing'),
    says: 'No default application is set: every connected app gets every message, and the bot can take no thread back.',
    remedy: 'Set the bot as default application in the Conversation routing settings of the Page.',
    explains: ['routing'],
  },
  {
    cause: 'field-at-one-level',
    when: ({ red }) => red('appFields') || red('pageFields'),
    says: 'A webhook field is not subscribed at both levels, app and Page: its events are not delivered.',
    remedy:
      'Subscribe it where it is missing: for the app in the App Dashboard, for the Page there or with doctor --fix.',
    explains: ['appFields', 'pageFields'],
  },
  {
    cause: 'vcc-live-not-connected',
    when: ({ red }) => red('vccLive'),
    says:
      "VCC Live's app does not get the Page's events under the id that is configured: it is not connected, or lacks a field. " +
      'Customers who ask for an agent reach no one.',
    remedy:
      'Read the found line. Compare VCC_LIVE_APP_ID with VCC Live support, who connect the Page and subscribe the fields.',
    explains: ['vccLive'],
  },
  {
    cause: 'take-not-allowed',
    when: ({ red }) => red('takeControl'),
    says: 'The Page does not let the bot take control: a thread returns only when VCC Live passes it back.',
    remedy: 'Switch "Allow this app to take control of conversations" on for the bot.',
    explains: ['takeControl'],
  },
  {
    cause: 'challenge-fails',
    when: ({ red }) => red('webhookChallenge'),
    says: 'The webhook fails its challenge: it works now, and cannot be set up again.',
    remedy: "Give bot and App Dashboard the same verify token, and route GET to the bot's adapter.",
    explains: ['webhookChallenge'],
  },
  {
    cause: 'signature-not-checked',
    when: ({ red }) => red('webhookSignature'),
    says: 'The webhook accepts deliveries that Meta did not sign: anybody can pretend to be any customer.',
    remedy: 'Let HandoverFacebookAdapter serve the webhook, or check X-Hub-Signature-256 over the bytes as they came.',
    explains: ['webhookSignature'],
  },
  {
    cause: 'old-api-version',
    when: ({ red }) => red('apiVersion'),
    says: 'This version of the Graph API has ended; Meta answers with another one.',
    remedy: 'Set graph.apiVersion to a current version and try the bot with it.',
    explains: ['apiVersion'],
  },
  {
    cause: 'vcc-live-api',
    when: ({ red }) => red('vccLiveApi'),
    says: 'VCC Live\'s Database API does not tell who is online, so vccLiveAgents answers "unknown".',
    remedy: 'Read the found line: it says whether VCC Live was reached, refused the key, or does not know the project.',
    explains: ['vccLiveApi'],
  },
  {
    cause: 'owner-not-told',
    when: ({ red }) => red('ownerCalls'),
    says: 'Meta answers neither thread_owner nor is_owner, so the bot cannot ask who has a thread.',
    remedy:
      'Compare the permissions of the token and the default application with the set-up guide, then try another graph.apiVersion.',
    explains: ['ownerCalls', 'threadOwner'],
  },
  {
    cause: 'unknown-psid',
    when: ({ red }) => red('threadOwner'),
    says: 'Meta does not know this customer on this Page.',
    remedy: 'Take the PSID from a webhook of this Page.',
    explains: ['threadOwner'],
  },
  {
    cause: 'nothing-arrives',
    when: ({ red }) => red('arrivals'),
    says: 'The settings look right, but events do not arrive as they should.',
    remedy:
      'Is the app live, or did a person without a role on it write? Did the customer allow access to messages? Is the tunnel in front of --listen the address that Meta has?',
    explains: ['arrivals'],
  },
  {
    cause: 'perhaps-no-default-app',
    when: ({ is }) => is('routing', 'attention'),
    says: 'Perhaps no default application is set: msgr_multi_app is false. Some Pages that have one show it so, too.',
    remedy: 'Look at the Conversation routing settings of the Page, or try a real take: --psid <yours> --live.',
    explains: ['routing'],
  },
];

function onlyOnStandby(arrivals: Arrivals | undefined): boolean {
  return arrivals !== undefined && arrivals.standby > 0 && arrivals.messaging === 0;
}
