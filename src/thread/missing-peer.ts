/** Says which optional package is missing and how to install it, instead of Node's "Cannot find module". */
import { HandoverError } from './errors.js';

/**
 * Loads packages that an entry point, or one of its functions, needs.
 * @param load loads them with literal calls of `require`, so that a bundler finds them
 * @param expected their names, and `who` needs them
 * @returns what `load` does
 * @throws {@link HandoverError} code `missingPeer` if one of them is not installed, with the command to type
 */
export function loadPeers<T>(
  load: () => T,
  { names, who }: { readonly names: readonly string[]; readonly who: string },
): T {
  try {
    return load();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : '';
    const missing = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1];
    // What one of the packages misses itself is another story, and Node's error tells it.
    if (missing === undefined || !names.includes(missing)) throw cause;
    const command = `npm install ${names.join(' ')}`;
    throw new HandoverError('missingPeer', `${who} needs ${missing}, which is not installed. Run: ${command}`, {
      cause,
    });
  }
}
