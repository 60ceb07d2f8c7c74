/**
 * The short way of a delivery to its turns: no promise and no timer before the bot's logic.
 *
 * Exists because the usual way has to expect a store that is far away, and that costs several times as much as all the
 * rest of an event. Here everything is at hand, and nothing is unusual: each event is alone in its thread's line, comes
 * for the first time, names a thread without an open handover, and nothing is near a limit. Then claim, evidence and
 * record are one step that nothing comes between, and the turn begins at once. Everything else goes the usual way
 * (deliver.ts), which finds the places that are taken here, and the other way round.
 */
import type { Clock } from '../thread/clock.js';
import type { ThreadEvent } from '../thread/event.js';
import type { ThreadKey } from '../thread/key.js';
import { threadId } from '../thread/key.js';
import type { StepsAtOnce } from '../thread/store.js';
import { AgeWatch, Watched } from './age-watch.js';
import type { RecordedEvent } from '../handover/turn.js';
import { threadOf } from '../handover/turn.js';
import type { Ending, Line, Load, TakenIn, UnderWay } from './under-way.js';

/** A longer delivery is worth the usual way: here each event is compared with those before it. */
const MOST_EVENTS = 16;

/** What the lane stands on. */
export interface LaneDeps {
  readonly store: StepsAtOnce;
  readonly clock: Clock;
  /** Whether everything is known that {@link arrive} needs, and no handover is open. */
  readonly mayArrive: (thread: ThreadKey, id: string) => boolean;
  /** Folds in an event's evidence, at once. */
  readonly arrive: (event: ThreadEvent, key: string, thread: ThreadKey, id: string) => RecordedEvent;
  /** The key of an event, or `undefined` where it has nothing to be recognised by. */
  readonly keyOf: (event: ThreadEvent, how: LaneTerms) => string | undefined;
  /** A key that no other event has. */
  readonly newKey: () => string;
  /** Claims an event that is free. */
  readonly claim: (key: string) => void;
  readonly finish: (key: string) => void;
  readonly underWay: UnderWay<TakenIn>;
  /** Turns that may run at the same time. */
  readonly maxTurns: number;
  readonly longestTurnMs: number;
  /** A turn has not ended in that time. */
  readonly overlong: (queue: string) => void;
  /** The work on an event rejected. */
  readonly failed: (error: unknown) => void;
}

/** How a delivery is taken in; see `DeliveryTerms`. */
export interface LaneTerms {
  readonly ackDeadlineMs: number;
  readonly waitForOwn?: boolean;
  readonly unrecognisable?: boolean;
  readonly bytes?: number;
}

/** A delivery whose turns run. */
class LaneDelivery extends Watched {
  readonly verdict: Promise<'done' | 'stillRunning'>;
  turnsLeft: number;
  #resolve: (verdict: 'done' | 'stillRunning') => void = () => undefined;

  constructor(turns: number) {
    super();
    this.turnsLeft = turns;
    this.verdict = new Promise((resolve) => (this.#resolve = resolve));
  }

  answer(verdict: 'done' | 'stillRunning'): void {
    this.#resolve(verdict);
  }
}

/** A turn in its thread's line. What others may wait for is a promise only when somebody does. */
export class LaneTurn extends Watched implements TakenIn, Line {
  state: 'running' | 'done' = 'running';
  load: Load | undefined;
  /** As its thread's line: this turn, and all that come behind it. */
  length = 1;
  running = 1;
  #behind: Promise<void> | undefined;
  #isOut = false;
  #tellOut: (() => void) | undefined;
  #finished: Promise<Ending> | undefined;
  #tellFinished: ((ending: Ending) => void) | undefined;

  constructor(
    readonly event: ThreadEvent,
    readonly key: string,
    readonly thread: ThreadKey,
    readonly queue: string,
    readonly isClaimed: boolean,
  ) {
    super();
  }

  get finished(): Promise<Ending> {
    if (this.state === 'done') return Promise.resolve('done');
    return (this.#finished ??= new Promise((resolve) => (this.#tellFinished = resolve)));
  }

  get tail(): Promise<void> {
    return (this.#behind ??= new Promise((resolve) => (this.#tellOut = resolve)));
  }

  /** Somebody waits behind the turn. */
  set tail(behind: Promise<void>) {
    this.#behind = behind;
  }

  /** It has its thread's line no longer: it has ended, or it takes too long. `false`: that was so before. */
  stepOut(): boolean {
    if (this.#isOut) return false;
    this.#isOut = true;
    this.#tellOut?.();
    return true;
  }

  end(): void {
    this.state = 'done';
    this.running -= 1;
    this.#tellFinished?.('done');
  }
}

/** One for each delivery desk whose store is at hand. */
export class Lane {
  readonly #deps: LaneDeps;
  readonly #overlong: AgeWatch<LaneTurn>;
  /** By their length; each adapter has one. */
  readonly #deadlines = new Map<number, AgeWatch<LaneDelivery>>();

  constructor(deps: LaneDeps) {
    this.#deps = deps;
    this.#overlong = new AgeWatch(deps.clock, deps.longestTurnMs, (turn) => {
      deps.overlong(turn.queue);
      this.#stepOut(turn);
    });
  }

  /** How the delivery went, or `undefined` where it has to go the usual way: then nothing has happened that counts. */
  take(
    events: readonly ThreadEvent[],
    work: (recorded: RecordedEvent, key: string) => Promise<void> | undefined,
    how: LaneTerms,
  ): Promise<'done' | 'stillRunning'> | undefined {
    const { underWay } = this.#deps;
    const turns = this.#turnsOf(events, how);
    if (!turns) return undefined;
    for (const turn of turns) {
      underWay.enter(turn);
      underWay.lines.set(turn.queue, turn);
    }
    const arrived = this.#arrive(turns);
    if (!arrived) return undefined;
    if (how.bytes !== undefined) underWay.weigh(how.bytes, turns);

    const delivery = new LaneDelivery(turns.length);
    const nowMs = this.#deps.clock.now();
    const deadline = how.waitForOwn === true ? undefined : this.#deadlineOf(how.ackDeadlineMs);
    deadline?.add(delivery, nowMs);
    turns.forEach((turn, index) => {
      this.#overlong.add(turn, nowMs);
      underWay.turnBegins();
      const ended = (): void => {
        this.#ended(turn);
        delivery.turnsLeft -= 1;
        if (delivery.turnsLeft > 0) return;
        deadline?.delete(delivery);
        delivery.answer('done');
      };
      const failed = (error: unknown): void => {
        this.#deps.failed(error);
        ended();
      };
      const running = this.#begin(work, arrived[index] as RecordedEvent, turn.key);
      if (running) running.then(ended, failed);
      else ended();
    });
    return delivery.verdict;
  }

  /** A turn for each event, or `undefined` where one of them is not as it has to be here. */
  #turnsOf(events: readonly ThreadEvent[], how: LaneTerms): readonly LaneTurn[] | undefined {
    const { store, underWay, maxTurns, mayArrive, keyOf, newKey } = this.#deps;
    if (events.length === 0 || events.length > MOST_EVENTS || underWay.turns + events.length > maxTurns)
      return undefined;
    const turns: LaneTurn[] = [];
    for (const event of events) {
      const thread = threadOf(event);
      if (!thread) return undefined;
      const queue = threadId(thread);
      if (underWay.lines.has(queue)) return undefined;
      const known = keyOf(event, how);
      if (known !== undefined && (underWay.jobs.has(known) || !store.isFree(known))) return undefined;
      if (!mayArrive(thread, queue)) return undefined;
      const key = known ?? newKey();
      if (turns.some((turn) => turn.queue === queue || turn.key === key)) return undefined;
      turns.push(new LaneTurn(event, key, thread, queue, known !== undefined));
    }
    return turns;
  }

  /** Claims and evidence. What throws here throws on the usual way too, where it is dealt with. */
  #arrive(turns: readonly LaneTurn[]): readonly RecordedEvent[] | undefined {
    const { claim, arrive } = this.#deps;
    try {
      return turns.map(({ event, key, thread, queue, isClaimed }) => {
        if (isClaimed) claim(key);
        const recorded = arrive(event, key, thread, queue);
        recorded.isFresh = true;
        return recorded;
      });
    } catch {
      for (const turn of turns) this.#leave(turn);
      return undefined;
    }
  }

  /** What is thrown at once is told like what is thrown later. */
  #begin(
    work: (recorded: RecordedEvent, key: string) => Promise<void> | undefined,
    recorded: RecordedEvent,
    key: string,
  ): Promise<void> | undefined {
    try {
      return work(recorded, key);
    } catch (error) {
      this.#deps.failed(error);
      return undefined;
    }
  }

  #ended(turn: LaneTurn): void {
    this.#overlong.delete(turn);
    this.#deps.underWay.turnEnds();
    if (turn.isClaimed) this.#deps.finish(turn.key);
    this.#leave(turn);
  }

  #leave(turn: LaneTurn): void {
    turn.end();
    this.#deps.underWay.leave(turn);
    this.#stepOut(turn);
  }

  #stepOut(turn: LaneTurn): void {
    if (turn.stepOut()) this.#deps.underWay.stepOut(turn.queue, turn);
  }

  #deadlineOf(ms: number): AgeWatch<LaneDelivery> {
    const known = this.#deadlines.get(ms);
    if (known) return known;
    const watch = new AgeWatch<LaneDelivery>(this.#deps.clock, ms, (delivery) => delivery.answer('stillRunning'));
    this.#deadlines.set(ms, watch);
    return watch;
  }
}
