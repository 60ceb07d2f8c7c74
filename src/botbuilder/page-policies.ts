/**
 * What holds for the threads of a Page: its own policies where it has some, those of all Pages otherwise.
 *
 * Exists so that everything that differs by Page is decided in one place. Token and VCC Live's app id are asked for
 * elsewhere: they may take time.
 */
import type { Clock } from '../thread/clock.js';
import { textOfThrown } from '../thread/errors.js';
import type { Logger } from '../thread/logger.js';
import type { LoopBreaker } from '../handover/loop-breaker.js';
import type { EnginePolicies } from '../handover/policies.js';
import type { Redactor } from '../handover/redact.js';
import { dependable, redactPersonalData } from '../handover/redact.js';
import { hasTimers } from '../handover/timers.js';
import { checkPagePolicies } from './check-options.js';
import type {
  AvailabilityCheck,
  HandoverTexts,
  OpenPrompt,
  PagePolicies,
  Satisfaction,
  VccLiveHandoverOptions,
} from './handover-options.js';
import { textsOf } from './plugin-texts.js';
import type { TalkToAgent } from './talk-to-agent.js';
import { DEFAULT_TALK_TO_AGENT } from './talk-to-agent.js';

/** The policies of one Page, every default filled in. */
export interface Policies extends EnginePolicies {
  readonly triggers: readonly TalkToAgent[];
  readonly texts: HandoverTexts;
  readonly metadata: VccLiveHandoverOptions['metadata'];
  readonly redact: Redactor;
  readonly availability: AvailabilityCheck | undefined;
  readonly loopBreaker: LoopBreaker | undefined;
  readonly satisfaction: Satisfaction | undefined;
  readonly openPrompt: OpenPrompt;
  readonly inlineThreadControl: boolean;
}

/** Gives the policies of a Page. */
export type PoliciesOf = (pageId: string) => Policies;

/** How long the answer of a `pages` function counts. */
const REMEMBERED_MS = 60_000;
/** More Pages than this at once are nobody's; a flood of made-up ones must not fill the memory. */
const MOST_PAGES = 10_000;

/** Resolves policies. */
export class PolicyBook {
  readonly #common: VccLiveHandoverOptions;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #forAll: Policies;
  readonly #byPage = new Map<string, { readonly policies: Policies; readonly untilMs: number }>();

  /** @param options checked already */
  constructor(options: VccLiveHandoverOptions, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#common = { ...options };
    this.#clock = clock;
    this.#log = log;
    this.#forAll = this.#resolved({});
  }

  /** What holds for the threads of this Page. Never throws. */
  of(pageId: string): Policies {
    const { pages } = this.#common;
    if (pages === undefined) return this.#forAll;
    const nowMs = this.#clock.now();
    const known = this.#byPage.get(pageId);
    if (known && nowMs < known.untilMs) return known.policies;
    const own = this.#ownOf(pageId);
    const policies = own === undefined ? this.#forAll : this.#resolved(own);
    if (this.#byPage.size >= MOST_PAGES) this.#byPage.clear();
    const untilMs = typeof pages === 'function' ? nowMs + REMEMBERED_MS : Infinity;
    this.#byPage.set(pageId, { policies, untilMs });
    return policies;
  }

  /** Whether the threads of any Page may have timers; of a function nobody can tell. */
  get mayHaveTimers(): boolean {
    const { pages = {}, timers = {} } = this.#common;
    if (typeof pages === 'function' || hasTimers(timers)) return true;
    return Object.values(pages).some((own) => hasTimers(own.timers ?? {}));
  }

  #ownOf(pageId: string): PagePolicies | undefined {
    const { pages } = this.#common;
    if (typeof pages !== 'function') return pages && Object.hasOwn(pages, pageId) ? pages[pageId] : undefined;
    try {
      const own = pages(pageId);
      if (own !== undefined) checkPagePolicies(`pages(${JSON.stringify(pageId)})`, own);
      return own;
    } catch (error) {
      const why = textOfThrown(error);
      this.#log.error(`The policies of Page ${pageId} cannot be used, so the common ones hold: ${why}`);
      return undefined;
    }
  }

  #resolved(own: PagePolicies): Policies {
    // A policy that is `undefined` is one that is not given.
    const given = Object.fromEntries(
      Object.entries<unknown>(own).filter(([, value]) => value !== undefined),
    ) as PagePolicies;
    const all: PagePolicies = { ...this.#common, ...given };
    return {
      triggers: triggersOf(all.talkToAgent),
      texts: textsOf(this.#common.texts, own.texts),
      metadata: all.metadata,
      redact: redactorOf(all.redact, this.#log),
      availability: all.availability,
      loopBreaker: all.loopBreaker === false ? undefined : all.loopBreaker,
      timers: all.timers ?? {},
      requests: all.requests ?? 'grantVccLive',
      reclaim: all.reclaim ?? {},
      satisfaction: all.satisfaction,
      openPrompt: all.openPrompt ?? 'goOn',
      statusEvents: all.statusEvents === true,
      inlineThreadControl: all.inlineThreadControl === true,
    };
  }
}

function triggersOf(given: VccLiveHandoverOptions['talkToAgent']): readonly TalkToAgent[] {
  if (given === undefined) return [DEFAULT_TALK_TO_AGENT];
  return isTriggerList(given) ? [...given] : [given];
}

function isTriggerList(given: TalkToAgent | readonly TalkToAgent[]): given is readonly TalkToAgent[] {
  return Array.isArray(given);
}

function redactorOf(given: VccLiveHandoverOptions['redact'], log: Logger): Redactor {
  if (given === false) return (text) => text;
  if (given === undefined) return redactPersonalData;
  return dependable(given, (error) => {
    // Its message may hold the text.
    log.error(`The redact option failed, so a text stays here: ${error instanceof Error ? error.name : typeof error}`);
  });
}
