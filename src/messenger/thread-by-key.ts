/** A thread by its key, outside any turn: each call is a turn of its own, in the thread's queue and behind the guards. */
import type { HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import type { HandoverRequest, MessengerThread } from './messenger-thread.js';
import type { ThreadHost } from './messenger-turn.js';
import type { Reply } from './reply.js';

/** A thread without a turn. */
export class ThreadByKey implements MessengerThread {
  readonly message = undefined;
  readonly #host: ThreadHost;

  constructor(
    host: ThreadHost,
    readonly key: ThreadKey,
  ) {
    this.#host = host;
  }

  async reply(reply: string | Reply): Promise<readonly string[]> {
    return this.#host.inTurn(this.key, (turn) => turn.reply(reply));
  }

  async typing(isTyping?: boolean): Promise<void> {
    return this.#host.inTurn(this.key, (turn) => turn.typing(isTyping));
  }

  async seen(): Promise<void> {
    return this.#host.inTurn(this.key, (turn) => turn.seen());
  }

  async toAgent(request?: HandoverRequest): Promise<HandoverStart> {
    return this.#host.inTurn(this.key, (turn) => turn.toAgent(request));
  }

  async take(metadata?: string): Promise<void> {
    return this.#host.take(this.key, metadata);
  }

  async release(metadata?: string): Promise<void> {
    return this.#host.release(this.key, metadata);
  }

  async owner(how?: { readonly ask?: boolean }): Promise<ThreadOwner> {
    return this.#host.ownerOf(this.key, how);
  }
}
