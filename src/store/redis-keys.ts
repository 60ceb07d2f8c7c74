/**
 * The names of keys in Redis: a prefix and the bot's app id in braces, so that all keys of a bot lie in one slot and those
 * of two bots never meet.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
import { InvalidOptionError } from '../thread/errors.js';
import { encodedText } from '../thread/key.js';

/** What every key begins with unless it is said otherwise. */
export const DEFAULT_PREFIX = 'handover-vcclive';

/** Makes keys: `{<prefix>:<app id>}:<kind>:<name>`. */
export class RedisKeys {
  readonly #tag: string;

  /** @param appId of the bot; absent: keys of no bot */
  constructor(prefix: string, appId?: string) {
    this.#tag = appId === undefined ? `{${prefix}}` : `{${prefix}:${encodedText(appId)}}`;
  }

  key(kind: string, name?: string): string {
    return name === undefined ? `${this.#tag}:${kind}` : `${this.#tag}:${kind}:${name}`;
  }
}

/** What a prefix may be; braces in it would move the slot. */
export function checkedPrefix(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw new InvalidOptionError('prefix', JSON.stringify(prefix), '1 to 64 letters, digits, "-", "_", "." or ":"');
}
