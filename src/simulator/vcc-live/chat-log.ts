/**
 * The simulated VCC Live's chats: their numbers, which its webhooks carry, and the log of those that were closed.
 * @see https://vcc.live/developers/database-api/chat/getchatlog
 */
import type { Page, Thread } from '../messenger-platform.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';

/** The numbers of one chat. A customer keeps `contactId` and `entityId`; each pass of the thread begins another chat. */
export interface ChatNumbers {
  readonly chatId: number;
  readonly ticketId: number;
  readonly contactId: number;
  readonly entityId: number;
}

/** Which chats a reader of the log wants. */
export interface ChatFilter {
  readonly entityId?: number;
  /** How many of the oldest to leave out. */
  readonly start: number;
  readonly limit: number;
}

/** How an agent closed the chat. */
interface Closing {
  readonly agentName: string;
  readonly nowMs: number;
}

/** The project of the simulated VCC Live. */
export const PROJECT_ID = 42;
const FIRST_ID = 1000;

/** The chats. */
export class ChatLog {
  /**
   * What `sessionId` holds. VCC Live does not publish it, so a bot should survive both: a number of VCC Live's own (default),
   * or the customer's PSID.
   */
  sessionIds: 'own' | 'psid' = 'own';
  readonly #rows = new Map<number, JsonObject>();
  readonly #customers = new WeakMap<Thread, number>();
  /** By the pass that began the chat; by the thread if VCC Live got no pass. */
  readonly #chats = new WeakMap<object, number>();
  #nextId = FIRST_ID;

  /** The numbers of the thread's latest chat. */
  numbersOf(page: Page, thread: Thread): ChatNumbers {
    const known = this.#chats.get(lastPassOf(page, thread) ?? thread);
    const chatId = known ?? this.#nextId++;
    this.#chats.set(lastPassOf(page, thread) ?? thread, chatId);
    const entityId = this.#customers.get(thread) ?? chatId;
    this.#customers.set(thread, entityId);
    return { chatId, ticketId: chatId, contactId: entityId, entityId };
  }

  /** Writes down that the thread's latest chat is closed. */
  close(page: Page, thread: Thread, { agentName, nowMs }: Closing): ChatNumbers {
    const numbers = this.numbersOf(page, thread);
    this.#rows.set(numbers.chatId, {
      ...numbers,
      projectId: PROJECT_ID,
      ticketNo: `T-${numbers.ticketId}`,
      sessionId: this.sessionIds === 'psid' ? thread.psid : `session-${numbers.chatId}`,
      type: 'messenger',
      pageName: `Page ${page.pageId}`,
      visitorName: `Customer ${thread.psid}`,
      firstAgent: agentName,
      lastAgent: agentName,
      closedAt: vccLiveTime(nowMs),
    });
    return numbers;
  }

  /** Rows of the log, oldest first. */
  read({ entityId, start, limit }: ChatFilter): readonly JsonObject[] {
    const wanted = [...this.#rows.values()].filter((row) => entityId === undefined || row['entityId'] === entityId);
    return wanted.slice(start, start + limit);
  }
}

/** What came with the thread when VCC Live last got it; nothing if VCC Live never did. */
export function lastPassOf(page: Page, thread: Thread): JsonObject | undefined {
  const app = [...page.apps.values()].find(({ role }) => role === 'vccLive');
  const passes = (app?.received ?? [])
    .filter(({ psid }) => psid === thread.psid)
    .map(({ item }) => item['pass_thread_control']);
  return passes.findLast(isJsonObject);
}

/** `2026-11-22 09:00:00`, as VCC Live writes times. */
export function vccLiveTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
