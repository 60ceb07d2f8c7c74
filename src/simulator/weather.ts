/**
 * What can go wrong on the way: switches that are turned while the simulation runs.
 *
 * Exists because handovers break at the edges of the network, and each edge must be reachable on purpose.
 * Everything by chance uses the simulator's seed; everything by time its clock.
 */
import type { SeededRandom } from './seeded-random.js';

/** Which calls a fault strikes. */
export interface FaultScope {
  /** Graph edges: `messages`, `pass_thread_control`, `thread_owner` … Default: all. Ignored by faults of webhooks. */
  readonly edges?: readonly string[];
}

/** Before or after the call did what it asked for. */
export interface FaultMoment {
  /** Default `before`: nothing was done. `after`: it was done, and the answer lies. */
  readonly when?: 'before' | 'after';
}

interface FaultRule<Detail> {
  readonly scope: FaultScope & Detail;
  readonly probability: number;
  remaining: number;
}

/** A fault that strikes always, a number of times, or by chance. Rules add up; the oldest that fits is used. */
export class Fault<Detail extends object = object> {
  readonly #random: SeededRandom;
  #rules: FaultRule<Detail>[] = [];

  /** @internal The simulator makes these. */
  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** From now on, every time. */
  always(scope?: FaultScope & Detail): void {
    this.#add(scope, Number.POSITIVE_INFINITY, 1);
  }

  /** The next time only. */
  once(scope?: FaultScope & Detail): void {
    this.#add(scope, 1, 1);
  }

  /** The next `count` times. */
  times(count: number, scope?: FaultScope & Detail): void {
    this.#add(scope, count, 1);
  }

  /** Each time with this probability, 0 to 1. */
  sometimes(probability: number, scope?: FaultScope & Detail): void {
    this.#add(scope, Number.POSITIVE_INFINITY, probability);
  }

  /** Never again. */
  off(): void {
    this.#rules = [];
  }

  /** True while it can still strike. */
  get active(): boolean {
    return this.#rules.length > 0;
  }

  /** Does it strike this call? Uses up one count if it does. Called by the simulator. */
  strikes(edge = '', moment?: 'before' | 'after'): Detail | undefined {
    const rule = this.#rules.find(({ scope }) => fits(scope, edge, moment));
    if (rule === undefined || this.#random.next() >= rule.probability) return undefined;
    rule.remaining -= 1;
    if (rule.remaining <= 0) this.#rules = this.#rules.filter((other) => other !== rule);
    return rule.scope;
  }

  #add(scope: (FaultScope & Detail) | undefined, remaining: number, probability: number): void {
    // An empty scope fits every detail type: all details are optional.
    this.#rules.push({ scope: scope ?? ({} as FaultScope & Detail), remaining, probability });
  }
}

/** Why a send is refused although the rules would allow it. */
export type SendRefusal =
  | 'anotherAppControls'
  | 'anotherAppControlsWithoutSubcode'
  | 'notThreadOwner'
  | 'outsideWindow'
  | 'unreachable'
  | 'blocked'
  | 'temporary'
  | 'abusiveContent'
  | 'policyBlock'
  | 'abuseWarning';

/** Odd items that Meta may put beside an ordinary one. */
export type OddItem = 'app_roles' | 'policy_enforcement' | 'unknown' | 'hop_context';

/** The switches. All are calm at first; {@link calm} makes them so again. */
export class Weather {
  /** How many further copies of each webhook are sent. Default 0. */
  duplicates = 0;
  /** `together`: at the same time; `after`: one after another; `sameDelivery`: twice in one body. Default `after`. */
  duplicatesCome: 'together' | 'after' | 'sameDelivery' = 'after';
  /** Each webhook waits a random time up to this, and no thread waits for its previous event. Default 0, milliseconds. */
  reorderMs = 0;
  /** Webhooks of this long are collected into one delivery. Default 0: each on its own. Milliseconds. */
  batchingMs = 0;
  /** Collected items get an entry each, instead of sharing one for a Page. Default false. */
  batchingApart = false;
  /** Every webhook waits this long. Default 0, milliseconds. */
  delayMs = 0;
  /** Added to the simulator's clock in every stamp and `expiration`: Meta's clock minus the bot's. Default 0, milliseconds. */
  clockSkewMs = 0;
  /** Stamps of items in seconds, as seen on some. Default false. */
  timestampsInSeconds = false;
  /** No default application is set on any Page: Conversation Routing is off. Default false. */
  routingOff = false;
  /** The Page setting "Allow this app to take control" is off for every app. Default false. */
  takeNotAllowed = false;
  /**
   * VCC Live's Database API says that nobody is logged in, whatever the agents do. It is for a bot that asks with
   * `vccLiveAgents`, or with `availability: () => (simulator.weather.noAgents ? 'unavailable' : 'available')`. Default false.
   */
  noAgents = false;
  /** Postbacks on `messaging` lose their payload, those on `standby` their title too. Default false. */
  payloadlessPostback = false;

  /** The webhook cannot be reached; nothing arrives. */
  readonly botDown: Fault;
  /** Graph does what was asked, then the connection breaks. */
  readonly lostAnswers: Fault;
  /** The connection breaks before anything was done. */
  readonly lostRequests: Fault;
  /** Graph takes `ms` of the simulator's clock (default 10 000): after doing it, or before with `when`. */
  readonly slow: Fault<{ readonly ms?: number; readonly when?: 'before' | 'after' }>;
  /** HTTP 500 without JSON. */
  readonly http500: Fault<FaultMoment>;
  /** Error code 1, "An unknown error has occurred". */
  readonly code1: Fault<FaultMoment>;
  /** Error code 2, "Service temporarily unavailable". */
  readonly code2: Fault<FaultMoment>;
  /** Throttled: `code` 613 (default), 80006 or 4; `minutes` until access is regained (default 1). */
  readonly rateLimited: Fault<{ readonly code?: 4 | 613 | 80006; readonly minutes?: number }>;
  /** The token has expired: 190/463. */
  readonly deadToken: Fault;
  /** Sends are refused, whoever owns the thread. Default reason `anotherAppControls`; `subcode` replaces the reason's own. */
  readonly sendRefused: Fault<{ readonly reason?: SendRefusal; readonly subcode?: number }>;
  /** VCC Live's Database API answers HTTP 500. */
  readonly vccLiveApiDown: Fault;
  /** The bot's answer to a webhook of VCC Live is lost, so VCC Live sends the same again. */
  readonly vccLiveAnswersLost: Fault;
  /** An odd item beside an ordinary one; default kind `app_roles`. */
  readonly oddItems: Fault<{ readonly item?: OddItem }>;

  /** @internal The simulator makes these. */
  constructor(random: SeededRandom) {
    this.botDown = new Fault(random);
    this.lostAnswers = new Fault(random);
    this.lostRequests = new Fault(random);
    this.slow = new Fault(random);
    this.http500 = new Fault(random);
    this.code1 = new Fault(random);
    this.code2 = new Fault(random);
    this.rateLimited = new Fault(random);
    this.deadToken = new Fault(random);
    this.sendRefused = new Fault(random);
    this.vccLiveApiDown = new Fault(random);
    this.vccLiveAnswersLost = new Fault(random);
    this.oddItems = new Fault(random);
  }

  /** Everything as at first. */
  calm(): void {
    this.duplicates = 0;
    this.duplicatesCome = 'after';
    this.reorderMs = 0;
    this.batchingMs = 0;
    this.batchingApart = false;
    this.delayMs = 0;
    this.clockSkewMs = 0;
    this.timestampsInSeconds = false;
    this.routingOff = false;
    this.takeNotAllowed = false;
    this.noAgents = false;
    this.payloadlessPostback = false;
    for (const fault of Object.values(this)) if (fault instanceof Fault) fault.off();
  }
}

function fits(scope: FaultScope & FaultMoment, edge: string, moment: 'before' | 'after' | undefined): boolean {
  if (scope.edges !== undefined && !scope.edges.includes(edge)) return false;
  return moment === undefined || (scope.when ?? 'before') === moment;
}
