/** Meta's Business AI, which takes threads from the apps of a Page. */
import { BUSINESS_AI_TAKE } from '../../thread/meta-apps.js';
import type { Page } from '../messenger-platform.js';
import type { Surroundings } from './surroundings.js';

/** Two app ids of Business AI were observed; this is the one that is in use. */
export const BUSINESS_AI_APP_ID = '622851382610562';

/** Acts as Business AI does on a Page whose owner has switched it on. Each act resolves when no webhook is in progress any more. */
export class SimulatedBusinessAi {
  readonly #surroundings: Surroundings;
  readonly #page: Page;
  readonly #appId: string;

  /** @internal The simulator makes these. */
  constructor(surroundings: Surroundings, page: Page, appId: string) {
    this.#surroundings = surroundings;
    this.#page = page;
    this.#appId = appId;
  }

  /** Takes the thread, whoever owns it. Meta tells the app that lost control. */
  async takes(psid: string): Promise<void> {
    const { platform, settled } = this.#surroundings;
    const thread = platform.threadOf(this.#page, psid);
    platform.metaAppTakes(this.#page, thread, this.#appId, BUSINESS_AI_TAKE);
    await settled();
  }

  /** Gives the thread to the default application. Does nothing if another app owns the thread. */
  async handsBack(psid: string): Promise<void> {
    const { platform, settled } = this.#surroundings;
    const thread = platform.threadOf(this.#page, psid);
    platform.pass(this.#page, thread, this.#appId, this.#page.defaultAppId, 'AI transfer');
    await settled();
  }
}
