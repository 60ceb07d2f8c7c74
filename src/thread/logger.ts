import { debuglog } from 'node:util';
import { textOfThrown } from './errors.js';
import { isThenable } from './thenable.js';
import { visibleLogLine } from './visible-text.js';

/** Where the plugin writes its log lines. pino, winston and console fit. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
  /** Gets one line for each decision: what ran for an event, and why. Optional. */
  debug?(message: string): void;
  /** Whether the logger writes lines of a level; pino and winston have it. Without it, `debug` gets its lines. */
  isLevelEnabled?(level: string): boolean;
}

/** `NODE_DEBUG=handover*` turns it on. @see https://nodejs.org/api/util.html#utildebuglogsection-callback */
const nodeDebug = debuglog('handover-vcclive');

/** Whether somebody reads lines at `debug`. A line that nobody reads is not made. */
export function isDebugOn(log: Logger): boolean {
  return log.debug !== undefined && (log.isLevelEnabled?.('debug') ?? true);
}

/** Warnings and errors to the console; nothing else. */
export const consoleLogger: Logger = {
  info: () => undefined,
  warn: (message) => console.warn(`[handover-vcclive] ${message}`),
  error: (message) => console.error(`[handover-vcclive] ${message}`),
};

type Level = 'info' | 'warn' | 'error' | 'debug';

/**
 * The same logger, but it never makes its caller fail. If a method throws, rejects or is missing, only its line is lost,
 * and the first such failure is a line on the console. Control characters in lines are made visible.
 */
export function dependableLogger(logger: Logger, fallback: Logger = consoleLogger): Logger {
  let isReported = false;
  const failed = (level: Level, thrown: unknown): void => {
    if (isReported) return;
    isReported = true;
    try {
      fallback.error(`The logger's method "${level}" threw: ${textOfThrown(thrown)}. The lines it refuses are lost.`);
    } catch {
      // Nobody is left to write to.
    }
  };
  const writes = (level: Level) => (message: string) => {
    try {
      const write = logger[level]?.bind(logger) as (message: string) => unknown;
      const returned = write(visibleLogLine(message));
      if (isThenable(returned)) returned.then(undefined, (thrown: unknown) => failed(level, thrown));
    } catch (thrown) {
      failed(level, thrown);
    }
  };
  const always = { info: writes('info'), warn: writes('warn'), error: writes('error') };
  // The console has a `debug` and no level that turns it off.
  if (logger === console || typeof logger.debug !== 'function') {
    return { ...always, debug: (line) => nodeDebug(visibleLogLine(line)), isLevelEnabled: () => nodeDebug.enabled };
  }
  return { ...always, debug: writes('debug'), isLevelEnabled: (level) => isEnabled(logger, level) };
}

function isEnabled(logger: Logger, level: string): boolean {
  try {
    return logger.isLevelEnabled?.(level) ?? true;
  } catch {
    return false;
  }
}
