/** Records of threads in any store, for tests that look into a store or change what is in it. */
import type { RecordStore } from '../../src/store/record-store.js';
import { recordStore } from '../../src/store/record-store.js';
import { faultOfRecord } from '../../src/thread/read-record.js';
import type { ThreadStore } from '../../src/thread/store.js';
import { quietLogger } from '../kit/loggers.js';

/**
 * The store as the plugin uses it: `recordsIn(store).update(thread, (record) => …)`.
 * @param appId the store is not a bot's own yet: of the bot with this app id
 */
export function recordsIn(store: ThreadStore, appId?: string): RecordStore {
  return recordStore(appId === undefined ? store : store.forBot({ appId, log: quietLogger, faultOf: faultOfRecord }));
}
