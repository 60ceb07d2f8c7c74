/**
 * Finds handover ids in VCC Live's webhook: 32 hexadecimal digits, in any field that the integrator chose.
 *
 * No published field carries the metadata that the bot sent with the thread. A custom field does, and the integrator
 * names it.
 */
import { fieldOf, isRecord, itemsOf, keysOf } from '../thread/read-unknown.js';
import type { VccLiveEvent } from '../thread/vcc-live-event.js';

const HANDOVER_ID = /(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/gi;
/** Texts of customer and agent are not searched: anybody can write an id there. */
const CONVERSATION = 'conversation';
const MAX_DEPTH = 8;
/** How many values are searched. VCC Live's webhooks have fewer than a thousand custom fields. */
const MAX_VALUES = 2_000;
/** A custom field that holds the whole metadata has about a thousand. */
const MAX_TEXT_LENGTH = 10_000;
/** Other systems have ids of 32 digits too. */
const MAX_IDS = 8;

/** Possible handover ids, in lower case, each once, in the body's order. Never throws. */
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
