/** Steps, words and times that several stories share. */
import type { SimulatedCustomer } from '../../people/index.js';
import type { Cast, ScenarioStep } from './scenario.js';

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
/** The agent's first message. */
export const ANNA = 'Hi, this is Anna from VCC Live. How can I help?';
/** Added to the id of a story's customer, it gives the id of the story's second customer. */
const OTHER_PSID = 500_000n;

/** A step that many stories begin with. */
export const hello: ScenarioStep = {
  does: 'The customer says hello.',
  lookAt: 'The bot answers. The bot owns the thread, and knows it.',
  run: ({ customer }) => customer.says('Hello!'),
};

/** The handover begins. */
export const asksForAgent: ScenarioStep = {
  does: 'The customer asks for an agent.',
  lookAt:
    'The bot sends the notice, then calls pass_thread_control. The thread appears in the agent workspace with its metadata.',
  run: ({ customer }) => customer.says('I want to talk to an agent'),
};

/** The handover is claimed. */
export const agentAnswers: ScenarioStep = {
  does: 'The agent answers.',
  lookAt: 'The customer reads the answer. The bot receives it on standby and says nothing.',
  run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
};

/** The handover ends, and the dialog continues. */
export const handsBack: ScenarioStep = {
  does: 'The agent hands the thread back.',
  lookAt: 'VCC Live passes the thread to the bot, and the waiting dialog continues.',
  run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
};

/** A second customer of the story's Page. */
export function anotherCustomer({ simulator, customer }: Cast): SimulatedCustomer {
  return simulator.customer(String(BigInt(customer.psid) + OTHER_PSID), customer.pageId);
}

/** A customer of the last Page, and its agents. */
export function onLastPage({ simulator, customer }: Cast): Pick<Cast, 'customer' | 'agent'> {
  const { pageId } = simulator.settings.pages.at(-1) ?? simulator.settings;
  const psid = String(BigInt(customer.psid) + OTHER_PSID);
  return { customer: simulator.customer(psid, pageId), agent: simulator.agent(pageId) };
}
