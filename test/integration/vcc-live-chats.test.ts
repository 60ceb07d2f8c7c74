/** A closed chat whose report names no handover id: its thread is found in VCC Live's chat log, over real HTTP. */
import { createServer, type Server } from 'node:http';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import type { ThreadKey } from 'botbuilder-handover-vcclive';
import { vccLiveChats } from 'botbuilder-handover-vcclive/vcc-live';
import type { VccLiveChat, VccLiveChatsOptions } from 'botbuilder-handover-vcclive/vcc-live';
import { expect } from 'chai';
import type { Scene } from './scene.js';
import { PSID, closeScenes, dialogBot, scene } from './scene.js';
import { listenLocally } from '../kit/listening.js';

const SECRET = 'a secret';
/** What the report lacks where nobody made a custom field. */
const NO_ID = { fields: { clientData: { name: 'Kata', contacts: [] } } };

describe('vccLiveChats', () => {
  let server: Server;
  let lines: string[];

  beforeEach(() => void (lines = []));
  afterEach(async () => {
    await closeScenes();
    server.closeAllConnections();
    server.close();
  });

  /** A customer who waits for an agent, and a route that asks the chat log. */
  async function waiting(options: Partial<VccLiveChatsOptions> = {}): Promise<Scene> {
    const stage = await scene();
    dialogBot(stage.bot, 'everyTurn');
    stage.bot.handover.attach(stage.bot.adapter, stage.bot.run);
    const receive = stage.bot.handover.vccLiveWebhook({ secret: SECRET, threadOf: chatsOf(stage, options) });
    server = createServer((req, res) => void receive(req, res));
    const url = `${await listenLocally(server)}/vcc-live`;
    stage.sim.connectVccLive({ url, secret: SECRET });
    await stage.customer.says('agent please');
    return stage;
  }

  const chatsOf = (stage: Scene, options: Partial<VccLiveChatsOptions> = {}): ReturnType<typeof vccLiveChats> =>
    vccLiveChats({
      ...stage.sim.vccLive.access,
      baseUrl: stage.sim.graphBaseUrl,
      logger: { warn: (line) => lines.push(line) },
      threadOf: ({ sessionId }) => bySession(stage, sessionId),
      ...options,
    });
  const bySession = ({ thread }: Scene, psid: string | undefined): ThreadKey | undefined =>
    psid === undefined ? undefined : { pageId: thread.pageId, psid };
  const reportIn = async (stage: Scene): Promise<unknown> => (await stage.record())?.open?.report;
  const askedIn = (stage: Scene): unknown[] => stage.sim.wire.of('databaseApi').map(({ path, query }) => [path, query]);

  it('finds the thread by what the application says: here the session id is the PSID', async () => {
    const stage = await waiting();
    stage.sim.vccLive.sessionIds = 'psid';
    expect((await stage.agent.closesChat(PSID, { disposition: 'lost', ...NO_ID })).status).to.equal(200);
    expect(await reportIn(stage)).to.include({ chatId: '1000', disposition: 'lost' });
    expect(askedIn(stage)).to.deep.equal([['/v2/projects/42/chats', { entityId: '1000', start: '0', limit: '100' }]]);
  });

  it('touches no thread where the session id is another number: 200, and nothing is done', async () => {
    const stage = await waiting();
    expect((await stage.agent.closesChat(PSID, NO_ID)).status).to.equal(200);
    expect(await reportIn(stage)).to.equal(undefined);
    expect(lines).to.deep.equal([]);
  });

  it('gives the application the whole row and the report', async () => {
    const seen: VccLiveChat[] = [];
    const stage = await waiting({
      threadOf: async (chat, { lastAgent }) => {
        seen.push(chat);
        return lastAgent === 'Anna Agent' && chat.visitorName === `Customer ${PSID}` ? stage.thread : undefined;
      },
    });
    await stage.agent.closesChat(PSID, NO_ID);
    expect(await reportIn(stage)).to.include({ chatId: '1000' });
    expect(seen).to.have.length(1);
    expect(seen[0]).to.include({ type: 'messenger', ticketId: '1000', sessionId: 'session-1000' });
    expect(seen[0]?.raw).to.include({ closedAt: '2026-11-22 09:00:00' });
  });

  it('does not ask where the report names the handover, and not for tickets', async () => {
    const stage = await waiting();
    await stage.agent.closesChat(PSID);
    await stage.agent.changesTicket(PSID, { status: 'closed', fields: { handoverId: undefined } });
    expect(askedIn(stage)).to.deep.equal([]);
    expect(await reportIn(stage)).to.include({ chatId: '1000' });
  });

  it('does not ask where the report lacks chatId or entityId', async () => {
    const stage = await waiting();
    for (const missing of ['chatId', 'entityId']) {
      const fields = { ...NO_ID.fields, [missing]: undefined };
      expect((await stage.agent.closesChat(PSID, { fields })).status, missing).to.equal(200);
    }
    expect(askedIn(stage)).to.deep.equal([]);
  });

  it('leaves web chats and Telegram alone, and reads on to the page that has the chat', async () => {
    const rows = Array.from({ length: 150 }, (_row, index) => ({
      chatId: index,
      type: index === 120 ? 'webchat' : '',
    }));
    const asked: string[] = [];
    const stage = await scene();
    server = createServer((req, res) => {
      asked.push(req.url ?? '');
      const { searchParams } = new URL(req.url ?? '', 'http://vcc-live');
      const start = Number(searchParams.get('start'));
      res.end(JSON.stringify({ response: rows.slice(start, start + 100), errors: [] }));
    });
    const baseUrl = await listenLocally(server);
    const threadOf = chatsOf(stage, { baseUrl, threadOf: ({ chatId }) => ({ pageId: '1', psid: chatId ?? '' }) });
    const closed = (chatId: string) =>
      ({ kind: 'chatClosed', chatId, entityId: '7', transcript: [], raw: {} }) as const;
    expect(await threadOf(closed('3'))).to.deep.equal({ pageId: '1', psid: '3' });
    expect(asked).to.have.length(1);
    expect(await threadOf(closed('130'))).to.deep.equal({ pageId: '1', psid: '130' });
    expect(asked).to.have.length(3);
    expect(await threadOf(closed('120'))).to.equal(undefined);
    expect(await threadOf(closed('900'))).to.equal(undefined);
  });

  it('that cannot ask VCC Live: 500, one line without the key, and the repeated report is kept', async () => {
    const stage = await waiting();
    stage.sim.vccLive.sessionIds = 'psid';
    stage.sim.weather.vccLiveApiDown.once();
    expect((await stage.agent.closesChat(PSID, NO_ID)).status).to.equal(500);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/chat log cannot be read.*HTTP 500.*answer 500.*Check customer/s);
    expect(lines[0]).to.not.include(stage.sim.vccLive.access.apiKey);
    await stage.clock.advance(10_000);
    await stage.sim.settled();
    expect(stage.sim.wire.of('vccLive').map(({ attempt, status }) => [attempt, status])).to.deep.equal([
      [1, 500],
      [2, 200],
    ]);
    expect(await reportIn(stage)).to.include({ chatId: '1000' });
  });

  it('refuses wrong options by name, and repeats no key', async () => {
    const stage = await waiting();
    for (const [option, given] of [
      ['threadOf', { threadOf: undefined }],
      ['customer', { customer: 'a.b' }],
      ['apiKey', { apiKey: '' }],
      ['projectId', { projectId: 'x' }],
      ['timeoutMs', { timeoutMs: 0 }],
    ] as const) {
      expect(() => chatsOf(stage, given as never), option).to.throw(InvalidOptionError, new RegExp(`"${option}"`));
    }
    expect(() => vccLiveChats(undefined as never)).to.throw(InvalidOptionError, /"options" is missing/);
  });
});
