/**
 * The stories worth watching, step by step, each with a line that says what to look at.
 *
 * Exists so that nobody has to know what goes wrong with handovers before they can see it. Data only; playing is
 * `play-scenario.ts`.
 */
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { SimulatedAgent, SimulatedCustomer, SimulatedPageInbox } from '../people.js';
import { appIdNumber } from '../write-exact-json.js';
import type { ScenarioOffer } from './stage-words.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const ANNA = 'Hi, this is Anna from VCC Live. How can I help?';
/** Between a story's customer and the other one of it. */
const OTHER_PSID = 500_000n;

/** Who plays. */
export interface Cast {
  readonly simulator: MessengerSimulator;
  readonly customer: SimulatedCustomer;
  readonly agent: SimulatedAgent;
  readonly inbox: SimulatedPageInbox;
  /** Absent where the stage cannot restart the bot. */
  readonly bot: StagedBot | undefined;
}

/** A bot that the stage can shut down and start again. */
export interface StagedBot {
  /** Nothing where it runs. */
  start(): Promise<void>;
  /** Nothing where it is down. */
  stop(): Promise<void>;
}

/** What not every stage has. */
export type ScenarioNeed = 'vccLiveWebhooks' | 'restart' | 'twoPages';

/** One step: what happens, and where to look while it does. */
export interface ScenarioStep {
  readonly does: string;
  readonly lookAt: string;
  readonly run: (cast: Cast) => Promise<unknown> | undefined;
}

/** One story. */
export interface Scenario extends ScenarioOffer {
  /** It is offered only where the stage has this. */
  readonly needs?: ScenarioNeed;
  /** The Page it plays on: the first, or the last, which may have policies of its own. Default `first`. */
  readonly page?: 'first' | 'last';
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

const agentAnswers: ScenarioStep = {
  does: 'The agent answers.',
  lookAt: 'The customer reads it. The bot hears it on standby, and says nothing.',
  run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
};

const handsBack: ScenarioStep = {
  does: 'The agent hands the thread back.',
  lookAt: 'pass_thread_control names the bot, and the dialog that waited goes on.',
  run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
};

/** Every story, in the order of the menu. */
export const scenarios: readonly Scenario[] = [
  {
    id: 'dialog',
    group: 'The way it goes',
    title: 'A handover from a dialog',
    about: 'Bot, agent, and back: the way it should go.',
    steps: [
      hello,
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'The bot hears it on standby, and says nothing.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
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
    id: 'inline',
    group: 'The way it goes',
    title: 'Notice and pass in one call',
    about: 'Inline thread control: on the second Page of the sample, one Graph call instead of two.',
    page: 'last',
    needs: 'twoPages',
    steps: [
      hello,
      {
        does: 'The customer asks for an agent.',
        lookAt:
          'The bot asks once whether the Page has Conversation Routing; then one call to messages carries the notice and thread_control. No pass_thread_control.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog goes on, as after two calls.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
    ],
  },
  {
    id: 'closed',
    group: 'Before it starts',
    title: 'The desk is closed',
    about: 'No agent is there: the customer hears it, and the bot goes on at once.',
    steps: [
      {
        does: 'The desk closes, and the customer asks for an agent.',
        lookAt: 'No pass. The customer reads that nobody is there, and the dialog goes on with “refused”.',
        run: ({ simulator, customer }) => {
          simulator.weather.deskClosed = true;
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'The customer asks something else.',
        lookAt: 'The bot answers: nobody waits for anybody.',
        run: ({ customer }) => customer.says('Then tell me about my parcel'),
      },
      {
        does: 'The desk opens, and the customer asks again.',
        lookAt: 'Notice and pass, as ever.',
        run: ({ simulator, customer }) => {
          simulator.weather.deskClosed = false;
          return customer.says('I want to talk to an agent');
        },
      },
      handsBack,
    ],
  },
  {
    id: 'loop',
    group: 'Before it starts',
    title: 'Back and forth',
    about: 'A customer who bounces between bot and agent stays with the bot.',
    steps: [
      {
        does: 'Three times the customer asks for an agent, and the agent hands back.',
        lookAt: 'Three handovers within ten minutes: as many as the sample allows.',
        run: async ({ agent, customer }) => {
          for (let bounces = 0; bounces < 3; bounces += 1) {
            await customer.says('I want to talk to an agent');
            await agent.handsBack(customer.psid);
          }
        },
      },
      {
        does: 'The customer asks a fourth time.',
        lookAt: 'No pass: the loop breaker keeps the thread here, and the customer is told to try later.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'Eleven minutes pass, and the customer asks again.',
        lookAt: 'Notice and pass.',
        run: async ({ simulator, customer }) => {
          await simulator.clock.advance(11 * MINUTE_MS);
          await customer.says('I want to talk to an agent');
        },
      },
      handsBack,
    ],
  },
  {
    id: 'claimed',
    group: 'While it lasts',
    title: 'Waiting, then claimed',
    about: 'Nobody knows that an agent is there until the first words.',
    steps: [
      asksForAgent,
      {
        does: 'The customer waits.',
        lookAt: 'The thread is VCC Live’s, and no agent has answered: the handover is “waiting”. The bot is silent.',
        run: ({ customer }) => customer.says('Is anybody there?'),
      },
      {
        does: 'The agent answers.',
        lookAt:
          'An echo with VCC Live’s app id on standby: the handover is “claimed”, and nobody takes it back for waiting.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
      },
      {
        does: '15 minutes pass.',
        lookAt: 'The sample takes back after ten minutes what nobody has claimed. This was: nothing happens.',
        run: ({ simulator }) => simulator.clock.advance(15 * MINUTE_MS),
      },
      handsBack,
    ],
  },
  {
    id: 'unclaimed',
    group: 'While it lasts',
    title: 'Nobody answers',
    about: 'The first timer: ten minutes without an agent.',
    steps: [
      asksForAgent,
      {
        does: 'Eleven minutes pass.',
        lookAt: 'take_thread_control by the bot. The customer hears that nobody was free, and the dialog goes on.',
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
    about: 'The second timer: half an hour since the agent’s last words.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'From here on the timer counts, anew with each word of the agent’s.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'One moment, I will look.'),
      },
      {
        does: '20 minutes pass, and the agent writes again.',
        lookAt: 'Nothing is taken back.',
        run: async ({ simulator, agent, customer }) => {
          await simulator.clock.advance(20 * MINUTE_MS);
          await agent.says(customer.psid, 'Still looking.');
        },
      },
      {
        does: '31 minutes pass.',
        lookAt: 'take_thread_control by the bot, and a word to the customer.',
        run: ({ simulator }) => simulator.clock.advance(31 * MINUTE_MS),
      },
    ],
  },
  {
    id: 'maximum',
    group: 'While it lasts',
    title: 'It lasts too long',
    about: 'The third timer: two hours, whatever happens.',
    steps: [
      asksForAgent,
      {
        does: 'The agent writes every 25 minutes.',
        lookAt: 'The agent is never idle for long.',
        run: async ({ simulator, agent, customer }) => {
          for (const part of ['first', 'second', 'third', 'fourth']) {
            await agent.says(customer.psid, `This is the ${part} part of a long story.`);
            await simulator.clock.advance(25 * MINUTE_MS);
          }
        },
      },
      {
        does: '21 minutes pass: two hours and a little.',
        lookAt: 'take_thread_control by the bot.',
        run: ({ simulator }) => simulator.clock.advance(21 * MINUTE_MS),
      },
    ],
  },
  {
    id: 'reclaimWord',
    group: 'While it lasts',
    title: 'The customer wants the bot back',
    about: 'A word on standby takes the thread from the agent.',
    steps: [
      asksForAgent,
      {
        does: 'The customer tells the agent about bots.',
        lookAt: 'Standby. Only a whole message that asks for the bot counts, not any with the word in it.',
        run: ({ customer }) => customer.says('The bot was no help'),
      },
      {
        does: 'The customer writes “Back to the bot, please”.',
        lookAt: 'Standby, then take_thread_control by the bot, and the dialog goes on in that very turn.',
        run: ({ customer }) => customer.says('Back to the bot, please'),
      },
    ],
  },
  {
    id: 'macro',
    group: 'While it lasts',
    title: 'An agent’s macro',
    about: 'The agent writes “#bot”, and the bot takes over.',
    steps: [
      asksForAgent,
      {
        does: 'The agent answers.',
        lookAt: 'VCC Live owns the thread.',
        run: ({ agent, customer }) => agent.says(customer.psid, ANNA),
      },
      {
        does: 'The agent writes “#bot”.',
        lookAt: 'The bot hears it in the echo on standby and takes the thread. The customer sees the macro, too.',
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
    about: 'request_thread_control: granted to VCC Live, to nobody else.',
    steps: [
      hello,
      {
        does: 'The Page inbox’ app asks for the thread.',
        lookAt: 'request_thread_control arrives, and the bot keeps the thread: the policy says VCC Live only.',
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
        does: 'VCC Live asks for it.',
        lookAt: 'The bot passes, without a notice: the agent writes first. The thread is on the desk.',
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
        lookAt: 'The customer hears a person; the bot is silent.',
        run: ({ agent, customer }) => agent.says(customer.psid, 'You asked us to call. When shall we?'),
      },
      {
        does: 'The agent hands the thread back, and the customer writes.',
        lookAt: 'No dialog waited, so nothing ran at the hand-back. The bot answers the customer.',
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
    title: 'A button of the bot’s own',
    about: 'It reaches the bot, whoever owns the thread.',
    steps: [
      {
        does: 'The customer asks for the menu.',
        lookAt: 'A button of the bot’s.',
        run: ({ customer }) => customer.says('menu'),
      },
      asksForAgent,
      {
        does: 'The customer presses the button.',
        lookAt:
          'It arrives on messaging, although VCC Live owns the thread. The bot asks thread_owner and stays silent.',
        run: ({ customer }) => customer.presses('PARCEL'),
      },
      handsBack,
      {
        does: 'The customer presses it again.',
        lookAt: 'Now the bot answers.',
        run: ({ customer }) => customer.presses('PARCEL'),
      },
    ],
  },
  {
    id: 'inbox',
    group: 'While it lasts',
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
    id: 'chatClosed',
    group: 'Coming home',
    title: 'Chat closed, thread handed back',
    about: 'VCC Live’s webhook tells how the chat ended; the bot’s dialog has it in its result.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent closes the chat at VCC Live: “lost”.',
        lookAt:
          'VCC Live → Bot, Chat (Async). The bot keeps what it says and stays silent: the thread is not back yet.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'lost', agentName: 'Anna' }),
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog goes on, and its result names agent and disposition: read what the bot says.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid),
      },
    ],
  },
  {
    id: 'chatNotReturned',
    group: 'Coming home',
    title: 'Chat closed, thread kept',
    about: 'Half a minute after the webhook the bot takes the thread itself, so that nobody writes to nobody.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent closes the chat at VCC Live, and keeps the thread.',
        lookAt: 'VCC Live → Bot, Chat (Async). In truth and belief the thread is still VCC Live’s.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'completed', agentName: 'Anna' }),
      },
      {
        does: 'The customer writes.',
        lookAt: 'Standby: nobody answers.',
        run: ({ customer }) => customer.says('Are you still there?'),
      },
      {
        does: '40 seconds pass.',
        lookAt: 'The bot asks thread_owner and takes the thread. The dialog goes on with agent and disposition.',
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
    group: 'Coming home',
    title: 'Chat closed, and opened again',
    about: 'A ticket that waits for an agent again: a closed chat is not closed any more.',
    needs: 'vccLiveWebhooks',
    steps: [
      asksForAgent,
      {
        does: 'The agent closes the chat.',
        lookAt: 'VCC Live → Bot, Chat (Async). From here on half a minute counts.',
        run: ({ agent, customer }) => agent.closesChat(customer.psid, { disposition: 'missed' }),
      },
      {
        does: 'Ten seconds later the ticket waits for an agent again.',
        lookAt: 'VCC Live → Bot, Ticket Status (Async): update waiting4agent.',
        run: async ({ simulator, agent, customer }) => {
          await simulator.clock.advance(10 * SECOND_MS);
          await agent.changesTicket(customer.psid, { substatus: 'waiting4agent' });
        },
      },
      {
        does: 'A minute passes.',
        lookAt: 'Nothing is taken back: the customer is in the queue.',
        run: ({ simulator }) => simulator.clock.advance(MINUTE_MS),
      },
      agentAnswers,
      {
        does: 'The ticket is closed: “successful”. 40 seconds pass.',
        lookAt: 'Ticket Status (Async), then take_thread_control by the bot.',
        run: async ({ simulator, agent, customer }) => {
          await agent.changesTicket(customer.psid, { status: 'closed', substatus: 'successful' });
          await simulator.clock.advance(40 * SECOND_MS);
        },
      },
    ],
  },
  {
    id: 'satisfaction',
    group: 'Coming home',
    title: 'How was it?',
    about: 'A question after the handover, asked once: on the second Page of the sample.',
    page: 'last',
    needs: 'twoPages',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'First the dialog goes on; then the question, with quick replies.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer taps 5.',
        lookAt: 'The answer goes to the bot’s logic, as any message.',
        run: ({ customer }) => customer.taps('5', 'RATING_5'),
      },
      {
        does: 'The customer writes.',
        lookAt: 'The bot answers. The question does not come again.',
        run: ({ customer }) => customer.says('Good bye!'),
      },
    ],
  },
  {
    id: 'openPrompt',
    group: 'Coming home',
    title: 'A prompt that was open',
    about: 'The customer asks for an agent instead of answering, and is asked again afterwards.',
    steps: [
      {
        does: 'The customer wants to change an address.',
        lookAt: 'The bot asks for it: a prompt of a dialog is open.',
        run: ({ customer }) => customer.presses('ADDRESS', 'Change my address'),
      },
      {
        does: 'The customer writes “An agent, please”.',
        lookAt: 'Not taken for the address: notice and pass. No dialog waits for this handover.',
        run: ({ customer }) => customer.says('An agent, please'),
      },
      agentAnswers,
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The prompt is repeated.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer answers it.',
        lookAt: 'The dialog ends as if nobody had been in between.',
        run: ({ customer }) => customer.says('Váci út 1, Budapest'),
      },
    ],
  },
  {
    id: 'silentRelease',
    group: 'Coming home',
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
    id: 'twoCustomers',
    group: 'Several threads',
    title: 'Two customers at once',
    about: 'One is with an agent, the other with the bot; nothing mixes.',
    steps: [
      asksForAgent,
      {
        does: 'Another customer of the Page writes to the bot.',
        lookAt: 'In the list on the left: two threads with different owners. The bot answers this one.',
        run: (cast) => another(cast).says('Do you ship to Vienna?'),
      },
      {
        does: 'Both write at the same moment.',
        lookAt: 'One message on standby, one on messaging; one answer.',
        run: (cast) => Promise.all([cast.customer.says('My parcel is late.'), another(cast).says('And to Graz?')]),
      },
      handsBack,
    ],
  },
  {
    id: 'twoPages',
    group: 'Several threads',
    title: 'Two Pages, one bot',
    about: 'Each Page has its token, its desk and its policies; threads never mix.',
    needs: 'twoPages',
    steps: [
      {
        does: 'A customer of the first Page asks for an agent.',
        lookAt: 'Notice, then pass_thread_control: two calls.',
        run: ({ customer }) => customer.says('I want to talk to an agent'),
      },
      {
        does: 'A customer of the second Page writes.',
        lookAt: 'In the list of customers: another Page. The bot answers there.',
        run: (cast) => elsewhere(cast).customer.says('Do you repair bicycles?'),
      },
      {
        does: 'That customer asks for an agent, too.',
        lookAt: 'Another notice, and one call instead of two: the policies of that Page.',
        run: (cast) => elsewhere(cast).customer.says('I want to talk to an agent'),
      },
      {
        does: 'The agent of the first Page hands back.',
        lookAt: 'One thread comes home; the other stays with its agent.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The agent of the second Page answers and hands back.',
        lookAt: 'That thread comes home, and that Page asks how it was.',
        run: async (cast) => {
          const { agent, customer } = elsewhere(cast);
          await agent.says(customer.psid, 'Yes, we do.');
          await agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' }));
        },
      },
    ],
  },
  {
    id: 'restart',
    group: 'What goes wrong',
    title: 'The bot is shut down meanwhile',
    about: 'It comes up again knowing whose the threads are: the store has them.',
    needs: 'restart',
    steps: [
      asksForAgent,
      agentAnswers,
      {
        does: 'The bot is shut down, and the customer writes to the agent.',
        lookAt: 'Standby, answered 503. Meta comes again.',
        run: async ({ bot, customer }) => {
          await bot?.stop();
          await customer.says('My parcel is late.');
        },
      },
      {
        does: 'The bot is started again; ten seconds pass.',
        lookAt: 'The event comes again. The bot knows that an agent has the thread, and stays silent.',
        run: async ({ bot, simulator }) => {
          await bot?.start();
          await simulator.clock.advance(10 * SECOND_MS);
        },
      },
      {
        does: 'The agent hands the thread back.',
        lookAt: 'The dialog that waited before the shut-down goes on.',
        run: ({ agent, customer }) => agent.handsBack(customer.psid, JSON.stringify({ disposition: 'completed' })),
      },
      {
        does: 'The customer thanks.',
        lookAt: 'The bot answers.',
        run: ({ customer }) => customer.says('Thank you!'),
      },
    ],
  },
  {
    id: 'neverAnswers',
    group: 'What goes wrong',
    title: 'A Page that does not let the bot take',
    about: 'Nobody answers, the timer’s take is refused, and control runs out after 24 hours.',
    steps: [
      {
        does: 'The Page does not allow apps to take control. The customer asks for an agent.',
        lookAt: 'Notice and pass.',
        run: ({ simulator, customer }) => {
          simulator.weather.takeNotAllowed = true;
          return customer.says('I want to talk to an agent');
        },
      },
      {
        does: 'Eleven minutes pass.',
        lookAt: 'The timer tries to take the thread, and Meta refuses. It is said once, and not tried again.',
        run: ({ simulator }) => simulator.clock.advance(11 * MINUTE_MS),
      },
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
    id: 'crash',
    group: 'What goes wrong',
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
    group: 'What goes wrong',
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
    group: 'What goes wrong',
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
    group: 'What goes wrong',
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
    group: 'What goes wrong',
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

/** A second customer of the story's Page. */
function another({ simulator, customer }: Cast): SimulatedCustomer {
  return simulator.customer(String(BigInt(customer.psid) + OTHER_PSID), customer.pageId);
}

/** A customer of the last Page, and its desk. */
function elsewhere({ simulator, customer }: Cast): Pick<Cast, 'customer' | 'agent'> {
  const { pageId } = simulator.settings.pages.at(-1) ?? simulator.settings;
  const psid = String(BigInt(customer.psid) + OTHER_PSID);
  return { customer: simulator.customer(psid, pageId), agent: simulator.agent(pageId) };
}
