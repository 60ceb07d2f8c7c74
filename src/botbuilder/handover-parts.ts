/** What the adapter needs of a plugin instance, kept beside it so that the front door stays as small as it is. */
import type { Clock } from '../thread/clock.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import type { Probe } from '../thread/probe.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { HandoverEngine } from '../handover/engine.js';
import type { RecordedEvent } from '../handover/turn.js';
import type { Queue } from '../queue/measured-queue.js';
import type { Inbox } from '../queue/measured-inbox.js';
import type { HandoverEvents } from '../handover/events.js';
import type { AfterHandover } from '../bot/after-handover.js';
import type { AddressFinder } from '../bot/find-address.js';
import type { GraphOptions, VccLiveHandoverOptions } from '../bot/handover-options.js';
import type { PluginTurns } from '../bot/plugin-turns.js';
import type { TurnRunner } from '../bot/run-event.js';
import type { OutgoingGuards } from '../bot/silence.js';

/** The inside of a `VccLiveHandover`. */
export interface HandoverDeps {
  readonly engine: HandoverEngine;
  readonly queue: Queue<RecordedEvent>;
  /** Where deliveries are kept, if they are. */
  readonly inbox: Inbox<RecordedEvent> | undefined;
  readonly pluginTurns: PluginTurns;
  readonly client: ThreadControlClient;
  readonly events: HandoverEvents;
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
  readonly guards: OutgoingGuards;
  readonly addresses: AddressFinder;
}

const parts = new WeakMap<object, HandoverDeps>();

/** Remembers the inside of a plugin. */
export function registerDeps(handover: object, inside: HandoverDeps): void {
  parts.set(handover, inside);
}

/**
 * The inside of a plugin.
 * @throws {@link InvalidOptionError} where it is none
 */
export function depsOf(handover: unknown): HandoverDeps {
  const found = typeof handover === 'object' && handover !== null ? parts.get(handover) : undefined;
  if (found) return found;
  const got = handover === undefined ? 'missing' : 'something else';
  throw new InvalidOptionError('handover', got, 'a VccLiveHandover of this copy of botbuilder-handover-vcclive');
}
