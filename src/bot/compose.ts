/** Wires one plugin: each part gets what was made before it. */
import { inBackground } from '../thread/clock.js';
import type { ThreadEvent } from '../thread/event.js';
import type { DeliveryInbox } from '../thread/inbox.js';
import { parseJson } from '../webhook/http-request.js';
import { parseWebhook } from '../webhook/parse-webhook.js';
import type { CloseReport } from '../queue/deliver.js';
import { DeliveryQueue } from '../queue/deliver.js';
import { InboxWorker } from '../queue/inbox-worker.js';
import type { Inbox } from '../queue/measured-inbox.js';
import { measuredInbox } from '../queue/measured-inbox.js';
import type { Queue } from '../queue/measured-queue.js';
import { measuredQueue, queueOfMeasuredTurns } from '../queue/measured-queue.js';
import type { RecordedEvent } from '../handover/turn.js';
import { DeadlineWatch } from '../handover/timers.js';
import { AfterHandover } from './requests/after-handover.js';
import { HandoverRequests } from './requests/begin-handover.js';
import type { HandoverCore } from './compose-core.js';
import { composeCore } from './compose-core.js';
import type { HandoverOptions } from './options/handover-options.js';
import { OutgoingGuards } from './outgoing/outgoing-guards.js';
import { PluginTurns } from './plugin-turns.js';
import type { LastWebhook } from './serving/health.js';
import { HealthCheck } from './serving/health.js';
import type { Framework } from './port.js';
import { TurnRunner } from './run-event.js';

/** One plugin, wired. */
export interface Plugin {
  readonly core: HandoverCore;
  readonly framework: Framework;
  readonly requests: HandoverRequests;
  readonly guards: OutgoingGuards;
  readonly runner: TurnRunner;
  readonly pluginTurns: PluginTurns;
  readonly after: AfterHandover;
  readonly watch: DeadlineWatch;
  readonly health: HealthCheck;
  readonly queue: Queue<RecordedEvent>;
  readonly inbox: Inbox<RecordedEvent> | undefined;
  readonly webhooks: LastWebhook;
  /** A route for VCC Live's webhooks exists. */
  servesVccLive: boolean;
  /** Takes nothing in any more, and ends what runs or leaves it after `withinMs` milliseconds. */
  readonly close: (withinMs: number) => Promise<CloseReport>;
}

/**
 * @param framework what the turns run on
 * @throws {@link InvalidOptionError} if an option cannot work, naming it
 */
export function compose(options: HandoverOptions, framework: Framework): Plugin {
  const core = composeCore(options);
  const { probe, clock, engine } = core;
  const incoming = composeQueue(core);
  const queue = measuredQueue(incoming.queue, probe, clock);
  const inbox = incoming.inbox && measuredInbox(incoming.inbox, probe, clock);
  const webhooks: LastWebhook = { atMs: undefined, isServed: false };
  const after = new AfterHandover(core);
  const pluginTurns = new PluginTurns({ ...core, framework, queue: incoming.queue, after });
  engine.decisions.onEnded = (thread, ended, eventKey) => pluginTurns.resumeAfter(thread, ended, eventKey);
  const requests = new HandoverRequests({ ...core, framework, pluginTurns });
  const guards = new OutgoingGuards({ ...core, framework, requests });
  const turns = { guards, requests, pluginTurns, after };
  const runner = new TurnRunner({ ...core, ...turns, framework, queue, ownTurns: incoming.queue, webhooks });
  const watch = composeWatch(core, pluginTurns);
  const health = new HealthCheck({ ...core, inbox: incoming.kept, queue: incoming.queue, webhooks });
  const close = (withinMs: number): Promise<CloseReport> => closed({ core, watch, ...incoming }, withinMs);
  return { core, framework, ...turns, runner, watch, health, queue, inbox, webhooks, servesVccLive: false, close };
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

/** The events of a body that an inbox kept; `undefined` if the body cannot be read. */
function eventsOf(body: string): readonly ThreadEvent[] | undefined {
  const parsed = parseJson(body);
  return parsed.ok ? parseWebhook(parsed.value) : undefined;
}

/** Watches from now on if any thread may have timers. */
function composeWatch({ store, clock, log, book }: HandoverCore, pluginTurns: PluginTurns): DeadlineWatch {
  const watch = new DeadlineWatch({
    store,
    clock,
    log,
    handle: async (due) => {
      await book.asked(due.thread.pageId);
      await pluginTurns.endWhenDue(due);
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
