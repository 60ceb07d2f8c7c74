/**
 * Tells that an app id of the options is wrong, once for each Page and each id that was seen.
 *
 * Remembers which messages this process sent, so that their echoes differ from those of other apps. An echo may come
 * before Graph has answered the send.
 */
import type { ThreadEvent } from '../thread/event.js';
import type { PageId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import type { ExplicitMark } from '../thread/record.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { OldestFirstMap } from '../store/oldest-first-map.js';
import type { WrongAppId } from './foreign-app-evidence.js';
import {
  agentOfAnotherApp,
  appOfOurEcho,
  ownerOfOurThread,
  pageAmongApps,
  wrongAppIdLine,
} from './foreign-app-evidence.js';
import type { RecordedEvent } from './turn.js';

/** Echoes follow within seconds. */
const MOST_MESSAGES = 1000;
const MOST_TOLD = 1000;

interface Echo {
  readonly pageId: PageId;
  readonly found: WrongAppId;
}

/** One for each plugin. */
export class AppIdWatch {
  readonly #log: Logger;
  /** Message ids that Graph gave to our sends and whose echo has not come. */
  readonly #sent = new OldestFirstMap<true>();
  /** Echoes that name another app, of messages that this process has not sent as far as it knows. */
  readonly #echoes = new OldestFirstMap<Echo>();
  readonly #told = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Graph has accepted a message of ours. */
  sent(messageId: string): void {
    const echo = this.#echoes.get(messageId);
    if (echo === undefined) return remember(this.#sent, messageId, true);
    this.#echoes.delete(messageId);
    this.#tell(echo.pageId, echo.found);
  }

  /** An event has arrived. */
  arrived(event: ThreadEvent, ids: AppIds): void {
    const { pageId, mid, appId } = event;
    if (pageId === undefined) return;
    const page = pageAmongApps(event, ids);
    if (page) this.#tell(pageId, page);
    if (event.kind !== 'echo' || mid === undefined || appId === undefined) return;
    // A rounded id is nobody's, so the log must not recommend it; `thread_owner` has all digits.
    if (event.roundedAppIds?.includes('appId')) return;
    const found = appOfOurEcho(appId, ids);
    const isOurs = this.#sent.get(mid) !== undefined;
    if (isOurs) this.#sent.delete(mid);
    if (found && isOurs) this.#tell(pageId, found);
    else if (found) remember(this.#echoes, mid, { pageId, found });
  }

  /** An event's turn was decided. A handover may have learnt something of the event. */
  turnDecided({ event, record, concluded }: RecordedEvent, ids: AppIds): void {
    const found = agentOfAnotherApp(event, concluded ?? record.open, ids);
    if (found) this.#tell(event.pageId, found);
  }

  /** Meta was asked who owns the thread of a customer's message. @param known the explicit evidence before it was asked */
  asked(event: ThreadEvent, known: ExplicitMark | undefined, owner: Verdict, ids: AppIds): void {
    const found = ownerOfOurThread(event, known, owner, ids);
    if (found) this.#tell(event.pageId, found);
  }

  #tell(pageId = '', found: WrongAppId): void {
    const key = `${pageId} ${found.option} ${found.seen}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MOST_TOLD) this.#told.clear();
    this.#told.add(key);
    const line = wrongAppIdLine(pageId, found);
    // The right id is not known yet: an error names it when it shows itself.
    if (isCertain(found)) this.#log.error(line);
    else this.#log.warn(line);
  }
}

function isCertain({ option, evidence }: WrongAppId): boolean {
  return option === 'botAppId' ? evidence !== 'pageId' : evidence === 'pageId';
}

function remember<Value>(map: OldestFirstMap<Value>, key: string, value: Value): void {
  map.set(key, value);
  map.shed(() => map.size > MOST_MESSAGES);
}
