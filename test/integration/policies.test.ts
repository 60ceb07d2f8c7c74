/** What the application decides: words that bring a thread back, and who gets one that is asked for. */
import { expect } from 'chai';
import type { Scene } from './scene.js';
import { closeScenes, dialogBot, saidOverOthers, scene } from './scene.js';

describe('words that take the thread back', () => {
  afterEach(closeScenes);

  it('of the customer: the dialog ends in that very turn', async () => {
    const stage = await withAgent({ reclaim: { customer: ['bot', /^back to the bot$/i] } });
    await stage.customer.says('Bot');
    expect(stage.owner()).to.equal('bot');
    expect(stage.customer.hears().at(-1)).to.equal('ended: takenBack via take');
    expect(stage.bot.results).to.have.length(1);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });

  it('of the customer, and the process dies when it has the thread: the redelivery goes on', async () => {
    const stage = await scene({ bots: 2, handover: { reclaim: { customer: 'bot' } } });
    for (const bot of stage.bots) dialogBot(bot, 'everyTurn');
    const [first, second] = stage.bots;
    stage.sim.connectBot(first!.url);
    await stage.customer.says('agent please');
    stage.sim.connectBot([first!.url, second!.url]);
    first!.store.onWritten = (record) => {
      if (record?.conclusions.length === 1) first!.die();
    };
    await stage.clock.rush(stage.customer.says('bot'));
    expect(stage.calls('take_thread_control')).to.have.length(1);
    expect(stage.customer.hears().at(-1)).to.equal('ended: takenBack via take');
    expect(second!.results).to.have.length(1);
    await stage.customer.says('hello');
    expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
  });

  it('of the agent, as a macro', async () => {
    const stage = await withAgent({ reclaim: { agent: '#bot' } });
    await stage.agent.says(stage.customer.psid, '#bot');
    await stage.sim.settled();
    expect(stage.owner()).to.equal('bot');
    expect(stage.bot.results.map(({ outcome }) => outcome)).to.deep.equal(['takenBack']);
  });

  it('are the speaker’s own, and nothing but those words', async () => {
    const stage = await withAgent({ reclaim: { customer: 'bot', agent: '#bot' } });
    await stage.customer.says('#bot');
    await stage.customer.says('the bot was no help');
    await stage.agent.says(stage.customer.psid, 'bot');
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.calls('take_thread_control')).to.deep.equal([]);
    expect(saidOverOthers(stage)).to.deep.equal([]);
  });

  it('are said to have failed where Meta refuses, and the agent goes on', async () => {
    const stage = await withAgent({ reclaim: { customer: 'bot' } });
    stage.sim.weather.takeNotAllowed = true;
    await stage.customer.says('bot');
    expect(stage.news('failed')).to.have.length(1);
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.bot.results).to.deep.equal([]);
  });

  it('do nothing unless they are configured', async () => {
    const stage = await withAgent({});
    await stage.customer.says('bot');
    expect(stage.owner()).to.equal('vccLive');
  });
});

describe('a thread that another app asks for', () => {
  afterEach(closeScenes);
  const INBOX = 263902037430900;
  const VCC_LIVE = 27012345678901239n;

  const asked = async (stage: Scene, app: number | bigint): Promise<string> => {
    await stage.customer.says('hello');
    await stage.deliver([{ request_thread_control: { requested_owner_app_id: app, metadata: 'please' } }]);
    return stage.owner();
  };

  it('goes to VCC Live by default, and to nobody else', async () => {
    expect(await asked(await scene(), VCC_LIVE)).to.equal('vccLive');
    const other = await scene();
    expect(await asked(other, INBOX)).to.equal('bot');
    expect(other.news('ignored').map(({ reason }) => reason)).to.deep.equal(['notGranted']);
  });

  it('goes to every app with grantAll, to none with deny', async () => {
    const all = await scene({ handover: { controlRequests: 'grantAll' } });
    expect(await asked(all, INBOX)).to.equal('inbox');
    expect((await all.bot.handover.ownerOf(all.thread)).owner).to.equal('other');
    expect(await asked(await scene({ handover: { controlRequests: 'deny' } }), VCC_LIVE)).to.equal('bot');
  });

  it('goes where a function says, which sees who asks', async () => {
    const requests: unknown[] = [];
    const chosen = await scene({
      handover: { controlRequests: (request) => (requests.push(request), !request.isVccLive) },
    });
    expect(await asked(chosen, INBOX)).to.equal('inbox');
    expect(requests).to.deep.equal([
      { thread: chosen.thread, appId: String(INBOX), isVccLive: false, metadata: 'please' },
    ]);
  });

  it('goes where the default says when the function fails', async () => {
    for (const controlRequests of [
      () => {
        throw new TypeError('no database');
      },
      async () => Promise.reject(new TypeError('no database')),
      () => 'no' as never,
    ]) {
      expect(await asked(await scene({ handover: { controlRequests } }), VCC_LIVE)).to.equal('vccLive');
      expect(await asked(await scene({ handover: { controlRequests } }), INBOX)).to.equal('bot');
    }
  });
});

/** A customer with an agent of VCC Live, and a dialog that waits. */
async function withAgent(handover: NonNullable<Parameters<typeof scene>[0]>['handover']): Promise<Scene> {
  const stage = await scene(handover === undefined ? {} : { handover });
  dialogBot(stage.bot, 'everyTurn');
  stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
  await stage.customer.says('agent please');
  expect(stage.owner()).to.equal('vccLive');
  return stage;
}
