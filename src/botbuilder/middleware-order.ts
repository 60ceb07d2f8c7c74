/** Puts the handover before all other middleware of an adapter, so that nothing speaks or reads before it. */
import type { BotAdapter, Middleware } from 'botbuilder';

/** Bot Framework wraps middleware when it is added, so the adapter cannot tell which ones it has. */
const usedBy = new WeakMap<BotAdapter, WeakSet<Middleware>>();

/** Does nothing if this function has put the handover there before. */
export function useFirst(adapter: BotAdapter, handover: Middleware): void {
  const used = usedBy.get(adapter) ?? new WeakSet();
  usedBy.set(adapter, used);
  if (used.has(handover)) return;
  used.add(handover);
  // Private in Bot Framework's class, which can only append.
  const { middleware } = adapter as unknown as { readonly middleware: { readonly middleware: unknown[] } };
  const before = middleware.middleware.splice(0);
  adapter.use(handover);
  middleware.middleware.push(...before);
}
