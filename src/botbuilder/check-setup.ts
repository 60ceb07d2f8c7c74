/**
 * Checks how a bot is put together, when it is attached and in an adapter's first turns. Each mistake is an error or one
 * line that names the change. Checks go by shape, so that they see adapters of a second copy of a package.
 */
import type { BotAdapter, Middleware } from 'botbuilder';
import { InvalidOptionError } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import { speaksToMeta } from '../bot/adapter-answers.js';

type Handler = (context: unknown, next: () => Promise<void>) => Promise<void>;

/** Bot Framework wraps middleware when it is added, so the adapter cannot tell which ones it has. */
const usedBy = new WeakMap<BotAdapter, WeakSet<Middleware>>();
const REPAIRED = Symbol.for('botbuilder-handover-vcclive.repaired');
const INSTALL = 'handover.install(adapter, logic)';

/** Marks a Facebook adapter whose webhooks go through the plugin. */
export function markRepaired(adapter: BotAdapter): void {
  Object.defineProperty(adapter, REPAIRED, { value: true });
}

/**
 * Refuses a stock Facebook adapter: Meta's first standby webhook would end the process.
 * @throws {@link InvalidOptionError}
 */
export function checkRepaired(adapter: BotAdapter): void {
  if (REPAIRED in adapter || !speaksToMeta(adapter)) return;
  throw new InvalidOptionError(
    'adapter',
    'a stock FacebookAdapter, which fails on what Meta sends while an agent has the thread',
    'a HandoverFacebookAdapter, or be repaired: repairFacebookAdapter(adapter, { handover }) of ' +
      'botbuilder-handover-vcclive/facebook-adapter instead of use and attach. In a Botkit bot: ' +
      'controller.usePlugin(handoverPlugin(handover)) of botbuilder-handover-vcclive/botkit',
  );
}

/**
 * Refuses a `CloudAdapter` that could not begin a turn of its own.
 * @throws {@link InvalidOptionError}
 */
export function checkMicrosoftAppId(adapter: BotAdapter, microsoftAppId: string | undefined): void {
  if (microsoftAppId !== undefined || !('botFrameworkAuthentication' in adapter)) return;
  throw new InvalidOptionError(
    'microsoftAppId',
    'missing',
    "the bot's Microsoft app id, because CloudAdapter begins no turn without it: " +
      "handover.install(adapter, logic, { microsoftAppId }). A bot without one, as in the Emulator, gives ''",
  );
}

/** Puts the handover before all other middleware of an adapter. Does nothing if this function has put it there before. */
export function useFirst(adapter: BotAdapter, handover: Middleware): void {
  const used = usedBy.get(adapter) ?? new WeakSet();
  usedBy.set(adapter, used);
  if (used.has(handover)) return;
  used.add(handover);
  // Bot Framework's class can only append.
  const handlers = handlersOf(adapter);
  const before = handlers.splice(0);
  adapter.use(handover);
  handlers.push(...before);
}

/** What the checks in a turn know of the plugin. */
export interface SetupFacts {
  readonly log: Logger;
  /** Whether turns of the plugin's own can run the bot's logic. */
  readonly isAttached: () => boolean;
  /** The option or call that begins turns of the plugin's own; `undefined`: none is in use. */
  readonly beginsTurns: () => string | undefined;
}

/** The checks in a turn. They are for bots that call `adapter.use(handover)` themselves: nothing runs at start-up there. */
export class SetupCheck {
  readonly #facts: SetupFacts;
  readonly #checked = new WeakSet<BotAdapter>();
  /** The adapter whose first middleware runs at this moment, and has not called the next one. */
  #entered: BotAdapter | undefined;
  readonly #watched = new WeakSet<BotAdapter>();
  #hasSaid = false;

  constructor(facts: SetupFacts) {
    this.#facts = facts;
  }

  /**
   * The plugin's middleware runs in a turn of this adapter. The first turn tells all but the order of middleware; the second
   * tells the order.
   * @throws {@link InvalidOptionError} for a stock Facebook adapter
   */
  atTurn(adapter: BotAdapter | undefined, handover: Middleware): void {
    if (!adapter || this.#checked.has(adapter)) return;
    checkRepaired(adapter);
    this.#sayNotAttached();
    if (this.#isOrderKnown(adapter, handover)) this.#checked.add(adapter);
  }

  #sayNotAttached(): void {
    const cause = this.#facts.beginsTurns();
    if (this.#hasSaid || cause === undefined || this.#facts.isAttached()) return;
    this.#hasSaid = true;
    this.#facts.log.warn(
      `No bot is attached, but ${cause} brings threads home outside any turn. The customer will hear nothing then, and a ` +
        `waiting dialog will wait for the customer's next message. Call ${INSTALL} at start-up.`,
    );
  }

  #isOrderKnown(adapter: BotAdapter, handover: Middleware): boolean {
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
        `is the first middleware from now on. Call ${INSTALL}, or adapter.use(handover) before any other middleware.`,
    );
    return true;
  }

  /** Nothing but its own synchronous call tells the plugin's middleware, which Bot Framework has wrapped, from another. */
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

/** Private in Bot Framework's class. An adapter of another make may have none. */
function handlersOf(adapter: BotAdapter): Handler[] {
  const { middleware } = adapter as unknown as { readonly middleware?: { readonly middleware?: Handler[] } };
  return middleware?.middleware ?? [];
}
