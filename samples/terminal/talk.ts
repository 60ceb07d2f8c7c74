/** A plain conversation in the terminal: type as the customer, steer the agent with commands. */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';

/** The customer of this terminal. */
export const PSID = '6600112233445566';

const HELP = `
You are the customer. Type to the bot; "talk to agent" hands you over.
  /agent <text>   the VCC Live agent writes
  /back           the agent hands the thread back to the bot
  /release        the agent releases the thread without a word
  /owner          who owns the thread: in truth, and as the bot believes
  /help           this text
  /quit           the end (or Ctrl+D)
`;

/** Reads lines until the input ends or `/quit`. */
export async function talk(
  simulator: MessengerSimulator,
  handover: VccLiveHandover,
  input: Readable,
  output: Writable & { isTTY?: boolean },
): Promise<void> {
  const print = (line: string): void => void output.write(`${line}\n`);
  print(HELP);
  const lines = createInterface({ input, output, prompt: 'you> ', terminal: output.isTTY === true });
  lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '/quit') break;
    try {
      await obey(line.trim(), simulator, handover, print);
    } catch (error) {
      print(`  ! ${error instanceof Error ? error.message : String(error)}`);
    }
    lines.prompt();
  }
  lines.close();
}

async function obey(
  line: string,
  simulator: MessengerSimulator,
  handover: VccLiveHandover,
  print: (line: string) => void,
): Promise<void> {
  const customer = simulator.customer(PSID);
  const agent = simulator.agent();
  const heard = customer.inbox().length;
  const [command, ...words] = line.split(' ');
  if (line === '') return;
  if (command === '/help') return print(HELP);
  if (command === '/owner') return print(await ownerLine(simulator, handover));
  if (command === '/agent') await agent.says(PSID, words.join(' ') || 'Hello, this is your agent.');
  else if (command === '/back') await agent.handsBack(PSID, '{"disposition":"completed"}');
  else if (command === '/release') await agent.releases(PSID);
  else if (command?.startsWith('/')) return print(`There is no ${command}; /help lists what there is.`);
  else await customer.says(line);
  for (const said of customer.inbox().slice(heard)) {
    if (said.text !== undefined) print(`${said.from === 'agent' ? 'agent' : said.from}: ${said.text}`);
  }
}

/** The truth, and what the bot believes, in one line. */
export async function ownerLine(simulator: MessengerSimulator, handover: VccLiveHandover): Promise<string> {
  const { botAppId, vccLiveAppId, pageId } = simulator.settings;
  const name = (id: string): string => (id === botAppId ? 'bot' : id === vccLiveAppId ? 'vccLive' : id);
  const believed = await handover.ownerOf({ pageId, psid: PSID });
  return `  owner in truth: ${name(simulator.ownerOf(PSID).owner)} · the bot believes: ${believed.owner}`;
}
