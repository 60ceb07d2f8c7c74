/**
 * What VCC Live's webhooks do to an open handover: it learns what they tell, and comes home if a closed chat has left
 * its thread behind.
 *
 * Nothing in these webhooks is signed. So they move no thread by themselves, act on open handovers only, and before
 * anything is taken back Meta is asked who has it.
 */
import type { HandoverId } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import type { ThreadRecord } from '../thread/record.js';
import type { VccLiveEvent } from '../thread/vcc-live-event.js';
import { amendOpen } from './lifecycle.js';
import type { ThreadRecords } from './change-record.js';
import { CLOSED_CHAT_DEADLINE } from './timers.js';
import type { ReportPolicy } from './vcc-live-report.js';
import { closesChat, takeBackTimeOf, withEvent } from './vcc-live-report.js';

/** Where an event says it belongs. */
export interface ReportAddress {
  /** What may be the id of a handover; the first that an open one has counts. */
  readonly handoverIds: readonly string[];
  /** The thread that the application names if no event names one. Rejects if its function rejects. */
  readonly threadOf: () => Promise<ThreadKey | undefined>;
}

/** What became of an event: it told something new, nothing new, or concerns no open handover. */
export type ReportVerdict = 'told' | 'known' | 'nobodys';

/** Handles what VCC Live's webhooks report. */
export class VccLiveReports {
  readonly #records: ThreadRecords;

  constructor(records: ThreadRecords) {
    this.#records = records;
  }

  /** Adds an event to the open handover it belongs to. Rejects if the store or the address rejects. */
  async receive(event: VccLiveEvent, address: ReportAddress, policy: ReportPolicy): Promise<ReportVerdict> {
    const found = await this.#find(event, address);
    if (!found) return 'nobodys';
    const { thread, handoverId } = found;
    const nowMs = this.#records.deps.clock.now();
    const guessMs = closesChat(event) && policy.takeBackAfterMs !== false ? nowMs + policy.takeBackAfterMs : undefined;
    // Before it is written down, so that no crash leaves a closed chat without its deadline. One too many does no harm.
    if (guessMs !== undefined) await this.#schedule(thread, guessMs);

    const written = await this.#records.change(thread, await this.#records.ids(thread), [], (record) => {
      const { open } = record;
      if (open?.id !== handoverId) return { record, events: [], value: 'nobodys' as const };
      const report = withEvent(open.report, event, policy, nowMs);
      if (report === undefined || report === open.report) return { record, events: [], value: 'known' as const };
      const events = [['vccLiveEvent', { thread, handoverId, event }]] as const;
      return { record: amendOpen(record, open.id, { report }), events, value: 'told' as const };
    });
    const atMs = takeBackTimeOf(written.record.open);
    if (written.value !== 'nobodys' && atMs !== undefined && atMs !== guessMs) await this.#schedule(thread, atMs);
    return written.value;
  }

  async #find(
    event: VccLiveEvent,
    { handoverIds, threadOf }: ReportAddress,
  ): Promise<{ thread: ThreadKey; handoverId: HandoverId } | undefined> {
    const { store } = this.#records.deps;
    for (const handoverId of handoverIds) {
      const thread = await store.findHandover(handoverId);
      if (thread) return { thread, handoverId };
    }
    const thread = await threadOf();
    const record = thread && (await store.read(thread));
    if (!thread || !record?.open) return undefined;
    return isOfAnEarlierOne(event, handoverIds, record) ? undefined : { thread, handoverId: record.open.id };
  }

  async #schedule(thread: ThreadKey, atMs: number): Promise<void> {
    await this.#records.deps.store.schedule({ thread, name: CLOSED_CHAT_DEADLINE, atMs });
  }
}

/** A message of a handover that has ended says nothing about the one that is open now, though the thread is the same. */
function isOfAnEarlierOne(event: VccLiveEvent, handoverIds: readonly string[], record: ThreadRecord): boolean {
  const chatId = event.kind === 'chatClosed' ? event.chatId : undefined;
  return record.conclusions.some(
    ({ handoverId, report }) => handoverIds.includes(handoverId) || (chatId !== undefined && report?.chatId === chatId),
  );
}
