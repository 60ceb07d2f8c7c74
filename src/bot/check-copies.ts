/**
 * Finds packages that this process has loaded twice, as with a linked checkout or a nested `node_modules`. A class of one
 * copy is unknown to the other, and the errors that follow name neither.
 */
import type { Logger } from '../thread/logger.js';

/**
 * The folders of this package's loaded copies. A bot that is bundled into one file has none.
 * @param loaded paths of the loaded modules. Default: Node's cache
 */
export function copiesOf(name: string, loaded: readonly string[] = loadedModules()): string[] {
  const end = `/node_modules/${name}/lib/index.js`;
  return loaded
    .filter((path) => path.replaceAll('\\', '/').endsWith(end))
    .map((path) => path.slice(0, -'/lib/index.js'.length));
}

/** The files of the loaded copies of this package. */
export function ownCopies(loaded: readonly string[] = loadedModules()): string[] {
  return loaded.filter((path) => /[\\/]bot[\\/]handover-plugin\.[jt]s$/.test(path));
}

/** Says once for each logger which package is loaded twice, from which folders, and what to do. */
export class CopyCheck {
  readonly #log: Logger;
  readonly #consequences: Readonly<Record<string, string>>;
  readonly #said = new Set<string>();

  /** @param consequences packages of the framework, and what goes wrong if one is loaded twice */
  constructor(log: Logger, consequences: Readonly<Record<string, string>>) {
    this.#log = log;
    this.#consequences = consequences;
  }

  check(loaded: readonly string[] = loadedModules()): void {
    for (const [name, consequence] of Object.entries(this.#consequences)) {
      const copies = copiesOf(name, loaded);
      if (copies.length < 2 || this.#said.has(name)) continue;
      this.#said.add(name);
      this.#log.warn(
        `${name} is loaded ${copies.length} times: ${copies.join(' and ')}. ${consequence} Install it once: ` +
          `"npm ls ${name}" shows who brings it, and "npm dedupe" or one version for all removes the second.`,
      );
    }
  }
}

function loadedModules(): string[] {
  return Object.keys(require.cache);
}
