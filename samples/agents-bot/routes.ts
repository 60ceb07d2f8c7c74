/** What the sample bot says: a little small talk, a route that hands over, and a handler that goes on when the thread is back. */
import { Activity } from '@microsoft/agents-activity';
import type { AgentApplication, TurnContext, TurnState } from '@microsoft/agents-hosting';
import { CardFactory, MessageFactory } from '@microsoft/agents-hosting';
import { talkToAgentPhrases } from 'botbuilder-handover-vcclive/agents';
import type { HandoverResult, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';

/** What the bot keeps of a conversation. */
interface Conversation {
  awaitsAddress?: boolean;
}

/** The application's state. */
export type State = TurnState<Conversation>;

/** Payload of the answers to the question about a handover. */
const RATING = /^RATING_([1-5])$/;
const PHRASES = talkToAgentPhrases(['en']);
const QUICK_REPLIES = [{ content_type: 'text', title: 'Talk to agent', payload: 'TALK_TO_AGENT' }];

/** Gives the application its routes. */
export function addRoutes(app: AgentApplication<State>, handover: VccLiveHandover): void {
  // The SDK saves the state of a turn only if such a handler exists.
  app.onTurn('afterTurn', () => Promise.resolve(true));

  app.onMessage(asksForAgent, async (context) => {
    const { status } = await handover.transfer(context, { reason: 'asked for an agent' });
    if (status === 'refused') await context.sendActivity('Can I help you with something myself?');
  });
  handover.onResult(app, async (context, _state, result) => {
    await context.sendActivity(greeting(result));
  });

  app.onMessage('menu', async (context) => {
    const parcel = { type: 'postBack', title: 'Where is my parcel?', value: 'PARCEL' };
    const address = { type: 'postBack', title: 'Change my address', value: 'ADDRESS' };
    const card = CardFactory.heroCard('What can I do for you?', [], [parcel, address]);
    await context.sendActivity(MessageFactory.attachment(card));
  });
  app.onMessage('PARCEL', async (context) => {
    await context.sendActivity('Your parcel is on its way.');
  });
  app.onMessage('ADDRESS', async (context, state) => {
    state.conversation.awaitsAddress = true;
    await context.sendActivity('What is your new address?');
  });
  app.onActivity('message', answer);
}

async function answer(context: TurnContext, state: State): Promise<void> {
  // A picture has no text.
  const { text } = context.activity;
  const rating = RATING.exec(payloadOf(context.activity.channelData))?.[1];
  if (rating !== undefined) {
    await context.sendActivity(`Thank you for the ${rating}.`);
    return;
  }
  if (state.conversation.awaitsAddress) {
    state.conversation.awaitsAddress = false;
    await context.sendActivity(`Your new address is noted: ${text ?? 'a picture'}`);
    return;
  }
  const said = text ? `You said: ${text}` : 'Thank you, I got that.';
  await context.sendActivity(
    Activity.fromObject({ type: 'message', text: said, channelData: { quick_replies: QUICK_REPLIES } }),
  );
}

/** The customer's words, or the payload of the button. */
function asksForAgent(context: TurnContext): Promise<boolean> {
  const { type, text } = context.activity;
  if (type !== 'message') return Promise.resolve(false);
  return Promise.resolve(text === 'TALK_TO_AGENT' || PHRASES.some((isSaidIn) => isSaidIn(context)));
}

/** A quick reply; its text is the button's label. */
function payloadOf(channelData: { readonly quick_reply?: { readonly payload?: string } } | undefined): string {
  return channelData?.quick_reply?.payload ?? '';
}

function greeting(result: HandoverResult): string {
  switch (result.outcome) {
    case 'takenBack':
      return 'I took over from the agent again. What can I do for you?';
    case 'unclaimed':
    case 'abandoned':
      return 'No agent could take your chat in time, so I am back. What can I do for you?';
    default:
      return `Welcome back!${closing(result)} The bot is here again. What else can I do for you?`;
  }
}

/** What VCC Live's webhook has told, if it came in time. */
function closing({ disposition, agent = 'The agent' }: HandoverResult): string {
  return disposition === undefined ? '' : ` ${agent} has closed your chat: ${disposition}.`;
}
