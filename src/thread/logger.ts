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

/** A logger whose lines hold no control characters, whatever was quoted in them. Each call writes one line. */
export function visibleLogger(logger: Logger): Logger {
  return {
    info: (message) => logger.info(visibleLogLine(message)),
    warn: (message) => logger.warn(visibleLogLine(message)),
    error: (message) => logger.error(visibleLogLine(message)),
  };
}
