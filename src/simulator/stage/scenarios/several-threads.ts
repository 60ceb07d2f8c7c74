/** Stories of two customers or two Pages at the same time. */
import { anotherCustomer, asksForAgent, handsBack, onLastPage } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const severalThreads: readonly Scenario[] = [
  {
    id: 'twoCustomers',
    group: 'Several threads',
    title: 'Two customers at once',
    about: 'One customer talks to an agent, the other to the bot.',
    steps: [
      asksForAgent,
      {
        does: 'Another customer of the Page writes to the bot.',
        lookAt: 'The list of customers has two threads with different owners. The bot answers this one.',
        run: (cast) => anotherCustomer(cast).says('Do you ship to Vienna?'),
      },
      {
        does: 'Both write at the same moment.',
        lookAt: 'The bot receives one message on standby and one on messaging. It answers the second.',
        run: (cast) =>
          Promise.all([cast.customer.says('My parcel is late.'), anotherCustomer(cast).says('And to Graz?')]),
      },
      handsBack,
    ],
  },
  {
    id: 'twoPages',
    group: 'Several threads',
    title: 'Two Pages, one bot',
    about: 'Each Page has its own token, agents and policies.',
    needs: 'twoPages',
    steps: [
      {
        does: 'A customer of the first Page asks for an agent.',
        lookAt: 'The bot sends the notice, then calls pass_thread_control.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'A customer of the second Page writes.',
        lookAt: 'The list of customers names another Page. The bot answers there.',
        run: (cast) => onLastPage(cast).customer.says('Do you repair bicycles?'),
      },
      {
        does: 'That customer asks for an agent, too.',
        lookAt: 'The bot sends that Page’s notice, with one call instead of two. That Page’s policies say so.',
        run: (cast) => onLastPage(cast).customer.says('I want to talk to an agent'),
      },
      {
        does: 'The agent of the first Page hands the thread back.',
        lookAt: 'The bot owns one thread again. The other thread stays with its agent.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The agent of the second Page answers and hands the thread back.',
        lookAt: 'The bot owns that thread again, and asks the satisfaction question.',
        run: async (cast) => {
          const { agent, customer } = onLastPage(cast);
          await agent.says(customer.psid, 'Yes, we do.');
          await agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' }));
        },
      },
    ],
  },
];
