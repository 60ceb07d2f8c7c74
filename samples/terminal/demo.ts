/** `npm start -- --demo`: plays a whole handover in the terminal, checks each step, and ends. */
import { visibleText } from 'botbuilder-handover-vcclive';
import type { ConversationEntry, MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { StagedPlugin } from '../talk-to-agent/on-stage.js';
import { lastSeq, linesSince, namesOf } from './wire-lines.js';

const PSID = '6600112233445566';
const NAME_WIDTH = 10;

const INTRODUCTION = `This plays a handover from beginning to end: a customer, the sample bot, and an agent of VCC Live.
The simulator replaces Messenger; bot and simulator talk over real HTTP. Each scene shows what the customer sees,
then each webhook and Graph call (the bot may only read what arrives on "standby"), then who owns the thread.`;

/** One scene, and what must come of it. */
interface Scene {
  readonly title: string;
  readonly act: () => Promise<unknown>;
  /** What the customer reads; `null`: nothing. */
  readonly hears: RegExp | null;
  readonly owner: 'bot' | 'vccLive';
}

/** Plays the story. @throws if a scene does not end as it must, so that the exit code is not 0 */
export async function playDemo(
  simulator: MessengerSimulator,
  handover: StagedPlugin,
  print: (line: string) => void,
): Promise<void> {
  print(INTRODUCTION);
  const scenes = scenesOf(simulator);
  for (const [index, scene] of scenes.entries()) {
    print(`\n${index + 1}. ${scene.title}\n`);
    await play(scene, simulator, handover, print);
  }
  print(`\nEvery scene ended as it must. To play it yourself in the browser: npm start`);
}

function scenesOf(simulator: MessengerSimulator): Scene[] {
  const customer = simulator.customer(PSID);
  const agent = simulator.agent();
  return [
    {
      title: 'The customer says hello. The bot answers.',
      act: () => customer.says('Hello!'),
      hears: /Hello!/,
      owner: 'bot',
    },
    {
      title: 'The customer asks for an agent. The bot sends a notice and passes the thread to VCC Live.',
      act: () => customer.says('talk to agent'),
      hears: /agent/i,
      owner: 'vccLive',
    },
    {
      title: 'The agent answers. The bot receives the answer on standby and says nothing.',
      act: () => agent.says(PSID, 'Hi, this is Anna. How can I help?'),
      hears: /Anna/,
      owner: 'vccLive',
    },
    {
      title: 'The customer talks to the agent. The bot stays silent.',
      act: () => customer.says('My parcel is late.'),
      hears: null,
      owner: 'vccLive',
    },
    {
      title: "The agent closes the chat. VCC Live's webhook tells the bot, which stays silent.",
      act: () => agent.closesChat(PSID, { disposition: 'completed', agentName: 'Anna' }),
      hears: null,
      owner: 'vccLive',
    },
    {
      title: 'The agent hands the thread back. The bot’s dialog continues and gets the result.',
      act: () => agent.handsBack(PSID),
      hears: /Welcome back! Anna has closed your chat: completed/,
      owner: 'bot',
    },
    {
      title: 'The bot answers again.',
      act: () => customer.says('Thank you!'),
      hears: /Thank you!/,
      owner: 'bot',
    },
  ];
}

async function play(
  { act, hears, owner }: Scene,
  simulator: MessengerSimulator,
  handover: StagedPlugin,
  print: (line: string) => void,
): Promise<void> {
  const customer = simulator.customer(PSID);
  const seqBefore = lastSeq(simulator);
  const saidBefore = customer.conversation().length;
  await act();
  await simulator.settled();

  const said = customer
    .conversation()
    .slice(saidBefore)
    .filter(({ text }) => text !== undefined);
  for (const entry of said) print(`   ${spoken(entry)}`);
  if (said.length > 0) print('');
  for (const line of linesSince(simulator, seqBefore)) print(`   | ${line}`);
  const nameOf = namesOf(simulator);
  const inTruth = simulator.ownerOf(PSID).owner;
  const { settings } = simulator;
  const believed = await handover.ownerOf({ pageId: settings.pageId, psid: PSID });
  const belief = { bot: 'the bot', vccLive: 'VCC Live', other: 'another app', idle: 'nobody', unknown: 'unknown' };
  print(`   | owner: ${nameOf(inTruth)} · owner as the bot knows it: ${belief[believed.owner]}`);

  const heard = said.filter(({ from }) => from !== 'customer');
  const heardIt = hears === null ? heard.length === 0 : heard.some(({ text }) => hears.test(text ?? ''));
  if (!heardIt) throw new Error(`The customer should read ${hears === null ? 'nothing' : String(hears)}.`);
  const expected = owner === 'bot' ? settings.botAppId : settings.vccLiveAppId;
  if (inTruth !== expected) throw new Error(`${owner} should own the thread, and ${inTruth} owns it.`);
}

function spoken({ from, text = '' }: ConversationEntry): string {
  return `${`${from}:`.padEnd(NAME_WIDTH)}${visibleText(text)}`;
}
