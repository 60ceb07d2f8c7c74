/** The public types of `bot/` with Bot Framework's own turn context and activity in them. */
import type { Activity, TurnContext } from 'botbuilder';
import type { DialogAccess as DialogAccessOf } from '../bot/requests/after-handover.js';
import type * as options from '../bot/options/handover-options.js';
import type * as port from '../bot/port.js';
import type { RecognizerLike as RecognizerLikeOf, TalkToAgent as TalkToAgentOf } from '../bot/options/talk-to-agent.js';

type Message = Partial<Activity>;

/** Options of `VccLiveHandover`. */
export type VccLiveHandoverOptions = options.HandoverOptions<TurnContext, Message>;
/** Options that may differ by Page. */
export type PagePolicies = options.PagePolicies<TurnContext, Message>;
/** A request for a handover whose notice may be text or an activity. */
export type HandoverRequest = options.HandoverRequest<Message>;
/** A text of the plugin: fixed, an activity, made for the turn, or `null` for silence. */
export type HandoverText = options.HandoverText<TurnContext, Message>;
/** What the customer reads from the plugin itself. */
export type HandoverTexts = options.HandoverTexts<TurnContext, Message>;
/** Says whether an agent is there for this turn's customer and request. */
export type AvailabilityCheck = options.AvailabilityCheck<TurnContext, Message>;
/** A question to the customer, asked once after a handover. */
export type Satisfaction = options.Satisfaction<TurnContext, Message>;
/** What a function of {@link Satisfaction} gives. */
export type SatisfactionAnswer = options.SatisfactionAnswer<Message>;
/** What happens to a prompt that was open when the thread was handed over. */
export type OpenPrompt = options.OpenPrompt<TurnContext>;
/** Anything that recognises an utterance. */
export type RecognizerLike = RecognizerLikeOf<TurnContext>;
/** What counts as "talk to agent". */
export type TalkToAgent = TalkToAgentOf<TurnContext>;
/** The dialogs of a bot. */
export type DialogAccess = DialogAccessOf<TurnContext>;
/** The bot's logic, as adapters take it. */
export type BotLogic = port.BotLogic<TurnContext>;
