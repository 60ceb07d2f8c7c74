/** Stores that a test may lose, hold up or watch. */
import type { ThreadStore } from '../../src/thread/store.js';

/** A call of a store. */
export interface StoreCall {
  readonly name: keyof ThreadStore;
  readonly given: readonly unknown[];
  /** Asks the store. */
  readonly run: () => unknown;
}

/**
 * A store whose every call goes through `around`. It is one bot's: `forBot` returns the store itself.
 * @param own fields of the store's own; a method that a test sets later replaces that of `inner`, for this store alone
 */
export function storeAround<Own extends object = object>(
  inner: ThreadStore,
  around: (call: StoreCall) => unknown,
  own: Own = {} as Own,
): ThreadStore & Own {
  const outer = new Proxy(own, {
    get: (_target, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
      if (name === 'forBot') return () => outer;
      const method: unknown = Reflect.get(inner, name, inner);
      // A store may be everybody's: who stops does not stop it.
      if (typeof method !== 'function' || name === 'close') return undefined;
      return (...given: unknown[]) =>
        around({ name: name as keyof ThreadStore, given, run: () => Reflect.apply(method, inner, given) as unknown });
    },
  }) as ThreadStore & Own;
  return outer;
}
