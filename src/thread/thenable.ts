/** Tells promises from other values, whichever library made them. */

/** Any library's promise. Never throws: a value whose `then` cannot be read is none. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHaveThen = (typeof value === 'object' && value !== null) || typeof value === 'function';
  try {
    return mayHaveThen && 'then' in value && typeof value.then === 'function';
  } catch {
    return false;
  }
}

/** A promise that rejects before anybody waits for it would end the process. Other values are left alone. */
export function expectRejection(value: unknown): void {
  if (isThenable(value)) value.then(undefined, () => undefined);
}
