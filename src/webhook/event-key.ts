/**
 * Gives every thread event a deduplication key: its redelivery has the same key, and no other event has it.
 *
 * Meta redelivers what was not acknowledged in time ("your server should handle deduplication"). Handover events, reads
 * and deliveries carry no id of their own.
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
import * as crypto from 'node:crypto';
import type { ThreadEvent } from '../thread/event.js';
import { fieldOf, isArray, keysOf } from '../thread/read-unknown.js';

/** How many levels of an item count if its whole content is its key. Meta's items have about six. */
const CONTENT_DEPTH_MAX = 32;
/** How many values of an item count; values after those do not distinguish two items. */
const CONTENT_VALUES_MAX = 100_000;

/**
 * The deduplication key of an event: 43 characters, base64url, a SHA-256, so that nothing personal can be read in it.
 *
 * - message, echo, postback with a `mid`: channel, kind, mid. The standby copy of a message is another event; so is
 *   the removal of a message, and so is each edit, though they carry the `mid` of the message they change.
 * - postback without `mid`: channel, Page, customer, payload, title, time
 * - pass, take, request: Page, customer, kind, the three app ids, metadata, time. Not the channel: it is one fact.
 * - read, delivery: channel, Page, customer, kind, watermark
 * - reaction: channel, mid, action, emoji, time
 * - anything else: the whole item, with channel, Page and customer
 *
 * Never throws, whatever `raw` holds.
 */
export function eventKey(event: ThreadEvent): string {
  return digestOf(plainIdentity(event) ?? JSON.stringify(identityOf(event)));
}

/** What JSON writes as it is. */
const PLAIN_MID = /^[\w.:$=+/-]+$/;

/** The same text as below for nearly all events, made in a third of the time. */
function plainIdentity({ kind, channel, mid, isDeleted }: ThreadEvent): string | undefined {
  if (kind !== 'message' && kind !== 'echo') return undefined;
  if (mid === undefined || isDeleted || !PLAIN_MID.test(mid)) return undefined;
  return `["${kind}","${channel}","${mid}"]`;
}

/** Node 20 has the one-shot form since 20.12; it takes a third of the time. */
const digestOf: (text: string) => string =
  typeof (crypto as Partial<typeof crypto>).hash === 'function'
    ? (text) => crypto.hash('sha256', text, 'base64url')
    : (text) => crypto.createHash('sha256').update(text, 'utf8').digest('base64url');

type Identity = readonly (string | number | null)[];

function identityOf(event: ThreadEvent): Identity {
  switch (event.kind) {
    case 'message':
    case 'echo':
      if (event.mid === undefined) return contentIdentity(event);
      return [event.isDeleted ? `${event.kind} removed` : event.kind, event.channel, event.mid];
    case 'postback':
      return event.mid === undefined ? postbackIdentity(event) : ['postback', event.channel, event.mid];
    case 'messageEdit':
      if (event.mid === undefined || event.timestampMs === undefined) return contentIdentity(event);
      return ['messageEdit', event.channel, event.mid, event.timestampMs];
    case 'reaction':
      return event.mid === undefined ? contentIdentity(event) : reactionIdentity(event, event.mid);
    case 'read':
    case 'delivery':
      if (event.watermarkMs === undefined) return contentIdentity(event);
      return [event.kind, event.channel, ...threadOf(event), event.watermarkMs];
    case 'passThreadControl':
    case 'takeThreadControl':
    case 'requestThreadControl':
      return [
        event.kind,
        ...threadOf(event),
        event.previousOwnerAppId ?? null,
        event.newOwnerAppId ?? null,
        event.requestedOwnerAppId ?? null,
        event.metadata ?? null,
        event.timestampMs ?? null,
      ];
    default:
      return contentIdentity(event);
  }
}

function threadOf(event: ThreadEvent): readonly [string | null, string | null] {
  return [event.pageId ?? null, event.psid ?? null];
}

/** Both payload and title: Meta strips the payload from standby copies, and sometimes the title as well. */
function postbackIdentity(event: ThreadEvent): Identity {
  const title = fieldOf(fieldOf(itemOf(event), 'postback'), 'title');
  return [
    'postback without mid',
    event.channel,
    ...threadOf(event),
    event.payload ?? null,
    canonicalText(title),
    event.timestampMs ?? null,
  ];
}

function reactionIdentity(event: ThreadEvent, mid: string): Identity {
  const reaction = fieldOf(itemOf(event), 'reaction');
  return [
    'reaction',
    event.channel,
    ...threadOf(event),
    mid,
    canonicalText(fieldOf(reaction, 'action')),
    canonicalText(fieldOf(reaction, 'emoji')),
    canonicalText(fieldOf(reaction, 'reaction')),
    event.timestampMs ?? null,
  ];
}

function contentIdentity(event: ThreadEvent): Identity {
  return ['content', event.channel, ...threadOf(event), canonicalText(event.raw)];
}

/** The messaging item: in `changes` it is the value of the change. */
function itemOf(event: ThreadEvent): unknown {
  return event.channel === 'changes' ? fieldOf(event.raw, 'value') : event.raw;
}

/**
 * JSON with sorted keys. What JSON does not have is written as a word without quotation marks, which no string can be.
 * Depth and number of values are bounded, so that cycles end.
 */
function canonicalText(value: unknown): string {
  const written: string[] = [];
  let valuesLeft = CONTENT_VALUES_MAX;

  const write = (current: unknown, depthLeft: number): void => {
    if (valuesLeft === 0 || depthLeft === 0) {
      written.push('beyond');
      return;
    }
    valuesLeft -= 1;
    if (typeof current !== 'object' || current === null) {
      written.push(scalarText(current));
      return;
    }
    const list = isArray(current);
    written.push(list ? '[' : '{');
    // The keys of an array are sorted like any others: only that the order is always the same matters here.
    for (const key of [...keysOf(current)].sort()) {
      if (valuesLeft === 0) break;
      written.push(JSON.stringify(key), ':');
      write(fieldOf(current, key), depthLeft - 1);
      written.push(',');
    }
    written.push(list ? ']' : '}');
  };

  write(value, CONTENT_DEPTH_MAX);
  return written.join('');
}

function scalarText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return value === null ? 'null' : typeof value;
  }
}
