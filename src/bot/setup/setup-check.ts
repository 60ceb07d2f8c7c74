/**
 * Puts the plugin before all other middleware, and checks in an adapter's first turns how a bot is put together. Each mistake
 * is an error or one line that names the change.
 */
import type { DialogAccess } from '../requests/after-handover.js';
import type { Plugin } from '../compose.js';
import type { AttachedBot, BotAdapter, BotLogic } from '../port.js';

type Handler = (context: unknown, next: () => Promise<void>) => Promise<void>;

/** An adapter that takes middleware. */
export interface MiddlewareAdapter extends BotAdapter {
  use(...middleware: never[]): unknown;
}

/** A bot as its binding attaches it; some have no logic of their own. */
export interface BotToAttach extends Omit<AttachedBot, 'adapter' | 'logic'> {
  readonly adapter: MiddlewareAdapter;
  readonly logic: BotLogic | undefined;
}

/** Frameworks wrap middleware when it is added, so the adapter cannot tell which ones it has. */
const usedBy = new WeakMap<object, WeakSet<object>>();

/** Puts the handover before all other middleware of an adapter. Does nothing if this function has put it there before. */
function useFirst(adapter: MiddlewareAdapter, handover: object): void {
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

/**
 * Puts the plugin before all other middleware of the bot's adapter, guards what leaves the adapter, and lets turns of the
 * plugin's own run the bot's logic, if there is any.
 */
export function attachBot(
  { guards, pluginTurns, after }: Plugin,
  handover: object,
  { adapter, logic, microsoftAppId }: BotToAttach,
  { dialogs, conversationState }: Partial<DialogAccess>,
): void {
  useFirst(adapter, handover);
  guards.guardAdapter(adapter);
  if (logic) pluginTurns.attach({ adapter, logic, microsoftAppId });
  if (dialogs) after.reach({ dialogs, conversationState });
}

/** The checks in a turn. They are for bots that call `adapter.use(handover)` themselves: nothing runs at start-up there. */
export class SetupCheck {
  readonly #plugin: Plugin;
  readonly #checkAdapter: ((adapter: BotAdapter) => void) | undefined;
  readonly #checked = new WeakSet<object>();
  /** The adapter whose first middleware runs at this moment, and has not called the next one. */
  #entered: BotAdapter | undefined;
  readonly #watched = new WeakSet<object>();

  /** @param checkAdapter refuses an adapter of the framework that cannot work. Default: none is refused */
  constructor(plugin: Plugin, checkAdapter?: (adapter: BotAdapter) => void) {
    this.#plugin = plugin;
    this.#checkAdapter = checkAdapter;
  }

  /**
   * The plugin's middleware runs in a turn of this adapter. The first turn tells all but the order of middleware; the second
   * tells the order.
   * @throws {@link InvalidOptionError} for an adapter that cannot work
   */
  atTurn(adapter: MiddlewareAdapter | undefined, handover: object): void {
    if (!adapter || this.#checked.has(adapter)) return;
    this.#checkAdapter?.(adapter);
    this.#sayNotAttached();
    if (this.#isOrderKnown(adapter, handover)) this.#checked.add(adapter);
  }

  #sayNotAttached(): void {
    const { core, framework, pluginTurns, servesVccLive } = this.#plugin;
    const cause = core.book.mayHaveTimers ? 'the option timers' : servesVccLive ? 'vccLiveWebhook()' : undefined;
    if (cause === undefined || pluginTurns.logic) return;
    core.lines.once(
      'warn',
      `No bot is attached, but ${cause} brings threads home outside any turn. The customer will hear nothing then, and a ` +
        `waiting dialog will wait for the customer's next message. Call ${framework.attachCall} at start-up.`,
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
    const { core, framework } = this.#plugin;
    core.log.warn(
      'Other middleware of the adapter runs before the handover, and fails on webhooks without a sender. The handover ' +
        `is the first middleware from now on. Call ${framework.attachCall}, or adapter.use(handover) before any other ` +
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
