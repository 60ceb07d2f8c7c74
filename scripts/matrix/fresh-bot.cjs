/** A bot in a fresh folder: the main entry loads, dialog() says what it needs, and a customer gets an agent over real HTTP. */
/* eslint-disable @typescript-eslint/no-require-imports -- a CommonJS bot */
const { createServer } = require('node:http');
const { VccLiveHandover } = require('botbuilder-handover-vcclive');
const { MessengerBot } = require('botbuilder-handover-vcclive/messenger');
const { MessengerSimulator } = require('botbuilder-handover-vcclive/simulator');

const expected = process.argv[2];

async function main() {
  const simulator = await MessengerSimulator.start();
  const { botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken } = simulator.settings;
  const graph = { baseUrl: simulator.graphBaseUrl };
  const options = { botAppId, vccLiveAppId, pageAccessToken, appSecret, graph };
  const bot = new MessengerBot({ ...options, verifyToken });
  bot.onMessage((message, thread) => thread.reply(`You said: ${message.text}`));
  const server = createServer((req, res) => bot.webhook(req, res));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  simulator.connectBot(`http://127.0.0.1:${server.address().port}/api/messages`);
  const customer = simulator.customer('6600112233445566');
  await customer.says('Hello');
  await customer.says('talk to agent');
  await simulator.settled();
  const { owner } = simulator.ownerOf(customer.psid);
  server.close();
  await bot.close();
  await simulator.stop();
  if (owner !== vccLiveAppId) throw new Error(`The owner is ${owner}. The customer heard: ${customer.hears()}`);
  const said = idOrCode(() => new VccLiveHandover(options).dialog().id);
  if (said !== expected) throw new Error(`dialog() gave ${said}, not ${expected}.`);
}

function idOrCode(make) {
  try {
    return make();
  } catch (error) {
    return error.code;
  }
}

main().catch((error) => {
  console.error(error);
  // The simulator is still open.
  process.exit(1);
});
