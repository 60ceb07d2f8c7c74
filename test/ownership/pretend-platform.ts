/**
 * A small Messenger platform with two bot processes, to see what the ledger concludes where the truth is known.
 *
 * Exists because the ledger's own rules cannot say whether they lead to the truth: here a thread has a true owner, told
 * by nobody, on Meta's clock; webhooks tell of some changes, late, twice and out of order; each process has a wrong
 * clock and may be restarted; and `thread_owner` answers what is true at the moment it is read.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import {
  evidenceOfAcceptedSend,
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../../src/ownership/evidence.js';
import type { OwnCall } from '../../src/ownership/evidence.js';
import type { Evidence } from '../../src/ownership/ledger.js';
import { isAnotherApp, ownerNow, step } from '../../src/ownership/ledger.js';
import type { OffsetWindow } from '../../src/ownership/meta-time.js';
import { isOffsetRough, learnOffset, metaNow, newestPlace, noOffset, offsetOf } from '../../src/ownership/meta-time.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { NamedOwner, ThreadRecord } from '../../src/thread/record.js';
import { emptyRecord } from '../../src/thread/record.js';
import { BOT, DAY, INBOX, MINUTE, NOON, SECOND, VCC_LIVE, ids, item } from './words.js';

/** What somebody does at some time. `bot…` is a call of one of the two processes. */
export type Doing =
  | 'customerWrites'
  | 'customerPressesOurButton'
  | 'ownerAnswers'
  | 'botSends'
  | 'botPasses'
  | 'botTakes'
  | 'botReleases'
  | 'vccLivePassesBack'
  | 'vccLiveReleases'
  | 'inboxTakes'
  | 'inboxTakesNamingNobody'
  | 'inboxPassesToBot'
  | 'inboxPassesToVccLive'
  | 'aDayPasses'
  | 'processRestarts';

export const DOINGS: readonly Doing[] = [
  'customerWrites',
  'customerPressesOurButton',
  'ownerAnswers',
  'botSends',
  'botPasses',
  'botTakes',
  'botReleases',
  'vccLivePassesBack',
  'vccLiveReleases',
  'inboxTakes',
  'inboxTakesNamingNobody',
  'inboxPassesToBot',
  'inboxPassesToVccLive',
  'aDayPasses',
  'processRestarts',
];

/** One doing, and what the network makes of it. Delays in milliseconds, all at least 1. */
export interface Move {
  readonly doing: Doing;
  /** Since the move before. */
  readonly gapMs: number;
  /** Which of the two processes calls, or gets the webhook. */
  readonly process: 0 | 1;
  /** One for each time the webhook is delivered. */
  readonly deliveriesMs: readonly number[];
  /** From sending to effect, and from effect to answer, of calls; also of the questions that follow. */
  readonly callMs: readonly [number, number];
  /** Meta stamps this webhook in seconds. */
  readonly stampInSeconds: boolean;
  /** How `thread_owner` answers to questions that come from this move. */
  readonly answers: 'withExpiration' | 'withoutExpiration' | 'hidden';
}

/** What the platform and the ledger say when everything has been delivered, answered and asked. */
export interface Settled {
  readonly truth: 'bot' | 'another app';
  readonly ledger: 'bot' | 'another app';
  readonly record: ThreadRecord;
  /** Whether a webhook told the bot of the last change of the true owner. */
  readonly lastChangeWasTold: boolean;
  /** Questions asked of `thread_owner`. */
  readonly questions: number;
  readonly log: readonly string[];
}

type Owner = typeof BOT | typeof VCC_LIVE | typeof INBOX | 'idle';

interface Process {
  readonly skewMs: number;
  offsets: OffsetWindow;
}

/** Far more than any schedule of these tests has reason for. */
const MOST_QUESTIONS = 1000;
/** Longer than any delivery plus any call, so that the last message is the last thing that happens. */
const REST_BEFORE_LAST_MESSAGE_MS = 2 * MINUTE;

/**
 * Plays the moves, and waits until nothing is under way.
 * @param skewsMs how far the clocks of the two processes are ahead of Meta's
 * @param last when and how the customer writes once more after everything else; `undefined`: does not
 */
export function play(moves: readonly Move[], skewsMs: readonly [number, number], last?: Move): Settled {
  const processes: readonly [Process, Process] = [
    { skewMs: skewsMs[0], offsets: noOffset },
    { skewMs: skewsMs[1], offsets: noOffset },
  ];
  const log: string[] = [];
  const due: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  let now = NOON;
  let owner: Owner = 'idle';
  let controlEndsAt = NOON;
  let record: ThreadRecord = emptyRecord;
  let questions = 0;
  let orders = 0;
  // Widened: the compiler does not see that the doings below change it.
  let lastChangeWasTold = false as boolean;

  const later = (delayMs: number, run: () => void): void => {
    due.push({ at: now + delayMs, order: orders++, run });
  };
  const trueOwner = (): Owner => (now >= controlEndsAt ? 'idle' : owner);
  const isOurs = (): boolean => trueOwner() === BOT || trueOwner() === 'idle';
  const route = (to: Owner): void => {
    owner = to;
    controlEndsAt = to === 'idle' ? now : now + DAY;
    lastChangeWasTold = false;
    log.push(`${now - NOON} truth: ${to}`);
  };
  const touch = (): void => {
    if (trueOwner() !== 'idle') controlEndsAt = Math.max(controlEndsAt, now + DAY);
  };

  const foldIn = (evidence: readonly Evidence[]): boolean => {
    const after = step(record, evidence, ids);
    record = after.record;
    log.push(
      `${now - NOON} folds ${JSON.stringify(evidence)} -> ${after.verdict.owner}${after.effects.askOwner ? ', asks' : ''}`,
    );
    return after.effects.askOwner;
  };
  const offsetHere = (process: Process): number | undefined => offsetOf(process.offsets);

  /** A call of ours: `effect` happens at the platform and gives the evidence that the answer brings. */
  const callGraph = (
    process: Process,
    move: Move,
    effect: () => (call: OwnCall) => readonly Evidence[] | 'ask',
  ): void => {
    const sent = {
      sentAtMs: now + process.skewMs,
      newestStamp: newestPlace(record.evidence),
      offsetMs: offsetHere(process),
      isOffsetRough: isOffsetRough(process.offsets),
    };
    later(move.callMs[0], () => {
      const result = effect();
      later(move.callMs[1], () => {
        const evidence = result({ ...sent, answeredAtMs: now + process.skewMs });
        if (evidence === 'ask') ask(process, move);
        else if (foldIn(evidence)) ask(process, move);
      });
    });
  };

  const ask = (process: Process, move: Move): void => {
    questions += 1;
    if (questions > MOST_QUESTIONS) throw new Error('The ledger asks without end.');
    callGraph(process, move, () => {
      const app = trueOwner();
      const expiresAtMs = Math.floor(controlEndsAt / SECOND) * SECOND;
      log.push(`${now - NOON} thread_owner: ${app}`);
      return (call) => {
        if (app === 'idle') return [evidenceOfAnswer({ owner: 'idle' }, call)];
        if (move.answers === 'hidden' && app !== BOT) return [evidenceOfAnswer({ owner: 'hidden', expiresAtMs }, call)];
        const expiry = move.answers === 'withExpiration' ? { expiresAtMs } : {};
        return [evidenceOfAnswer({ owner: 'app', appId: app, ...expiry }, call)];
      };
    });
  };

  const arrive = (event: ThreadEvent, process: Process, move: Move): void => {
    const nowMs = now + process.skewMs;
    process.offsets = learnOffset(process.offsets, event, nowMs);
    const offsetMs = offsetHere(process);
    const contradicts =
      event.channel === 'messaging' &&
      (event.kind === 'message' || event.kind === 'postback') &&
      isAnotherApp(ownerNow(record.evidence, ids, metaNow(nowMs, offsetMs)));
    const evidence = evidenceOfEvent(event, ids, { nowMs, offsetMs, newestStamp: newestPlace(record.evidence) });
    const namesNobody = event.kind === 'takeThreadControl' && event.newOwnerAppId === undefined;
    const asks = foldIn(evidence);
    if (asks || contradicts || namesNobody) ask(process, move);
  };
  const deliver = (
    kind: ThreadEvent['kind'],
    channel: ThreadEvent['channel'],
    move: Move,
    more: Partial<ThreadEvent> = {},
  ): void => {
    const seconds: Partial<ThreadEvent> = move.stampInSeconds ? { timestampInSeconds: true } : {};
    const stamp = move.stampInSeconds ? Math.floor(now / SECOND) * SECOND : now;
    if (kind === 'passThreadControl' || kind === 'takeThreadControl') lastChangeWasTold = true;
    const event = item(kind, channel, stamp, { mid: `m_${now}`, ...seconds, ...more });
    move.deliveriesMs.forEach((delayMs, nth) => {
      const process = processes[nth % 2 === 0 ? move.process : move.process === 0 ? 1 : 0];
      later(delayMs, () => arrive(event, process, move));
    });
  };
  const confirmed = (to: NamedOwner) => (call: OwnCall) => [evidenceOfCall(to, call)];

  const doIt: Record<Doing, (move: Move, process: Process) => void> = {
    customerWrites: (move) => {
      touch();
      deliver('message', isOurs() ? 'messaging' : 'standby', move, { text: 'hello' });
    },
    customerPressesOurButton: (move) => {
      touch();
      deliver('postback', 'messaging', move);
    },
    ownerAnswers: (move) => {
      touch();
      if (!isOurs()) deliver('echo', 'standby', move, { appId: trueOwner() });
    },
    botSends: (move, process) =>
      callGraph(process, move, () => {
        const accepted = isOurs();
        return (call) => {
          if (accepted) return [evidenceOfAcceptedSend(call)];
          ask(process, move);
          return [evidenceOfRefusedSend(call)];
        };
      }),
    botPasses: (move, process) =>
      callGraph(process, move, () => {
        if (!isOurs()) return () => 'ask';
        route(VCC_LIVE);
        return confirmed({ app: VCC_LIVE });
      }),
    botTakes: (move, process) =>
      callGraph(process, move, () => {
        route(BOT);
        return confirmed({ app: BOT });
      }),
    botReleases: (move, process) =>
      callGraph(process, move, () => {
        if (trueOwner() !== BOT) return () => 'ask';
        route('idle');
        return confirmed('idle');
      }),
    vccLivePassesBack: (move) => {
      if (trueOwner() !== VCC_LIVE) return;
      route(BOT);
      deliver('passThreadControl', 'messaging', move, { previousOwnerAppId: VCC_LIVE, newOwnerAppId: BOT });
    },
    vccLiveReleases: () => {
      if (trueOwner() === VCC_LIVE) route('idle');
    },
    inboxTakes: (move) => takeByInbox(move, { newOwnerAppId: INBOX }),
    inboxTakesNamingNobody: (move) => takeByInbox(move, {}),
    inboxPassesToBot: (move) => {
      if (trueOwner() !== INBOX) return;
      route(BOT);
      deliver('passThreadControl', 'messaging', move, { previousOwnerAppId: INBOX, newOwnerAppId: BOT });
    },
    inboxPassesToVccLive: () => {
      if (trueOwner() === INBOX) route(VCC_LIVE);
    },
    aDayPasses: () => undefined,
    processRestarts: (_move, process) => {
      process.offsets = noOffset;
    },
  };
  // Only the app that lost control hears of a take: us, or somebody else, or (idle) nobody.
  const takeByInbox = (move: Move, named: Partial<ThreadEvent>): void => {
    const loser = trueOwner();
    if (loser === INBOX) return;
    route(INBOX);
    if (loser === BOT) deliver('takeThreadControl', 'messaging', move, { previousOwnerAppId: BOT, ...named });
  };

  let start = 0;
  const lastMessage: readonly Move[] = last
    ? [{ ...last, doing: 'customerWrites', gapMs: REST_BEFORE_LAST_MESSAGE_MS + last.gapMs }]
    : [];
  for (const move of [...moves, ...lastMessage]) {
    start += move.gapMs + (move.doing === 'aDayPasses' ? DAY + MINUTE : 0);
    due.push({
      at: NOON + start,
      order: orders++,
      run: () => {
        log.push(`${now - NOON} ${move.doing}`);
        doIt[move.doing](move, processes[move.process]);
      },
    });
  }
  while (due.length > 0) {
    due.sort((a, b) => a.at - b.at || a.order - b.order);
    const next = due.shift()!;
    now = Math.max(now, next.at);
    next.run();
  }

  const observer = processes[last?.process ?? 0];
  const believed = ownerNow(record.evidence, ids, metaNow(now + observer.skewMs, offsetHere(observer)));
  return {
    truth: isOurs() ? 'bot' : 'another app',
    ledger: isAnotherApp(believed) ? 'another app' : 'bot',
    record,
    // Control that ran out is a change that nobody tells.
    lastChangeWasTold: lastChangeWasTold && trueOwner() === owner,
    questions,
    log,
  };
}
