import { textOfThrown } from './errors.js';
import { isThenable } from './thenable.js';
import { visibleLogLine } from './visible-text.js';

/** Where the plugin writes the few lines it has to say. pino, winston and console fit. */
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
 * The same logger, as one that fails nothing: a method that throws, rejects or is gone loses its line and no more. The
 * first such failure is one line on the console. Control characters are written out, whatever a line quotes.
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
