/** The Azure sample, as a process of its own, behind a pretend channel and the pretend platform: what the guide promises. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SimulatedAgent, SimulatedCustomer } from 'botbuilder-handover-vcclive/simulator';
import { Program } from '../cli/child-process.js';
import { bundled } from '../run/bundled.js';
import { codeBlocksOf, examplesOf, paper } from '../readme/readme-examples.js';
import { AzureChannel } from '../../src/simulator/azure/azure-channel.js';
import { freePort } from '../kit/listening.js';

const PROGRAM = bundled('samples/azure-bot/index.ts');
const GUIDE = paper('docs/azure-bot-service.md');
const PSID = '6600112233445566';
const STARTS_WITHIN_MS = 20_000;

describe('The Azure sample bot', function () {
  this.timeout(STARTS_WITHIN_MS);

  let sim: MessengerSimulator;
  let channel: AzureChannel;
  let bot: Program;
  let data: string;
  let origin: string;
  let customer: SimulatedCustomer;
  let agent: SimulatedAgent;

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'sample-data-'));
    sim = await MessengerSimulator.start();
    channel = await AzureChannel.open(sim);
    const { settings } = sim;
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    bot = new Program(PROGRAM, [], {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: sim.graphBaseUrl,
      NOTIFICATIONS_TOKEN: 'secret',
      PORT: String(port),
      BOT_DATA: data,
    });
    await bot.prints(/listens on/);
    channel.connect(`${origin}/api/messages`);
    customer = sim.customer(PSID);
    agent = sim.agent();
  });

  after(async () => {
    await bot.end();
    await rm(data, { recursive: true, force: true });
    await channel.close();
    await sim.stop();
  });

  const notify = async (text: string): Promise<number> => {
    const headers = { authorization: 'Bearer secret', 'content-type': 'application/json' };
    const body = JSON.stringify({ psid: PSID, text });
    return (await fetch(`${origin}/notifications`, { method: 'POST', headers, body })).status;
  };

  it('is what the guide prints', () => {
    const unindented = (code: string): string => code.replaceAll(/^ +/gm, '');
    const sample = unindented(paper('samples/azure-bot/bot.ts'));
    const examples = examplesOf(GUIDE);
    expect(codeBlocksOf(GUIDE)).to.equal(examples.size).and.greaterThan(3);
    for (const [name, code] of examples) {
      // `init` writes this one, and its test runs it.
      if (name !== 'bot') expect(sample, name).to.include(unindented(code));
    }
  });

  it('hands over from its dialog: the notice by the connector, the pass by Graph; silent on standby; home again', async () => {
    await customer.says('Hello!');
    await customer.says('I want to talk to an agent');
    expect(agent.queue().map(({ psid }) => psid)).to.deep.equal([PSID]);
    await agent.says(PSID, 'This is Anna.');
    await customer.says('I want to talk to an agent');
    await agent.handsBack(PSID, 'solved');
    await customer.says('Thank you!');

    expect(customer.hears()).to.deep.equal([
      'You said: Hello!',
      "I'm connecting you to an agent. One moment, please.",
      'This is Anna.',
      'Welcome back! The bot is here again. What else can I do for you?',
      'You said: Thank you!',
    ]);
    expect(channel.texts).to.deep.equal(customer.hears().filter((text) => text !== 'This is Anna.'));
    await bot.prints(/is back: completed via passBack/);
    expect(channel.delivered.every(({ status }) => status === 200)).to.equal(true);
    expect(bot.printed).not.to.include('failed');
  });

  it('keeps a notification in while the agent has the thread, and lets it out afterwards', async () => {
    await customer.taps('Talk to agent', 'TALK_TO_AGENT');
    await customer.says('talk to agent');
    const heard = customer.hears().length;
    expect(await notify('Your parcel has left.')).to.equal(200);
    await bot.prints(/kept silent \(anotherAppOwns\)/);
    expect(customer.hears()).to.have.length(heard);

    await agent.releases(PSID);
    await customer.says('One more thing');
    expect(customer.hears().at(-1)).to.include('Welcome back');
    expect(await notify('Your parcel is there.')).to.equal(200);
    expect(customer.hears().at(-1)).to.equal('Your parcel is there.');
  });

  it('lets nobody notify without the token, and answers nothing but its routes', async () => {
    const answer = await fetch(`${origin}/notifications`, { method: 'POST', body: '{}' });
    expect(answer.status).to.equal(401);
    expect((await fetch(`${origin}/api/messages`)).status).to.equal(405);
  });

  it('names what is missing', async () => {
    const program = new Program(PROGRAM, []);
    expect(await program.ended).to.equal(1);
    expect(program.printed).to.include('FACEBOOK_PAGE_ACCESS_TOKEN').and.not.include('VERIFY_TOKEN');
  });
});
