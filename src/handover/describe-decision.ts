/** Says what a decision about an event means, for the log at `debug`. The decision is made elsewhere, and once. */
import type { ThreadOwner } from '../thread/handover.js';
import type { NothingReason, TurnFacts, TurnStep } from './decide-turn.js';
import type { IgnoredReason } from './events.js';

type Owner = ThreadOwner['owner'];

const OWNER: Readonly<Record<Owner, string>> = {
  bot: 'the bot owns the thread',
  vccLive: 'VCC Live owns the thread',
  other: 'another app owns the thread',
  idle: 'no app owns the thread',
  unknown: 'nothing is known about the owner of the thread',
};
const NOTHING: Readonly<Record<NothingReason, string>> = {
  listens: 'the bot only listens on standby',
  ownEcho: 'it is the echo of a message of the bot',
  anotherAppOwns: OWNER.other,
  ownerOnly: 'it says only who owns the thread',
  noTurn: 'it brought the thread back, and is no turn of the customer',
  nobodyWaits: 'the bot owns the thread, and nobody waits for that',
  dialogSaved: 'an earlier run of it began a handover, and its dialog is stored',
};
const IGNORED: Readonly<Record<IgnoredReason, string>> = {
  anotherAppOwns: OWNER.other,
  ownerUnknown: 'nobody could say who owns the thread',
  noCustomer: 'it names no customer',
  pageChange: 'it is a change of the Page',
  notGranted: 'the policy gives the thread to nobody',
  failed: 'it failed',
};

/** What happens with an event: `runs, because …` or `does not run, because …`. `undefined`: a step comes first. */
export function describeDecision(step: TurnStep, facts: TurnFacts): string | undefined {
  switch (step.step) {
    case 'nothing':
      return `does not run, because ${NOTHING[step.because]}${asked(facts)}`;
    case 'ignore':
      return describeIgnored(step.reason) + asked(facts);
    case 'logic':
      if (step.isMute)
        return 'runs, and nothing that the bot says leaves, because an earlier run of it began a handover';
      return `runs, because ${OWNER[facts.owner.owner]}${asked(facts)}${ended(step)}`;
    case 'handBack':
      return `runs as handoff.status, because the thread is back${asked(facts)}${ended(step)}`;
    case 'accepted':
      return 'runs as handoff.status, because an agent wrote the first words';
    case 'greeting':
      return `runs no logic, and only texts.returned is said, because the thread is back${asked(facts)}${ended(step)}`;
    case 'handOver':
      return 'does not run, because a handover begins: VCC Live requested the thread';
    case 'passTo':
      return 'does not run, because the thread goes to the app that requested it';
    default:
      return undefined;
  }
}

/** That an event does not run, and why. */
export function describeIgnored(reason: IgnoredReason): string {
  return `does not run, because ${IGNORED[reason]}`;
}

function asked({ answers }: TurnFacts): string {
  if (answers.asked === undefined) return '';
  return answers.asked === 'noAnswer' ? ' (Meta gave no answer)' : ` (Meta was asked: ${OWNER[answers.asked.owner]})`;
}

function ended({ concluded }: Extract<TurnStep, { readonly step: 'logic' | 'handBack' | 'greeting' }>): string {
  return concluded ? `; its handover ended: ${concluded.outcome} by ${concluded.via}` : '';
}
