/** Reads a recording that {@link TrafficRecorder} has written. */
import { InvalidOptionError } from '../thread/errors.js';
import { membersOf } from './json-members.js';

/** A webhook. `n` gives the order in which webhooks and calls began. */
export interface RecordedWebhook {
  readonly n: number;
  /** Its line in the file, from 1. */
  readonly line: number;
  readonly atMs: number;
  /** JSON, with every digit. */
  readonly body: string;
  /** What the bot answered, and where in the order. Absent if the recording ends before. */
  readonly acknowledged?: { readonly n: number; readonly status: number };
}

/** A Graph call and its answer. */
export interface RecordedCall {
  readonly n: number;
  readonly line: number;
  /** When it was sent. */
  readonly atMs: number;
  /** From then to its answer, milliseconds. */
  readonly ms: number;
  /** Whose token was used, if the recorder knew. */
  readonly pageId?: string;
  readonly method: string;
  readonly path: string;
  /** JSON of an object: query parameters. */
  readonly query: string;
  /** JSON of the body, or of the form. */
  readonly body: string | undefined;
  readonly answer:
    | { readonly failed: string }
    | {
        readonly status: number;
        readonly headers: Readonly<Record<string, string>>;
        readonly text: string;
        readonly isJson: boolean;
      };
}

/** A recording. */
export interface Recording {
  readonly botAppId?: string;
  readonly vccLiveAppId?: string;
  readonly webhooks: readonly RecordedWebhook[];
  readonly calls: readonly RecordedCall[];
}

type Members = ReadonlyMap<string, string>;
const VERSION = 1;

/** @throws {@link InvalidOptionError} naming the line that is none of a recording's */
export function readRecording(text: string): Recording {
  const lines = text.split('\n').map((json, index) => ({ json: json.trim(), line: index + 1 }));
  const [head, ...rest] = lines.filter(({ json }) => json !== '');
  const header = head === undefined ? undefined : members(head);
  if (header === undefined || number(header, 'recording') !== VERSION) {
    throw wrongLine(1, `the header of a recording, {"recording":${VERSION},…}`);
  }
  const webhooks: RecordedWebhook[] = [];
  const calls: RecordedCall[] = [];
  const acknowledged = new Map<number, { readonly n: number; readonly status: number }>();
  // The bot was not there: it has no part in what happened.
  const unreached = new Set<number>();
  for (const each of rest) {
    const found = members(each);
    const n = number(found, 'n');
    switch (string(found, 'kind')) {
      case 'webhook':
        webhooks.push({ n, line: each.line, atMs: number(found, 'atMs'), body: found.get('body') ?? '{}' });
        break;
      case 'acknowledged':
        if (string(found, 'status') === 'unreached') unreached.add(number(found, 'of'));
        else acknowledged.set(number(found, 'of'), { n, status: number(found, 'status') });
        break;
      case 'call':
        calls.push({ n, line: each.line, ...callIn(found) });
        break;
      default:
        throw wrongLine(each.line, 'a line of a recording: a webhook, an acknowledged or a call');
    }
  }
  const botAppId = string(header, 'botAppId');
  const vccLiveAppId = string(header, 'vccLiveAppId');
  return {
    ...(botAppId === undefined ? {} : { botAppId }),
    ...(vccLiveAppId === undefined ? {} : { vccLiveAppId }),
    webhooks: webhooks
      .filter((webhook) => !unreached.has(webhook.n))
      .sort(byOrder)
      .map((webhook) => {
        const answer = acknowledged.get(webhook.n);
        return answer === undefined ? webhook : { ...webhook, acknowledged: answer };
      }),
    calls: calls.sort(byOrder),
  };
}

function callIn(found: Members): Omit<RecordedCall, 'n' | 'line'> {
  const pageId = string(found, 'page');
  return {
    ...(pageId === undefined ? {} : { pageId }),
    atMs: number(found, 'atMs'),
    ms: number(found, 'ms'),
    method: string(found, 'method') ?? 'GET',
    path: string(found, 'path') ?? '/',
    query: found.get('query') ?? '{}',
    body: found.get('body') ?? found.get('form'),
    answer: answerIn(membersOf(found.get('answer') ?? '{}')),
  };
}

function answerIn(found: Members): RecordedCall['answer'] {
  const failed = string(found, 'failed');
  if (failed !== undefined) return { failed };
  const headers = JSON.parse(found.get('headers') ?? '{}') as Readonly<Record<string, string>>;
  const json = found.get('body');
  return {
    status: number(found, 'status'),
    headers,
    text: json ?? string(found, 'text') ?? '',
    isJson: json !== undefined,
  };
}

function members({ json, line }: { readonly json: string; readonly line: number }): Members {
  try {
    JSON.parse(json);
    return membersOf(json);
  } catch {
    throw wrongLine(line, 'one JSON object');
  }
}

function number(found: Members, name: string): number {
  return Number(found.get(name));
}

function string(found: Members, name: string): string | undefined {
  const json = found.get(name);
  const value: unknown = json === undefined ? undefined : JSON.parse(json);
  return typeof value === 'string' ? value : undefined;
}

function byOrder(one: { readonly n: number }, other: { readonly n: number }): number {
  return one.n - other.n;
}

function wrongLine(line: number, expected: string): InvalidOptionError {
  return new InvalidOptionError('replay', `a file whose line ${line} is something else`, expected);
}
