/** What the plugin tells the application, and the emitter that tells it: a listener that throws hurts nobody else. */
import { textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverResult, HandoverVia, RefusedReason, ThreadOwner } from '../thread/handover.js';
import type { HandoverId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { Logger } from '../thread/logger.js';
import { isThenable } from '../thread/thenable.js';
import type { VccLiveEvent } from '../thread/vcc-live-event.js';

/**
 * Why an activity did not leave the bot.
 * - `anotherAppOwns`: the ledger says so
 * - `staleTurn`: the thread was lost, or lost and regained, after its turn had begun
 * - `turnTakenOver`: this process stood still for longer than its lease, and another one has gone on with the thread
 * - `ownerUnknown`: a proactive message, and nobody could tell who owns the thread
 * - `handedOver`: it stood behind a `handoff.initiate`, or its turn had already passed the thread
 * - `repeatedTurn`: its turn repeats one whose handover is in progress
 * - `refusedByMeta`: Graph refused it because another app controls the thread
 * - `unsupported`: Messenger has no form for it, or for the parts of it that `dropped` names; the rest was sent
 */
export type SuppressedReason =
  | 'anotherAppOwns'
  | 'staleTurn'
  | 'turnTakenOver'
  | 'ownerUnknown'
  | 'handedOver'
  | 'repeatedTurn'
  | 'refusedByMeta'
  | 'unsupported';

/** A part of an activity that did not leave the bot. */
export interface DroppedPart {
  /** `adaptiveCard`, `buttonType` …; docs/adapters.md has the list. */
  readonly kind: string;
  /** What the customer does not get, and why. */
  readonly why: string;
}

/** Why an item ran nothing. */
export type IgnoredReason = 'anotherAppOwns' | 'ownerUnknown' | 'noCustomer' | 'pageChange' | 'notGranted' | 'failed';

/** Every event, and the one object its listeners get. */
export interface HandoverEventMap {
  /** Somebody asked for a handover, and it begins: notice and pass follow. */
  begun: { readonly thread: ThreadKey; readonly handoverId: HandoverId };
  /** VCC Live owns the thread. */
  passed: { readonly thread: ThreadKey; readonly handoverId: HandoverId };
  /** An agent of VCC Live wrote for the first time in this handover. `waitedMs`: since the pass, milliseconds. */
  claimed: { readonly thread: ThreadKey; readonly handoverId: HandoverId; readonly waitedMs: number };
  /**
   * The thread is on its way home: the bot is about to take it, or word has come that it is ours. Once for each
   * handover, before `returned`; again only if Meta had refused the first take.
   */
  returning: { readonly thread: ThreadKey; readonly handoverId: HandoverId; readonly via: HandoverVia };
  /** The thread came home. `handoverId` is absent if another app had it without a handover of ours. */
  returned: { readonly thread: ThreadKey; readonly result: HandoverResult };
  /** The ledger's owner changed to, from or between other apps. */
  ownerChanged: { readonly thread: ThreadKey; readonly from: ThreadOwner; readonly to: ThreadOwner };
  /** A handover was asked for and did not begin, for a reason that is no error. */
  refused: { readonly thread: ThreadKey; readonly reason: RefusedReason };
  /** A handover could not be made; the bot goes on. `takingBack`: one goes on, because the bot could not take it back. */
  failed: {
    readonly thread: ThreadKey;
    readonly handoverId?: HandoverId;
    readonly error: Error;
    readonly takingBack?: true;
  };
  /**
   * Meta said something else than the ledger held: `thread_owner` answered so, or a message was refused because another
   * app controls the thread (then `meta` is absent until it is asked). The ledger is corrected by it.
   */
  disagreement: {
    readonly thread: ThreadKey;
    readonly by: 'threadOwner' | 'refusedSend';
    readonly ledger: ThreadOwner;
    readonly meta?: ThreadOwner;
  };
  /** An activity stayed in. With `dropped` (reason `unsupported`): only these parts of it did. */
  suppressed: {
    readonly thread: ThreadKey;
    readonly activity: unknown;
    readonly reason: SuppressedReason;
    readonly dropped?: readonly DroppedPart[];
  };
  /**
   * A webhook of VCC Live's told something new about an open handover. The transcript of a closed chat is in it, and
   * nowhere else unless the application has it kept.
   */
  vccLiveEvent: { readonly thread: ThreadKey; readonly handoverId: HandoverId; readonly event: VccLiveEvent };
  /** Somebody wrote while the bot listens on standby. */
  standbyMessage: {
    readonly thread: ThreadKey;
    readonly from: 'customer' | 'agent' | 'other';
    readonly event: ThreadEvent;
  };
  /** An item that ran nothing: a button pressed while an agent has the thread, a kind nobody knows, a bad item. */
  ignored: {
    readonly thread?: ThreadKey;
    readonly event: ThreadEvent;
    readonly reason: IgnoredReason;
    readonly error?: Error;
  };
}

/** One event, with its name. */
export type HandoverEvent = {
  [K in keyof HandoverEventMap]: readonly [K, HandoverEventMap[K]];
}[keyof HandoverEventMap];

/** Listens to one sort of event. */
export type HandoverListener<K extends keyof HandoverEventMap> = (events: HandoverEventMap[K]) => void;

/** Calls the listeners of an event, in the order in which they were added. */
export class HandoverEvents {
  readonly #listeners = new Map<keyof HandoverEventMap, ((events: never) => unknown)[]>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  on<K extends keyof HandoverEventMap>(name: K, listener: HandoverListener<K>): void {
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]);
  }

  off<K extends keyof HandoverEventMap>(name: K, listener: HandoverListener<K>): void {
    this.#listeners.set(
      name,
      (this.#listeners.get(name) ?? []).filter((each) => each !== listener),
    );
  }

  emit<K extends keyof HandoverEventMap>(name: K, events: HandoverEventMap[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const returned = (listener as (events: HandoverEventMap[K]) => unknown)(events);
        // A listener may be async although its type says otherwise; its failure must not end the process.
        if (isThenable(returned)) returned.then(undefined, (error: unknown) => this.#report(name, error));
      } catch (error) {
        this.#report(name, error);
      }
    }
  }

  #report(name: string, error: unknown): void {
    this.#log.error(`A listener of "${name}" threw: ${textOfThrown(error)}`);
  }
}
