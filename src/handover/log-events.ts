/**
 * Makes log lines of events: one for each handover begun, passed, claimed and ended, and for each change of owner.
 *
 * For whoever reads a log at night: each line says which thread, whose it is now and since when, and can be found by the
 * handover's id, which VCC Live has in its metadata. No text, and no customer's id: a thread goes by its label.
 */
import type { ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import { nameOfApp } from '../thread/meta-apps.js';
import type { Logger } from '../thread/logger.js';
import { isDebugOn } from '../thread/logger.js';
import { threadLabel } from '../thread/thread-label.js';
import type { HandoverEventMap, HandoverEvents, SuppressedReason } from './events.js';

/** Why an activity did not leave the bot. */
const SUPPRESSED: Readonly<Record<SuppressedReason, string>> = {
  anotherAppOwns: 'another app owns the thread',
  staleTurn: 'the thread was lost after its turn had begun',
  turnTakenOver: 'another process has gone on with the thread',
  ownerUnknown: 'nobody could say who owns the thread',
  handedOver: 'its turn has passed the thread',
  repeatedTurn: 'its turn repeats one that began a handover',
  refusedByMeta: 'Meta says that another app controls the thread',
  unsupported: 'Messenger has no form for it, or for parts of it',
};

/** Writes a line, at `info`, for each event of a handover or an owner; at `debug` for what stayed in. */
export function logEvents(events: HandoverEvents, log: Logger): void {
  events.on('begun', ({ thread, handoverId }) => log.info(`Handover ${handoverId} begun: ${where(thread)}.`));
  events.on('passed', ({ thread, handoverId }) =>
    log.info(`Handover ${handoverId} passed: VCC Live has ${where(thread)}; the bot is silent there.`),
  );
  events.on('claimed', ({ thread, handoverId, waitedMs }) =>
    log.info(`Handover ${handoverId} claimed: an agent answered after ${seconds(waitedMs)}, ${where(thread)}.`),
  );
  events.on('returned', (told) => log.info(returnedLine(told)));
  events.on('refused', ({ thread, reason }) => log.info(`Handover refused (${reason}): ${where(thread)}.`));
  events.on('ownerChanged', ({ thread, from, to }) => {
    log.info(`Owner changed from ${named(from)} to ${named(to)}: ${where(thread)}.`);
    if (to.metaApp === 'businessAi') log.warn(businessAiLine(named(to), thread));
  });
  events.on('suppressed', ({ thread, reason }) => {
    if (!isDebugOn(log)) return;
    log.debug?.(`Thread ${threadLabel(thread)}: an activity does not leave, because ${SUPPRESSED[reason]}.`);
  });
  events.on('disagreement', ({ thread, by, ledger, meta }) => {
    const said =
      by === 'threadOwner' ? `thread_owner says ${meta ? named(meta) : 'another app'}` : 'Meta refused a message';
    log.info(`Ledger corrected, it held ${named(ledger)} and ${said}: ${where(thread)}.`);
  });
}

/** What a take by Meta's Business AI does, and what to do about it. @param app as the log names it */
export function businessAiLine(app: string, thread: ThreadKey): string {
  return (
    `${app} took ${where(thread)}. The bot is silent there until Business AI hands the thread back. ` +
    "If it shall not answer, turn Business AI off in the Page's settings in Meta Business Suite."
  );
}

/** How a thread is called in a log. */
function where(thread: ThreadKey): string {
  return `thread ${threadLabel(thread)} of Page ${thread.pageId}`;
}

function returnedLine({ thread, result }: HandoverEventMap['returned']): string {
  const { handoverId, outcome, via, waitedMs, agentMs } = result;
  if (handoverId === undefined) return `Handed back without a handover of the bot's, by ${via}: ${where(thread)}.`;
  const agent = agentMs === undefined ? 'no agent wrote' : `${seconds(agentMs)} of it with an agent`;
  return `Handover ${handoverId} ended: ${outcome} by ${via} after ${seconds(waitedMs)}, ${agent}, ${where(thread)}.`;
}

function named({ owner, appId }: ThreadOwner): string {
  return owner === 'other' && appId !== undefined ? nameOfApp(appId) : owner;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
