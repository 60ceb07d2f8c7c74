/**
 * The port for telemetry: what happened, and what took how long.
 *
 * Rooms below know no telemetry library. Without a probe, nothing is measured. No measurement holds a customer's id, a
 * text or a token. Apart from Page ids and handover ids, every word in a measurement is from a closed list.
 */
import type { Clock } from './clock.js';
import { textOfThrown } from './errors.js';
import type { HandoverOutcome, HandoverVia, RefusedReason, ThreadOwner } from './handover.js';
import type { HandoverId, PageId } from './ids.js';
import type { Logger } from './logger.js';
import { isThenable } from './thenable.js';

/** Something happened to a thread. Durations are milliseconds. */
export type Measurement = { readonly pageId: PageId } &
  /** The intent is written; notice and pass follow. */
  (
    | { readonly kind: 'handoverBegun'; readonly handoverId: HandoverId }
    /** VCC Live owns the thread. */
    | { readonly kind: 'handoverPassed'; readonly handoverId: HandoverId }
    /** An agent wrote for the first time. `waitedMs`: since the pass. */
    | { readonly kind: 'handoverClaimed'; readonly handoverId: HandoverId; readonly waitedMs: number }
    | {
        readonly kind: 'handoverEnded';
        /** Absent if it never had one. */
        readonly handoverId?: HandoverId;
        readonly outcome: HandoverOutcome;
        readonly via: HandoverVia;
        /** Since the handover was asked for. Absent if it never began, or failed. */
        readonly waitedMs?: number;
        /** Since an agent's first words. Absent if no agent wrote. */
        readonly agentMs?: number;
        /** If it was refused. */
        readonly refused?: RefusedReason;
        /** Code of the error, if it failed. */
        readonly errorType?: string;
      }
    /** The bot could not take a thread back; the handover goes on. */
    | { readonly kind: 'takingBackFailed'; readonly handoverId?: HandoverId; readonly errorType: string }
    | { readonly kind: 'ownerChanged'; readonly from: ThreadOwner['owner']; readonly to: ThreadOwner['owner'] }
    /** Meta said something else than the ledger held. */
    | {
        readonly kind: 'disagreement';
        readonly by: 'threadOwner' | 'refusedSend';
        readonly ledger: ThreadOwner['owner'];
        readonly meta: ThreadOwner['owner'] | 'notUs';
      }
    /** An activity stayed in; the reason is one of `SuppressedReason`. */
    | { readonly kind: 'suppressed'; readonly reason: string }
    /** The plugin ignored a webhook item; the reason is one of `IgnoredReason`. */
    | { readonly kind: 'ignored'; readonly reason: string; readonly eventKind: string; readonly errorType?: string }
  );

/** Work that takes time. */
export type Work =
  /** One attempt at a call of the Graph API. `host`: the Graph API's. */
  | { readonly kind: 'graphCall'; readonly operation: string; readonly pageId: PageId; readonly host: string }
  /** A webhook delivery, from its arrival until Meta can be answered. */
  | { readonly kind: 'delivery'; readonly events: number }
  /** One event of a delivery, from its admission until the bot has finished with it. */
  | { readonly kind: 'turn'; readonly pageId?: PageId; readonly eventKind: string; readonly channel: string };

/** How work ended. */
export type WorkEnd = { readonly durationMs: number } & (
  | {
      readonly kind: 'graphCall';
      /** `ok`, or what `GraphApiError.outcome` says. */
      readonly outcome: 'ok' | 'refused' | 'unknown' | 'notSent';
      /** `GraphApiError.code`. Absent if it is ok. */
      readonly errorType?: string;
      readonly httpStatus?: number;
      /** Meta's numbers, see `GraphApiError`. */
      readonly metaCode?: number;
      readonly metaSubcode?: number;
      /** Meta's `fbtrace_id`, for Meta's support. */
      readonly fbTraceId?: string;
    }
  | {
      readonly kind: 'delivery';
      readonly verdict: 'done' | 'stored' | 'stillRunning' | 'busy' | 'unavailable' | 'failed';
    }
  | { readonly kind: 'turn'; readonly errorType?: string }
);

/** Work in progress. */
export interface BegunWork {
  /** Calls `run` at once and once, with this work as the context of what it begins. Absent: it is called as it is. */
  within?<T>(run: () => T): T;
  /** Called once. */
  end(how: WorkEnd): void;
}

/**
 * Counts and times. Every method must return at once. One that throws or rejects is logged, and fails nothing.
 * `openTelemetry()` and `botTelemetry(client)` make probes; yours may be one of its own.
 */
export interface Probe {
  happened(measurement: Measurement): void;
  begin(work: Work): BegunWork;
}

/** Runs `run` as measured work; resolves and rejects as it does. */
export async function measured<T>(
  { probe, clock }: { readonly probe: Probe; readonly clock: Clock },
  work: Work,
  run: () => Promise<T>,
  /** How it ended; `undefined` if it rejected. */
  endOf: (value: T | undefined, durationMs: number) => WorkEnd,
): Promise<T> {
  const beganAtMs = clock.now();
  const begun = probe.begin(work);
  let value: T | undefined;
  try {
    value = await (begun.within ? begun.within(run) : run());
    return value;
  } finally {
    begun.end(endOf(value, clock.now() - beganAtMs));
  }
}

/** Several probes as one that never throws. @returns `undefined` if there are none: then nothing is to be measured */
export function dependableProbe(given: Probe | readonly Probe[] | undefined, log: Logger): Probe | undefined {
  const probes = given === undefined ? [] : isList(given) ? given : [given];
  if (probes.length === 0) return undefined;
  const failed = (thrown: unknown): void => {
    log.error(`A telemetry probe threw: ${textOfThrown(thrown)}`);
  };
  const forgiving = <T>(call: () => T): T | undefined => {
    try {
      const returned = call();
      // A method may be async although its type says otherwise. Nobody waits for it, and its failure must not end the process.
      if (isThenable(returned)) returned.then(undefined, failed);
      return returned;
    } catch (thrown) {
      failed(thrown);
      return undefined;
    }
  };
  return {
    happened: (measurement) => {
      for (const probe of probes) forgiving(() => probe.happened(measurement));
    },
    begin: (work) => {
      const begun = probes.flatMap((probe) => forgiving(() => probe.begin(work)) ?? []);
      return {
        within: (run) => runOnce(run, begun, forgiving),
        end: (how) => {
          for (const each of begun) forgiving(() => each.end(how));
        },
      };
    },
  };
}

/** Runs `run` inside all of them: once, whatever they do, and with its own value or error. */
function runOnce<T>(run: () => T, begun: readonly BegunWork[], forgiving: <R>(call: () => R) => R | undefined): T {
  let ran: { readonly value: T } | { readonly thrown: unknown } | undefined;
  const once = (): void => {
    if (ran) return;
    try {
      ran = { value: run() };
    } catch (thrown) {
      ran = { thrown };
    }
  };
  const within = (inner: () => void, each: BegunWork): (() => void) =>
    each.within === undefined ? inner : () => forgiving(() => each.within?.(inner));
  begun.reduceRight(within, once)();
  once();
  return valueOf(ran);
}

function valueOf<T>(ran: { readonly value: T } | { readonly thrown: unknown } | undefined): T {
  if (ran && 'value' in ran) return ran.value;
  throw ran?.thrown;
}

/** `Array.isArray` does not narrow readonly arrays. */
function isList(given: Probe | readonly Probe[]): given is readonly Probe[] {
  return Array.isArray(given);
}
