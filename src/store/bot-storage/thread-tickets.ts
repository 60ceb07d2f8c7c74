/**
 * The tickets of one thread, as they stand in its item of a Bot Framework storage. Pure.
 *
 * A storage has no clock, and the clocks of two processes differ. So a ticket carries no time but a count of its renewals:
 * whoever sees the same count for as long as the lease, by its own clock, knows that the lease is over.
 */
import { createHash } from 'node:crypto';
import { fieldOf, itemsOf } from '../../thread/read-unknown.js';
import type { Entered, Ticket, TicketState } from '../../thread/store.js';

/** A ticket in the item. Oldest first, they are the order of the thread. */
export interface StoredTicket {
  readonly event: string;
  readonly by: string;
  readonly leaseMs: number;
  /** Grows with each renewal. */
  readonly renewals: number;
}

/** A finished event in the item. */
export interface StoredFinish {
  readonly event: string;
  readonly by: string;
  /** The clock of the process that finished it, milliseconds. */
  readonly atMs: number;
}

/** The part of a thread's item that this file is about. */
export interface TicketItem {
  readonly tickets?: readonly StoredTicket[];
  /** Oldest first. */
  readonly finished?: readonly StoredFinish[];
}

/** How a process sees an item now. */
export interface TicketView {
  /** Whether the lease of a ticket goes on. */
  readonly isLive: (ticket: StoredTicket) => boolean;
  /** Whether a finished event is still remembered. */
  readonly isRemembered: (finish: StoredFinish) => boolean;
}

/** Finished events that an item keeps however many come: Meta redelivers what is minutes old, rarely what is hours old. */
const FINISHED_KEPT = 200;
const LONGEST_KEY = 64;
/** 132 bits of a digest in base64url. */
const DIGEST_CHARS = 43;
const DIGEST_CHARS_KEPT = 22;

/** The tickets in an item's body; what cannot be read among them is left out. */
export function ticketItemOf(body: unknown): TicketItem {
  const tickets = itemsOf(fieldOf(body, 'tickets')).filter(
    (each): each is StoredTicket =>
      typeof fieldOf(each, 'event') === 'string' &&
      typeof fieldOf(each, 'by') === 'string' &&
      Number.isFinite(fieldOf(each, 'leaseMs')) &&
      Number.isFinite(fieldOf(each, 'renewals')),
  );
  const finished = itemsOf(fieldOf(body, 'finished')).filter(
    (each): each is StoredFinish =>
      typeof fieldOf(each, 'event') === 'string' &&
      typeof fieldOf(each, 'by') === 'string' &&
      Number.isFinite(fieldOf(each, 'atMs')),
  );
  return {
    ...(fieldOf(body, 'tickets') === undefined ? {} : { tickets }),
    ...(fieldOf(body, 'finished') === undefined ? {} : { finished }),
  };
}

/** Takes a ticket, or renews the one there is. */
export function takeTicket(
  item: TicketItem,
  ticket: Ticket,
  leaseMs: number,
  view: TicketView,
): Entered<readonly StoredTicket[]> {
  const event = shortKey(ticket.event);
  if (finishOf(item, event, view)) return { status: 'done' };
  const live = keptTickets(item, ticket, view);
  const known = live.find((each) => each.event === event);
  if (known && known.by !== ticket.processId) return { status: 'busy' };
  const mine: StoredTicket = { event, by: ticket.processId, leaseMs, renewals: renewalsOf(item, event) + 1 };
  const before = known ? live.slice(0, live.indexOf(known)) : live;
  const tickets = known ? live.map((each) => (each === known ? mine : each)) : [...live, mine];
  return { status: 'entered', value: tickets, mustWait: before.some(({ by }) => by !== ticket.processId) };
}

/** The state of a ticket. */
export function ticketState(item: TicketItem, ticket: Ticket, view: TicketView): TicketState {
  if (isTakenOver(item, ticket, view)) return 'lost';
  const [first] = liveTickets(item, view);
  return first === undefined || first.by === ticket.processId ? 'next' : 'waiting';
}

/** Whether another process holds the event now, or has finished it. */
export function isTakenOver(item: TicketItem, ticket: Ticket, view: TicketView): boolean {
  const event = shortKey(ticket.event);
  const finish = finishOf(item, event, view);
  if (finish) return finish.by !== ticket.processId;
  return liveTickets(item, view).some((each) => each.event === event && each.by !== ticket.processId);
}

/** The item without the ticket; with `finishedAtMs` the event is finished. */
export function withoutTicket(
  item: TicketItem,
  ticket: Ticket,
  view: TicketView,
  finishedAtMs: number | undefined,
): Required<TicketItem> {
  const event = shortKey(ticket.event);
  const tickets = keptTickets(item, ticket, view).filter((each) => each.event !== event);
  const finished = (item.finished ?? []).filter(view.isRemembered);
  if (finishedAtMs === undefined || finished.some((each) => each.event === event)) return { tickets, finished };
  const finish: StoredFinish = { event, by: ticket.processId, atMs: finishedAtMs };
  return { tickets, finished: [...finished, finish].slice(-FINISHED_KEPT) };
}

/** Whether the item has the ticket, be its lease over or not. */
export function isQueued({ tickets }: TicketItem, { event, processId }: Ticket): boolean {
  return tickets?.some((each) => each.event === shortKey(event) && each.by === processId) === true;
}

/** Without other processes' tickets whose lease is over. */
function keptTickets({ tickets }: TicketItem, { processId }: Ticket, { isLive }: TicketView): readonly StoredTicket[] {
  return (tickets ?? []).filter((each) => isLive(each) || each.by === processId);
}

function liveTickets({ tickets }: TicketItem, { isLive }: TicketView): readonly StoredTicket[] {
  return (tickets ?? []).filter(isLive);
}

function finishOf({ finished }: TicketItem, event: string, { isRemembered }: TicketView): StoredFinish | undefined {
  return finished?.find((each) => each.event === event && isRemembered(each));
}

/** Of a ticket whose lease is over as well: a process that took an event over must not write a count that was there before. */
function renewalsOf({ tickets }: TicketItem, event: string): number {
  return tickets?.find((each) => each.event === event)?.renewals ?? 0;
}

function shortKey(event: string): string {
  if (event.length === DIGEST_CHARS) return event.slice(0, DIGEST_CHARS_KEPT);
  return event.length <= LONGEST_KEY ? event : createHash('sha256').update(event).digest('base64url');
}
