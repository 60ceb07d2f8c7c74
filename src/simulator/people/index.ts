/** The people on the simulated platform: customers, VCC Live's agents, colleagues in the Page inbox. */
export { SimulatedAgent, type QueuedThread } from './agent.js';
export { BUSINESS_AI_APP_ID, SimulatedBusinessAi } from './business-ai.js';
export { SimulatedCustomer, type SimulatedAttachment } from './customer.js';
export { SimulatedPageInbox } from './page-inbox.js';
export type { Surroundings } from './surroundings.js';
