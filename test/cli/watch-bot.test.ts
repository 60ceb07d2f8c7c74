/** What the terminal says while the simulator runs: each reason once, and again only when something has changed. */
import { expect } from 'chai';
import type { BotVerdict } from '../../src/cli/check-bot.js';
import { ASK_AGAIN_MS, CALL_WITHIN_MS, watchBot } from '../../src/cli/watch-bot.js';
import { Wire, type WebhookEntry } from '../../src/simulator/index.js';

const URL_OF_BOT = 'http://localhost:3978/api/messages';
const ABSENT = { ready: false, says: 'Nobody listens.' };
const READY = { ready: true, says: 'The bot answers.' };

describe('Watching a bot from the terminal', () => {
  let wire: Wire;
  let said: string[];
  let verdict: BotVerdict;
  let asked: number;
  let timers: { readonly delayMs: number; readonly run: () => void }[];
  let stop: () => void;

  beforeEach(() => {
    wire = new Wire(() => 0);
    said = [];
    asked = 0;
    timers = [];
    verdict = ABSENT;
    stop = () => undefined;
  });
  afterEach(() => stop());

  const begin = async (): Promise<void> => {
    stop = watchBot({
      wire,
      say: (line) => said.push(line),
      check: async () => {
        asked += 1;
        return verdict;
      },
      after: (delayMs, run) => {
        const timer = { delayMs, run };
        timers.push(timer);
        return () => (timers = timers.filter((other) => other !== timer));
      },
    });
    await breath();
  };
  /** Every timer that is set for this delay runs. */
  const pass = async (delayMs: number): Promise<void> => {
    const due = timers.filter((timer) => timer.delayMs === delayMs);
    timers = timers.filter((timer) => timer.delayMs !== delayMs);
    for (const { run } of due) run();
    await breath();
  };
  const delivered = (ending: Partial<WebhookEntry>, more: Partial<WebhookEntry> = {}): void => {
    const seq = wire.write({
      kind: 'webhook',
      appId: '1',
      appName: 'bot',
      pageIds: ['7'],
      psids: ['8'],
      channels: ['messaging'],
      items: ['message "hello"'],
      body: '{}',
      url: URL_OF_BOT,
      attempt: 1,
      why: 'first',
      outcome: 'pending',
      ...more,
    });
    wire.end(seq, ending);
  };
  const called = (path: string, appId?: string, appName = 'unknown token'): void => {
    const who = appId === undefined ? { appName } : { appId, appName: 'bot' };
    const rest = { query: {}, body: {}, outcome: 'pending', refused: false, done: false } as const;
    wire.write({ kind: 'graph', ...who, method: 'POST', path, edge: path.split('/').at(-1) ?? '', ...rest });
  };

  it('repeats what the page says about the bot, and no other note', async () => {
    verdict = READY;
    await begin();
    wire.note("the bot's app is subscribed again for Page 7");
    wire.note('alert: the bot asked who owns a thread, and says nothing.');
    expect(said).to.deep.equal(['The bot answers.', 'The bot asked who owns a thread, and says nothing.']);
  });

  it('asks until the bot is there, and says so once', async () => {
    await begin();
    await pass(ASK_AGAIN_MS);
    await pass(ASK_AGAIN_MS);
    expect([asked, said]).to.deep.equal([3, ['Nobody listens. Trying again every 1 s.']]);
    verdict = READY;
    await pass(ASK_AGAIN_MS);
    await pass(ASK_AGAIN_MS);
    expect([asked, said.at(-1)]).to.deep.equal([4, 'The bot answers.']);
  });

  it('says another reason when there is another one', async () => {
    await begin();
    verdict = { ready: false, says: 'It answers 401.' };
    await pass(ASK_AGAIN_MS);
    expect(said).to.deep.equal(['Nobody listens. Trying again every 1 s.', 'It answers 401. Trying again every 1 s.']);
  });

  it('asks anew when a delivery found nobody, or got no answer', async () => {
    verdict = READY;
    await begin();
    verdict = ABSENT;
    delivered({ outcome: 'unreachable', reason: 'ECONNREFUSED' });
    await breath();
    expect(said.at(-1)).to.include('Nobody listens.');
    verdict = READY;
    await pass(ASK_AGAIN_MS);
    delivered({ outcome: 'late' });
    await breath();
    expect(asked).to.equal(4);
  });

  it('says what a refused delivery means, and which it was', async () => {
    verdict = READY;
    await begin();
    delivered({ outcome: 'refused', status: 500 });
    expect(said.at(-1)).to.match(/answers 500 to a delivery: the bot failed.*The delivery was: message "hello"\./);
    delivered({ outcome: 'refused', status: 500 }, { why: 'raw' });
    delivered({ outcome: 'acknowledged', status: 200 });
    expect(said).to.have.length(2);
  });

  it('says nothing of a token when doctor asks for the version without one, and does not take doctor for the bot', async () => {
    verdict = READY;
    await begin();
    called('/v26.0/me', undefined, 'no token');
    called('/v26.0/debug_token', '1');
    delivered({ outcome: 'acknowledged', status: 200 });
    called('/v26.0/me/subscribed_apps', '1');
    expect(said).to.deep.equal(['The bot answers.']);
    await pass(CALL_WITHIN_MS);
    expect(said.at(-1)).to.include('calls no Graph API here');
    called('/v26.0/me/messages', undefined, 'no token');
    expect(said.at(-1)).to.include('FACEBOOK_PAGE_ACCESS_TOKEN');
  });

  it('notices a token that is not the simulator’s, once', async () => {
    verdict = READY;
    await begin();
    called('/favicon.ico');
    called('/v26.0/me/messages');
    called('/v26.0/me/messages');
    expect(said.filter((line) => line.includes('FACEBOOK_PAGE_ACCESS_TOKEN'))).to.have.length(1);
    expect(said.at(-1)).to.include('A call to messages came without a token of the simulator.');
  });

  it('notices a bot that takes messages and calls Meta instead', async () => {
    verdict = READY;
    await begin();
    delivered({ outcome: 'acknowledged', status: 200 });
    await pass(CALL_WITHIN_MS);
    expect(said.at(-1)).to.include('give the plugin graph: { baseUrl: process.env.GRAPH_BASE_URL }.');
  });

  it('says nothing of the sort to a bot that only heard of a read', async () => {
    verdict = READY;
    await begin();
    delivered({ outcome: 'acknowledged', status: 200 }, { items: ['read'] });
    await pass(CALL_WITHIN_MS);
    expect(said).to.deep.equal(['The bot answers.']);
  });

  it('says nothing of the sort to a bot that calls', async () => {
    verdict = READY;
    await begin();
    delivered({ outcome: 'acknowledged', status: 200 });
    called('/v26.0/me/messages', '1');
    await pass(CALL_WITHIN_MS);
    expect(said).to.deep.equal(['The bot answers.']);
  });

  it('is silent when it is over while the bot is being asked', async () => {
    const starting = begin();
    stop();
    await starting;
    expect([asked, said, timers]).to.deep.equal([1, [], []]);
  });

  it('is silent when it is over, whatever still comes', async () => {
    await begin();
    stop();
    const before = [asked, said.length];
    await pass(ASK_AGAIN_MS);
    delivered({ outcome: 'refused', status: 500 });
    delivered({ outcome: 'unreachable' });
    await breath();
    expect([asked, said.length, timers]).to.deep.equal([...before, []]);
  });
});

/** Lets promises that are settled have their say. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
