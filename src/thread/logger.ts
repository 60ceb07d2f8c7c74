import { textOfThrown } from './errors.js';
import { isThenable } from './thenable.js';
import { visibleLogLine } from './visible-text.js';

/** Where the plugin writes its log lines. pino, winston and console fit. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Warnings and errors to the console; nothing else. */
export const consoleLogger: Logger = {
  info: () => undefined,
  warn: (message) => console.warn(`[handover-vcclive] ${message}`),
  error: (message) => console.error(`[handover-vcclive] ${message}`),
};

/**
 * The same logger, but it never makes its caller fail. If a method throws, rejects or is missing, only its line is lost,
 * and the first such failure is a line on the console. Control characters in lines are made visible.
 */
export function dependableLogger(logger: Logger, fallback: Logger = consoleLogger): Logger {
  let isReported = false;
  const failed = (level: keyof Logger, thrown: unknown): void => {
    if (isReported) return;
    isReported = true;
    try {
      fallback.error(`The logger's method "${level}" threw: ${textOfThrown(thrown)}. The lines it refuses are lost.`);
    } catch {
      // Nobody is left to write to.
    }
  };
  const writes = (level: keyof Logger) => (message: string) => {
    try {
      const write: (message: string) => unknown = logger[level].bind(logger);
      const returned = write(visibleLogLine(message));
      if (isThenable(returned)) returned.then(undefined, (thrown: unknown) => failed(level, thrown));
    } catch (thrown) {
      failed(level, thrown);
    }
  };
  return { info: writes('info'), warn: writes('warn'), error: writes('error') };
}
