/**
 * A probe that tells Bot Framework's telemetry client: what OpenTelemetry counts, as events of Application Insights.
 *
 * Takes the client by its shape, because it may be of any version of the SDK.
 * @see https://learn.microsoft.com/azure/bot-service/bot-builder-telemetry
 */
import type { Measurement, Probe, Work, WorkEnd } from '../thread/probe.js';

/** What is used of a `BotTelemetryClient`. */
export interface BotTelemetryLike {
  trackEvent(event: { name: string; properties?: Record<string, string>; metrics?: Record<string, number> }): unknown;
  trackDependency(dependency: {
    dependencyTypeName: string;
    target: string;
    name: string;
    data: string;
    duration: number;
    success: boolean;
    resultCode: number;
  }): unknown;
}

/** The events, by what is measured. Graph calls are dependencies. */
const EVENTS = {
  handoverBegun: 'MessengerHandover.Begun',
  handoverPassed: 'MessengerHandover.Passed',
  handoverClaimed: 'MessengerHandover.Claimed',
  handoverEnded: 'MessengerHandover.Ended',
  takingBackFailed: 'MessengerHandover.TakeFailed',
  suppressed: 'MessengerHandover.Suppressed',
  ownerChanged: 'MessengerThread.OwnerChanged',
  disagreement: 'MessengerThread.Disagreement',
  ignored: 'MessengerEvent.Ignored',
} as const satisfies Readonly<Record<Measurement['kind'], string>>;
const DELIVERY = 'MessengerDelivery';

/**
 * Makes a probe for the option `telemetry` of a `BotTelemetryClient`, an `ApplicationInsightsTelemetryClient` for one.
 * Durations are milliseconds, as Bot Framework's are.
 */
export function botTelemetry(client: BotTelemetryLike): Probe {
  return {
    // What the client returns is passed on: a client may be async, and its failure must not end the process.
    happened: ({ kind, ...fields }) => client.trackEvent({ name: EVENTS[kind], ...propertiesAndMetrics(fields) }),
    begin: (work) => ({ end: (how) => ended(client, work, how) }),
  };
}

function ended(client: BotTelemetryLike, work: Work, how: WorkEnd): unknown {
  if (work.kind === 'delivery' && how.kind === 'delivery') {
    const { verdict, durationMs } = how;
    return client.trackEvent({ name: DELIVERY, properties: { verdict }, metrics: { durationMs, events: work.events } });
  }
  if (work.kind === 'graphCall' && how.kind === 'graphCall') {
    return client.trackDependency({
      dependencyTypeName: 'HTTP',
      target: work.host,
      name: `messenger graph ${work.operation}`,
      data: how.errorType ?? how.outcome,
      duration: how.durationMs,
      success: how.outcome === 'ok',
      resultCode: how.httpStatus ?? (how.outcome === 'ok' ? 200 : 0),
    });
  }
  return undefined;
}

/** Words are properties, numbers are metrics. */
function propertiesAndMetrics(fields: Readonly<Record<string, string | number | undefined>>): {
  properties: Record<string, string>;
  metrics: Record<string, number>;
} {
  const properties: Record<string, string> = {};
  const metrics: Record<string, number> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') properties[name] = value;
    if (typeof value === 'number') metrics[name] = value;
  }
  return { properties, metrics };
}
