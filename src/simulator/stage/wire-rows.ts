/**
 * An entry of the wire as a line of the timeline: in words, with a tone, and with the threads it is about.
 *
 * Exists so that red always has a reason in words beside it, and so that the page need not know Meta's error codes.
 */
import { parseWebhook } from '../../webhook/parse-webhook.js';
import { verifySignature } from '../../webhook/signature.js';
import { parseExactJson } from '../../thread/exact-json.js';
import { threadId } from '../../thread/key.js';
import { visibleText } from '../../thread/visible-text.js';
import { isJsonObject } from '../webhook-items.js';
import type { GraphEntry, OwnerEntry, WebhookEntry, WireEntry } from '../wire.js';
import type { Tone, WireRow } from './stage-words.js';
import { againWords, cut, databaseApiWords, vccLiveWords, type RowWords } from './vcc-live-rows.js';

/** What a line needs to know beside its entry. */
export interface RowNames {
  /** Secret of the bot's app, to judge signatures. */
  readonly appSecret: string;
  /** An app id in a person's words: `the bot`, `VCC Live`. */
  readonly nameOf: (appId: string) => string;
}

type Chip = WireRow['chips'][number];

/** Code and subcode of "another app is controlling this thread now". */
const NOT_OWNER_CODE = 10;
const NOT_OWNER_SUBCODE = 2018300;
/** The refusal without its subcode, as seen in production. */
const NOT_OWNER_TEXT = /another app is controlling this thread/i;

/** The line, with every character shown. Its `id` is the caller's to give. */
export function wireRow(entry: WireEntry, names: RowNames): Omit<WireRow, 'id'> {
  const row = rowOf(entry, names);
  const chips = row.chips.map((chip) => ({ ...chip, text: visibleText(chip.text) }));
  return { ...row, title: visibleText(row.title), status: visibleText(row.status), chips };
}

function rowOf(entry: WireEntry, names: RowNames): Omit<WireRow, 'id'> {
  const head = { seq: entry.seq, atMs: entry.atMs, kind: entry.kind, threads: threadsOf(entry).map(threadId) };
  switch (entry.kind) {
    case 'note':
      return { ...head, aside: false, title: entry.text, status: '', tone: noteTone(entry.text), chips: [] };
    case 'owner':
      return { ...head, aside: false, ...ownerWords(entry, names) };
    case 'graph':
      return { ...head, aside: false, way: `${partyName(entry.appName)} → Meta`, ...graphWords(entry, names) };
    case 'vccLive':
      return { ...head, aside: false, way: 'VCC Live → Bot', ...vccLiveWords(entry) };
    case 'databaseApi':
      return { ...head, aside: false, way: 'Bot → VCC Live', ...databaseApiWords(entry) };
    case 'webhook':
      return {
        ...head,
        aside: entry.outcome === 'recorded',
        way: `Meta → ${partyName(entry.appName)}`,
        channels: entry.channels,
        ...webhookWords(entry, names),
      };
  }
}

/** The threads an entry is about. Graph calls name a customer who may not exist. */
export function threadsOf(entry: WireEntry): { readonly pageId: string; readonly psid: string }[] {
  switch (entry.kind) {
    case 'note':
    case 'databaseApi':
      return [];
    case 'owner':
    case 'vccLive':
      return [{ pageId: entry.pageId, psid: entry.psid }];
    case 'graph': {
      const psid = recipientOf(entry);
      return entry.pageId === undefined || psid === undefined ? [] : [{ pageId: entry.pageId, psid }];
    }
    case 'webhook':
      return webhookThreads(entry);
  }
}

/** Refused because another app owns the thread: the bot spoke although it did not own it. */
function spokeWithoutOwning(entry: GraphEntry): boolean {
  const error = errorOf(entry.answer);
  if (!entry.refused || entry.edge !== 'messages' || error === undefined) return false;
  if (error.code !== NOT_OWNER_CODE) return false;
  return error.subcode === NOT_OWNER_SUBCODE || NOT_OWNER_TEXT.test(error.message);
}

function webhookThreads(entry: WebhookEntry): { readonly pageId: string; readonly psid: string }[] {
  const [pageId] = entry.pageIds;
  if (pageId !== undefined && entry.pageIds.length === 1) return entry.psids.map((psid) => ({ pageId, psid }));
  // A delivery for several Pages, or one that somebody wrote by hand: only its body says which customer is whose.
  const found = new Map<string, { pageId: string; psid: string }>();
  for (const event of parseWebhook(entry.body)) {
    if (event.pageId === undefined || event.psid === undefined) continue;
    const thread = { pageId: event.pageId, psid: event.psid };
    found.set(threadId(thread), thread);
  }
  return [...found.values()];
}

function ownerWords(entry: OwnerEntry, names: RowNames): RowWords {
  const name = (owner: string): string => (owner === 'idle' ? 'nobody (idle)' : names.nameOf(owner));
  const whys: Readonly<Record<OwnerEntry['why'], string>> = {
    customer: 'the customer wrote',
    send: 'by sending',
    pass: 'passed',
    take: 'taken',
    request: 'requested',
    release: 'released; Meta tells nobody',
    expired: 'control ended; Meta tells nobody',
  };
  return {
    title: `Real owner: ${name(entry.from)} → ${name(entry.to)}`,
    status: whys[entry.why],
    tone: 'plain',
    chips: [],
  };
}

function graphWords(entry: GraphEntry, names: RowNames): RowWords {
  const chips: Chip[] = entry.fault === undefined ? [] : [{ text: faultWords(entry), tone: 'warn' }];
  const title = cut(`${entry.method} ${entry.edge}${graphContent(entry, names)}`);
  if (entry.outcome === 'pending') return { title, status: 'in progress', tone: 'wait', chips };
  if (entry.outcome !== 'answered') return { title, status: 'no answer', tone: 'warn', chips };
  const error = errorOf(entry.answer);
  if (!entry.refused && error === undefined) return { title, status: String(entry.status ?? ''), tone: 'good', chips };
  const code =
    error?.code === undefined ? '' : ` · ${error.code}${error.subcode === undefined ? '' : `/${error.subcode}`}`;
  const status = `refused ${entry.status ?? ''}${code}`;
  if (spokeWithoutOwning(entry)) {
    const who = entry.appName === 'bot' ? 'The bot' : entry.appName;
    return {
      title,
      status,
      tone: 'bad',
      chips: [...chips, { text: `${who} spoke without owning the thread`, tone: 'bad' }],
    };
  }
  const why: Chip[] = error === undefined ? [] : [{ text: cut(error.message), tone: 'bad' }];
  return { title, status, tone: 'bad', chips: [...chips, ...why] };
}

function graphContent(entry: GraphEntry, names: RowNames): string {
  const body = isJsonObject(entry.body) ? entry.body : {};
  if (typeof body['sender_action'] === 'string') return ` ${body['sender_action']}`;
  const message = body['message'];
  if (isJsonObject(message)) {
    const content = typeof message['text'] === 'string' ? ` “${message['text']}”` : ' with attachment';
    return `${inlineControl(body['thread_control'], names)}${content}`;
  }
  if (entry.edge === 'me' && entry.query['fields'] !== undefined) return ` ${entry.query['fields']}`;
  const metadata = typeof body['metadata'] === 'string' ? ` metadata ${body['metadata']}` : '';
  const answer =
    isJsonObject(entry.answer) && Array.isArray(entry.answer['data'])
      ? ` → ${JSON.stringify(entry.answer['data'])}`
      : '';
  return `${metadata}${answer}`;
}

/** Before the text, which may be cut. */
function inlineControl(value: unknown, names: RowNames): string {
  if (!isJsonObject(value)) return '';
  const target = value['app_id'];
  const to = typeof target === 'string' || typeof target === 'number' ? ` → ${names.nameOf(String(target))}` : '';
  return ` with thread_control${to}`;
}

function faultWords(entry: GraphEntry): string {
  const words: Readonly<Record<string, string>> = {
    lostAnswers: 'answer lost',
    lostRequests: 'request lost',
    http500: 'HTTP 500',
    rateLimited: 'rate limit',
    deadToken: 'dead token',
    slow: 'slow',
    sendRefused: 'refused for no reason',
    code1: 'error 1',
    code2: 'error 2',
  };
  const word = words[entry.fault ?? ''] ?? entry.fault ?? '';
  return `weather: ${word}${entry.outcome === 'pending' ? '' : entry.done ? ', yet it was done' : ', nothing was done'}`;
}

function webhookWords(entry: WebhookEntry, names: RowNames): RowWords {
  const title = cut(
    entry.items.length === 0 ? 'written by hand' : entry.items.map((item) => withNames(item, names)).join(', '),
  );
  const chips = [...signatureChips(entry, names.appSecret), ...attemptChips(entry)];
  return { title, ...webhookEnding(entry), chips };
}

function webhookEnding(entry: WebhookEntry): { readonly status: string; readonly tone: Tone } {
  const took = entry.ackMs === undefined ? '' : ` in ${Math.round(entry.ackMs)} ms`;
  const again = entry.againInMs === undefined ? '' : `; again ${againWords(entry.againInMs)}`;
  switch (entry.outcome) {
    case 'pending':
      return { status: 'in progress', tone: 'wait' };
    case 'recorded':
      return { status: 'received', tone: 'plain' };
    case 'acknowledged':
      return { status: `${entry.status ?? 200}${took}`, tone: 'good' };
    case 'refused':
      return { status: `answered ${entry.status ?? ''}${took}${again}`, tone: 'bad' };
    case 'late':
      return { status: `no answer in time${again}`, tone: 'bad' };
    case 'unreachable':
      return { status: `bot not reached${again}`, tone: 'bad' };
    case 'dropped':
      return { status: `never sent: ${entry.reason ?? 'dropped'}`, tone: 'bad' };
  }
}

function signatureChips(entry: WebhookEntry, appSecret: string): Chip[] {
  // Nothing travelled: there is nothing to sign.
  if (entry.url === undefined) return [];
  if (entry.signature === undefined) return [{ text: 'unsigned', tone: 'warn' }];
  const { valid } = verifySignature(Buffer.from(entry.body, 'utf8'), entry.signature, appSecret);
  return [valid ? { text: 'signature valid', tone: 'plain' } : { text: 'signature wrong', tone: 'warn' }];
}

function attemptChips(entry: WebhookEntry): Chip[] {
  switch (entry.why) {
    case 'first':
      return [];
    case 'raw':
      return [{ text: 'by hand', tone: 'plain' }];
    case 'duplicate':
      return [{ text: 'duplicate', tone: 'warn' }];
    case 'redelivery':
      return [{ text: `redelivery, attempt ${entry.attempt}`, tone: 'warn' }];
  }
}

/** `echo of 24012345678901237` → `echo of the bot`. */
function withNames(item: string, names: RowNames): string {
  return item.replace(
    /(^echo of |_thread_control → )(\d+)/,
    (_all, words: string, id: string) => words + names.nameOf(id),
  );
}

function partyName(appName: string): string {
  return appName === 'bot' ? 'Bot' : appName;
}

function noteTone(text: string): Tone {
  return /^(?:alert|webhooks disabled|delivery given up|refused:)|failed/.test(text) ? 'bad' : 'plain';
}

function recipientOf(entry: GraphEntry): string | undefined {
  const body = isJsonObject(entry.body) ? entry.body : {};
  const recipient = body['recipient'] ?? entry.query['recipient'];
  if (isJsonObject(recipient)) return typeof recipient['id'] === 'string' ? recipient['id'] : undefined;
  if (typeof recipient !== 'string') return undefined;
  const inner: unknown = recipient.startsWith('{') ? parsed(recipient) : recipient;
  if (isJsonObject(inner)) return typeof inner['id'] === 'string' ? inner['id'] : undefined;
  return recipient;
}

function errorOf(
  answer: unknown,
): { readonly code: number | undefined; readonly subcode: number | undefined; readonly message: string } | undefined {
  if (!isJsonObject(answer) || !isJsonObject(answer['error'])) return undefined;
  const { code, error_subcode: subcode, message } = answer['error'];
  return {
    code: typeof code === 'number' ? code : undefined,
    subcode: typeof subcode === 'number' ? subcode : undefined,
    message: typeof message === 'string' ? message : '',
  };
}

function parsed(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}
