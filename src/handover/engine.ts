/** The use cases in one object: what the rooms above call. */
import type { ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { DueTime } from '../thread/store.js';
import { emptyRecord } from '../thread/record.js';
import { AppIdWatch } from './app-id-watch.js';
import { askOwnerOrThrow, ownCall } from './ask-owner.js';
import { ThreadRecords, publicOwner } from './change-record.js';
import { DialogResults, dueToHandler } from './dialog-result.js';
import type { EndedHandover, EngineDeps } from './engine-deps.js';
import { Fence } from './fence.js';
import { HandoverStarter } from './hand-over.js';
import { unchanged } from './lifecycle.js';
import { SendGuard } from './may-send.js';
import { EventRecorder } from './record-event.js';
import { endWhenDue, takeBack } from './take-back.js';
import type { Turn } from './turn.js';
import { TurnDecisions } from './turn-decisions.js';
import { VccLiveReports } from './vcc-live-reports.js';

/** Does the work of `VccLiveHandover`. */
export class HandoverEngine {
  readonly fence: Fence;
  readonly recorder: EventRecorder;
  readonly decisions: TurnDecisions;
  readonly appIds: AppIdWatch;
  readonly starter: HandoverStarter;
  readonly sendGuard: SendGuard;
  readonly dialogResults: DialogResults;
  readonly reports: VccLiveReports;
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;

  constructor(deps: EngineDeps) {
    this.#deps = deps;
    this.#records = new ThreadRecords(deps);
    this.fence = new Fence(deps);
    this.starter = new HandoverStarter(this.#records, this.fence);
    this.appIds = new AppIdWatch(deps.log);
    this.recorder = new EventRecorder(this.#records, this.appIds);
    this.decisions = new TurnDecisions(this.#records, this.fence, this.starter, this.appIds);
    this.sendGuard = new SendGuard(this.#records, this.fence);
    this.dialogResults = new DialogResults(this.#records, this.fence);
    this.reports = new VccLiveReports(this.#records);
  }

  /** A turn that no webhook began. */
  async proactiveTurn(thread: ThreadKey): Promise<Turn> {
    await this.#deps.policies.asked(thread.pageId);
    const record = await this.#records.readOr(thread, undefined);
    const turn = this.#records.turn(thread, this.#deps.newId(), record ?? emptyRecord, 'none');
    if (record) turn.due = dueToHandler(record);
    else turn.epoch = undefined;
    return turn;
  }

  /** A turn that Meta delivered while the store could not be reached. */
  unrecordedTurn(thread: ThreadKey): Turn {
    return { ...this.#records.turn(thread, this.#deps.newId(), emptyRecord), epoch: undefined };
  }

  /**
   * Takes the thread back; concludes an open handover as `takenBack`. Rejects with Graph's error if Meta refuses.
   * @throws {@link TurnTakenOverError} if another process has the turn's event
   */
  async take(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<EndedHandover | undefined> {
    if (turn) await this.fence.check(turn.ticket);
    const changed = await takeBack(this.#records, thread, { metadata });
    if (changed === undefined) return undefined;
    this.#records.moveAlong(turn, changed);
    if (turn?.blockedBecause === 'handedOver') turn.blockedBecause = undefined;
    return changed.value;
  }

  /** A deadline of a thread has come, see `endWhenDue` in `take-back.ts`. */
  endWhenDue(due: DueTime): Promise<EndedHandover | undefined> {
    return endWhenDue(this.#records, due);
  }

  /**
   * Releases the thread: it is idle. Rejects with Graph's error if Meta refuses.
   * @throws {@link TurnTakenOverError} if another process has the turn's event
   */
  async release(thread: ThreadKey, metadata?: string, turn?: Turn): Promise<void> {
    if (turn) await this.fence.check(turn.ticket);
    const ids = await this.#records.ids(thread);
    const call = (): ReturnType<EngineDeps['graph']['release']> => this.#deps.graph.release(thread, metadata);
    const changed = await ownCall(this.#records, { thread, ids, owner: 'idle', call }, unchanged);
    this.#records.moveAlong(turn, changed);
  }

  /** Who owns the thread by what is known; with `ask` by what Meta says. Rejects if the one asked does not answer. */
  async ownerOf(thread: ThreadKey, ask: boolean): Promise<ThreadOwner> {
    if (ask) return publicOwner(await askOwnerOrThrow(this.#records, thread));
    const ids = await this.#records.ids(thread);
    const record = (await this.#deps.store.read(thread)) ?? emptyRecord;
    return publicOwner(this.#records.ownerNow(record, ids));
  }

  /** Removes everything stored about a customer. */
  async forget(thread: ThreadKey): Promise<void> {
    await this.#deps.store.forget(thread);
  }
}
