/**
 * Whether this process can do its work, for a probe: dependencies, tokens, queue. No answer holds a secret, a customer's id or
 * a text.
 *
 * It is bounded in time, and a dependency that hangs has one call of it in progress at most, however often it is asked.
 */
import type { Clock } from '../../thread/clock.js';
import { checkDuration, checkFields, namesOf } from '../../thread/check-values.js';
import { HandoverError, StoreError, textOfThrown } from '../../thread/errors.js';
import type { PageId } from '../../thread/ids.js';
import type { DeliveryInbox } from '../../thread/inbox.js';
import { withinTime } from '../../thread/time-limit.js';
import type { DeliveryQueue } from '../../queue/deliver.js';
import type { QueueLoad } from '../../queue/thread-queue.js';
import type { HandoverCore } from '../compose-core.js';

/** What keeps a process from being healthy. The first four make it not ready. */
export type HealthProblem =
  /** `close()` was called. */
  | 'closing'
  /** Deliveries need the store, and it does not answer. With an inbox they do not need it: then the process stays ready. */
  | 'storeUnreachable'
  /** Deliveries go into the inbox, and it does not answer. */
  | 'inboxUnreachable'
  /** No delivery is taken in: see the option `limits`. */
  | 'queueFull'
  /** Meta calls a Page's token dead, or the token function gives none. */
  | 'pageTokenFails'
  /** A turn of the bot's logic has not ended within `limits.longestTurnMs`. */
  | 'turnsHang';

/** Whether a store or an inbox answers. */
export interface DependencyHealth {
  readonly status: 'reachable' | 'unreachable';
  /** How long the call took, or has taken so far. Milliseconds. */
  readonly durationMs: number;
  /** Why it is unreachable, in words without secrets. It may name a host of yours. */
  readonly reason?: string;
}

/** What the last calls with a Page's token have shown. */
export interface PageTokenHealth {
  /** Absent: the bot's one token, before it was used for a Page. */
  readonly pageId?: PageId;
  /** `failing`: Meta calls it dead, or the function `pageAccessToken` gave none. */
  readonly status: 'working' | 'failing';
  /** How long ago that was seen. Milliseconds. */
  readonly ageMs: number;
}

/** The answer to `handover.health()`. Nothing in it is a secret or is about a customer. */
export interface HealthReport {
  /** `unhealthy`: not ready. `degraded`: ready, and a person has to look at the problems. */
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  /** Whether a delivery that arrives now can be acknowledged. If not, Meta should be led to another process. */
  readonly ready: boolean;
  /** What is wrong, in no order; empty if all is well. */
  readonly problems: readonly HealthProblem[];
  readonly store: DependencyHealth;
  /** Absent without an inbox, or if no adapter receives webhooks for it. */
  readonly inbox?: DependencyHealth;
  /** One for each Page whose token was used since the start. */
  readonly pageTokens: readonly PageTokenHealth[];
  /** How long ago Meta's last delivery came whose signature was right. Milliseconds. Absent: none since the start. */
  readonly lastWebhookAgeMs?: number;
  /** The turns of this process. */
  readonly queue: QueueLoad;
  /** Threads with an open handover, over all processes; 1000 means 1000 or more. Only if it was asked for and was known in time. */
  readonly openHandovers?: number;
}

/** How `handover.health()` asks. */
export interface HealthOptions {
  /**
   * What has not answered by then counts as unreachable. Milliseconds, default 800: a Kubernetes probe waits for one second.
   */
  readonly withinMs?: number;
  /** Asks Meta whether the tokens work, one call for each Page, of 20 Pages at most. Default `false`: no call. */
  readonly askMeta?: boolean;
  /** Counts the open handovers. Default `false`: a store may have to read much for it. */
  readonly countOpen?: boolean;
}

/** @throws {@link InvalidOptionError} naming the option */
export function checkHealthOptions(options: HealthOptions): void {
  checkFields('', options, namesOf<HealthOptions>({ withinMs: true, askMeta: true, countOpen: true }));
  checkDuration('withinMs', options.withinMs);
}

/** Dependencies of {@link HealthCheck}. */
export interface HealthDeps extends Pick<HandoverCore, 'options' | 'clock' | 'store' | 'client' | 'tokens'> {
  /** What the inbox of this bot is kept in. */
  readonly inbox: DeliveryInbox | undefined;
  readonly queue: Pick<DeliveryQueue, 'status'>;
  readonly webhooks: LastWebhook;
}

/** When webhooks came, and whether an adapter of ours receives them. */
export interface LastWebhook {
  /** Our clock; `undefined`: none yet. */
  atMs: number | undefined;
  /** An adapter of ours answers Meta, so a delivery is refused while it cannot be kept. */
  isServed: boolean;
}

const DEFAULT_WITHIN_MS = 800;
/** A call without an answer for so long is given up, and the next probe makes another. */
const LOST_AFTER_MS = 10_000;
const MOST_PAGES_ASKED = 20;
const MOST_OPEN_COUNTED = 1_000;
/** No thread is called so, and its deadline is never set. To remove it writes nothing, and needs a store that takes writes. */
const NO_THREAD = { pageId: '-', psid: '-' };
const NO_DEADLINE = 'health';
const UNREADY: ReadonlySet<HealthProblem> = new Set(['closing', 'storeUnreachable', 'inboxUnreachable', 'queueFull']);

/** Asks what a process depends on. */
export class HealthCheck {
  readonly #deps: HealthDeps;
  readonly #store: DependencyProbe;
  readonly #inbox: DependencyProbe | undefined;

  constructor(deps: HealthDeps) {
    const { clock, store, inbox } = deps;
    this.#deps = deps;
    this.#store = new DependencyProbe(clock, () => store.unschedule(NO_THREAD, NO_DEADLINE));
    this.#inbox = inbox && new DependencyProbe(clock, () => inbox.takeOver(0));
  }

  /** @throws {@link InvalidOptionError} naming the option */
  async report(options: HealthOptions = {}): Promise<HealthReport> {
    checkHealthOptions(options);
    const { withinMs = DEFAULT_WITHIN_MS, askMeta, countOpen } = options;
    const { clock, tokens, queue, webhooks } = this.#deps;
    const usedInbox = webhooks.isServed ? this.#inbox : undefined;
    const [store, inbox, openHandovers] = await Promise.all([
      this.#store.ask(withinMs),
      usedInbox?.ask(withinMs),
      countOpen === true ? this.#countOpen(withinMs) : undefined,
      askMeta === true ? this.#askMeta(withinMs) : undefined,
    ]);
    const nowMs = clock.now();
    const pageTokens = tokens.states.map(({ pageId, works, atMs }): PageTokenHealth => {
      const page = pageId === '' ? {} : { pageId };
      return { ...page, status: works ? 'working' : 'failing', ageMs: nowMs - atMs };
    });
    const found = { store, ...(inbox === undefined ? {} : { inbox }), pageTokens };
    const problems = this.#problemsOf(found);
    const ready = problems.every(
      (problem) =>
        !UNREADY.has(problem) || (problem === 'storeUnreachable' && (usedInbox !== undefined || !webhooks.isServed)),
    );
    return {
      status: problems.length === 0 ? 'healthy' : ready ? 'degraded' : 'unhealthy',
      ready,
      problems,
      ...found,
      ...(webhooks.atMs === undefined ? {} : { lastWebhookAgeMs: nowMs - webhooks.atMs }),
      queue: queue.status.load,
      ...(openHandovers === undefined ? {} : { openHandovers }),
    };
  }

  #problemsOf({ store, inbox, pageTokens }: Pick<HealthReport, 'store' | 'inbox' | 'pageTokens'>): HealthProblem[] {
    const { load, isFull, isClosed } = this.#deps.queue.status;
    const found: Readonly<Record<HealthProblem, boolean>> = {
      closing: isClosed,
      storeUnreachable: store.status === 'unreachable',
      inboxUnreachable: inbox?.status === 'unreachable',
      queueFull: isFull,
      pageTokenFails: pageTokens.some(({ status }) => status === 'failing'),
      turnsHang: load.hung > 0,
    };
    return (Object.keys(found) as HealthProblem[]).filter((problem) => found[problem]);
  }

  async #countOpen(withinMs: number): Promise<number | undefined> {
    const { clock, store } = this.#deps;
    const open = await withinTime(clock, withinMs, () => store.listOpen(MOST_OPEN_COUNTED));
    return open.status === 'answered' ? open.value.length : undefined;
  }

  /** What Meta answers is in the tokens' states afterwards. */
  async #askMeta(withinMs: number): Promise<void> {
    const { clock, client, tokens, options } = this.#deps;
    const known = tokens.states.map(({ pageId }) => pageId).slice(0, MOST_PAGES_ASKED);
    // A function is never asked for a token of no Page: it would have none, and that would look like a failure.
    const pages = known.length === 0 && typeof options.pageAccessToken === 'string' ? [''] : known;
    await Promise.all(pages.map((pageId) => withinTime(clock, withinMs, () => client.page(pageId))));
  }
}

interface PendingCall {
  readonly sinceMs: number;
  readonly answer: Promise<unknown>;
}

/** Asks one dependency, and waits for a call that is in progress instead of making another. */
class DependencyProbe {
  readonly #clock: Clock;
  readonly #call: () => Promise<unknown>;
  #pending: PendingCall | undefined;

  constructor(clock: Clock, call: () => Promise<unknown>) {
    this.#clock = clock;
    this.#call = call;
  }

  /** Never rejects. */
  async ask(withinMs: number): Promise<DependencyHealth> {
    const pending = this.#pending;
    const isLost = pending !== undefined && this.#clock.now() - pending.sinceMs > LOST_AFTER_MS;
    const { sinceMs, answer } = pending === undefined || isLost ? this.#begin() : pending;
    const answered = await withinTime(this.#clock, withinMs, () => answer);
    const durationMs = this.#clock.now() - sinceMs;
    if (answered.status === 'answered') return { status: 'reachable', durationMs };
    const reason = answered.status === 'late' ? 'no answer yet' : reasonOf(answered.error);
    return { status: 'unreachable', durationMs, reason };
  }

  #begin(): PendingCall {
    const begun: PendingCall = { sinceMs: this.#clock.now(), answer: (async () => this.#call())() };
    const ended = (): void => {
      if (this.#pending === begun) this.#pending = undefined;
    };
    begun.answer.then(ended, ended);
    this.#pending = begun;
    return begun;
  }
}

/** What a store of the application's rejects with may hold anything; only cleaned texts are shown. */
function reasonOf(error: unknown): string {
  if (error instanceof StoreError && error.reason !== undefined) return error.reason;
  return error instanceof HandoverError ? textOfThrown(error) : 'it failed';
}
