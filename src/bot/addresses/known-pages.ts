/**
 * Which ids are Pages of the bot, and which Page a message without one is of.
 *
 * Exists because a conversation reference that an application made by hand often names no Page. If the bot has one
 * token, that is the token's Page: webhooks name it, and Meta does.
 */
import type { Clock } from '../../thread/clock.js';
import { textOfThrown } from '../../thread/errors.js';
import type { PageId } from '../../thread/ids.js';
import type { Logger } from '../../thread/logger.js';

/** What the Pages are known by. */
export interface KnownPagesDeps {
  /** The bot has one token for one Page, not a function of tokens. */
  readonly hasOneToken: boolean;
  /** Asks Meta whose the token is. */
  readonly ask: () => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long a failed question to Meta counts, milliseconds. */
const FORGIVEN_MS = 60_000;
/** A flood of made-up Pages must not fill the memory. */
const MOST_PAGES = 10_000;

/** The Pages of one bot. */
export class KnownPages {
  readonly #deps: KnownPagesDeps;
  readonly #heard = new Set<string>();
  #told: string | undefined;
  #asking: Promise<string | undefined> | undefined;
  #askAgainAtMs = -Infinity;

  constructor(deps: KnownPagesDeps) {
    this.#deps = deps;
  }

  /** An event of this Page has come in. */
  heard(pageId: PageId): void {
    if (this.#heard.size < MOST_PAGES) this.#heard.add(pageId);
  }

  /** Whether this is the id of a Page of the bot, as far as is known. */
  has(id: string): boolean {
    return this.#heard.has(id) || id === this.#told;
  }

  get hasOneToken(): boolean {
    return this.#deps.hasOneToken;
  }

  /** The Page of the bot's one token, if it is known by now. */
  get only(): string | undefined {
    if (!this.#deps.hasOneToken) return undefined;
    if (this.#told !== undefined) return this.#told;
    const [first] = this.#heard;
    return this.#heard.size === 1 ? first : undefined;
  }

  /** {@link only}, after asking Meta if nobody has said it yet. Never rejects; callers at the same time ask once. */
  async find(): Promise<string | undefined> {
    if (!this.#deps.hasOneToken || this.only !== undefined) return this.only;
    if (this.#deps.clock.now() < this.#askAgainAtMs) return undefined;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  async #ask(): Promise<string | undefined> {
    try {
      this.#told = await this.#deps.ask();
    } catch (error) {
      this.#askAgainAtMs = this.#deps.clock.now() + FORGIVEN_MS;
      this.#deps.log.error(
        `GET /me did not tell the Page of the token: ${textOfThrown(error)} ` +
          'Messages that name no Page are held back; Meta is asked again after a minute. ' +
          "To send without this call, add bot: { id: '<Page id>' } to the conversation reference.",
      );
    }
    return this.only;
  }
}
