/**
 * What may happen in a schedule: who does what, when, and what goes wrong meanwhile.
 *
 * Plain data, so that fast-check can shrink a schedule and a failing one can be written down as a test.
 */
import fc from 'fast-check';

/** One doing, `gapMs` after the one before. 0: without waiting for what the one before set going. */
export interface Move {
  readonly gapMs: number;
  readonly act: Act;
}

/** What is done. */
export type Act =
  | { readonly do: CustomerDoing | AgentDoing | InboxDoing | 'aDayPasses' }
  | { readonly do: BotDoing | 'processDies'; readonly process: 0 | 1 }
  /** It does not run for so long. `avoided`: the load balancer notices that, and asks the other process only. */
  | {
      readonly do: 'processPauses';
      readonly process: 0 | 1;
      readonly forMs: number;
      readonly avoided: boolean;
    }
  | { readonly do: 'storeIsLost'; readonly forMs: number; readonly process: 0 | 1 | 'all' }
  | { readonly do: 'graphFails'; readonly fault: GraphFault; readonly edge: Edge; readonly ms: number };

/** Customers. The text of a message begins with its sort. */
export type CustomerDoing = 'says' | 'asksForAgent' | 'asksSlowly' | 'pressesButton' | 'reads' | 'comesByLink';
/** VCC Live's agents. */
export type AgentDoing = 'agentSays' | 'agentHandsBack' | 'agentReleases' | 'agentTakes' | 'agentPassesToInbox';
/** The Page Inbox. */
export type InboxDoing = 'inboxReplies' | 'inboxTakes' | 'inboxIsDone';
/** The bot's application, outside any turn. */
export type BotDoing = 'botSpeaksUp' | 'botTakes' | 'botReleases';
/** What goes wrong with one call. */
export type GraphFault =
  | 'lostAnswer'
  | 'lostRequest'
  | 'slowAfter'
  | 'slowBefore'
  | 'http500After'
  | 'http500Before'
  | 'code1After'
  | 'code2Before'
  | 'rateLimit';
/** Which call. */
export type Edge = 'messages' | 'pass_thread_control' | 'take_thread_control' | 'thread_owner' | 'any';

/** A whole schedule. */
export interface Schedule {
  readonly moves: readonly Move[];
  readonly processes: 1 | 2;
  readonly template: 'everyTurn' | 'messagesOnly';
  /** Memory is shared by all processes here, which no real one is. */
  readonly store: 'memory' | 'botStorage' | 'redis' | 'sqlite';
  readonly timers: boolean;
  readonly inline: boolean;
  readonly duplicates: 0 | 1 | 2;
  readonly duplicatesCome: 'together' | 'after' | 'sameDelivery';
  readonly reorderMs: number;
  readonly delayMs: number;
  readonly batchingMs: number;
  readonly batchingApart: boolean;
  /** Meta's clock minus this machine's. */
  readonly metaSkewMs: number;
  /** Each process' clock minus this machine's. */
  readonly processSkewsMs: readonly [number, number];
  readonly timestampsInSeconds: boolean;
  readonly habits: {
    readonly passInformsPrevious: boolean;
    readonly takeInforms: 'loser' | 'all';
    readonly previousOwnerWhenIdle: 'null' | 'absent';
    readonly sendTakesIdle: boolean;
    readonly receipts: boolean;
    readonly standbyCarriesEverything: boolean;
  };
  /** Of the platform's own chance. */
  readonly seed: number;
}

const MINUTE_MS = 60_000;
const process = fc.constantFrom(0 as const, 1 as const);

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom<CustomerDoing>(
        'says',
        'says',
        'says',
        'asksForAgent',
        'asksForAgent',
        'asksSlowly',
        'pressesButton',
        'reads',
        'comesByLink',
      )
      .map((doing) => ({ do: doing })),
  },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom<AgentDoing>(
        'agentSays',
        'agentSays',
        'agentHandsBack',
        'agentHandsBack',
        'agentReleases',
        'agentTakes',
        'agentPassesToInbox',
      )
      .map((doing) => ({ do: doing })),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom<InboxDoing>('inboxReplies', 'inboxTakes', 'inboxIsDone', 'inboxIsDone')
      .map((doing) => ({ do: doing })),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom<BotDoing>('botSpeaksUp', 'botTakes', 'botReleases'), process }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('processDies' as const), process }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('processPauses' as const),
      process,
      // Shorter than Meta waits, shorter than a lease, a little longer, and much longer.
      forMs: fc.constantFrom(1000, 8000, 17_000, 30_000, 60_000),
      avoided: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('storeIsLost' as const),
      forMs: fc.constantFrom(50, 3000, 20_000),
      process: fc.constantFrom(0 as const, 1 as const, 'all' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('graphFails' as const),
      fault: fc.constantFrom<GraphFault>(
        'lostAnswer',
        'lostAnswer',
        'lostRequest',
        'slowAfter',
        'slowBefore',
        'http500After',
        'http500Before',
        'code1After',
        'code2Before',
        'rateLimit',
      ),
      edge: fc.constantFrom<Edge>(
        'messages',
        'pass_thread_control',
        'pass_thread_control',
        'take_thread_control',
        'thread_owner',
        'any',
      ),
      ms: fc.constantFrom(200, 3000, 12_000, 40_000),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'aDayPasses' as const }) },
);

const move: fc.Arbitrary<Move> = fc.record({ gapMs: fc.constantFrom(0, 0, 1, 20, 500, 3000, 3000, 30_000), act });

/** Calm or wild, each switch on its own, so that most schedules have a few of them. */
const schedules: fc.Arbitrary<Schedule> = fc.record({
  moves: fc.array(move, { minLength: 2, maxLength: 16, size: 'max' }),
  processes: fc.constantFrom(1 as const, 2 as const),
  template: fc.constantFrom('everyTurn' as const, 'messagesOnly' as const),
  store: fc.constantFrom('memory' as const, 'redis' as const, 'sqlite' as const, 'botStorage' as const),
  timers: fc.constantFrom(false, false, true),
  inline: fc.constantFrom(false, false, false, true),
  duplicates: fc.constantFrom(0 as const, 0 as const, 1 as const, 2 as const),
  duplicatesCome: fc.constantFrom('together' as const, 'after' as const, 'sameDelivery' as const),
  reorderMs: fc.constantFrom(0, 0, 0, 50, 4000),
  delayMs: fc.constantFrom(0, 0, 0, 100, 2500),
  batchingMs: fc.constantFrom(0, 0, 0, 300, 2000),
  batchingApart: fc.boolean(),
  metaSkewMs: fc.constantFrom(0, 0, -3 * MINUTE_MS, 3 * MINUTE_MS),
  processSkewsMs: fc.constantFrom(
    [0, 0] as const,
    [0, 0] as const,
    [0, 20_000] as const,
    [0, 3 * MINUTE_MS] as const,
    [0, -3 * MINUTE_MS] as const,
    [-150_000, 150_000] as const,
  ),
  timestampsInSeconds: fc.constantFrom(false, false, false, true),
  habits: fc.record({
    passInformsPrevious: fc.boolean(),
    takeInforms: fc.constantFrom('loser' as const, 'all' as const),
    previousOwnerWhenIdle: fc.constantFrom('null' as const, 'absent' as const),
    sendTakesIdle: fc.boolean(),
    receipts: fc.constantFrom(false, false, true),
    standbyCarriesEverything: fc.boolean(),
  }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

/** The schedule that comes of a seed; the same in every process. */
export function scheduleOf(seed: number): Schedule {
  const [schedule] = fc.sample(schedules, { seed, numRuns: 1 });
  if (schedule === undefined) throw new Error('No schedule came of this seed.');
  return schedule;
}
