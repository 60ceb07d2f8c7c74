/** The lowest version of Node on which the package runs, and what to say on an older one. Imports nothing, so that it loads anywhere. */

/** That of undici, and `engines` of package.json. */
export const LOWEST_NODE = '20.18.1';

/** One line if `version` is too old. @param version as in `process.versions.node` */
export function nodeTooOld(version: string): string | undefined {
  const [given, lowest] = [numbersOf(version), numbersOf(LOWEST_NODE)];
  const place = lowest.findIndex((number, index) => number !== given[index]);
  if (place === -1 || (given[place] ?? 0) > (lowest[place] ?? 0)) return undefined;
  return `botbuilder-handover-vcclive needs Node ${LOWEST_NODE} or later, and this is Node ${version}. Install a newer Node.`;
}

function numbersOf(version: string): readonly number[] {
  return version.split('.', 3).map((part) => Number.parseInt(part, 10));
}
