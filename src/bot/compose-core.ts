/** Wires what needs no framework: the threads' records, Graph, the store, the policies. The command line uses this alone. */
import type { Clock } from '../thread/clock.js';
import { systemClock } from '../thread/clock.js';
import type { ProcessId } from '../thread/ids.js';
import type { Logger } from '../thread/logger.js';
import { consoleLogger, dependableLogger } from '../thread/logger.js';
import type { Probe } from '../thread/probe.js';
import { dependableProbe } from '../thread/probe.js';
import { faultOfRecord } from '../thread/read-record.js';
import { RepeatedLines } from '../thread/repeated-lines.js';
import { readableOnTheWay } from '../thread/readable-on-the-way.js';
import { Traffic } from '../thread/traffic.js';
import { ApplicationFunctions } from '../thread/application-functions.js';
import { ThreadControlClient } from '../graph/thread-control-client.js';
import { TokenAnswers } from '../graph/token-answers.js';
import { MemoryThreadStore } from '../store/memory/memory-store.js';
import type { RecordStore } from '../store/record-store.js';
import { recordStore } from '../store/record-store.js';
import { HandoverEngine } from '../handover/engine.js';
import { HandoverEvents } from '../handover/events.js';
import { logEvents } from '../handover/log-events.js';
import { measureEvents } from '../handover/measure-events.js';
import { checkOptions } from './options/check-options.js';
import { AddressFinder } from './addresses/find-address.js';
import type { HandoverOptions } from './options/handover-options.js';
import { KnownPages } from './addresses/known-pages.js';
import { PolicyBook } from './options/page-policies.js';
import { randomIds } from './setup/random-ids.js';
import { ThreadOperations } from './requests/thread-operations.js';

/** The plugin without turns. */
export interface HandoverCore {
  readonly options: HandoverOptions;
  readonly log: Logger;
  readonly lines: RepeatedLines;
  readonly clock: Clock;
  readonly probe: Probe | undefined;
  readonly traffic: Traffic;
  /** What Meta's answers say of the tokens. */
  readonly tokens: TokenAnswers;
  readonly functions: ApplicationFunctions;
  readonly events: HandoverEvents;
  readonly client: ThreadControlClient;
  readonly addresses: AddressFinder;
  readonly store: RecordStore;
  readonly book: PolicyBook;
  readonly engine: HandoverEngine;
  readonly operations: ThreadOperations;
  /** Names this process among those that share the store. */
  readonly processId: ProcessId;
}

/** @throws {@link InvalidOptionError} if an option cannot work, naming it */
export function composeCore(options: HandoverOptions): HandoverCore {
  checkOptions(options);
  const { botAppId, vccLiveAppId, limits, pageAccessToken } = options;
  const log = loggerOf(options);
  const clock = options.clock ?? systemClock;
  const lines = new RepeatedLines(log, clock);
  const functions = new ApplicationFunctions({ clock, log, limitMs: limits?.applicationFunctionMs });
  const book = new PolicyBook(options, { clock, functions });
  const events = new HandoverEvents(log);
  logEvents(events, log);
  const probe = dependableProbe(options.telemetry, log);
  if (probe) measureEvents(events, probe);
  const traffic = new Traffic();
  const tokens = new TokenAnswers();
  const client = clientOf(options, { log, clock, probe, traffic, tokens });
  const hasOneToken = typeof pageAccessToken === 'string';
  const addresses = new AddressFinder(new KnownPages({ hasOneToken, ask: () => client.page(), clock, log }), lines);
  const given = options.store ?? new MemoryThreadStore({ now: () => clock.now() });
  const store = recordStore(given.forBot({ appId: botAppId, log, faultOf: faultOfRecord }));
  const newId = randomIds();
  const processId = newId();
  const engine = new HandoverEngine({
    botAppId,
    vccLiveAppId: typeof vccLiveAppId === 'function' ? vccLiveAppId : () => vccLiveAppId,
    graph: client,
    store,
    clock,
    processId,
    newId,
    events,
    log,
    lines,
    policies: book,
  });
  const operations = new ThreadOperations({ options, functions, book, engine, addresses });
  return {
    options,
    log,
    lines,
    clock,
    probe,
    traffic,
    tokens,
    functions,
    events,
    client,
    addresses,
    store,
    book,
    engine,
    operations,
    processId,
  };
}

function loggerOf(options: HandoverOptions): Logger {
  const log = dependableLogger(options.logger ?? consoleLogger);
  const readable = readableOnTheWay('graph.baseUrl', options.graph?.baseUrl);
  if (readable !== undefined) log.warn(readable);
  return log;
}

/** The Graph client of these options. */
export function clientOf(
  { botAppId, pageAccessToken, appSecret, graph }: HandoverOptions,
  { log, clock, probe, traffic, tokens }: Pick<HandoverCore, 'log' | 'clock' | 'probe' | 'traffic' | 'tokens'>,
): ThreadControlClient {
  return new ThreadControlClient(
    { botAppId, pageAccessToken, appSecret, ...graph, clock, logger: log, probe },
    { traffic, tokens },
  );
}
