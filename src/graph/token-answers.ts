/** What Meta's last answers say of each Page's token, for health checks. Holds no token. */
import type { PageId } from '../thread/ids.js';

/** What is known of the token of a Page. */
export interface TokenState {
  /** `''`: the bot's one token, in a call that was about no Page. */
  readonly pageId: PageId;
  /** The last call with it worked, or it is dead or could not be had. */
  readonly works: boolean;
  /** When, our clock. */
  readonly atMs: number;
}

/** Pages may come and go; what was heard first is forgotten first. Messages and thread control count apart. */
const MOST_SCOPES = 2_000;

/** Remembers the last answer for each Page and kind of call. */
export class TokenAnswers {
  readonly #scopes = new Map<string, { -readonly [K in keyof TokenState]: TokenState[K] }>();

  /** A call worked. @param scope names the Page and the kind of call */
  accepted(scope: string, pageId: PageId, atMs: number): void {
    this.#remember(scope, pageId, true, atMs);
  }

  /** Meta called the token dead, or there was none. */
  refused(scope: string, pageId: PageId, atMs: number): void {
    this.#remember(scope, pageId, false, atMs);
  }

  /**
   * One state for each Page: the newest, but one that does not work before one that does. That of no Page counts until a call
   * about a Page is newer.
   */
  get states(): readonly TokenState[] {
    const pages = new Map<PageId, TokenState>();
    for (const state of this.#scopes.values()) {
      const known = pages.get(state.pageId);
      const isNewer = known?.works === state.works ? state.atMs > known.atMs : !state.works;
      if (!known || isNewer) pages.set(state.pageId, { ...state });
    }
    const states = [...pages.values()];
    return states.filter((state) => state.pageId !== '' || states.every(({ atMs }) => atMs <= state.atMs));
  }

  #remember(scope: string, pageId: PageId, works: boolean, atMs: number): void {
    const known = this.#scopes.get(scope);
    if (known) {
      known.works = works;
      known.atMs = atMs;
      return;
    }
    const [first] = this.#scopes.keys();
    if (this.#scopes.size >= MOST_SCOPES && first !== undefined) this.#scopes.delete(first);
    this.#scopes.set(scope, { pageId, works, atMs });
  }
}
