/**
 * Asks Meta who owns a thread: by `thread_owner`, and by `is_owner` of the conversation on a Page that refuses the former.
 *
 * Some Pages answer `thread_owner` with code 100 for good. `is_owner` says less (the bot has the thread, or not), and Meta
 * allows two such calls a second for each Page.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { sleep } from '../thread/clock.js';
import type { PageId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { CallAttempts } from './attempt-call.js';
import { unreadableError } from './call-errors.js';
import type { ClientSettings } from './client-options.js';
import type { GraphApiError } from './graph-api-error.js';
import type { Attempt, GraphCall } from './graph-call.js';
import type { NamedByMeta, OwnerAnswer } from './owner-answer.js';
import { readIsOwner, readOwner } from './owner-answer.js';

/** One question: its answer, or why there is none. */
export type OwnerAttempt =
  { readonly ok: true; readonly owner: OwnerAnswer } | { readonly ok: false; readonly error: GraphApiError };

/** `thread_owner` is tried again on the Page after this, milliseconds. */
const REFUSED_FOR_MS = 60 * 60_000;
/** Two calls a second for each Page. */
const IS_OWNER_PAUSE_MS = 500;

/** For all Pages of one app. */
export class OwnerQuestions {
  readonly #attempts: CallAttempts;
  readonly #settings: ClientSettings;
  /** Pages that refuse `thread_owner`: when it is tried again. */
  readonly #refusedUntilMs = new Map<PageId, number>();
  /** Pages that were asked for `is_owner`: when the next question may be sent. */
  readonly #nextAtMs = new Map<PageId, number>();
  /** Pages whose refusal is in the log. */
  readonly #told = new Set<PageId>();

  constructor(attempts: CallAttempts, settings: ClientSettings) {
    this.#attempts = attempts;
    this.#settings = settings;
  }

  /** Asks once. */
  async ask(thread: ThreadKey): Promise<OwnerAttempt> {
    if (this.#isRefused(thread.pageId)) return this.#askConversation(thread);
    const call = threadOwnerCall(thread);
    const attempt = await this.#attempts.attempt(call);
    if (attempt.ok) return answered(call, ownerIn(attempt));
    if (!isNotServed(attempt.error)) return attempt;
    const conversation = await this.#askConversation(thread);
    // Both refused: the question was wrong, not the edge.
    if (!conversation.ok) return attempt;
    this.#remember(thread.pageId, attempt.error);
    return conversation;
  }

  #isRefused(pageId: PageId): boolean {
    const untilMs = this.#refusedUntilMs.get(pageId);
    return untilMs !== undefined && this.#settings.clock.now() < untilMs;
  }

  #remember(pageId: PageId, { message }: GraphApiError): void {
    this.#refusedUntilMs.set(pageId, this.#settings.clock.now() + REFUSED_FOR_MS);
    if (this.#told.has(pageId)) return;
    this.#told.add(pageId);
    this.#settings.logger?.warn(
      `Meta does not answer thread_owner for Page ${pageId}; the bot asks is_owner of the conversation instead, which ` +
        `does not name other apps. This is said once. Meta's answer: ${message}`,
    );
  }

  async #askConversation(thread: ThreadKey): Promise<OwnerAttempt> {
    await this.#untilAllowed(thread.pageId);
    const call = conversationCall(thread);
    const attempt = await this.#attempts.attempt(call);
    return attempt.ok ? answered(call, this.#ownerOfConversation(attempt)) : attempt;
  }

  async #untilAllowed(pageId: PageId): Promise<void> {
    const { clock } = this.#settings;
    const nowMs = clock.now();
    // A clock that was set back must not hold the Page up for longer than one pause.
    const atMs = Math.max(nowMs, this.#nextAtMs.get(pageId) ?? 0);
    this.#nextAtMs.set(pageId, atMs + IS_OWNER_PAUSE_MS);
    if (atMs > nowMs) await sleep(clock, atMs - nowMs);
  }

  /** `is_owner: false` names nobody, so the owner is hidden. An idle thread becomes the bot's when its customer writes. */
  #ownerOfConversation({ value, sentAtMs, answeredAtMs }: Attempt & { readonly ok: true }): OwnerAnswer | undefined {
    const isOwner = readIsOwner(value);
    if (isOwner === undefined) return undefined;
    const owner: NamedByMeta = isOwner ? { owner: 'app', appId: this.#settings.botAppId } : { owner: 'hidden' };
    return { ...owner, sentAtMs, answeredAtMs };
  }
}

/** The owner in the answer of `thread_owner` or of a take, or `undefined` if it names none. */
export function ownerIn({ value, sentAtMs, answeredAtMs }: Attempt & { readonly ok: true }): OwnerAnswer | undefined {
  const owner = readOwner(value);
  return owner && { ...owner, sentAtMs, answeredAtMs };
}

/** `GET /me/thread_owner`. */
function threadOwnerCall({ pageId, psid }: ThreadKey): GraphCall {
  return { operation: 'owner', pageId, method: 'GET', edge: '/thread_owner', query: { recipient: psid } };
}

/** `GET /me/conversations`, for `is_owner`. */
function conversationCall({ pageId, psid }: ThreadKey): GraphCall {
  const query = { user_id: psid, fields: 'is_owner' };
  return { operation: 'owner', pageId, method: 'GET', edge: '/conversations', query };
}

/** Code 100 that is about neither the customer nor the owner. */
function isNotServed({ metaCode, code }: GraphApiError): boolean {
  return metaCode === 100 && code === 'invalidCall';
}

function answered(call: GraphCall, owner: OwnerAnswer | undefined): OwnerAttempt {
  return owner ? { ok: true, owner } : { ok: false, error: unreadableError(call) };
}
