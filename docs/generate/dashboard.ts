/**
 * Writes the Grafana dashboard, docs/watching/grafana-dashboard.json, from a table of panels.
 *
 * `npx tsx docs/generate/dashboard.ts` after a change; a test fails if somebody forgets it.
 * @see https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** Where the dashboard is. */
export const DASHBOARD = resolve(__dirname, '..', 'watching', 'grafana-dashboard.json');

/** One panel. Widths are columns of Grafana's 24. */
interface Panel {
  readonly title: string;
  /** What it says, and what to do about it. */
  readonly about: string;
  readonly look: 'stat' | 'lines' | 'bars';
  readonly unit: 's' | 'short' | 'percentunit';
  readonly width: number;
  /** Queries, each with its legend. */
  readonly queries: readonly (readonly [expr: string, legend: string])[];
  /** From this value on, the number is red. */
  readonly redFrom?: number;
}

const HEIGHT: Readonly<Record<Panel['look'], number>> = { stat: 4, lines: 8, bars: 8 };
const COLUMNS = 24;
const GRAPH = 'messenger_graph_call_duration_count';
const DELIVERIES = 'messenger_delivery_duration_count';
const CLAIMS = 'messenger_handover_claim_duration_bucket';

const PANELS: readonly Panel[] = [
  stat('Handovers', 'Handovers that ended, whatever came of them.', [over('messenger_handover_ended_total')], 'short'),
  stat(
    'Completed',
    'Share of the ended handovers in which an agent was there and handed the thread back, or the customer wrote to the bot again.',
    [
      `${over('messenger_handover_ended_total', 'messenger_handover_outcome="completed"')} / ${over('messenger_handover_ended_total')}`,
    ],
    'percentunit',
  ),
  stat(
    'Time to claim, median',
    'From the pass to the first words of an agent.',
    [`histogram_quantile(0.5, sum by (le) (increase(${series(CLAIMS)}[$__range])))`],
    's',
  ),
  stat(
    'Webhooks answered with 503',
    'Meta delivers them again later. The store does not answer, or another process holds the turn.',
    [over(DELIVERIES, 'messenger_delivery_verdict=~"busy|unavailable|failed"')],
    'short',
    1,
  ),
  stat(
    'Calls with a dead token',
    'The bot can neither speak nor hand over. Make a new token, and run doctor.',
    [over(GRAPH, 'error_type="invalidToken"')],
    'short',
    1,
  ),
  stat(
    'Disagreements with Meta',
    'Meta named another owner than the ledger. Some are usual if VCC Live lets threads expire.',
    [over('messenger_thread_disagreements_total')],
    'short',
  ),
  {
    title: 'Handovers by outcome',
    about: 'The outcomes are those of docs/events-and-results.md.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [[by('messenger_handover_outcome', 'messenger_handover_ended_total'), '{{messenger_handover_outcome}}']],
  },
  {
    title: 'Time to claim',
    about: 'From the pass to the first words of an agent.',
    look: 'lines',
    unit: 's',
    width: 12,
    queries: [0.5, 0.9, 0.99].map((quantile) => [quantileOf(quantile, CLAIMS), `p${quantile * 100}`]),
  },
  {
    title: 'Why handovers failed or were refused',
    about: 'The codes are those of docs/errors.md.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('error_type', 'messenger_handover_ended_total', 'messenger_handover_outcome="failed"'),
        'failed: {{error_type}}',
      ],
      [
        by('messenger_handover_refused', 'messenger_handover_ended_total', 'messenger_handover_outcome="refused"'),
        'refused: {{messenger_handover_refused}}',
      ],
      [by('error_type', 'messenger_handover_take_failures_total'), 'not taken back: {{error_type}}'],
    ],
  },
  {
    title: 'Suppressed activities by reason',
    about: 'What the bot wanted to say and did not. "anotherAppOwns" is what the plugin is for.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_handover_suppressed', 'messenger_handover_suppressed_activities_total'),
        '{{messenger_handover_suppressed}}',
      ],
    ],
  },
  {
    title: 'Webhook deliveries by verdict',
    about: 'busy and unavailable are 503. stillRunning is 200 at the deadline, while a turn goes on.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [[by('messenger_delivery_verdict', DELIVERIES), '{{messenger_delivery_verdict}}']],
  },
  {
    title: 'Time until Meta has its answer',
    about: 'Meta waits 5 seconds for an answer, and then delivers again.',
    look: 'lines',
    unit: 's',
    width: 12,
    queries: [0.5, 0.99].map((quantile) => [
      quantileOf(quantile, 'messenger_delivery_duration_bucket'),
      `p${quantile * 100}`,
    ]),
  },
  {
    title: 'Refusals of the platform',
    about: 'Calls that Meta refused, by call and code. A few anotherAppOwns are races that no client can see.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_graph_operation, error_type', GRAPH, 'messenger_graph_outcome="refused"'),
        '{{messenger_graph_operation}}: {{error_type}}',
      ],
    ],
  },
  {
    title: 'Calls without an answer, and calls not sent',
    about: 'unknown: perhaps the call worked. notSent: a pause that Meta asked for, or a dead token, kept it here.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_graph_outcome, error_type', GRAPH, 'messenger_graph_outcome=~"unknown|notSent"'),
        '{{messenger_graph_outcome}}: {{error_type}}',
      ],
    ],
  },
  {
    title: 'Graph calls, p99 by call',
    about: 'How long Meta takes to answer.',
    look: 'lines',
    unit: 's',
    width: 12,
    queries: [
      [
        `histogram_quantile(0.99, sum by (le, messenger_graph_operation) (rate(${series('messenger_graph_call_duration_bucket')}[$__rate_interval])))`,
        '{{messenger_graph_operation}}',
      ],
    ],
  },
  {
    title: 'Disagreements with Meta',
    about:
      'What the ledger said, and what Meta said. Ledger "bot" and Meta "other": an app takes threads, and no webhook says so.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_thread_owner_ledger, messenger_thread_owner_meta', 'messenger_thread_disagreements_total'),
        'ledger {{messenger_thread_owner_ledger}}, Meta {{messenger_thread_owner_meta}}',
      ],
    ],
  },
  {
    title: 'Changes of owner',
    about: 'To, from or between other apps.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_thread_owner_from, messenger_thread_owner_to', 'messenger_thread_owner_changes_total'),
        '{{messenger_thread_owner_from}} → {{messenger_thread_owner_to}}',
      ],
    ],
  },
  {
    title: 'Webhook items that ran nothing',
    about: '"failed" are turns that ended with an error; error_type says which.',
    look: 'bars',
    unit: 'short',
    width: 12,
    queries: [
      [
        by('messenger_event_reason, error_type', 'messenger_event_ignored_total'),
        '{{messenger_event_reason}} {{error_type}}',
      ],
    ],
  },
];

/** The dashboard, as Grafana imports it. */
export function dashboard(): object {
  return {
    title: 'Messenger handovers to VCC Live',
    uid: 'handover-vcclive',
    description: 'Metrics of botbuilder-handover-vcclive, by OpenTelemetry and Prometheus.',
    tags: ['messenger', 'handover'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
        {
          name: 'job',
          label: 'Job',
          type: 'query',
          datasource: { type: 'prometheus', uid: '${datasource}' },
          // A bot that has had no handover yet has deliveries.
          query: `label_values({${nameOf(DELIVERIES)}}, job)`,
          includeAll: true,
          multi: true,
          allValue: '.*',
          refresh: 2,
        },
      ],
    },
    panels: placed(PANELS),
  };
}

function placed(panels: readonly Panel[]): object[] {
  let [x, y] = [0, 0];
  return panels.map((panel, index) => {
    const height = HEIGHT[panel.look];
    const at = { x, y, w: panel.width, h: height };
    x += panel.width;
    if (x >= COLUMNS) [x, y] = [0, y + height];
    return { id: index + 1, gridPos: at, ...shown(panel) };
  });
}

function shown({ title, about, look, unit, queries, redFrom }: Panel): object {
  const datasource = { type: 'prometheus', uid: '${datasource}' };
  const targets = queries.map(([expr, legendFormat], index) => ({
    refId: String.fromCharCode(65 + index),
    datasource,
    expr,
    legendFormat,
    ...(look === 'stat' ? { instant: true } : { range: true }),
  }));
  const steps = [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])];
  const bars = { drawStyle: 'bars', fillOpacity: 80, lineWidth: 0, stacking: { mode: 'normal', group: 'A' } };
  const custom = look === 'bars' ? bars : { drawStyle: 'line', lineWidth: 2, showPoints: 'auto' };
  const defaults = { unit, min: 0, thresholds: { mode: 'absolute', steps }, ...(look === 'stat' ? {} : { custom }) };
  const options =
    look === 'stat'
      ? { reduceOptions: { calcs: ['lastNotNull'], values: false }, colorMode: 'value', graphMode: 'none' }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } };
  const type = look === 'stat' ? 'stat' : 'timeseries';
  return { title, description: about, type, datasource, targets, fieldConfig: { defaults, overrides: [] }, options };
}

function stat(title: string, about: string, queries: readonly string[], unit: Panel['unit'], redFrom?: number): Panel {
  const red = redFrom === undefined ? {} : { redFrom };
  return { title, about, look: 'stat', unit, width: 4, queries: queries.map((expr) => [expr, title]), ...red };
}

/** A counter's growth over the whole of the time that is shown. */
function over(metric: string, matcher?: string): string {
  return `sum(increase(${series(metric, matcher)}[$__range]))`;
}

/** A counter's growth from point to point. */
function by(labels: string, metric: string, matcher?: string): string {
  return `sum by (${labels}) (increase(${series(metric, matcher)}[$__rate_interval]))`;
}

function quantileOf(quantile: number, metric: string): string {
  return `histogram_quantile(${quantile}, sum by (le) (rate(${series(metric)}[$__rate_interval])))`;
}

function series(metric: string, matcher?: string): string {
  return `{${[nameOf(metric), 'job=~"$job"', ...(matcher === undefined ? [] : [matcher])].join(', ')}}`;
}

/**
 * A metric by its name. A histogram's ends with its unit if the Collector or OTLP brings it, and does not if the Prometheus
 * exporter of OpenTelemetry's JavaScript SDK does.
 */
function nameOf(metric: string): string {
  const either = metric.replace(/_duration_/, '_duration(_seconds)?_');
  return either === metric ? `__name__="${metric}"` : `__name__=~"${either}"`;
}

if (require.main === module) writeFileSync(DASHBOARD, `${JSON.stringify(dashboard(), null, 2)}\n`);
