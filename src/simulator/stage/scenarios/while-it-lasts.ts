/** Stories of what happens during a handover: timers, macros, requests, other apps. */
import { appIdNumber } from '../../write-exact-json.js';
import { ANNA, asksForAgent, handsBack, hello, MINUTE_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const whileItLasts: readonly Scenario[] = [
  {
    id: 'claimed',
    group: 'While it lasts',
    title: 'Waiting, then claimed',
    about: 'The bot knows that an agent is there when the agent writes.',
    steps: [
      asksForAgent,
      {
        does: 'The customer waits.',
        lookAt:
          'VCC Live owns the thread, and no agent has answered. The handover is “waiting”, and the bot is silent.',
        run: ({ customer }) => customer.says('Is anybody there?'),
      },
      {
        does: 'The agent answers.',
        lookAt:
          'The bot receives an echo with VCC Live’s app id on standby. The handover is “claimed”, and the first timer stops.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
      },
      {
        does: '15 minutes pass.',
        lookAt:
          'The sample bot takes unclaimed threads back after ten minutes. An agent claimed this one, so nothing happens.',
        run: ({ simulator }) => simulator.clock.advance(15 * MINUTE_MS),
      },
      handsBack,
    ],
  },
  {
    id: 'unclaimed',
    group: 'While it lasts',
    title: 'Nobody answers',
    about: 'The first timer ends a handover that no agent answers within ten minutes.',
    steps: [
      asksForAgent,
      {
        does: 'Eleven minutes pass.',
        lookAt:
          'The bot calls take_thread_control. It tells the customer that nobody was free, and the dialog continues.',
        run: ({ simulator }) => simulator.clock.advance(11 * MINUTE_MS),
      },
      {
        does: 'The customer writes.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('Then by e-mail, please'),
      },
    ],
  },
  {
    id: 'idle',
    group: 'While it lasts',
    title: 'The agent falls silent',
    about: 'The second timer ends a handover half an hour after the agent’s last message.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'The timer starts, and starts again with each message of the agent.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'One moment, I will look.'),
      },
      {
        does: '20 minutes pass, and the agent writes again.',
        lookAt: 'The bot does nothing.',
        run: async ({ simulator, agent, customer }) => {
          await simulator.clock.advance(20 * MINUTE_MS);
          await agent.says(customer.psid, 'Still looking.');
        },
      },
      {
        does: '31 minutes pass.',
        lookAt: 'The bot calls take_thread_control and tells the customer.',
        run: ({ simulator }) => simulator.clock.advance(31 * MINUTE_MS),
      },
    ],
  },
  {
    id: 'maximum',
    group: 'While it lasts',
    title: 'The handover takes too long',
    about: 'The third timer ends every handover after two hours.',
    steps: [
      asksForAgent,
      {
        does: 'The agent writes every 25 minutes.',
        lookAt: 'The second timer never runs out.',
        run: async ({ simulator, agent, customer }) => {
          for (const part of ['first', 'second', 'third', 'fourth']) {
            await agent.says(customer.psid, `This is the ${part} part of a long story.`);
            await simulator.clock.advance(25 * MINUTE_MS);
          }
        },
      },
      {
        does: '21 minutes pass. The handover is now older than two hours.',
        lookAt: 'The bot calls take_thread_control.',
        run: ({ simulator }) => simulator.clock.advance(21 * MINUTE_MS),
      },
    ],
  },
  {
    id: 'reclaimWord',
    group: 'While it lasts',
    title: 'The customer wants the bot back',
    about: 'The bot reads along on standby and takes the thread when the customer asks for the bot.',
    steps: [
      asksForAgent,
      {
        does: 'The customer mentions the bot to the agent.',
        lookAt: 'The bot does nothing. The whole message must ask for the bot; the word “bot” alone is not enough.',
        run: ({ customer }) => customer.says('The bot was no help'),
      },
      {
        does: 'The customer writes “Back to the bot, please”.',
        lookAt:
          'The bot receives this on standby and calls take_thread_control. The dialog continues in the same turn.',
        run: ({ customer }) => customer.says('Back to the bot, please'),
      },
    ],
  },
  {
    id: 'macro',
    group: 'While it lasts',
    title: 'An agent’s macro',
    about: 'The agent writes “#bot”, and the bot takes the thread.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'VCC Live owns the thread.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
      },
      {
        does: 'The agent writes “#bot”.',
        lookAt: 'The bot receives the echo on standby and takes the thread. The customer sees the macro, too.',
        run: ({ agent, customer }) => agent.says(customer.psid, '#bot'),
      },
      {
        does: 'The customer writes.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('Hello bot'),
      },
    ],
  },
  {
    id: 'requested',
    group: 'While it lasts',
    title: 'VCC Live asks for the thread',
    about: 'The bot grants request_thread_control to VCC Live and to no other app.',
    steps: [
      hello,
      {
        does: 'The Page inbox asks for the thread.',
        lookAt: 'The bot receives request_thread_control and keeps the thread. The policy allows VCC Live only.',
        run: ({ simulator, customer }) => {
          const asks = { requested_owner_app_id: appIdNumber(simulator.settings.pageInboxAppId), metadata: null };
          return simulator.deliverRaw({
            object: 'page',
            entry: [
              {
                id: customer.pageId,
                time: simulator.clock.now(),
                messaging: [
                  {
                    sender: { id: customer.psid },
                    recipient: { id: customer.pageId },
                    timestamp: simulator.clock.now(),
                    request_thread_control: asks,
                  },
                ],
              },
            ],
          });
        },
      },
      {
        does: 'VCC Live asks for the thread.',
        lookAt: 'The bot passes the thread without a notice, because the agent writes first.',
        run: async ({ simulator, agent, customer }) => {
          const { requestWithRouting } = simulator.habits;
          simulator.habits.requestWithRouting = 'told';
          try {
            await agent.requests(customer.psid, 'a call-back');
          } finally {
            simulator.habits.requestWithRouting = requestWithRouting;
          }
        },
      },
      {
        does: 'The agent writes.',
        lookAt: 'The customer reads the agent’s message. The bot is silent.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'You asked us to call. When shall we?'),
      },
      {
        does: 'The agent hands the thread back, and the customer writes.',
        lookAt: 'No dialog was waiting, so the hand-back ran nothing. The bot answers the customer.',
        run: async ({ agent, customer }) => {
          await agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' }));
          await customer.says('Thank you!');
        },
      },
    ],
  },
  {
    id: 'ownButton',
    group: 'While it lasts',
    title: 'The bot’s own button',
    about: 'The bot receives its own buttons whoever owns the thread.',
    steps: [
      {
        does: 'The customer asks for the menu.',
        lookAt: 'The bot sends a button.',
        run: ({ customer }) => customer.says('menu'),
      },
      asksForAgent,
      {
        does: 'The customer presses the button.',
        lookAt:
          'The bot receives this on messaging, although VCC Live owns the thread. It asks thread_owner and stays silent.',
        run: ({ customer }) => customer.presses('PARCEL'),
      },
      handsBack,
      {
        does: 'The customer presses the button again.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.presses('PARCEL'),
      },
    ],
  },
  {
    id: 'inbox',
    group: 'While it lasts',
    title: 'Taken by the Page inbox',
    about: 'A colleague answers in the Page inbox, which is a third app.',
    steps: [
      hello,
      {
        does: 'Somebody answers in the Page inbox.',
        lookAt: 'The inbox takes control. Meta tells the bot with take_thread_control.',
        run: ({ inbox, customer }) => inbox.replies(customer.psid, 'This is the shop itself. I will look into it.'),
      },
      {
        does: 'The customer answers the shop.',
        lookAt: 'The bot receives this on standby. It stays silent, as it does for VCC Live.',
        run: ({ customer }) => customer.says('That is kind of you.'),
      },
      {
        does: 'The colleague marks the conversation as done.',
        lookAt: 'Meta passes the thread to the default application, the bot.',
        run: ({ inbox, customer }) => inbox.marksDone(customer.psid),
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('And what about my parcel?'),
      },
    ],
  },
];
