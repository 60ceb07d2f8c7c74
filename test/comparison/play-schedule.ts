/** One schedule, played against a bot that runs as a process; what was seen of it, in words that fit into a table. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessengerSimulator, throwAwayCertificate } from 'botbuilder-handover-vcclive/simulator';
import { Program } from '../cli/child-process.js';
import { until } from '../integration/bot-processes.js';
import { freePort } from '../kit/listening.js';

const BATCH_MS = 50;
const FIRST_REDELIVERY_MS = 10_000;
/** A bot says what it says within this time, on a busy machine, too. */
const QUIET_MS = 700;

/** What happens, and what the bot made of it. */
export interface Row {
  readonly what: string;
  readonly seen: string;
}

/** What was seen of a bot during one scene. */
interface Seen {
  readonly died: boolean;
  readonly said: readonly string[];
  /** Sends that Meta refused because another app controls the thread. */
  readonly refused: number;
  readonly owner: string;
}

interface Scene {
  readonly what: string;
  readonly play: (stage: Stage) => Promise<string>;
}

const SCENES: readonly Scene[] = [
  {
    what: 'A customer writes',
    play: async (stage) => inWords(await stage.watch('1', ({ says }) => says('Hello'))),
  },
  {
    what: 'Meta delivers a message twice',
    play: async (stage) => {
      stage.simulator.weather.duplicates = 1;
      return inWords(await stage.watch('2', ({ says }) => says('Hello')));
    },
  },
  {
    what: 'A customer asks for an agent',
    play: async (stage) => owned(await stage.watch('3', ({ says }) => says('talk to agent'))),
  },
  {
    what: 'The customer writes to the agent: a delivery with `standby` alone',
    play: async (stage) => inWords(await stage.withAgent('4', ({ says }) => says('My parcel is late.'))),
  },
  {
    what: '… which Meta delivers again, because it was not acknowledged',
    play: async (stage) => {
      if (stage.acknowledged) return 'does not happen: it was acknowledged';
      return inWords(await stage.watch('4', () => stage.simulator.clock.advance(FIRST_REDELIVERY_MS)));
    },
  },
  {
    what: 'The customer writes to the agent; the delivery also has a message of somebody else for the bot',
    play: async (stage) => {
      const other = stage.simulator.customer(stage.psid('6'));
      const seen = await stage.withAgent('5', async ({ says }) => {
        stage.simulator.weather.batchingMs = BATCH_MS;
        await says('My parcel is late.');
        await other.says('Hello');
        await stage.simulator.clock.advance(BATCH_MS);
      });
      return `${inWords(seen)}; the other one is ${other.hears().length === 1 ? 'answered' : '**not answered**'}`;
    },
  },
  {
    what: 'The customer presses a button that the bot sent before, while the agent has the thread',
    play: async (stage) => {
      await stage.simulator.customer(stage.psid('7')).says('Hello');
      await stage.botSendsButton('7', 'MENU');
      return inWords(await stage.withAgent('7', ({ presses }) => presses('MENU')));
    },
  },
  {
    what: 'The agent hands the thread back',
    play: async (stage) => inWords(await stage.withAgent('8', ({ psid }) => stage.simulator.agent().handsBack(psid))),
  },
  {
    what: '… and the customer writes to the bot',
    play: async (stage) => inWords(await stage.watch('8', ({ says }) => says('Thank you'))),
  },
  {
    what: 'Meta does as asked, and the answer to the pass is lost',
    play: async (stage) => {
      stage.simulator.weather.lostAnswers.once({ edges: ['pass_thread_control'] });
      return owned(await stage.watch('9', ({ says }) => says('talk to agent')));
    },
  },
  {
    what: 'A message comes with `app_roles` beside it',
    play: async (stage) => {
      stage.simulator.weather.oddItems.once({ item: 'app_roles' });
      return inWords(await stage.watch('10', ({ says }) => says('Hello')));
    },
  },
  {
    what: 'Anybody posts `{}` to the webhook, without a signature',
    play: async (stage) => {
      let answer = '';
      const seen = await stage.watch('11', async () => {
        const posted = stage.simulator.deliverRaw('{}', { signWith: null });
        answer = await posted.then(
          ({ status }) => `answers ${status}`,
          () => 'does not answer',
        );
      });
      return seen.died ? inWords(seen) : answer;
    },
  },
];

/** Plays the whole schedule against this program, which is started again whenever it dies. */
export async function playSchedule(file: string): Promise<readonly Row[]> {
  const stage = await Stage.open(file);
  try {
    const rows: Row[] = [];
    for (const { what, play } of SCENES) {
      await stage.revive();
      rows.push({ what, seen: await play(stage) });
      stage.simulator.weather.calm();
    }
    return rows;
  } finally {
    await stage.close();
  }
}

type Customer = Pick<ReturnType<MessengerSimulator['customer']>, 'psid' | 'says' | 'presses'>;

class Stage {
  readonly simulator: MessengerSimulator;
  /** The last delivery of the last scene was acknowledged. */
  acknowledged = true;
  readonly #file: string;
  readonly #port: number;
  readonly #folder: string;
  #bot: Program | undefined;

  private constructor(simulator: MessengerSimulator, file: string, port: number, folder: string) {
    this.simulator = simulator;
    this.#file = file;
    this.#port = port;
    this.#folder = folder;
  }

  static async open(file: string): Promise<Stage> {
    // Both bots call https, since the stock adapter can do nothing else.
    const simulator = await MessengerSimulator.start({ clock: 'held', startMs: Date.now(), tls: throwAwayCertificate });
    const port = await freePort();
    const folder = await mkdtemp(join(tmpdir(), 'comparison-'));
    await writeFile(join(folder, 'certificate.pem'), throwAwayCertificate.cert);
    simulator.connectBot(`http://127.0.0.1:${port}/api/messages`);
    return new Stage(simulator, file, port, folder);
  }

  /** Starts the bot where it is not running. */
  async revive(): Promise<void> {
    if (this.#bot !== undefined) return;
    const { settings, graphBaseUrl } = this.simulator;
    const bot = new Program(this.#file, [], {
      GRAPH_BASE_URL: graphBaseUrl,
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      NODE_EXTRA_CA_CERTS: join(this.#folder, 'certificate.pem'),
      PORT: String(this.#port),
      BOT_DATA: this.#folder,
    });
    this.#bot = bot;
    void bot.ended.then(() => {
      if (this.#bot === bot) this.#bot = undefined;
    });
    await bot.prints(/listens on/);
    await this.simulator.expects.webhook();
    await this.#firstAnswer();
  }

  /** A bot loads its HTTP client with its first answer, which takes seconds on a busy machine: that belongs to no scene. */
  async #firstAnswer(): Promise<void> {
    const customer = this.simulator.customer(this.psid('99'));
    const heard = customer.hears().length;
    await customer.says('Hello');
    await until(() => customer.hears().length > heard);
  }

  /** Another program of the bot's owner sends a button with the bot's own token: a campaign, for one. */
  botSendsButton(customer: string, payload: string): Promise<void> {
    const { settings, graphBaseUrl } = this.simulator;
    const token = settings.pageAccessToken;
    const buttons = [{ type: 'postback', title: 'Menu', payload }];
    const attachment = { type: 'template', payload: { template_type: 'button', text: 'Choose:', buttons } };
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const proof = createHmac('sha256', settings.appSecret).update(token).digest('hex');
    const url = `${graphBaseUrl}/v26.0/me/messages?appsecret_proof=${proof}`;
    return new Promise((resolve, reject) => {
      const call = request(url, { method: 'POST', headers, ca: throwAwayCertificate.cert }, (response) => {
        response.resume();
        if (response.statusCode === 200) response.once('end', resolve);
        else reject(new Error(`Graph answered ${String(response.statusCode)}.`));
      });
      call.once('error', reject);
      call.end(JSON.stringify({ recipient: { id: this.psid(customer) }, message: { attachment } }));
    });
  }

  psid(customer: string): string {
    return `66001122334455${customer.padStart(2, '0')}`;
  }

  /** Lets something happen around a customer; what the bot did meanwhile. */
  async watch(name: string, act: (customer: Customer) => Promise<unknown>): Promise<Seen> {
    const customer = this.simulator.customer(this.psid(name));
    const heard = customer.hears().length;
    const sinceSeq = this.simulator.wire.entries().at(-1)?.seq ?? 0;
    await act({
      psid: customer.psid,
      says: (text) => customer.says(text),
      presses: (payload) => customer.presses(payload),
    });
    await this.#quiet();
    const later = this.simulator.wire.entries().filter(({ seq }) => seq > sinceSeq);
    const deliveries = later.filter((entry) => entry.kind === 'webhook' && entry.outcome !== 'recorded');
    this.acknowledged = deliveries.every((entry) => entry.kind === 'webhook' && entry.outcome === 'acknowledged');
    const refused = later.filter(
      (entry) => entry.kind === 'graph' && entry.edge === 'messages' && entry.refused && entry.appName === 'bot',
    );
    return {
      died: await this.#died(this.acknowledged),
      said: customer.hears().slice(heard),
      refused: refused.length,
      owner: this.#ownerOf(customer.psid),
    };
  }

  /** The same, with the customer's thread at VCC Live already. */
  async withAgent(name: string, act: (customer: Customer) => Promise<unknown>): Promise<Seen> {
    const customer = this.simulator.customer(this.psid(name));
    await customer.says('talk to agent');
    await this.simulator.expects.owner(customer.psid, 'vccLive');
    await this.#quiet();
    return this.watch(name, act);
  }

  async close(): Promise<void> {
    await this.#bot?.end('SIGKILL');
    await this.simulator.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Resolves when nothing has happened for a while: with an inbox, a bot answers Meta first and the customer afterwards. */
  async #quiet(): Promise<void> {
    let seen = -1;
    for (;;) {
      await this.simulator.settled();
      const last = this.simulator.wire.entries().at(-1)?.seq ?? 0;
      if (last === seen) return;
      seen = last;
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    }
  }

  /** A process that dies lets its connection break first; a moment later it has ended. */
  async #died(acknowledged: boolean): Promise<boolean> {
    const bot = this.#bot;
    if (bot === undefined) return true;
    if (acknowledged && !bot.printed.includes('triggerUncaughtException')) return false;
    await Promise.race([bot.ended, new Promise((resolve) => setTimeout(resolve, 1000))]);
    return this.#bot === undefined;
  }

  #ownerOf(psid: string): string {
    const { botAppId, vccLiveAppId } = this.simulator.settings;
    const { owner } = this.simulator.ownerOf(psid);
    return owner === botAppId ? 'the bot' : owner === vccLiveAppId ? 'VCC Live' : owner;
  }
}

function inWords({ died, said, refused }: Seen): string {
  if (died) return '**the process dies**';
  const talks = refused === 0 ? [] : [`**tries to talk over the agent** (${times(refused)}; Meta refuses it)`];
  if (said.length === 0) return talks[0] ?? 'says nothing';
  return [said.length > 1 ? `**answers ${times(said.length)}**` : 'answers once', ...talks].join(', ');
}

/** Where it matters who has the thread afterwards. */
function owned(seen: Seen): string {
  return `${inWords(seen)}; ${seen.owner} has the thread`;
}

function times(count: number): string {
  return ['never', 'once', 'twice'][count] ?? `${count} times`;
}
