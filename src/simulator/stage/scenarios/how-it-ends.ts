/** Stories of how a thread returns to the bot. */
import { agentAnswers, asksForAgent, MINUTE_MS, SECOND_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const howItEnds: readonly Scenario[] = [
  {
    id: 'chatClosed',
    group: 'How it ends',
    title: 'Chat closed, thread handed back',
    about: 'VCC Live’s webhook says how the chat ended, and the bot’s dialog gets that in its result.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent closes the chat at VCC Live: “lost”.',
        lookAt:
          'VCC Live sends Chat (Async) to the bot. The bot stores it and stays silent, because VCC Live still owns the thread.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'lost', agentName: 'Anna' }),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog continues. Its result names the agent and the disposition; the bot says both.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid),
      },
    ],
  },
  {
    id: 'chatNotReturned',
    group: 'How it ends',
    title: 'Chat closed, thread kept',
    about: 'The bot takes the thread half a minute after the webhook, so that the customer is not left alone.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent closes the chat at VCC Live and keeps the thread.',
        lookAt: 'VCC Live sends Chat (Async) to the bot. VCC Live still owns the thread, and the bot knows it.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'completed', agentName: 'Anna' }),
      },
      {
        does: 'The customer writes.',
        lookAt: 'The bot receives this on standby. Nobody answers.',
        run: ({ customer }) => customer.says('Are you still there?'),
      },
      {
        does: '40 seconds pass.',
        lookAt:
          'The bot asks thread_owner and takes the thread. The dialog continues with the agent and the disposition.',
        run: ({ simulator }) => simulator.clock.advance(40 * SECOND_MS),
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('Hello?'),
      },
    ],
  },
  {
    id: 'ticketWaits',
    group: 'How it ends',
    title: 'Chat closed, then reopened',
    about: 'The ticket waits for an agent again, so the chat counts as open.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      {
        does: 'The agent closes the chat.',
        lookAt: 'VCC Live sends Chat (Async) to the bot. The bot waits half a minute before it takes the thread.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'missed' }),
      },
      {
        does: 'Ten seconds pass, and the ticket waits for an agent again.',
        lookAt: 'VCC Live sends Ticket Status (Async) to the bot, with “waiting4agent”.',
        run: async ({ simulator, agent, customer }) => {
          await simulator.clock.advance(10 * SECOND_MS);
          await agent.changesTicket(customer.psid, { substatus: 'waiting4agent' });
        },
      },
      {
        does: 'A minute passes.',
        lookAt: 'The bot does not take the thread, because the customer waits for an agent.',
        run: ({ simulator }) => simulator.clock.advance(MINUTE_MS),
      },
      agentAnswers,
      {
        does: 'The agent closes the ticket as “successful”. 40 seconds pass.',
        lookAt: 'VCC Live sends Ticket Status (Async). Then the bot calls take_thread_control.',
        run: async ({ simulator, agent, customer }) => {
          await agent.changesTicket(customer.psid, { status: 'closed', substatus: 'successful' });
          await simulator.clock.advance(40 * SECOND_MS);
        },
      },
    ],
  },
  {
    id: 'satisfaction',
    group: 'How it ends',
    title: 'Satisfaction question',
    about: 'The second Page asks one question after the handover.',
    page: 'last',
    needs: 'twoPages',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog continues. Then the bot asks the question, with quick replies.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer taps 5.',
        lookAt: 'The bot’s logic receives the answer like any message.',
        run: ({ customer }) => customer.taps('5', 'RATING_5'),
      },
      {
        does: 'The customer writes.',
        lookAt: 'The bot answers. It does not ask the question again.',
        run: ({ customer }) => customer.says('Good bye!'),
      },
    ],
  },
  {
    id: 'openPrompt',
    group: 'How it ends',
    title: 'An open prompt',
    about: 'The customer asks for an agent instead of answering. The bot asks again afterwards.',
    steps: [
      {
        does: 'The customer wants to change an address.',
        lookAt: 'The bot asks for the new address. A prompt of a dialog is open.',
        run: ({ customer }) => customer.presses('ADDRESS', 'Change my address'),
      },
      {
        does: 'The customer writes “An agent, please”.',
        lookAt:
          'The bot does not take this for the address. It sends the notice and passes the thread; no dialog waits.',
        run: ({ customer }) => customer.says('An agent, please'),
      },
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The bot repeats its question.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer answers the question.',
        lookAt: 'The dialog ends as it does without a handover.',
        run: ({ customer }) => customer.says('Váci út 1, Budapest'),
      },
    ],
  },
  {
    id: 'silentRelease',
    group: 'How it ends',
    title: 'A silent release',
    about: 'The agent releases the thread, and Meta tells nobody.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'VCC Live owns the thread, and the bot knows it.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'All done, have a nice day!'),
      },
      {
        does: 'The agent releases the thread.',
        lookAt:
          'Nobody owns the thread now. Meta sends no webhook, so the bot still believes that VCC Live does: marked red.',
        run: ({ agent, customer }) => agent.releases(customer.psid),
      },
      {
        does: 'The customer writes again.',
        lookAt:
          'The bot receives the message on messaging. It asks thread_owner, learns that it may answer, and continues.',
        run: ({ customer }) => customer.says('One more thing …'),
      },
    ],
  },
];
