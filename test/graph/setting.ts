/** What the tests of this folder share: ids, secrets that are easy to find, and a client at a scripted server. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ThreadControlClientOptions } from '../../src/graph/client-options.js';
import { GraphApiError } from '../../src/graph/graph-api-error.js';
import { ThreadControlClient } from '../../src/graph/thread-control-client.js';
import { LeapingClock } from '../kit/leaping-clock.js';
import { ScriptedGraph } from './scripted-graph.js';

export const BOT = '900100200300400';
export const VCC = '900500600700800';
export const INBOX = '263902037430900';
export const THREAD = { pageId: '111222333444555', psid: '6600112233445566' };
export const TOKEN = 'EAATokenOfThePage0123456789ZzQq';
export const SECRET = 'secretOfTheApp9876543210XxYy';
/** Long enough for the loopback on a busy machine, short enough for a test that waits for it to pass. */
export const TIMEOUT_MS = 250;

const PAYLOADS = join(__dirname, '..', 'fixtures', 'payloads');

export interface Setting {
  readonly graph: ScriptedGraph;
  readonly clock: LeapingClock;
  readonly client: ThreadControlClient;
  close(): Promise<void>;
}

export async function setUp(options: Partial<ThreadControlClientOptions> = {}): Promise<Setting> {
  const graph = await new ScriptedGraph().start();
  const clock = new LeapingClock();
  const client = new ThreadControlClient({
    botAppId: BOT,
    pageAccessToken: TOKEN,
    appSecret: SECRET,
    baseUrl: graph.origin,
    // Below a second, so that the clock takes it for real; far above what the loopback needs.
    timeoutMs: 900,
    clock,
    random: () => 0,
    ...options,
  });
  const close = async () => {
    client.close();
    await graph.stop();
  };
  return { graph, clock, client, close };
}

/** The JSON of a payload file. */
export function payload(name: string): any {
  return JSON.parse(payloadText(name));
}

/** A payload file as it is: JSON with app ids that a JavaScript number would round. */
export function payloadText(name: string): string {
  return readFileSync(join(PAYLOADS, `${name}.json`), 'utf8');
}

/** The names of all payload files of the Graph API. */
export function graphPayloads(): string[] {
  const files = readdirSync(PAYLOADS).filter((file) => file.startsWith('graph-') && file.endsWith('.json'));
  return files.map((file) => file.slice(0, -'.json'.length));
}

/** The error a call ends with. A call that resolves fails the test. */
export async function errorOf(call: Promise<unknown>): Promise<GraphApiError> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  expect(outcome, 'the call resolved').to.have.property('error');
  const { error } = outcome as { error: unknown };
  expect(error).to.be.instanceOf(GraphApiError);
  return error as GraphApiError;
}

export function ownedBy(appId: string | undefined): { json: unknown } {
  if (appId === undefined) return { json: { data: [] } };
  return { json: { data: [{ thread_owner: { app_id: appId, expiration: 1790086400 } }] } };
}

export const HIDDEN = { json: { data: [{ thread_owner: { expiration: 1790086400 } }] } };

export function refusal(
  code: number,
  subcode?: number,
  message = `(#${code}) no`,
  status = 400,
): { status: number; json: unknown } {
  return {
    status,
    json: { error: { message, type: 'OAuthException', code, error_subcode: subcode, fbtrace_id: 'AbC' } },
  };
}
