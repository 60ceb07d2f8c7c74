/** What happened in one thread, in order, as the drawing of it needs it. Plain data. */

/** Who owns a thread, in truth or as the bot believes. */
export type TimelineOwner = 'bot' | 'vccLive' | 'inbox' | 'other' | 'idle' | 'unknown';

/** Who does or says something. */
export type TimelineActor = 'customer' | 'bot' | 'agent' | 'inbox' | 'other' | 'meta';

/** One thing that happened. */
export interface TimelineMoment {
  /** Milliseconds since 1970. Moments are in order; two may have the same time. */
  readonly atMs: number;
  readonly who: TimelineActor;
  /**
   * `said`: the customer can read it · `suppressed`: the bot held it back · `refused`: Meta refused it · `truth`: the owner
   * changed · `belief`: the bot learned of another owner · `event`: anything else
   */
  readonly kind: 'said' | 'suppressed' | 'refused' | 'truth' | 'belief' | 'event';
  readonly text: string;
  /** Of `truth` and `belief`: the owner from now on. */
  readonly owner?: TimelineOwner;
}

/** A thread's past. */
export interface ThreadTimeline {
  /** `Thread of Kata`. */
  readonly title: string;
  /** What the first column shows: `Real owner`. */
  readonly truthLabel: string;
  /** What the second column shows. Absent: nobody can say, and the column is left out. */
  readonly beliefLabel?: string;
  /** The owners before the first moment. Default: `idle` in truth, and `bot` as the bot believes. */
  readonly firstOwner?: TimelineOwner;
  readonly firstBelief?: TimelineOwner;
  readonly moments: readonly TimelineMoment[];
  /** Sentences under the drawing: what it cannot show. */
  readonly notes: readonly string[];
}

/** Bot, idle and unknown are one side: the bot may speak. The others are a side each. */
export function sideOf(owner: TimelineOwner): 'bot' | 'vccLive' | 'other' {
  switch (owner) {
    case 'bot':
    case 'idle':
    case 'unknown':
      return 'bot';
    case 'vccLive':
      return 'vccLive';
    case 'inbox':
    case 'other':
      return 'other';
  }
}

/** An owner in words. */
export const OWNER_WORDS: Readonly<Record<TimelineOwner, string>> = {
  bot: 'the bot',
  vccLive: 'VCC Live',
  inbox: 'the Page inbox',
  other: 'another app',
  idle: 'nobody (idle)',
  unknown: 'not known',
};
