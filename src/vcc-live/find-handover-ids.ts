/**
 * Looks for the id of a handover in a webhook of VCC Live's: 32 hexadecimal digits, wherever the integrator put them.
 *
 * Exists because no published field carries what the bot sent along with the thread; a custom field does, and its name
 * is the integrator's.
 */
import { fieldOf, isRecord, itemsOf, keysOf } from '../thread/read-unknown.js';
import type { VccLiveEvent } from '../thread/vcc-live-event.js';

const HANDOVER_ID = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/gi;
/** What customer and agent wrote is not looked at: anybody can write anything there. */
const CONVERSATION = 'conversation';
const MAX_DEPTH = 8;
/** Values looked at; more than a thousand custom fields are no webhook of VCC Live's. */
const MAX_VALUES = 2_000;
/** A custom field that holds the whole metadata has about a thousand. */
const MAX_TEXT_LENGTH = 10_000;
/** Other systems have ids of 32 digits too. */
const MAX_IDS = 8;

/** What may be the id of a handover, in lower case, each once, in the order of the body. Never throws. */
export function handoverIdsIn(event: VccLiveEvent): readonly string[] {
  const found = new Set<string>();
  let looked = 0;
  const look = (value: unknown, depth: number): void => {
    looked += 1;
    if (looked > MAX_VALUES || found.size >= MAX_IDS || depth > MAX_DEPTH) return;
    if (typeof value === 'string') {
      for (const id of idsOf(value)) found.add(id);
    } else if (isRecord(value)) {
      for (const key of keysOf(value)) if (key !== CONVERSATION) look(fieldOf(value, key), depth + 1);
    } else {
      for (const item of itemsOf(value)) look(item, depth + 1);
    }
  };
  look(event.raw, 0);
  return [...found].slice(0, MAX_IDS);
}

function idsOf(text: string): readonly string[] {
  if (text.length > MAX_TEXT_LENGTH) return [];
  return [...text.matchAll(HANDOVER_ID)].map(([id]) => id.toLowerCase());
}
