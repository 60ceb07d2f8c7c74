/**
 * Notice and pass in one Graph call, on Pages with Conversation Routing.
 *
 * Exists because the two-call form leaves a moment between notice and pass; the price is that the Page must have
 * routing on. `thread_control` without `control_type` releases the thread, so it is always sent.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { textOfThrown } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import type { PageId } from '../../thread/ids.js';
import { GraphApiError } from '../../graph/graph-api-error.js';
import type { ThreadControlClient } from '../../graph/thread-control-client.js';
import { messagesFromActivity } from '../../activities/messages-from-activity.js';
import type { Activity } from '../../activities/activity.js';
import type { AnsweredCall, HandoverOrder } from '../../handover/turn.js';
import type { HandoverCore } from '../compose-core.js';

/** How long a Page's answer counts. Routing is switched on or off once in its life. */
const REMEMBERED_MS = 10 * 60_000;
/** How long it counts that no answer came: the next handovers make two calls meanwhile. */
const FORGIVEN_MS = 60_000;
/** More Pages than this at once are nobody's; a flood of made-up ones must not fill the memory. */
const MOST_PAGES = 10_000;

/** Dependencies of {@link RoutingLookup}. */
export type RoutingDeps = Pick<HandoverCore, 'client' | 'clock' | 'log'>;

/** Looks up whether Pages have Conversation Routing, and remembers it. */
export class RoutingLookup {
  readonly #deps: RoutingDeps;
  readonly #known = new Map<string, { readonly answer: Promise<boolean>; untilMs: number }>();

  constructor(deps: RoutingDeps) {
    this.#deps = deps;
  }

  /** Whether the Page has routing; `false` if nobody can tell. Never rejects. Handovers at the same time ask once. */
  has(pageId: PageId): Promise<boolean> {
    const known = this.#known.get(pageId);
    if (known && this.#deps.clock.now() < known.untilMs) return known.answer;
    if (this.#known.size >= MOST_PAGES) this.#known.clear();
    const entry = { answer: this.#ask(pageId), untilMs: Infinity };
    this.#known.set(pageId, entry);
    return entry.answer;
  }

  async #ask(pageId: PageId): Promise<boolean> {
    let rememberMs = REMEMBERED_MS;
    try {
      return (await this.#deps.client.featureStatus(pageId)).conversationRouting === true;
    } catch (error) {
      const why = textOfThrown(error);
      this.#deps.log.warn(`Conversation Routing could not be looked up: ${why}`);
      rememberMs = FORGIVEN_MS;
      return false;
    } finally {
      const entry = this.#known.get(pageId);
      if (entry) entry.untilMs = this.#deps.clock.now() + rememberMs;
    }
  }
}

/** The one call, or `undefined` if the Page or the notice does not allow it and two calls have to do. */
export async function passWithNotice(
  client: ThreadControlClient,
  thread: ThreadKey,
  notice: Activity,
  routing: RoutingLookup,
): Promise<HandoverOrder['passWithNotice']> {
  const { messages, losses } = messagesFromActivity(notice, { id: thread.psid });
  const [first, ...more] = messages;
  const body = first?.body;
  // What loses a part goes through the adapter, which tells of it.
  if (!body?.message || first?.file || more.length > 0 || losses.length > 0) return undefined;
  if (!(await routing.has(thread.pageId))) return undefined;
  return async (targetAppId, metadata, isWanted): Promise<AnsweredCall> => {
    try {
      const thread_control = { app_id: targetAppId, control_type: 'pass', metadata };
      return await client.send(thread, { ...body, thread_control }, { evenIfMessagesPause: true });
    } catch (error) {
      if (!(error instanceof GraphApiError) || isOfThePass(error)) throw error;
      // The message was refused, and nothing was passed with it: the customer gets a person without the notice.
      if (error.outcome !== 'unknown') return client.pass(thread, targetAppId, metadata, isWanted);
      // Perhaps it was passed, perhaps not: the ordinary pass finds out, and repeats only what is safe.
      const owner = await client.owner(thread);
      // Hidden: an app that is not the bot has it, and the bot had it before.
      if (owner.owner === 'hidden' || (owner.owner === 'app' && owner.appId === targetAppId)) return owner;
      if (!(await isWanted())) throw error;
      return client.pass(thread, targetAppId, metadata, isWanted);
    }
  };
}

/** What an ordinary pass would meet as well. */
function isOfThePass({ code }: GraphApiError): boolean {
  return code === 'anotherAppOwns' || code === 'invalidToken';
}
