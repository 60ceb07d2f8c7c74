/** Waits for what a test expects, compares it with what came, and puts both into words. */
import type { ExpectedMessage, QueueLimit, ExpectedOwner, ExpectationView } from './expectation-views.js';
import type { ConversationEntry, Speaker } from './messenger-platform.js';
import { isJsonObject } from './webhook-items.js';
import { wireLine, type GraphEntry, type Wire, type WireEntry } from './wire.js';

const LINES_IN_ERROR = 20;

/** What `look` finds, now or after any later entry of the wire; nothing after `withinMs`. */
export function firstOf<T>(wire: Wire, withinMs: number, look: () => T | undefined): Promise<T | undefined> {
  const there = look();
  if (there !== undefined) return Promise.resolve(there);
  return new Promise((resolve) => {
    const end = (found: T | undefined): void => {
      clearTimeout(limit);
      for (const stop of stops) stop();
      resolve(found);
    };
    const again = (): void => {
      const found = look();
      if (found !== undefined) end(found);
    };
    const limit = setTimeout(() => end(look()), withinMs);
    const stops = [wire.on('entry', again), wire.on('update', again)];
  });
}

/** Whether every webhook is answered, or given up for now, within that time. */
export function restWithin({ settled }: ExpectationView, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), withinMs);
    void settled().then(() => {
      clearTimeout(limit);
      resolve(true);
    });
  });
}

export function fitsMessage(message: ConversationEntry, expected: ExpectedMessage): boolean {
  if (typeof expected === 'function') return expected(message);
  return fitsText(message.text, expected);
}

export function fitsMetadata(metadata: string | undefined, expected: NonNullable<QueueLimit['metadata']>): boolean {
  if (typeof expected === 'function') return expected(metadata);
  return fitsText(metadata, expected);
}

function fitsText(text: string | undefined, expected: string | RegExp): boolean {
  if (text === undefined) return false;
  // Not `test`: an expression with the flag g or y would remember where it stopped.
  return typeof expected === 'string' ? text === expected : text.search(expected) !== -1;
}

export function wording(from: Speaker, expected: ExpectedMessage | undefined): string {
  return `${whose(from)}'s next message${expected === undefined ? '' : ` to be ${written(expected)}`}`;
}

export function written(expected: string | RegExp | ((value: never) => boolean)): string {
  if (typeof expected === 'string') return JSON.stringify(expected);
  return typeof expected === 'function' ? `what ${expected.name || 'a function'} accepts` : String(expected);
}

export function whose(from: Speaker): string {
  return from === 'inbox' ? 'the Page Inbox' : from === 'other' ? 'another app' : `the ${from}`;
}

export function describeMessage({ text, message }: ConversationEntry): string {
  if (text !== undefined) return JSON.stringify(text);
  return `a message without text: ${JSON.stringify(message ?? {})}`;
}

export function isRole(owner: ExpectedOwner): owner is 'bot' | 'vccLive' | 'pageInbox' {
  return owner === 'bot' || owner === 'vccLive' || owner === 'pageInbox';
}

export function named(owner: string, ids: Readonly<Record<string, string>>): string {
  const role = Object.entries(ids).find(([, appId]) => appId === owner)?.[0];
  return role === undefined ? (owner === 'idle' ? 'nobody (idle)' : `app ${owner}`) : `${role} (app ${owner})`;
}

export function isRefusedSend(entry: GraphEntry, botAppId: string): boolean {
  return entry.edge === 'messages' && entry.appId === botAppId && entry.refused && entry.fault === undefined;
}

/** The last lines about one thread, and notes; about every thread if none is named. */
export function linesOf(wire: Wire, psid: string | undefined): string {
  const lines = wire.entries().filter((entry) => psid === undefined || concerns(entry, psid));
  return lines.slice(-LINES_IN_ERROR).map(lineOf).join('\n');
}

export function concerns(entry: WireEntry, psid: string): boolean {
  switch (entry.kind) {
    case 'note':
    case 'databaseApi':
      return true;
    case 'owner':
    case 'vccLive':
      return entry.psid === psid;
    case 'webhook':
      return entry.psids.includes(psid);
    case 'graph':
      // The recipient may stand in query or body, as an object or as JSON in a string.
      return JSON.stringify([entry.query, entry.body]).includes(psid);
  }
}

function lineOf(entry: WireEntry): string {
  if (entry.kind !== 'graph') return wireLine(entry);
  const said = entry.edge === 'messages' ? ` ${sentText(entry)}` : '';
  return `${wireLine(entry)}${said}${entry.refused ? ` ${refusalOf(entry)}` : ''}`;
}

export function sentText({ body }: GraphEntry): string {
  if (!isJsonObject(body)) return 'something unreadable';
  const { message } = body;
  if (isJsonObject(message) && typeof message['text'] === 'string') return JSON.stringify(message['text']);
  return typeof body['sender_action'] === 'string' ? body['sender_action'] : 'a message without text';
}

export function refusalOf({ answer, status }: GraphEntry): string {
  const error = isJsonObject(answer) ? answer['error'] : undefined;
  return isJsonObject(error) ? String(error['message']) : `status ${String(status)}`;
}
