/**
 * The names of keys in Redis. What stands in braces decides the slot: a prefix, the bot's app id, and the partition. So all
 * keys of a partition lie in one slot, and the keys of two bots never meet.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
 */
import { InvalidOptionError } from '../thread/errors.js';
import { encodedText } from '../thread/key.js';

/** The default of the option `prefix`. */
export const DEFAULT_PREFIX = 'handover-vcclive';

/** Makes keys: `{<prefix>:<app id>/<partition>}:<kind>:<name>`. */
export class RedisKeys {
  readonly #tag: string;

  /**
   * @param appId of the bot; absent: keys of no bot
   * @param partition absent: keys that are not spread over partitions
   */
  constructor(prefix: string, appId?: string, partition?: number) {
    const bot = appId === undefined ? prefix : `${prefix}:${encodedText(appId)}`;
    this.#tag = partition === undefined ? `{${bot}}` : `{${bot}/${partition}}`;
  }

  key(kind: string, name?: string): string {
    return name === undefined ? `${this.#tag}:${kind}` : `${this.#tag}:${kind}:${name}`;
  }
}

/** The prefix, if it is one. Braces in a prefix would move the slot. @throws InvalidOptionError */
export function checkedPrefix(prefix: string): string {
  if (/^[\w.:-]{1,64}$/.test(prefix)) return prefix;
  throw new InvalidOptionError('prefix', JSON.stringify(prefix), '1 to 64 letters, digits, "-", "_", "." or ":"');
}
