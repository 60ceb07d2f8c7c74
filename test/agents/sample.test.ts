/** samples/agents-bot plays the demonstration of the stage, as `npm start -- --demo --bot agents` does. */
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { startAgentsBotOnStage } from '../../samples/agents-bot/on-stage.js';
import { putOnStage, stagePlatform } from '../../samples/talk-to-agent/on-stage.js';
import { playDemo } from '../../samples/terminal/demo.js';

const PSID = '6600112233445599';

describe('samples/agents-bot', function () {
  this.timeout(60_000);

  it('hands over, stays silent and goes on, scene by scene, and remembers what it has asked', async () => {
    const simulator = await MessengerSimulator.start(stagePlatform);
    const bot = await putOnStage(simulator, () => undefined, startAgentsBotOnStage);
    const lines: string[] = [];
    try {
      await playDemo(simulator, bot.handover, (line) => void lines.push(line));
      const customer = simulator.customer(PSID);
      await customer.says('menu');
      await customer.presses('ADDRESS', 'Change my address');
      await customer.says('Main Street 1');
      expect(customer.hears().slice(-2)).to.deep.equal([
        'What is your new address?',
        'Your new address is noted: Main Street 1',
      ]);
    } finally {
      await bot.stop();
      await simulator.stop();
    }
    expect(lines.join('\n')).to.include('Every scene ended as it must');
  });
});
