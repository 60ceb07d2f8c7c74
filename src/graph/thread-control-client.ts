/**
 * Meta's thread control and Send API as typed calls that end with a clear answer.
 *
 * A lost answer is not a failure: these calls ask `thread_owner` before they repeat anything. They do not call a
 * throttled Page, and no error of theirs holds a token.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { checkFields, namesOf } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { AppId, PageId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { isRecord } from '../thread/read-unknown.js';
import type { CallAttempts } from './attempt-call.js';
import { boundMetadata } from './bound-metadata.js';
import { invalidCallError, unreadableError } from './call-errors.js';
import type { ClientSettings, ClientWatchers, ThreadControlClientOptions } from './client-options.js';
import { settingsOf } from './client-options.js';
import type { ControlOrder, ControlReceipt } from './control-thread.js';
import { controlThread, isUnsent, waitToRepeat } from './control-thread.js';
import type { GraphApiError } from './graph-api-error.js';
import type { Attempt, GraphCall, SendSettings } from './graph-call.js';
import { attemptsOf } from './measured-attempts.js';
import type { OwnerAnswer } from './owner-answer.js';
import { OwnerQuestions } from './owner-questions.js';

const SEND_NAMES = namesOf<SendSettings>({ evenIfMessagesPause: true, file: true });

/** An accepted message. Times are our clock, milliseconds since 1970. */
export interface SendReceipt {
  readonly messageId?: string;
  readonly recipientId?: string;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

/** What `messaging_feature_status` says of a Page. */
export interface FeatureStatus {
  /**
   * Whether Conversation Routing is on (a default application is set): `msgr_multi_app`. Meta does not define its
   * flags in words, so this is an interpretation; `undefined` if the flag is missing.
   */
  readonly conversationRouting: boolean | undefined;
  /** The flags as they came: `hop_v2`, `msgr_multi_app`, `ig_multi_app` … */
  readonly flags: Readonly<Record<string, unknown>>;
  /** The Page of the token, as Meta says. If it is not the expected Page, the configured token is wrong. */
  readonly pageId?: PageId;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

const LONGEST_EXTENSION_MS = 7 * 24 * 60 * 60_000;

/**
 * Calls the Graph API for all Pages of one app.
 *
 * Every method rejects with {@link GraphApiError}, or with {@link InvalidOptionError} for an argument that cannot be
 * right. The client remembers a Page that Meta throttles. It refuses the Page's calls at once, with `code: 'rateLimited'`,
 * `outcome: 'notSent'` and `retryAfterMs`, until the pause is over. If a message met the limit, it refuses messages
 * only. It does not use a token that Meta calls dead for a second, unless another call with the token succeeds.
 */
export class ThreadControlClient {
  readonly #settings: ClientSettings;
  readonly #attempts: CallAttempts;
  readonly #owners: OwnerQuestions;

  /** @throws {@link InvalidOptionError} if an option has a value it cannot have */
  constructor(options: ThreadControlClientOptions, watchers?: ClientWatchers) {
    this.#settings = settingsOf(options, watchers);
    this.#attempts = attemptsOf(this.#settings);
    this.#owners = new OwnerQuestions(this.#attempts, this.#settings);
  }

  /**
   * Gives the thread to another app.
   *
   * @param metadata goes to that app; at most 1000 characters are sent; JSON stays JSON when it is shortened
   * @param isWanted asked before each repeat of a pass whose answer was lost; `false` if a webhook has shown meanwhile
   * that it had worked. Default: repeats
   */
  async pass(
    thread: ThreadKey,
    targetAppId: AppId,
    metadata?: string,
    isWanted?: () => Promise<boolean>,
  ): Promise<ControlReceipt> {
    checkAppId(targetAppId);
    const body = { target_app_id: targetAppId, ...metadataOf(metadata) };
    return this.#control({ thread, intent: { operation: 'pass', targetAppId }, parameters: body, isWanted });
  }

  /**
   * Takes the thread. Resolves also if the bot has it already.
   *
   * @param isWanted asked before each repeat of a take whose answer was lost; `false` if an agent has written meanwhile.
   * Default: repeats
   */
  async take(thread: ThreadKey, metadata?: string, isWanted?: () => Promise<boolean>): Promise<ControlReceipt> {
    return this.#control({ thread, intent: { operation: 'take' }, parameters: metadataOf(metadata), isWanted });
  }

  /** Releases the thread, which is then idle. Meta sends no webhook about it. */
  async release(thread: ThreadKey, metadata?: string): Promise<ControlReceipt> {
    return this.#control({ thread, intent: { operation: 'release' }, parameters: metadataOf(metadata) });
  }

  /** Asks the owner for the thread. Success means that Meta took the request, not that the bot has the thread. */
  async request(thread: ThreadKey, metadata?: string): Promise<ControlReceipt> {
    return this.#control({ thread, intent: { operation: 'request' }, parameters: metadataOf(metadata) });
  }

  /**
   * Keeps control for `durationMs` from now, rounded up to whole seconds. Does not prolong the 24 hours in which the
   * bot may write.
   * @throws {@link InvalidOptionError} for more than 7 days or not more than 0
   */
  async extend(thread: ThreadKey, durationMs: number): Promise<ControlReceipt> {
    if (!(durationMs > 0 && durationMs <= LONGEST_EXTENSION_MS)) {
      throw new InvalidOptionError('durationMs', String(durationMs), 'more than 0 and at most 604800000 (7 days)');
    }
    const parameters = { duration: Math.ceil(durationMs / 1000) };
    return this.#control({ thread, intent: { operation: 'extend' }, parameters });
  }

  /**
   * Asks Meta who owns the thread. Repeats by itself if no answer came. On a Page for which Meta refuses `thread_owner` for
   * good it asks `is_owner` of the conversation, and an owner that is not the bot is `hidden`.
   */
  async owner(thread: ThreadKey): Promise<OwnerAnswer> {
    const { owner } = await this.#untilAnswered(() => this.#owners.ask(thread));
    return owner;
  }

  /**
   * Asks Meta which Page the token is of.
   * @param pageId what a token function is asked for. Default `''`, for bots with one token
   */
  async page(pageId: PageId = ''): Promise<string> {
    const call: GraphCall = { operation: 'page', pageId, method: 'GET', edge: '', query: { fields: 'id' } };
    const { value } = await this.#read(call);
    const id = isRecord(value) ? value['id'] : undefined;
    if (typeof id !== 'string' || id === '') throw unreadableError(call);
    return id;
  }

  /** Reads which routing features are on for a Page. */
  async featureStatus(pageId: PageId): Promise<FeatureStatus> {
    const query = { fields: 'messaging_feature_status' };
    const call: GraphCall = { operation: 'featureStatus', pageId, method: 'GET', edge: '', query };
    const { value, sentAtMs, answeredAtMs } = await this.#read(call);
    if (!isRecord(value) || !isRecord(value['messaging_feature_status'])) throw unreadableError(call);
    const flags = value['messaging_feature_status'];
    const routing = flags['msgr_multi_app'];
    const id = value['id'];
    return {
      conversationRouting: typeof routing === 'boolean' ? routing : undefined,
      flags,
      ...(typeof id === 'string' ? { pageId: id } : {}),
      sentAtMs,
      answeredAtMs,
    };
  }

  /**
   * Sends a message: `POST /me/messages` with this body, and the thread's customer as `recipient` unless it has one.
   *
   * The client never repeats a message that may have been delivered, because Meta has no key against duplicates. It
   * repeats a message that certainly was not sent. It refuses a `thread_control` without `control_type`: Meta would
   * release the thread.
   * @param how `evenIfMessagesPause`: sends although the Page's messages pause, to answer a customer who asks for a
   * person; a pause of all the Page's calls still holds. `file` is uploaded with the message, whose attachment then has a
   * type and an empty payload
   * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
   */
  async send(thread: ThreadKey, body: object, how: SendSettings = {}): Promise<SendReceipt> {
    checkFields('', how, SEND_NAMES);
    const call: GraphCall = {
      operation: 'send',
      pageId: thread.pageId,
      method: 'POST',
      edge: '/messages',
      body: withRecipient(thread, body),
      ...how,
    };
    if (!namesControlType(body)) {
      const why =
        'thread_control has no control_type, and Meta would release the thread. Set it to "pass" or "release".';
      throw invalidCallError(call, why);
    }
    let attempt = await this.#attempts.attempt(call);
    const mayTryAgain = !attempt.ok && isUnsent(attempt.error) && this.#settings.maxRetries > 0;
    if (mayTryAgain) attempt = await this.#attempts.attempt(call);
    if (!attempt.ok) throw attempt.error;
    const { value, sentAtMs, answeredAtMs } = attempt;
    if (!isRecord(value) || !('message_id' in value || 'recipient_id' in value || isToUserRef(body))) {
      throw unreadableError(call);
    }
    const messageId = value['message_id'];
    const recipientId = value['recipient_id'];
    const receipt: { -readonly [K in keyof SendReceipt]: SendReceipt[K] } = { sentAtMs, answeredAtMs };
    if (typeof messageId === 'string') receipt.messageId = messageId;
    if (typeof recipientId === 'string') receipt.recipientId = recipientId;
    return receipt;
  }

  /** Closes the connections that are kept open, those in use included. */
  close(): void {
    this.#attempts.close();
  }

  #control(order: ControlOrder): Promise<ControlReceipt> {
    return controlThread({ attempts: this.#attempts, owners: this.#owners, settings: this.#settings }, order);
  }

  #read(call: GraphCall): Promise<Attempt & { readonly ok: true }> {
    return this.#untilAnswered<Attempt>(() => this.#attempts.attempt(call));
  }

  /** A GET, made again if no answer came: it changes nothing. */
  async #untilAnswered<T>(
    ask: () => Promise<(T & { readonly ok: true }) | { readonly ok: false; readonly error: GraphApiError }>,
  ): Promise<T & { readonly ok: true }> {
    for (let attempts = 1; ; attempts++) {
      const attempt = await ask();
      if (attempt.ok) return attempt;
      const { code, retryable } = attempt.error;
      const repeatable = retryable && code !== 'rateLimited';
      if (!repeatable || attempts > this.#settings.maxRetries) throw attempt.error;
      await waitToRepeat(this.#settings, attempts);
    }
  }
}

function withRecipient(thread: ThreadKey, body: object): object {
  const recipient = (body as Readonly<Record<string, unknown>>)['recipient'];
  return recipient === undefined || recipient === null ? { ...body, recipient: { id: thread.psid } } : body;
}

/** Meta does not say which customer a `user_ref` names: the answer has no `recipient_id`, and a sender action's is empty. */
function isToUserRef(body: object): boolean {
  const recipient = (body as Readonly<Record<string, unknown>>)['recipient'];
  return isRecord(recipient) && 'user_ref' in recipient;
}

/** "If not set, control is released by default": so it must be set, and to a value that Meta knows. */
function namesControlType(body: object): boolean {
  const control = (body as Readonly<Record<string, unknown>>)['thread_control'];
  if (control === undefined || control === null) return true;
  return isRecord(control) && (control['control_type'] === 'pass' || control['control_type'] === 'release');
}

function metadataOf(metadata: string | undefined): { readonly metadata?: string } {
  return metadata === undefined || metadata === '' ? {} : { metadata: boundMetadata(metadata) };
}

/** Applications without types may pass a number, which has lost digits if it is beyond 2^53. */
function checkAppId(appId: unknown): void {
  if (typeof appId === 'string' && appId !== '') return;
  const got = appId === '' ? 'empty' : typeof appId === 'number' ? `the number ${appId}` : `of type ${typeof appId}`;
  throw new InvalidOptionError('targetAppId', got, 'a Facebook app id, a string in quotes');
}
