/** Draws bars and a heat map as SVG. Both follow the reader's choice of light or dark. */
import { escaped } from './svg.js';

/** One side of a comparison: its name, and one value for each panel. */
export interface Bar {
  readonly name: string;
  readonly values: readonly number[];
  /** `ours`: the package; `other`: what it is compared with; `limit`: the least that is possible. */
  readonly look: 'ours' | 'other' | 'limit';
}

/** Bars in groups. Each panel shows one figure of all bars, side by side. */
export interface BarChart {
  /** For readers who cannot see the chart: what it shows. */
  readonly description: string;
  readonly panels: readonly string[];
  readonly groups: readonly { readonly name: string; readonly bars: readonly Bar[] }[];
  /** One line under the chart: when and how the figures were measured. */
  readonly footer: string;
}

/** How often a row's thing met a column's. */
export interface HeatMap {
  readonly description: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** A gap is drawn before these columns. */
  readonly gapsBefore?: readonly number[];
  /** A heading over the columns that follow each gap, and over the first ones. */
  readonly headings: readonly string[];
  /** `undefined`: no cell. A 0 in the first block of columns is marked: nobody has tried that. */
  readonly count: (row: number, column: number) => number | undefined;
  readonly footer: string;
}

/** Colours by name, for light and dark. The text has a contrast of more than 4.5 on its ground. */
const THEME = [
  ':root { color-scheme: light dark; }',
  'text { font-family: system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-size: 12px; fill: #202124; }',
  '.ground { fill: #ffffff; } .heading { font-size: 13px; font-weight: 600; } .quiet { fill: #5f6368; }',
  '.ours { fill: #3367d6; } .other { fill: #c26401; } .limit { fill: #80868b; } .line { stroke: #dadce0; }',
  '.heat { fill: #3367d6; } .none { fill: #d93025; } .cell { fill: #f1f3f4; } .strong { fill: #ffffff; }',
  '@media (prefers-color-scheme: dark) {',
  'text { fill: #e8eaed; } .ground { fill: #1b1c1f; } .quiet { fill: #a5abb3; } .line { stroke: #3c4043; }',
  '.ours { fill: #8ab4f8; } .other { fill: #f2a154; } .limit { fill: #9aa0a6; }',
  '.heat { fill: #8ab4f8; } .none { fill: #f28b82; } .cell { fill: #2a2c30; } .strong { fill: #10131a; } }',
].join('\n');

const CHART_WIDTH = 860;
const NAMES_WIDTH = 170;
const PANEL_GAP = 24;
/** Right of the longest bar, for its number. */
const NUMBER_WIDTH = 52;
const BAR_STEP = 19;
const BAR_HEIGHT = 12;
const GROUP_GAP = 30;
const TOP = 46;
const FOOTER_HEIGHT = 34;
/** From a text line's middle to its baseline. */
const BASELINE = 4;
const LEGEND = [
  ['ours', 'this package'],
  ['other', 'compared with'],
  ['limit', 'the least that is possible'],
] as const;

/** Gives bars as an SVG document. All bars of a panel have one scale, which begins at 0. */
export function barChartSvg({ description, panels, groups, footer }: BarChart): string {
  const panelWidth = (CHART_WIDTH - NAMES_WIDTH - PANEL_GAP * panels.length) / panels.length;
  const bars = groups.flatMap((group) => group.bars);
  const most = panels.map((_panel, index) => Math.max(...bars.map(({ values }) => values[index] ?? 0)));
  const parts = panels.map((panel, index) => {
    const x = NAMES_WIDTH + index * (panelWidth + PANEL_GAP);
    return `<text class="heading" x="${x}" y="${TOP - 16}">${escaped(panel)}</text>`;
  });
  let y = TOP;
  for (const { name, bars: ofGroup } of groups) {
    parts.push(`<text class="heading" x="16" y="${y + 12}">${escaped(name)}</text>`);
    y += GROUP_GAP;
    for (const { name: side, values, look } of ofGroup) {
      const middle = y + BAR_HEIGHT / 2;
      parts.push(`<text x="${NAMES_WIDTH - 8}" y="${middle + BASELINE}" text-anchor="end">${escaped(side)}</text>`);
      values.forEach((value, index) => {
        const x = NAMES_WIDTH + index * (panelWidth + PANEL_GAP);
        const width = rounded((value / (most[index] || 1)) * (panelWidth - NUMBER_WIDTH));
        parts.push(
          `<rect class="${look}" x="${rounded(x)}" y="${y}" width="${width}" height="${BAR_HEIGHT}" rx="2"/>`,
          `<text class="quiet" x="${rounded(x + width + 6)}" y="${middle + BASELINE}">${shown(value)}</text>`,
        );
      });
      y += BAR_STEP;
    }
    y += GROUP_GAP / 3;
  }
  let legendX = 16;
  for (const [look, meaning] of LEGEND) {
    parts.push(
      `<rect class="${look}" x="${legendX}" y="${y + 1}" width="12" height="12" rx="2"/>`,
      `<text x="${legendX + 18}" y="${y + 11}">${meaning}</text>`,
    );
    legendX += 40 + meaning.length * 7;
  }
  return documentOf(CHART_WIDTH, y + 22 + FOOTER_HEIGHT, description, [...parts, footerSvg(footer, y + 22)]);
}

const CELL = 21;
const ROW_NAMES_WIDTH = 150;
const COLUMN_NAMES_HEIGHT = 270;
const COLUMN_GAP = 20;

/** Gives a heat map as an SVG document. The colour goes by the share of the most in the same block of columns. */
export function heatMapSvg(map: HeatMap): string {
  const { description, rows, columns, gapsBefore = [], headings, count, footer } = map;
  const block = (column: number): number => gapsBefore.filter((first) => first <= column).length;
  const x = (column: number): number => ROW_NAMES_WIDTH + column * CELL + block(column) * COLUMN_GAP;
  const y = (row: number): number => COLUMN_NAMES_HEIGHT + row * CELL;
  const most = headings.map((_heading, of) =>
    Math.max(
      1,
      ...rows.flatMap((_row, row) => columns.map((_name, at) => (block(at) === of ? (count(row, at) ?? 0) : 0))),
    ),
  );
  const parts = headings.map((heading, of) => {
    const first = of === 0 ? 0 : (gapsBefore[of - 1] ?? 0);
    return `<text class="heading" x="${x(first)}" y="24">${escaped(heading)}</text>`;
  });
  columns.forEach((name, column) => {
    const at = `${x(column) + CELL / 2 + BASELINE} ${COLUMN_NAMES_HEIGHT - 8}`;
    parts.push(`<text transform="translate(${at}) rotate(-60)">${escaped(name)}</text>`);
  });
  rows.forEach((name, row) => {
    parts.push(
      `<text x="${ROW_NAMES_WIDTH - 8}" y="${y(row) + CELL / 2 + BASELINE}" text-anchor="end">${escaped(name)}</text>`,
    );
    columns.forEach((_column, column) => {
      const times = count(row, column);
      if (times !== undefined)
        parts.push(
          cellSvg({
            x: x(column),
            y: y(row),
            times,
            most: most[block(column)] ?? 1,
            zero: block(column) === 0 ? 'none' : 'quiet',
          }),
        );
    });
  });
  const bottom = y(rows.length) + 10;
  // The last columns' names lean out to the right.
  const width = x(columns.length - 1) + CELL + 110;
  return documentOf(width, bottom + FOOTER_HEIGHT, description, [...parts, footerSvg(footer, bottom)]);
}

interface Cell {
  readonly x: number;
  readonly y: number;
  readonly times: number;
  readonly most: number;
  /** How a 0 looks. */
  readonly zero: 'none' | 'quiet';
}

/** One cell: a colour, and the number as far as it fits. */
function cellSvg({ x, y, times, most, zero }: Cell): string {
  const share = times / most;
  const frame = `x="${x + 1}" y="${y + 1}" width="${CELL - 2}" height="${CELL - 2}" rx="2"`;
  const text = `x="${x + CELL / 2}" y="${y + CELL / 2 + 3}" text-anchor="middle" style="font-size:9px"`;
  if (times === 0) return `<rect class="cell" ${frame}/><text class="${zero}" ${text}>0</text>`;
  // A root, so that rare meetings differ from none.
  const strength = rounded(0.12 + 0.88 * Math.sqrt(share));
  const strong = strength > 0.6 ? ' class="strong"' : '';
  const fill = `<rect class="cell" ${frame}/><rect class="heat" fill-opacity="${strength}" ${frame}/>`;
  return `${fill}<text${strong} ${text}>${times < 1000 ? times : `${rounded(times / 1000)}k`}</text>`;
}

function footerSvg(footer: string, y: number): string {
  return `<text class="quiet" x="16" y="${y + 18}">${escaped(footer)}</text>`;
}

function documentOf(width: number, height: number, description: string, parts: readonly string[]): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(description)}</title>`,
    `<style>\n${THEME}\n</style>`,
    `<rect class="ground" width="${width}" height="${height}" rx="8"/>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}

function shown(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
