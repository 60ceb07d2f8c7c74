/** What the stage's HTTP routes answer. */
import type { ServerResponse } from 'node:http';
import { parseExactJson } from '../../thread/exact-json.js';
import type { StageAnswer } from './stage-words.js';

/** An answer: a text, or an object that leaves as JSON. */
export interface Reply {
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal, with its reason in words. */
export function refused(status: number, problem: string): Reply {
  const body: StageAnswer = { ok: false, problem };
  return { status, body };
}

/** Sends an answer. */
export function send(response: ServerResponse, reply: Reply): void {
  // Not chained: in a process that has loaded restify, writeHead returns nothing.
  response.writeHead(reply.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...reply.headers,
  });
  response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
}

/** The value of a JSON text; nothing if the text is no JSON. */
export function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: parseExactJson(text) };
  } catch {
    return undefined;
  }
}
