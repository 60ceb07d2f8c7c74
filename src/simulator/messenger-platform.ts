/**
 * The state of the simulated platform, and what each act does to it: it changes threads by the rules and informs the apps.
 *
 * Exists as the one place where rules, routing, clock and wire meet. Every act is synchronous, so none can interleave.
 */
import type {
  Speaker,
  ConnectedApp,
  Page,
  Thread,
  CustomerAct,
  CheckedMessage,
  SendOutcome,
  ControlOutcome,
} from './platform-types.js';
import type { SimulatorClock } from './held-clock.js';
import type { PlatformHabits } from './options.js';
import type { SeededRandom } from './seeded-random.js';
import type { Wire, OwnerEntry } from './wire.js';
import type { Weather } from './weather.js';
import { standbyAccess, type PageSetUp } from './wrong-settings.js';
import { destinations, type ConversationEventKind, type WebhookField } from './event-routing.js';
import {
  afterCustomer,
  asOf,
  ruleExtend,
  ruleMetaAppTakes,
  rulePass,
  ruleRelease,
  ruleRequest,
  ruleSend,
  ruleTake,
  untouchedThread,
  type ControlNotice,
  type PageRules,
  type Ruling,
  type ThreadTruth,
} from './thread-rules.js';
import {
  asStandby,
  controlItem,
  describeItem,
  echoOf,
  envelope,
  escapedJson,
  fromCustomer,
  type AddressedItem,
  type JsonObject,
} from './webhook-items.js';

export type {
  Speaker,
  ConversationEntry,
  ReceivedEvent,
  ConnectedApp,
  Page,
  Thread,
  CustomerAct,
  CheckedMessage,
  SendOutcome,
  ControlOutcome,
} from './platform-types.js';

/** How many entries of a conversation, and how many events of an app, are kept; the oldest go first. */
const KEPT_PER_LIST = 1000;

/** What the platform works with. */
export interface PlatformDeps {
  readonly clock: SimulatorClock;
  readonly wire: Wire;
  readonly weather: Weather;
  readonly random: SeededRandom;
  readonly habits: PlatformHabits;
  readonly setUp: PageSetUp;
  readonly pages: readonly Page[];
  readonly routing: boolean;
  readonly mayTake: (appId: string) => boolean;
  readonly mayUseHumanAgent: (appId: string) => boolean;
  /** Sends one item to the bot; resolves when it was delivered or given up for now. */
  readonly deliver: (item: AddressedItem) => Promise<void>;
  /** The bot's app has been subscribed for a Page. */
  readonly onSubscribed: (pageId: string) => void;
}

/** The platform. */
export class MessengerPlatform {
  readonly pages: ReadonlyMap<string, Page>;
  readonly #deps: PlatformDeps;
  #lastStampMs = 0;
  #messages = 0;

  constructor(deps: PlatformDeps) {
    this.#deps = deps;
    this.pages = new Map(deps.pages.map((page) => [page.pageId, page]));
  }

  /** The simulator's clock, milliseconds. */
  now(): number {
    return this.#deps.clock.now();
  }

  /** Meta's clock: the simulator's plus the skew, milliseconds. */
  platformNow(): number {
    return this.#deps.clock.now() + this.#deps.weather.clockSkewMs;
  }

  /** Meta's clock minus the simulator's, milliseconds. */
  skewMs(): number {
    return this.#deps.weather.clockSkewMs;
  }

  /** The bot's app has been subscribed for a Page (again). */
  onSubscribed(pageId: string): void {
    this.#deps.onSubscribed(pageId);
  }

  /** A message id. */
  newMid(): string {
    this.#messages += 1;
    return `m_${this.#deps.random.letters(32)}${String(this.#messages).padStart(6, '0')}`;
  }

  /** A default application is set, and the weather has not taken it away. */
  get routing(): boolean {
    return this.#deps.routing && !this.#deps.weather.routingOff;
  }

  /** What is true of a thread now. */
  truthOf(thread: Thread): ThreadTruth {
    return asOf(thread.truth, this.#deps.clock.now());
  }

  /** The thread of a customer, who becomes known by it. */
  threadOf(page: Page, psid: string): Thread {
    const known = page.threads.get(psid);
    if (known !== undefined) return known;
    const thread: Thread = { psid, truth: untouchedThread, conversation: [], buttons: new Map() };
    page.threads.set(psid, thread);
    return thread;
  }

  /** A customer does something. Resolves when the bot's webhooks of it were delivered or given up for now. */
  async customerActs(page: Page, thread: Thread, act: CustomerAct): Promise<void> {
    const nowMs = this.#deps.clock.now();
    if (act.wakes) this.#become(page, thread, afterCustomer(thread.truth, this.#rules(page), nowMs), 'customer');
    if (act.shows !== undefined) {
      keep(thread.conversation, { kind: 'message', from: 'customer', atMs: nowMs, ...act.shows });
    }
    const stamp = act.kind === 'delivery' ? undefined : this.#itemStamp();
    const item = fromCustomer(page.pageId, thread.psid, stamp, act.content);
    await Promise.all(this.#tellConversation(page, thread, act.kind, item, act.buttonAppId));
  }

  /** A customer ticks the box of the checkbox plugin. The event names no customer but the `user_ref`. */
  async optsIn(page: Page, thread: Thread, userRef: string, ref: string): Promise<void> {
    const nowMs = this.#deps.clock.now();
    this.#become(page, thread, afterCustomer(thread.truth, this.#rules(page), nowMs), 'customer');
    (page.userRefs ??= new Map()).set(userRef, thread);
    thread.optedInBy = userRef;
    const item = { recipient: { id: page.pageId }, timestamp: this.#itemStamp(), optin: { ref, user_ref: userRef } };
    await Promise.all(this.#tellConversation(page, thread, 'optin', item));
  }

  /** An app sends a message. @param byUserRef the customer was named by a `user_ref`: Meta sends no echo of such a message */
  send(page: Page, thread: Thread, appId: string, checked: CheckedMessage, byUserRef = false): SendOutcome {
    const nowMs = this.#deps.clock.now();
    const rules = this.#rules(page);
    if (checked.control !== undefined && !rules.routing) return { allowed: false, why: 'inlineControlNotEnabled' };
    const ruling = ruleSend(thread.truth, appId, rules, nowMs, checked.humanAgent);
    if (!ruling.allowed) return ruling;
    const after = this.#inlineControl(page, appId, checked, ruling.thread);
    if (after !== undefined && !after.allowed) return after;
    this.#follow(page, thread, ruling, ruling.notice === undefined ? 'send' : 'take');
    const mid = this.#speak(page, thread, appId, checked, byUserRef);
    if (after !== undefined) this.#follow(page, thread, after, checked.control?.type ?? 'release');
    return { allowed: true, mid };
  }

  /** An app sends `typing_on`, `typing_off` or `mark_seen`. */
  senderAction(page: Page, thread: Thread, appId: string, action: string): ControlOutcome {
    // U: whether sender actions obey ownership and window as messages do; the stricter answer is taken.
    const ruling = ruleSend(thread.truth, appId, this.#rules(page), this.#deps.clock.now());
    if (!ruling.allowed) return ruling;
    const seen = action === 'mark_seen';
    keep(thread.conversation, {
      kind: seen ? 'seen' : 'typing',
      from: speakerOf(page, appId),
      appId,
      ...(seen ? {} : { on: action === 'typing_on' }),
      atMs: this.#deps.clock.now(),
    });
    return { allowed: true };
  }

  /** `pass_thread_control`. */
  pass(page: Page, thread: Thread, appId: string, target: string | undefined, metadata?: string): ControlOutcome {
    const nowMs = this.#deps.clock.now();
    return this.#follow(
      page,
      thread,
      rulePass(thread.truth, appId, target, metadata, this.#rules(page), nowMs),
      'pass',
    );
  }

  /** `take_thread_control`. */
  take(page: Page, thread: Thread, appId: string, metadata?: string): ControlOutcome {
    const ruling = ruleTake(thread.truth, appId, metadata, this.#rules(page), this.#deps.clock.now());
    return this.#follow(page, thread, ruling, 'take');
  }

  /** `release_thread_control`. */
  release(page: Page, thread: Thread, appId: string): ControlOutcome {
    return this.#follow(page, thread, ruleRelease(thread.truth, appId, this.#deps.clock.now()), 'release');
  }

  /** `request_thread_control`. */
  request(page: Page, thread: Thread, appId: string, metadata?: string): ControlOutcome {
    const ruling = ruleRequest(thread.truth, appId, metadata, this.#rules(page), this.#deps.clock.now());
    return this.#follow(page, thread, ruling, 'request');
  }

  /** `extend_thread_control`. */
  extend(page: Page, thread: Thread, appId: string, durationS: number): ControlOutcome {
    const ruling = ruleExtend(thread.truth, appId, durationS, this.#deps.clock.now());
    return this.#follow(page, thread, ruling, 'send');
  }

  /** An app of Meta's own takes the thread: the Page Inbox for a person who answers there or moves the chat, or Business AI. */
  metaAppTakes(page: Page, thread: Thread, appId: string, metadata?: string): void {
    this.#follow(page, thread, ruleMetaAppTakes(thread.truth, appId, metadata, this.#deps.clock.now()), 'take');
  }

  /** A person writes in the Page Inbox. */
  inboxWrites(page: Page, thread: Thread, inboxAppId: string, text: string): string {
    this.metaAppTakes(page, thread, inboxAppId);
    return this.#speak(page, thread, inboxAppId, { message: { text }, buttons: [], humanAgent: true });
  }

  #rules(page: Page): PageRules {
    const { weather, habits, mayTake, mayUseHumanAgent } = this.#deps;
    return {
      routing: this.routing,
      defaultAppId: page.defaultAppId,
      entryAppId: page.entryAppId,
      connectedAppIds: new Set(page.apps.keys()),
      mayTake: (appId) => !weather.takeNotAllowed && mayTake(appId),
      mayUseHumanAgent,
      sendTakesIdle: habits.sendTakesIdle,
      requestWithRouting: habits.requestWithRouting,
    };
  }

  #inlineControl(page: Page, appId: string, checked: CheckedMessage, sent: ThreadTruth): Ruling | undefined {
    if (checked.control === undefined) return undefined;
    const nowMs = this.#deps.clock.now();
    if (checked.control.type === 'release') return ruleRelease(sent, appId, nowMs);
    return rulePass(sent, appId, checked.control.appId, undefined, this.#rules(page), nowMs);
  }

  #follow(page: Page, thread: Thread, ruling: Ruling, why: OwnerEntry['why']): ControlOutcome {
    if (!ruling.allowed) return ruling;
    this.#become(page, thread, ruling.thread, why);
    if (ruling.notice !== undefined) this.#tellControl(page, thread, ruling.notice);
    return { allowed: true };
  }

  #become(page: Page, thread: Thread, next: ThreadTruth, why: OwnerEntry['why']): void {
    const from = this.truthOf(thread).ownerAppId ?? 'idle';
    const to = next.ownerAppId ?? 'idle';
    thread.truth = next;
    if (from !== to) {
      this.#deps.wire.write({ kind: 'owner', pageId: page.pageId, psid: thread.psid, from, to, why });
    }
    this.#watchExpiry(page, thread);
  }

  /** Only for the wire: who owns a thread is computed from the clock whenever it is asked. */
  #watchExpiry(page: Page, thread: Thread): void {
    thread.cancelExpiry?.();
    delete thread.cancelExpiry;
    const { ownerAppId, expiresAtMs } = thread.truth;
    if (ownerAppId === undefined || expiresAtMs === undefined) return;
    thread.cancelExpiry = this.#deps.clock.afterInBackground(expiresAtMs - this.#deps.clock.now(), () => {
      thread.truth = this.truthOf(thread);
      this.#deps.wire.write({
        kind: 'owner',
        pageId: page.pageId,
        psid: thread.psid,
        from: ownerAppId,
        to: 'idle',
        why: 'expired',
      });
    });
  }

  #speak(page: Page, thread: Thread, appId: string, checked: CheckedMessage, byUserRef = false): string {
    const mid = this.newMid();
    const nowMs = this.#deps.clock.now();
    const text = checked.message['text'];
    keep(thread.conversation, {
      kind: 'message',
      from: speakerOf(page, appId),
      appId,
      mid,
      ...(typeof text === 'string' ? { text } : {}),
      message: checked.message,
      atMs: nowMs,
    });
    for (const { payload, title } of checked.buttons) thread.buttons.set(payload, { appId, title });
    if (byUserRef) return mid;
    const echo = echoOf(page.pageId, thread.psid, this.#itemStamp(), appId, mid, echoable(checked.message));
    void Promise.all(this.#tellConversation(page, thread, 'echo', echo));
    if (this.#deps.habits.receipts) this.#confirmReceipt(page, thread, mid);
    return mid;
  }

  #confirmReceipt(page: Page, thread: Thread, mid: string): void {
    const watermark = this.platformNow();
    void this.customerActs(page, thread, {
      kind: 'delivery',
      content: { delivery: { mids: [mid], watermark } },
      wakes: false,
    });
    void this.customerActs(page, thread, { kind: 'read', content: { read: { watermark } }, wakes: false });
  }

  #tellConversation(
    page: Page,
    thread: Thread,
    kind: ConversationEventKind,
    item: JsonObject,
    buttonAppId?: string,
  ): Promise<void>[] {
    const { weather, habits } = this.#deps;
    const event = {
      kind,
      ownerAppId: this.truthOf(thread).ownerAppId,
      routing: this.routing,
      defaultAppId: page.defaultAppId,
      buttonAppId,
      standbyCarriesEverything: habits.standbyCarriesEverything,
    };
    const apps = [...page.apps.values()];
    const listeners = apps.map((app) => ({
      appId: app.appId,
      fields: subscribedFields(app),
      standbyAccess: standbyAccess(this.#deps.setUp, app.role),
    }));
    return destinations(event, listeners).map(({ appId, channel }) => {
      const bare = weather.payloadlessPostback;
      const variant = channel === 'standby' || bare ? asStandby(item, bare && channel === 'standby') : item;
      return this.#tell(page, thread, appId, channel, variant);
    });
  }

  #tellControl(page: Page, thread: Thread, notice: ControlNotice): void {
    const stamp = this.#itemStamp();
    const item = controlItem(page.pageId, thread.psid, stamp, notice, this.#deps.habits);
    for (const appId of this.#informed(page, notice)) {
      const app = page.apps.get(appId);
      if (app === undefined || !subscribedFields(app).has('messaging_handovers')) continue;
      // Control events stand in messaging[] whoever gets them, although their subscription has another name.
      void this.#tell(page, thread, appId, 'messaging', item);
    }
  }

  #informed(page: Page, notice: ControlNotice): string[] {
    const { passInformsPrevious, takeInforms } = this.#deps.habits;
    if (notice.kind === 'request') return [notice.ownerAppId];
    const previous = notice.previousAppId === undefined ? [] : [notice.previousAppId];
    if (notice.kind === 'pass') return passInformsPrevious ? [notice.newAppId, ...previous] : [notice.newAppId];
    return takeInforms === 'all' ? [...page.apps.keys()] : previous;
  }

  #tell(page: Page, thread: Thread, appId: string, channel: 'messaging' | 'standby', item: JsonObject): Promise<void> {
    const app = page.apps.get(appId);
    if (app === undefined) return Promise.resolve();
    const addressed = { pageId: page.pageId, psid: thread.psid, channel, item };
    if (app.role === 'bot') return this.#deps.deliver(addressed);
    keep(app.received, { channel, psid: thread.psid, item, atMs: this.#deps.clock.now() });
    this.#deps.wire.write({
      kind: 'webhook',
      appId,
      appName: app.name,
      pageIds: [page.pageId],
      psids: [thread.psid],
      channels: [channel],
      items: [describeItem(item)],
      body: escapedJson(envelope([addressed], this.platformNow())),
      attempt: 1,
      why: 'first',
      outcome: 'recorded',
    });
    return Promise.resolve();
  }

  /** Meta's stamps of different events differ: at least a millisecond lies between two, also while the clock stands still. */
  #itemStamp(): number {
    const nowMs = this.platformNow();
    const sameClock = nowMs >= this.#lastStampMs - 60_000;
    this.#lastStampMs = sameClock ? Math.max(nowMs, this.#lastStampMs + 1) : nowMs;
    return this.#deps.weather.timestampsInSeconds ? Math.floor(this.#lastStampMs / 1000) : this.#lastStampMs;
  }
}

/** The fields an app hears: those subscribed both for the app and for the Page. */
function subscribedFields(app: ConnectedApp): ReadonlySet<WebhookField> {
  return new Set([...app.pageFields].filter((field) => app.appFields.has(field)));
}

/** Who an app is in a conversation. */
function speakerOf(page: Page, appId: string): Speaker {
  switch (page.apps.get(appId)?.role) {
    case 'bot':
      return 'bot';
    case 'vccLive':
      return 'agent';
    case 'inbox':
      return 'inbox';
    case 'other':
    case undefined:
      return 'other';
  }
}

/** An echo carries text, attachments and metadata; quick replies are the customer's. */
function echoable(message: JsonObject): JsonObject {
  const { text, attachment, attachments, metadata } = message;
  return {
    ...(metadata === undefined ? {} : { metadata }),
    ...(text === undefined ? {} : { text }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(attachment === undefined ? {} : { attachments: [attachment] }),
  };
}

function keep<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > KEPT_PER_LIST) list.shift();
}
