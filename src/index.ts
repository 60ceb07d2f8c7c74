/**
 * The main entry point. Names only, grouped by reader. What needs an optional package, and the simulator, have paths of their own:
 * `botbuilder-handover-vcclive/facebook-adapter`, `/botkit`, `/calendar`, `/redis`, `/opentelemetry`, `/simulator`.
 */

import './thread/check-node.js';
import './botbuilder/check-peers.js';

export { VccLiveHandover } from './botbuilder/vcc-live-handover.js';
export type { AttachOptions } from './botbuilder/vcc-live-handover.js';
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
} from './botbuilder/options.js';
export type { HandoverDialog, HandoverDialogHost } from './botbuilder/handover-dialog.js';
export { botTelemetry } from './botbuilder/bot-telemetry.js';
export type { BotTelemetryLike } from './botbuilder/bot-telemetry.js';

export * from './bot/public.js';
