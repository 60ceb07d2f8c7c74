/**
 * Who owns a thread and who may do what with it: the platform's rules, pure.
 *
 * Exists so that the rules can be read, and tried against each other, without a server.
 * Rules that Meta does not publish are marked U.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */

/** Control ends after this long without activity; also the standard messaging window. */
export const CONTROL_WINDOW_MS = 24 * 60 * 60 * 1000;
/** How long after the customer's last message an app with the Human Agent feature may still write. */
const HUMAN_AGENT_WINDOW_MS = 7 * CONTROL_WINDOW_MS;
/** The longest extension, seconds. */
const LONGEST_EXTENSION_S = 604_800;

/** What is true of a thread. */
export interface ThreadTruth {
  /** The owning app; `undefined`: idle. */
  readonly ownerAppId: string | undefined;
  /** When its control ends, milliseconds; `undefined` if the thread is idle. */
  readonly expiresAtMs: number | undefined;
  /** The customer's last message or button, milliseconds; `undefined`: never. */
  readonly customerAtMs: number | undefined;
  /** Metadata of the action that gave control to the present owner. */
  readonly metadata: string | undefined;
}

/** The rules that hold for a Page at a moment. */
export interface PageRules {
  /** A default application is set (Conversation Routing). Off: "default behaviour", zero configuration. */
  readonly routing: boolean;
  readonly defaultAppId: string;
  /** Gets an idle thread in which a customer writes: the default application, unless Social routing names another app. */
  readonly entryAppId: string;
  readonly connectedAppIds: ReadonlySet<string>;
  /** The Page setting "Allow this app to take control of conversations". */
  readonly mayTake: (appId: string) => boolean;
  /** Apps with the Human Agent feature. */
  readonly mayUseHumanAgent: (appId: string) => boolean;
  /** A send of the default app into an idle thread makes it the owner. */
  readonly sendTakesIdle: boolean;
  /** What `request_thread_control` does while routing is on. */
  readonly requestWithRouting: 'refused' | 'told';
}

/** What Meta tells the apps about control. Meta tells nobody of a release or an expiry. */
export type ControlNotice =
  | {
      readonly kind: 'pass' | 'take';
      readonly previousAppId: string | undefined;
      readonly newAppId: string;
      readonly metadata: string | undefined;
    }
  | {
      readonly kind: 'request';
      readonly requestingAppId: string;
      readonly ownerAppId: string;
      readonly metadata: string | undefined;
    };

/** Why the platform refuses. `graph-errors.ts` has the body for each. */
export type Refusal =
  | 'anotherAppControls'
  | 'outsideWindow'
  | 'tagNotPermitted'
  | 'notThreadOwner'
  | 'targetMissing'
  | 'incorrectAppId'
  | 'passToSelf'
  | 'releaseNotOwner'
  | 'routingNotEnabled'
  | 'alreadyOwner'
  | 'takeNotAllowed'
  | 'requestNotSupported'
  | 'extendNotOwner'
  | 'extendTooLong'
  | 'inlineControlNotEnabled';

/** What a rule says: the thread afterwards and whom Meta informs, or why the act is refused. */
export type Ruling =
  | { readonly allowed: true; readonly thread: ThreadTruth; readonly notice?: ControlNotice }
  | { readonly allowed: false; readonly why: Refusal };

/** A thread on which nothing has happened. */
export const untouchedThread: ThreadTruth = {
  ownerAppId: undefined,
  expiresAtMs: undefined,
  customerAtMs: undefined,
  metadata: undefined,
};

/** The thread at `nowMs`: idle if its control has run out. No webhook says so. */
export function asOf(thread: ThreadTruth, nowMs: number): ThreadTruth {
  if (thread.expiresAtMs === undefined || nowMs < thread.expiresAtMs) return thread;
  return idle(thread);
}

/**
 * The customer wrote or pressed a button: control is prolonged; with routing on an idle thread becomes that of the app for
 * such entries. Without routing an idle thread stays nobody's.
 */
export function afterCustomer(before: ThreadTruth, rules: PageRules, nowMs: number): ThreadTruth {
  const thread = { ...asOf(before, nowMs), customerAtMs: nowMs };
  if (thread.ownerAppId !== undefined) return prolonged(thread, nowMs);
  return rules.routing ? owned(thread, rules.entryAppId, nowMs) : thread;
}

/**
 * An app sends a message or a sender action.
 * A HUMAN_AGENT message of an app that may take control takes it (C: implied by Meta's note on the setting).
 */
export function ruleSend(
  before: ThreadTruth,
  appId: string,
  rules: PageRules,
  nowMs: number,
  humanAgentTag = false,
): Ruling {
  const thread = asOf(before, nowMs);
  if (humanAgentTag && !rules.mayUseHumanAgent(appId)) return refused('tagNotPermitted');
  const taken = !maySend(thread, appId, rules);
  // U: which error an app other than the default one gets in an idle thread; the nearest published one is this.
  if (taken && !(humanAgentTag && rules.routing && rules.mayTake(appId))) return refused('anotherAppControls');
  const windowMs = humanAgentTag ? HUMAN_AGENT_WINDOW_MS : CONTROL_WINDOW_MS;
  if (thread.customerAtMs === undefined || nowMs - thread.customerAtMs >= windowMs) return refused('outsideWindow');
  if (taken) return takenBy(thread, appId, undefined, nowMs);
  if (thread.ownerAppId === appId) return { allowed: true, thread: prolonged(thread, nowMs) };
  const becomesOwner = rules.routing && rules.sendTakesIdle;
  return { allowed: true, thread: becomesOwner ? owned(thread, appId, nowMs) : thread };
}

/** `pass_thread_control`: the owner, or any app while idle. Without a target it goes to the default application. */
export function rulePass(
  before: ThreadTruth,
  appId: string,
  targetAppId: string | undefined,
  metadata: string | undefined,
  rules: PageRules,
  nowMs: number,
): Ruling {
  const thread = asOf(before, nowMs);
  const target = targetAppId ?? (rules.routing ? rules.defaultAppId : undefined);
  if (target === undefined) return refused('targetMissing');
  if (!rules.connectedAppIds.has(target)) return refused('incorrectAppId');
  if (thread.ownerAppId !== undefined && thread.ownerAppId !== appId) return refused('notThreadOwner');
  if (thread.ownerAppId === target) return refused('passToSelf');
  return {
    allowed: true,
    thread: owned(thread, target, nowMs, metadata),
    notice: { kind: 'pass', previousAppId: thread.ownerAppId, newAppId: target, metadata },
  };
}

/** `release_thread_control`: only the owner. The thread is idle, and Meta tells nobody. */
export function ruleRelease(before: ThreadTruth, appId: string, nowMs: number): Ruling {
  const thread = asOf(before, nowMs);
  if (thread.ownerAppId !== appId) return refused('releaseNotOwner');
  return { allowed: true, thread: idle(thread) };
}

/** `take_thread_control`: routing must be on; from an owner only with the Page setting. Taking from idle tells nobody. */
export function ruleTake(
  before: ThreadTruth,
  appId: string,
  metadata: string | undefined,
  rules: PageRules,
  nowMs: number,
): Ruling {
  const thread = asOf(before, nowMs);
  if (!rules.routing) return refused('routingNotEnabled');
  if (thread.ownerAppId === appId) return refused('alreadyOwner');
  if (thread.ownerAppId !== undefined && !rules.mayTake(appId)) return refused('takeNotAllowed');
  return takenBy(thread, appId, metadata, nowMs);
}

/** An app of Meta's own (the Page Inbox when a person answers there, Business AI) takes control, whatever the settings say. */
export function ruleMetaAppTakes(
  before: ThreadTruth,
  appId: string,
  metadata: string | undefined,
  nowMs: number,
): Ruling {
  const thread = asOf(before, nowMs);
  if (thread.ownerAppId === appId) return { allowed: true, thread: prolonged(thread, nowMs) };
  return takenBy(thread, appId, metadata, nowMs);
}

/** `request_thread_control`: an idle thread is given at once, an owner is only told. */
export function ruleRequest(
  before: ThreadTruth,
  appId: string,
  metadata: string | undefined,
  rules: PageRules,
  nowMs: number,
): Ruling {
  const thread = asOf(before, nowMs);
  if (rules.routing && rules.requestWithRouting === 'refused') return refused('requestNotSupported');
  if (thread.ownerAppId === appId) return refused('alreadyOwner');
  if (thread.ownerAppId !== undefined) {
    const notice = { kind: 'request', requestingAppId: appId, ownerAppId: thread.ownerAppId, metadata } as const;
    return { allowed: true, thread, notice };
  }
  const notice = { kind: 'pass', previousAppId: undefined, newAppId: appId, metadata } as const;
  return { allowed: true, thread: owned(thread, appId, nowMs, metadata), notice };
}

/** `extend_thread_control`: only the owner, at most seven days from now. U: never shortens. */
export function ruleExtend(before: ThreadTruth, appId: string, durationS: number, nowMs: number): Ruling {
  const thread = asOf(before, nowMs);
  if (thread.ownerAppId !== appId) return refused('extendNotOwner');
  if (durationS > LONGEST_EXTENSION_S) return refused('extendTooLong');
  const expiresAtMs = Math.max(thread.expiresAtMs ?? 0, nowMs + durationS * 1000);
  return { allowed: true, thread: { ...thread, expiresAtMs } };
}

function maySend(thread: ThreadTruth, appId: string, rules: PageRules): boolean {
  if (thread.ownerAppId !== undefined) return thread.ownerAppId === appId;
  return !rules.routing || appId === rules.defaultAppId;
}

function takenBy(thread: ThreadTruth, appId: string, metadata: string | undefined, nowMs: number): Ruling {
  const next = owned(thread, appId, nowMs, metadata);
  if (thread.ownerAppId === undefined) return { allowed: true, thread: next };
  const notice = { kind: 'take', previousAppId: thread.ownerAppId, newAppId: appId, metadata } as const;
  return { allowed: true, thread: next, notice };
}

/** Any routing action begins a new day of control, also one that was extended before. */
function owned(thread: ThreadTruth, appId: string, nowMs: number, metadata?: string): ThreadTruth {
  return { ...thread, ownerAppId: appId, expiresAtMs: nowMs + CONTROL_WINDOW_MS, metadata };
}

function prolonged(thread: ThreadTruth, nowMs: number): ThreadTruth {
  return { ...thread, expiresAtMs: Math.max(thread.expiresAtMs ?? 0, nowMs + CONTROL_WINDOW_MS) };
}

function idle(thread: ThreadTruth): ThreadTruth {
  return { ...thread, ownerAppId: undefined, expiresAtMs: undefined, metadata: undefined };
}

function refused(why: Refusal): Ruling {
  return { allowed: false, why };
}
