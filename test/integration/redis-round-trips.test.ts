/** What a turn costs at Redis, counted between the store and a real Redis. */
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { expect } from 'chai';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import type { RedisClientLike } from 'botbuilder-handover-vcclive/redis';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { createClient } from 'redis';
import { recordsIn } from '../store/thread-records.js';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import { connection } from './scene.js';
import { listenLocally, stopServer } from '../kit/listening.js';

const PSID = '6600112233445566';

/** A client that notes down every command; an answer is one round trip. */
function counting(client: RedisClientLike): { readonly client: RedisClientLike; readonly commands: string[] } {
  const commands: string[] = [];
  return {
    commands,
    client: {
      evalSha: (sha1, input) => (commands.push(`script ${kindOf(input.keys[0])}`), client.evalSha(sha1, input)),
      eval: (source, input) => (commands.push('whole script'), client.eval(source, input)),
    },
  };
}

/** `{<prefix>:<app id>/<partition>}:<kind>:…` */
function kindOf(key: string | undefined): string {
  return key?.split('}:')[1]?.split(':')[0] ?? '';
}

describeWithRedis('A turn with Redis', function () {
  let redis: RedisServer;
  let sim: MessengerSimulator;
  let server: Server;
  let sends = 1;
  let counted: ReturnType<typeof counting>;
  let own: RedisClientLike & { connect(): Promise<unknown>; close(): Promise<unknown> };

  before(async () => {
    redis = await RedisServer.start();
    own = createClient({ url: redis.url });
    await own.connect();
    counted = counting(own);
    // Without echoes, which are turns of their own.
    sim = await MessengerSimulator.start({ botAppFields: ['messages'] });
    const handover = new VccLiveHandover({ ...connection(sim), store: new RedisThreadStore(counted.client) });
    const adapter = new HandoverFacebookAdapter({ handover, verify_token: sim.settings.verifyToken });
    server = createServer((req, res) => {
      void adapter.processActivity(req, res, async (context) => {
        for (let each = 0; each < sends; each += 1) await context.sendActivity(`bot: ${context.activity.text}`);
      });
    });
    sim.connectBot(`${await listenLocally(server)}/api/messages`);
    // The first of everything: scripts that Redis does not know yet, a customer nobody knows.
    await sim.customer(PSID).says('hello');
  });

  after(async () => {
    await stopServer(server);
    await sim.stop();
    await own.close();
    await redis.stop();
  });

  async function commandsOf(says: () => Promise<unknown>): Promise<string[]> {
    counted.commands.length = 0;
    await says();
    await sim.settled();
    return [...counted.commands];
  }

  it('takes one round trip before it, one for the batch it sends, and one after it', async () => {
    sends = 1;
    const commands = await commandsOf(() => sim.customer(PSID).says('again'));
    expect(commands).to.deep.equal(['script claim', 'script claim', 'script claim']);
    expect(sim.customer(PSID).hears()).to.deep.equal(['bot: hello', 'bot: again']);
  });

  it('takes one more for each further batch, and none for it where it sends nothing', async () => {
    sends = 3;
    expect(await commandsOf(() => sim.customer(PSID).says('three'))).to.have.length(5);
    sends = 0;
    expect(await commandsOf(() => sim.customer(PSID).says('nothing'))).to.deep.equal(['script claim', 'script claim']);
  });

  it('of a customer nobody knows takes no more', async () => {
    sends = 1;
    const commands = await commandsOf(() => sim.customer('7700112233445566').says('hello'));
    expect(commands).to.deep.equal(['script claim', 'script claim', 'script claim']);
  });

  it('takes a second one before it where another process has written the thread meanwhile', async () => {
    sends = 1;
    const elsewhere = new RedisThreadStore(redis.url);
    const thread = { pageId: sim.settings.pageId, psid: PSID };
    await recordsIn(elsewhere, sim.settings.botAppId).update(thread, (current) => ({
      record: { ...current!, conclusions: [] },
      value: undefined,
    }));
    await elsewhere.close();
    const commands = await commandsOf(() => sim.customer(PSID).says('once more'));
    expect(commands).to.deep.equal(['script claim', 'script thread', 'script claim', 'script claim']);
  });
});
