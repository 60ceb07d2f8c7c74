/** The entry for bots without a framework: `botbuilder-handover-vcclive/messenger`. Names only. */
import '../thread/check-node.js';

export { MessengerBot } from './messenger-bot.js';
export type { ErrorHandler, EventHandler, MessageHandler, ReturnedHandler } from './messenger-bot.js';
export type { HandoverRequest, MessengerThread } from './messenger-thread.js';
export type { CustomerAttachment, CustomerMessage } from './customer-message.js';
export type { MetaMessage, QuickReply, Reply, ReplyAttachment } from './reply.js';
export type {
  AskedHandover,
  AvailabilityCheck,
  HandoverText,
  HandoverTexts,
  MessengerBotOptions,
  MetadataMaker,
  PagePolicies,
  RecognizerLike,
  Satisfaction,
  SatisfactionAnswer,
  TalkToAgent,
} from './options.js';
export type { RecordOption } from '../bot/serving/record-traffic.js';

export * from '../bot/public.js';
