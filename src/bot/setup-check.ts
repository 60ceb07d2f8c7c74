/**
 * Puts the plugin before all other middleware, and checks in an adapter's first turns how a bot is put together. Each mistake
 * is an error or one line that names the change.
 */
import type { Logger } from '../thread/logger.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import type { BotAdapter } from './port.js';

type Handler = (context: unknown, next: () => Promise<void>) => Promise<void>;

/** An adapter that takes middleware. */
export interface MiddlewareAdapter extends BotAdapter {
  use(...middleware: never[]): unknown;
}

/** Frameworks wrap middleware when it is added, so the adapter cannot tell which ones it has. */
const usedBy = new WeakMap<object, WeakSet<object>>();

/** Puts the handover before all other middleware of an adapter. Does nothing if this function has put it there before. */
export function useFirst(adapter: MiddlewareAdapter, handover: object): void {
  const used = usedBy.get(adapter) ?? new WeakSet();
  usedBy.set(adapter, used);
  if (used.has(handover)) return;
  used.add(handover);
  // The frameworks' classes can only append.
  const handlers = handlersOf(adapter);
  const before = handlers.splice(0);
  adapter.use(handover as never);
  handlers.push(...before);
}

/** What the checks in a turn know of the plugin. */
export interface SetupFacts {
  readonly log: Logger;
  readonly lines: RepeatedLines;
  /** Whether turns of the plugin's own can run the bot's logic. */
  readonly isAttached: () => boolean;
  /** The option or call that begins turns of the plugin's own; `undefined`: none is in use. */
  readonly beginsTurns: () => string | undefined;
  /** Refuses an adapter of the framework that cannot work. Default: none is refused. */
  readonly checkAdapter?: (adapter: BotAdapter) => void;
  /** How an application attaches its logic, see `Framework`. */
  readonly attachCall: string;
}

/** The checks in a turn. They are for bots that call `adapter.use(handover)` themselves: nothing runs at start-up there. */
export class SetupCheck {
  readonly #facts: SetupFacts;
  readonly #checked = new WeakSet<object>();
  /** The adapter whose first middleware runs at this moment, and has not called the next one. */
  #entered: BotAdapter | undefined;
  readonly #watched = new WeakSet<object>();

  constructor(facts: SetupFacts) {
    this.#facts = facts;
  }

  /**
   * The plugin's middleware runs in a turn of this adapter. The first turn tells all but the order of middleware; the second
   * tells the order.
   * @throws {@link InvalidOptionError} for an adapter that cannot work
   */
  atTurn(adapter: MiddlewareAdapter | undefined, handover: object): void {
    if (!adapter || this.#checked.has(adapter)) return;
    this.#facts.checkAdapter?.(adapter);
    this.#sayNotAttached();
    if (this.#isOrderKnown(adapter, handover)) this.#checked.add(adapter);
  }

  #sayNotAttached(): void {
    const cause = this.#facts.beginsTurns();
    if (cause === undefined || this.#facts.isAttached()) return;
    this.#facts.lines.once(
      'warn',
      `No bot is attached, but ${cause} brings threads home outside any turn. The customer will hear nothing then, and a ` +
        `waiting dialog will wait for the customer's next message. Call ${this.#facts.attachCall} at start-up.`,
    );
  }

  #isOrderKnown(adapter: MiddlewareAdapter, handover: object): boolean {
    const handlers = handlersOf(adapter);
    const [first] = handlers;
    if (!first || handlers.length < 2 || usedBy.get(adapter)?.has(handover)) return true;
    if (!this.#watched.has(adapter)) {
      this.#watched.add(adapter);
      handlers[0] = this.#watching(adapter, first);
      return false;
    }
    if (this.#entered === adapter) return true;
    useFirst(adapter, handover);
    this.#facts.log.warn(
      'Other middleware of the adapter runs before the handover, and fails on webhooks without a sender. The handover ' +
        `is the first middleware from now on. Call ${this.#facts.attachCall}, or adapter.use(handover) before any other ` +
        'middleware.',
    );
    return true;
  }

  /** Nothing but its own synchronous call tells the plugin's middleware, which the framework has wrapped, from another. */
  #watching(adapter: BotAdapter, first: Handler): Handler {
    const left = (): void => {
      this.#entered = undefined;
    };
    return (context, next) => {
      this.#entered = adapter;
      try {
        return first(context, () => {
          left();
          return next();
        });
      } finally {
        left();
      }
    };
  }
}

/** Private in the frameworks' classes. An adapter of another make may have none. */
function handlersOf(adapter: BotAdapter): Handler[] {
  const { middleware } = adapter as unknown as { readonly middleware?: { readonly middleware?: Handler[] } };
  return middleware?.middleware ?? [];
}
