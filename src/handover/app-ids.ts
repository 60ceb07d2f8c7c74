/**
 * Knows the apps of each Page: the bot's, and VCC Live's, which a function of the application may name.
 *
 * Exists because that function runs for every event and may be slow, fail or never answer.
 */
import type { Clock } from '../thread/clock.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { AppId, PageId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import { APPLICATION_TIMEOUT_MS, withinTime } from '../thread/time-limit.js';
import type { AppIds } from '../ownership/ledger.js';

/** How long the answer of a `vccLiveAppId` function counts. */
const REMEMBERED_MS = 60_000;
/** How long a function that did not answer in time is left alone: a delivery asks several times, and Meta waits for 5 s. */
const LEFT_ALONE_MS = 10_000;
/** More Pages than this at once are nobody's; a flood of made-up ones must not fill the memory. */
const MOST_PAGES = 10_000;
const EXPECTED = "VCC Live's app id for every Page of the bot, a string";

/** What the apps are known by. */
export interface AppIdLookupDeps {
  readonly botAppId: AppId;
  readonly vccLiveAppId: (pageId: PageId) => string | Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Known {
  readonly ids: AppIds;
  readonly untilMs: number;
}

/** The apps of all Pages. */
export class AppIdLookup {
  readonly #deps: AppIdLookupDeps;
  readonly #known = new Map<string, Known>();
  /** Questions that have no answer yet. */
  readonly #asking = new Map<string, Promise<AppIds>>();
  readonly #late = new Map<string, { readonly error: Error; readonly untilMs: number }>();

  constructor(deps: AppIdLookupDeps) {
    this.#deps = deps;
  }

  /** The apps, if they are remembered. */
  known(pageId: PageId): AppIds | undefined {
    const known = this.#known.get(pageId);
    return known && this.#deps.clock.now() < known.untilMs ? known.ids : undefined;
  }

  /**
   * The apps, remembered or asked for. Those who ask at the same time share one call of the function. If it fails, its
   * last answer counts on.
   * @throws {@link InvalidOptionError} if the function has never named VCC Live's app
   */
  async of(pageId: PageId): Promise<AppIds> {
    const known = this.known(pageId);
    if (known) return known;
    const late = this.#late.get(pageId);
    if (late && this.#deps.clock.now() < late.untilMs) throw late.error;
    const running = this.#asking.get(pageId);
    if (running) return running;
    if (this.#asking.size >= MOST_PAGES) this.#asking.clear();
    const asking = this.#learn(pageId);
    this.#asking.set(pageId, asking);
    try {
      return await asking;
    } finally {
      if (this.#asking.get(pageId) === asking) this.#asking.delete(pageId);
    }
  }

  async #learn(pageId: PageId): Promise<AppIds> {
    try {
      return this.#remember(pageId, { botAppId: this.#deps.botAppId, vccLiveAppId: await this.#ask(pageId) });
    } catch (error) {
      const last = this.#known.get(pageId);
      if (!last || !(error instanceof InvalidOptionError)) throw error;
      this.#deps.log.warn(`${error.message} Its last answer for this Page counts on.`);
      return this.#remember(pageId, last.ids, LEFT_ALONE_MS);
    }
  }

  #remember(pageId: PageId, ids: AppIds, forMs = REMEMBERED_MS): AppIds {
    if (this.#known.size >= MOST_PAGES) this.#known.clear();
    this.#late.delete(pageId);
    this.#known.set(pageId, { ids, untilMs: this.#deps.clock.now() + forMs });
    return ids;
  }

  async #ask(pageId: PageId): Promise<string> {
    const { clock, vccLiveAppId, botAppId } = this.#deps;
    const told = await withinTime<unknown>(clock, APPLICATION_TIMEOUT_MS, () => vccLiveAppId(pageId));
    if (told.status === 'late') {
      const got = `a function that gave no answer for Page ${pageId} within ${APPLICATION_TIMEOUT_MS} ms`;
      const error = new InvalidOptionError('vccLiveAppId', got, EXPECTED);
      if (this.#late.size >= MOST_PAGES) this.#late.clear();
      this.#late.set(pageId, { error, untilMs: clock.now() + LEFT_ALONE_MS });
      throw error;
    }
    if (told.status === 'failed') {
      const why = told.error instanceof Error ? told.error.message : `something of type ${typeof told.error}`;
      throw new InvalidOptionError('vccLiveAppId', `a function that failed for Page ${pageId} (${why})`, EXPECTED);
    }
    if (typeof told.value === 'string' && told.value.trim() === botAppId) {
      throw new InvalidOptionError('vccLiveAppId', `a function that gave botAppId for Page ${pageId}`, EXPECTED);
    }
    if (typeof told.value === 'string' && told.value.trim() !== '') return told.value.trim();
    // A number may have been rounded already.
    const isNumber = typeof told.value === 'number' || typeof told.value === 'bigint';
    const gave = isNumber ? `the number ${told.value}, not a string,` : 'nothing';
    throw new InvalidOptionError('vccLiveAppId', `a function that gave ${gave} for Page ${pageId}`, EXPECTED);
  }
}
