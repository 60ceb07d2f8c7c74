/**
 * The public names that are the same for every framework, grouped by reader. The main entry and those of the other frameworks
 * pass them on; what names a framework's types is in each entry itself.
 */

// For every bot: the plugin, its options, what it answers.
export type { HandoverPlugin } from './handover-plugin.js';
export type { DialogStack } from './requests/after-handover.js';
export type { GuardedStorage, StateStorage } from './setup/guarded-storage.js';
export { handoverResultOf } from './requests/waiting-dialog.js';
export type { GraphOptions, HandoverLimits, PolicyName } from './options/handover-options.js';
export type { RecognizerResultLike } from './options/talk-to-agent.js';
export type { Availability } from '../availability/availability.js';
export { redactPersonalData } from '../handover/redact.js';
export type { Redactor } from '../handover/redact.js';
export type { LoopBreaker } from '../handover/loop-breaker.js';
export { talkToAgentPhrases } from '../phrases/talk-to-agent-phrases.js';
export type { SpokenTurn } from '../phrases/talk-to-agent-phrases.js';
export { talkToBotPhrases } from '../phrases/talk-to-bot-phrases.js';
export type { PhraseLanguage } from '../phrases/phrase-languages.js';
export type { VccLiveWebhookHandler, VccLiveWebhookOptions } from './serving/vcc-live-webhook.js';
export type {
  DependencyHealth,
  HealthOptions,
  HealthProblem,
  HealthReport,
  PageTokenHealth,
} from './serving/health.js';
export type { HealthHandler, HealthHandlers } from './serving/health-handlers.js';
export type { QueueLoad } from '../queue/thread-queue.js';
export type { BodyEncryption } from '../vcc-live/decrypt-body.js';
export type { WebhookRequest, WebhookResponse } from '../webhook/http-request.js';
export type { RawWebhookRequest, RawWebhookResponse } from '../webhook/raw-request.js';
export type {
  ChatClosed,
  ChatDisposition,
  TicketChanged,
  TranscriptLine,
  VccLiveEvent,
} from '../thread/vcc-live-event.js';
export type {
  HandoverOutcome,
  HandoverResult,
  HandoverStart,
  HandoverVia,
  RefusedReason,
  ThreadOwner,
} from '../thread/handover.js';
export type { MetaApp } from '../thread/meta-apps.js';
export type { AppId, EventKey, HandoverId, PageId, ProcessId, Psid } from '../thread/ids.js';
export type { ThreadKey } from '../thread/key.js';
export type { ControlRequest, ReclaimPattern, ReclaimWords, RequestPolicy } from '../handover/policies.js';
export type { HandoverTimers } from '../handover/timers.js';
export type {
  DroppedPart,
  HandoverEventMap,
  IgnoredReason,
  HandoverListener,
  SuppressedReason,
} from '../handover/events.js';

// What goes wrong.
export { HandoverError, InvalidOptionError, StoreError, TurnTakenOverError } from '../thread/errors.js';
export type { GraphErrorCode, HandoverErrorCode } from '../thread/errors.js';
export { GraphApiError } from '../graph/graph-api-error.js';
export type { SendSettings, UploadFile } from '../graph/graph-call.js';
export type { GraphErrorDetails, GraphOperation, GraphOutcome, SentMessage } from '../graph/graph-api-error.js';

// Remembering threads.
export { MemoryThreadStore } from '../store/memory/memory-store.js';
export type { MemoryThreadStoreOptions } from '../store/memory/memory-store.js';
export { BotStorageThreadStore } from '../store/bot-storage/bot-storage-store.js';
export type { BotStorageThreadStoreOptions } from '../store/bot-storage/bot-storage-store.js';
export type { StorageLike } from '../store/bot-storage/versioned-items.js';
export type {
  DueTime,
  Entered,
  FencedRecord,
  Renewed,
  SetAsideRecord,
  StoredRecord,
  StoringBot,
  ThreadChange,
  ThreadStore,
  ThreadStoreBot,
  Ticket,
  TicketState,
} from '../thread/store.js';
export type { MaybePromise } from '../thread/maybe-promise.js';
export type { DeliveryInbox, KeptDelivery, TakenOver } from '../thread/inbox.js';
export type { DeliveryLimits, CloseReport } from '../queue/deliver.js';

// For those who talk to Meta themselves.
export { ThreadControlClient } from '../graph/thread-control-client.js';
export type { FeatureStatus, SendReceipt } from '../graph/thread-control-client.js';
export type { ControlReceipt } from '../graph/control-thread.js';
export type { ThreadControlClientOptions } from '../graph/client-options.js';
export type { AskedAt, NamedByMeta, OwnerAnswer } from '../graph/owner-answer.js';
export { parseWebhook } from '../webhook/parse-webhook.js';
export { eventKey } from '../webhook/event-key.js';
export { signPayload, verifySignature } from '../webhook/signature.js';
export type { SignatureVerdict } from '../webhook/signature.js';
export { answerChallenge } from '../webhook/challenge.js';
export type { ChallengeAnswer } from '../webhook/challenge.js';
export type { AppIdField, ThreadEvent, ThreadEventChannel, ThreadEventKind } from '../thread/event.js';

// For tests of one's own.
export type { Clock, StopBackgroundTimer } from '../thread/clock.js';
export type { Logger } from '../thread/logger.js';
export { visibleText } from '../thread/visible-text.js';

// Watching it.
export type { BegunWork, Measurement, Probe, Work, WorkEnd } from '../thread/probe.js';
export { threadLabel } from '../thread/thread-label.js';
