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
