/** Loggers of tests. */
import type { Logger } from '../../src/thread/logger.js';

type Level = 'info' | 'warn' | 'error';

/** Writes nothing. */
export const quietLogger: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Adds the lines of these levels to `lines`. */
export function loggerInto(lines: string[], ...levels: readonly Level[]): Logger {
  const note = (line: string): void => void lines.push(line);
  return { ...quietLogger, ...Object.fromEntries(levels.map((level) => [level, note])) };
}
