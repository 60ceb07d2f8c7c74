/**
 * Remembers which calls of a Page pause, and which tokens are dead.
 *
 * Meta says that "continuing to make calls will increase the time". So no part of this process calls a throttled Page
 * before its pause is over.
 * @see https://developers.facebook.com/docs/graph-api/overview/rate-limiting
 */
import { createHash } from 'node:crypto';
import type { PageId } from '../thread/ids.js';

/** What a pause holds up: the messages of a Page, or all of its calls. */
export type Reach = 'sends' | 'page';

/** A Page, and which of its calls pause. */
export interface Paused {
  readonly pageId: PageId;
  readonly reach: Reach;
}

/** A pause that a call has met. */
export interface Pause {
  /** How much longer, milliseconds. */
  readonly restMs: number;
  readonly reason: 'throttled' | 'policy';
  readonly reach: Reach;
}

/** When a refused call was sent, and answered. The caller's clock, milliseconds since 1970. */
export interface RefusedAt {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
}

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 60 * 60_000;
/** Meta counts by the rolling day, so no honest answer asks for more. */
const LONGEST_ASKED_WAIT_MS = 24 * 60 * 60_000;
const POLICY_WAIT_MS = 60 * 60_000;
/**
 * Long enough that a busy Page makes one useless call a second instead of hundreds. Short enough that a Page works
 * at once when its token does.
 */
const DEAD_TOKEN_MEMORY_MS = 1000;

interface PauseState {
  readonly untilMs: number;
  readonly reason: 'throttled' | 'policy';
  /** Refusals in a row, for the doubling. */
  readonly strikes: number;
}

/** The pauses of all Pages of one client. Times are the caller's clock, milliseconds since 1970. */
export class PagePauses {
  readonly #states: Readonly<Record<Reach, Map<string, PauseState>>> = { sends: new Map(), page: new Map() };

  /** The longest pause of these reaches, or `undefined` if none of them pauses now. */
  current(pageId: PageId, reaches: readonly Reach[], nowMs: number): Pause | undefined {
    let longest: Pause | undefined;
    for (const reach of reaches) {
      const state = this.#states[reach].get(pageId);
      const restMs = state === undefined ? 0 : state.untilMs - nowMs;
      if (state !== undefined && restMs > (longest?.restMs ?? 0)) longest = { restMs, reason: state.reason, reach };
    }
    return longest;
  }

  /**
   * A call was refused because of a rate limit. Calls that were in progress together count as one refusal.
   *
   * @param askedMs what Meta asks for; if it asks for nothing: 60 s, doubled with every refusal in a row, up to 1 h
   * @returns how long the pause lasts, milliseconds
   */
  throttle({ pageId, reach }: Paused, askedMs: number | undefined, { sentAtMs, answeredAtMs }: RefusedAt): number {
    const states = this.#states[reach];
    const state = states.get(pageId);
    const together = state !== undefined && sentAtMs < state.untilMs;
    const strikes = together ? Math.max(1, state.strikes) : (state?.strikes ?? 0) + 1;
    const backoffMs = Math.min(FIRST_WAIT_MS * 2 ** (strikes - 1), LONGEST_WAIT_MS);
    const waitMs = askedMs === undefined ? backoffMs : Math.min(askedMs, LONGEST_ASKED_WAIT_MS);
    const untilMs = answeredAtMs + waitMs;
    states.set(pageId, {
      untilMs: together ? Math.max(state.untilMs, untilMs) : untilMs,
      reason: together ? state.reason : 'throttled',
      strikes,
    });
    return this.current(pageId, [reach], answeredAtMs)?.restMs ?? 0;
  }

  /** A call was refused for breaking Meta's policies. @returns how long the pause lasts, milliseconds */
  stop({ pageId, reach }: Paused, nowMs: number): number {
    const states = this.#states[reach];
    const { untilMs = 0, strikes = 0 } = states.get(pageId) ?? {};
    states.set(pageId, { untilMs: Math.max(untilMs, nowMs + POLICY_WAIT_MS), reason: 'policy', strikes });
    return this.current(pageId, [reach], nowMs)?.restMs ?? 0;
  }

  /**
   * A call that these pauses hold up was answered. One that was sent after a pause shows that the pause is over; one in
   * progress since before does not.
   */
  succeeded(pageId: PageId, reaches: readonly Reach[], sentAtMs: number): void {
    for (const reach of reaches) {
      const state = this.#states[reach].get(pageId);
      if (state !== undefined && sentAtMs >= state.untilMs) this.#states[reach].delete(pageId);
    }
  }
}

/** A token that Meta called dead. */
export interface DeadToken {
  readonly code?: number | undefined;
  readonly subcode?: number | undefined;
}

/**
 * The dead tokens of the last second, one for each Page and kind of call. A token that fails for thread control still
 * serves the message that says so to the customer. Keeps a hash, never the token.
 */
export class DeadTokens {
  readonly #scopes = new Map<string, DeadToken & { readonly hash: string; readonly untilMs: number }>();

  /** Whether there is nothing to find. */
  get isEmpty(): boolean {
    return this.#scopes.size === 0;
  }

  /** What Meta said of this token within the last second, or `undefined`. Another token is another matter. */
  find(scope: string, token: string, nowMs: number): DeadToken | undefined {
    const dead = this.#scopes.get(scope);
    if (dead === undefined || dead.untilMs <= nowMs || dead.hash !== hashOf(token)) return undefined;
    return dead;
  }

  /** A call with this token succeeded, so it is not dead, whatever was said of it before. */
  revive(scopes: readonly string[], token: string): void {
    for (const scope of scopes) {
      if (this.#scopes.get(scope)?.hash === hashOf(token)) this.#scopes.delete(scope);
    }
  }

  /** Meta called this token dead. */
  remember(scope: string, token: string, why: DeadToken, nowMs: number): void {
    this.#scopes.set(scope, {
      code: why.code,
      subcode: why.subcode,
      hash: hashOf(token),
      untilMs: nowMs + DEAD_TOKEN_MEMORY_MS,
    });
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
