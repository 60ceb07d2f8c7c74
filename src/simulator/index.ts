/** The public face of the pretend platform: `botbuilder-handover-vcclive/simulator`. Names only. */

// For everybody who tests or shows a bot.
export { MessengerSimulator, type TrueOwner } from './messenger-simulator.js';
export type { PlatformHabits, SimulatedPageOptions, SimulatorOptions, SimulatorSettings } from './options.js';
export { PAGE_INBOX_APP_ID } from './options.js';
export type { PageSetUp } from './wrong-settings.js';
export { throwAwayCertificate } from './throw-away-certificate.js';
export {
  SimulatedAgent,
  SimulatedCustomer,
  SimulatedBusinessAi,
  SimulatedPageInbox,
  type QueuedThread,
  type SimulatedAttachment,
} from './people/index.js';
export type { AgentState, AgentView } from './vcc-live/agents.js';
export { SimulatedVccLive, type VccLiveAccess } from './vcc-live/simulated-vcc-live.js';
export type { ChangedTicket, ClosedChat, VccLiveWebhookTarget } from './vcc-live-webhooks.js';
export type { ConversationEntry, ReceivedEvent, Speaker } from './messenger-platform.js';

// What a test expects of a bot.
export {
  AgentExpectations,
  CustomerExpectations,
  SimulatorExpectations,
  type AnswerLimit,
  type QueueLimit,
  type ExpectedMessage,
  type ExpectedOwner,
  type ExpectLimit,
  type SilenceLimit,
} from './expectations.js';

// What goes wrong, and when.
export { Fault, Weather, type FaultMoment, type FaultScope, type OddItem, type SendRefusal } from './weather.js';
export { SimulatorClock } from './held-clock.js';

// What happened.
export {
  Wire,
  wireLine,
  type DatabaseApiEntry,
  type GraphEntry,
  type NoteEntry,
  type OwnerEntry,
  type VccLiveEntry,
  type WebhookEntry,
  type WireDraft,
  type WireEnding,
  type WireEntry,
  type WireListener,
} from './wire.js';
export {
  replayText,
  type ReplayDifference,
  type ReplayDifferenceKind,
  type ReplayReport,
} from './replay/replay-report.js';
export type { JsonObject } from './webhook-items.js';
export type { RawDelivery, WebhookAnswer } from './webhook-delivery.js';
export type { MountedHandler } from './graph-server.js';
export {
  ExpectationError,
  SimulatedRefusalError,
  SimulatorStateError,
  WireTimeoutError,
  type GraphErrorAnswer,
} from './simulator-errors.js';

// The page: the customer's phone, VCC Live's agents, the wire and the weather.
export type { ButtonView } from './stage/stage-words.js';
export type { StagedBot } from './stage/scenarios/index.js';
export type { TimelineEventMap, TimelineEventSource } from './timeline/record-timelines.js';
export { serveStage, type StageOptions, type StageServer } from './stage/stage-server.js';
