/**
 * Makes the metadata of a pass: the handover's id, and what the bot gives.
 *
 * Exists because the id has to travel in it whatever a bot puts there: it is how a later signal finds the handover.
 */
import { parseExactJson } from '../thread/exact-json.js';
import type { HandoverId } from '../thread/ids.js';
import { METADATA_LIMIT_CHARACTERS, boundMetadata, cutText } from '../graph/bound-metadata.js';

/** The member that no redactor touches. */
const ID_MEMBER = 'handoverId';
/** What the id takes in the JSON that leaves: 128 bit in hex. */
const ID_CHARACTERS = `,"${ID_MEMBER}":"${'0'.repeat(32)}"`.length;
const NEWLINE = '\n';

/** What goes along if it fits, and is cut before anything else. */
export interface Extras {
  readonly summary?: string | undefined;
  /** What was said, oldest first; the last lines that fit go along. */
  readonly transcript?: readonly string[] | undefined;
}

/**
 * Metadata for a handover, at most 1000 characters. An object gets the id as `handoverId`, unless it names one of its
 * own; a string goes as it is.
 */
export function handoverMetadata(handoverId: HandoverId, given: string | object | undefined): string {
  if (typeof given === 'string') return boundMetadata(given);
  const fields: Readonly<Record<string, unknown>> = { ...given };
  const members = { ...fields, [ID_MEMBER]: fields[ID_MEMBER] ?? handoverId };
  return boundMetadata(jsonOf(members) ?? JSON.stringify(writable(members)));
}

/** Makes a text fit to leave. */
export type TextRedactor = (text: string) => string | Promise<string>;

/**
 * The same metadata with every text in it redacted, at any depth. `handoverId` stays as it is, and so do texts that are
 * one of `ids`: a customer's id may look like a card number. A string that holds a JSON object is redacted as that object.
 * Numbers, keys and booleans are not texts. The texts are redacted side by side.
 */
export async function redactedMetadata(
  given: string | object | undefined,
  redact: TextRedactor,
  ids: ReadonlySet<string>,
): Promise<string | object | undefined> {
  if (given === undefined) return undefined;
  if (typeof given === 'object') return redactedMembers(plainMembers(given), redact, ids);
  const members = objectIn(given);
  if (!members) return ids.has(given) ? given : redact(given);
  const redacted = await redactedMembers(members, redact, ids);
  // Not written anew if nothing was found: the bot chose how its JSON looks.
  return JSON.stringify(redacted) === JSON.stringify(members) ? given : JSON.stringify(redacted);
}

/**
 * An object with `summary` and `transcript` behind what it has, as far as they fit beside it and the id: first the
 * summary, shortened at its end, then the last lines of the transcript. Members of these names that it has are kept.
 */
export function withExtras(given: object | undefined, extras: Extras): object | undefined {
  const members: Readonly<Record<string, unknown>> = { ...given };
  const summary = 'summary' in members ? undefined : shortened(extras.summary, roomFor('summary', members));
  const summed = summary === undefined ? members : { ...members, summary };
  const transcript = 'transcript' in summed ? undefined : lastLines(extras.transcript, roomFor('transcript', summed));
  if (summary === undefined && transcript === undefined) return given;
  return transcript === undefined ? summed : { ...summed, transcript };
}

/** The members as JSON has them; those that JSON cannot write are left out. */
function plainMembers(given: object): Readonly<Record<string, unknown>> {
  const plain = Object.entries({ ...given }).flatMap(([name, member]): [string, unknown][] => {
    const json = jsonOf(member);
    return json === undefined ? [] : [[name, JSON.parse(json)]];
  });
  return Object.fromEntries(plain);
}

/** @param members plain JSON */
async function redactedMembers(
  members: Readonly<Record<string, unknown>>,
  redact: TextRedactor,
  ids: ReadonlySet<string>,
): Promise<Readonly<Record<string, unknown>>> {
  const texts = new Set<string>();
  mappedTexts(members, (text) => {
    if (!ids.has(text)) texts.add(text);
    return text;
  });
  const redacted = new Map<string, string>();
  await Promise.all([...texts].map(async (text) => redacted.set(text, await redact(text))));
  return mappedTexts(members, (text) => redacted.get(text) ?? text);
}

/** Every text at any depth, but for the handover id. */
function mappedTexts(
  members: Readonly<Record<string, unknown>>,
  map: (text: string) => string,
): Readonly<Record<string, unknown>> {
  const mapped = Object.entries(members).map(([name, member]): [string, unknown] => {
    if (name === ID_MEMBER) return [name, member];
    const json = JSON.stringify(member, (_name, value: unknown) => (typeof value === 'string' ? map(value) : value));
    return [name, JSON.parse(json)];
  });
  return Object.fromEntries(mapped);
}

/** Characters of JSON that are left for the value of one more member, its quotes not counted. */
function roomFor(name: string, members: Readonly<Record<string, unknown>>): number {
  const taken = (jsonOf(members) ?? JSON.stringify(writable(members))).length + ID_CHARACTERS;
  return METADATA_LIMIT_CHARACTERS - taken - `,"${name}":""`.length;
}

/** The beginning of a text that takes at most so many characters in JSON; `undefined` if nothing of it fits. */
function shortened(text: string | undefined, room: number): string | undefined {
  let kept = text ?? '';
  for (;;) {
    const excess = charactersOf(kept) - room;
    if (kept === '') return undefined;
    if (excess <= 0) return kept;
    // One character may be up to six of JSON: never more is taken away than has to be, and at least one each time.
    kept = cutText(kept, Math.max(0, kept.length - Math.max(1, Math.ceil(excess / 6))));
  }
}

function lastLines(lines: readonly string[] | undefined, room: number): string | undefined {
  let kept: string | undefined;
  for (const line of [...(lines ?? [])].reverse()) {
    const longer = kept === undefined ? line : `${line}${NEWLINE}${kept}`;
    if (charactersOf(longer) > room) return kept ?? shortened(line, room);
    kept = longer;
  }
  return kept;
}

/** Without the quotes. */
function charactersOf(text: string): number {
  return JSON.stringify(text).length - 2;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return parseExactJson(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}

/** What JSON cannot write (a circle, a BigInt) is left out: it must not cost the customer the agent. */
function writable(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => jsonOf(member) !== undefined));
}

/** `undefined` if JSON has no word for it. */
function jsonOf(value: unknown, replacer?: (name: string, value: unknown) => unknown): string | undefined {
  try {
    return JSON.stringify(value, replacer);
  } catch {
    return undefined;
  }
}
