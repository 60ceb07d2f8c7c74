/**
 * Writes JSON with app ids as Meta writes them: bare numbers with all their digits.
 *
 * Exists because `JSON.stringify` refuses a BigInt and has no other way to write an integer beyond 2^53.
 */

/** An app id as a number in JSON: a BigInt if no JavaScript number can hold it. */
export function appIdNumber(appId: string): number | bigint {
  const number = Number(appId);
  return Number.isSafeInteger(number) ? number : BigInt(appId);
}

/** As `JSON.stringify`, and a BigInt becomes its digits: `{ app_id: 24012345678901237n }` → `{"app_id":24012345678901237}`. */
export function writeExactJson(value: unknown): string {
  return written(value) ?? 'null';
}

/** `undefined` for what JSON leaves out. */
function written(value: unknown): string | undefined {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => written(item) ?? 'null').join(',')}]`;
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return JSON.stringify(value);
  const members = Object.entries(value).flatMap(([name, member]) => {
    const text = written(member);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{${members.join(',')}}`;
}
