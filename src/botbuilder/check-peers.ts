/** Bot Framework is an optional peer: the entry for another framework works without it. The main entry does not. */
import { loadPeers } from '../thread/missing-peer.js';

loadPeers(
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not say what is missing
  () => void require('botbuilder'),
  {
    names: ['botbuilder'],
    who: 'botbuilder-handover-vcclive, which is for Bot Framework (botbuilder-handover-vcclive/agents is for the Agents SDK),',
  },
);
