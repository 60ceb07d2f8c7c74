/** A function of the application that never answers holds no delivery up beyond Meta's patience. */
import { expect } from 'chai';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import { closeScenes, scene, type Scene } from './scene.js';

const ACK_DEADLINE_MS = 4000;
const FAILED = "I'm sorry, I could not reach an agent. Please try again in a few minutes.";

/** The statuses that the bot answered Meta with: messages, and echoes of its own. */
const answers = (stage: Scene): (number | undefined)[] =>
  stage.sim.wire.of('webhook').flatMap(({ status }) => (status === undefined ? [] : [status]));
const never = (): Promise<string> => new Promise(() => undefined);

describe('a function that never answers', () => {
  afterEach(closeScenes);

  it('(vccLiveAppId) keeps no message from the bot: the first waits 3 seconds, the next not at all', async () => {
    let calls = 0;
    const vccLiveAppId = (): Promise<string> => {
      calls += 1;
      return never();
    };
    const stage = await scene({ handover: { vccLiveAppId }, adapter: { ackDeadlineMs: ACK_DEADLINE_MS } });
    await stage.clock.rush(stage.customer.says('hello'));
    // The clock stands still again.
    await stage.customer.says('and now?');
    expect(stage.customer.hears()).to.deep.equal(['bot: hello', 'bot: and now?']);
    expect(new Set(answers(stage))).to.deep.equal(new Set([200]));

    await stage.customer.says('talk to agent');
    expect(stage.customer.hears().at(-1)).to.equal(FAILED);
    expect(stage.news('failed')[0]?.error).to.include({ code: 'invalidOption', option: 'vccLiveAppId' });
    expect(calls).to.equal(1);
  });

  it('(vccLiveAppId) hands over with its last answer', async () => {
    let hangs = false;
    const stage = await scene({ sim: {}, handover: { vccLiveAppId: () => (hangs ? never() : vccLive()) } });
    const vccLive = (): string => stage.sim.settings.vccLiveAppId;
    await stage.customer.says('hello');
    hangs = true;
    await stage.clock.advance(61_000);
    await stage.clock.rush(stage.customer.says('talk to agent'));
    expect(stage.owner()).to.equal('vccLive');
  });

  it('(pageAccessToken) fails the message after 3 seconds, by the name of the option, and the delivery is acknowledged', async () => {
    const stage = await scene({ handover: { pageAccessToken: never }, adapter: { ackDeadlineMs: ACK_DEADLINE_MS } });
    await stage.clock.rush(stage.customer.says('hello'));
    expect(stage.bot.errors[0]).to.be.instanceOf(GraphApiError).with.property('code', 'invalidToken');
    expect(stage.bot.errors[0]?.message).to.match(/pageAccessToken gave nothing within 3000 ms/);
    expect(answers(stage)).to.deep.equal([200]);
  });
});
