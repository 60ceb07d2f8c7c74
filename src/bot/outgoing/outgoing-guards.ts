/**
 * The two guards through which everything leaves the bot. Each asks the thread's record before anything is sent.
 *
 * The first is `onSendActivities` of each turn. The second is the adapter's own `sendActivities`. It checks what goes past
 * the first (typing middleware, Botkit's `startConversationWithUser`), what waits between them (in another handler, or
 * after a delay in its batch), and what goes to another customer than the turn's. Each activity is judged by the thread
 * that it goes to. Updates and deletions, which few bots make, pass the second guard only.
 */
import type { Activity, ConversationReference, ResourceResponse } from '../../activities/activity.js';
import type { Turn } from '../../handover/turn.js';
import type { Address } from '../addresses/address.js';
import { isSameThread } from '../addresses/address.js';
import type { HandoverRequests } from '../requests/begin-handover.js';
import type { CheckedSendDeps, SendTarget } from './checked-sends.js';
import { CheckedSends } from './checked-sends.js';
import type { HandoverCore } from '../compose-core.js';
import { isMessenger } from '../addresses/find-address.js';
import type { BatchPart } from './outgoing-batch.js';
import {
  HANDOFF_INITIATE,
  isDelay,
  isInitiate,
  isInvokeResponse,
  isTrace,
  padded,
  partsOf,
  withEarlier,
} from './outgoing-batch.js';
import type { BotAdapter, Framework, SendHandler, TurnContext } from '../port.js';
import { turnOf } from '../turn-state.js';

/** Dependencies of {@link OutgoingGuards}. */
export interface OutgoingGuardDeps extends CheckedSendDeps, Pick<HandoverCore, 'addresses'> {
  readonly framework: Pick<Framework, 'newContext'>;
  readonly requests: Pick<HandoverRequests, 'initiate'>;
}

type Send = (context: TurnContext, activities: Activity[]) => Promise<ResourceResponse[]>;
type Next = Parameters<SendHandler>[2];

const CHANNEL = 'facebook';

/** Both guards of one plugin. */
export class OutgoingGuards {
  readonly #deps: OutgoingGuardDeps;
  readonly #sends: CheckedSends;
  /** The batch that the first guard lets out at this moment. The second does not ask again for it. */
  #passing: readonly Activity[] | undefined;
  /** By function, not by adapter: a repair that comes later replaces the function, and the guard with it. */
  readonly #guards = new WeakSet<Send>();
  readonly #touchGuarded = new WeakSet<BotAdapter>();

  constructor(deps: OutgoingGuardDeps) {
    this.#deps = deps;
    this.#sends = new CheckedSends(deps);
  }

  /** Puts the first guard on one turn. */
  guardTurn(context: TurnContext, turn: Turn): void {
    context.onSendActivities((sender, activities, next) => this.#sendInTurn(sender, turn, activities, next));
  }

  /** Puts the second guard on an adapter, once for each instance. */
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
  #areOwn({ activity }: TurnContext, activities: readonly Activity[]): boolean {
    return activities.every((each) => this.#deps.addresses.isOwn(activity, each));
  }

  /**
   * What goes past the first guard, or comes late to the second: an agent may have the thread by now. After each delay the
   * record is asked again, because adapters wait inside a batch.
   */
  async #sendByAddress(
    send: Send,
    context: TurnContext,
    activities: Activity[],
    isAsked: boolean,
  ): Promise<ResourceResponse[]> {
    if (activities.every(isTrace)) return send(context, activities);
    const addresses: (Address | undefined)[] = [];
    for (const activity of activities) addresses.push(await this.#addressOf(context, activity));
    const parts = partsOf(activities, addresses);
    const [first] = parts;
    if (first && parts.length === 1) return this.#sendPart(send, context, { ...first, activities }, isAsked);
    const responses: ResourceResponse[] = [];
    for (const part of parts) {
      try {
        const answered = await this.#sendPart(send, context, part, isAsked && part === first);
        responses.push(...padded(answered, part.activities.length));
      } catch (error) {
        throw withEarlier(error, responses);
      }
    }
    return responses;
  }

  /** `undefined` if no customer of Messenger sees the activity. */
  async #addressOf(context: TurnContext, activity: Activity): Promise<Address | undefined> {
    const channelId = activity.channelId ?? channelOf(context);
    if (isInvokeResponse(activity) || !isMessenger(context.adapter, channelId)) return undefined;
    return this.#deps.addresses.findOutgoing(context, activity);
  }

  /** @param isAsked the first guard lets it out at this moment, as something of its turn's thread */
  async #sendPart(
    send: Send,
    context: TurnContext,
    { address, activities }: BatchPart,
    isAsked: boolean,
  ): Promise<ResourceResponse[]> {
    const target = address?.to === 'thread' ? targetIn(context, address.thread) : undefined;
    if (!address || (isAsked && target?.turn)) return send(context, activities);
    if (address.to === 'unknown') {
      this.#deps.addresses.sayWhatIsMissing(address);
      return this.#sends.suppress({ pageId: '', psid: address.psid }, activities, 'ownerUnknown');
    }
    const [initiate] = activities;
    if (initiate && isInitiate(initiate)) {
      await this.#deps.requests.initiate(this.#contextOf(context, initiate, target), initiate, target);
      return [{ id: '' }];
    }
    // Meta names this customer by a user_ref: there is no thread yet that another app could have.
    if (!target) return send(context, activities);
    return this.#sends.send(context.adapter, target, activities, () => send(context, activities));
  }

  /** The context in which an activity asks for a handover: its own, or one in the other conversation that it goes to. */
  #contextOf(context: TurnContext, initiate: Activity, target: SendTarget | undefined): TurnContext {
    if (target?.turn || this.#areOwn(context, [initiate])) return context;
    const { channelId = CHANNEL, conversation, from, recipient } = initiate;
    const parties = { ...(recipient ? { from: recipient } : {}), ...(from ? { recipient: from } : {}) };
    return this.#deps.framework.newContext(context.adapter, {
      type: 'event',
      name: HANDOFF_INITIATE,
      channelId,
      ...(conversation ? { conversation } : {}),
      ...parties,
    });
  }

  #sendInTurn(context: TurnContext, turn: Turn, activities: Activity[], next: Next): Promise<ResourceResponse[]> {
    if (activities.every(isTrace)) return next();
    // The second guard judges each by the thread that it goes to.
    if (activities.some(isInvokeResponse) || !this.#areOwn(context, activities)) return next();
    const at = activities.findIndex(isInitiate);
    if (at < 0) return this.#sendBatch(context, turn, activities, next);
    return this.#sendAround(context, turn, { activities, at }, next);
  }

  /** A batch that asks for a handover, at this position. */
  async #sendAround(
    context: TurnContext,
    turn: Turn,
    { activities, at }: { readonly activities: Activity[]; readonly at: number },
    next: Next,
  ): Promise<ResourceResponse[]> {
    const [initiate, ...after] = activities.splice(at);
    const before = activities.length === 0 ? [] : await this.#sendBatch(context, turn, activities, next);
    const isHandedOver =
      initiate !== undefined && (await this.#deps.requests.initiate(context, initiate, { thread: turn.thread, turn }));
    const responses = [...padded(before, at), { id: '' }];
    if (after.length === 0) return responses;
    // It would be said over the agent.
    if (isHandedOver) return [...responses, ...this.#sends.suppress(turn.thread, after, 'handedOver')];
    // `next` sends what is in this very list.
    activities.splice(0, activities.length, ...after);
    try {
      return [...responses, ...padded(await this.#sendInTurn(context, turn, activities, next), after.length)];
    } catch (error) {
      throw withEarlier(error, responses);
    }
  }

  #sendBatch(context: TurnContext, turn: Turn, activities: Activity[], next: Next): Promise<ResourceResponse[]> {
    return this.#sends.send(context.adapter, { thread: turn.thread, turn }, activities, () => {
      this.#passing = activities;
      const answering = next();
      this.#passing = undefined;
      return answering;
    });
  }

  /** @param touched what is updated or deleted. @param outgoing the same as an outgoing activity would be addressed */
  async #mayTouch(context: TurnContext, touched: unknown, outgoing: Activity): Promise<boolean> {
    const address = await this.#addressOf(context, outgoing);
    if (!address || address.to === 'userRef') return true;
    if (address.to === 'thread') return this.#sends.mayTouch(targetIn(context, address.thread), touched);
    this.#deps.addresses.sayWhatIsMissing(address);
    this.#sends.emitSuppressed({ pageId: '', psid: address.psid }, touched, 'ownerUnknown');
    return false;
  }
}

/** The thread, and the turn of the context if it is one of this thread. */
function targetIn(context: TurnContext, thread: SendTarget['thread']): SendTarget {
  const turn = turnOf(context);
  return { thread, turn: turn && isSameThread(turn.thread, thread) ? turn : undefined };
}

/** A context that somebody made by hand may have no activity. */
function channelOf(context: TurnContext): string | undefined {
  return (context.activity as Activity | undefined)?.channelId;
}

function outgoingOf({ channelId, conversation, bot, user }: ConversationReference): Activity {
  return {
    ...(channelId ? { channelId } : {}),
    ...(conversation ? { conversation } : {}),
    ...(bot ? { from: bot } : {}),
    ...(user ? { recipient: user } : {}),
  };
}
