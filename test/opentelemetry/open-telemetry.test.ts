/** What OpenTelemetry gets of a long story is what docs/watching-it.md says: names, units, attributes, spans; nothing of the customer. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context, ContextManager } from '@opentelemetry/api';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import type { MetricData } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { DeliveryInbox } from 'botbuilder-handover-vcclive';
import { openTelemetry } from 'botbuilder-handover-vcclive/opentelemetry';
import type { OpenTelemetryOptions } from 'botbuilder-handover-vcclive/opentelemetry';
import { expect } from 'chai';
import { closeScenes, scene, type Scene } from '../integration/scene.js';
import { paper, tableOf } from '../readme/readme-examples.js';
import { playMixedStory, TEXTS } from './mixed-story.js';

const PAGE = paper('docs/watching-it.md');
const STORY_LIMIT_MS = 60_000;

describe('openTelemetry()', () => {
  describe('after a long story', function () {
    this.timeout(STORY_LIMIT_MS);
    let collected: Collected;
    let stage: Scene;

    before(async () => {
      const sdk = startSdk();
      stage = await playMixedStory({ telemetry: openTelemetry(sdk.options) });
      collected = await sdk.collect();
    });
    after(async () => {
      await closeScenes();
      context.disable();
    });

    it('has told every metric of the page, with its unit and its attributes, and no other', () => {
      const documented = tableOf(PAGE, 'metric', 'unit', 'attributes').map(
        ([name = '', unit = '', attributes = '']) => ({
          name: unquoted(name),
          unit: unquoted(unit),
          attributes: words(attributes),
        }),
      );
      const emitted = collected.metrics.map(({ descriptor, dataPoints }) => ({
        name: descriptor.name,
        unit: descriptor.unit,
        attributes: [...new Set(dataPoints.flatMap((point) => Object.keys(point.attributes)))].sort(),
      }));
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect(emitted.sort(byName)).to.deep.equal(documented.sort(byName));
    });

    it('has told every span of the page, with its kind and its attributes, and no other', () => {
      const documented = tableOf(PAGE, 'span', 'kind', 'attributes').map(([name = '', kind = '', attributes = '']) => ({
        name: unquoted(name).replace(' <call>', ''),
        kind,
        attributes: words(attributes),
      }));
      const names = [...new Set(collected.spans.map(({ name }) => twoWords(name)))];
      const emitted = names.map((name) => {
        const spans = collected.spans.filter((span) => twoWords(span.name) === name);
        return {
          name,
          kind: [...new Set(spans.map(({ kind }) => SpanKind[kind]))].join(),
          attributes: [...new Set(spans.flatMap((span) => Object.keys(span.attributes)))].sort(),
        };
      });
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect(emitted.sort(byName)).to.deep.equal(documented.sort(byName));
    });

    it('has counted every handover by how it ended', () => {
      expect(sums(collected, 'messenger.handover.begun')).to.deep.equal({ '': 5 });
      expect(sums(collected, 'messenger.handover.passed')).to.deep.equal({ '': 4 });
      expect(sums(collected, 'messenger.handover.ended')).to.deep.equal({
        'completed passBack': 1,
        'completed message': 1,
        'failed none invalidToken': 1,
        'refused none unavailable': 1,
        'takenBack take': 1,
        'unclaimed timer': 1,
      });
      expect(sums(collected, 'messenger.handover.take_failures')).to.deep.equal({ permissionMissing: 1 });
    });

    it('has timed the claims and the agents, in seconds', () => {
      const [first] = histogram(collected, 'messenger.handover.claim.duration');
      expect(first).to.deep.include({ count: 3, max: 120 });
      const completed = histogram(collected, 'messenger.handover.agent.duration').find(({ max }) => (max ?? 0) > 200);
      expect(completed?.attributes).to.deep.equal({ 'messenger.handover.outcome': 'completed' });
      expect(completed?.max).to.equal(240);
    });

    it('has told where Meta and the ledger disagreed, and what stayed in', () => {
      expect(sums(collected, 'messenger.thread.disagreements')).to.deep.equal({
        'threadOwner vccLive bot': 1,
        'refusedSend bot notUs': 1,
        'threadOwner other bot': 1,
      });
      expect(sums(collected, 'messenger.handover.suppressed_activities')).to.deep.equal({
        anotherAppOwns: 1,
        refusedByMeta: 1,
      });
    });

    it('has told Graph calls by operation and what came of them', () => {
      const counts = Object.fromEntries(
        histogram(collected, 'messenger.graph.call.duration').map(({ attributes, count }) => [
          Object.values(attributes).join(' '),
          count,
        ]),
      );
      expect(counts).to.include({
        'pass ok': 4,
        'pass refused invalidToken': 1,
        'take ok': 2,
        'take refused permissionMissing': 1,
      });
      expect(counts).to.include({
        'send refused anotherAppOwns': 1,
        'send refused rateLimited': 1,
        'send notSent rateLimited': 1,
      });
      const calls = stage.sim.wire.of('graph').filter(({ appId }) => appId === stage.sim.settings.botAppId);
      const sent = Object.entries(counts).filter(([name]) => !name.includes('notSent'));
      expect(sent.reduce((sum, [, count]) => sum + count, 0)).to.equal(calls.length);
    });

    it('has told deliveries by verdict', () => {
      const verdicts = histogram(collected, 'messenger.delivery.duration').map(({ attributes }) =>
        Object.values(attributes).join(),
      );
      expect(verdicts.sort()).to.deep.equal(['done', 'unavailable']);
    });

    it('has spans that lead from a Graph call to its turn and its delivery', () => {
      const pass = collected.spans.find(({ name }) => name === 'messenger graph pass');
      const turn = parentOf(pass, collected);
      const delivery = parentOf(turn, collected);
      expect([turn?.name, delivery?.name]).to.deep.equal(['messenger turn', 'messenger delivery']);
      expect(turn?.events.map(({ name }) => name)).to.deep.equal([
        'messenger.handover.begun',
        'messenger.thread.owner_changes',
        'messenger.handover.passed',
      ]);
      expect(pass?.attributes['http.response.status_code']).to.equal(undefined);
    });

    it('has marked what failed, with a word and without a text', () => {
      const red = collected.spans.filter(({ status }) => status.code === SpanStatusCode.ERROR);
      const marked = red.map(({ name, attributes }) => `${twoWords(name)} ${String(attributes['error.type'])}`);
      expect(new Set(marked)).to.deep.equal(
        new Set([
          'messenger graph anotherAppOwns',
          'messenger graph invalidToken',
          'messenger graph rateLimited',
          'messenger graph permissionMissing',
          'messenger turn TypeError',
          'messenger delivery unavailable',
        ]),
      );
      for (const { status } of red) expect(status.message).to.equal(undefined);
    });

    it('has told nothing of the customer, and no secret', () => {
      const everything = JSON.stringify([
        collected.metrics.map(({ dataPoints }) => dataPoints.map(({ attributes }) => attributes)),
        collected.spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status })),
      ]);
      const { settings } = stage.sim;
      for (const text of [...Object.values(TEXTS), stage.thread.psid, settings.pageAccessToken, settings.appSecret]) {
        expect(everything).not.to.include(text);
      }
      expect(everything).not.to.match(/boom|talk to agent|Our news/);
      expect(JSON.stringify(collected.metrics.map(({ dataPoints }) => dataPoints))).not.to.include(stage.thread.pageId);
    });
  });

  describe('in a short one', () => {
    afterEach(async () => {
      await closeScenes();
      context.disable();
      metrics.disable();
    });

    it('has the Page on metrics where that is asked for', async () => {
      const sdk = startSdk();
      const stage = await scene({ handover: { telemetry: openTelemetry({ ...sdk.options, pageOnMetrics: true }) } });
      await stage.customer.says('talk to agent');
      const begun = (await sdk.collect()).metrics.find(
        ({ descriptor }) => descriptor.name === 'messenger.handover.begun',
      );
      expect(begun?.dataPoints[0]?.attributes).to.deep.equal({ 'messenger.page.id': stage.thread.pageId });
    });

    it('uses an SDK that is started after the handover was made', async () => {
      const stage = await scene({ handover: { telemetry: openTelemetry() } });
      await stage.customer.says('hello');
      const sdk = startSdk();
      metrics.setGlobalMeterProvider(sdk.meterProvider);
      await stage.customer.says('talk to agent');
      expect(sums(await sdk.collect(), 'messenger.handover.passed')).to.deep.equal({ '': 1 });
    });

    it('has deliveries that an inbox keeps, timed until they are kept, as no errors; and those it cannot keep', async () => {
      const sdk = startSdk();
      let isFull = false;
      const inbox: DeliveryInbox = {
        forBot: () => inbox,
        setAside: () => Promise.resolve(),
        put: () => Promise.resolve(isFull ? undefined : 'kept 1'),
        remove: () => Promise.resolve(),
        renew: () => Promise.resolve(),
        giveBack: () => Promise.resolve(),
        takeOver: () => Promise.resolve({ deliveries: [], setAside: 0 }),
      };
      const stage = await scene({ handover: { telemetry: openTelemetry(sdk.options), inbox } });
      await stage.customer.says('hello');
      isFull = true;
      await stage.deliver([{ message: { mid: 'm_1', text: 'hello?' } }]);
      const collected = await sdk.collect();
      const deliveries = collected.spans.filter(({ name }) => name === 'messenger delivery');
      const told = new Map(deliveries.map((each) => [each.attributes['messenger.delivery.verdict'], each.status.code]));
      expect([...told]).to.deep.equal([
        ['stored', SpanStatusCode.UNSET],
        ['unavailable', SpanStatusCode.ERROR],
      ]);
      const [kept] = histogram(collected, 'messenger.delivery.duration');
      expect(kept).to.deep.include({ attributes: { 'messenger.delivery.verdict': 'stored' }, count: 1 });
      const turn = collected.spans.find(({ name }) => name === 'messenger turn');
      expect(parentOf(turn, collected)?.name).to.equal('messenger delivery');
    });

    it('does nothing without an SDK', async () => {
      const stage = await scene({ handover: { telemetry: openTelemetry() } });
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
    });
  });

  it('is refused where it is no probe', () => {
    const known = { botAppId: '1', vccLiveAppId: '2', pageAccessToken: 'token' };
    const wrong = openTelemetry as unknown as ReturnType<typeof openTelemetry>;
    expect(() => new VccLiveHandover({ ...known, telemetry: wrong })).to.throw('"telemetry"');
    expect(() => new VccLiveHandover({ ...known, telemetry: [openTelemetry(), wrong] })).to.throw('"telemetry[1]"');
  });
});

interface Collected {
  readonly metrics: readonly MetricData[];
  readonly spans: readonly ReadableSpan[];
}

/** An SDK as applications start one, with exporters that keep everything. */
function startSdk(): {
  readonly options: OpenTelemetryOptions;
  readonly meterProvider: MeterProvider;
  collect(): Promise<Collected>;
} {
  context.setGlobalContextManager(new AsyncContextManager());
  const spans = new InMemorySpanExporter();
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    options: { tracerProvider, meterProvider },
    meterProvider,
    collect: async () => {
      await meterProvider.forceFlush();
      const collected = exporter
        .getMetrics()
        .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
      const finished = spans.getFinishedSpans();
      await meterProvider.shutdown();
      return { metrics: collected, spans: finished };
    },
  };
}

/** OpenTelemetry's own for Node is a package of its own. */
class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = (): Context => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager['with'] = (active, run, thisArg, ...args) =>
    this.#storage.run(active, () => run.apply(thisArg as never, args));
  bind = <T>(_context: Context, target: T): T => target;
  enable = (): this => this;
  disable = (): this => {
    this.#storage.disable();
    return this;
  };
}

function metric(collected: Collected, name: string): MetricData {
  const found = collected.metrics.find(({ descriptor }) => descriptor.name === name);
  if (!found)
    throw new Error(`There is no ${name} among ${collected.metrics.map((each) => each.descriptor.name).join()}.`);
  return found;
}

/** A counter's sums, by the values of their attributes. */
function sums(collected: Collected, name: string): Record<string, number> {
  const { dataPointType, dataPoints } = metric(collected, name);
  expect(dataPointType).to.equal(DataPointType.SUM);
  return Object.fromEntries(
    dataPoints.map(({ attributes, value }) => [Object.values(attributes).join(' '), Number(value)]),
  );
}

function histogram(
  collected: Collected,
  name: string,
): { readonly attributes: object; readonly count: number; readonly max: number | undefined }[] {
  const { dataPointType, dataPoints } = metric(collected, name);
  expect(dataPointType).to.equal(DataPointType.HISTOGRAM);
  return dataPoints.map(({ attributes, value }) => {
    const { count, max } = value as { readonly count: number; readonly max?: number };
    return { attributes, count, max };
  });
}

function parentOf(span: ReadableSpan | undefined, { spans }: Collected): ReadableSpan | undefined {
  return spans.find((each) => each.spanContext().spanId === span?.parentSpanContext?.spanId);
}

function twoWords(name: string): string {
  return name.split(' ').slice(0, 2).join(' ');
}

function unquoted(cell: string): string {
  return cell.replaceAll('`', '');
}

function words(cell: string): string[] {
  return cell
    .split(',')
    .map((word) => unquoted(word).trim())
    .filter((word) => word !== '')
    .sort();
}
