/**
 * Draws what happened in one thread as SVG: two columns with the real owner and the owner that the bot believed, and beside
 * them what was said, held back and refused. Time goes down; a row has a moment, whatever time passed.
 *
 * It explains a race to somebody who was not there. Pure: the same data give the same text. It follows the reader's choice
 * of light or dark, and no color says something that no word says.
 */
import { visibleText } from '../../thread/visible-text.js';
import type { OwnerSpan } from './owner-columns.js';
import { disagreements, spansOf } from './owner-columns.js';
import { TIMELINE_STYLE } from './timeline-style.js';
import type { ThreadTimeline, TimelineActor, TimelineMoment } from './thread-timeline.js';
import { OWNER_WORDS } from './thread-timeline.js';
import { wrapped } from './wrap-text.js';

/** How a drawing is made. */
export interface DrawingOptions {
  /** Pixels, from 300 to 2000. Default 480: readable on a telephone and on a page. */
  readonly width?: number;
}

/** The narrowest and the widest drawing. */
export const WIDTHS = { least: 300, usual: 480, most: 2000 } as const;

const MOST_MOMENTS = 400;
const MOST_LINES = 8;
const LINE_PX = 17;
const ROW_PADDING_PX = 6;
const PAUSE_PX = 26;
/** Longer than this between two moments is drawn as a pause. */
const PAUSE_MS = 60_000;
const MARGIN_PX = 10;
const TIME_WIDTH_PX = 70;
const COLUMN_WIDTH_PX = 18;
const COLUMN_GAP_PX = 6;
/** From a line's top to its baseline. */
const BASELINE_PX = 13;
const ACTORS: Readonly<Record<TimelineActor, string>> = {
  customer: 'Customer',
  bot: 'Bot',
  agent: 'Agent',
  inbox: 'Page inbox',
  other: 'Another app',
  meta: 'Meta',
};

interface Row {
  readonly moment: TimelineMoment;
  readonly y: number;
  readonly height: number;
  readonly lines: readonly string[];
  /** The pause before it, in words. */
  readonly pause?: string;
}

interface Layout {
  readonly width: number;
  readonly columns: readonly { readonly x: number; readonly label: string; readonly spans: readonly OwnerSpan[] }[];
  readonly textX: number;
  readonly top: number;
  readonly bottom: number;
  readonly rows: readonly Row[];
}

/** Gives the drawing as an SVG document. */
export function timelineSvg(timeline: ThreadTimeline, { width: wanted = WIDTHS.usual }: DrawingOptions = {}): string {
  const width = Math.min(WIDTHS.most, Math.max(WIDTHS.least, Math.round(wanted)));
  const shown = { ...timeline, moments: timeline.moments.slice(-MOST_MOMENTS) };
  const layout = laidOut(shown, width);
  const notes = notesOf(timeline).flatMap((note) => wrapped(note, charactersIn(width - 2 * MARGIN_PX), MOST_LINES));
  const height = layout.bottom + 14 + notes.length * LINE_PX + MARGIN_PX;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" class="thread-timeline" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="tt-title tt-desc">`,
    `<title id="tt-title">${escaped(timeline.title)}</title>`,
    `<desc id="tt-desc">${escaped(inWords(shown))}</desc>`,
    `<style>${TIMELINE_STYLE}</style>`,
    '<defs><pattern id="tt-differs" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="tt-hatch" width="2.5" height="6"/></pattern></defs>',
    `<rect class="tt-ground" width="${width}" height="${height}" rx="8"/>`,
    ...headSvg(shown, layout),
    ...columnsSvg(layout),
    ...layout.rows.flatMap((row) => rowSvg(row, layout, shown)),
    ...notes.map((line, index) => textSvg(MARGIN_PX, layout.bottom + 14 + index * LINE_PX, line, 'tt-quiet')),
    '</svg>',
  ].join('\n')}\n`;
}

function laidOut(timeline: ThreadTimeline, width: number): Layout {
  const { truthLabel, beliefLabel, moments, firstOwner = 'idle', firstBelief = 'bot' } = timeline;
  const truthX = MARGIN_PX + TIME_WIDTH_PX;
  const beliefX = truthX + COLUMN_WIDTH_PX + COLUMN_GAP_PX;
  const lastX = beliefLabel === undefined ? truthX : beliefX;
  const textX = lastX + COLUMN_WIDTH_PX + 18;
  const top = 78;
  const rows = rowsOf(moments, top, charactersIn(width - textX - MARGIN_PX - 8));
  const last = rows.at(-1);
  const bottom = last === undefined ? top + LINE_PX : last.y + last.height + ROW_PADDING_PX;
  const changes = (kind: 'truth' | 'belief') =>
    rows.flatMap(({ moment, y, height }) =>
      moment.kind === kind && moment.owner !== undefined ? [{ owner: moment.owner, y: y + height / 2 }] : [],
    );
  const truth = { x: truthX, label: truthLabel, spans: spansOf(firstOwner, changes('truth'), top, bottom) };
  const belief = { x: beliefX, label: beliefLabel ?? '', spans: spansOf(firstBelief, changes('belief'), top, bottom) };
  return { width, columns: beliefLabel === undefined ? [truth] : [truth, belief], textX, top, bottom, rows };
}

function rowsOf(moments: readonly TimelineMoment[], top: number, characters: number): Row[] {
  const rows: Row[] = [];
  let y = top + ROW_PADDING_PX;
  for (const [index, moment] of moments.entries()) {
    const before = moments[index - 1];
    const pauseMs = before === undefined ? 0 : moment.atMs - before.atMs;
    const pause = pauseMs >= PAUSE_MS ? { pause: `${durationWords(pauseMs)} later` } : {};
    if (pauseMs >= PAUSE_MS) y += PAUSE_PX;
    const lines = wrapped(visibleText(sentenceOf(moment)), characters, MOST_LINES);
    const height = lines.length * LINE_PX + 4;
    rows.push({ moment, y, height, lines, ...pause });
    y += height + ROW_PADDING_PX;
  }
  return rows;
}

/** Title, and what the columns are, each with a line down to its column. */
function headSvg({ title, moments }: ThreadTimeline, { columns, textX, top, width }: Layout): string[] {
  const began = moments[0]?.atMs;
  const [day = '', time = ''] = began === undefined ? [] : new Date(began).toISOString().split(/[T.]/);
  const labels = columns.flatMap(({ x, label }, index) => {
    const y = 30 + index * LINE_PX;
    const middle = x + COLUMN_WIDTH_PX / 2;
    return [
      `<path class="tt-lead" d="M${middle} ${top - 3} V${y + 8} H${textX - 4}"/>`,
      textSvg(textX, y, label, 'tt-column'),
    ];
  });
  const shownTitle = wrapped(visibleText(title), charactersIn(width - 2 * MARGIN_PX), 1)[0] ?? '';
  return [
    textSvg(MARGIN_PX, 6, shownTitle, 'tt-title'),
    textSvg(MARGIN_PX, 30, day, 'tt-time'),
    textSvg(MARGIN_PX, 30 + LINE_PX, time === '' ? '' : `${time} UTC`, 'tt-time'),
    ...(began === undefined ? [textSvg(textX, top, 'Nothing has happened yet.', 'tt-quiet')] : []),
    ...labels,
  ];
}

function columnsSvg({ columns }: Layout): string[] {
  const [truth, belief] = columns;
  const spans = columns.flatMap(({ x, spans: of }) => of.map((span) => spanSvg(x, span)));
  if (truth === undefined || belief === undefined) return spans;
  const differing = disagreements(truth.spans, belief.spans).map(
    ({ fromY, toY }) =>
      `<rect class="tt-differs" x="${belief.x + COLUMN_WIDTH_PX + 3}" y="${fromY}" width="8" height="${toY - fromY}" fill="url(#tt-differs)"><title>The bot is wrong about the owner</title></rect>`,
  );
  return [...spans, ...differing];
}

function spanSvg(x: number, { owner, fromY, toY }: OwnerSpan): string {
  const words = OWNER_WORDS[owner].replace(/^the /, '');
  const isLongEnough = toY - fromY > words.length * 7 + 8;
  const middle = x + COLUMN_WIDTH_PX / 2 + 4;
  const name = isLongEnough
    ? `<text class="tt-owner tt-on-${owner}" transform="translate(${middle} ${(fromY + toY) / 2}) rotate(-90)" text-anchor="middle">${escaped(words)}</text>`
    : '';
  return `<rect class="tt-${owner}" x="${x}" y="${fromY}" width="${COLUMN_WIDTH_PX}" height="${toY - fromY}"><title>${escaped(OWNER_WORDS[owner])}</title></rect>${name}`;
}

function rowSvg(
  { moment, y, height, lines, pause }: Row,
  { textX, width }: Layout,
  { moments }: ThreadTimeline,
): string[] {
  const { kind, who } = moment;
  const isBox = kind === 'said' || kind === 'suppressed' || kind === 'refused';
  const look = kind === 'said' ? `tt-box tt-by-${who}` : `tt-box tt-${kind}`;
  const box = isBox
    ? [
        `<rect class="${look}" x="${textX - 6}" y="${y - 1}" width="${width - textX - MARGIN_PX + 6}" height="${height}" rx="6"/>`,
      ]
    : [];
  const sinceMs = moment.atMs - (moments[0]?.atMs ?? moment.atMs);
  return [
    ...(pause === undefined ? [] : [textSvg(textX, y - PAUSE_PX + 1, `⋮ ${pause}`, 'tt-quiet')]),
    ...box,
    textSvg(MARGIN_PX, y + 1, clockWords(sinceMs), 'tt-time'),
    ...lines.map((line, index) => textSvg(textX, y + 1 + index * LINE_PX, line, isBox ? 'tt-said' : `tt-${kind}-text`)),
  ];
}

/** A moment in one sentence. The word before the colon says who or what, so that no color has to. */
function sentenceOf({ kind, who, text, owner }: TimelineMoment): string {
  const detail = text === '' ? '' : `: ${text}`;
  switch (kind) {
    case 'said':
      return `${ACTORS[who]}: ${text}`;
    case 'suppressed':
      return `Held back by the plugin${detail}`;
    case 'refused':
      return `Refused by Meta${detail}`;
    case 'truth':
      return `▸ Owner is ${OWNER_WORDS[owner ?? 'unknown']}${text === '' ? '' : ` (${text})`}`;
    case 'belief':
      return `▸ The bot believes: ${OWNER_WORDS[owner ?? 'unknown']}`;
    case 'event':
      return text;
  }
}

/** Everything that the drawing shows, for readers who cannot see it. */
function inWords({ moments }: ThreadTimeline): string {
  const began = moments[0]?.atMs ?? 0;
  return moments.map((moment) => `${clockWords(moment.atMs - began)} ${sentenceOf(moment)}.`).join(' ');
}

function notesOf({ notes, moments, beliefLabel }: ThreadTimeline): string[] {
  const left = moments.length - MOST_MOMENTS;
  return [
    ...(left > 0 ? [`${left} earlier moments are left out.`] : []),
    ...(beliefLabel === undefined
      ? []
      : ['Hatched: the bot is wrong about the owner. To it, idle and not known are its own.']),
    ...notes,
  ];
}

/** `+12.345 s`, `+4:02.500`, `+25:00:00`. */
function clockWords(ms: number): string {
  if (ms < PAUSE_MS) return `+${(ms / 1000).toFixed(3)} s`;
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  if (hours > 0) return `+${hours}:${two(minutes)}:${two(seconds % 60)}`;
  return `+${minutes}:${two(seconds % 60)}.${String(ms % 1000).padStart(3, '0')}`;
}

function durationWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return minutes === 1 ? 'a minute' : `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours === 1 ? 'an hour' : `${hours} hours`;
}

/** How many characters of the drawing's font fit, by the width of an average one. */
function charactersIn(px: number): number {
  return Math.max(12, Math.floor(px / 6.7));
}

function textSvg(x: number, y: number, text: string, look: string): string {
  return `<text class="${look}" x="${x}" y="${y + BASELINE_PX}">${escaped(text)}</text>`;
}

/** A text as XML may have it: no control characters, and nothing that ends an element. */
function escaped(text: string): string {
  return visibleText(text)
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
