/** Tickets in short, for tests that are about something else. */
import type { ThreadKey } from '../../src/thread/key.js';
import type { ThreadStore, Ticket } from '../../src/thread/store.js';

const THREAD: ThreadKey = { pageId: '1776', psid: '4001' };

/** A ticket for an event, of a process. */
export function ticketOf(event: string, processId: string, thread: ThreadKey = THREAD): Ticket {
  return { thread, event, processId };
}

/** Takes a ticket and leaves the record as it is. @returns the status */
export async function take(store: ThreadStore, ticket: Ticket, leaseMs = 1000): Promise<string> {
  return (await store.enter(ticket, leaseMs, () => ({ record: undefined, value: undefined }))).status;
}

/** Takes a ticket and finishes its event. */
export async function finish(store: ThreadStore, ticket: Ticket): Promise<void> {
  await take(store, ticket);
  await store.leave(ticket, 'finished');
}
