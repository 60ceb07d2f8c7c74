/**
 * The clients that a Redis connection uses: one that is made here from an address, or one of the application's.
 *
 * Exists so that the connection need not know which sort it has, nor how another one of the same sort is made.
 * @see https://github.com/redis/node-redis
 */
import { HandoverError, InvalidOptionError } from '../../thread/errors.js';

/** What a script is given. */
export interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/** One Redis, `redis://host:6379`; or some nodes of one Redis Cluster, with the same credentials. */
export type RedisAddress = string | readonly string[];

/** What is needed of a node-redis client (`redis` or `@redis/client`, 5 or 6; a pool, cluster or sentinel of them fits as well). */
export interface RedisClientLike {
  evalSha(sha1: string, input: ScriptInput): Promise<unknown>;
  eval(source: string, input: ScriptInput): Promise<unknown>;
  /** Absent if the client cannot say; then the time limit has to. */
  readonly isReady?: boolean;
}

/** What a client that is made here can do besides. */
export interface OwnClient extends RedisClientLike {
  /** False once it has given up connecting. */
  readonly isOpen?: boolean;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  close(): Promise<unknown>;
  destroy(): void;
}

const RECONNECT_FIRST_MS = 50;
const RECONNECT_LONGEST_MS = 2_000;
const PING_EVERY_MS = 5_000;
const INSTALL = 'npm install redis';

/**
 * The server cannot serve this connection, whatever it is asked; another connection may reach one that can. It has not
 * done what it was asked. Redis 6 says so in the middle of a text, if a script was refused.
 * @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
 */
const UNFIT_SERVER =
  /\b(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|NOREPLICAS|NOAUTH|WRONGPASS|UNBLOCKED|MOVED|REDIRECT)\s/;

/**
 * A node of a cluster refuses, or is away, while slots or masters change. Nothing was done: the command can be tried again.
 * node-redis says "Cannot read" of a slot without a master that it knows.
 * @see https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#redirection-and-resharding
 */
const WHILE_IT_CHANGES =
  /\b(?:CLUSTERDOWN|TRYAGAIN|MOVED|ASK|READONLY|LOADING|MASTERDOWN)\s|^Cannot find node|^The client is (?:offline|closed)|^Cannot read properties of undefined \(reading '(?:master|replicas)'\)|root nodes are unavailable/;

/** Whether a cluster refused a command for a moment, without having done it. */
export function isRefusedForNow(error: unknown): boolean {
  return error instanceof Error && WHILE_IT_CHANGES.test(error.message);
}

/** Whether nobody has connected a client, or it has given up. */
export function isShut(client: RedisClientLike): boolean {
  return (client as { isOpen?: boolean }).isOpen === false;
}

/** Whether a client is one of a Redis Cluster. */
export function isCluster(client: RedisClientLike): boolean {
  return Array.isArray((client as { masters?: unknown }).masters);
}

/** Whether an error says that the server at the other end is the wrong one, or not in a state to serve. */
export function isOfUnfitServer(error: unknown): boolean {
  return error instanceof Error && UNFIT_SERVER.test(error.message);
}

/** Whether Redis does not know a script by its name. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/**
 * A client for an address, not connected yet. One of a cluster asks a single node who has which slots: node-redis waits for
 * a node that hangs, and does not ask the others.
 * @param turn the number of this client among those for the address: each asks another node
 */
export function clientFor(address: RedisAddress, connectTimeoutMs: number, turn: number): OwnClient {
  // Of a command that waits to be sent; once it is sent, it has no limit in node-redis. The store limits its commands itself, and
  // node-redis would make a timer, a signal and later an exception for each.
  const commandOptions = { timeout: 0 };
  const common = { disableOfflineQueue: true, pingInterval: PING_EVERY_MS, commandOptions };
  const socket = {
    connectTimeout: connectTimeoutMs,
    reconnectStrategy: (retries: number) => Math.min(RECONNECT_LONGEST_MS, RECONNECT_FIRST_MS * 2 ** retries),
  };
  const redis = installedRedis();
  if (typeof address === 'string') return redis.createClient({ url: address, ...common, socket });
  const { protocol, username, password } = new URL(address[0] ?? '');
  return redis.createCluster({
    rootNodes: [{ url: address[turn % address.length] }],
    commandOptions,
    // A cluster's connections take nothing but this.
    defaults: {
      ...common,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
      socket: { ...socket, ...(protocol === 'rediss:' ? { tls: true } : {}) },
    },
  });
}

/** Another client with the same settings, not connected yet. `undefined` if this sort has none to give. */
export function duplicateOf(client: RedisClientLike): OwnClient | undefined {
  const { duplicate } = client as { duplicate?: () => OwnClient };
  if (typeof duplicate !== 'function') return undefined;
  try {
    return duplicate.call(client);
  } catch {
    return undefined;
  }
}

/** Has Redis end the connections of a pool, which then makes new ones. */
export function quitAll(client: RedisClientLike): void {
  const { sendCommand, totalClients } = client as {
    sendCommand?: (args: string[]) => Promise<unknown>;
    totalClients?: number;
  };
  if (typeof sendCommand !== 'function') return;
  for (let sent = 0; sent < (totalClients ?? 1); sent += 1) {
    sendCommand.call(client, ['QUIT']).catch(() => undefined);
  }
}

/** Ends a client without waiting for anything. One of a cluster ends no more of its nodes after one that has ended already. */
export function discard(client: OwnClient): void {
  const { nodeByAddress } = client as { nodeByAddress?: Map<string, { client?: { destroy(): void } | undefined }> };
  const nodes = nodeByAddress instanceof Map ? [...nodeByAddress.values()].map((node) => node.client) : [];
  for (const each of [client, ...nodes]) {
    try {
      each?.destroy();
    } catch {
      // Not open any more.
    }
  }
}

/** Who hears of a client's errors. A client has one listener of ours, however many stores use it. */
const listeners = new WeakMap<object, Set<(error: unknown) => void>>();

/** Hears what goes wrong outside any command; without a listener the process would end. */
export function hearErrors(client: object, hear: (error: unknown) => void): void {
  const known = listeners.get(client);
  if (known) {
    known.add(hear);
    return;
  }
  const { on } = client as { on?: unknown };
  if (typeof on !== 'function') return;
  const all = new Set([hear]);
  listeners.set(client, all);
  on.call(client, 'error', (error: unknown) => {
    for (const each of all) each(error);
  });
}

/** The address, if it is one. @throws InvalidOptionError that never shows it: it may hold a password */
export function checkedAddress(address: RedisAddress): RedisAddress {
  const urls = typeof address === 'string' ? [address] : address;
  if (urls.length > 0 && urls.every((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol))) {
    return address;
  }
  throw new InvalidOptionError('redis', 'a text that is no such address', 'redis://host:port or rediss://');
}

/** Whether it is an address, or a list of them. */
export function isAddress(redis: unknown): redis is RedisAddress {
  return typeof redis === 'string' || (Array.isArray(redis) && redis.every((each) => typeof each === 'string'));
}

/** Callers in JavaScript forget the argument, or pass the options of a client. */
export function checkedClient(redis: unknown): RedisClientLike {
  const { evalSha, eval: run } = (redis ?? {}) as Partial<RedisClientLike>;
  if (typeof evalSha === 'function' && typeof run === 'function') {
    return redis as RedisClientLike;
  }
  throw new InvalidOptionError('redis', typeof redis, 'a client of node-redis, or an address like redis://host:6379');
}

interface RedisPackage {
  readonly createClient: (options: object) => OwnClient;
  readonly createCluster: (options: object) => OwnClient;
}

function installedRedis(): RedisPackage {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would need the package at load
    return require('redis') as RedisPackage;
  } catch (cause) {
    const text = `A Redis address needs the package "redis", which is not installed. Run: ${INSTALL}`;
    throw new HandoverError('missingPeer', text, { cause });
  }
}
