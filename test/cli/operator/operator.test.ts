/** An operator at a terminal and a real bot beside it: through one store they know the same. */
import { createServer, type Server } from 'node:http';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { VccLiveHandover, type HandoverEventMap, type ThreadStore } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { RedisThreadStore } from 'botbuilder-handover-vcclive/redis';
import { SqliteThreadStore } from 'botbuilder-handover-vcclive/sqlite';
import { createClient } from 'redis';
import { describeWithRedis, RedisServer } from '../../store/redis-server.js';
import { describeWithSqlite, SqliteFolder } from '../../store/sqlite-files.js';
import { bundled } from '../../run/bundled.js';
import { Program } from '../child-process.js';
import { openClinic, PSID, type, type Clinic, type Said } from '../doctor/clinic.js';
import { partitionOf } from '../../../src/store/partition-of.js';
import { listenLocally } from '../../kit/listening.js';
import { quietLogger } from '../../kit/loggers.js';

const COMMAND = bundled('src/cli/index.ts');
const OTHER_PSID = '6600112233445577';

/** A bot of this package, on a port of its own. */
class ServedBot {
  readonly said: string[] = [];
  readonly ended: HandoverEventMap['returned'][] = [];
  readonly handover: VccLiveHandover;
  readonly #store: ThreadStore;
  readonly #server: Server;

  constructor({ sim }: Clinic, store: ThreadStore) {
    const { settings } = sim;
    this.#store = store;
    this.handover = new VccLiveHandover({
      botAppId: settings.botAppId,
      vccLiveAppId: settings.vccLiveAppId,
      pageAccessToken: settings.pageAccessToken,
      appSecret: settings.appSecret,
      graph: { baseUrl: sim.graphBaseUrl },
      store: this.#store,
      logger: quietLogger,
    });
    this.handover.on('returned', (news) => this.ended.push(news));
    const adapter = new HandoverFacebookAdapter({ handover: this.handover, verify_token: settings.verifyToken });
    this.#server = createServer((request, response) => {
      void adapter.processActivity(request, response, async (context) => {
        if (context.activity.type !== 'message') return;
        await context.sendActivity(`You said: ${context.activity.text}`);
      });
    });
  }

  async open({ sim }: Clinic): Promise<void> {
    sim.connectBot(`${await listenLocally(this.#server)}/api/messages`);
  }

  async close(): Promise<void> {
    await this.handover.close();
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
    await this.#store.close?.();
  }
}

describeWithRedis("The operator's commands, beside a bot with the same store", () => {
  let redis: RedisServer;
  let clinic: Clinic;
  let bot: ServedBot;
  let seed = 0;
  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(async () => {
    // Redis remembers events: each platform has message ids of its own.
    clinic = await openClinic({ seed: (seed += 1) });
    bot = new ServedBot(clinic, new RedisThreadStore(redis.url));
    await bot.open(clinic);
    clinic.env['HANDOVER_STORE'] = redis.url;
    await clinic.sim.customer(PSID).says('hi');
    await clinic.sim.settled();
  });
  afterEach(async () => {
    const thread = { pageId: clinic.sim.settings.pageId, psid: PSID };
    await bot.handover.forget(thread);
    await bot.close();
    await clinic.close();
  });
  const operate = (...words: string[]): Promise<Said> => type(clinic, words);

  it('owner: says what Meta says and what the bot held', async () => {
    const { code, said } = await operate('owner', PSID);
    expect(code).to.equal(0);
    expect(said).to.match(/^Meta says {4}the bot, since .* UTC\nThe bot held the bot/);
  });

  it('owner: says that the bot was wrong, and puts it right', async () => {
    const { sim } = clinic;
    // A take of which the bot hears nothing.
    sim.weather.botDown.always();
    await sim.agent().takes(PSID);
    const { said } = await operate('owner', PSID);
    expect(said).to.match(
      /^Meta says {4}VCC Live.*\nThe bot held the bot.*← this was wrong; the record is now right$/m,
    );
    expect(await bot.handover.ownerOf({ pageId: sim.settings.pageId, psid: PSID })).to.include({ owner: 'vccLive' });
  });

  it('pass: VCC Live has the thread, and the bot is silent at once', async () => {
    const { sim } = clinic;
    const { code, said } = await operate('pass', PSID, '--reason', 'a complaint by telephone');
    expect([code, said]).to.deep.equal([0, said]);
    expect(said).to.match(/^The thread is with VCC Live\. Handover [0-9a-f]{32}; the bot is silent there\.\n$/);
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
    // Not one webhook has told the bot yet.
    expect(await bot.handover.ownerOf({ pageId: sim.settings.pageId, psid: PSID })).to.include({ owner: 'vccLive' });
    const [queued] = sim.agent().queue();
    expect(JSON.stringify(queued)).to.include('a complaint by telephone');
    const heard = sim.customer(PSID).hears().length;
    await sim.customer(PSID).says('hello?');
    await sim.settled();
    expect(sim.customer(PSID).hears()).to.have.length(heard);
  });

  it('pass: says no where it is with an agent already', async () => {
    await operate('pass', PSID);
    const { code, said, complained } = await operate('pass', PSID);
    expect([code, said]).to.deep.equal([1, '']);
    expect(complained).to.include('with an agent already');
  });

  it('take: the bot has it again, its handover has ended, and it answers', async () => {
    const { sim } = clinic;
    await sim.customer(PSID).says('talk to agent');
    await sim.settled();
    const { code, said } = await operate('take', PSID);
    expect(code).to.equal(0);
    expect(said).to.match(/^The bot has the thread\. Handover [0-9a-f]{32} has ended as "takenBack"\./);
    await sim.customer(PSID).says('so?');
    await sim.settled();
    expect(sim.customer(PSID).hears().at(-1)).to.equal('You said: so?');
  });

  it('take: says what to change where the Page does not allow it', async () => {
    const { sim } = clinic;
    await operate('pass', PSID);
    sim.weather.routingOff = true;
    const { code, complained } = await operate('take', PSID);
    expect(code).to.equal(1);
    expect(complained).to.include('Conversation Routing is off for this Page');
  });

  it('release: the thread is idle, and the bot knows', async () => {
    const { sim } = clinic;
    expect((await operate('release', PSID)).code).to.equal(0);
    expect(sim.ownerOf(PSID).owner).to.equal('idle');
    expect(await bot.handover.ownerOf({ pageId: sim.settings.pageId, psid: PSID })).to.include({ owner: 'idle' });
    const again = await operate('release', PSID);
    expect([again.code, again.complained.includes('does not control this thread')]).to.deep.equal([1, true]);
  });

  it('threads: who waits, who has an agent, since when; as a table and as JSON', async () => {
    const { sim } = clinic;
    expect((await operate('threads')).said).to.equal('No handover is open.\n');
    await sim.customer(PSID).says('talk to agent');
    await sim.customer(OTHER_PSID).says('talk to agent');
    await sim.settled();
    await sim.agent().says(PSID, 'How can I help?');
    await sim.settled();
    const { said, code } = await operate('threads');
    expect(code).to.equal(0);
    expect(said).to.match(new RegExp(`^${PSID} +${sim.settings.pageId} +claimed +\\d+ s `, 'm'));
    expect(said).to.match(new RegExp(`^${OTHER_PSID} +${sim.settings.pageId} +waiting +\\d+ s `, 'm'));
    expect(said).to.include('1 waiting, 1 claimed, 0 passing.');
    const listed = JSON.parse((await operate('threads', '--json')).said) as { psid: string; state: string }[];
    expect(listed.map(({ psid, state }) => [psid, state])).to.have.deep.members([
      [PSID, 'claimed'],
      [OTHER_PSID, 'waiting'],
    ]);
    await bot.handover.forget({ pageId: sim.settings.pageId, psid: OTHER_PSID });
  });

  it('forget: asks, warns of an open handover, and removes the record', async () => {
    const { sim, env } = clinic;
    await sim.customer(PSID).says('talk to agent');
    await sim.settled();
    const asked: string[] = [];
    const confirm = (question: string): Promise<boolean> => {
      asked.push(question);
      return Promise.resolve(false);
    };
    expect((await type({ env }, ['forget', PSID], { confirm })).code).to.equal(1);
    expect(asked.join()).to.include('handover is still open (waiting)');
    expect((await operate('forget', PSID)).complained).to.include('give --yes');
    expect((await operate('threads')).said).to.include(PSID);
    expect((await operate('forget', PSID, '--yes')).code).to.equal(0);
    expect((await operate('threads')).said).to.equal('No handover is open.\n');
  });

  it('works as a process, and prints neither token nor secret', async () => {
    const secrets = [clinic.sim.settings.appSecret, clinic.sim.settings.pageAccessToken];
    for (const words of [['owner', PSID], ['threads']]) {
      const program = new Program(COMMAND, words, clinic.env);
      expect(await program.ended, program.printed).to.equal(0);
      for (const secret of secrets) expect(program.printed).not.to.include(secret);
    }
  }).timeout(60_000);

  it('threads: shows what could not be read, and forget removes it', async () => {
    const client = await createClient({ url: redis.url }).connect();
    const { botAppId, pageId } = clinic.sim.settings;
    const id = `${pageId}/${PSID}`;
    const tag = `{handover-vcclive:${botAppId}/${partitionOf(id, 64)}}`;
    await client.set(`${tag}:thread:${id}`, 'v1 99999999999999 - f {"evidence":{"us"');
    await clinic.sim.customer(PSID).says('are you there?');
    await clinic.sim.settled();
    expect(clinic.sim.customer(PSID).hears().at(-1), 'nothing is held up').to.equal('You said: are you there?');
    const { code, said } = await operate('threads');
    expect(code).to.equal(0);
    const [, where = ''] = /could not be read.*\n {2}6.* on Page .* ago, now under (\S+)\n/.exec(said) ?? [];
    expect(await client.get(where), said).to.include('{"evidence":{"us"');
    const [aside] = JSON.parse((await operate('threads', '--json')).said);
    expect(aside).to.include({ state: 'setAside', psid: PSID, pageId, where });
    await operate('forget', PSID, '--yes');
    expect(await client.exists(where)).to.equal(0);
    await client.close();
  });

  it('threads: of one bot, by its app id, which it asks for', async () => {
    await operate('pass', PSID);
    expect((await operate('threads')).said).to.include('1 waiting');
    clinic.env['FACEBOOK_APP_ID'] = '27012345678901239';
    expect((await operate('threads')).said).to.include('No handover is open');
    delete clinic.env['FACEBOOK_APP_ID'];
    const { code, complained } = await operate('threads');
    expect([code, complained.includes('FACEBOOK_APP_ID is needed')]).to.deep.equal([2, true]);
  });

  it('says in time that Redis is away', async () => {
    clinic.env['HANDOVER_STORE'] = 'redis://:a-password@127.0.0.1:1';
    const { code, complained } = await operate('threads');
    expect(code).to.equal(2);
    expect(complained).to.include('ECONNREFUSED').and.not.include('a-password');
  });
});

describeWithSqlite("The operator's commands, beside a bot with an SQLite file", (driver) => {
  const folder = new SqliteFolder();
  let clinic: Clinic;
  let bot: ServedBot;
  beforeEach(async () => {
    clinic = await openClinic();
    clinic.env['HANDOVER_STORE'] = folder.newFile();
    bot = new ServedBot(clinic, new SqliteThreadStore(clinic.env['HANDOVER_STORE'], { driver }));
    await bot.open(clinic);
  });
  afterEach(async () => {
    await bot.close();
    await clinic.close();
  });

  it('change what the bot knows, and show it', async () => {
    const { sim } = clinic;
    await sim.customer(PSID).says('hi');
    await sim.settled();
    expect((await type(clinic, ['pass', PSID])).code).to.equal(0);
    expect(await bot.handover.ownerOf({ pageId: sim.settings.pageId, psid: PSID })).to.include({ owner: 'vccLive' });
    expect((await type(clinic, ['threads'])).said).to.include('1 waiting');
  });

  it('create no file that is not there', async () => {
    const missing = folder.newFile();
    const { code, complained } = await type(clinic, ['threads', '--store', missing]);
    expect(code).to.equal(2);
    expect(complained).to.include(`There is no file ${missing}.`);
    expect(existsSync(missing)).to.equal(false);
  });
});

describe("The operator's commands without a shared store", () => {
  let clinic: Clinic;
  let folder: string;
  beforeEach(async () => {
    clinic = await openClinic();
    await clinic.sim.customer(PSID).says('hi');
    folder = await mkdtemp(join(tmpdir(), 'operator-'));
  });
  afterEach(async () => {
    await clinic.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('do it at Meta, and say that the bot learns it from there', async () => {
    const { sim } = clinic;
    const passed = await type(clinic, ['pass', PSID]);
    expect([passed.code, passed.said]).to.deep.equal([0, 'The thread is with VCC Live.\n']);
    expect(passed.complained).to.include("Meta's next webhook tells the bot");
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.vccLiveAppId);
    expect((await type(clinic, ['owner', PSID])).said).to.match(/^Meta says {4}VCC Live, until .*\n$/);
    expect((await type(clinic, ['take', PSID])).code).to.equal(0);
    expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
    expect((await type(clinic, ['release', PSID])).code).to.equal(0);
    const idle = JSON.parse((await type(clinic, ['owner', PSID, '--json'])).said);
    expect([idle.psid, idle.meta.owner]).to.deep.equal([PSID, 'idle']);
  });

  it('say what Meta refuses, and end with 1', async () => {
    clinic.sim.weather.takeNotAllowed = true;
    await clinic.sim
      .agent()
      .takes(PSID)
      .catch(() => undefined);
    const { code, complained } = await type(clinic, ['pass', '7700112233445566']);
    expect(code).to.equal(1);
    expect(complained).to.include('PSIDs belong to one Page');
  });

  it('take a store from a file, whatever store it is', async () => {
    const file = join(folder, 'store.cjs');
    const record = {
      evidence: {},
      epoch: 1,
      recordedOwner: 'vccLive',
      conclusions: [],
      open: { id: 'a1', phase: 'armed', startedAtMs: Date.now() - 90_000, waits: 'dialog' },
    };
    const thread = { pageId: clinic.sim.settings.pageId, psid: PSID };
    const source = `module.exports.store = {
      async read() { return ${JSON.stringify({ openHandoverId: 'a1', forgettable: false, body: record })}; }, async update() {}, async forget() {},
      async listOpen() { return [${JSON.stringify(thread)}]; }, async listSetAside() { return []; },
      forBot() { return this; },
    };`;
    await writeFile(file, source);
    const { said, code } = await type(clinic, ['threads', '--store', 'store.cjs'], { folder });
    expect(code).to.equal(0);
    expect(said).to.match(/passing +1 min .*dialog$/m);
  });

  const WRONG: readonly (readonly [words: readonly string[], complaint: RegExp])[] = [
    [['threads'], /The bot's store is needed/],
    [['threads', '--store', 'nothing.cjs'], /nothing\.cjs cannot be loaded/],
    [['threads', '--limit', '0'], /whole number from 1/],
    [['owner'], /missing required argument 'psid'/],
    [['owner', 'Anna'], /page-scoped id/],
    [['forget', PSID], /The bot's store is needed/],
    [['owner', PSID, '--page-access-token', ''], /FACEBOOK_PAGE_ACCESS_TOKEN: /],
  ];
  for (const [words, complaint] of WRONG) {
    it(`end with 2 for "${words.join(' ')}"`, async () => {
      if (words.includes('--page-access-token')) delete clinic.env['FACEBOOK_PAGE_ACCESS_TOKEN'];
      const { code, complained } = await type(clinic, words, { folder });
      expect(code).to.equal(2);
      expect(complained).to.match(complaint);
    });
  }

  it('say that the Page is not known where Meta does not tell it', async () => {
    clinic.sim.weather.deadToken.always();
    const { code, complained } = await type(clinic, ['owner', PSID]);
    expect(code).to.equal(2);
    expect(complained).to.include('Give --page, or run doctor');
  });
});
