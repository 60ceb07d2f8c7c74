/**
 * The two doors of silence: everything that leaves the bot passes one of them, and asks the ledger there.
 *
 * The first is `onSendActivities` of each turn; the second is the adapter's own `sendActivities`, for what goes past the
 * first (typing middleware, Botkit's `startConversationWithUser`), and for what waits between them: in another handler, or
 * behind a delay in its batch. Updates and deletions, which few bots make, pass the second only.
 */
import type { Activity, BotAdapter, ResourceResponse, TurnContext } from 'botbuilder';
import type { Clock } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { Turn } from '../handover/turn.js';
import type { NewsDesk, SuppressedReason } from '../handover/news.js';
import { readRefusal, speaksToMeta } from './adapter-answers.js';
import { psidOfConversation, threadOfActivity } from './read-turn.js';
import { turnOf } from './turn-state.js';

/** Carries out an outgoing `handoff.initiate`. */
export type InitiateHandover = (context: TurnContext, initiate: Partial<Activity>) => Promise<void>;

/** What the doors stand on. */
export interface DoorParts {
  readonly engine: HandoverEngine;
  readonly news: NewsDesk;
  readonly clock: Clock;
  readonly initiate: InitiateHandover;
}

const CHANNEL = 'facebook';
const INITIATE = 'handoff.initiate';

/** Both doors of one plugin. */
export class Doors {
  readonly #parts: DoorParts;
  /** The batch that the first door is letting out this moment: the second does not ask again for it. */
  #passing: readonly Partial<Activity>[] | undefined;
  /** By function, not by adapter: a repair that comes later replaces the function, and the guard with it. */
  readonly #guards = new WeakSet<BotAdapter['sendActivities']>();
  readonly #touchGuarded = new WeakSet<BotAdapter>();

  constructor(parts: DoorParts) {
    this.#parts = parts;
  }

  /** The first door, for one turn. */
  guardTurn(context: TurnContext, turn: Turn): void {
    context.onSendActivities((sender, activities, next) => this.#send(sender, turn, activities, next));
  }

  /** The second door, once for each adapter instance. */
  guardAdapter(adapter: BotAdapter): void {
    // eslint-disable-next-line @typescript-eslint/unbound-method -- compared, not called
    if (this.#guards.has(adapter.sendActivities)) return;
    const send = adapter.sendActivities.bind(adapter);
    const sendNoted: BotAdapter['sendActivities'] = async (context, activities) =>
      this.#noted(await send(context, activities));
    const guarded: BotAdapter['sendActivities'] = (context, activities) => {
      const isAsked = this.#passing === activities;
      if (activities.some(isDelay)) return this.#sendBetweenDelays(sendNoted, context, activities, isAsked);
      return isAsked ? sendNoted(context, activities) : this.#sendPast(sendNoted, context, activities);
    };
    adapter.sendActivities = guarded;
    this.#guards.add(guarded);
    if (this.#touchGuarded.has(adapter)) return;
    this.#touchGuarded.add(adapter);
    const update = adapter.updateActivity.bind(adapter);
    adapter.updateActivity = async (context, activity) =>
      (await this.#mayTouch(context, activity, activity)) ? update(context, activity) : undefined;
    const remove = adapter.deleteActivity.bind(adapter);
    adapter.deleteActivity = async (context, reference) => {
      if (await this.#mayTouch(context, reference, undefined)) await remove(context, reference);
    };
  }

  /** The echoes of these messages say by which app they were sent. Adapters may answer with nothing at all. */
  #noted(responses: ResourceResponse[]): ResourceResponse[] {
    for (const response of (responses as ResourceResponse[] | undefined) ?? []) {
      const id = (response as ResourceResponse | undefined)?.id;
      if (id) this.#parts.engine.appIds.sent(id);
    }
    return responses;
  }

  /** What goes past the first door, or comes late to the second: an agent may have the thread by now. */
  async #sendPast(
    send: BotAdapter['sendActivities'],
    context: TurnContext,
    activities: Partial<Activity>[],
  ): Promise<ResourceResponse[]> {
    if (channelOf(context, activities[0]) !== CHANNEL || activities.every(isTrace)) return send(context, activities);
    const turn = turnOf(context);
    const thread = turn?.thread ?? threadOf(context.activity, activities[0]);
    const reason = await this.#refusal(thread, turn);
    if (reason) return this.#suppress(thread, activities, reason);
    return send(context, activities);
  }

  /** After each delay the question is asked anew: adapters wait inside a batch, and an agent may have come meanwhile. */
  async #sendBetweenDelays(
    send: BotAdapter['sendActivities'],
    context: TurnContext,
    activities: Partial<Activity>[],
    isAsked: boolean,
  ): Promise<ResourceResponse[]> {
    if (channelOf(context, activities[0]) !== CHANNEL) return send(context, activities);
    const responses: ResourceResponse[] = [];
    for (let from = 0; from < activities.length;) {
      const delayAt = activities.findIndex((activity, at) => at >= from && isDelay(activity));
      const part = activities.slice(from, delayAt < 0 ? undefined : delayAt + 1);
      try {
        const answered = isAsked && from === 0 ? await send(context, part) : await this.#sendPast(send, context, part);
        responses.push(...padded(answered, part.length));
      } catch (error) {
        throw error instanceof GraphApiError ? withEarlier(error, responses) : error;
      }
      from += part.length;
    }
    return responses;
  }

  #send(
    context: TurnContext,
    turn: Turn,
    activities: Partial<Activity>[],
    next: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    // Traces are for developers: no channel shows them to a customer, and runDialog sends one every turn.
    if (activities.every(isTrace)) return next();
    const at = activities.findIndex((activity) => activity.type === 'event' && activity.name === INITIATE);
    if (at < 0) return this.#sendBatch(context, turn, activities, next);
    return this.#sendAround(context, turn, activities, at, next);
  }

  /** A batch that asks for a handover, at this place. */
  async #sendAround(
    context: TurnContext,
    turn: Turn,
    activities: Partial<Activity>[],
    at: number,
    next: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    // What stands before the request is sent, then comes the handover; what follows would be said over the agent.
    const [initiate, ...after] = activities.splice(at);
    const responses = activities.length === 0 ? [] : await this.#sendBatch(context, turn, activities, next);
    if (initiate) await this.#parts.initiate(context, initiate);
    const rest = after.length === 0 ? [] : this.#suppress(turn.thread, after, 'handedOver');
    return [...padded(responses, at), { id: '' }, ...rest];
  }

  async #sendBatch(
    context: TurnContext,
    turn: Turn,
    activities: Partial<Activity>[],
    next: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    const { speaking } = this.#parts.engine;
    const asked = speaking.maySpeak(turn.thread, turn);
    const permission = asked instanceof Promise ? await asked : asked;
    if (!permission.allowed) return this.#suppress(turn.thread, activities, permission.reason);
    const sentAtMs = this.#parts.clock.now();
    let answered: ResourceResponse[];
    try {
      this.#passing = activities;
      const answering = next();
      this.#passing = undefined;
      answered = await answering;
    } catch (thrown) {
      if (!(await this.#lostToAnotherApp(thrown, turn, sentAtMs))) throw thrown;
      return this.#suppress(turn.thread, activities, 'refusedByMeta');
    }
    // Adapters may answer with nothing at all, whatever their types say.
    const responses = (answered as ResourceResponse[] | undefined) ?? [];
    if (permission.known) return responses;
    const accepted = responses.some((response) => Boolean((response as ResourceResponse | undefined)?.id));
    if (accepted && speaksToMeta(context.adapter)) {
      const answeredAtMs = this.#parts.clock.now();
      await speaking.sendAccepted(turn.thread, permission, { sentAtMs, answeredAtMs });
    }
    return responses;
  }

  /** A connector refused: whether because another app controls the thread. The ledger learns it either way. */
  async #lostToAnotherApp(thrown: unknown, turn: Turn, sentAtMs: number): Promise<boolean> {
    const says = readRefusal(thrown);
    if (says === 'nothing') return false;
    const { speaking } = this.#parts.engine;
    if (says === 'perhapsAnotherApp') return speaking.isLost(turn.thread);
    await speaking.sendRefused(turn.thread, { sentAtMs, answeredAtMs: this.#parts.clock.now() });
    return true;
  }

  /** @param touched what is updated or deleted, as it is told; @param outgoing the activity that replaces it */
  async #mayTouch(context: TurnContext, touched: unknown, outgoing: Partial<Activity> | undefined): Promise<boolean> {
    if (channelOf(context, outgoing) !== CHANNEL) return true;
    const turn = turnOf(context);
    const thread = turn?.thread ?? threadOf(context.activity, outgoing);
    const reason = await this.#refusal(thread, turn);
    if (!reason) return true;
    this.#tellSuppressed(thread, touched, reason);
    return false;
  }

  async #refusal(thread: ThreadKey | undefined, turn: Turn | undefined): Promise<SuppressedReason | undefined> {
    if (!thread) return 'ownerUnknown';
    const permission = await this.#parts.engine.speaking.maySpeak(thread, turn);
    return permission.allowed ? undefined : permission.reason;
  }

  /** One response for each activity: bots read `.id` of what they sent. */
  #suppress(
    thread: ThreadKey | undefined,
    activities: readonly Partial<Activity>[],
    reason: SuppressedReason,
  ): ResourceResponse[] {
    for (const activity of activities) this.#tellSuppressed(thread, activity, reason);
    return activities.map(() => ({ id: '' }));
  }

  #tellSuppressed(thread: ThreadKey | undefined, activity: unknown, reason: SuppressedReason): void {
    this.#parts.news.tell('suppressed', { thread: thread ?? { pageId: '', psid: '' }, activity, reason });
  }
}

/** The error counts within the part of a batch that follows a delay; the bot counts within the whole batch. */
function withEarlier(error: GraphApiError, responses: readonly ResourceResponse[]): GraphApiError {
  if (error.activityIndex === undefined) return error;
  const earlier = responses.map(({ id }, activityIndex) => ({ id, activityIndex })).filter(({ id }) => id !== '');
  const since = (error.sent ?? []).map(({ id, activityIndex }) => ({
    id,
    activityIndex: activityIndex + responses.length,
  }));
  return error.restated({ sent: [...earlier, ...since], activityIndex: error.activityIndex + responses.length });
}

function isTrace({ type }: Partial<Activity>): boolean {
  return type === 'trace';
}

function isDelay({ type }: Partial<Activity>): boolean {
  return type === 'delay';
}

/** A context that somebody made by hand may have no activity. */
function channelOf(context: TurnContext, outgoing: Partial<Activity> | undefined): string | undefined {
  return (context.activity as Partial<Activity> | undefined)?.channelId ?? outgoing?.channelId;
}

/** Outside any turn: the context's activity is seen from the customer, an outgoing one from the Page. */
function threadOf(
  incoming: Partial<Activity> | undefined,
  outgoing: Partial<Activity> | undefined,
): ThreadKey | undefined {
  const seen = incoming && threadOfActivity(incoming);
  if (seen) return seen;
  const pageId = outgoing?.from?.id ?? incoming?.recipient?.id;
  if (!pageId) return undefined;
  const conversationId = outgoing?.conversation?.id;
  const psid = outgoing?.recipient?.id ?? (conversationId && psidOfConversation(conversationId, pageId));
  return psid ? { pageId, psid } : undefined;
}

/** Adapters that drop activities answer for fewer than they were given, some with nothing at all. */
function padded(responses: readonly ResourceResponse[] | undefined, length: number): ResourceResponse[] {
  return Array.from({ length }, (_, index) => responses?.[index] ?? { id: '' });
}
