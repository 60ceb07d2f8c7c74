/**
 * The entry point `botbuilder-handover-vcclive/agents/dialogs`: a dialog that hands over and waits, for bots on the Agents SDK
 * with `@microsoft/agents-hosting-dialogs`. It has a path of its own because that package is optional.
 */
import '../thread/check-node.js';
import './check-peers.js';
import './check-dialogs-peer.js';

export { HandoverDialog, handoverDialogs } from './handover-dialog.js';
export type { HandoverDialogs } from './handover-dialog.js';
export { handoverResultOf } from '../bot/requests/waiting-dialog.js';
