/**
 * The entry point for bots on the Microsoft 365 Agents SDK: `botbuilder-handover-vcclive/agents`. Names only. It loads no
 * package of Bot Framework. The dialogs have a path of their own, `/agents/dialogs`, because their package is optional.
 */
import '../thread/check-node.js';
import './check-peers.js';

export { VccLiveHandover } from './vcc-live-handover.js';
export type { AgentAttachOptions, ResultHandler } from './vcc-live-handover.js';
export { MessengerAdapter } from './messenger-adapter.js';
export type { MessengerAdapterOptions } from './messenger-adapter.js';
export type { RecordOption } from '../bot/serving/record-traffic.js';
export type {
  AvailabilityCheck,
  BotLogic,
  DialogAccess,
  HandoverRequest,
  HandoverText,
  HandoverTexts,
  OpenPrompt,
  PagePolicies,
  RecognizerLike,
  Satisfaction,
  SatisfactionAnswer,
  TalkToAgent,
  VccLiveHandoverOptions,
} from './options.js';

export * from '../bot/public.js';
