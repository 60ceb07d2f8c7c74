/** What the sample bot says: a little small talk, and a waterfall that hands over and goes on when the thread is back. */
import { CardFactory } from 'botbuilder';
import { ComponentDialog, TextPrompt, WaterfallDialog } from 'botbuilder-dialogs';
import type { DialogTurnResult, WaterfallStepContext } from 'botbuilder-dialogs';
import { handoverResultOf, talkToAgentPhrases } from 'botbuilder-handover-vcclive';
import type { HandoverResult, VccLiveHandover } from 'botbuilder-handover-vcclive';

const ADDRESS_PROMPT = 'addressPrompt';
/** Payload of the answers to the question about a handover. */
const RATING = /^RATING_([1-5])$/;
const PHRASES = talkToAgentPhrases(['en']);

/** The root dialog of the sample. */
export class RootDialog extends ComponentDialog {
  constructor(handover: VccLiveHandover) {
    super('root');
    this.addDialog(handover.dialog());
    this.addDialog(new WaterfallDialog('main', [answer]));
    this.addDialog(new WaterfallDialog('agent', [handover.step({ reason: 'asked for an agent' }), welcomeBack]));
    this.addDialog(new TextPrompt(ADDRESS_PROMPT));
    this.addDialog(new WaterfallDialog('address', [askForAddress, noteAddress]));
    this.initialDialogId = 'main';
  }
}

async function answer(step: WaterfallStepContext): Promise<DialogTurnResult> {
  const { activity } = step.context;
  if (activity.type !== 'message') return step.endDialog();
  // A picture has no text, whatever the type says.
  const { text }: { text?: string | null } = activity;
  const asksForAgent = PHRASES.some((isSaidIn) => isSaidIn(step.context)) || text === 'TALK_TO_AGENT';
  if (asksForAgent) return step.replaceDialog('agent');
  if (text && text.toLowerCase() === 'menu') {
    const parcel = { type: 'postBack', title: 'Where is my parcel?', value: 'PARCEL' };
    const address = { type: 'postBack', title: 'Change my address', value: 'ADDRESS' };
    const card = CardFactory.heroCard('What can I do for you?', [], [parcel, address]);
    await step.context.sendActivity({ attachments: [card] });
    return step.endDialog();
  }
  if (text === 'ADDRESS') return step.replaceDialog('address');
  const rating = RATING.exec(payloadOf(activity.channelData))?.[1];
  if (rating !== undefined) {
    await step.context.sendActivity(`Thank you for the ${rating}.`);
    return step.endDialog();
  }
  if (text === 'PARCEL') {
    await step.context.sendActivity('Your parcel is on its way.');
    return step.endDialog();
  }
  await step.context.sendActivity({
    type: 'message',
    text: text ? `You said: ${text}` : 'Thank you, I got that.',
    channelData: { quick_replies: [{ content_type: 'text', title: 'Talk to agent', payload: 'TALK_TO_AGENT' }] },
  });
  return step.endDialog();
}

/** A quick reply; its text is the button's label. */
function payloadOf(channelData: { readonly quick_reply?: { readonly payload?: string } } | undefined): string {
  return channelData?.quick_reply?.payload ?? '';
}

async function askForAddress(step: WaterfallStepContext): Promise<DialogTurnResult> {
  return step.prompt(ADDRESS_PROMPT, 'What is your new address?');
}

async function noteAddress(step: WaterfallStepContext): Promise<DialogTurnResult> {
  await step.context.sendActivity(`Your new address is noted: ${String(step.result)}`);
  return step.endDialog();
}

async function welcomeBack(step: WaterfallStepContext): Promise<DialogTurnResult> {
  const result = handoverResultOf(step);
  const text = greeting(result);
  if (text !== undefined) await step.context.sendActivity(text);
  return step.endDialog(result);
}

function greeting(result: HandoverResult): string | undefined {
  switch (result.outcome) {
    case 'completed':
      return `Welcome back!${closing(result)} The bot is here again. What else can I do for you?`;
    case 'takenBack':
      return 'I took over from the agent again. What can I do for you?';
    case 'unclaimed':
    case 'abandoned':
      return 'No agent could take your chat in time, so I am back. What can I do for you?';
    case 'refused':
      return result.reason === 'alreadyWithAgent' ? undefined : 'Can I help you with something myself?';
    case 'failed':
      // The plugin has told the customer already.
      return undefined;
  }
}

/** What VCC Live's webhook has told, where it came in time. */
function closing({ disposition, agent = 'The agent' }: HandoverResult): string {
  return disposition === undefined ? '' : ` ${agent} has closed your chat: ${disposition}.`;
}
