/** Stories of a handover without trouble. */
import { agentAnswers, ANNA, asksForAgent, hello } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const normalHandover: readonly Scenario[] = [
  {
    id: 'dialog',
    group: 'A normal handover',
    title: 'A handover from a dialog',
    about: 'The customer talks to the bot, to an agent, and to the bot again.',
    steps: [
      hello,
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'The bot receives the answer on standby and says nothing.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
      },
      {
        does: 'The customer writes to the agent.',
        lookAt: 'The bot receives the message on standby only, and sends nothing.',
        run: ({ customer }) => customer.says('My parcel is late.'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'VCC Live passes the thread to the bot. The waiting dialog continues with “Welcome back”.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer says thank you.',
        lookAt: 'The bot answers again.',
        run: ({ customer }) => customer.says('Thank you!'),
      },
    ],
  },
  {
    id: 'inline',
    group: 'A normal handover',
    title: 'Notice and pass in one call',
    about: 'On the second Page, the bot makes one Graph call instead of two (inline thread control).',
    page: 'last',
    needs: 'twoPages',
    steps: [
      hello,
      {
        does: 'The customer asks for an agent.',
        lookAt:
          'The bot asks once whether the Page has Conversation Routing. Then one call to messages carries the notice and thread_control.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog continues, as it does after two calls.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
];
