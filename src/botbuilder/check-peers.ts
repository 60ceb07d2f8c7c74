/** Bot Framework's packages are optional peers: the entry for another framework works without them. The main entry does not. */
import { loadPeers } from '../thread/missing-peer.js';

loadPeers(
  () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import could not say what is missing */
    require('botbuilder');
    require('botbuilder-dialogs');
    /* eslint-enable @typescript-eslint/no-require-imports */
  },
  {
    names: ['botbuilder', 'botbuilder-dialogs'],
    who: 'botbuilder-handover-vcclive, which is for Bot Framework (botbuilder-handover-vcclive/agents is for the Agents SDK),',
  },
);
