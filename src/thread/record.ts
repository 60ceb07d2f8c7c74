/**
 * What is kept of a thread: evidence about its owner, the epoch, an open handover and the last conclusions.
 *
 * Plain JSON throughout, because stores serialise it. No customer text is in it, unless the application asked for
 * transcripts to be kept.
 */
import type { HandoverOutcome, HandoverVia } from './handover.js';
import type { AppId, EventKey, HandoverId } from './ids.js';
import type { TranscriptLine } from './vcc-live-event.js';

/** The owner that explicit evidence names. `notUs`: an app took the thread from us, and the evidence does not name it. */
export type NamedOwner = { readonly app: AppId } | 'idle' | 'notUs';

/** Explicit evidence: a thread-control webhook, our own confirmed call, or an answer of `thread_owner`. */
export interface ExplicitMark {
  /** Meta's time of the webhook, or the place of the sending of our own call, milliseconds. */
  readonly atMetaMs: number;
  /** Our own calls: the place of their answer. Strong evidence is compared with this. Absent on webhooks: `at` counts. */
  readonly answeredAtMetaMs?: number;
  /** Meta stamped the webhook in whole seconds: `at` is the end of that second, and the true time anywhere within it. */
  readonly inSeconds?: true;
  readonly owner: NamedOwner;
  readonly source: 'webhook' | 'call' | 'answer';
  /** When this owner's control ends unless it is prolonged, Meta's milliseconds. */
  readonly expiresAtMetaMs?: number;
  /**
   * When the answer came, milliseconds, if Meta's clock was not known then or known from stamps in seconds only: by our clock
   * or, in the second case, by Meta's. The place is only a lower bound, so the 24 hours until idle count from here. Never
   * compared with the time of other evidence.
   */
  readonly blindAtMs?: number;
  /** Breaks ties of time; canonical, so that every order of arrival picks the same. */
  readonly key: string;
}

/** Strong evidence that says on which side of the fence the thread is. */
export interface SideMark {
  readonly atMetaMs: number;
  /** Meta stamped it in whole seconds, as in {@link ExplicitMark}. */
  readonly inSeconds?: true;
  readonly key: string;
  /** True if the time is our own observation placed on Meta's clock, not a stamp of Meta's. */
  readonly own?: true;
  /** When the hidden owner's control ends unless it is prolonged, Meta's milliseconds. */
  readonly expiresAtMetaMs?: number;
  /**
   * When the answer came, milliseconds, if Meta's clock was not known then or known from stamps in seconds only: by our clock
   * or, in the second case, by Meta's. The place is only a lower bound, so the 24 hours until idle count from here. Never
   * compared with the time of other evidence.
   */
  readonly blindAtMs?: number;
}

/** The newest of each sort of evidence. Folding in is taking a maximum of each. */
export interface EvidenceMaxima {
  readonly explicit?: ExplicitMark;
  readonly us?: SideMark;
  readonly notUs?: SideMark;
  readonly vccLiveEcho?: SideMark;
  /** The newest Meta stamp on the thread, milliseconds. */
  readonly activityAtMetaMs?: number;
}

/** The side the ledger last recorded, for the epoch. `bot` stands for bot, idle and unknown. */
export type RecordedOwner = 'bot' | 'vccLive' | 'other';

/** A hand-back that arrived before our own pass was confirmed. */
export interface EarlyHandBack {
  readonly via: HandoverVia;
  /** Meta stamped it in whole seconds: it may be older than the handover, and Meta is asked before it concludes one. */
  readonly inSeconds?: true;
  readonly metadata?: string;
  /** Deduplication key of the hand-back event. */
  readonly endedBy?: EventKey;
}

/**
 * What VCC Live's webhooks have reported about a handover: the contact centre's names and ids, each cut to a bound. What
 * customer and agent wrote is in it only if the application asked for that.
 */
export interface VccLiveReport {
  readonly chatId?: string;
  readonly ticketId?: string;
  readonly disposition?: string;
  readonly agent?: string;
  readonly queue?: string;
  readonly slaStatus?: string;
  readonly ticketStatus?: string;
  readonly ticketSubstatus?: string;
  readonly transcript?: readonly TranscriptLine[];
  /** Since when VCC Live says that the chat is over, our clock, milliseconds. Absent while it is not, or not any more. */
  readonly closedAtMs?: number;
  /** The thread is taken back this long after that, milliseconds, unless it has come home. Absent: it is not. */
  readonly takeBackAfterMs?: number;
}

/**
 * Who in the bot waits for the result of a handover: a dialog, which asks for it; a handler of the application, which is
 * given it in the next turn; or nobody.
 */
export type Waiting = 'nobody' | 'dialog' | 'handler';

/** A handover that has begun and is not concluded. */
export interface OpenHandover {
  /** Random, 128 bit, hex. Travels in `metadata`. */
  readonly id: HandoverId;
  /** `armed`: intent written, notice or pass in progress. `unconfirmed`: pass sent, outcome unknown. `passed`: VCC Live has it. */
  readonly phase: 'armed' | 'unconfirmed' | 'passed';
  /** Deduplication key of the event whose turn asked for it. */
  readonly cause: EventKey;
  /** The run of that turn: another run of the same event finds the handover instead of being refused. */
  readonly run: string;
  /** Our clock, milliseconds. */
  readonly startedAtMs: number;
  /** The same moment placed on Meta's clock: a hand-back older than this belongs to an earlier handover. */
  readonly armedAtMetaMs: number;
  readonly noticeSent: boolean;
  readonly targetAppId: AppId;
  readonly metadata: string;
  readonly waits: Waiting;
  readonly earlyHandBack?: EarlyHandBack;
  /** When the pass was confirmed, our clock. */
  readonly passedAtMs?: number;
  /** When an agent of VCC Live last wrote, our clock. Present from the first words on: the handover is claimed. */
  readonly agentAtMs?: number;
  /** When an agent of VCC Live first wrote, our clock. */
  readonly claimedAtMs?: number;
  /** Deduplication key of the agent's first words: a redelivery of them goes the same way again. */
  readonly claimedBy?: EventKey;
  /** The thread is being taken back, and how; `returning` was emitted. */
  readonly returning?: HandoverVia;
  /** Present once a webhook of VCC Live's has reported anything. */
  readonly report?: VccLiveReport;
  /**
   * When Meta last refused a timer's or a closed chat's take, our clock. Neither tries again before `TAKE_RETRY_MS` is
   * over. Absent: Meta has refused none.
   */
  readonly takeRefusedAtMs?: number;
  /** Bot Framework conversation reference, opaque here, for a turn outside any webhook. */
  readonly reference?: unknown;
}

/** How a handover ended. Stored once; only who was given the result is added. */
export interface Conclusion {
  readonly handoverId: HandoverId;
  readonly cause: EventKey;
  readonly outcome: HandoverOutcome;
  readonly via: HandoverVia;
  readonly waitedMs: number;
  readonly metadata?: string;
  readonly error?: StoredError;
  readonly waits: Waiting;
  /** Run of the turn that began the handover. */
  readonly run: string;
  /** Deduplication key of the event that ended it, if an event did: a redelivery of it goes the same way again. */
  readonly endedBy?: EventKey;
  /** Our clock, milliseconds. */
  readonly concludedAtMs: number;
  /** An agent of VCC Live wrote during the handover. */
  readonly answered?: true;
  /** From an agent's first words to the end, milliseconds. Absent if no agent wrote. */
  readonly agentMs?: number;
  /** Key of the turn that did what comes after a handover: a question, a prompt that was open. Absent: not done yet. */
  readonly afterwardsBy?: EventKey;
  /** What VCC Live's webhooks had reported by then. Only the newest conclusion keeps a transcript. */
  readonly report?: VccLiveReport;
  /** Key of the turn that was given the result for the dialog that waited. Absent: no dialog has asked. */
  readonly givenTo?: EventKey;
  /** The handler that waited for the result has finished with it. */
  readonly isHandled?: true;
}

/** An error as a store keeps it. */
export interface StoredError {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** Everything kept about one thread. */
export interface ThreadRecord {
  readonly evidence: EvidenceMaxima;
  /** Grows with every change of owner to, from or between other apps. */
  readonly epoch: number;
  readonly recordedOwner: RecordedOwner;
  readonly open?: OpenHandover;
  /** Oldest first, at most eight. */
  readonly conclusions: readonly Conclusion[];
}

/** A thread about which nothing is known. */
export const emptyRecord: ThreadRecord = { evidence: {}, epoch: 0, recordedOwner: 'bot', conclusions: [] };
