/**
 * Dashboard and alert rules use what the exporter really gives: names, labels and words; a real Prometheus understands every
 * query, and finds what happened.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { openTelemetry } from 'botbuilder-handover-vcclive/opentelemetry';
import { expect } from 'chai';
import { DASHBOARD, dashboard } from '../../docs/generate/dashboard.js';
import { closeScenes } from '../integration/scene.js';
import { playMixedStory } from '../opentelemetry/mixed-story.js';
import { paper, REPOSITORY } from '../readme/readme-examples.js';
import { describeWithPrometheus, Prometheus, promtool } from './prometheus.js';
import { listenLocally } from '../kit/listening.js';

const RULES = join(REPOSITORY, 'docs', 'watching', 'alerts.yml');
const RULE_TESTS = join(REPOSITORY, 'test', 'watching', 'alerts.test.yml');
const STORY_LIMIT_MS = 120_000;
const RANGES = { $__rate_interval: '1m', $__range: '1h' };
/** Of Prometheus itself, and of the exporter. */
const ADDED_LABELS = ['job', 'le', 'alertname', 'alertstate'];

describe('the dashboard and the alerts', function () {
  this.timeout(STORY_LIMIT_MS);
  let server: Server;
  let target: string;
  let scraped: string;

  before(async () => {
    const exporter = new PrometheusExporter({ preventServerStart: true });
    const meterProvider = new MeterProvider({ readers: [exporter] });
    server = createServer((request, response) => exporter.getMetricsRequestHandler(request, response));
    target = new URL(await listenLocally(server)).host;
    await playMixedStory({ telemetry: openTelemetry({ meterProvider }) });
    scraped = await (await fetch(`http://${target}/metrics`)).text();
  });
  after(async () => {
    await closeScenes();
    server.close();
  });

  it('are up to date (else: npx tsx docs/generate/dashboard.ts)', () => {
    expect(JSON.parse(readFileSync(DASHBOARD, 'utf8'))).to.deep.equal(dashboard());
  });

  it('name only metrics and labels that the exporter gives', () => {
    const series = [...scraped.matchAll(/^(\w+)(?:\{(.*)\})? /gm)];
    const metrics = new Set(series.map(([, name = '']) => name));
    const labels = new Set([
      ...series.flatMap(([, , all = '']) => [...all.matchAll(/(\w+)="/g)].map(([, label = '']) => label)),
      ...ADDED_LABELS,
    ]);
    const expressions = [...queriesOfDashboard(), ...expressionsOf(RULES)];
    const named = [...new Set(expressions.flatMap(metricsIn))];
    expect(named.length).to.be.greaterThan(10);
    expect(named.filter((name) => ![...metrics].some((given) => new RegExp(`^${name}$`).test(given)))).to.deep.equal(
      [],
    );
    const compared = [...new Set(expressions.flatMap(labelsIn))];
    expect(compared.length).to.be.greaterThan(10);
    expect(compared.filter((name) => !labels.has(name))).to.deep.equal([]);
  });

  it('compare labels with words of the documentation only', () => {
    const documented = `${paper('docs/watching-it.md')}${paper('docs/errors.md')}${paper('docs/events-and-results.md')}`;
    const words = [...queriesOfDashboard(), ...expressionsOf(RULES)].flatMap((expr) =>
      [...expr.matchAll(/(?<!__name__)=~?"([\w|]+)"/g)].flatMap(([, list = '']) => list.split('|')),
    );
    expect(words).to.include('invalidToken').and.include('unavailable');
    for (const word of words) expect(documented, word).to.include(`\`${word}\``);
  });

  it('are described by docs/watching-it.md, each alert by its name', () => {
    const alerts = [...readFileSync(RULES, 'utf8').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
    expect(alerts.length).to.be.greaterThan(5);
    for (const name of alerts) {
      expect(paper('docs/watching-it.md')).to.include(`\`${name}\``);
      expect(readFileSync(RULE_TESTS, 'utf8'), 'alerts.test.yml').to.include(name);
    }
  });

  describeWithPrometheus('with a real Prometheus', () => {
    let prometheus: Prometheus;
    before(async () => {
      prometheus = await Prometheus.start(target, RULES);
      await prometheus.until('count_over_time(up[1m])', (found) => found.some(({ value }) => value >= 3));
    });
    after(() => prometheus.stop());

    it('promtool accepts the rules, and they do what their tests say', () => {
      for (const checked of [promtool('check', 'rules', RULES), promtool('test', 'rules', RULE_TESTS)]) {
        expect(checked.ok, checked.output).to.equal(true);
      }
    });

    it('promtool accepts the configuration that docs/watching-it.md shows', async () => {
      const shown = /```yaml\n(# prometheus\.yml\n[^]*?)```/.exec(paper('docs/watching-it.md'))?.[1] ?? '';
      const folder = await mkdtemp(join(tmpdir(), 'prometheus-yml-'));
      try {
        const file = join(folder, 'prometheus.yml');
        await writeFile(file, shown.replace('node_modules/botbuilder-handover-vcclive', REPOSITORY));
        const { ok, output } = promtool('check', 'config', file);
        expect(ok, output).to.equal(true);
        expect(output).to.include('10 rules found');
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    });

    it('every query of the dashboard is understood, and what the story had in it is found', async () => {
      const empty: string[] = [];
      for (const query of queriesOfDashboard()) {
        const expr = Object.entries(RANGES).reduce((text, [name, range]) => text.replaceAll(name, range), query);
        const found = await prometheus.query(expr.replaceAll('$job', '.*'));
        if (found.length === 0) empty.push(query);
      }
      expect(empty).to.deep.equal([]);
    });

    it('the story has its dead token reported', async () => {
      await prometheus.until(
        'ALERTS{alertname="HandoverTokenDead",alertstate="firing"}',
        (found) => found.length === 1,
      );
      expect(await prometheus.alerts()).to.include('HandoverTokenDead');
    });

    it('counts what the bot did', async () => {
      const outcomes = await prometheus.query('sum by (messenger_handover_outcome) (messenger_handover_ended_total)');
      const counted = Object.fromEntries(
        outcomes.map(({ metric, value }) => [metric['messenger_handover_outcome'], value]),
      );
      expect(counted).to.deep.equal({ completed: 2, failed: 1, refused: 1, takenBack: 1, unclaimed: 1 });
    });
  });
});

function queriesOfDashboard(): string[] {
  const { panels, templating } = dashboard() as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
  };
  expect(templating.list.find(({ name }) => name === 'job')?.query).to.equal(
    'label_values({__name__=~"messenger_delivery_duration(_seconds)?_count"}, job)',
  );
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
}

/** The expressions of a file of rules. They are folded blocks, or stand behind their name. */
function expressionsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^ +expr: (?:>-\n)?([\s\S]*?)(?=^ +(?:for|labels):)/gm)].map(
    ([, expr = '']) => expr,
  );
}

/** The names of metrics in a query, as Prometheus matches them. */
function metricsIn(expr: string): string[] {
  const matched = [...expr.matchAll(/__name__=~?"([^"]+)"/g)].map(([, name = '']) => name);
  const plain = [...expr.replaceAll(/"[^"]*"/g, '').matchAll(/\bmessenger_\w+(?=[{[])/g)].map(([name]) => name);
  return [...matched, ...plain];
}

/** The labels that a query compares or groups by. */
function labelsIn(expr: string): string[] {
  const compared = [...expr.matchAll(/(\w+)=~?"/g)].map(([, name = '']) => name).filter((name) => name !== '__name__');
  const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
  return [...compared, ...grouped];
}
