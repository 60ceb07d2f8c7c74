/** `debug` of the logger: one line for each decision, and no customer in it. */
import { threadLabel } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import { paper } from '../readme/readme-examples.js';
import { PSID, closeScenes, scene } from './scene.js';
import type { Scene } from './scene.js';
import { quietLogger } from '../kit/loggers.js';

async function watched(isEnabled = true): Promise<{ readonly stage: Scene; readonly lines: string[] }> {
  const lines: string[] = [];
  const logger = {
    ...quietLogger,
    debug: (line: string) => void lines.push(line),
    isLevelEnabled: (level: string) => isEnabled && level === 'debug',
  };
  return { stage: await scene({ handover: { logger } }), lines };
}

async function handover({ customer, agent }: Scene): Promise<void> {
  await customer.says('hello, I am Kata');
  await customer.says('talk to agent');
  await customer.says('my parcel is late');
  await agent.says(PSID, 'Hello, this is Anna.');
  await agent.handsBack(PSID, 'done');
  await customer.says('thanks');
}

describe('a logger that writes at debug', () => {
  afterEach(closeScenes);

  it('gets a line for each decision of a handover: those that docs/watching-it.md shows', async () => {
    const { stage, lines } = await watched();
    await handover(stage);
    const [, shown = ''] = /```text\n(Thread [^`]*)```/.exec(paper('docs/watching-it.md')) ?? [];
    const labelled = lines.map((line) => line.replaceAll(threadLabel(stage.thread), '0f3c9a71d2'));
    expect(labelled.join('\n')).to.equal(shown.trimEnd());
  });

  it('reads of no customer, no text and no id but the label of the thread', async () => {
    const { stage, lines } = await watched();
    await handover(stage);
    const text = lines.join('\n');
    for (const secret of [PSID, stage.thread.pageId, 'Kata', 'parcel', 'Anna', ...Object.values(stage.sim.settings)]) {
      if (typeof secret === 'string') expect(text).to.not.include(secret);
    }
    expect(text).to.include(threadLabel(stage.thread));
  });

  it('is told why a redelivered event does not run, and why an activity does not leave', async () => {
    const { stage, lines } = await watched();
    const message = [{ message: { mid: 'm_twice', text: 'hello' } }];
    await stage.deliver(message);
    await stage.deliver(message);
    expect(lines.at(-1)).to.match(/message on messaging does not run, because it has run before\.$/);

    stage.bot.logic = async (context) => {
      await stage.bot.handover.toAgent(context);
      await context.sendActivity('Somebody will be with you.');
    };
    await stage.customer.says('hello');
    expect(lines.at(-1)).to.match(/an activity does not leave, because its turn has passed the thread\.$/);
  });

  it('gets none while its level is higher', async () => {
    const { stage, lines } = await watched(false);
    await handover(stage);
    expect(lines).to.deep.equal([]);
  });
});
