/**
 * The stories worth watching, step by step, each with a line that says what to look at.
 *
 * Exists so that nobody has to know what goes wrong with handovers before they can see it. Data only; playing is
 * `play-scenario.ts`.
 */
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { SimulatedAgent, SimulatedCustomer, SimulatedPageInbox } from '../people.js';
import type { ScenarioOffer } from './stage-words.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Who plays. */
export interface Cast {
  readonly simulator: MessengerSimulator;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly inbox: SimulatedPageInbox;
}

/** One step: what happens, and where to look while it does. */
export interface ScenarioStep {
  readonly does: string;
  readonly lookAt: string;
  readonly run: (cast: Cast) => Promise<unknown> | undefined;
}

/** One story. */
export interface Scenario extends ScenarioOffer {
  readonly steps: readonly ScenarioStep[];
}

const hello: ScenarioStep = {
  does: 'The customer says hello.',
  lookAt: 'The bot answers. In truth and in its own belief, the bot owns the thread.',
  run: ({ customer }) => customer.says('Hello!'),
};

const asksForAgent: ScenarioStep = {
  does: 'The customer asks for an agent.',
  lookAt: 'On the wire: first the notice, then pass_thread_control. The thread appears on the desk, with its metadata.',
  run: ({ customer }) => customer.says('I want to talk to an agent'),
};

/** Every story, in the order of the menu. */
export const scenarios: readonly Scenario[] = [
  {
    id: 'dialog',
    title: 'A handover from a dialog',
    about: 'Bot, agent, and back: the way it should go.',
    steps: [
      hello,
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'The bot hears it on standby, and says nothing.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'Hi, this is Anna from VCC Live. How can I help?'),
      },
      {
        does: 'The customer writes to the agent.',
        lookAt: 'The message reaches the bot on standby only. No send follows it.',
        run: ({ customer }) => customer.says('My parcel is late.'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'pass_thread_control names the bot; the dialog that waited goes on with “Welcome back”.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer thanks.',
        lookAt: 'The bot answers again.',
        run: ({ customer }) => customer.says('Thank you!'),
      },
    ],
  },
  {
    id: 'silentRelease',
    title: 'A silent release',
    about: 'The agent lets go of the thread, and Meta tells nobody.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'Truth and belief agree: VCC Live.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'All done, have a nice day!'),
      },
      {
        does: 'The agent releases the thread.',
        lookAt:
          'The thread is idle in truth, and the bot still believes in VCC Live: marked red. No webhook says so, to anybody.',
        run: ({ agent, customer }) => agent.releases(customer.psid),
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The message arrives on messaging. The bot asks thread_owner, sees that it may speak, and goes on.',
        run: ({ customer }) => customer.says('One more thing …'),
      },
    ],
  },
  {
    id: 'neverAnswers',
    title: 'An agent who never answers',
    about: 'Control runs out 24 hours after the last word.',
    steps: [
      asksForAgent,
      {
        does: 'The customer waits, and writes.',
        lookAt: 'Standby only: the bot stays silent, although nobody answers.',
        run: ({ customer }) => customer.says('Is anybody there?'),
      },
      {
        does: '24 hours pass.',
        lookAt: 'VCC Live’s control runs out, by the clock. Meta tells nobody; the bot has counted the hours itself.',
        run: ({ simulator }) => simulator.clock.advance(24 * HOUR_MS + MINUTE_MS),
      },
      {
        does: 'The customer comes back.',
        lookAt: 'The bot is there again, and the handover is concluded.',
        run: ({ customer }) => customer.says('Hello again'),
      },
    ],
  },
  {
    id: 'inbox',
    title: 'Taken by the Page inbox',
    about: 'A colleague answers in the Page inbox: a third app steps in.',
    steps: [
      hello,
      {
        does: 'Somebody answers in the Page inbox.',
        lookAt: 'The inbox takes control by itself; the bot is told by take_thread_control.',
        run: ({ inbox, customer }) => inbox.replies(customer.psid, 'This is the shop itself. I will look into it.'),
      },
      {
        does: 'The customer answers the shop.',
        lookAt: 'Standby: the bot stays silent for the inbox as it does for VCC Live.',
        run: ({ customer }) => customer.says('That is kind of you.'),
      },
      {
        does: 'The conversation is marked as done.',
        lookAt: 'The thread is passed to the default application, the bot.',
        run: ({ inbox, customer }) => inbox.marksDone(customer.psid),
      },
      {
        does: 'The customer writes again.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('And what about my parcel?'),
      },
    ],
  },
  {
    id: 'crash',
    title: 'Crash and redelivery',
    about: 'The bot is down while a customer writes; Meta comes again.',
    steps: [
      hello,
      {
        does: 'The bot goes down, and the customer writes.',
        lookAt: 'The first attempt and the one right after it do not reach the bot; the next is due in ten seconds.',
        run: ({ simulator, customer }) => {
          simulator.weather.botDown.always();
          return customer.says('Are you there?');
        },
      },
      {
        does: 'The bot is up again; ten seconds pass.',
        lookAt: 'The same event comes a third time, and is answered once.',
        run: ({ simulator }) => {
          simulator.weather.botDown.off();
          return simulator.clock.advance(10 * SECOND_MS);
        },
      },
      {
        does: 'Meta delivers the next message twice at once.',
        lookAt: 'Both deliveries are acknowledged; one answer goes out.',
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
    title: 'Down for an hour',
    about: 'Meta gives up on the bot, and has to be asked to come back.',
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
        lookAt: 'After 15 minutes the developer is warned; after an hour the app is unsubscribed for the Page.',
        run: ({ simulator }) => simulator.clock.advance(HOUR_MS + MINUTE_MS),
      },
      {
        does: 'The bot is up again, and the customer writes.',
        lookAt: 'Nothing is sent any more: the bot would wait for ever.',
        run: ({ simulator, customer }) => {
          simulator.weather.botDown.off();
          return customer.says('Still nobody?');
        },
      },
      {
        does: 'The app is subscribed again, and the customer writes.',
        lookAt: 'The bot answers. What came in between is lost.',
        run: ({ simulator, customer }) => {
          simulator.resubscribe(customer.pageId);
          return customer.says('And now?');
        },
      },
    ],
  },
  {
    id: 'lostAnswer',
    title: 'A lost answer',
    about: 'The pass is done, and its answer never arrives.',
    steps: [
      hello,
      {
        does: 'The customer asks for an agent, and the answer of the pass is lost.',
        lookAt:
          'The outcome is unknown, not failed: the bot asks thread_owner, finds VCC Live, and does not pass again. The customer reads one notice.',
        run: ({ simulator, customer }) => {
          simulator.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog goes on as if nothing had happened.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
  {
    id: 'duplicates',
    title: 'Duplicates and reordering',
    about: 'Every event twice, in any order.',
    steps: [
      {
        does: 'The weather turns: each event comes twice, up to 0.6 seconds late. The customer writes three messages.',
        lookAt: 'Six deliveries of three messages; three answers.',
        run: ({ simulator, customer }) => {
          simulator.weather.duplicates = 1;
          simulator.weather.duplicatesCome = 'together';
          simulator.weather.reorderMs = 600;
          return Promise.all([customer.says('One'), customer.says('Two'), customer.says('Three')]);
        },
      },
      {
        does: 'The customer asks for an agent.',
        lookAt: 'One notice, one pass, one thread on the desk.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The hand-back comes twice; the customer is welcomed once.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
  {
    id: 'trials',
    title: 'What breaks other bots',
    about:
      'The trials of docs/comparison.md. The stock adapter fails them; connect such a bot and watch the red marks.',
    steps: [
      {
        does: 'The customer writes, and Meta delivers the message twice.',
        lookAt: 'Two deliveries, one answer. The stock adapter answers twice.',
        run: async ({ simulator, customer }) => {
          simulator.weather.duplicates = 1;
          await customer.says('Hello!');
          simulator.weather.duplicates = 0;
        },
      },
      asksForAgent,
      {
        does: 'The customer writes to the agent: a delivery with standby alone.',
        lookAt: 'Acknowledged with 200, and nothing is sent. The stock adapter crashes here.',
        run: ({ customer }) => customer.says('My parcel is late.'),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The bot goes on, once.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'A message comes with app_roles beside it.',
        lookAt: 'The message is answered, the odd item is ignored. The stock adapter crashes here, too.',
        run: ({ simulator, customer }) => {
          simulator.weather.oddItems.once({ item: 'app_roles' });
          return customer.says('Thank you!');
        },
      },
      {
        does: 'Somebody posts {} to the webhook, without a signature.',
        lookAt: '401, and the bot goes on. A bot on Botkit with the stock adapter ends here.',
        run: ({ simulator }) => simulator.deliverRaw({}, { signWith: null }),
      },
    ],
  },
];
