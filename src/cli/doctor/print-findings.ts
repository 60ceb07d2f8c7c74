/** A check-up as text: a line for what is right, a paragraph for what is not, and what to do about it. */
import { visibleText } from '../../thread/visible-text.js';
import { wrapped, type Paint } from '../terminal.js';
import type { Diagnosis } from './diagnose.js';
import type { Finding, FindingStatus } from './finding.js';

const MARKS: Readonly<Record<FindingStatus, string>> = { ok: '✔', red: '✘', attention: '!', unchecked: '?' };
/** Width of the words in front of a paragraph's lines, with the blanks around them. */
const LABEL_COLUMNS = 14;

/** All findings, in order. A finding that waits for another one names only that one. */
export function findingsText(findings: readonly Finding[], paint: Paint, columns?: number): string {
  return findings
    .map((finding) => {
      const blocker = findings.find(({ check }) => check === finding.blockedBy);
      if (blocker === undefined) return findingText(finding, paint, columns);
      return paint.faint(
        `${MARKS.unchecked} ${finding.title}: could not be checked before "${blocker.title}" is right`,
      );
    })
    .join('\n');
}

/** One finding. What is right takes one line. */
function findingText(finding: Finding, paint: Paint, columns?: number): string {
  const { status, title, found } = finding;
  const mark = colourOf(status, paint)(MARKS[status]);
  if (status === 'ok') return `${mark} ${title}: ${paint.faint(visibleText(found))}`;
  const lines: readonly (readonly [string, string | undefined])[] =
    status === 'unchecked'
      ? [
          ['because', found],
          ['by eye', finding.where],
        ]
      : [
          ['expected', finding.expected],
          ['found', found],
          ['why', finding.why],
          ['change', finding.where],
        ];
  const paragraph = lines.flatMap(([label, text]) =>
    text === undefined ? [] : [labelled(label, text, paint, columns)],
  );
  const heading = status === 'unchecked' ? `${title}: could not be checked` : title;
  return [`${mark} ${status === 'red' ? paint.strong(heading) : heading}`, ...paragraph].join('\n');
}

/** How many of each. */
export function summaryText(findings: readonly Finding[], paint: Paint): string {
  const count = (status: FindingStatus): number => findings.filter((each) => each.status === status).length;
  const parts: readonly (readonly [FindingStatus, string])[] = [
    ['ok', 'right'],
    ['red', 'wrong'],
    ['attention', 'to look after'],
    ['unchecked', 'not checked'],
  ];
  return parts
    .filter(([status]) => count(status) > 0)
    .map(([status, words]) => colourOf(status, paint)(`${count(status)} ${words}`))
    .join(', ');
}

/** The causes, the likeliest first. */
export function diagnosisText(causes: readonly Diagnosis[], paint: Paint, columns?: number): string {
  const [first, ...others] = causes;
  if (first === undefined) return '';
  const say = ({ says, remedy, cause }: Diagnosis, lead: string): string => {
    const indent = lead.length;
    const more = cause === 'sound' ? '' : paint.faint(`${' '.repeat(indent)}More: docs/doctor.md#${cause}`);
    const body = `${lead}${paint.strong(wrapped(visibleText(says), indent, columns))}\n${' '.repeat(indent)}${wrapped(visibleText(remedy), indent, columns)}`;
    return more === '' ? body : `${body}\n${more}`;
  };
  const rest = others.map((each) => say(each, '  Then:  '));
  return [say(first, 'Diagnosis: '), ...rest].join('\n');
}

function labelled(label: string, text: string, paint: Paint, columns: number | undefined): string {
  return `${paint.faint(`    ${label.padEnd(LABEL_COLUMNS - 5)} `)}${wrapped(visibleText(text), LABEL_COLUMNS, columns)}`;
}

function colourOf(status: FindingStatus, paint: Paint): (text: string) => string {
  switch (status) {
    case 'ok':
      return paint.good;
    case 'red':
      return paint.bad;
    case 'attention':
      return paint.notice;
    case 'unchecked':
      return paint.faint;
  }
}
