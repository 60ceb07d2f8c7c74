/**
 * Makes an event of the body of VCC Live's webhook. Missing fields are left out, and nothing throws.
 *
 * An update has only the changed fields. Numbers come as strings, and a transcript comes as an array or an object.
 * @see https://vcc.live/?p=46317
 * @see https://vcc.live/developers/webhook/async-webhook-requests/ticket-status-webhook
 */
import { parseExactJson } from '../thread/exact-json.js';
import { fieldOf, idOf, isRecord, itemsOf, keysOf, presentFields, stringOf } from '../thread/read-unknown.js';
import type { ChatClosed, TicketChanged, TranscriptLine, VccLiveEvent } from '../thread/vcc-live-event.js';

/** Fields that only Chat (Async) has. Its `disposition` is a word; that of Call Disposition (Async) is an object. */
const FIELDS_OF_A_CHAT = [
  'chatId',
  'conversation',
  'firstAgentName',
  'lastAgentName',
  'firstQueueName',
  'lastQueueName',
];
const DISPOSITIONS = ['completed', 'lost', 'missed'];
const ACTIONS = ['add', 'update', 'delete'];
const STATUSES = ['park', 'closed'];
const SUBSTATUSES = ['waiting4agent', 'waiting4entity', 'successful', 'unsuccessful'];

/** The event, or `undefined` if the body is that of neither webhook. */
export function parseVccLiveEvent(body: unknown): VccLiveEvent | undefined {
  if (!isRecord(body)) return undefined;
  const ticket = fieldOf(body, 'ticket');
  if (isRecord(ticket)) return ticketChanged(body, ticket);
  return isChat(body) ? chatClosed(body) : undefined;
}

function ticketChanged(body: unknown, ticket: unknown): TicketChanged {
  return {
    kind: 'ticketChanged',
    ...presentFields({
      action: wordOf(body, 'action', ACTIONS),
      ...idsOf(ticket),
      ticketNo: textOf(ticket, 'ticketNo'),
      status: wordOf(ticket, 'status', STATUSES),
      substatus: wordOf(ticket, 'substatus', SUBSTATUSES),
    }),
    raw: body,
  };
}

function isChat(body: unknown): boolean {
  if (FIELDS_OF_A_CHAT.some((name) => present(fieldOf(body, name)))) return true;
  return DISPOSITIONS.includes(wordOf(body, 'disposition', DISPOSITIONS) ?? '');
}

function chatClosed(body: unknown): ChatClosed {
  return {
    kind: 'chatClosed',
    ...presentFields({
      chatId: idOf(fieldOf(body, 'chatId')),
      ...idsOf(body),
      disposition: wordOf(body, 'disposition', DISPOSITIONS),
      firstAgent: textOf(body, 'firstAgentName'),
      lastAgent: textOf(body, 'lastAgentName'),
      firstQueue: textOf(body, 'firstQueueName'),
      lastQueue: textOf(body, 'lastQueueName'),
      slaStatus: textOf(body, 'slaStatus'),
      platform: textOf(body, 'platform'),
      isSpam: flagOf(fieldOf(body, 'isSpam')),
    }),
    transcript: transcriptOf(fieldOf(body, 'conversation')),
    raw: body,
  };
}

function idsOf(value: unknown): Record<'projectId' | 'ticketId' | 'contactId' | 'entityId', string | undefined> {
  return {
    projectId: idOf(fieldOf(value, 'projectId')),
    ticketId: idOf(fieldOf(value, 'ticketId')),
    contactId: idOf(fieldOf(value, 'contactId')),
    entityId: idOf(fieldOf(value, 'entityId')),
  };
}

/** Published as an object; an array, numbered properties and JSON in a string all mean lines. */
function transcriptOf(conversation: unknown): readonly TranscriptLine[] {
  const value = typeof conversation === 'string' ? jsonOf(conversation) : conversation;
  if (!isRecord(value)) return itemsOf(value).flatMap(lineOf);
  if (typeof fieldOf(value, 'message') === 'string') return lineOf(value);
  return keysOf(value).flatMap((key) => {
    const item = fieldOf(value, key);
    return isRecord(item) ? lineOf(item) : itemsOf(item).flatMap(lineOf);
  });
}

function lineOf(item: unknown): readonly TranscriptLine[] {
  const message = stringOf(fieldOf(item, 'message'));
  if (message === undefined) return [];
  return [{ from: idOf(fieldOf(item, 'from')) ?? '', date: idOf(fieldOf(item, 'date')) ?? '', message }];
}

function jsonOf(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

/** A published word, in any case, becomes the published spelling. Any other word stays as it came. */
function wordOf(value: unknown, key: string, published: readonly string[]): string | undefined {
  const text = textOf(value, key);
  return published.find((word) => word === text?.toLowerCase()) ?? text;
}

function textOf(value: unknown, key: string): string | undefined {
  const text = stringOf(fieldOf(value, key))?.trim();
  return text === '' ? undefined : text;
}

function flagOf(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const text = idOf(value);
  return text === undefined ? undefined : text !== '0' && text.toLowerCase() !== 'false';
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
