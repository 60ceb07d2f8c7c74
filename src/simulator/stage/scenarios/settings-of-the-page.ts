/** Stories of two settings of the Page that no call shows: "Access standby channel" and "Social routing". */
import { agentAnswers, asksForAgent, handsBack, HOUR_MS, MINUTE_MS } from './common-steps.js';
import type { Scenario } from './scenario.js';

/** In the order of the menu. */
export const settingsOfThePage: readonly Scenario[] = [
  {
    id: 'noStandby',
    group: 'What goes wrong',
    title: 'The bot has no access to standby',
    about:
      'The Page’s setting "Access standby channel" is off for the bot. So the bot does not see that an agent answers.',
    steps: [
      {
        does: '"Access standby channel" is off for the bot. The customer asks for an agent.',
        lookAt: 'The handover works as always: nothing shows the setting.',
        run: ({ simulator, customer }) => {
          simulator.setUp.botStandbyAccess = false;
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The agent answers.',
        lookAt: 'The customer reads the answer. The bot receives nothing, so for the bot nobody has answered.',
        run: agentAnswers.run,
      },
      {
        does: 'Eleven minutes pass.',
        lookAt: 'The timer for threads that no agent answers takes the thread, in the middle of the conversation.',
        run: ({ simulator }) => simulator.clock.advance(11 * MINUTE_MS),
      },
      {
        does: 'Somebody switches the setting on. The customer asks for an agent again.',
        lookAt: asksForAgent.lookAt,
        run: ({ simulator, customer }) => {
          simulator.setUp.botStandbyAccess = true;
          return customer.says('I want to talk to an agent');
        },
      },
      agentAnswers,
      {
        does: 'Eleven minutes pass.',
        lookAt: 'The bot saw the answer on standby. The agent keeps the thread.',
        run: ({ simulator }) => simulator.clock.advance(11 * MINUTE_MS),
      },
      handsBack,
    ],
  },
  {
    id: 'socialRouting',
    group: 'What goes wrong',
    title: 'Social routing names another app',
    about: 'The bot is the default application. Social routing gives new conversations to VCC Live all the same.',
    steps: [
      {
        does: 'Social routing names VCC Live. A customer begins a conversation.',
        lookAt: 'VCC Live owns the thread at once. The bot receives the message on standby and says nothing.',
        run: ({ simulator, customer }) => {
          simulator.setUp.socialRouting = 'vccLive';
          return customer.says('Hello?');
        },
      },
      {
        does: 'Somebody takes VCC Live out of Social routing. VCC Live’s control ends after 24 hours.',
        lookAt: 'The thread is idle. Meta tells nobody.',
        run: ({ simulator }) => {
          simulator.setUp.socialRouting = 'defaultApp';
          return simulator.clock.advance(24 * HOUR_MS + MINUTE_MS);
        },
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The default application gets the thread, and the bot answers.',
        run: ({ customer }) => customer.says('Hello again'),
      },
    ],
  },
];
