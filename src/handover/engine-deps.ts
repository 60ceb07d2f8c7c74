/** What the use cases need from outside: the store, Graph, a clock, a log, the application's policies. */
import type { Clock } from '../thread/clock.js';
import type { AppId, PageId, ProcessId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import type { Conclusion } from '../thread/record.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import type { RecordStore } from '../store/record-store.js';
import type { ThreadControlClient } from '../graph/thread-control-client.js';
import type { HandoverEvents } from './events.js';
import type { EnginePolicies } from './policies.js';

/** What the use cases need. */
export interface EngineDeps {
  readonly botAppId: AppId;
  readonly vccLiveAppId: (pageId: PageId) => string | Promise<string>;
  readonly graph: Pick<ThreadControlClient, 'pass' | 'take' | 'release' | 'owner'>;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** Names this process among those that share the store. */
  readonly processId: ProcessId;
  /** A fresh random id: 128 bit, hex. */
  readonly newId: () => string;
  readonly events: HandoverEvents;
  readonly log: Logger;
  /** The log, for what an outage causes with every event. */
  readonly lines: RepeatedLines;
  readonly policies: {
    /** What holds for the threads of a Page. */
    of(pageId: PageId): EnginePolicies;
    /** Resolves when the application has said what holds for a Page. `undefined` if that is known already. */
    asked(pageId: PageId): Promise<void> | undefined;
  };
}

/** A handover that has ended, and where its customer can be reached. */
export interface EndedHandover {
  readonly conclusion: Conclusion;
  readonly reference: unknown;
}
