/** The dialogs of the Agents SDK are a package of their own, which a bot with routes does not need. */
import { loadPeers } from '../thread/missing-peer.js';

loadPeers(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not say what is missing
  () => void require('@microsoft/agents-hosting-dialogs'),
  { names: ['@microsoft/agents-hosting-dialogs'], who: 'botbuilder-handover-vcclive/agents/dialogs' },
);
