/**
 * Keeps `metadata` of thread control within the length that certainly arrives.
 *
 * Meta documents no limit for thread control, and 1000 characters for `message.metadata`. This file applies the latter.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import { parseExactJson } from '../thread/exact-json.js';

/** The most characters (UTF-16 units) that are sent. */
export const METADATA_LIMIT_CHARACTERS = 1000;

/**
 * `metadata`, shortened if it is too long.
 *
 * A JSON object stays a JSON object with its keys in their order: its longest member is shortened if that is a string,
 * else left out, and so on until all of it fits, so that a handover id survives a long reason. Any other text is cut at
 * the limit. No cut goes through a surrogate pair.
 */
export function boundMetadata(metadata: string): string {
  if (metadata.length <= METADATA_LIMIT_CHARACTERS) return metadata;
  const object = parseObject(metadata);
  return object === undefined ? cutText(metadata, METADATA_LIMIT_CHARACTERS) : shrinkObject(object);
}

/** The first `limit` UTF-16 units of `text`, one fewer if that would split a surrogate pair. */
export function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? limit - 1 : limit);
}

function parseObject(text: string): Map<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return new Map(Object.entries(parseExactJson(text) as Record<string, unknown>));
  } catch {
    return undefined;
  }
}

/** Ends: every round shortens a string to less than before or removes a member; `{}` fits. */
function shrinkObject(members: Map<string, unknown>): string {
  for (;;) {
    const text = JSON.stringify(Object.fromEntries(members));
    const excess = text.length - METADATA_LIMIT_CHARACTERS;
    if (excess <= 0) return text;
    const [key, value] = longestMember(members);
    // One character of the value may be up to six of JSON, so this takes away enough or too much, never too little twice.
    const shortened = typeof value === 'string' ? cutText(value, Math.max(0, value.length - excess)) : '';
    if (shortened === '') members.delete(key);
    else members.set(key, shortened);
  }
}

function longestMember(members: Map<string, unknown>): [string, unknown] {
  const lengthOf = ([key, value]: [string, unknown]) => JSON.stringify([key, value]).length;
  return [...members].reduce((longest, member) => (lengthOf(member) > lengthOf(longest) ? member : longest));
}
