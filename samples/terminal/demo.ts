/** `npm start -- --demo`: a whole handover plays by itself, is checked at each step, and the program ends. */
import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';

const PSID = '6600112233445566';

/** Plays the story. @throws where a step does not end as it must: the exit code tells */
export async function playDemo(
  simulator: MessengerSimulator,
  handover: VccLiveHandover,
  print: (line: string) => void,
): Promise<void> {
  const customer = simulator.customer(PSID);
  const agent = simulator.agent();
  let heard = 0;
  const scene = async (
    title: string,
    act: () => Promise<unknown>,
    hears: RegExp | null,
    owner: string,
  ): Promise<void> => {
    print(`\n${title}`);
    await act();
    await simulator.settled();
    const said = customer
      .inbox()
      .slice(heard)
      .filter((entry) => entry.text !== undefined);
    heard = customer.inbox().length;
    for (const { from, text } of said) print(`    ${from === 'agent' ? 'agent' : from}: ${text ?? ''}`);
    const line = await ownerLine(simulator, handover);
    print(line);
    const heardIt = hears === null ? said.length === 0 : said.some(({ text }) => hears.test(text ?? ''));
    if (!heardIt) throw new Error(`The customer should have heard ${hears === null ? 'nothing' : String(hears)}.`);
    const inTruth = simulator.ownerOf(PSID).owner;
    const expected = owner === 'bot' ? simulator.settings.botAppId : simulator.settings.vccLiveAppId;
    if (inTruth !== expected) throw new Error(`The thread should belong to ${owner}, and belongs to ${inTruth}.`);
  };

  await scene('The customer says hello; the bot answers.', () => customer.says('Hello!'), /Hello!/, 'bot');
  await scene(
    'The customer asks for an agent; the thread goes to VCC Live.',
    () => customer.says('talk to agent'),
    /agent/i,
    'VCC Live',
  );
  await scene(
    'The agent answers. The bot hears it on standby and says nothing.',
    () => agent.says(PSID, 'Hi, this is Anna. How can I help?'),
    /Anna/,
    'VCC Live',
  );
  await scene(
    'The customer talks to the agent. The bot stays silent.',
    () => customer.says('My parcel is late.'),
    null,
    'VCC Live',
  );
  await scene(
    'The agent hands the thread back. The dialog that asked goes on.',
    () => agent.handsBack(PSID, '{"disposition":"completed"}'),
    /Welcome back/,
    'bot',
  );
  await scene('The bot answers again.', () => customer.says('Thank you!'), /Thank you!/, 'bot');
  print('\nThe whole handover went as it must.');
}

/** The truth, and what the bot believes, in one line. */
async function ownerLine(simulator: MessengerSimulator, handover: VccLiveHandover): Promise<string> {
  const { botAppId, vccLiveAppId, pageId } = simulator.settings;
  const name = (id: string): string => (id === botAppId ? 'bot' : id === vccLiveAppId ? 'vccLive' : id);
  const believed = await handover.ownerOf({ pageId, psid: PSID });
  return `  owner in truth: ${name(simulator.ownerOf(PSID).owner)} · the bot believes: ${believed.owner}`;
}
