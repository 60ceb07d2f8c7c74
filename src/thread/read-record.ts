/**
 * Checks whether a value from a store is a thread's record.
 *
 * Other programs may write into the store. A record may be truncated, or come from a version of this package with other
 * fields. Unknown fields are no error.
 */
import { fieldOf, isArray, isRecord } from './read-unknown.js';
import type { ThreadRecord } from './record.js';

/** The path of the first wrong part; `undefined` if every part is right. */
type Check = (value: unknown, path: string) => string | undefined;

const text: Check = (value, path) => (typeof value === 'string' ? undefined : path);
const flag: Check = (value, path) => (typeof value === 'boolean' ? undefined : path);
const number: Check = (value, path) => (Number.isFinite(value) ? undefined : path);
const anything: Check = () => undefined;

const time = number;
const side = optional(shape({ atMetaMs: time, key: text, expiresAtMetaMs: optional(time), blindAtMs: optional(time) }));

const explicit = shape({
  atMetaMs: time,
  answeredAtMetaMs: optional(time),
  owner: (value, path) =>
    isRecord(value) ? text(fieldOf(value, 'app'), `${path}.app`) : oneOf('idle', 'notUs')(value, path),
  source: oneOf('webhook', 'call', 'answer'),
  expiresAtMetaMs: optional(time),
  blindAtMs: optional(time),
  key: text,
});

const report = optional(
  shape({ closedAtMs: optional(time), takeBackAfterMs: optional(number), transcript: optional(listOf(anything)) }),
);

const open = shape({
  id: text,
  phase: oneOf('armed', 'unconfirmed', 'passed'),
  cause: text,
  run: text,
  startedAtMs: time,
  armedAtMetaMs: time,
  noticeSent: flag,
  targetAppId: text,
  metadata: text,
  waits: oneOf('nobody', 'dialog', 'handler'),
  earlyHandBack: optional(shape({ via: text, metadata: optional(text), endedBy: optional(text) })),
  passedAtMs: optional(time),
  agentAtMs: optional(time),
  claimedAtMs: optional(time),
  claimedBy: optional(text),
  returning: optional(text),
  report,
  takeRefusedAtMs: optional(time),
});

const conclusion = shape({
  handoverId: text,
  cause: text,
  outcome: text,
  via: text,
  waitedMs: number,
  metadata: optional(text),
  error: optional(shape({ name: text, code: text, message: text })),
  waits: oneOf('nobody', 'dialog', 'handler'),
  run: text,
  endedBy: optional(text),
  concludedAtMs: time,
  answered: optional(flag),
  agentMs: optional(number),
  afterwardsBy: optional(text),
  report,
  givenTo: optional(text),
  isHandled: optional(flag),
});

const record = shape({
  evidence: shape({
    explicit: optional(explicit),
    us: side,
    notUs: side,
    vccLiveEcho: side,
    activityAtMetaMs: optional(time),
  }),
  epoch: number,
  recordedOwner: oneOf('bot', 'vccLive', 'other'),
  open: optional(open),
  conclusions: listOf(conclusion),
});

/** The path of the first part of a value that makes it no record, `open.phase`; `undefined` if it is one. */
export function faultOfRecord(value: unknown): string | undefined {
  return record(value, '');
}

/** The value, if it is a record. */
export function readRecord(value: unknown): ThreadRecord | undefined {
  return faultOfRecord(value) === undefined ? (value as ThreadRecord) : undefined;
}

function shape(fields: Readonly<Record<string, Check>>): Check {
  const checks = Object.entries(fields);
  return (value, path) => {
    if (!isRecord(value)) return path === '' ? 'the whole' : path;
    for (const [name, check] of checks) {
      const fault = check(fieldOf(value, name), path === '' ? name : `${path}.${name}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function listOf(check: Check): Check {
  return (value, path) => {
    if (!isArray(value)) return path;
    for (const [index, item] of value.entries()) {
      const fault = check(item, `${path}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };
}

function optional(check: Check): Check {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

function oneOf(...values: readonly string[]): Check {
  return (value, path) => (values.includes(value as string) ? undefined : path);
}
