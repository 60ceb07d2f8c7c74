/**
 * Whether something may leave the bot for a thread now, and what Meta's answer to it teaches the ledger.
 *
 * Both outgoing guards ask here: that of a turn, and that of the adapter.
 */
import type { ThreadKey } from '../thread/key.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { ThreadRecord } from '../thread/record.js';
import { emptyRecord } from '../thread/record.js';
import type { FencedRecord } from '../thread/store.js';
import { evidenceOfAcceptedSend, evidenceOfRefusedSend, isOfUnstampedItem } from '../ownership/evidence.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';
import { isAnotherApp } from '../ownership/ledger.js';
import { newestPlace } from '../ownership/meta-time.js';
import { GraphApiError } from '../graph/graph-api-error.js';
import { askOwner, askOwnerOrThrow, isOursByMeta, newestStampOf, sayNoAnswer } from './ask-owner.js';
import type { ThreadRecords } from './change-record.js';
import { publicOwner } from './change-record.js';
import type { EngineDeps } from './engine-deps.js';
import type { Fence } from './fence.js';
import { unchanged } from './lifecycle.js';
import type { AnsweredCall, Permission, Turn } from './turn.js';

/** Meta's subcode for an id that is no customer of the Page's. */
const NO_MATCHING_USER = 2018001;

/** Guards what goes out. */
export class SendGuard {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  readonly #fence: Fence;

  constructor(records: ThreadRecords, fence: Fence) {
    this.#deps = records.deps;
    this.#records = records;
    this.#fence = fence;
  }

  /**
   * Whether an activity may leave the bot for this thread now, in a turn or (without one) proactively. The answer comes
   * without a promise if the store has the record there and Meta need not be asked.
   */
  maySend(thread: ThreadKey, turn: Turn | undefined): MaybePromise<Permission> {
    if (turn?.blockedBecause) return { allowed: false, reason: turn.blockedBecause };
    const read = turn ? this.#fence.read(turn.ticket) : this.#readWithoutTurn(thread);
    return whenReady(read, (found): MaybePromise<Permission> => {
      if (turn && this.#fence.isLost(turn.ticket, found)) return { allowed: false, reason: 'turnTakenOver' };
      // Meta itself routed this turn to us, and refuses what is not ours: that heals more than silence would.
      if (!found && turn?.origin === 'messaging') return { allowed: true, newestStamp: undefined, known: false };
      if (!found) return this.#askWithoutStore(thread);
      const record = found.record ?? emptyRecord;
      return whenReady(
        this.#records.ids(thread),
        (ids) => this.#judged(record, ids, turn) ?? this.#asked(thread, record, turn),
      );
    });
  }

  /** `undefined` if the store does not answer. */
  #readWithoutTurn(thread: ThreadKey): Promise<FencedRecord<ThreadRecord> | undefined> {
    return this.#records.forgiving(async () => ({ record: await this.#deps.store.read(thread), isOurs: true }));
  }

  /** What the ledger says; `undefined` if Meta has to be asked. */
  #judged(record: ThreadRecord, ids: AppIds, turn: Turn | undefined): Permission | undefined {
    const { owner, inferred } = this.#records.ownerNow(record, ids);
    switch (owner) {
      case 'vccLive':
      case 'other':
        // A standby item without a stamp may be a late one, of before this turn: no answer is withheld for a guess.
        if (inferred && turn?.origin === 'messaging' && isOfUnstampedItem(record.evidence.notUs)) return undefined;
        return { allowed: false, reason: 'anotherAppOwns' };
      case 'unknown':
        return turn?.origin === 'messaging' ? allowedBy(record, false) : undefined;
      case 'bot':
      case 'idle':
        if (turn?.epoch !== undefined && turn.epoch !== record.epoch) return { allowed: false, reason: 'staleTurn' };
        return allowedBy(record, owner === 'bot');
    }
  }

  async #asked(thread: ThreadKey, record: ThreadRecord, turn: Turn | undefined): Promise<Permission> {
    const asked = await this.#askForOwner(thread);
    // Meta knows no such customer on this Page: it refuses the message, too, and the bot hears why.
    if (asked === 'noCustomer') return { allowed: true, newestStamp: undefined, known: false };
    if (!asked || asked.owner === 'unknown') return { allowed: false, reason: 'ownerUnknown' };
    if (isAnotherApp(asked)) return { allowed: false, reason: 'anotherAppOwns' };
    if (turn?.epoch !== undefined) turn.epoch = (await this.#records.readOr(thread, record)).epoch;
    return allowedBy(record, false);
  }

  async #askForOwner(thread: ThreadKey): Promise<Verdict | 'noCustomer' | undefined> {
    try {
      return await askOwnerOrThrow(this.#records, thread);
    } catch (error) {
      if (error instanceof GraphApiError && error.metaSubcode === NO_MATCHING_USER) return 'noCustomer';
      sayNoAnswer(this.#deps, error);
      return undefined;
    }
  }

  /** Graph accepted a message. Written only if it tells something new. */
  async sendAccepted(thread: ThreadKey, permission: Permission, call: AnsweredCall): Promise<void> {
    if (!permission.allowed || permission.known) return;
    const ids = await this.#records.ids(thread);
    const own = this.#records.own(call, permission.newestStamp);
    await this.#records.forgiving(() => this.#records.change(thread, ids, [evidenceOfAcceptedSend(own)], unchanged));
  }

  /** Graph refused a message because another app controls the thread: the ledger learns it, and asks whose it is. */
  async sendRefused(thread: ThreadKey, call: AnsweredCall): Promise<void> {
    await this.#records.forgiving(async () => {
      const ids = await this.#records.ids(thread);
      const newestStamp = await newestStampOf(this.#records, thread);
      const evidence = evidenceOfRefusedSend(this.#records.own(call, newestStamp));
      const { before } = await this.#records.change(thread, ids, [evidence], unchanged);
      this.#deps.events.emit('disagreement', { thread, by: 'refusedSend', ledger: publicOwner(before) });
    });
    await askOwner(this.#records, thread);
  }

  /** Meta refused a message without a reason. Asks Meta whether another app has the thread. */
  async isLost(thread: ThreadKey): Promise<boolean> {
    const asked = await askOwner(this.#records, thread);
    return asked !== undefined && isAnotherApp(asked);
  }

  async #askWithoutStore(thread: ThreadKey): Promise<Permission> {
    const isOurs = await isOursByMeta(this.#records, thread);
    if (isOurs === undefined) return { allowed: false, reason: 'ownerUnknown' };
    return isOurs
      ? { allowed: true, newestStamp: undefined, known: true }
      : { allowed: false, reason: 'anotherAppOwns' };
  }
}

function allowedBy({ evidence }: ThreadRecord, known: boolean): Permission {
  return { allowed: true, newestStamp: newestPlace(evidence), known };
}
