/** What the adapter needs of a plugin instance, kept beside it so that the front door stays as small as it is. */
import type { Clock } from '../thread/clock.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import type { Probe } from '../thread/probe.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { Desk } from '../handover/measured-desk.js';
import type { Inbox } from '../handover/measured-inbox.js';
import type { NewsDesk } from '../handover/news.js';
import type { AfterHandover } from './after-handover.js';
import type { AddressFinder } from './find-address.js';
import type { GraphOptions, VccLiveHandoverOptions } from './handover-options.js';
import type { OwnTurns } from './own-turns.js';
import type { TurnRunner } from './run-turn.js';
import type { Doors } from './silence.js';

/** The inside of a `VccLiveHandover`. */
export interface HandoverParts {
  readonly engine: HandoverEngine;
  readonly desk: Desk;
  /** Where deliveries are kept, if they are. */
  readonly inbox: Inbox | undefined;
  readonly ownTurns: OwnTurns;
  readonly client: ThreadControlClient;
  readonly news: NewsDesk;
  readonly log: Logger;
  /** For lines that anybody can cause. */
  readonly lines: RepeatedLines;
  readonly clock: Clock;
  readonly pageAccessToken: VccLiveHandoverOptions['pageAccessToken'];
  readonly appSecret: string | undefined;
  readonly graph: GraphOptions;
  readonly botAppId: string;
  readonly probe: Probe | undefined;
  readonly after: AfterHandover;
  /** What runs turns that an adapter has admitted, and guards what leaves it. */
  readonly runner: TurnRunner;
  readonly doors: Doors;
  readonly addresses: AddressFinder;
}

const parts = new WeakMap<object, HandoverParts>();

/** Remembers the inside of a plugin. */
export function registerParts(handover: object, inside: HandoverParts): void {
  parts.set(handover, inside);
}

/**
 * The inside of a plugin.
 * @throws {@link InvalidOptionError} where it is none
 */
export function partsOf(handover: unknown): HandoverParts {
  const found = typeof handover === 'object' && handover !== null ? parts.get(handover) : undefined;
  if (found) return found;
  const got = handover === undefined ? 'missing' : 'something else';
  throw new InvalidOptionError('handover', got, 'a VccLiveHandover of this copy of botbuilder-handover-vcclive');
}
