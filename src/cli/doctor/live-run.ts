/**
 * Tries a real pass, take and release on one thread, and records Meta's answers.
 *
 * Only real calls show two of the settings, and Meta does not publish several of its answers. The run touches no thread
 * that another app owns, and leaves the thread as it was, as far as Meta allows.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { AdministrationAnswer, GraphAdministration } from '../../graph/administration.js';
import { ALREADY_OWNER } from '../../graph/classify-refusal.js';
import { readOwner } from '../../graph/owner-answer.js';
import type { ThreadEvent } from '../../thread/event.js';

/** All steps. The first five are the short run; the others answer open questions. */
export type StepId =
  | 'pass'
  | 'take'
  | 'release'
  | 'takeAgain'
  | 'takeFromIdle'
  | 'takeWhileOwner'
  | 'passToSelf'
  | 'extendTooLong'
  | 'passToStranger'
  | 'passLongMetadata'
  | 'request'
  | 'sendIntoIdle';

/** Who has a thread, in this run's words. */
export type OwnerView = 'bot' | 'vccLive' | 'other' | 'hidden' | 'idle' | 'unknown';

/** One call, with what Meta said afterwards of the owner, and the webhooks that came. */
export interface LiveStep {
  readonly step: StepId;
  readonly answer: AdministrationAnswer;
  readonly ownerAnswer: AdministrationAnswer;
  readonly owner: OwnerView;
  /** Events of this thread that came within a few seconds; absent if no tap was open. */
  readonly heard?: readonly ThreadEvent[];
}

/** What a refused or an allowed take showed of the Page's settings. */
export interface SettingsShown {
  readonly mayTake?: 'yes' | 'no';
  readonly routing?: 'off';
}

/** The result of the run. */
export interface LiveRun {
  readonly before: OwnerView;
  readonly beforeAnswer: AdministrationAnswer;
  readonly steps: readonly LiveStep[];
  /** Why nothing was tried. */
  readonly notTouched?: string;
  readonly settings: SettingsShown;
  /** Who has the thread now. */
  readonly after: OwnerView;
}

/** What is needed. */
export interface LiveOrder {
  readonly graph: GraphAdministration;
  readonly psid: string;
  readonly appId: string;
  readonly vccLiveAppId: string;
  /** Answers the open questions too. */
  readonly record: boolean;
  /** A text that the customer gets, to see whether a send into an idle thread makes an owner. */
  readonly message: string | undefined;
  /** Resolves with the events of this thread since the last call, after a few seconds; absent if nobody listens. */
  readonly hear?: () => Promise<readonly ThreadEvent[]>;
  /** Called after each step. */
  readonly tell: (step: LiveStep) => void;
}

/** One character more than the published limit of the Send API; that of thread control is not published. */
const LONG_METADATA_CHARACTERS = 1001;
/** One day more than the published limit. */
const TOO_LONG_EXTENSION_S = 8 * 24 * 60 * 60;
/** With code 27: a take is refused because routing is off. The second one is Instagram's. */
const ROUTING_OFF_SUBCODES: readonly (number | undefined)[] = [2018464, 2534123];
/** An app id that no app has. */
const STRANGER_APP_ID = '1';
const METADATA = JSON.stringify({ reason: 'check-up of the set-up, no customer waits' });

/** Runs. Never rejects. */
export async function runLive(order: LiveOrder): Promise<LiveRun> {
  const run = new Run(order);
  const beforeAnswer = await run.askOwner();
  const before = ownerView(beforeAnswer, order);
  const reason = untouchable(before);
  if (reason !== undefined) return { before, beforeAnswer, steps: [], notTouched: reason, settings: {}, after: before };
  run.owner = before;
  if (order.record) await run.tryOddities();
  if (run.isFree) await run.try('pass', 'pass', { target_app_id: order.vccLiveAppId, metadata: METADATA });
  if (order.record && run.owner === 'vccLive') await run.try('request', 'request', { metadata: METADATA });
  if (run.owner !== 'bot' && !run.wasRefusedTake) await run.try('take', 'take', { metadata: METADATA });
  if (run.owner === 'bot') await run.try('release', 'release', {});
  if (order.message !== undefined && run.owner === 'idle') await run.send(order.message);
  // As it was before: Meta takes an idle thread without a webhook to any app.
  if (before === 'bot' && run.owner === 'idle') await run.try('takeAgain', 'take', {});
  if (before === 'idle' && run.owner === 'bot') await run.try('release', 'release', {});
  return { before, beforeAnswer, steps: run.steps, settings: settingsShownBy(run.steps), after: run.owner };
}

/** Who that is. */
function ownerView(
  answer: AdministrationAnswer,
  ids: { readonly appId: string; readonly vccLiveAppId: string },
): OwnerView {
  const owner = answer.status === 'answered' ? readOwner(answer.value) : undefined;
  if (owner === undefined) return 'unknown';
  if (owner.owner !== 'app') return owner.owner;
  if (owner.appId === ids.appId) return 'bot';
  return owner.appId === ids.vccLiveAppId ? 'vccLive' : 'other';
}

class Run {
  readonly steps: LiveStep[] = [];
  owner: OwnerView = 'unknown';
  readonly #order: LiveOrder;

  constructor(order: LiveOrder) {
    this.#order = order;
  }

  /** The bot may do something with the thread. */
  get isFree(): boolean {
    return this.owner === 'bot' || this.owner === 'idle';
  }

  /** Meta has refused a take already: another one is of no use. */
  get wasRefusedTake(): boolean {
    const { mayTake, routing } = settingsShownBy(this.steps);
    return mayTake === 'no' || routing === 'off';
  }

  askOwner(): Promise<AdministrationAnswer> {
    return this.#order.graph.threadOwner(this.#order.psid);
  }

  async try(step: StepId, operation: string, parameters: object): Promise<void> {
    const { graph, psid } = this.#order;
    const path = `/me/${operation}_thread_control`;
    const body = { recipient: { id: psid }, ...parameters };
    await this.#note(step, await graph.ask({ method: 'POST', path, as: 'page', body }));
  }

  async send(text: string): Promise<void> {
    const { graph, psid } = this.#order;
    const body = { recipient: { id: psid }, messaging_type: 'RESPONSE', message: { text } };
    await this.#note('sendIntoIdle', await graph.ask({ method: 'POST', path: '/me/messages', as: 'page', body }));
  }

  /** Calls that Meta should refuse; their answers are not published. If one works, the run takes the thread back. */
  async tryOddities(): Promise<void> {
    const { appId, vccLiveAppId } = this.#order;
    if (!this.#isBots()) await this.try('takeFromIdle', 'take', {});
    if (!this.#isBots()) return;
    await this.try('takeWhileOwner', 'take', {});
    await this.try('passToSelf', 'pass', { target_app_id: appId });
    await this.try('extendTooLong', 'extend', { duration: TOO_LONG_EXTENSION_S });
    await this.try('passToStranger', 'pass', { target_app_id: STRANGER_APP_ID });
    await this.#fetchBack();
    if (!this.#isBots()) return;
    const metadata = 'x'.repeat(LONG_METADATA_CHARACTERS);
    await this.try('passLongMetadata', 'pass', { target_app_id: vccLiveAppId, metadata });
    await this.#fetchBack();
  }

  /** Asked anew each time: every step may move the thread. */
  #isBots(): boolean {
    return this.owner === 'bot';
  }

  async #fetchBack(): Promise<void> {
    if (this.owner !== 'bot') await this.try('takeAgain', 'take', {});
  }

  async #note(step: StepId, answer: AdministrationAnswer): Promise<void> {
    const heard = await this.#order.hear?.();
    const ownerAnswer = await this.askOwner();
    this.owner = ownerView(ownerAnswer, this.#order);
    const noted: LiveStep = { step, answer, ownerAnswer, owner: this.owner, ...(heard === undefined ? {} : { heard }) };
    this.steps.push(noted);
    this.#order.tell(noted);
  }
}

function untouchable(before: OwnerView): string | undefined {
  switch (before) {
    case 'bot':
    case 'idle':
      return undefined;
    case 'vccLive':
      return 'VCC Live has this thread: a customer may be talking to an agent. Nothing was tried.';
    case 'other':
    case 'hidden':
      return 'Another app has this thread. Nothing was tried.';
    case 'unknown':
      return 'Meta did not say who has this thread. Nothing was tried.';
  }
}

/** A take of a thread that VCC Live had shows the setting; no other take shows it. */
function settingsShownBy(steps: readonly LiveStep[]): SettingsShown {
  for (const [index, { step, answer, owner }] of steps.entries()) {
    if ((step !== 'take' && step !== 'takeAgain') || !wasWithVccLive(steps[index - 1])) continue;
    if (owner === 'bot') return { mayTake: 'yes' };
    if (answer.status === 'refused' && ROUTING_OFF_SUBCODES.includes(answer.subcode)) return { routing: 'off' };
    const isPermission =
      answer.status === 'refused' && !['rateLimited', 'metaFault', 'invalidToken'].includes(answer.means);
    if (isPermission && answer.subcode !== ALREADY_OWNER.subcode) return { mayTake: 'no' };
  }
  return {};
}

/** An app that is not the default one does not see who it is; after its own pass it knows. */
function wasWithVccLive(step: LiveStep | undefined): boolean {
  return step?.owner === 'vccLive' || (step?.owner === 'hidden' && step.step === 'pass');
}
