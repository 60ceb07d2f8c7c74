/**
 * The options of a bot without a framework: those of `bot/`, with this room's own types, and what it needs to receive
 * webhooks. docs/options.md has a row for each option that hosts share, docs/without-a-framework.md one for each of its own.
 */
import { InvalidOptionError } from '../thread/errors.js';
import type { HandoverResult } from '../thread/handover.js';
import type { PageId } from '../thread/ids.js';
import { checkFields, checkSecret, isObject } from '../thread/check-values.js';
import type { Availability } from '../availability/availability.js';
import { OPTION_NAMES } from '../bot/options/check-options.js';
import { POLICY_CHECKS } from '../bot/options/check-policies.js';
import type * as options from '../bot/options/handover-options.js';
import type { ServeSettings } from '../bot/serving/serve-adapter.js';
import type { Callback } from '../bot/port.js';
import type { ReceivingOptions } from '../bot/serving/receive-webhook.js';
import { RECEIVING_NAMES } from '../bot/serving/receive-webhook.js';
import type { RecognizerLike as RecognizerLikeOf, TalkToAgent as TalkToAgentOf } from '../bot/options/talk-to-agent.js';
import type { HandoverRequest, MessengerThread } from './messenger-thread.js';
import type { MessengerTurn } from './messenger-turn.js';
import type { Reply } from './reply.js';
import { activityOrSilence } from './reply.js';

/** What a function of the application gets of a request for a handover. */
export type AskedHandover = Omit<HandoverRequest, 'notice'>;

/** A text of the plugin: fixed, a reply, made for the thread, or `null` for silence. */
export type HandoverText = options.HandoverText<MessengerThread, Reply>;
/** What the customer reads from the plugin itself. */
export type HandoverTexts = options.HandoverTexts<MessengerThread, Reply>;
/** A question to the customer, asked once after a handover. */
export type Satisfaction = options.Satisfaction<MessengerThread, Reply>;
/** What a function of {@link Satisfaction} gives. */
export type SatisfactionAnswer = options.SatisfactionAnswer<Reply>;
/** What counts as "talk to agent". */
export type TalkToAgent = TalkToAgentOf<MessengerThread>;
/** Anything that recognises an utterance. */
export type RecognizerLike = RecognizerLikeOf<MessengerThread>;
/** Says whether an agent is there for this thread and request. */
export type AvailabilityCheck = Callback<
  [thread: MessengerThread, request: AskedHandover],
  Availability | Promise<Availability>
>;
/** Makes what VCC Live gets with the thread. */
export type MetadataMaker = Callback<
  [thread: MessengerThread, request: AskedHandover],
  string | object | Promise<string | object>
>;

/** Policies that need a framework's dialogs or its `handoff.status`. */
type LeftOut = 'statusEvents' | 'openPrompt';
type Shared = options.HandoverOptions<MessengerThread, Reply>;

/** Options that may differ by Page. */
export interface PagePolicies extends Omit<
  options.PagePolicies<MessengerThread, Reply>,
  LeftOut | 'availability' | 'metadata'
> {
  availability?: AvailabilityCheck;
  metadata?: MetadataMaker;
}

/** Options of `MessengerBot`. */
export interface MessengerBotOptions
  extends PagePolicies, Omit<Shared, options.PolicyName | 'appSecret' | 'pages'>, ReceivingOptions {
  /**
   * App Secret of the bot's app: verifies webhooks and signs Graph calls.
   * @see https://developers.facebook.com/docs/graph-api/guides/secure-requests
   */
  appSecret: string;
  /** The verify token of the app's webhook settings: a word that you choose and enter there, too. */
  verifyToken: string;
  /**
   * Other policies for some Pages: an object by Page id, or a function of it, asked once a minute at most. What a Page does
   * not name holds for it as for all others.
   */
  pages?:
    | Readonly<Record<string, PagePolicies>>
    | ((pageId: PageId) => PagePolicies | undefined | Promise<PagePolicies | undefined>);
}

/** The options as the plugin takes them. */
type PluginOptions = options.HandoverOptions<MessengerTurn, never>;
const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  statusEvents: "left out: a bot without a framework has onReturned, and the events, on('claimed', …) for one",
  openPrompt: 'left out: a bot without a framework has no dialogs whose prompts could be open',
};

const POLICY_NAMES = Object.keys(POLICY_CHECKS).filter((name) => !(name in LEFT_OUT));
const ALL_NAMES = [...OPTION_NAMES, 'verifyToken', ...RECEIVING_NAMES].filter((name) => !(name in LEFT_OUT));

/**
 * The options in two parts: the plugin's, and those of the webhook's route.
 * @throws {@link InvalidOptionError} for what only this room knows; the plugin checks the rest
 */
export function readOptions(given: MessengerBotOptions): {
  readonly plugin: PluginOptions;
  readonly route: ServeSettings;
} {
  refuseLeftOut('', given);
  checkFields('', given, ALL_NAMES);
  checkSecret('appSecret', given.appSecret, "the App Secret of the bot's app: webhooks are verified with it");
  checkSecret('verifyToken', given.verifyToken, "the verify token of the app's webhook settings");
  const shared = Object.fromEntries(Object.entries(given).filter(([name]) => OPTION_NAMES.includes(name)));
  const plugin = { ...shared, ...portPolicies('', given), ...portPages(given.pages) };
  return { plugin: plugin as unknown as PluginOptions, route: { verifyToken: given.verifyToken, receiving: given } };
}

/** Policies whose texts are activities. */
function portPolicies(path: string, policies: PagePolicies): object {
  const { texts, satisfactionQuestion } = policies;
  return {
    ...(isObject(texts) ? { texts: portTexts(`${path}texts`, texts) } : {}),
    ...(isObject(satisfactionQuestion)
      ? { satisfactionQuestion: portQuestion(`${path}satisfactionQuestion`, satisfactionQuestion) }
      : {}),
  };
}

function portTexts(path: string, texts: object): object {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]: [string, unknown]) => [name, portText(`${path}.${name}`, text)]),
  );
}

/** Values that cannot work stay as they are: the plugin names them. */
function portText(path: string, text: unknown): unknown {
  if (isObject(text)) return activityOrSilence(text, path);
  if (typeof text !== 'function') return text;
  return async (thread: MessengerThread) => activityOrSilence(await (text as (of: unknown) => unknown)(thread), path);
}

function portQuestion(path: string, question: Satisfaction): object {
  const { ask } = question;
  const asked = `${path}.ask`;
  if (typeof ask !== 'function') return { ...question, ask: portText(asked, ask) };
  return {
    ...question,
    ask: async (thread: MessengerThread, result: HandoverResult) =>
      activityOrSilence(await (ask as (...of: unknown[]) => unknown)(thread, result), asked),
  };
}

function portPages(pages: MessengerBotOptions['pages']): object {
  if (typeof pages === 'function') {
    return { pages: async (pageId: PageId) => portPage(`pages(${JSON.stringify(pageId)})`, await pages(pageId)) };
  }
  if (!isObject(pages)) return {};
  return {
    pages: Object.fromEntries(Object.entries(pages).map(([id, page]) => [id, portPage(`pages.${id}`, page)])),
  };
}

function portPage(path: string, page: PagePolicies | undefined): unknown {
  if (!isObject(page)) return page;
  refuseLeftOut(`${path}.`, page);
  checkFields(path, page, POLICY_NAMES, '; anything else is for all Pages');
  return { ...page, ...portPolicies(`${path}.`, page) };
}

function refuseLeftOut(path: string, given: unknown): void {
  for (const [name, why] of Object.entries(LEFT_OUT)) {
    if (isObject(given) && name in given) throw new InvalidOptionError(`${path}${name}`, 'given', why);
  }
}
