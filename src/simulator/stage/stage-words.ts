/**
 * The messages between the stage and its page: plain JSON. Imports nothing, so that server and browser both compile it.
 */

/** Who really owns a thread. */
export type TrueOwnerName = 'bot' | 'vccLive' | 'inbox' | 'other' | 'idle';

/** Who the bot believes owns it; the words of `ThreadOwner.owner`. */
export type BelievedOwnerName = 'bot' | 'vccLive' | 'other' | 'idle' | 'unknown';

/** Who speaks in a conversation. */
export type SpeakerName = 'customer' | 'bot' | 'agent' | 'inbox' | 'other';

/** The color of a thing on the page. A word always says the same. */
export type Tone = 'good' | 'bad' | 'warn' | 'wait' | 'plain';

/** One customer's thread. */
export interface ThreadView {
  /** `<Page>/<PSID>`. */
  readonly key: string;
  readonly pageId: string;
  readonly psid: string;
  readonly name: string;
  readonly truth: TrueOwnerName;
  /** When the owner's control ends, the simulator's clock, milliseconds since 1970. Absent if idle. */
  readonly expiresAtMs?: number;
  /** Absent if the stage cannot know: the bot runs in another process. */
  readonly believed?: BelievedOwnerName;
  /** Whether the bot is wrong about the owner. Bot, idle and unknown count as the same. */
  readonly differs: boolean;
  /** The metadata with which VCC Live got the thread. */
  readonly metadata?: string;
  /** The last message of the conversation, shortened. */
  readonly lastText?: string;
  readonly lastAtMs?: number;
}

/** Something a customer can press. */
export interface ButtonView {
  readonly title: string;
  /** Absent on links. */
  readonly payload?: string;
  readonly url?: string;
}

/** One element of a carousel. */
export interface CardView {
  /** Title and subtitle, a line each. */
  readonly text: string;
  readonly imageUrl?: string;
  readonly buttons?: readonly ButtonView[];
}

/** One thing in a conversation. */
export interface TalkEntry {
  readonly kind: 'message' | 'typing' | 'seen';
  readonly from: SpeakerName;
  readonly atMs: number;
  readonly text?: string;
  /** Typing: whether it began. */
  readonly on?: boolean;
  readonly quickReplies?: readonly ButtonView[];
  readonly buttons?: readonly ButtonView[];
  /** A carousel of at least two. */
  readonly cards?: readonly CardView[];
  readonly attachment?: { readonly type: string; readonly url?: string; readonly title?: string };
}

/** New messages of a thread; all of them if `whole`. */
export interface TalkView {
  readonly key: string;
  readonly whole: boolean;
  readonly entries: readonly TalkEntry[];
}

/** One line of the timeline. A later line with the same `id` replaces it. */
export interface WireRow {
  /** Grows with each line of the stage. */
  readonly id: number;
  /** The wire's number: `GET /stage/wire/<seq>` has the rest. Absent on lines that the stage itself wrote. */
  readonly seq?: number;
  readonly atMs: number;
  readonly kind: 'webhook' | 'graph' | 'vccLive' | 'databaseApi' | 'owner' | 'note' | 'belief';
  /** True for webhooks to another app: most people want to see the bot's traffic only. */
  readonly aside: boolean;
  /** The threads that it is about; none: all. */
  readonly threads: readonly string[];
  /** `Meta → bot`. Absent if nothing was sent. */
  readonly way?: string;
  readonly channels?: readonly ('messaging' | 'standby')[];
  readonly title: string;
  /** How it ended, in words. */
  readonly status: string;
  readonly tone: Tone;
  /** Short labels: the signature, a redelivery, a fault of the weather. */
  readonly chips: readonly { readonly text: string; readonly tone: Tone }[];
}

/** What `GET /stage/wire/<seq>` answers. */
export interface WireDetail {
  readonly entry: unknown;
  /** The same call or delivery as a command line, with variables for token and secret. Absent if nothing was sent. */
  readonly curl?: string;
}

/** One switch of the weather. `off` is always a choice, and the first. */
export interface SwitchView {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly group: 'webhooks' | 'graph' | 'page';
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly value: string;
}

/** The simulator's clock. */
export interface ClockView {
  readonly mode: 'real' | 'held';
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** The groups of the menu, in their order. */
export const scenarioGroups = [
  'A normal handover',
  'Before it starts',
  'While it lasts',
  'How it ends',
  'Several threads',
  'What goes wrong',
] as const;

/** A scenario one can start. */
export interface ScenarioOffer {
  readonly id: string;
  readonly group: (typeof scenarioGroups)[number];
  readonly title: string;
  readonly about: string;
}

/** The scenario that plays. */
export interface ScenarioView extends ScenarioOffer {
  /** The thread it plays in. */
  readonly threadKey: string;
  readonly steps: readonly { readonly does: string; readonly lookAt: string }[];
  /** How many steps have been played. */
  readonly played: number;
  /** `waiting` for Next · `playing` a step, or all · `over` · `failed` */
  readonly state: 'waiting' | 'playing' | 'over' | 'failed';
  /** What went wrong; set if it failed. */
  readonly problem?: string;
}

/** The settings for a bot, ready to paste. The simulator made the values up. */
export interface SettingsView {
  readonly botLabel: string;
  /** In the order in which the simulator was given them. */
  readonly pages: readonly { readonly pageId: string; readonly name: string }[];
  readonly botAppId: string;
  readonly vccLiveAppId: string;
  readonly pageInboxAppId: string;
  readonly graphBaseUrl: string;
  /** Lines of a shell or a `.env` file. */
  readonly environment: readonly string[];
  /** The stage can say what the bot believes. */
  readonly knowsBelief: boolean;
  /** VCC Live's webhooks go to the bot: an agent can close a chat and change a ticket. */
  readonly vccLiveWebhooks: boolean;
  /** The bot can be shut down and started again. */
  readonly canRestart: boolean;
  /** Only this machine can open the page. */
  readonly loopbackOnly: boolean;
  /** Entries of the Page's persistent menu. */
  readonly menu: readonly Required<Pick<ButtonView, 'title' | 'payload'>>[];
  /** The page keeps no more lines of the timeline than these. */
  readonly rowCapacity: number;
}

/** Everything, as the first event of a connection. */
export interface StageSnapshot {
  /** Number of the last batch that is in it. */
  readonly batch: number;
  readonly settings: SettingsView;
  readonly scenarios: readonly ScenarioOffer[];
  readonly threads: readonly ThreadView[];
  readonly talk: readonly TalkView[];
  readonly rows: readonly WireRow[];
  readonly weather: readonly SwitchView[];
  readonly agents: readonly AgentView[];
  readonly clock: ClockView;
  readonly scenario: ScenarioView | null;
}

/** What changed since the batch before. */
export interface StageBatch {
  /** One more than the batch before. */
  readonly batch: number;
  readonly threads?: readonly ThreadView[];
  readonly talk?: readonly TalkView[];
  readonly rows?: readonly WireRow[];
  readonly weather?: readonly SwitchView[];
  /** All of them, after any of them changed. */
  readonly agents?: readonly AgentView[];
  readonly clock: ClockView;
  /** `null`: the scenario is closed. Absent: as before. */
  readonly scenario?: ScenarioView | null;
}

/** What an agent of VCC Live does, in the order in which the page offers it. */
export const agentStates = ['available', 'paused', 'atLimit', 'loggedOut'] as const;

/** An agent of VCC Live, logged in or not. */
export interface AgentView {
  readonly username: string;
  readonly state: (typeof agentStates)[number];
}

/** How a chat ends at VCC Live. */
export const dispositions = ['completed', 'lost', 'missed'] as const;

/** What can become of a ticket at VCC Live. */
export const ticketChanges = ['waiting4agent', 'waiting4entity', 'park', 'successful', 'unsuccessful'] as const;

/** What a customer can send by URL. */
export const attachmentTypes = ['image', 'file', 'audio', 'video', 'location'] as const;

/** A customer or thread. `pageId` defaults to the simulator's first Page. */
interface InThread {
  readonly psid: string;
  readonly pageId?: string;
}

/** What `POST /stage/act` takes. */
export type StageCommand =
  | (InThread & { readonly act: 'customerSays'; readonly text: string })
  | (InThread & { readonly act: 'customerTaps'; readonly title: string; readonly payload: string })
  | (InThread & { readonly act: 'customerPresses'; readonly payload: string; readonly title?: string })
  | (InThread & {
      readonly act: 'customerSends';
      readonly type: (typeof attachmentTypes)[number];
      /** Not for locations. */
      readonly url?: string;
    })
  | { readonly act: 'newCustomer'; readonly name?: string; readonly pageId?: string }
  /** Many customers write at the same moment. */
  | { readonly act: 'crowdTalks'; readonly customers: number; readonly text: string }
  | (InThread & { readonly act: 'agentSays'; readonly text: string })
  | (InThread & {
      readonly act: 'agentHandsBack';
      readonly disposition: (typeof dispositions)[number];
      readonly note?: string;
    })
  /** Chat (Async). */
  | (InThread & { readonly act: 'agentClosesChat'; readonly disposition: (typeof dispositions)[number] })
  /** Ticket Status (Async). */
  | (InThread & { readonly act: 'agentChangesTicket'; readonly change: (typeof ticketChanges)[number] })
  | (InThread & { readonly act: 'agentReleases' })
  | (InThread & { readonly act: 'agentTakes' })
  | (InThread & { readonly act: 'agentExtends'; readonly hours: number })
  /** An agent of VCC Live logs in or out, goes on pause, or reaches the limit. A new name joins the project. */
  | { readonly act: 'agentIsNow'; readonly username: string; readonly state: AgentView['state'] }
  | (InThread & { readonly act: 'inboxReplies'; readonly text: string })
  | (InThread & { readonly act: 'inboxMovesToMain' })
  | (InThread & { readonly act: 'inboxMarksDone' })
  | { readonly act: 'weather'; readonly id: string; readonly value: string }
  | { readonly act: 'calmWeather' }
  | { readonly act: 'clockForward'; readonly ms: number }
  | { readonly act: 'resubscribe'; readonly pageId?: string }
  | { readonly act: 'restartBot' }
  | { readonly act: 'scenarioStart'; readonly id: string }
  | { readonly act: 'scenarioNext' }
  | { readonly act: 'scenarioPlayAll' }
  | { readonly act: 'scenarioStop' };

/** What `POST /stage/act` answers. `psid` is that of a new customer. */
export type StageAnswer =
  | { readonly ok: true; readonly psid?: string; readonly key?: string }
  | { readonly ok: false; readonly problem: string; readonly graphError?: unknown };
