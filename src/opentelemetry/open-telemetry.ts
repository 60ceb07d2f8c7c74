/**
 * A probe that measures through OpenTelemetry's API: metrics, and spans around deliveries, turns and Graph calls.
 *
 * It has its own export path (`…/opentelemetry`) because it needs `@opentelemetry/api`. Without an SDK in the process,
 * that package does nothing, and so does this probe.
 * @see https://opentelemetry.io/docs/languages/js/
 */
import type {
  Attributes,
  Context,
  Counter,
  Histogram,
  Meter,
  MeterProvider,
  Span,
  SpanKind,
  TracerProvider,
} from '@opentelemetry/api';
import { checkFields, namesOf } from '../thread/check-values.js';
import { HandoverError } from '../thread/errors.js';
import type { BegunWork, Measurement, Probe, Work, WorkEnd } from '../thread/probe.js';
import type { Instrument, InstrumentName } from './instruments.js';
import { ATTRIBUTES as A, INSTRUMENTS, SPANS } from './instruments.js';

/** Where measurements go. */
export interface OpenTelemetryOptions {
  /** Default: the one that is registered in the process when something is measured, so the SDK may be started later. */
  readonly meterProvider?: MeterProvider;
  /** Default: the one that is registered in the process. */
  readonly tracerProvider?: TracerProvider;
  /**
   * Adds `messenger.page.id` to metrics, which makes a series for each of the bot's Pages. Spans have it anyway. Default
   * false.
   */
  readonly pageOnMetrics?: boolean;
}

/** The name of the tracer and of the meter. */
const SCOPE = 'botbuilder-handover-vcclive';
/** Verdicts after which Meta has got its answer. */
const ACKNOWLEDGED: readonly string[] = ['done', 'stillRunning', 'stored'];

const api = loadApi();

const OPTION_NAMES = namesOf<OpenTelemetryOptions>({ meterProvider: true, tracerProvider: true, pageOnMetrics: true });

/**
 * Makes a probe for the option `telemetry`.
 * @throws {@link InvalidOptionError} naming the option
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Probe {
  checkFields('', options, OPTION_NAMES);
  return new OpenTelemetryProbe(options);
}

class OpenTelemetryProbe implements Probe {
  readonly #options: OpenTelemetryOptions;
  #meters: Meters | undefined;

  constructor(options: OpenTelemetryOptions) {
    this.#options = options;
  }

  happened(measurement: Measurement): void {
    const { pageId } = measurement;
    const { points, event, attributes } = recordedOf(measurement);
    for (const point of points) this.#record(point.name, point.value, point.attributes, pageId);
    const span = api.trace.getActiveSpan();
    if (!span?.isRecording()) return;
    span.addEvent(event, { ...attributes, ...pageOf(pageId) });
    // The turn of an event that did not finish. The error's text is the bot's own and may hold anything.
    if (measurement.kind === 'ignored' && measurement.errorType !== undefined) failed(span, measurement.errorType);
  }

  begin(work: Work): BegunWork {
    const tracer = (this.#options.tracerProvider ?? api.trace.getTracerProvider()).getTracer(SCOPE);
    const span = tracer.startSpan(nameOf(work), { kind: kindOf(work), attributes: beginningOf(work) });
    const context: Context = api.trace.setSpan(api.context.active(), span);
    return {
      within: (run) => api.context.with(context, run),
      end: (how) => {
        this.#measure(work, how);
        span.setAttributes(endingOf(how));
        const errorType = errorTypeOf(how);
        if (errorType !== undefined) failed(span, errorType);
        span.end();
      },
    };
  }

  #measure(work: Work, how: WorkEnd): void {
    const seconds = how.durationMs / 1000;
    if (work.kind === 'graphCall' && how.kind === 'graphCall') {
      const attributes = { [A.operation]: work.operation, [A.graphOutcome]: how.outcome, ...errorOf(how.errorType) };
      this.#record('messenger.graph.call.duration', seconds, attributes, work.pageId);
    }
    // A delivery may hold events of several Pages.
    if (how.kind === 'delivery') this.#record('messenger.delivery.duration', seconds, { [A.verdict]: how.verdict }, '');
  }

  #record(name: InstrumentName, value: number, attributes: Attributes, pageId: string): void {
    const page = this.#options.pageOnMetrics === true ? pageOf(pageId) : {};
    this.#metersNow().record(name, value, { ...attributes, ...page });
  }

  /** Before the SDK is there, the API gives a meter that never does anything: so the probe asks for one each time. */
  #metersNow(): Meters {
    const provider = this.#options.meterProvider ?? api.metrics.getMeterProvider();
    if (this.#meters?.provider !== provider) this.#meters = new Meters(provider);
    return this.#meters;
  }
}

/** The instruments of one provider, each made when it is first used. */
class Meters {
  readonly provider: MeterProvider;
  readonly #meter: Meter;
  readonly #instruments = new Map<InstrumentName, Counter | Histogram>();

  constructor(provider: MeterProvider) {
    this.provider = provider;
    this.#meter = provider.getMeter(SCOPE);
  }

  record(name: InstrumentName, value: number, attributes: Attributes): void {
    let instrument = this.#instruments.get(name);
    if (!instrument) {
      instrument = this.#made(name, INSTRUMENTS[name]);
      this.#instruments.set(name, instrument);
    }
    if ('add' in instrument) instrument.add(value, attributes);
    else instrument.record(value, attributes);
  }

  #made(name: string, { type, unit, description, buckets }: Instrument): Counter | Histogram {
    if (type === 'counter') return this.#meter.createCounter(name, { unit, description });
    const advice = buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...buckets] } };
    return this.#meter.createHistogram(name, { unit, description, ...advice });
  }
}

interface Point {
  readonly name: InstrumentName;
  readonly value: number;
  readonly attributes: Attributes;
}

/** A measurement as points of metrics, and as an event on the span that it happened in. */
interface Recorded {
  readonly points: readonly Point[];
  readonly event: string;
  readonly attributes: Attributes;
}

function recordedOf(measurement: Measurement): Recorded {
  switch (measurement.kind) {
    case 'handoverBegun':
      return recorded('messenger.handover.begun', {}, idOf(measurement));
    case 'handoverPassed':
      return recorded('messenger.handover.passed', {}, idOf(measurement));
    case 'handoverClaimed': {
      const point = {
        name: 'messenger.handover.claim.duration',
        value: measurement.waitedMs / 1000,
        attributes: {},
      } as const;
      return { points: [point], event: 'messenger.handover.claimed', attributes: idOf(measurement) };
    }
    case 'handoverEnded':
      return endedOf(measurement);
    case 'takingBackFailed':
      return recorded('messenger.handover.take_failures', errorOf(measurement.errorType), idOf(measurement));
    case 'ownerChanged':
      return recorded('messenger.thread.owner_changes', { [A.from]: measurement.from, [A.to]: measurement.to });
    case 'disagreement': {
      const { by, ledger, meta } = measurement;
      return recorded('messenger.thread.disagreements', { [A.disagreement]: by, [A.ledger]: ledger, [A.meta]: meta });
    }
    case 'suppressed':
      return recorded('messenger.handover.suppressed_activities', { [A.suppressed]: measurement.reason });
    case 'ignored': {
      const { reason, eventKind, errorType } = measurement;
      return recorded('messenger.event.ignored', {
        [A.ignored]: reason,
        [A.eventKind]: eventKind,
        ...errorOf(errorType),
      });
    }
  }
}

/** One point of one counter, and an event of the same name; `more` is on the event alone. */
function recorded(name: InstrumentName, attributes: Attributes, more: Attributes = {}): Recorded {
  return { points: [{ name, value: 1, attributes }], event: name, attributes: { ...attributes, ...more } };
}

function endedOf(ended: Extract<Measurement, { kind: 'handoverEnded' }>): Recorded {
  const { outcome, via, refused, waitedMs, agentMs, errorType } = ended;
  const attributes = {
    [A.outcome]: outcome,
    [A.via]: via,
    ...(refused === undefined ? {} : { [A.refused]: refused }),
    ...errorOf(errorType),
  };
  const counted = recorded('messenger.handover.ended', attributes, idOf(ended));
  const byOutcome = { [A.outcome]: outcome };
  const points: Point[] = [...counted.points];
  if (waitedMs !== undefined) {
    points.push({ name: 'messenger.handover.duration', value: waitedMs / 1000, attributes: byOutcome });
  }
  if (agentMs !== undefined) {
    points.push({ name: 'messenger.handover.agent.duration', value: agentMs / 1000, attributes: byOutcome });
  }
  return { ...counted, points };
}

function nameOf(work: Work): string {
  return work.kind === 'graphCall' ? `${SPANS.graphCall} ${work.operation}` : SPANS[work.kind];
}

function kindOf({ kind }: Work): SpanKind {
  if (kind === 'graphCall') return api.SpanKind.CLIENT;
  return kind === 'delivery' ? api.SpanKind.CONSUMER : api.SpanKind.INTERNAL;
}

function beginningOf(work: Work): Attributes {
  switch (work.kind) {
    case 'graphCall':
      return { [A.operation]: work.operation, [A.host]: work.host, ...pageOf(work.pageId) };
    case 'delivery':
      return { [A.events]: work.events };
    case 'turn':
      return { [A.eventKind]: work.eventKind, [A.channel]: work.channel, ...pageOf(work.pageId ?? '') };
  }
}

function endingOf(how: WorkEnd): Attributes {
  switch (how.kind) {
    case 'graphCall':
      return {
        [A.graphOutcome]: how.outcome,
        ...(how.httpStatus === undefined ? {} : { [A.httpStatus]: how.httpStatus }),
        ...(how.metaCode === undefined ? {} : { [A.graphCode]: how.metaCode }),
        ...(how.metaSubcode === undefined ? {} : { [A.graphSubcode]: how.metaSubcode }),
        ...(how.fbTraceId === undefined ? {} : { [A.graphTraceId]: how.fbTraceId }),
      };
    case 'delivery':
      return { [A.verdict]: how.verdict };
    case 'turn':
      return {};
  }
}

/** A delivery that Meta has to repeat is an error too: a customer waits. */
function errorTypeOf(how: WorkEnd): string | undefined {
  if (how.kind === 'delivery') return ACKNOWLEDGED.includes(how.verdict) ? undefined : how.verdict;
  return how.errorType;
}

function failed(span: Span, errorType: string): void {
  span.setAttribute(A.errorType, errorType);
  span.setStatus({ code: api.SpanStatusCode.ERROR });
}

function errorOf(errorType: string | undefined): Attributes {
  return errorType === undefined ? {} : { [A.errorType]: errorType };
}

function idOf({ handoverId }: { readonly handoverId?: string }): Attributes {
  return handoverId === undefined ? {} : { [A.handoverId]: handoverId };
}

function pageOf(pageId: string): Attributes {
  return pageId === '' ? {} : { [A.pageId]: pageId };
}

function loadApi(): typeof import('@opentelemetry/api') {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not say what is missing
    return require('@opentelemetry/api') as typeof import('@opentelemetry/api');
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : '';
    if (!text.includes("'@opentelemetry/api'")) throw cause;
    const install = "This path needs OpenTelemetry's API, which is not installed. Run: npm install @opentelemetry/api";
    throw new HandoverError('missingPeer', install, { cause });
  }
}
