/**
 * The report of a live run, for others to read: what was tried, what Meta answered, which assumptions hold.
 *
 * No id of a customer, no token and no text of a conversation is in it.
 */
import { visibleText } from '../../thread/visible-text.js';
import { described, type SettledQuestion } from './open-questions.js';
import type { LiveRun, StepId } from './live-run.js';

const WORDS: Readonly<Record<StepId, string>> = {
  pass: 'pass to VCC Live',
  take: 'take',
  release: 'release',
  takeAgain: 'take, to have the thread back',
  takeFromIdle: 'take of an idle thread',
  takeWhileOwner: 'take by the owner',
  passToSelf: 'pass to oneself',
  extendTooLong: 'extend by 8 days',
  passToStranger: 'pass to an app that is not connected',
  passLongMetadata: 'pass to VCC Live with 1001 characters of metadata',
  request: 'request while VCC Live has the thread',
  sendIntoIdle: 'message into the idle thread',
};

/** What a step does, in words. */
export function stepWords(step: StepId): string {
  return WORDS[step];
}

/** What was recorded. */
export interface RecordedRun {
  readonly atMs: number;
  readonly apiVersion: string;
  readonly run: LiveRun;
  readonly questions: readonly SettledQuestion[];
  /** Taken out wherever they stand. */
  readonly hide: readonly string[];
}

/** The report as Markdown. */
export function recordText({ atMs, apiVersion, run, questions, hide }: RecordedRun): string {
  const steps = run.steps.map(({ step, answer, owner, heard }, index) => {
    const webhooks =
      heard === undefined ? '–' : heard.map((event) => `${event.channel}: ${event.kind}`).join(', ') || 'none';
    return row([String(index + 1), stepWords(step), described(answer), owner, webhooks, `${answer.tookMs} ms`]);
  });
  const settled = questions.map(({ assumed, seen, holds }) => row([assumed, seen, holds]));
  const text = [
    '# How Messenger thread control behaves on this Page',
    '',
    `Recorded on ${new Date(atMs).toISOString().slice(0, 10)} with Graph API ${apiVersion}, by \`doctor --live --record\`.`,
    "It holds no customer's id, no token and no text of a conversation.",
    '',
    '## Assumptions',
    '',
    row(['assumed', 'seen here', 'holds']),
    row(['---', '---', '---']),
    ...settled,
    '',
    '## What was tried',
    '',
    `Before: ${run.before}. Afterwards: ${run.after}.`,
    '',
    row(['', 'call', 'answer', 'owner afterwards', 'webhooks to the bot', 'took']),
    row(['---', '---', '---', '---', '---', '---']),
    ...steps,
    '',
  ].join('\n');
  return hide.filter((secret) => secret !== '').reduce((clean, secret) => clean.replaceAll(secret, '(hidden)'), text);
}

function row(cells: readonly string[]): string {
  return `| ${cells
    .map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' '))
    .map(visibleText)
    .join(' | ')} |`;
}
