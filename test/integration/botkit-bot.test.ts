/** The Botkit sample, as a process of its own, against the pretend platform: a whole handover, and what used to end it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { signPayload } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { SimulatedAgent, SimulatedCustomer } from 'botbuilder-handover-vcclive/simulator';
import { Program } from '../cli/child-process.js';
import { bundled } from '../run/bundled.js';
import { codeBlocksOf, examplesOf, paper } from '../readme/readme-examples.js';
import { freePort } from '../kit/listening.js';

const PROGRAM = bundled('samples/botkit-bot/index.ts');
const GUIDE = paper('docs/botkit.md');
const PSID = '6600112233445566';
const STARTS_WITHIN_MS = 20_000;

describe('The Botkit sample bot', function () {
  this.timeout(STARTS_WITHIN_MS);

  let sim: MessengerSimulator;
  let bot: Program;
  let data: string;
  let url: string;
  let customer: SimulatedCustomer;
  let agent: SimulatedAgent;

  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'sample-data-'));
    sim = await MessengerSimulator.start();
    const { settings } = sim;
    const port = await freePort();
    url = `http://127.0.0.1:${port}/api/messages`;
    bot = new Program(PROGRAM, [], {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: sim.graphBaseUrl,
      PORT: String(port),
      BOT_DATA: data,
    });
    await bot.prints(/listens on/);
    sim.connectBot(url);
    customer = sim.customer(PSID);
    agent = sim.agent();
  });

  after(async () => {
    await bot.end();
    await rm(data, { recursive: true, force: true });
    await sim.stop();
  });

  it('is what the guide prints', () => {
    const unindented = (code: string): string => code.replaceAll(/^ +/gm, '');
    const sample = unindented(paper('samples/botkit-bot/bot.ts'));
    const examples = examplesOf(GUIDE);
    expect(codeBlocksOf(GUIDE)).to.equal(examples.size).and.greaterThan(4);
    for (const [name, code] of examples) {
      // `init` writes this one, and its test runs it.
      if (name !== 'bot') expect(sample, name).to.include(unindented(code));
    }
  });

  it("answers Meta's verification: the challenge for the right token, 403 for a wrong one", async () => {
    expect(await sim.verifyWebhook()).to.include({ ok: true, status: 200 });
    const wrong = await fetch(`${url}?hub.mode=subscribe&hub.verify_token=guessed&hub.challenge=42`);
    expect(wrong.status).to.equal(403);
    expect(await wrong.text()).not.to.include('42');
  });

  it('survives what used to end a Botkit process: a POST of {} by anybody, and a webhook with standby alone', async () => {
    const anybody = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(anybody.status).to.equal(401);
    const standby = await sim.deliverRaw({
      object: 'page',
      entry: [
        {
          id: sim.settings.pageId,
          time: Date.now(),
          standby: [
            {
              sender: { id: '7700112233445566' },
              recipient: { id: sim.settings.pageId },
              timestamp: Date.now(),
              message: { mid: 'm_standby-alone', text: 'hello agent' },
            },
          ],
        },
      ],
    });
    expect(standby.status).to.equal(200);

    await customer.says('hello');
    expect(customer.hears()).to.deep.equal(['You said: hello']);
  });

  it('hands over from a conversation, stays silent, and goes on with the result when VCC Live hands back', async () => {
    const heard = customer.hears().length;
    await customer.says('I want to complain');
    expect(agent.queue().map(({ psid }) => psid)).to.deep.equal([PSID]);
    await customer.says('My parcel is late.');
    await customer.says('complain, complain');
    await agent.says(PSID, 'This is Anna.');
    await agent.handsBack(PSID, 'solved');
    await customer.says('Thank you!');

    expect(customer.hears().slice(heard)).to.deep.equal([
      'I am sorry to hear that.',
      "I'm connecting you to an agent. One moment, please.",
      'This is Anna.',
      'Welcome back! Your complaint was completed.',
      'You said: Thank you!',
    ]);
    await bot.prints(/is back: completed via passBack/);
  });

  it('keeps a proactive message in while the agent has the thread, and lets it out afterwards', async () => {
    const notify = async (text: string): Promise<number> => {
      const { verifyToken, pageId } = sim.settings;
      const headers = { authorization: `Bearer ${verifyToken}`, 'content-type': 'application/json' };
      const body = JSON.stringify({ pageId, psid: PSID, text });
      return (await fetch(new URL('/notifications', url), { method: 'POST', headers, body })).status;
    };
    await customer.says('talk to agent');
    const heard = customer.hears().length;

    expect(await notify('Your parcel has left.')).to.equal(200);
    await bot.prints(/kept silent \(anotherAppOwns\)/);
    expect(customer.hears()).to.have.length(heard);

    await agent.handsBack(PSID);
    expect(await notify('Your parcel is there.')).to.equal(200);
    expect(customer.hears().slice(heard)).to.deep.equal(['Your parcel is there.']);
  });

  it('loses no letter of a delivery that arrives in pieces, cut within a letter', async () => {
    const { port } = new URL(url);
    const body = JSON.stringify({
      object: 'page',
      entry: [
        {
          id: sim.settings.pageId,
          time: Date.now(),
          messaging: [
            {
              sender: { id: PSID },
              recipient: { id: sim.settings.pageId },
              timestamp: Date.now(),
              message: { mid: 'm_in-pieces', text: 'árvíztűrő tükörfúrógép' },
            },
          ],
        },
      ],
    });
    const status = await postInPieces(Number(port), Buffer.from(body, 'utf8'), sim.settings.appSecret);
    expect(status).to.equal(200);
    expect(customer.hears().at(-1)).to.equal('You said: árvíztűrő tükörfúrógép');
  });
});

/** Posts a body in two pieces, the first of which ends within the first letter of more than one byte. */
async function postInPieces(port: number, body: Buffer, appSecret: string): Promise<number> {
  const cut = body.findIndex((byte) => byte > 0x7f) + 1;
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path: '/api/messages',
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': body.length,
          'x-hub-signature-256': signPayload(body, appSecret),
        },
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on('error', reject);
    sent.setNoDelay(true);
    sent.write(body.subarray(0, cut));
    void pause(30).then(() => sent.end(body.subarray(cut)));
  });
}
