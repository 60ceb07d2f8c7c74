/** The export path `…/vcc-live`: what needs access to VCC Live's own interfaces. */
export type { AvailabilityFunction } from '../availability/all-of.js';
export { allOf } from '../availability/all-of.js';
export type { VccLiveAgentsOptions, VccLiveUser } from './vcc-live-agents.js';
export { vccLiveAgents } from './vcc-live-agents.js';
export type { DatabaseRow } from './database-answer.js';
export type { VccLiveChat, VccLiveChatsOptions } from './vcc-live-chats.js';
export { vccLiveChats } from './vcc-live-chats.js';
