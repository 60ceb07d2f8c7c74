/** Whether an agent of VCC Live is available, asked of a real HTTP server that answers as VCC Live documents it. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import { allOf, vccLiveAgents } from 'botbuilder-handover-vcclive/vcc-live';
import type { VccLiveAgentsOptions } from 'botbuilder-handover-vcclive/vcc-live';
import { expect } from 'chai';
import { HeldClock } from '../kit/held-clock.js';
import { listenLocally, originOf, stopServer } from '../kit/listening.js';

const KEY = 's3cret-key';
const AGENT = {
  userId: 17,
  username: 'anna',
  state: 'AVAILABLE4CALL',
  stateDuration: 12,
  stateChangedAt: '2026-11-28 09:00:00',
  softLimitReached: false,
  hardLimitReached: false,
};

/** A VCC Live whose answer the test sets. */
class PretendVccLive {
  readonly requests: { readonly url: string | undefined; readonly authorization: string | undefined }[] = [];
  answer: (response: ServerResponse) => void = users([AGENT]);
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.requests.push({ url: request.url, authorization: request.headers.authorization });
      this.answer(response);
    });
  }

  get origin(): string {
    return originOf(this.#server);
  }

  async close(): Promise<void> {
    await stopServer(this.#server);
  }
}

function json(body: unknown, status = 200): (response: ServerResponse) => void {
  return (response) => {
    // Restify, where a test has loaded it, makes `writeHead` of every server give nothing.
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

function users(rows: readonly object[]): (response: ServerResponse) => void {
  return json({ response: rows, errors: [] });
}

describe('vccLiveAgents', () => {
  let vccLive: PretendVccLive;
  let clock: HeldClock;
  let lines: string[];

  beforeEach(async () => {
    const server = createServer();
    await listenLocally(server);
    vccLive = new PretendVccLive(server);
    clock = new HeldClock();
    lines = [];
  });

  afterEach(() => vccLive.close());

  const agents = (options: Partial<VccLiveAgentsOptions> = {}): ReturnType<typeof vccLiveAgents> =>
    vccLiveAgents({
      customer: 'acme',
      apiKey: KEY,
      projectId: 42,
      baseUrl: vccLive.origin,
      clock,
      logger: { warn: (line) => lines.push(line) },
      ...options,
    });

  it('asks for the people of the project, with customer and key', async () => {
    expect(await agents()()).to.equal('available');
    expect(vccLive.requests).to.deep.equal([
      { url: '/v2/onlineusers/42', authorization: `Basic ${Buffer.from(`acme:${KEY}`).toString('base64')}` },
    ]);
  });

  const answers: readonly (readonly [string, readonly object[], VccLiveAgentsOptions['states'], string])[] = [
    ['nobody is logged in', [], undefined, 'unavailable'],
    ['one is logged in, whatever the state is', [{ ...AGENT, state: 'ANYTHING' }], undefined, 'available'],
    ['everybody is at the hard limit', [{ ...AGENT, hardLimitReached: true }], undefined, 'unavailable'],
    ['everybody is at the hard limit, as a number', [{ ...AGENT, hardLimitReached: 1 }], undefined, 'unavailable'],
    ['one of two is below the hard limit', [{ ...AGENT, hardLimitReached: true }, AGENT], undefined, 'available'],
    ['one is at the soft limit only', [{ ...AGENT, softLimitReached: true }], undefined, 'available'],
    ['a listed state, in another case', [AGENT], ['available4call'], 'available'],
    ['no listed state', [{ ...AGENT, state: 'PAUSE' }], ['AVAILABLE4CALL'], 'unavailable'],
    [
      'a function that wants no soft limit',
      [{ ...AGENT, softLimitReached: true }],
      (user) => !user.softLimitReached,
      'unavailable',
    ],
    ['a function of the name', [AGENT], (user) => user.username === 'anna', 'available'],
    ['a row without any field', [{}], undefined, 'available'],
  ];
  for (const [when, rows, states, expected] of answers) {
    it(`says ${expected}: ${when}`, async () => {
      vccLive.answer = users(rows);
      expect(await agents(states === undefined ? {} : { states })()).to.equal(expected);
      expect(lines).to.deep.equal([]);
    });
  }

  const failures: readonly (readonly [string, (response: ServerResponse) => void, string])[] = [
    ['a wrong key', json({ response: null, errors: ['bad'] }, 401), 'refused the API key (HTTP 401)'],
    ['a server error', json({}, 500), 'answered HTTP 500'],
    ['an error in the envelope', json({ response: [], errors: ['Unknown project'] }), '"Unknown project"'],
    ['an error that is an object', json({ response: [], errors: [{ message: 'No access' }] }), '"No access"'],
    ['an error that repeats the key', json({ errors: [`no ${KEY}`] }), '"no [API key]"'],
    ['another shape', json({ users: [] }), 'no list "response"'],
    ['rows of another shape', json({ response: ['anna'], errors: [] }), 'has no objects'],
    ['no JSON', (response) => response.end('<html>'), 'not JSON'],
    [
      'a redirect',
      (response) => {
        response.writeHead(302, { location: '/login' });
        response.end();
      },
      'answered HTTP 302',
    ],
    ['a connection that breaks', (response) => response.destroy(), 'gave no answer'],
  ];
  for (const [when, answer, why] of failures) {
    it(`says unknown, and logs why without the key: ${when}`, async () => {
      vccLive.answer = answer;
      expect(await agents()()).to.equal('unknown');
      expect(lines).to.have.lengthOf(1);
      expect(lines[0]).to.include(why).and.to.include('customers are handed over');
      expect(lines[0]).to.not.include(KEY);
      expect(lines[0]).to.not.include(Buffer.from(`acme:${KEY}`).toString('base64'));
    });
  }

  it('says unknown when VCC Live does not answer in time', async () => {
    const asked = new Promise<void>((resolve) => {
      vccLive.answer = () => resolve();
    });
    const answer = agents({ timeoutMs: 1500 })();
    await asked;
    await clock.advance(1499);
    expect(lines).to.deep.equal([]);
    await clock.advance(1);
    expect(await answer).to.equal('unknown');
    expect(lines[0]).to.include('1500 ms');
  });

  it('asks once for calls at the same time, and again when the answer is older than cacheMs', async () => {
    const isAvailable = agents({ cacheMs: 5000 });
    expect(await Promise.all([isAvailable(), isAvailable(), isAvailable()])).to.deep.equal(Array(3).fill('available'));
    vccLive.answer = users([]);
    await clock.advance(4999);
    expect(await isAvailable()).to.equal('available');
    expect(vccLive.requests).to.have.lengthOf(1);
    await clock.advance(1);
    expect(await isAvailable()).to.equal('unavailable');
    expect(vccLive.requests).to.have.lengthOf(2);
  });

  it('keeps no answer for ever when the clock is put back', async () => {
    const times = [100_000, 100_000, 40_000];
    const jumping = { now: () => times.shift() ?? 40_000, after: clock.after.bind(clock) };
    const isAvailable = agents({ clock: jumping });
    await isAvailable();
    times.splice(0);
    vccLive.answer = users([]);
    expect(await isAvailable()).to.equal('unavailable');
  });

  it('refuses wrong options by name, without repeating what they were', () => {
    const wrong: readonly (readonly [string, object])[] = [
      ['customer', { customer: 'acme.example' }],
      ['customer', { customer: '' }],
      ['apiKey', { apiKey: ' key ' }],
      ['apiKey', { apiKey: undefined }],
      ['projectId', { projectId: 1.5 }],
      ['projectId', { projectId: '../users' }],
      ['projectId', { projectId: 2 ** 60 }],
      ['states', { states: 'AVAILABLE4CALL' }],
      ['cacheMs', { cacheMs: -1 }],
      ['timeoutMs', { timeoutMs: 0 }],
      ['baseUrl', { baseUrl: 'http://vcc.example' }],
      ['baseUrl', { baseUrl: 'https://vcc.example/v2' }],
      ['baseUrl', { baseUrl: `https://acme:${KEY}@vcc.example` }],
    ];
    for (const [option, given] of wrong) {
      try {
        agents(given);
        expect.fail(`accepted ${option}`);
      } catch (error) {
        expect(error, option).to.be.instanceOf(InvalidOptionError);
        expect((error as InvalidOptionError).option).to.equal(option);
        expect((error as InvalidOptionError).message).to.not.include(KEY);
      }
    }
  });
});

describe('allOf', () => {
  const is = (answer: 'available' | 'unavailable' | 'unknown') => () => answer;
  const fails = (): never => {
    throw new TypeError('no database');
  };

  const cases: readonly (readonly [string, readonly (() => 'available' | 'unavailable' | 'unknown')[], string])[] = [
    ['available', [is('available'), is('available')], 'available, available'],
    ['unavailable', [is('available'), is('unavailable')], 'available, unavailable'],
    ['unavailable', [is('unknown'), is('unavailable')], 'unknown, unavailable'],
    ['unknown', [is('unknown'), is('available')], 'unknown, available'],
    ['unavailable', [fails, is('unavailable')], 'a failure, unavailable'],
    ['available', [], 'nothing at all'],
  ];
  for (const [expected, checks, given] of cases) {
    it(`says ${expected} for ${given}`, async () => {
      expect(await allOf(...checks)(undefined, undefined)).to.equal(expected);
    });
  }

  it('throws what a function threw when no other says unavailable, so that the plugin logs it', async () => {
    const error = await allOf(fails, is('available'))(undefined, undefined).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(TypeError);
  });

  it('gives every function the same arguments, and asks nobody after an unavailable', async () => {
    const heard: unknown[][] = [];
    const first = (...args: unknown[]): 'unavailable' => {
      heard.push(args);
      return 'unavailable';
    };
    await allOf<unknown, unknown>(first, () => expect.fail('was asked'))('context', 'request');
    expect(heard).to.deep.equal([['context', 'request']]);
  });
});
