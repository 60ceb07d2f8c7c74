/** Stories in which no handover begins. */
import { handsBack, MINUTE_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const beforeItStarts: readonly Scenario[] = [
  {
    id: 'closed',
    group: 'Before it starts',
    title: 'No agent is available',
    about: 'The agents log out. The bot tells the customer that nobody is there, and continues at once.',
    steps: [
      {
        does: 'Every agent logs out at VCC Live, and the customer asks for an agent.',
        lookAt:
          'The bot asks VCC Live who is logged in, and does not pass the thread. It tells the customer why, and the dialog continues with the result “refused”.',
        run: ({ simulator, customer }) => {
          for (const { username } of simulator.vccLive.agents) simulator.vccLive.logsOut(username);
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The customer asks something else.',
        lookAt: 'The bot answers. No handover is open.',
        run: ({ customer }) => customer.says('Then tell me about my parcel'),
      },
      {
        does: 'Anna logs in, and the customer asks again.',
        lookAt: 'The bot sends the notice and passes the thread.',
        run: ({ simulator, customer }) => {
          simulator.vccLive.logsIn('Anna');
          return customer.says('I want to talk to an agent');
        },
      },
      handsBack,
    ],
  },
  {
    id: 'busy',
    group: 'Before it starts',
    title: 'Every agent is busy',
    about: 'Agents on pause and agents at their chat limit are logged in, and get no further chat.',
    steps: [
      {
        does: 'Anna goes on pause, and the customer asks for an agent.',
        lookAt:
          'VCC Live lists Anna with another state. The sample bot counts AVAILABLE4CALL only, and keeps the thread.',
        run: ({ simulator, customer }) => {
          simulator.vccLive.pauses('Anna');
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'Anna comes back, reaches the chat limit, and the customer asks again.',
        lookAt: 'VCC Live says hardLimitReached. The bot keeps the thread.',
        run: ({ simulator, customer }) => {
          simulator.vccLive.logsIn('Anna');
          simulator.vccLive.reachesLimit('Anna');
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'VCC Live’s API fails, and the customer asks again.',
        lookAt:
          'The bot cannot know whether an agent is there. It passes the thread, because a customer should not wait for a database.',
        run: ({ simulator, customer }) => {
          simulator.weather.vccLiveApiDown.once();
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'Anna is free again, and hands the thread back.',
        lookAt: 'VCC Live passes the thread to the bot, and the waiting dialog continues.',
        run: ({ simulator, agent, customer }) => {
          simulator.vccLive.logsIn('Anna');
          return agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' }));
        },
      },
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
