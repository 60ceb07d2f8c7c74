/** Draws boxes and arrows as SVG. A drawing is plain data, so that a change shows in a diff as text. */

/** A box. All numbers are pixels. */
export interface Box {
  /** Left, top, width and height: `20 20 130 150`. */
  readonly frame: string;
  readonly title: string;
  /** Smaller lines under the title, parted by ` | `. */
  readonly text?: string;
  /** Default: `room`. */
  readonly look?: Look;
}

/** `room`: the package's code; `outside`: Meta or the store; `yours`: the application's code; `area`: a frame around boxes. */
export type Look = 'room' | 'outside' | 'yours' | 'area';

/** An arrow along its points; the head is at the last one. */
export interface Arrow {
  /** Its points: `150 50, 250 50`. */
  readonly path: string;
  /** Lines parted by ` | `. */
  readonly label: string;
  /** The label's anchor in its first line: `198 38`. */
  readonly labelAt: string;
  /** Default: `middle`. */
  readonly anchor?: 'start' | 'middle' | 'end';
  /** A head at both ends. */
  readonly both?: true;
}

/** What a drawing consists of. */
export interface Drawing {
  /** Width and height: `900 190`. */
  readonly size: string;
  /** For readers who cannot see the drawing: what it shows. */
  readonly description: string;
  readonly boxes: readonly Box[];
  readonly arrows: readonly Arrow[];
}

const LINE_SEPARATOR = ' | ';
const LINE_HEIGHT = 17;
const TITLE_HEIGHT = 20;
/** From a text line's middle to its baseline. */
const BASELINE = 4.5;
/** Colors for light and dark. The text has a contrast of more than 4.5 on its ground. */
const STYLE = [
  ':root { color-scheme: light dark; }',
  'text { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 13px; fill: #202124; }',
  '.title { font-size: 15px; font-weight: 600; } .ground { fill: #ffffff; }',
  '.label { fill: #3c4043; paint-order: stroke; stroke: #ffffff; stroke-width: 5px; stroke-linejoin: round; }',
  '.arrow { fill: none; stroke: #3c4043; stroke-width: 1.5; } .head { fill: #3c4043; }',
  '.room { fill: #e8f0fe; stroke: #3367d6; } .outside { fill: #f1f3f4; stroke: #5f6368; }',
  '.yours { fill: #e6f4ea; stroke: #188038; } .area { fill: #fafafa; stroke: #bdc1c6; }',
  '@media (prefers-color-scheme: dark) {',
  'text { fill: #e8eaed; } .ground { fill: #1b1c1f; } .label { fill: #c4c7cc; stroke: #1b1c1f; }',
  '.arrow { stroke: #c4c7cc; } .head { fill: #c4c7cc; }',
  '.room { fill: #1d2a42; stroke: #8ab4f8; } .outside { fill: #2a2c30; stroke: #9aa0a6; }',
  '.yours { fill: #1b3324; stroke: #81c995; } .area { fill: #222428; stroke: #5f6368; } }',
].join('\n');

/** Gives the drawing as an SVG document. It follows the reader's choice of light or dark, and brings its own ground. */
export function svgOf({ size, description, boxes, arrows }: Drawing): string {
  const [width = 0, height = 0] = numbersOf(size);
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(description)}</title>`,
    `<style>\n${STYLE}\n</style>`,
    '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse">',
    '<path class="head" d="M0 0 L10 5 L0 10 z"/></marker></defs>',
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    ...boxes.map(boxSvg),
    ...arrows.map(arrowSvg),
    ...arrows.map(labelSvg),
    '</svg>',
  ].join('\n')}\n`;
}

function boxSvg({ frame, title, text = '', look = 'room' }: Box): string {
  const [x = 0, y = 0, width = 0, height = 0] = numbersOf(frame);
  const lines = text === '' ? [] : text.split(LINE_SEPARATOR);
  const middle = x + width / 2;
  const isArea = look === 'area';
  const first = isArea ? y + TITLE_HEIGHT : y + (height - lines.length * LINE_HEIGHT) / 2;
  const texts = lines.map((line, index) => {
    const lineY = first + TITLE_HEIGHT / 2 + (index + 0.5) * LINE_HEIGHT + BASELINE;
    return `<text x="${middle}" y="${lineY}" text-anchor="middle">${escaped(line)}</text>`;
  });
  const dashes = isArea ? ' stroke-dasharray="6 4"' : '';
  return [
    `<rect class="${look}" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"${dashes}/>`,
    `<text class="title" x="${middle}" y="${first + BASELINE}" text-anchor="middle">${escaped(title)}</text>`,
    ...texts,
  ].join('\n');
}

function arrowSvg({ path, both }: Arrow): string {
  const ends = `marker-end="url(#head)"${both ? ' marker-start="url(#head)"' : ''}`;
  return `<path class="arrow" d="M${path.replaceAll(', ', ' L')}" ${ends}/>`;
}

function labelSvg({ label, labelAt, anchor = 'middle' }: Arrow): string {
  const [x = 0, y = 0] = numbersOf(labelAt);
  return label
    .split(LINE_SEPARATOR)
    .map((line, index) => {
      const lineY = y + index * LINE_HEIGHT + BASELINE;
      return `<text class="label" x="${x}" y="${lineY}" text-anchor="${anchor}">${escaped(line)}</text>`;
    })
    .join('\n');
}

/** The numbers in a text: `20 20, 130 150` gives 20, 20, 130, 150. */
export function numbersOf(text: string): number[] {
  return text.split(/[ ,]+/).map(Number);
}

/** Text as it may appear between tags and in attributes. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
