/** Concludes the most likely cause from the red lines and from what arrives. Pure. */
import { RULES, type CauseId } from './causes.js';
import type { CheckId, Finding, FindingStatus } from './finding.js';
import type { Arrivals } from './observe.js';

/** One cause. */
export interface Diagnosis {
  /** For machines, and the anchor in docs/doctor.md. */
  readonly cause: CauseId;
  /** One sentence. */
  readonly says: string;
  /** What to do first. */
  readonly remedy: string;
  /** The lines that it explains. */
  readonly explains: readonly CheckId[];
}

const SOUND: Diagnosis = {
  cause: 'sound',
  says: 'doctor found nothing wrong.',
  remedy:
    "If customers still get no answer: let one write while doctor --listen runs, look at the thread's owner (--psid), and read the lines marked ! and ?.",
  explains: [],
};

/** The causes, the likeliest first; at least one. A cause whose every line is explained by an earlier one is left out. */
export function diagnose(findings: readonly Finding[], arrivals?: Arrivals): readonly Diagnosis[] {
  const statusOf = new Map(findings.map(({ check, status }) => [check, status]));
  const is = (check: CheckId, status: FindingStatus): boolean => statusOf.get(check) === status;
  const red = (check: CheckId): boolean => is(check, 'red');
  const explained = new Set<CheckId>();
  const causes: Diagnosis[] = [];
  for (const { when, cause, says, remedy, explains } of RULES) {
    if (!when({ is, red, arrivals })) continue;
    const own = explains.filter((check) => red(check) || is(check, 'unchecked'));
    if (own.length > 0 && own.filter(red).every((check) => explained.has(check)) && causes.length > 0) continue;
    for (const check of own) explained.add(check);
    causes.push({ cause, says, remedy, explains: own });
  }
  return causes.length > 0 ? causes : [SOUND];
}
