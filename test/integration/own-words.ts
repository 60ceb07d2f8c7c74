/**
 * What the bots of these tests take for a request. Their dialogs hear "agent please" themselves, which the default phrases
 * hear as well; a test of the default gives `talkToAgent: undefined`.
 */
import { talkToAgentPhrases } from 'botbuilder-handover-vcclive';
import type { TalkToAgent } from 'botbuilder-handover-vcclive';

const HEARD_BY_DIALOGS = 'agent please';

/** The default, but for what the dialogs hear. */
export const phrasesBesideDialogs: readonly TalkToAgent[] = talkToAgentPhrases(['en']).map(
  (hears) => (context) => context.activity.text !== HEARD_BY_DIALOGS && hears(context),
);
