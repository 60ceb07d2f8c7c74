/** Stories of crashes, lost answers and duplicates. */
import { agentAnswers, asksForAgent, hello, HOUR_MS, MINUTE_MS, SECOND_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const whatGoesWrong: readonly Scenario[] = [
  {
    id: 'restart',
    group: 'What goes wrong',
    title: 'The bot restarts during a handover',
    about: 'The store remembers who owns each thread, so the restarted bot knows it.',
    needs: 'restart',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The bot shuts down, and the customer writes to the agent.',
        lookAt: 'The bot answers this standby event with 503. Meta will deliver it again.',
        run: async ({ bot, customer }) => {
          await bot?.stop();
          await customer.says('My parcel is late.');
        },
      },
      {
        does: 'The bot starts again. Ten seconds pass.',
        lookAt: 'Meta delivers the event again. The bot knows that VCC Live owns the thread, and stays silent.',
        run: async ({ bot, simulator }) => {
          await bot?.start();
          await simulator.clock.advance(10 * SECOND_MS);
        },
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog that was waiting before the restart continues.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer says thank you.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('Thank you!'),
      },
    ],
  },
  {
    id: 'repeatedReport',
    group: 'What goes wrong',
    title: 'VCC Live repeats a report',
    about: 'VCC Live sends a webhook again until the bot answers 200. The second one changes nothing.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      {
        does: 'The agent closes the chat. The bot’s answer is lost.',
        lookAt: 'The bot keeps the report. VCC Live got no answer, and will send the same again.',
        run: ({ simulator, agent, customer }) => {
          simulator.weather.vccLiveAnswersLost.once();
          return agent.closesChat(customer.psid, { disposition: 'lost', agentName: 'Anna' });
        },
      },
      {
        does: 'Ten seconds pass.',
        lookAt: 'VCC Live repeats the report. The bot answers 200, and nothing else happens.',
        run: ({ simulator }) => simulator.clock.advance(10 * SECOND_MS),
      },
      {
        does: 'Another 30 seconds pass.',
        lookAt: 'The bot takes the thread back half a minute after the first report, once, and the dialog continues.',
        run: ({ simulator }) => simulator.clock.advance(30 * SECOND_MS),
      },
    ],
  },
  {
    id: 'neverAnswers',
    group: 'What goes wrong',
    title: 'The bot may not take the thread',
    about: 'No agent answers, and Meta refuses the timer’s take. VCC Live’s control ends after 24 hours.',
    steps: [
      {
        does: 'The Page does not allow apps to take control. The customer asks for an agent.',
        lookAt: 'The bot sends the notice and passes the thread.',
        run: ({ simulator, customer }) => {
          simulator.weather.takeNotAllowed = true;
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'Eleven minutes pass.',
        lookAt:
          'The timer tries to take the thread, and Meta refuses. The bot logs that once and tries again every hour.',
        run: ({ simulator }) => simulator.clock.advance(11 * MINUTE_MS),
      },
      {
        does: 'The customer waits and writes.',
        lookAt: 'The bot receives this on standby. It stays silent, although nobody answers.',
        run: ({ customer }) => customer.says('Is anybody there?'),
      },
      {
        does: '24 hours pass.',
        lookAt: 'VCC Live’s control ends. Meta tells nobody, but the bot counts the hours itself.',
        run: ({ simulator }) => simulator.clock.advance(24 * HOUR_MS + MINUTE_MS),
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The bot answers, and the handover has ended.',
        run: ({ customer }) => customer.says('Hello again'),
      },
    ],
  },
  {
    id: 'crash',
    group: 'What goes wrong',
    title: 'Crash and redelivery',
    about: 'The bot is down while a customer writes. Meta delivers the message again.',
    steps: [
      hello,
      {
        does: 'The bot goes down, and the customer writes.',
        lookAt: 'Two attempts do not reach the bot. Meta tries again in ten seconds.',
        run: ({ simulator, customer }) => {
          simulator.weather.botDown.always();
          return customer.says('Are you there?');
        },
      },
      {
        does: 'The bot is up again. Ten seconds pass.',
        lookAt: 'Meta delivers the event a third time. The bot answers it once.',
        run: ({ simulator }) => {
          simulator.weather.botDown.off();
          return simulator.clock.advance(10 * SECOND_MS);
        },
      },
      {
        does: 'Meta delivers the next message twice at once.',
        lookAt: 'The bot acknowledges both deliveries and answers once.',
        run: ({ simulator, customer }) => {
          simulator.weather.duplicates = 1;
          simulator.weather.duplicatesCome = 'together';
          return customer.says('Good.');
        },
      },
    ],
  },
  {
    id: 'unsubscribed',
    group: 'What goes wrong',
    title: 'Down for an hour',
    about: 'Meta unsubscribes the app, and somebody has to subscribe it again.',
    steps: [
      hello,
      {
        does: 'The bot goes down, and the customer writes.',
        lookAt: 'Meta tries again and again.',
        run: ({ simulator, customer }) => {
          simulator.weather.botDown.always();
          return customer.says('Hello?');
        },
      },
      {
        does: 'An hour passes.',
        lookAt: 'Meta warns the developer after 15 minutes, and unsubscribes the app from the Page after an hour.',
        run: ({ simulator }) => simulator.clock.advance(HOUR_MS + MINUTE_MS),
      },
      {
        does: 'The bot is up again, and the customer writes.',
        lookAt: 'Meta sends the bot nothing any more.',
        run: ({ simulator, customer }) => {
          simulator.weather.botDown.off();
          return customer.says('Still nobody?');
        },
      },
      {
        does: 'Somebody subscribes the app again, and the customer writes.',
        lookAt: 'The bot answers. The messages in between are lost.',
        run: ({ simulator, customer }) => {
          simulator.resubscribe(customer.pageId);
          return customer.says('And now?');
        },
      },
    ],
  },
  {
    id: 'lostAnswer',
    group: 'What goes wrong',
    title: 'A lost answer',
    about: 'Meta passes the thread, but its answer never reaches the bot.',
    steps: [
      hello,
      {
        does: 'The customer asks for an agent, and the answer to pass_thread_control is lost.',
        lookAt:
          'The bot does not know whether the pass worked. It asks thread_owner, learns that VCC Live owns the thread, and does not pass again.',
        run: ({ simulator, customer }) => {
          simulator.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog continues as usual.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
  {
    id: 'duplicates',
    group: 'What goes wrong',
    title: 'Duplicates and reordering',
    about: 'Meta delivers every event twice, in any order.',
    steps: [
      {
        does: 'Meta now delivers each event twice, up to 0.6 seconds late. The customer writes three messages.',
        lookAt: 'Meta makes six deliveries of three messages. The bot answers three times.',
        run: ({ simulator, customer }) => {
          simulator.weather.duplicates = 1;
          simulator.weather.duplicatesCome = 'together';
          simulator.weather.reorderMs = 600;
          return Promise.all([customer.says('One'), customer.says('Two'), customer.says('Three')]);
        },
      },
      {
        does: 'The customer asks for an agent.',
        lookAt: 'The bot sends one notice and passes the thread once.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'Meta delivers the hand-back twice. The bot welcomes the customer once.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
  {
    id: 'trials',
    group: 'What goes wrong',
    title: 'What breaks other bots',
    about: 'The stock adapter fails these cases (docs/comparison.md). Connect such a bot to see it.',
    steps: [
      {
        does: 'The customer writes, and Meta delivers the message twice.',
        lookAt: 'The bot answers once. The stock adapter answers twice.',
        run: async ({ simulator, customer }) => {
          simulator.weather.duplicates = 1;
          await customer.says('Hello!');
          simulator.weather.duplicates = 0;
        },
      },
      asksForAgent,
      {
        does: 'The customer writes to the agent, and Meta delivers that on standby alone.',
        lookAt: 'The bot answers 200 and sends nothing. The stock adapter crashes here.',
        run: ({ customer }) => customer.says('My parcel is late.'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog continues, once.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'Meta delivers a message with an app_roles item beside it.',
        lookAt: 'The bot answers the message and ignores the odd item. The stock adapter crashes here, too.',
        run: ({ simulator, customer }) => {
          simulator.weather.oddItems.once({ item: 'app_roles' });
          return customer.says('Thank you!');
        },
      },
      {
        does: 'Somebody posts {} to the webhook without a signature.',
        lookAt: 'The bot answers 401 and keeps running. A bot on Botkit with the stock adapter ends here.',
        run: ({ simulator }) => simulator.deliverRaw({}, { signWith: null }),
      },
    ],
  },
];
