/** Takes the steps that the decision about an event needs (questions to Meta, changes of the record), until it is made. */
import { decisionLine } from '../thread/decision-line.js';
import { StoreError } from '../thread/errors.js';
import type { AppId, EventKey } from '../thread/ids.js';
import type { ThreadKey } from '../thread/key.js';
import { isDebugOn } from '../thread/logger.js';
import type { MaybePromise } from '../thread/maybe-promise.js';
import { whenReady } from '../thread/maybe-promise.js';
import type { Conclusion } from '../thread/record.js';
import { isAnotherApp } from '../ownership/ledger.js';
import type { AppIdWatch } from './app-id-watch.js';
import { askOwner, askOwnerInTime, ownCall } from './ask-owner.js';
import type { ThreadRecords } from './change-record.js';
import { asError } from './change-record.js';
import type { TurnAnswers, TurnFacts, TurnStep } from './decide-turn.js';
import { decideTurn, isReceipt, reasonWithoutThread, writerOf } from './decide-turn.js';
import { describeDecision, describeIgnored } from './describe-decision.js';
import { dueToHandler, endedLately } from './dialog-result.js';
import type { EndedHandover, EngineDeps } from './engine-deps.js';
import type { Fence } from './fence.js';
import type { IgnoredReason } from './events.js';
import type { HandoverStarter } from './hand-over.js';
import { concludeOpen, unchanged } from './lifecycle.js';
import type { ControlRequest, Writer } from './policies.js';
import { asksForBot } from './policies.js';
import { takeBack, whileHandoverIs } from './take-back.js';
import type { HandoverOrder, RecordedEvent, Turn, TurnDecision } from './turn.js';

type StepToTake = Extract<
  TurnStep,
  { readonly step: 'readRecord' | 'askPolicy' | 'askOwner' | 'comeHome' | 'readWords' | 'takeBack' }
>;
type StepToRun = Extract<TurnStep, { readonly step: 'logic' | 'handBack' | 'accepted' | 'greeting' }>;
/** The facts about an event of a thread. */
type ThreadFacts = TurnFacts & { readonly thread: ThreadKey };

const NOTHING: TurnDecision = { run: 'nothing' };
const NO_ANSWERS: TurnAnswers = {};

/** Decides about events whose turn has come. */
export class TurnDecisions {
  readonly #deps: EngineDeps;
  readonly #records: ThreadRecords;
  readonly #fence: Fence;
  readonly #starter: HandoverStarter;
  readonly #appIds: AppIdWatch;

  /**
   * Runs the customer's turn after an event that ended the handover and is none of the customer's own. The turns are made
   * after this; without them, a dialog goes on with the customer's next message.
   */
  onEnded: (thread: ThreadKey, ended: EndedHandover, eventKey: EventKey) => Promise<void> = () => Promise.resolve();

  constructor(records: ThreadRecords, fence: Fence, starter: HandoverStarter, appIds: AppIdWatch) {
    this.#deps = records.deps;
    this.#records = records;
    this.#fence = fence;
    this.#starter = starter;
    this.#appIds = appIds;
  }

  /** Decides what runs on a recorded event. The answer comes without a promise if nobody has to be asked. */
  decideTurn(recorded: RecordedEvent, eventKey: EventKey): MaybePromise<TurnDecision> {
    const { event, thread } = recorded;
    if (!thread) {
      const reason = reasonWithoutThread(event);
      if (isDebugOn(this.#deps.log)) this.#tell(recorded, describeIgnored(reason));
      return this.#ignore(recorded, reason);
    }
    const asked = this.#deps.policies.asked(thread.pageId);
    // Meanwhile another event may have changed the record.
    if (asked) return asked.then(() => this.#begin({ ...recorded, isFresh: false }, thread, eventKey));
    return this.#begin(recorded, thread, eventKey);
  }

  #begin(recorded: RecordedEvent, thread: ThreadKey, eventKey: EventKey): MaybePromise<TurnDecision> {
    const { event, record, before, isFresh } = recorded;
    return whenReady(this.#records.ids(thread), (ids) => {
      if (event.channel === 'standby' || event.kind === 'passThreadControl') this.#appIds.turnDecided(recorded, ids);
      const from = event.channel === 'standby' ? writerOf(event, ids) : undefined;
      if (from) this.#deps.events.emit('standbyMessage', { thread, from, event });
      const turn = this.#records.turn(thread, eventKey, record);
      const owner = isFresh ? recorded.owner : this.#records.ownerNow(record, ids);
      const policies = this.#deps.policies.of(thread.pageId);
      const wasAway = isAnotherApp(before) || isAnotherApp(owner);
      const { run } = turn;
      // Each field by its name: a spread in this place costs as much as the whole decision.
      return this.#next(turn, {
        recorded,
        thread,
        eventKey,
        run,
        ids,
        policies,
        record,
        owner,
        isLatest: isFresh,
        wasAway,
        answers: NO_ANSWERS,
      });
    });
  }

  #next(turn: Turn, facts: ThreadFacts): MaybePromise<TurnDecision> {
    const step = decideTurn(facts);
    if (isDebugOn(this.#deps.log)) this.#tell(facts.recorded, describeDecision(step, facts));
    switch (step.step) {
      case 'nothing':
        return NOTHING;
      case 'ignore':
        return this.#ignore(facts.recorded, step.reason);
      case 'logic':
      case 'handBack':
      case 'accepted':
      case 'greeting':
        return this.#run(turn, facts, step);
      case 'handOver': {
        const order: HandoverOrder = { metadata: { reason: 'requested' }, waits: 'nobody' };
        return this.#unlessTakenOver(turn, () => this.#starter.handOver(turn, order));
      }
      case 'passTo':
        return this.#unlessTakenOver(turn, () => this.#passTo(facts, step.appId));
      default:
        return this.#take(step, facts).then((next) => this.#next(turn, next));
    }
  }

  /** Takes a step, and reads the record again. */
  async #take(step: StepToTake, facts: ThreadFacts): Promise<ThreadFacts> {
    const answers = { ...facts.answers, ...(await this.#answer(step, facts)) };
    const record = await this.#records.readOr(facts.thread, facts.record);
    const owner = this.#records.ownerNow(record, facts.ids);
    // What counts is whether the thread was away when the turn came, not after Meta was asked.
    const wasAway = facts.wasAway || (!facts.isLatest && isAnotherApp(owner));
    return { ...facts, record, owner, isLatest: true, wasAway, answers };
  }

  async #answer(step: StepToTake, facts: ThreadFacts): Promise<TurnAnswers> {
    const { thread, recorded, ids } = facts;
    const { event } = recorded;
    switch (step.step) {
      case 'readRecord':
        return {};
      case 'askOwner': {
        const asked = await (step.inTime ? askOwnerInTime : askOwner)(this.#records, thread);
        const explicit = recorded.record.evidence.explicit;
        if (asked && step.inTime && facts.wasAway) this.#appIds.asked(event, explicit, asked, ids);
        return { asked: asked ?? 'noAnswer' };
      }
      case 'comeHome':
        return { home: (await this.#comeHome(facts, step.via)) ?? 'nothingOpen' };
      case 'readWords':
        return {
          asksForBot: await asksForBot(event.text ?? '', this.#deps.policies.of(thread.pageId).reclaim[step.from]),
        };
      case 'takeBack':
        return { taken: (await this.#takeBack(facts, step.from)) ?? 'nothingTaken' };
      case 'askPolicy':
        return { granted: await this.#deps.policies.of(thread.pageId).grants(requestOf(facts)) };
    }
  }

  #run(turn: Turn, facts: ThreadFacts, step: StepToRun): TurnDecision {
    const { record, recorded, eventKey } = facts;
    const { event } = recorded;
    turn.epoch = record.epoch;
    if (step.step === 'accepted') {
      return { run: 'accepted', turn: { ...turn, origin: 'standby' }, reference: record.open?.reference };
    }
    if (step.step === 'logic' && step.isMute) {
      turn.blockedBecause = 'repeatedTurn';
      return { run: 'logic', turn };
    }
    if (!isReceipt(event)) turn.ended = endedLately(record, eventKey, this.#deps.clock.now());
    turn.due = dueToHandler(record);
    if (step.step === 'greeting') return { run: 'greeting', turn, concluded: step.concluded };
    const concluded = step.concluded === undefined ? {} : { concluded: step.concluded };
    if (step.step === 'logic') return { run: 'logic', turn, ...concluded };
    const { metadata } = event.kind === 'passThreadControl' ? event : {};
    return { run: 'handBack', turn, ...concluded, ...(metadata === undefined ? {} : { metadata }) };
  }

  /** Concludes a passed handover if the record says that the thread is the bot's, or nobody's. */
  async #comeHome(facts: ThreadFacts, via: 'passBack' | 'message'): Promise<Conclusion | undefined> {
    const { thread, ids, eventKey, recorded } = facts;
    const metadata = via === 'passBack' ? recorded.event.metadata : undefined;
    try {
      const home = await this.#records.change(thread, ids, [], (record, verdict) => {
        if (record.open?.phase !== 'passed' || isAnotherApp(verdict)) return unchanged<Conclusion>(record);
        const nowMs = this.#deps.clock.now();
        return concludeOpen(thread, record, { outcome: 'completed', via, nowMs, endedBy: eventKey, metadata });
      });
      return home.value;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.#deps.log.warn(
        `The thread store failed while a handover may have come home; the next event looks again: ${error.message}`,
      );
      return undefined;
    }
  }

  /** Somebody asked for the bot while it listened: the thread is taken back, if the Page allows it. */
  async #takeBack({ thread, eventKey, record }: ThreadFacts, from: Writer): Promise<Conclusion | undefined> {
    const handoverId = record.open?.id;
    try {
      const order = { mayTake: whileHandoverIs(handoverId), endedBy: eventKey };
      const ended = (await takeBack(this.#records, thread, order))?.value;
      if (ended && from !== 'customer') await this.onEnded(thread, ended, eventKey);
      return ended?.conclusion;
    } catch (thrown) {
      const error = asError(thrown);
      const about = handoverId === undefined ? {} : { handoverId };
      this.#deps.events.emit('failed', { thread, error, takingBack: true, ...about });
      this.#deps.log.error(
        `Words asked for the bot, and the thread could not be taken; the agent goes on: ${error.message}`,
      );
      return undefined;
    }
  }

  /** Moves the thread, unless another process has gone on with it: then the turn ends here. */
  async #unlessTakenOver({ ticket }: Turn, move: () => Promise<unknown>): Promise<TurnDecision> {
    try {
      await this.#fence.check(ticket);
      await move();
    } catch (error) {
      await this.#fence.forgive(ticket, error);
    }
    return NOTHING;
  }

  async #passTo({ thread, ids, recorded }: ThreadFacts, appId: AppId): Promise<void> {
    const call = (): ReturnType<EngineDeps['graph']['pass']> => this.#deps.graph.pass(thread, appId);
    try {
      await ownCall(this.#records, { thread, ids, owner: { app: appId }, call }, unchanged);
    } catch (thrown) {
      const error = asError(thrown);
      this.#deps.log.error(
        `App ${appId} asked for a thread and could not be given it; the bot goes on: ${error.message}`,
      );
      this.#deps.events.emit('ignored', { thread, event: recorded.event, reason: 'failed', error });
    }
  }

  #tell({ event, thread }: RecordedEvent, decision: string | undefined): void {
    if (decision !== undefined) this.#deps.log.debug?.(decisionLine(event, thread, decision));
  }

  #ignore({ event, thread }: RecordedEvent, reason: IgnoredReason): TurnDecision {
    const { requestedOwnerAppId: appId, roundedAppIds } = event;
    if (reason === 'notGranted' && roundedAppIds?.includes('requestedOwnerAppId')) {
      this.#deps.log.warn(
        `An app asked for a thread and does not get it: a JSON parser has rounded the app's id to about ${appId}. ` +
          'If it is VCC Live, compare vccLiveAppId with the app id in the webhook.',
      );
    }
    this.#deps.events.emit('ignored', { ...(thread === undefined ? {} : { thread }), event, reason });
    return NOTHING;
  }
}

function requestOf({ thread, recorded, ids }: ThreadFacts): ControlRequest {
  const { requestedOwnerAppId: appId = '', metadata } = recorded.event;
  const isVccLive = appId === ids.vccLiveAppId;
  return { thread, appId, isVccLive, ...(metadata === undefined ? {} : { metadata }) };
}
