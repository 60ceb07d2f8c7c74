/** Sends to a thread if its record allows it, tells the record what the answer proves, and tells listeners what was held back. */
import type { ThreadKey } from '../../thread/key.js';
import type { Activity, ResourceResponse } from '../../activities/activity.js';
import type { SuppressedReason } from '../../handover/events.js';
import type { Permission, Turn } from '../../handover/turn.js';
import { readRefusal, speaksToMeta } from '../adapter-answers.js';
import type { HandoverCore } from '../compose-core.js';
import type { BotAdapter } from '../port.js';

/** Dependencies of {@link CheckedSends}. */
export type CheckedSendDeps = Pick<HandoverCore, 'engine' | 'events' | 'clock'>;

/** Where something goes. */
export interface SendTarget {
  readonly thread: ThreadKey;
  /** The turn that sends it, if that is a turn of this thread. */
  readonly turn: Turn | undefined;
}

/** Checks what leaves for a thread. */
export class CheckedSends {
  readonly #deps: CheckedSendDeps;

  constructor(deps: CheckedSendDeps) {
    this.#deps = deps;
  }

  /** Sends, or gives one empty response for each activity that is held back. */
  send(
    adapter: BotAdapter,
    target: SendTarget,
    activities: readonly Activity[],
    send: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    const asked = this.#deps.engine.sendGuard.maySend(target.thread, target.turn);
    // Without `async`: nearly always the answer is there, and each promise of a turn costs.
    return asked instanceof Promise
      ? asked.then((permission) => this.#sendIf(permission, adapter, { ...target, activities }, send))
      : this.#sendIf(asked, adapter, { ...target, activities }, send);
  }

  #sendIf(
    permission: Permission,
    adapter: BotAdapter,
    { thread, activities }: SendTarget & { readonly activities: readonly Activity[] },
    send: () => Promise<ResourceResponse[]>,
  ): Promise<ResourceResponse[]> {
    if (!permission.allowed) return Promise.resolve(this.suppress(thread, activities, permission.reason));
    const sentAtMs = this.#deps.clock.now();
    return send().then(
      (answered) => this.#accepted(permission, adapter, thread, { answered, sentAtMs }),
      async (thrown: unknown) => {
        if (!(await this.#lostToAnotherApp(thrown, thread, sentAtMs))) throw thrown;
        return this.suppress(thread, activities, 'refusedByMeta');
      },
    );
  }

  /** Adapters may answer with nothing at all, whatever their types say. */
  #accepted(
    permission: Permission & { readonly allowed: true },
    adapter: BotAdapter,
    thread: ThreadKey,
    { answered, sentAtMs }: { readonly answered: ResourceResponse[] | undefined; readonly sentAtMs: number },
  ): ResourceResponse[] | Promise<ResourceResponse[]> {
    const responses = answered ?? [];
    const isAccepted =
      !permission.known &&
      speaksToMeta(adapter) &&
      responses.some((response) => Boolean((response as ResourceResponse | undefined)?.id));
    if (!isAccepted) return responses;
    const call = { sentAtMs, answeredAtMs: this.#deps.clock.now() };
    return this.#deps.engine.sendGuard.sendAccepted(thread, permission, call).then(() => responses);
  }

  /** Whether an update or a deletion may leave now. @param touched what listeners are given if it may not */
  async mayTouch({ thread, turn }: SendTarget, touched: unknown): Promise<boolean> {
    const permission = await this.#deps.engine.sendGuard.maySend(thread, turn);
    if (!permission.allowed) this.emitSuppressed(thread, touched, permission.reason);
    return permission.allowed;
  }

  /** Holds activities back. One response for each activity: bots read `.id` of what they sent. */
  suppress(thread: ThreadKey, activities: readonly Activity[], reason: SuppressedReason): ResourceResponse[] {
    for (const activity of activities) this.emitSuppressed(thread, activity, reason);
    return activities.map(() => ({ id: '' }));
  }

  /** @param thread with empty ids if it is not known */
  emitSuppressed(thread: ThreadKey, activity: unknown, reason: SuppressedReason): void {
    this.#deps.events.emit('suppressed', { thread, activity, reason });
  }

  /** A connector refused. Whether another app controls the thread; the record learns it either way. */
  async #lostToAnotherApp(thrown: unknown, thread: ThreadKey, sentAtMs: number): Promise<boolean> {
    const says = readRefusal(thrown);
    if (says === 'nothing') return false;
    const { sendGuard } = this.#deps.engine;
    if (says === 'perhapsAnotherApp') return sendGuard.isLost(thread);
    await sendGuard.sendRefused(thread, { sentAtMs, answeredAtMs: this.#deps.clock.now() });
    return true;
  }
}
