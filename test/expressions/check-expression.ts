/** Asks recheck about one expression. */

/** Its packages with a program for one machine. npm installs the one that fits, if there is one. */
const PROGRAMS: Readonly<Record<string, string>> = {
  'linux x64': 'recheck-linux-x64',
  'darwin x64': 'recheck-macos-x64',
  'darwin arm64': 'recheck-macos-arm64',
  'win32 x64': 'recheck-windows-x64',
};

// The program takes a fifth of the time of the build in JavaScript. Read when the module is loaded.
process.env['RECHECK_BACKEND'] = hasProgram() ? 'native' : 'pure';

/** The tool proves short expressions, and searches long ones for a text that takes long. */
const PROVABLE_CHARACTERS = 60;

/** `safe`, `vulnerable` or `unknown`. */
export async function checkExpression({ source, flags }: RegExp): Promise<string> {
  const { check } = await import('recheck');
  const prove = source.length <= PROVABLE_CHARACTERS;
  const { status } = await check(source, flags, { checker: prove ? 'auto' : 'fuzz', timeout: 60_000 });
  return status;
}

function hasProgram(): boolean {
  try {
    require.resolve(`${PROGRAMS[`${process.platform} ${process.arch}`] ?? ''}/package.json`);
    return true;
  } catch {
    return false;
  }
}
