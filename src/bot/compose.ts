/** Wires one plugin: each part gets what was made before it. */
import { inBackground } from '../thread/clock.js';
import type { PageId } from '../thread/ids.js';
import type { DeliveryInbox } from '../thread/inbox.js';
import type { AnswerDeps } from '../webhook/http-request.js';
import type { CloseReport } from '../queue/deliver.js';
import { DeliveryQueue } from '../queue/deliver.js';
import { InboxWorker } from '../queue/inbox-worker.js';
import { measuredInbox } from '../queue/measured-inbox.js';
import { measuredQueue, queueOfMeasuredTurns } from '../queue/measured-queue.js';
import type { RecordedEvent } from '../handover/turn.js';
import { DeadlineWatch } from '../handover/timers.js';
import { AfterHandover } from './after-handover.js';
import { HandoverRequests } from './begin-handover.js';
import type { HandoverCore } from './compose-core.js';
import { composeCore } from './compose-core.js';
import type { HandoverOptions } from './handover-options.js';
import { RoutingLookup } from './inline-thread-control.js';
import type { MessengerHost } from './messenger-host.js';
import { eventsOf, messengerHost } from './messenger-host.js';
import { OutgoingGuards } from './outgoing-guards.js';
import type { Policies } from './page-policies.js';
import { PluginTurns } from './plugin-turns.js';
import type { LastWebhook } from './health.js';
import { HealthCheck } from './health.js';
import type { Framework } from './port.js';
import { TurnRunner } from './run-event.js';

/** One plugin, wired. */
export interface Plugin {
  readonly core: HandoverCore;
  readonly answering: AnswerDeps;
  readonly requests: HandoverRequests;
  readonly guards: OutgoingGuards;
  readonly runner: TurnRunner;
  readonly pluginTurns: PluginTurns;
  readonly after: AfterHandover;
  readonly watch: DeadlineWatch;
  readonly health: HealthCheck;
  readonly host: MessengerHost;
  /** Takes nothing in any more, and ends what runs or leaves it after `withinMs` milliseconds. */
  readonly close: (withinMs: number) => Promise<CloseReport>;
}

/**
 * @param framework what the turns run on
 * @throws {@link InvalidOptionError} if an option cannot work, naming it
 */
export function compose(options: HandoverOptions, framework: Framework): Plugin {
  const core = composeCore(options);
  const { engine, log, lines, clock, events, functions, addresses, client, probe, book, store, tokens } = core;
  const policiesOf = (pageId: PageId): Policies => book.of(pageId);
  const policiesAsked = (pageId: PageId): Promise<void> | undefined => book.asked(pageId);
  const incoming = composeQueue(core);
  const answering = { log, clock, lines };
  const after = new AfterHandover({ ...answering, engine, policiesOf, functions });
  const pluginTurns = new PluginTurns({
    ...answering,
    framework,
    runAfter: (thread, work) => incoming.queue.runAfter(thread, work),
    isInside: (thread) => incoming.queue.isInside(thread),
    after,
    policiesOf,
    expire: (thread) => engine.expire(thread),
    endedBefore: (turn) => engine.dialogResults.endedBefore(turn),
    bringHome: (thread) => engine.bringHome(thread),
  });
  core.endings.subscribe((thread, ended, eventKey) => pluginTurns.resumeAfter(thread, ended, eventKey));
  const said = { engine, events, clock, log, framework, addresses };
  const requests = new HandoverRequests({
    ...said,
    client,
    policiesOf,
    policiesAsked,
    functions,
    metadataOf: core.metadataOf,
    routing: new RoutingLookup(client, { clock, log }),
    failed: (thread, reference, error) => pluginTurns.failed(thread, reference, error),
  });
  const guards = new OutgoingGuards({ ...said, initiate: (context, activity) => requests.initiate(context, activity) });
  const queue = measuredQueue(incoming.queue, probe, clock);
  const webhooks: LastWebhook = { atMs: undefined, isServed: false };
  const runner = new TurnRunner({
    ...said,
    queue,
    runInQueue: (thread, work) => incoming.queue.run(thread, work),
    guards,
    requests,
    pluginTurns,
    after,
    policiesOf,
    webhooks,
  });
  const watch = composeWatch(core, pluginTurns);
  const inbox = incoming.inbox && measuredInbox(incoming.inbox, probe, clock);
  const host = messengerHost({ core, answering, queue, inbox, pluginTurns, runner, webhooks });
  const health = new HealthCheck({
    clock,
    store,
    inbox: incoming.kept,
    client,
    tokens,
    queue: incoming.queue,
    webhooks,
  });
  const close = (withinMs: number): Promise<CloseReport> => closed({ core, watch, ...incoming }, withinMs);
  return { core, answering, requests, guards, runner, pluginTurns, after, watch, health, host, close };
}

interface Incoming {
  readonly queue: DeliveryQueue<RecordedEvent>;
  readonly inbox: InboxWorker<RecordedEvent> | undefined;
  /** What the inbox of this bot is kept in. */
  readonly kept: DeliveryInbox | undefined;
}

function composeQueue({ options, engine, store, clock, log, processId, probe }: HandoverCore): Incoming {
  const queue = new DeliveryQueue({
    store,
    clock,
    log,
    processId,
    enter: (ticket, leaseMs, event) => engine.recorder.enter(ticket, leaseMs, event),
    limits: options.limits ?? {},
  });
  engine.fence.ask(queue);
  const kept = options.inbox?.forBot({ appId: options.botAppId, log });
  const worker = queueOfMeasuredTurns(queue, probe, clock);
  const inbox = kept && new InboxWorker({ inbox: kept, queue: worker, clock, log, read: eventsOf });
  return { queue, inbox, kept };
}

/** Watches from now on if any thread may have timers. */
function composeWatch({ store, clock, log, book }: HandoverCore, pluginTurns: PluginTurns): DeadlineWatch {
  const watch = new DeadlineWatch({
    store,
    clock,
    log,
    expire: async (thread) => {
      await book.asked(thread.pageId);
      await pluginTurns.expire(thread);
    },
    bringHome: async (thread) => {
      await book.asked(thread.pageId);
      await pluginTurns.bringHome(thread);
    },
  });
  if (book.mayHaveTimers) watch.start();
  return watch;
}

async function closed(
  { core, watch, queue, inbox }: Incoming & { readonly core: HandoverCore; readonly watch: DeadlineWatch },
  withinMs: number,
): Promise<CloseReport> {
  inbox?.stop();
  const overdue = new Promise<void>((resolve) => {
    inBackground(core.clock, withinMs, resolve);
  });
  const watched = watch.close();
  const left = await queue.close(withinMs);
  await Promise.race([watched, overdue]);
  // Another process takes over what is left, so turns that go on here must be silent.
  if (inbox) core.engine.fence.stop();
  await inbox?.close();
  core.lines.stop();
  await core.store.close?.();
  await core.traffic.observer?.close();
  return left;
}
