/**
 * To whom an activity goes: the ids in it, read as the adapters send it. Pure.
 *
 * Exists because references are made by hand, saved in the turn of an echo, or saved on another channel, and because the
 * thread that is judged has to be the one that the message goes to.
 */
import type { PageId, Psid } from '../../thread/ids.js';
import type { ThreadKey } from '../../thread/key.js';

/** To whom an activity goes. */
export type Address =
  | { readonly to: 'thread'; readonly thread: ThreadKey }
  /** A customer without a thread. `pageId` is empty if the Page is not known. */
  | { readonly to: 'userRef'; readonly pageId: PageId; readonly userRef: string }
  /** No thread can be named. `psid` is empty if the customer is not known either. */
  | { readonly to: 'unknown'; readonly missing: 'page' | 'customer'; readonly psid: Psid };

/** The ids on an activity, by who should have them. */
export interface Parties {
  /** `recipient.id` of an incoming activity, `from.id` of an outgoing one. */
  readonly page: string | undefined;
  /** `from.id` of an incoming activity, `recipient.id` of an outgoing one. */
  readonly customer: string | undefined;
  readonly conversation: string | undefined;
}

/** What is known beside the ids of the activity. */
export interface AddressKnowledge {
  /** The Page of activities that name none. */
  readonly page: string | undefined;
  isPage(id: string): boolean;
  isUserRef(id: string): boolean;
}

const DIGITS = /^\d+$/;
/** Azure Bot Service's conversation ids: `<PSID>-<Page id>`. */
const PAIR = /^(\d+)-(\d+)$/;

/**
 * The address that these ids name. The conversation decides, because that is what adapters and connector send to; the
 * customer's id counts if the conversation is the Page (an echo) or no id of Meta's.
 */
export function addressOf(given: Parties, known: AddressKnowledge): Address {
  const { conversation } = given;
  const { page, customer } = isTurnedRound(given, known) ? { page: given.customer, customer: given.page } : given;
  if (conversation !== undefined && known.isUserRef(conversation)) {
    return { to: 'userRef', pageId: page ?? known.page ?? '', userRef: conversation };
  }
  const pair = conversation === undefined ? undefined : pairIn(conversation, page, known);
  if (pair) return { to: 'thread', thread: pair };
  const psid = customerOf(conversation, page, customer, known);
  if (psid === undefined) return { to: 'unknown', missing: 'customer', psid: '' };
  if (known.isUserRef(psid)) return { to: 'userRef', pageId: page ?? known.page ?? '', userRef: psid };
  const pageId = pageOf(page, psid, known);
  return pageId === undefined ? { to: 'unknown', missing: 'page', psid } : { to: 'thread', thread: { pageId, psid } };
}

/** Whether two addresses are of the same customer. */
export function isSameAddress(one: Address, other: Address): boolean {
  if (one.to === 'thread' && other.to === 'thread') return isSameThread(one.thread, other.thread);
  return one.to === 'userRef' && other.to === 'userRef' && one.userRef === other.userRef;
}

/** Whether two keys name one thread. */
export function isSameThread(one: ThreadKey, other: ThreadKey): boolean {
  return one.psid === other.psid && one.pageId === other.pageId;
}

/** The reference of an echo has the Page as its user; an activity may be seen from the other side, too. */
function isTurnedRound({ page, customer, conversation }: Parties, known: AddressKnowledge): boolean {
  if (customer === undefined) return false;
  if (page !== undefined && known.isPage(page)) return false;
  if (known.isPage(customer)) return true;
  return conversation !== undefined && conversation === page && conversation !== customer;
}

function pairIn(conversation: string, page: string | undefined, known: AddressKnowledge): ThreadKey | undefined {
  const end = page === undefined ? '' : `-${page}`;
  if (page !== undefined && conversation.endsWith(end) && conversation.length > end.length) {
    return { pageId: page, psid: conversation.slice(0, -end.length) };
  }
  const [, first, second] = PAIR.exec(conversation) ?? [];
  if (first === undefined || second === undefined) return undefined;
  const isReversed = known.isPage(first) && !known.isPage(second);
  return isReversed ? { pageId: first, psid: second } : { pageId: second, psid: first };
}

function customerOf(
  conversation: string | undefined,
  page: string | undefined,
  customer: string | undefined,
  known: AddressKnowledge,
): string | undefined {
  const isPages = conversation !== undefined && (conversation === page || known.isPage(conversation));
  if (conversation !== undefined && !isPages && (DIGITS.test(conversation) || customer === undefined)) {
    return conversation;
  }
  return customer === undefined || customer === page || known.isPage(customer) ? undefined : customer;
}

/** An id of Meta's is believed; a name gives way to what is known. */
function pageOf(page: string | undefined, psid: Psid, known: AddressKnowledge): string | undefined {
  const named = page === psid ? undefined : page;
  return named !== undefined && DIGITS.test(named) ? named : (known.page ?? named);
}
