/** A decision about an event as a log line. It shows no text, and of ids only the thread's label. */
import type { ThreadEvent } from './event.js';
import type { ThreadKey } from './key.js';
import { threadLabel } from './thread-label.js';

/** @param decision what happens with the event: `runs, because …` */
export function decisionLine({ kind, channel }: ThreadEvent, thread: ThreadKey | undefined, decision: string): string {
  const where = thread === undefined ? 'No thread' : `Thread ${threadLabel(thread)}`;
  return `${where}: ${kind} on ${channel} ${decision}.`;
}
