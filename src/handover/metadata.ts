/**
 * What VCC Live is told with a thread: the handover's id, and what the bot gives.
 *
 * Exists because the id has to travel in it whatever a bot puts there: it is how a later signal finds the handover.
 */
import { boundMetadata } from '../graph/bound-metadata.js';

/**
 * Metadata for a handover, at most 1000 characters. An object gets the id as `handoverId`, unless it names one of its
 * own; a string goes as it is.
 */
export function handoverMetadata(handoverId: string, given: string | object | undefined): string {
  if (typeof given === 'string') return boundMetadata(given);
  const fields: Readonly<Record<string, unknown>> = { ...given };
  const members = { ...fields, handoverId: fields['handoverId'] ?? handoverId };
  return boundMetadata(jsonOf(members) ?? JSON.stringify(writable(members)));
}

/** What JSON cannot write (a circle, a BigInt) is left out: it must not cost the customer the agent. */
function writable(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, member]) => jsonOf(member) !== undefined));
}

/** `undefined` where JSON has no word for it. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
