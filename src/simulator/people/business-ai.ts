/** Meta's Business AI: an app of Meta's own that answers customers, and takes threads from whoever has them. */
import type { Page, Thread } from '../messenger-platform.js';
import type { Surroundings } from './surroundings.js';

/** The id that most observers name. */
export const BUSINESS_AI_APP_ID = '622851382610562';
/** What its takes carry. One source. */
const TAKES_WITH = 'axon_take_thread_control';

/** The Business AI of a Page. Each act resolves when no webhook is in progress any more. */
export class SimulatedBusinessAi {
  readonly #surroundings: Surroundings;
  readonly #page: Page;

  /** @internal The simulator makes these. */
  constructor(surroundings: Surroundings, page: Page) {
    this.#surroundings = surroundings;
    this.#page = page;
  }

  /** Takes the thread, also from VCC Live. */
  async takes(psid: string): Promise<void> {
    this.#surroundings.platform.inboxTakes(this.#page, this.#threadOf(psid), BUSINESS_AI_APP_ID, TAKES_WITH);
    await this.#surroundings.settled();
  }

  /** Gives the thread to the default application. Does nothing if another app owns it. */
  async handsBack(psid: string): Promise<void> {
    const { platform } = this.#surroundings;
    platform.pass(this.#page, this.#threadOf(psid), BUSINESS_AI_APP_ID, this.#page.defaultAppId);
    await this.#surroundings.settled();
  }

  #threadOf(psid: string): Thread {
    return this.#surroundings.platform.threadOf(this.#page, psid);
  }
}
