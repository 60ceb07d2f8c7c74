/**
 * The two doors of silence: everything that leaves the bot passes one of them, and asks the ledger there.
 *
 * The first is `onSendActivities` of each turn; the second is the adapter's own `sendActivities`, for what goes past the
 * first (typing middleware, Botkit's `startConversationWithUser`), for what waits between them (in another handler, or
 * behind a delay in its batch), and for what goes to another customer than the turn's. Each activity is judged by the
 * thread that it goes to. Updates and deletions, which few bots make, pass the second only.
 */
import type { Activity, BotAdapter, ConversationReference, ResourceResponse } from 'botbuilder';
import { TurnContext } from 'botbuilder';
import type { Clock } from '../thread/clock.js';
import type { ThreadKey } from '../thread/key.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { Permission, Turn } from '../handover/turn.js';
import type { HandoverEvents, SuppressedReason } from '../handover/events.js';
import { readRefusal, speaksToMeta } from './adapter-answers.js';
import type { Address } from './address.js';
import { isSameAddress, isSameThread } from './address.js';
import type { AddressFinder } from './find-address.js';
import { isMessenger } from './find-address.js';
import { turnOf } from './turn-state.js';

/** Carries out an outgoing `handoff.initiate`. */
export type InitiateHandover = (context: TurnContext, initiate: Partial<Activity>) => Promise<void>;

/** What the doors stand on. */
export interface OutgoingGuardDeps {
  readonly engine: HandoverEngine;
  readonly events: HandoverEvents;
  readonly clock: Clock;
  readonly addresses: AddressFinder;
  readonly initiate: InitiateHandover;
}

type Send = BotAdapter['sendActivities'];

/** Activities of a batch that stand side by side and go to one customer. */
interface BatchPart {
  /** Absent for what no customer sees: another channel's, an answer to an invoke. */
  readonly address: Address | undefined;
  readonly activities: Partial<Activity>[];
}

/** The thread that something goes to, and the turn that it is said in, where that is a turn of this thread. */
interface Judged {
  readonly thread: ThreadKey;
  readonly turn: Turn | undefined;
}

const CHANNEL = 'facebook';
const INITIATE = 'handoff.initiate';

/** Both doors of one plugin. */
export class OutgoingGuards {
  readonly #deps: OutgoingGuardDeps;
  /** The batch that the first door is letting out this moment: the second does not ask again for it. */
  #passing: readonly Partial<Activity>[] | undefined;
  /** By function, not by adapter: a repair that comes later replaces the function, and the guard with it. */
  readonly #guards = new WeakSet<Send>();
  readonly #touchGuarded = new WeakSet<BotAdapter>();

  constructor(deps: OutgoingGuardDeps) {
    this.#deps = deps;
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
    const sendNoted: Send = async (context, activities) => this.#noted(await send(context, activities));
    const guarded: Send = (context, activities) => {
      const isAsked = this.#passing === activities;
      const isWhole = isAsked && !activities.some(isDelay) && this.#areOwn(context, activities);
      return isWhole ? sendNoted(context, activities) : this.#sendByAddress(sendNoted, context, activities, isAsked);
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
      if (await this.#mayTouch(context, reference, outgoingOf(reference))) await remove(context, reference);
    };
  }

  /** The echoes of these messages say by which app they were sent. Adapters may answer with nothing at all. */
  #noted(responses: ResourceResponse[]): ResourceResponse[] {
    for (const response of (responses as ResourceResponse[] | undefined) ?? []) {
      const id = (response as ResourceResponse | undefined)?.id;
      if (id) this.#deps.engine.appIds.sent(id);
    }
    return responses;
  }

  /** Other handlers may have given the activities of a turn another address. */
  #areOwn(context: TurnContext, activities: readonly Partial<Activity>[]): boolean {
    const { activity } = context;
    return activities.every((each) => this.#deps.addresses.isOwn(activity, each));
  }

  /**
   * What goes past the first door, or comes late to the second: an agent may have the thread by now. After each delay the
   * question is asked anew, because adapters wait inside a batch.
   */
  async #sendByAddress(
    send: Send,
    context: TurnContext,
    activities: Partial<Activity>[],
    isAsked: boolean,
  ): Promise<ResourceResponse[]> {
    if (activities.every(isTrace)) return send(context, activities);
    const parts = await this.#partsOf(context, activities);
    const [first] = parts;
    if (first && parts.length === 1) {
      return this.#sendPart(send, context, { ...first, activities }, isAsked);
    }
    const responses: ResourceResponse[] = [];
    for (const part of parts) {
      try {
        const answered = await this.#sendPart(send, context, part, isAsked && part === first);
        responses.push(...padded(answered, part.activities.length));
      } catch (error) {
        throw error instanceof GraphApiError ? withEarlier(error, responses) : error;
      }
    }
    return responses;
  }

  /** The batch in pieces: by address, behind each delay, and around each request for a handover. */
  async #partsOf(context: TurnContext, activities: readonly Partial<Activity>[]): Promise<BatchPart[]> {
    const parts: BatchPart[] = [];
    for (const activity of activities) {
      const address = await this.#addressOf(context, activity);
      const last = parts.at(-1);
      const before = last?.activities.at(-1);
      if (last && before && continues(last, before) && (isDelay(activity) || goesWith(last, activity, address))) {
        last.activities.push(activity);
      } else {
        parts.push({ address, activities: [activity] });
      }
    }
    return parts;
  }

  /** `undefined` where no customer of Messenger sees it. */
  async #addressOf(context: TurnContext, activity: Partial<Activity>): Promise<Address | undefined> {
    const channelId = activity.channelId ?? channelOf(context);
    if (isInvokeResponse(activity) || !isMessenger(context.adapter, channelId)) return undefined;
    return this.#deps.addresses.findOutgoing(context, activity);
  }

  /** @param isAsked the first door has let it out this moment, as something of its turn's thread */
  async #sendPart(
    send: Send,
    context: TurnContext,
    { address, activities }: BatchPart,
    isAsked: boolean,
  ): Promise<ResourceResponse[]> {
    const turn = turnOf(context);
    const isOfTurn = address?.to === 'thread' && turn !== undefined && isSameThread(address.thread, turn.thread);
    if (!address || (isAsked && isOfTurn)) return send(context, activities);
    if (address.to === 'unknown') {
      this.#deps.addresses.sayWhatIsMissing(address);
      return this.#suppress({ pageId: '', psid: address.psid }, activities, 'ownerUnknown');
    }
    const [initiate] = activities;
    if (initiate && isInitiate(initiate)) {
      await this.#deps.initiate(isOfTurn || !turn ? context : contextFor(context, initiate), initiate);
      return [{ id: '' }];
    }
    // Meta names this customer by a user_ref: there is no thread yet that another app could have.
    if (address.to === 'userRef') return send(context, activities);
    const judged: Judged = { thread: address.thread, turn: isOfTurn ? turn : undefined };
    return this.#sendJudged(context, judged, activities, () => send(context, activities));
  }

  #send(
    context: TurnContext,
    turn: Turn,
    activities: Partial<Activity>[],
    next: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    // Traces are for developers: no channel shows them to a customer, and runDialog sends one every turn.
    if (activities.every(isTrace)) return next();
    // The second door judges each by the thread that it goes to.
    if (activities.some(isInvokeResponse) || !this.#areOwn(context, activities)) return next();
    const at = activities.findIndex(isInitiate);
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
    if (initiate) await this.#deps.initiate(context, initiate);
    const rest = after.length === 0 ? [] : this.#suppress(turn.thread, after, 'handedOver');
    return [...padded(responses, at), { id: '' }, ...rest];
  }

  #sendBatch(
    context: TurnContext,
    turn: Turn,
    activities: Partial<Activity>[],
    next: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    return this.#sendJudged(context, { thread: turn.thread, turn }, activities, () => {
      this.#passing = activities;
      const answering = next();
      this.#passing = undefined;
      return answering;
    });
  }

  /** Sends where the ledger allows it, and tells the ledger what the answer says. */
  async #sendJudged(
    context: TurnContext,
    judged: Judged,
    activities: readonly Partial<Activity>[],
    send: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    const { sendGuard } = this.#deps.engine;
    const { thread } = judged;
    const asked = sendGuard.maySend(thread, judged.turn);
    const permission: Permission = asked instanceof Promise ? await asked : asked;
    if (!permission.allowed) return this.#suppress(thread, activities, permission.reason);
    const sentAtMs = this.#deps.clock.now();
    let answered: ResourceResponse[];
    try {
      answered = await send();
    } catch (thrown) {
      if (!(await this.#lostToAnotherApp(thrown, thread, sentAtMs))) throw thrown;
      return this.#suppress(thread, activities, 'refusedByMeta');
    }
    // Adapters may answer with nothing at all, whatever their types say.
    const responses = (answered as ResourceResponse[] | undefined) ?? [];
    if (permission.known) return responses;
    const accepted = responses.some((response) => Boolean((response as ResourceResponse | undefined)?.id));
    if (accepted && speaksToMeta(context.adapter)) {
      const answeredAtMs = this.#deps.clock.now();
      await sendGuard.sendAccepted(thread, permission, { sentAtMs, answeredAtMs });
    }
    return responses;
  }

  /** A connector refused: whether because another app controls the thread. The ledger learns it either way. */
  async #lostToAnotherApp(thrown: unknown, thread: ThreadKey, sentAtMs: number): Promise<boolean> {
    const says = readRefusal(thrown);
    if (says === 'nothing') return false;
    const { sendGuard } = this.#deps.engine;
    if (says === 'perhapsAnotherApp') return sendGuard.isLost(thread);
    await sendGuard.sendRefused(thread, { sentAtMs, answeredAtMs: this.#deps.clock.now() });
    return true;
  }

  /** @param touched what is updated or deleted, as it is told; @param outgoing where that is */
  async #mayTouch(context: TurnContext, touched: unknown, outgoing: Partial<Activity>): Promise<boolean> {
    const address = await this.#addressOf(context, outgoing);
    if (!address || address.to === 'userRef') return true;
    if (address.to === 'unknown') {
      this.#deps.addresses.sayWhatIsMissing(address);
      this.#tellSuppressed({ pageId: '', psid: address.psid }, touched, 'ownerUnknown');
      return false;
    }
    const { thread } = address;
    const turn = turnOf(context);
    const ofTurn = turn && isSameThread(turn.thread, thread) ? turn : undefined;
    const permission = await this.#deps.engine.sendGuard.maySend(thread, ofTurn);
    if (!permission.allowed) this.#tellSuppressed(thread, touched, permission.reason);
    return permission.allowed;
  }

  /** One response for each activity: bots read `.id` of what they sent. */
  #suppress(thread: ThreadKey, activities: readonly Partial<Activity>[], reason: SuppressedReason): ResourceResponse[] {
    for (const activity of activities) this.#tellSuppressed(thread, activity, reason);
    return activities.map(() => ({ id: '' }));
  }

  /** @param thread with empty ids where it is not known */
  #tellSuppressed(thread: ThreadKey, activity: unknown, reason: SuppressedReason): void {
    this.#deps.events.emit('suppressed', { thread, activity, reason });
  }
}

/** The error counts within its part of a batch; the bot counts within the whole batch. */
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

function isInitiate({ type, name }: Partial<Activity>): boolean {
  return type === 'event' && name === INITIATE;
}

/** The answer to an invoke is the channel's, and leaves with the HTTP response. */
function isInvokeResponse({ type }: Partial<Activity>): boolean {
  return type === 'invokeResponse';
}

/** Whether anything may follow in the same part. */
function continues(part: BatchPart, last: Partial<Activity>): boolean {
  return !part.address || !(isDelay(last) || isInitiate(last));
}

function goesWith(part: BatchPart, activity: Partial<Activity>, address: Address | undefined): boolean {
  if (!part.address || !address) return part.address === address;
  return !isInitiate(activity) && isSameAddress(part.address, address);
}

/** A context that somebody made by hand may have no activity. */
function channelOf(context: TurnContext): string | undefined {
  return (context.activity as Partial<Activity> | undefined)?.channelId;
}

/** What is deleted, as an outgoing activity would be addressed. */
function outgoingOf({ channelId, conversation, bot, user }: Partial<ConversationReference>): Partial<Activity> {
  return {
    ...(channelId ? { channelId } : {}),
    ...(conversation ? { conversation } : {}),
    ...(bot ? { from: bot } : {}),
    ...(user ? { recipient: user } : {}),
  };
}

/** A context in the conversation that an activity goes to. */
function contextFor(
  context: TurnContext,
  { channelId, conversation, from, recipient }: Partial<Activity>,
): TurnContext {
  const reference = { channelId: channelId ?? CHANNEL, conversation, bot: from, user: recipient };
  const activity = { type: 'event', name: INITIATE };
  return new TurnContext(
    context.adapter,
    TurnContext.applyConversationReference(activity, reference as Partial<ConversationReference>, true),
  );
}

/** Adapters that drop activities answer for fewer than they were given, some with nothing at all. */
function padded(responses: readonly ResourceResponse[] | undefined, length: number): ResourceResponse[] {
  return Array.from({ length }, (_, index) => responses?.[index] ?? { id: '' });
}
