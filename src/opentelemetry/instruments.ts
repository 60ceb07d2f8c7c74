/**
 * The names, units and meanings of everything that is measured through OpenTelemetry, as one table.
 *
 * Names follow OpenTelemetry's conventions (dots between namespaces, seconds, `{things}` for counts). Attributes have the
 * package's own words as values, so that readers of a dashboard find them in the documentation.
 * @see https://opentelemetry.io/docs/specs/semconv/general/metrics/
 */

/** How a metric is made. */
export interface Instrument {
  readonly type: 'counter' | 'histogram';
  readonly unit: string;
  readonly description: string;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

/** For waits of people: seconds up to a day. */
const LONG_S = [5, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400];
/** For waits of machines: OpenTelemetry's own bounds for HTTP. */
const SHORT_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** Every metric, by name. */
export const INSTRUMENTS = {
  'messenger.handover.begun': {
    type: 'counter',
    unit: '{handover}',
    description: 'Handovers that have begun: notice and pass follow.',
  },
  'messenger.handover.passed': {
    type: 'counter',
    unit: '{handover}',
    description: 'Handovers that VCC Live has got.',
  },
  'messenger.handover.ended': {
    type: 'counter',
    unit: '{handover}',
    description: 'Handovers by outcome, those included that were refused or failed before they began.',
  },
  'messenger.handover.claim.duration': {
    type: 'histogram',
    unit: 's',
    description: "From the pass to an agent's first words.",
    buckets: LONG_S,
  },
  'messenger.handover.agent.duration': {
    type: 'histogram',
    unit: 's',
    description: "From an agent's first words to the end of the handover.",
    buckets: LONG_S,
  },
  'messenger.handover.duration': {
    type: 'histogram',
    unit: 's',
    description: 'From the request to the end of a handover that VCC Live had got.',
    buckets: LONG_S,
  },
  'messenger.handover.take_failures': {
    type: 'counter',
    unit: '{failure}',
    description: 'Threads that the bot could not take back; their handovers go on.',
  },
  'messenger.handover.suppressed_activities': {
    type: 'counter',
    unit: '{activity}',
    description: 'Activities of the bot that stayed in.',
  },
  'messenger.thread.owner_changes': {
    type: 'counter',
    unit: '{change}',
    description: 'Changes of owner to, from or between other apps.',
  },
  'messenger.thread.disagreements': {
    type: 'counter',
    unit: '{disagreement}',
    description: 'Cases in which Meta said something else than the ledger held.',
  },
  'messenger.event.ignored': {
    type: 'counter',
    unit: '{event}',
    description: 'Webhook items that ran nothing.',
  },
  'messenger.delivery.duration': {
    type: 'histogram',
    unit: 's',
    description: 'Webhook deliveries, from their arrival until Meta could be answered.',
    buckets: SHORT_S,
  },
  'messenger.graph.call.duration': {
    type: 'histogram',
    unit: 's',
    description: 'Attempts at calls of the Graph API, those included that a pause or a dead token kept here.',
    buckets: SHORT_S,
  },
} as const satisfies Readonly<Record<string, Instrument>>;

/** The name of a metric. */
export type InstrumentName = keyof typeof INSTRUMENTS;

/** The attributes of metrics, spans and span events. */
export const ATTRIBUTES = {
  outcome: 'messenger.handover.outcome',
  via: 'messenger.handover.via',
  refused: 'messenger.handover.refused',
  handoverId: 'messenger.handover.id',
  suppressed: 'messenger.handover.suppressed',
  from: 'messenger.thread.owner.from',
  to: 'messenger.thread.owner.to',
  disagreement: 'messenger.thread.disagreement',
  ledger: 'messenger.thread.owner.ledger',
  meta: 'messenger.thread.owner.meta',
  ignored: 'messenger.event.reason',
  eventKind: 'messenger.event.kind',
  channel: 'messenger.event.channel',
  verdict: 'messenger.delivery.verdict',
  events: 'messenger.delivery.events',
  operation: 'messenger.graph.operation',
  graphOutcome: 'messenger.graph.outcome',
  graphCode: 'messenger.graph.code',
  graphSubcode: 'messenger.graph.subcode',
  graphTraceId: 'messenger.graph.trace_id',
  pageId: 'messenger.page.id',
  errorType: 'error.type',
  httpStatus: 'http.response.status_code',
  host: 'server.address',
} as const;

/** The names of spans. A Graph call's is followed by its operation. */
export const SPANS = { delivery: 'messenger delivery', turn: 'messenger turn', graphCall: 'messenger graph' } as const;
