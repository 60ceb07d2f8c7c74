/**
 * What holds for the threads of a Page: its own policies if it has some, those of all Pages otherwise.
 *
 * Exists so that everything that differs by Page is decided in one place, and so that every function among the policies is
 * called through {@link ApplicationFunctions}. Token and VCC Live's app id are asked for elsewhere.
 */
import type { Clock } from '../../thread/clock.js';
import type { HandoverResult } from '../../thread/handover.js';
import type { PageId } from '../../thread/ids.js';
import type { Accepted, ApplicationFunction, ApplicationFunctions } from '../../thread/application-functions.js';
import { presentFields } from '../../thread/read-unknown.js';
import { talkToAgentPhrases } from '../../phrases/talk-to-agent-phrases.js';
import type { Availability } from '../../availability/availability.js';
import { AVAILABILITY } from '../../availability/availability.js';
import type { LoopBreaker } from '../../handover/loop-breaker.js';
import type { EnginePolicies } from '../../handover/policies.js';
import { grantingOf, reclaimTriggersOf } from '../../handover/policies.js';
import { hasTimers } from '../../handover/timers.js';
import { checkPagePolicies } from './check-policies.js';
import type { HandoverRequest, OpenPrompt, PagePolicies, Satisfaction, HandoverOptions } from './handover-options.js';
import type { MadeText, PluginTexts } from './plugin-texts.js';
import { TEXT_IN_WORDS, acceptText, pluginTexts } from './plugin-texts.js';
import type { Trigger } from './talk-to-agent.js';
import { triggersOf } from './talk-to-agent.js';
import type { TurnContext } from '../port.js';

/** The policies of one Page, every default filled in. No function among them fails, but for `metadata` and `redact`. */
export interface Policies extends EnginePolicies {
  readonly triggers: readonly Trigger[];
  readonly texts: PluginTexts;
  readonly metadata: HandoverOptions['metadata'];
  readonly redact: HandoverOptions['redact'];
  /** Absent: not asked. */
  readonly availability:
    ((context: TurnContext, request: HandoverRequest) => Availability | Promise<Availability>) | undefined;
  readonly loopBreaker: LoopBreaker | undefined;
  readonly satisfaction: SatisfactionQuestion | undefined;
  readonly openPrompt: Extract<OpenPrompt, string> | OpenPromptWork;
  readonly inlineThreadControl: boolean;
}

/** The question after a handover. */
export interface SatisfactionQuestion {
  readonly after: readonly string[];
  readonly ask: (context: TurnContext, result: HandoverResult) => MadeText | Promise<MadeText>;
}

/** What the application does with an open prompt. */
export type OpenPromptWork = (context: TurnContext, result: HandoverResult) => unknown;

/** What a book of policies is made with. */
export interface PolicyBookDeps {
  readonly clock: Clock;
  readonly functions: ApplicationFunctions;
}

interface KnownPage {
  readonly policies: Policies;
  readonly untilMs: number;
}

/** How long the answer of a `pages` function counts. */
const REMEMBERED_MS = 60_000;
/** More Pages than this at once are nobody's; a flood of made-up ones must not fill the memory. */
const MOST_PAGES = 10_000;

/** Resolves policies. */
export class PolicyBook {
  readonly #common: HandoverOptions;
  readonly #deps: PolicyBookDeps;
  readonly #forAll: Policies;
  readonly #byPage = new Map<string, KnownPage>();
  /** Pages whose policies the application is asked for now. */
  readonly #asked = new Map<string, Promise<void>>();

  /** @param options checked already */
  constructor(options: HandoverOptions, deps: PolicyBookDeps) {
    this.#common = { ...options };
    this.#deps = deps;
    this.#forAll = this.#resolved({});
  }

  /**
   * What holds for the threads of this Page. Never throws. While an asynchronous `pages` function has not answered, what it
   * answered before holds, else the common policies.
   */
  of(pageId: PageId): Policies {
    const { pages } = this.#common;
    if (pages === undefined) return this.#forAll;
    const known = this.#byPage.get(pageId);
    if (known && this.#deps.clock.now() < known.untilMs) return known.policies;
    if (!this.#asked.has(pageId)) this.#ask(pageId, pages);
    return this.#byPage.get(pageId)?.policies ?? this.#forAll;
  }

  /** Resolves when the policies of a Page are known; `undefined` when they are known already. */
  asked(pageId: PageId): Promise<void> | undefined {
    if (typeof this.#common.pages !== 'function') return undefined;
    this.of(pageId);
    return this.#byPage.has(pageId) ? undefined : this.#asked.get(pageId);
  }

  /** Whether the threads of any Page may have timers; of a function nobody can tell. */
  get mayHaveTimers(): boolean {
    const { pages = {}, timers = {} } = this.#common;
    if (typeof pages === 'function' || hasTimers(timers)) return true;
    return Object.values(pages).some((own) => hasTimers(own.timers ?? {}));
  }

  #ask(pageId: PageId, pages: NonNullable<HandoverOptions['pages']>): void {
    if (typeof pages !== 'function') {
      this.#keep(pageId, Object.hasOwn(pages, pageId) ? pages[pageId] : undefined, Infinity);
      return;
    }
    const answer = this.#deps.functions.call(pagesFunction(pageId), () => pages(pageId));
    const keep = (own: PagePolicies | undefined): void => {
      this.#keep(pageId, own, this.#deps.clock.now() + REMEMBERED_MS);
    };
    if (!(answer instanceof Promise)) {
      keep(answer);
      return;
    }
    const asked = answer.then((own) => {
      this.#asked.delete(pageId);
      keep(own);
    });
    this.#asked.set(pageId, asked);
  }

  #keep(pageId: PageId, own: PagePolicies | undefined, untilMs: number): void {
    if (this.#byPage.size >= MOST_PAGES) this.#byPage.clear();
    this.#byPage.set(pageId, { policies: own === undefined ? this.#forAll : this.#resolved(own), untilMs });
  }

  #resolved(own: PagePolicies): Policies {
    // A policy that is `undefined` is one that is not given.
    const all: PagePolicies = { ...this.#common, ...presentFields(own) };
    const { functions } = this.#deps;
    return {
      triggers: triggersOf(all.talkToAgent ?? talkToAgentPhrases(['en']), functions),
      texts: pluginTexts(functions, this.#common.texts, own.texts),
      metadata: all.metadata,
      redact: all.redact,
      availability: availabilityOf(all.availability, functions),
      loopBreaker: all.loopBreaker === false ? undefined : all.loopBreaker,
      timers: all.timers ?? {},
      grants: grantingOf(all.controlRequests ?? 'grantVccLive', functions),
      reclaim: reclaimTriggersOf(all.reclaim ?? {}, functions),
      satisfaction: questionOf(all.satisfactionQuestion, functions),
      openPrompt: openPromptOf(all.openPrompt ?? 'continue', functions),
      statusEvents: all.statusEvents === true,
      ownEchoes: all.ownEchoes === true,
      inlineThreadControl: all.inlineThreadControl === true,
    };
  }
}

function pagesFunction(pageId: PageId): ApplicationFunction<PagePolicies | undefined> {
  return {
    name: 'pages',
    about: `Page ${pageId}`,
    accept: (given): Accepted<PagePolicies | undefined> => {
      if (given === undefined || given === null) return { value: undefined };
      checkPagePolicies(`pages(${JSON.stringify(pageId)})`, given);
      return { value: given };
    },
    expected: 'an object with the policies of the Page',
    instead: undefined,
    otherwise: 'The common policies hold for it.',
  };
}

function availabilityOf(
  check: HandoverOptions['availability'],
  functions: ApplicationFunctions,
): Policies['availability'] {
  return check && ((context, request) => functions.call(AVAILABILITY, () => check(context, request)));
}

function questionOf(
  satisfaction: Satisfaction | undefined,
  functions: ApplicationFunctions,
): SatisfactionQuestion | undefined {
  if (!satisfaction) return undefined;
  const { ask, after = ['completed'] } = satisfaction;
  const described = {
    name: 'satisfactionQuestion.ask',
    accept: acceptText,
    expected: TEXT_IN_WORDS,
    instead: undefined,
    otherwise: 'The customer is not asked.',
  };
  return {
    after,
    ask: (context, result) =>
      functions.call<MadeText>(described, () => (typeof ask === 'function' ? ask(context, result) : ask)),
  };
}

function openPromptOf(openPrompt: OpenPrompt, functions: ApplicationFunctions): Policies['openPrompt'] {
  if (typeof openPrompt !== 'function') return openPrompt;
  const described: ApplicationFunction<undefined> = {
    name: 'openPrompt',
    accept: () => ({ value: undefined }),
    expected: 'nothing',
    instead: undefined,
    otherwise: 'The turn goes on.',
  };
  return (context, result) => functions.call(described, () => openPrompt(context, result));
}
