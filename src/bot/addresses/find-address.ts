/**
 * Finds to whom an activity goes: by its own ids, by the turn that it is sent in, and by the Page of the bot's token.
 *
 * Exists so that the guards of silence, the adapter that sends, and the plugin's methods name the same thread.
 */
import type { ThreadEvent } from '../../thread/event.js';
import type { PageId } from '../../thread/ids.js';
import type { ThreadKey } from '../../thread/key.js';
import { idOf } from '../../thread/read-unknown.js';
import type { RepeatedLines } from '../../thread/repeated-lines.js';
import { userRefOf } from '../../activities/user-ref.js';
import type { Activity } from '../../activities/activity.js';
import { speaksToMeta } from '../adapter-answers.js';
import type { Address, AddressKnowledge, Parties } from './address.js';
import { addressOf } from './address.js';
import type { KnownPages } from './known-pages.js';
import { turnOf } from '../turn-state.js';
import type { BotAdapter, TurnContext } from '../port.js';

const CHANNEL = 'facebook';
const DIGITS = /^\d+$/;
/** A `user_ref` serves for one reply; the oldest are forgotten first. */
const MOST_USER_REFS = 10_000;

const ADVICE: Readonly<Record<string, string>> = {
  page: "Add bot: { id: '<Page id>' } to the conversation reference, or send it with a complete one.",
  customer: "Add conversation: { id: '<PSID>' } or user: { id: '<PSID>' } to the conversation reference.",
};

/** Finds addresses for one plugin. */
export class AddressFinder {
  readonly #pages: KnownPages;
  readonly #lines: RepeatedLines;
  readonly #userRefs = new Set<string>();

  constructor(pages: KnownPages, lines: RepeatedLines) {
    this.#pages = pages;
    this.#lines = lines;
  }

  /** An event has come in: its Page is one of the bot's. */
  heard(event: ThreadEvent): void {
    if (event.pageId !== undefined) this.#pages.heard(event.pageId);
    const userRef = event.psid === undefined && event.channel === 'messaging' ? userRefOf(event.raw) : undefined;
    if (userRef === undefined) return;
    const [oldest] = this.#userRefs;
    if (oldest !== undefined && this.#userRefs.size >= MOST_USER_REFS) this.#userRefs.delete(oldest);
    this.#userRefs.add(userRef);
  }

  /** The address of a turn's own conversation, by its activity. */
  ofTurn(adapter: BotAdapter, activity: Activity): Promise<Address> {
    return this.#found(() => this.#ofIncoming(adapter, activity));
  }

  /** The address of an activity that is sent in this context, after asking Meta for the Page if that is needed. */
  findOutgoing(context: TurnContext, outgoing: Activity): Promise<Address> {
    return this.#found(() => this.ofOutgoing(context, outgoing));
  }

  /** {@link findOutgoing} by what is known by now. */
  ofOutgoing(context: TurnContext, outgoing: Activity): Address {
    const incoming = context.activity as Activity | undefined;
    const turn = turnOf(context);
    if (incoming && this.isOwn(incoming, outgoing)) {
      return turn ? { to: 'thread', thread: turn.thread } : this.#ofIncoming(context.adapter, incoming);
    }
    const parties = partiesOf(outgoing.from, outgoing.recipient, outgoing);
    const known = this.#knowledge(context.adapter, turn?.thread.pageId ?? idOf(incoming?.recipient?.id));
    return addressOf(turn ? this.#withPage(parties, turn.thread.pageId, known) : parties, known);
  }

  /** Whether an activity goes to the conversation of the turn that sends it. */
  isOwn(incoming: Activity, outgoing: Activity): boolean {
    // What a turn context has addressed shares these objects with its turn.
    if (outgoing.conversation && outgoing.conversation === incoming.conversation) {
      if (outgoing.from === incoming.recipient) return true;
    }
    const conversation = idOf(outgoing.conversation?.id);
    const from = idOf(outgoing.from?.id);
    const isFromSamePage = from === undefined || from === idOf(incoming.recipient?.id) || !this.#isAnotherPage(from);
    if (conversation !== undefined) return conversation === idOf(incoming.conversation?.id) && isFromSamePage;
    const recipient = idOf(outgoing.recipient?.id);
    return (recipient === undefined || recipient === idOf(incoming.from?.id)) && isFromSamePage;
  }

  /** Says, once for each kind, what an application has to add so that its messages can be sent. */
  sayWhatIsMissing(address: Address): void {
    if (address.to !== 'unknown') return;
    const { missing } = address;
    // That Meta was asked for the Page in vain is said where it was asked, and may be over soon.
    if (missing === 'page' && this.#pages.hasOneToken) return;
    const why =
      missing === 'page'
        ? 'names no Page, and pageAccessToken is a function, so the Page cannot be known'
        : 'names no customer';
    this.#lines.once(
      'error',
      `A message was not sent, because its conversation ${why}: nobody can tell whether an agent has the thread. ` +
        `${ADVICE[missing] ?? ''} This line is written once.`,
    );
  }

  /** In a turn the Page is the turn's, unless the activity names another, or comes from an echo's reference. */
  #withPage(parties: Parties, pageId: PageId, known: AddressKnowledge): Parties {
    const { page, customer } = parties;
    if (page !== undefined && (known.isPage(page) || this.#isAnotherPage(page))) return parties;
    return customer !== undefined && known.isPage(customer) ? parties : { ...parties, page: pageId };
  }

  async #found(find: () => Address): Promise<Address> {
    const address = find();
    if (address.to !== 'unknown' || address.missing !== 'page') return address;
    return (await this.#pages.find()) === undefined ? address : find();
  }

  #ofIncoming(adapter: BotAdapter, activity: Activity): Address {
    const userRef = userRefOf(activity.channelData) ?? userRefOf(activity.value);
    const parties = partiesOf(activity.recipient, activity.from, activity);
    if (userRef === undefined) return addressOf(parties, this.#knowledge(adapter, undefined));
    return { to: 'userRef', pageId: parties.page ?? this.#pages.only ?? '', userRef };
  }

  /** @param page that of the turn, if there is one */
  #knowledge(adapter: BotAdapter, page: string | undefined): AddressKnowledge {
    const isMeta = speaksToMeta(adapter);
    return {
      page: page ?? this.#pages.only,
      isPage: (id) => this.#pages.has(id) || id === page,
      // Azure's conversations have ids of their own; to Meta everything that is no number is a user_ref.
      isUserRef: (id) => this.#userRefs.has(id) || (isMeta && !DIGITS.test(id) && !/^\d+-\d+$/.test(id)),
    };
  }

  /** A bot with one token sends everything with it, whatever an activity says. */
  #isAnotherPage(id: string): boolean {
    return this.#pages.hasOneToken ? false : this.#pages.has(id) || DIGITS.test(id);
  }
}

/** Whether an activity is one of Messenger's: by its channel, or because its adapter knows no other. */
export function isMessenger(adapter: BotAdapter | undefined, channelId: string | undefined): boolean {
  return channelId === CHANNEL || speaksToMeta(adapter);
}

/**
 * Completes the activity of a turn that no webhook began: state and answers need its ids. Ids of an echo's reference are
 * put right, so that the bot speaks to the customer.
 */
export function completeTurn(adapter: BotAdapter, activity: Activity, { pageId, psid }: ThreadKey): void {
  const isEchos = idOf(activity.from?.id) === pageId;
  const conversation = idOf(activity.conversation?.id);
  const id = speaksToMeta(adapter) ? psid : `${psid}-${pageId}`;
  Object.assign(activity, {
    ...(activity.channelId ? {} : { channelId: CHANNEL }),
    ...(idOf(activity.from?.id) === undefined || isEchos ? { from: { id: psid, name: psid } } : {}),
    ...(idOf(activity.recipient?.id) === undefined || isEchos ? { recipient: { id: pageId, name: pageId } } : {}),
    ...(conversation === undefined || conversation === pageId ? { conversation: { id } } : {}),
  });
}

function partiesOf(
  page: Activity['from'] | undefined,
  customer: Activity['from'] | undefined,
  { conversation }: Activity,
): Parties {
  return { page: idOf(page?.id), customer: idOf(customer?.id), conversation: idOf(conversation?.id) };
}
