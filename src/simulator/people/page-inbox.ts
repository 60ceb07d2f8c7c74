/** A colleague in the Page inbox. */
import type { ConnectedApp, Page, ReceivedEvent, Thread } from '../messenger-platform.js';
import type { Surroundings } from './surroundings.js';

/** Somebody who answers in the Page Inbox. Each act resolves when no webhook is in progress any more. */
export class SimulatedPageInbox {
  readonly #surroundings: Surroundings;
  readonly #page: Page;
  readonly #app: ConnectedApp;

  /** @internal The simulator makes these. */
  constructor(surroundings: Surroundings, page: Page, app: ConnectedApp) {
    this.#surroundings = surroundings;
    this.#page = page;
    this.#app = app;
  }

  /** Answers; the inbox takes control. Resolves with the message id. */
  async replies(psid: string, text: string): Promise<string> {
    const mid = this.#surroundings.platform.inboxWrites(this.#page, this.#threadOf(psid), this.#app.appId, text);
    await this.#surroundings.settled();
    return mid;
  }

  /** Moves the conversation to the main folder; the inbox takes control. */
  async movesToMain(psid: string): Promise<void> {
    this.#surroundings.platform.metaAppTakes(this.#page, this.#threadOf(psid), this.#app.appId);
    await this.#surroundings.settled();
  }

  /** Marks the conversation as done: the thread goes to the default application. Does nothing if another app owns it. */
  async marksDone(psid: string): Promise<void> {
    const { platform } = this.#surroundings;
    platform.pass(this.#page, this.#threadOf(psid), this.#app.appId, this.#page.defaultAppId);
    await this.#surroundings.settled();
  }

  /** What the inbox' app received of a thread, oldest first. */
  sees(psid: string): ReceivedEvent[] {
    return this.#app.received.filter((event) => event.psid === psid);
  }

  #threadOf(psid: string): Thread {
    return this.#surroundings.platform.threadOf(this.#page, psid);
  }
}
