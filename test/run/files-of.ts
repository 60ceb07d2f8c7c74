/** The test files that mocha runs together. */

/** @param hook the context of a hook around all tests. @returns paths; one, if mocha runs files at the same time */
export function filesOf(hook: Mocha.Context): string[] {
  return [...new Set(hook.test?.parent?.suites.flatMap(({ file }) => file ?? []))];
}
