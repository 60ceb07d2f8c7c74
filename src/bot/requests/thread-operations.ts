/** What an application or an operator does to one thread: take it, release it, hand it over, ask who owns it, forget it. */
import type { HandoverStart, ThreadOwner } from '../../thread/handover.js';
import type { ThreadKey } from '../../thread/key.js';
import { checkFields } from '../../thread/check-values.js';
import type { EndedHandover } from '../../handover/engine-deps.js';
import type { HandoverEngine } from '../../handover/engine.js';
import type { AddressFinder } from '../addresses/find-address.js';
import type { MetadataDeps } from './outgoing-metadata.js';
import { textFor } from './outgoing-metadata.js';
import type { PolicyBook } from '../options/page-policies.js';
import type { TurnContext } from '../port.js';
import { targetOf } from '../addresses/target-thread.js';

/** Dependencies of {@link ThreadOperations}. */
export interface ThreadOperationDeps extends MetadataDeps {
  readonly engine: HandoverEngine;
  readonly addresses: AddressFinder;
  readonly book: PolicyBook;
}

/** A handover that a take has ended outside any turn of its thread. */
export interface TakenOutsideTurn {
  readonly thread: ThreadKey;
  readonly ended: EndedHandover;
}

/** Acts on threads. Each method rejects with {@link HandoverError} `noThread` if the target names none. */
export class ThreadOperations {
  readonly #deps: ThreadOperationDeps;

  constructor(deps: ThreadOperationDeps) {
    this.#deps = deps;
  }

  /**
   * Takes the thread back from its owner. An open handover ends as `takenBack`.
   * @param metadata for the app that loses control
   * @returns the ended handover if no turn of its thread made this call: nobody has told its dialog yet
   */
  async take(target: TurnContext | ThreadKey, metadata?: string): Promise<TakenOutsideTurn | undefined> {
    const { thread, turn, text } = await this.#prepared(target, metadata);
    const ended = await this.#deps.engine.take(thread, text, turn);
    return ended && !turn ? { thread, ended } : undefined;
  }

  /** Releases the thread: it is idle until somebody writes. */
  async release(target: TurnContext | ThreadKey, metadata?: string): Promise<void> {
    const { thread, turn, text } = await this.#prepared(target, metadata);
    await this.#deps.engine.release(thread, text, turn);
  }

  /** Who owns the thread by its record, or by Meta's answer with `ask: true`. */
  async ownerOf(target: TurnContext | ThreadKey, how: { readonly ask?: boolean } = {}): Promise<ThreadOwner> {
    checkFields('', how, ['ask']);
    const { thread } = await targetOf(target, this.#deps.addresses);
    return this.#deps.engine.ownerOf(thread, how.ask ?? false);
  }

  /** Removes everything stored about a customer. */
  async forget(target: TurnContext | ThreadKey): Promise<void> {
    await this.#deps.engine.forget((await targetOf(target, this.#deps.addresses)).thread);
  }

  /** Hands a thread over without a word to the customer. Never rejects. */
  async handOver(thread: ThreadKey, metadata: object): Promise<HandoverStart> {
    const { engine } = this.#deps;
    return engine.starter.handOver(await engine.proactiveTurn(thread), { metadata, waits: 'nobody' });
  }

  async #prepared(
    target: TurnContext | ThreadKey,
    metadata: string | undefined,
  ): Promise<Awaited<ReturnType<typeof targetOf>> & { readonly text: string | undefined }> {
    const found = await targetOf(target, this.#deps.addresses);
    await this.#deps.book.asked(found.thread.pageId);
    return { ...found, text: await textFor(found.thread, metadata, this.#deps) };
  }
}
