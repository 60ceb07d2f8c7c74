/** The Agents SDK's packages are optional peers: a bot on another framework needs none of them. */
import { loadPeers } from '../thread/missing-peer.js';

loadPeers(
  () => {
    /* eslint-disable @typescript-eslint/no-require-imports -- an import could not say what is missing */
    require('@microsoft/agents-activity');
    require('@microsoft/agents-hosting');
    /* eslint-enable @typescript-eslint/no-require-imports */
  },
  {
    names: ['@microsoft/agents-hosting', '@microsoft/agents-activity'],
    who: 'botbuilder-handover-vcclive/agents',
  },
);
