/** Asks recheck about one expression. */

// The build in JavaScript: the others want a Java machine or a binary for this one. Read when the module is loaded.
process.env['RECHECK_BACKEND'] = 'pure';

/** The tool proves short expressions, and searches long ones for a text that takes long. */
const PROVABLE_CHARACTERS = 60;

/** `safe`, `vulnerable` or `unknown`. */
export async function checkExpression({ source, flags }: RegExp): Promise<string> {
  const { check } = await import('recheck');
  const prove = source.length <= PROVABLE_CHARACTERS;
  const { status } = await check(source, flags, { checker: prove ? 'auto' : 'fuzz', timeout: 60_000 });
  return status;
}
