/** What a replay found, as data and as text. */

/**
 * `missing`: a recorded call was not made · `extra`: a call is not in the recording · `order`: two calls of a thread changed
 * places · `body`: the same call says something else · `acknowledged`: the webhook was answered otherwise
 */
export type ReplayDifferenceKind = 'missing' | 'extra' | 'order' | 'body' | 'acknowledged';

/** One difference between the recording and this bot. */
export interface ReplayDifference {
  readonly kind: ReplayDifferenceKind;
  /** The line of the recording, from 1; of an extra call: the webhook before it. */
  readonly line: number;
  /** One sentence, without the line. */
  readonly says: string;
}

/** The result of a replay. */
export interface ReplayReport {
  readonly webhooks: number;
  /** Graph calls in the recording. */
  readonly calls: number;
  /** In the order of the recording. */
  readonly differences: readonly ReplayDifference[];
}

/** A report for a terminal. */
export function replayText({ webhooks, calls, differences }: ReplayReport): string {
  const played = `Played ${counted(webhooks, 'webhook')}; the recording has ${counted(calls, 'Graph call')}.`;
  if (differences.length === 0) return `${played} This bot makes the same calls.`;
  const lines = differences.map(({ kind, line, says }) => `  line ${line}, ${kind}: ${says}`);
  return [`${played} This bot differs in ${counted(differences.length, 'place')}:`, ...lines].join('\n');
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
