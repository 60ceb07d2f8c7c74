/** Stories in which no handover begins. */
import { handsBack, MINUTE_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const beforeItStarts: readonly Scenario[] = [
  {
    id: 'closed',
    group: 'Before it starts',
    title: 'No agent is available',
    about: 'The bot tells the customer that no agent is available, and continues at once.',
    steps: [
      {
        does: 'All agents leave, and the customer asks for an agent.',
        lookAt:
          'The bot does not pass the thread. It tells the customer why, and the dialog continues with the result “refused”.',
        run: ({ simulator, customer }) => {
          simulator.weather.noAgents = true;
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The customer asks something else.',
        lookAt: 'The bot answers. No handover is open.',
        run: ({ customer }) => customer.says('Then tell me about my parcel'),
      },
      {
        does: 'An agent comes back, and the customer asks again.',
        lookAt: 'The bot sends the notice and passes the thread.',
        run: ({ simulator, customer }) => {
          simulator.weather.noAgents = false;
          return customer.says('I want to talk to an agent');
        },
      },
      handsBack,
    ],
  },
  {
    id: 'loop',
    group: 'Before it starts',
    title: 'Too many handovers',
    about: 'A customer who asks for an agent again and again stays with the bot.',
    steps: [
      {
        does: 'The customer asks for an agent three times, and the agent hands the thread back each time.',
        lookAt: 'The sample bot allows three handovers within ten minutes.',
        run: async ({ agent, customer }) => {
          for (let bounces = 0; bounces < 3; bounces += 1) {
            await customer.says('I want to talk to an agent');
            await agent.handsBack(customer.psid);
          }
        },
      },
      {
        does: 'The customer asks a fourth time.',
        lookAt: 'The loop breaker keeps the thread with the bot, which tells the customer to try later.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'Eleven minutes pass, and the customer asks again.',
        lookAt: 'The bot sends the notice and passes the thread.',
        run: async ({ simulator, customer }) => {
          await simulator.clock.advance(11 * MINUTE_MS);
          await customer.says('I want to talk to an agent');
        },
      },
      handsBack,
    ],
  },
];
