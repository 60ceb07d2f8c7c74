/** VCC Live's webhooks as VCC Live publishes them, received by a server that knows nothing of the plugin. */
import { createDecipheriv } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { HandoverError, InvalidOptionError, ThreadControlClient } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { listenLocally, originOf } from '../kit/listening.js';

const PSID = '6600112233445566';
const PUBLISHED_FIELDS = [
  'chatId',
  'projectId',
  'ticketId',
  'firstAgentName',
  'lastAgentName',
  'firstQueueName',
  'lastQueueName',
  'contactId',
  'entityId',
  'disposition',
  'platform',
  'ipAddress',
  'isSpam',
  'slaStatus',
  'conversation',
  'clientData',
];

describe('VCC Live’s webhooks', () => {
  const received: { readonly query: URLSearchParams; readonly body: string }[] = [];
  let status = 200;
  let server: Server;
  let url: string;
  let simulator: MessengerSimulator;

  beforeEach(async () => {
    received.length = 0;
    status = 200;
    server = createServer((req, res) => {
      let body = '';
      req.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      req.on('end', () => {
        received.push({ query: new URL(req.url ?? '', 'http://bot').searchParams, body });
        res.statusCode = status;
        res.end('heard');
      });
    });
    await listenLocally(server);
    url = `${originOf(server)}/vcc-live?x=1`;
    simulator = await MessengerSimulator.start({ clock: 'held' });
  });

  afterEach(async () => {
    await simulator.stop();
    server.closeAllConnections();
    server.close();
  });

  it('tell a closed chat: the published fields, the conversation, and what came with the thread', async () => {
    simulator.connectVccLive({ url, secret: 'a&b' });
    const customer = simulator.customer(PSID);
    await customer.says('My parcel is late.');
    await passes('{"handoverId":"0123"}');
    await simulator.agent().says(PSID, 'Let me look.');
    const answer = await simulator.agent().closesChat(PSID, { disposition: 'lost', agentName: 'Bela' });
    expect(answer).to.include({ status: 200, body: 'heard' });
    const [{ query, body } = { query: new URLSearchParams(), body: '' }] = received;
    expect([...query]).to.deep.equal([
      ['x', '1'],
      ['secret-key', 'a&b'],
    ]);
    const chat = JSON.parse(body) as Record<string, unknown>;
    expect(Object.keys(chat)).to.deep.equal(PUBLISHED_FIELDS);
    expect(chat).to.deep.include({ disposition: 'lost', lastAgentName: 'Bela', chatId: 1000, isSpam: 0 });
    expect(chat['conversation']).to.deep.equal([
      { from: 'customer', date: '2026-11-22 09:00:00', message: 'My parcel is late.' },
      { from: 'VCC Live', date: '2026-11-22 09:00:00', message: 'Let me look.' },
    ]);
    expect(chat['clientData']).to.include({ handoverId: '{"handoverId":"0123"}' });
  });

  it('tell a ticket: only what changed, and the ids, the same for the thread', async () => {
    simulator.connectVccLive({ url, secret: 's', secretParameter: 'token' });
    await simulator.agent().changesTicket(PSID, { substatus: 'waiting4agent', fields: { ticketNo: undefined } });
    await simulator.agent().closesChat(PSID, { fields: { chatId: '1', extra: true } });
    expect(received.map(({ body }) => JSON.parse(body) as unknown)).to.have.nested.property('[1].extra', true);
    expect(JSON.parse(received[0]?.body ?? '')).to.deep.equal({
      action: 'update',
      ticket: { ticketId: 1000, projectId: 42, projectName: 'Messenger', substatus: 'waiting4agent' },
    });
    expect(JSON.parse(received[1]?.body ?? '')).to.include({ ticketId: 1000, chatId: '1' });
    expect(received[0]?.query.get('token')).to.equal('s');
  });

  it('are encrypted where that is asked for, with a vector in the address or an empty one', async () => {
    const cipher = 'aes-256-ctr';
    for (const randomIv of [true, false]) {
      simulator.connectVccLive({ url, secret: 's', encryption: { cipher, key: 'short', randomIv } });
      await simulator.agent().changesTicket(PSID, { status: 'closed' });
      const { query, body } = received.at(-1) ?? { query: new URLSearchParams(), body: '' };
      const key = Buffer.alloc(32);
      key.write('short');
      const iv = Buffer.alloc(16);
      Buffer.from(query.get('iv') ?? 'missing', 'hex').copy(iv);
      expect(query.get('iv')).to.have.length(randomIv ? 32 : 0);
      const decipher = createDecipheriv(cipher, key, iv);
      const text = decipher.update(body, 'base64', 'utf8') + decipher.final('utf8');
      expect(JSON.parse(text)).to.have.nested.property('ticket.status', 'closed');
    }
  });

  it('resolve with whatever the bot answers, move no thread, and stand on the wire without the secret', async () => {
    simulator.connectVccLive({ url, secret: 'unspeakable' });
    await simulator.customer(PSID).says('hello');
    await passes('m');
    status = 401;
    expect((await simulator.agent().closesChat(PSID)).status).to.equal(401);
    expect(simulator.ownerOf(PSID).owner).to.equal(simulator.settings.vccLiveAppId);
    expect(simulator.wire.toText()).to.include('vccLive  → bot Chat (Async): closed by Anna Agent: completed 401');
    expect(simulator.wire.toText()).not.to.include('unspeakable');
  });

  it('reject where nothing is connected, or nobody answers', async () => {
    const failed = (act: Promise<unknown>): Promise<unknown> =>
      act.then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(await failed(simulator.agent().closesChat(PSID)))
      .to.be.instanceOf(HandoverError)
      .with.property('message')
      .that.matches(/connectVccLive/);
    simulator.connectVccLive({ url: 'http://127.0.0.1:1/', secret: 's' });
    expect(await failed(simulator.agent().closesChat(PSID))).to.have.property('code', 'ECONNREFUSED');
    expect(() => simulator.connectVccLive({ url: 'nowhere', secret: 's' })).to.throw(InvalidOptionError, /"url"/);
    const encryption = { cipher: 'rot13', key: 'k' };
    expect(() => simulator.connectVccLive({ url, secret: 's', encryption })).to.throw(InvalidOptionError, /cipher/);
  });

  /** The bot's app passes the thread, by Graph. */
  async function passes(metadata: string): Promise<void> {
    const { pageAccessToken, vccLiveAppId, botAppId, appSecret } = simulator.settings;
    const graph = { baseUrl: simulator.graphBaseUrl };
    const client = new ThreadControlClient({ botAppId, pageAccessToken, appSecret, ...graph });
    await client.pass({ pageId: simulator.settings.pageId, psid: PSID }, vccLiveAppId, metadata);
  }
});
