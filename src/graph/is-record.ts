/** Tells a JSON object from every other JSON value, so that the files that read answers agree on it. */

/** A JSON object, which is neither an array nor null. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
