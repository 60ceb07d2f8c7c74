/** The charts are drawn from the numbers beside them, and what they draw is what the numbers say. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'chai';
import { chartOf, DRAWING as BENCH, type KeptRun, SHOWN_RUN as BENCH_RUN } from '../../bench/kept-run.js';
import * as chaos from '../../docs/generate/chaos-coverage.js';
import type { BarChart, HeatMap } from '../../docs/generate/charts.js';
import { barChartSvg, heatMapSvg } from '../../docs/generate/charts.js';
import { DRAWING as RACE_DRAWING, drawnRace, RACE } from '../../docs/generate/race.js';
import type { ThreadTimeline } from '../../src/simulator/timeline/thread-timeline.js';
import { Coverage, FINDING, type KeptCoverage } from '../chaos/coverage.js';
import type { Act, Schedule } from '../chaos/schedule.js';
import { paper } from './readme-examples.js';

const RUN = { at: '2026-11-29T08:00:00.000Z', node: 'v20.20.2' };
const BARS: BarChart = {
  description: 'Two sides',
  panels: ['CPU', 'p99'],
  groups: [
    {
      name: 'an empty <turn>',
      bars: [
        { name: 'stock', values: [20, 4], look: 'other' },
        { name: 'ours', values: [10, 4], look: 'ours' },
      ],
    },
  ],
  footer: 'today',
};

describe('the charts', () => {
  for (const { file, page, command, svg } of [
    {
      file: BENCH,
      page: 'docs/performance.md',
      command: 'npm run bench -- --plot',
      svg: () => barChartSvg(chartOf(json(BENCH_RUN) as KeptRun)),
    },
    {
      file: chaos.DRAWING,
      page: 'docs/proof.md',
      command: 'npm run test:chaos -- --plot',
      svg: () => heatMapSvg(chaos.heatMapOf(json(chaos.SHOWN_RUN) as KeptCoverage)),
    },
    {
      file: RACE_DRAWING,
      page: 'docs/simulator.md',
      command: 'npx tsx docs/generate/race.ts',
      svg: () => drawnRace(json(RACE) as ThreadTimeline),
    },
  ]) {
    it(`${basename(file)} is drawn from the numbers that are kept for it (else: ${command})`, () => {
      expect(readFileSync(file, 'utf8')).to.equal(svg());
    });

    it(`${basename(file)} is shown by ${page}`, () => {
      expect(paper(page)).to.include(`(images/${basename(file)})`);
    });

    it(`${basename(file)} follows the reader's choice of light or dark, and has a title`, () => {
      const drawn = svg();
      expect(drawn).to.match(/prefers-color-scheme: ?dark/);
      expect(drawn).to.match(/<title[^>]*>[^<]{10,}<\/title>/);
    });
  }

  it('a bar is as long as its figure, on one scale for each panel', () => {
    const widths = [
      ...barChartSvg(BARS).matchAll(/<rect class="(ours|other)"[^>]* width="([\d.]+)" height="12" rx="2"/g),
    ]
      .map(([, look, width]) => [look, Number(width)] as const)
      // The legend.
      .filter(([, width]) => width !== 12);
    const [stockCpu = 0, stockP99, oursCpu = 0, oursP99] = widths.map(([, width]) => width);
    expect(widths).to.have.length(4);
    expect(oursCpu / stockCpu).to.be.closeTo(0.5, 0.01);
    expect(oursP99).to.equal(stockP99);
  });

  it('a name cannot act on the drawing', () => {
    expect(barChartSvg(BARS)).to.include('an empty &lt;turn&gt;').and.not.include('<turn>');
  });

  it('a client has no latency, so it has no bar', () => {
    const figures = [{ side: 'undici', cpuPer10k: 1, eventsPerSecond: 1, p50Ms: NaN, p99Ms: NaN }];
    const run = { ...RUN, machine: '', pinned: true, rounds: 2, webhooks: 600, measures: [{ name: 'send', figures }] };
    // As it comes from a file.
    const kept = JSON.parse(JSON.stringify(run)) as KeptRun;
    expect([chartOf(run).groups, chartOf(kept).groups]).to.deep.equal([[], []]);
  });

  it('CPU seconds for 10,000 events become microseconds for one', () => {
    const figures = [{ side: 'bare', cpuPer10k: 0.25, eventsPerSecond: 1, p50Ms: 1, p99Ms: 3.67 }];
    const run = { ...RUN, machine: '', pinned: true, rounds: 2, webhooks: 600, measures: [{ name: 'empty', figures }] };
    expect(chartOf(run).groups[0]?.bars).to.deep.equal([{ name: 'bare', values: [25, 3.67], look: 'limit' }]);
  });

  it('two doings met if one schedule had both, however often; and what was counted belongs to each', () => {
    const coverage = new Coverage();
    coverage.add(scheduleOf({ do: 'says' }, { do: 'agentHandsBack' }, { do: 'says' }), {
      findings: [],
      counts: { handovers: 3, nothing: 0 },
    });
    coverage.add(scheduleOf({ do: 'says' }, { do: 'graphFails', fault: 'http500After', edge: 'any', ms: 1 }), {
      findings: ['the bot spoke over another app'],
      counts: {},
    });
    const map = chaos.heatMapOf(coverage.kept({ ...RUN, firstSeed: 1, schedules: 2 }));
    expect(map.rows).to.deep.equal(['Graph: http 500 after', 'agent hands back', 'says']);
    expect(cellsOf(map)).to.deep.equal([
      // The half above the diagonal says the same.
      [1, undefined, undefined, 0, 1],
      [0, 1, undefined, 1, 0],
      [1, 1, 2, 1, 1],
    ]);
    expect(map.columns.slice(3)).to.deep.equal(['handovers', FINDING]);
  });

  it('doings that never met are marked', () => {
    const map: HeatMap = {
      description: 'Two doings',
      rows: ['one'],
      columns: ['a', 'b'],
      headings: ['together'],
      count: (_row, column) => column * 4,
      footer: '',
    };
    const drawn = heatMapSvg(map);
    expect(drawn)
      .to.match(/class="none"[^>]*>0</)
      .and.match(/fill-opacity="1"/);
  });
});

function scheduleOf(...acts: Act[]): Schedule {
  return { moves: acts.map((act) => ({ gapMs: 0, act })) } as unknown as Schedule;
}

function cellsOf({ rows, columns, count }: HeatMap): (number | undefined)[][] {
  return rows.map((_row, row) => columns.map((_column, column) => count(row, column)));
}

function json(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
