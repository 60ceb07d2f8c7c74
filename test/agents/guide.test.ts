/** docs/agents-sdk.md: the bot of the page hands over and goes on, and the examples that need another host than Meta's webhooks run. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { expect } from 'chai';
import { AzureChannel } from '../../src/simulator/azure/azure-channel.js';
import { routesBot, startMessenger } from '../integration/transports/agents-hosts.js';
import { listening } from '../kit/listening.js';
import { closePlays, playOn } from '../integration/transports/transports.js';
import { examplesOf, paper } from '../readme/readme-examples.js';
import { Programs } from '../readme/run-program.js';

const PSID = '6600112233445566';
const examples = examplesOf(paper('docs/agents-sdk.md'));

describe('docs/agents-sdk.md', function () {
  this.timeout(60_000);
  let programs: Programs;

  before(async () => {
    const sources = ['bot', 'azure'].map((name) => [name, examples.get(name) ?? ''] as const);
    programs = await Programs.from(new Map(sources));
  });
  after(() => programs.remove());
  afterEach(closePlays);

  it('has a bot that hands over from its route and goes on with the result', async () => {
    const { simulator, end } = await programs.start('bot');
    try {
      const customer = simulator.customer(PSID);
      await customer.says('An agent, please');
      await customer.expects.answer(/connecting you to an agent/);
      const agent = simulator.agent();
      await agent.says(PSID, 'Hi, this is Anna.');
      await customer.says('My parcel is late.');
      await agent.handsBack(PSID);
      await customer.expects.answer(/^Welcome back!$/);
      await customer.says('Thanks');
      await customer.expects.answer(/^You said: Thanks$/);
    } finally {
      await end();
    }
  });

  it('has a bot behind Azure that startServer serves, silent while an agent has the thread', async () => {
    const { simulator, end, url } = await programs.start('azure');
    const channel = await AzureChannel.open(simulator);
    channel.connect(url);
    try {
      const customer = simulator.customer(PSID);
      await customer.says('talk to agent');
      await customer.expects.answer(/connecting you to an agent/);
      await simulator.agent().says(PSID, 'Hi, this is Anna.');
      await customer.says('My parcel is late.');
      await simulator.agent().handsBack(PSID);
      await customer.says('Thanks');
      await customer.expects.answer(/^You said: Thanks$/);
      expect(channel.delivered.map(({ status }) => status).filter((status) => status !== 200)).to.deep.equal([]);
    } finally {
      await channel.close();
      await end();
    }
  });

  it('is right that raw requests and responses of a hijacked reply, as Fastify has them, are enough', async () => {
    const { bot, sim, customer } = await playOn({
      start: (ground, options) => startMessenger(ground, options, routesBot),
    });
    const fastify = (request: { raw: IncomingMessage }, reply: { raw: ServerResponse }): Promise<void> =>
      bot.adapter.process(request.raw as never, reply.raw as never, (context) => bot.app.run(context));
    const { url, close } = await listening(createServer((raw, reply) => void fastify({ raw }, { raw: reply })));
    sim.connectBot(url);
    await customer.says('raw');
    await close();
    expect(customer.hears()).to.deep.equal(['bot: raw']);
  });
});
