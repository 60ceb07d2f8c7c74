/** A wrong option is one clear line at start-up: its name, what it got, what it takes. */
import { MemoryStorage } from 'botbuilder';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  BotStorageThreadStore,
  InvalidOptionError,
  MemoryThreadStore,
  VccLiveHandover,
} from 'botbuilder-handover-vcclive';
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { loggerInto } from '../kit/loggers.js';

const GOOD: VccLiveHandoverOptions = {
  botAppId: '900100200300400',
  vccLiveAppId: '900500600700800',
  pageAccessToken: 'EAAG4711',
};

function refusal(options: unknown): InvalidOptionError {
  try {
    new VccLiveHandover(options as VccLiveHandoverOptions);
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidOptionError);
    return error as InvalidOptionError;
  }
  return expect.fail(`accepted: ${JSON.stringify(options)}`);
}

const refusedBy = (change: object): InvalidOptionError => refusal({ ...GOOD, ...change });
const accepts = (change: object): VccLiveHandover => new VccLiveHandover({ ...GOOD, ...change });

describe('the options of VccLiveHandover', () => {
  it('are an object', () => {
    for (const options of [undefined, null, 'x', 7, [], () => GOOD]) {
      expect(refusal(options)).to.include({ option: 'options', code: 'invalidOption' });
    }
  });

  const misspelt: [change: object, option: string, meant: string | undefined][] = [
    [{ talkToAgents: 'agent' }, 'talkToAgents', 'talkToAgent'],
    [{ verify_token: 'v' }, 'verify_token', undefined],
    [{ appsecret: 's' }, 'appsecret', 'appSecret'],
    [{ timers: { unclaimedMS: 1 } }, 'timers.unclaimedMS', 'unclaimedMs'],
    [{ graph: { baseURL: 'https://graph.facebook.com' } }, 'graph.baseURL', 'baseUrl'],
    [{ loopBreaker: { maxHandover: 3 } }, 'loopBreaker.maxHandover', 'maxHandovers'],
    [{ limits: { maxEvent: 10 } }, 'limits.maxEvent', 'maxEvents'],
    [{ texts: { conecting: 'x' } }, 'texts.conecting', 'connecting'],
    [{ reclaim: { agents: 'bot' } }, 'reclaim.agents', 'agent'],
    [{ satisfactionQuestion: { asks: 'x' } }, 'satisfactionQuestion.asks', 'ask'],
    [{ pages: { 1: { timer: {} } } }, 'pages.1.timer', 'timers'],
  ];
  for (const [change, option, meant] of misspelt) {
    it(`are refused if there is none of the name ${option}, and the error names ${meant ?? 'no other'}`, () => {
      const error = refusedBy(change);
      expect(error.option).to.equal(option);
      expect(error.got).to.equal('unknown');
      expect(/"(\w+)" if that is meant/.exec(error.expected)?.[1]).to.equal(meant);
    });
  }

  it('are warned of where tokens and messages would travel readable', () => {
    const lines: string[] = [];
    const logger = loggerInto(lines, 'warn');
    accepts({ logger, graph: { baseUrl: 'http://127.0.0.1:3000' } });
    expect(lines).to.deep.equal([]);
    accepts({ logger, graph: { baseUrl: 'http://graph.internal:8080' } });
    expect(lines).to.have.length(1);
    expect(lines[0])
      .to.match(/graph\.baseUrl is plain http to graph\.internal:8080/)
      .and.match(/https/);
  });

  for (const option of ['botAppId', 'vccLiveAppId', 'pageAccessToken'] as const) {
    it(`name ${option} where it is missing, empty, padded with blanks, or no text`, () => {
      for (const value of [undefined, null, '', ' ', '\t', ' 12', '12 ', '12\n', 12, {}, [], true]) {
        const error = refusedBy({ [option]: value });
        expect(error.option, JSON.stringify(value)).to.equal(option);
        expect(error.message).to.include(`"${option}"`);
      }
      const others = Object.fromEntries(Object.entries(GOOD).filter(([name]) => name !== option));
      expect(refusal(others).option).to.equal(option);
    });
  }

  it('ask for app ids in quotes, because a number may have lost its digits already', () => {
    for (const option of ['botAppId', 'vccLiveAppId']) {
      const { message, got, expected } = refusedBy({ [option]: Number('24012345678901237') });
      expect([got, message]).to.deep.equal(['the number 24012345678901236', message]);
      expect(expected).to.include('a string, in quotes (a number beyond 2^53 loses digits)');
    }
    accepts({ botAppId: '24012345678901237', vccLiveAppId: '24012345678901236' });
  });

  it('name appSecret likewise, but do not need it', () => {
    for (const value of [null, '', '  ', ' x', 'x\n', 7])
      expect(refusedBy({ appSecret: value }).option).to.equal('appSecret');
    accepts({ appSecret: undefined });
    accepts({ appSecret: 'abc' });
  });

  it('show no token and no secret', () => {
    for (const option of ['pageAccessToken', 'appSecret']) {
      const { message, expected } = refusedBy({ [option]: ' EAAGsecret ' });
      expect(message + expected).to.not.include('EAAGsecret');
    }
  });

  it('take functions of the Page for VCC Live and for the token', () => {
    accepts({ vccLiveAppId: () => '1', pageAccessToken: async () => 'x' });
    expect(refusedBy({ botAppId: () => '1' }).option).to.equal('botAppId');
  });

  it('name vccLiveAppId where it is the app of the bot', () => {
    expect(refusedBy({ vccLiveAppId: GOOD.botAppId })).to.include({ option: 'vccLiveAppId' });
  });

  it('name redact where it is neither a function nor false', () => {
    for (const value of [true, null, 'x', /x/, {}]) expect(refusedBy({ redact: value }).option).to.equal('redact');
    accepts({ redact: false });
    accepts({ redact: undefined });
    accepts({ redact: (text: string) => text });
  });

  it('name availability where it is no function', () => {
    for (const value of [true, null, 'available', {}]) {
      expect(refusedBy({ availability: value }).option).to.equal('availability');
    }
    accepts({ availability: () => 'available' });
  });

  it('name loopBreaker, or what is wrong in it', () => {
    for (const value of [true, null, 3, 'x', []])
      expect(refusedBy({ loopBreaker: value }).option).to.equal('loopBreaker');
    for (const maxHandovers of [0, -1, 1.5, 9, NaN, '3', null]) {
      expect(refusedBy({ loopBreaker: { maxHandovers } }).option).to.equal('loopBreaker.maxHandovers');
    }
    for (const withinMs of [0, -1, NaN, Infinity, '5', null]) {
      expect(refusedBy({ loopBreaker: { withinMs } }).option).to.equal('loopBreaker.withinMs');
    }
    for (const value of [false, undefined, {}, { maxHandovers: 8, withinMs: 1 }]) accepts({ loopBreaker: value });
  });

  it('name graph.timeoutMs where it is no number of milliseconds from 1 to ten minutes', () => {
    for (const value of [0, -1, 0.5, 600_001, NaN, Infinity, -Infinity, '5000', null, {}]) {
      expect(refusedBy({ graph: { timeoutMs: value } }).option, JSON.stringify(value)).to.equal('graph.timeoutMs');
    }
    const outside = fc.oneof(fc.double({ max: 0.999, noNaN: true }), fc.double({ min: 600_000.1, noNaN: true }));
    fc.assert(
      fc.property(outside, (value) => refusedBy({ graph: { timeoutMs: value } }).option === 'graph.timeoutMs'),
      { numRuns: 30 },
    );
    for (const timeoutMs of [1, 600_000]) accepts({ graph: { timeoutMs } });
  });

  it('name the other parts of graph', () => {
    for (const value of [-1, 1.5, 11, NaN, Infinity, '3', null])
      expect(refusedBy({ graph: { maxRetries: value } }).option, String(value)).to.equal('graph.maxRetries');
    for (const maxRetries of [0, 10]) accepts({ graph: { maxRetries } });
    for (const value of ['26.0', 'v26', '', 26, null])
      expect(refusedBy({ graph: { apiVersion: value } }).option).to.equal('graph.apiVersion');
    for (const value of ['', 'graph.facebook.com', 'ftp://x', 'https://x/v26.0', 'https://x/?a=b', 7, null]) {
      expect(refusedBy({ graph: { baseUrl: value } }).option).to.equal('graph.baseUrl');
    }
    const { option, message } = refusedBy({ graph: { baseUrl: 'https://me:s3cret@graph.facebook.com' } });
    expect(option).to.equal('graph.baseUrl');
    expect(message).not.to.include('s3cret');
    for (const value of ['https://graph.facebook.com', 'https://graph.facebook.com/', 'http://127.0.0.1:4000'])
      accepts({ graph: { baseUrl: value } });
    for (const value of [null, 'x', 7, []]) expect(refusedBy({ graph: value }).option).to.equal('graph');
  });

  it('name talkToAgent, with its place in the list, where it is no trigger', () => {
    const recognizer = { recognize: async () => ({ intents: {} }) };
    for (const value of [
      null,
      7,
      '',
      '  ',
      {},
      { intent: 'a' },
      { recognizer: {}, intent: 'a' },
      { recognizer: 'x', intent: 'a' },
    ]) {
      expect(refusedBy({ talkToAgent: value }).option, JSON.stringify(value)).to.equal('talkToAgent');
      expect(refusedBy({ talkToAgent: [/ok/, value] }).option).to.equal('talkToAgent[1]');
    }
    expect(refusedBy({ talkToAgent: { recognizer } }).option).to.equal('talkToAgent.intent');
    expect(refusedBy({ talkToAgent: [{ recognizer, intent: '' }] }).option).to.equal('talkToAgent[0].intent');
    for (const minScore of [-0.1, 1.1, NaN, '0.5', null]) {
      expect(refusedBy({ talkToAgent: { recognizer, intent: 'a', minScore } }).option).to.equal('talkToAgent.minScore');
    }
    class Recogniser {
      async recognize(): Promise<{ intents: object }> {
        return Promise.resolve({ intents: {} });
      }
    }
    for (const value of [[], /x/, 'agent', () => true, { recognizer: new Recogniser(), intent: 'a', minScore: 1 }])
      accepts({ talkToAgent: value });
  });

  it('name store, and what it lacks', () => {
    for (const value of [null, 7, 'memory', {}, [], { read: () => undefined }])
      expect(refusedBy({ store: value }).option).to.equal('store');
    expect(refusedBy({ store: { read: () => undefined } }).message).to.match(/update\(\).*enter\(\)/);
    // The most likely mistake: a storage of Bot Framework as it is.
    expect(refusedBy({ store: new MemoryStorage() }).message).to.match(/BotStorageThreadStore/);
    accepts({ store: new MemoryThreadStore() });
    accepts({ store: new BotStorageThreadStore(new MemoryStorage()) });
  });

  it('name inbox, and what it has to have', () => {
    const inbox = {
      forBot: (): object => inbox,
      setAside: async () => undefined,
      put: async () => '1',
      remove: async () => undefined,
      renew: async () => undefined,
      giveBack: async () => undefined,
      takeOver: async () => ({ deliveries: [], setAside: 0 }),
    };
    for (const value of [null, 7, true, [], {}, () => inbox]) {
      expect(refusedBy({ inbox: value }).option).to.equal('inbox');
    }
    for (const name of Object.keys(inbox)) {
      const error = refusedBy({ inbox: { ...inbox, [name]: undefined } });
      expect(error.option, name).to.equal('inbox');
      expect(error.message).to.include(`${name}()`);
    }
    accepts({ inbox });
    accepts({ inbox: undefined });
    accepts({ inbox: { ...inbox, close: async () => undefined } });
  });

  it('do not show an address that stands for a store or an inbox: it may hold a password', () => {
    for (const option of ['store', 'inbox']) {
      const error = refusedBy({ [option]: 'redis://:s3cret@localhost:6379' });
      expect(error.option).to.equal(option);
      expect(error.message + error.got + error.expected).to.not.include('s3cret');
    }
  });

  it('name limits, or the limit in it that is none', () => {
    for (const value of [null, 7, 'many', [], () => 1]) {
      expect(refusedBy({ limits: value }).option, String(value)).to.equal('limits');
    }
    for (const limit of ['maxEvents', 'maxEventsPerThread', 'maxTurns', 'maxBytes']) {
      for (const value of [0, -1, 1.5, NaN, Infinity, '10', null, 2 ** 53]) {
        const error = refusedBy({ limits: { [limit]: value } });
        expect(error.option, String(value)).to.equal(`limits.${limit}`);
        expect(error.message).to.include('whole number above 0');
      }
      accepts({ limits: { [limit]: 1 } });
      accepts({ limits: { [limit]: undefined } });
    }
    accepts({ limits: {} });
  });

  it('name limits, or the limit in it that is none', () => {
    for (const value of [null, 7, 'many', [], () => 1]) {
      expect(refusedBy({ limits: value }).option, String(value)).to.equal('limits');
    }
    for (const value of [0, -1, NaN, Infinity, '10', null, 600_001]) {
      const error = refusedBy({ limits: { applicationFunctionMs: value } });
      expect(error.option, String(value)).to.equal('limits.applicationFunctionMs');
      expect(error.message).to.include('milliseconds');
    }
    expect(refusedBy({ limits: { applicationFunction: 5 } }).option).to.equal('limits.applicationFunction');
    for (const limits of [undefined, {}, { applicationFunctionMs: undefined }, { applicationFunctionMs: 600_000 }]) {
      accepts({ limits });
    }
  });

  it('name timers, controlRequests and reclaim', () => {
    for (const value of [null, 7, []]) expect(refusedBy({ timers: value }).option).to.equal('timers');
    for (const value of [-1, 0, Infinity, NaN, '60']) {
      expect(refusedBy({ timers: { unclaimedMs: value } }).option).to.equal('timers.unclaimedMs');
    }
    expect(refusedBy({ timers: { unclaimed: 5 } }).option).to.equal('timers.unclaimed');
    accepts({ timers: { unclaimedMs: 1, idleMs: 2, maximumMs: 3 } });
    for (const value of [null, 'grant', 7])
      expect(refusedBy({ controlRequests: value }).option).to.equal('controlRequests');
    accepts({ controlRequests: 'deny' });
    accepts({ controlRequests: () => true });
    expect(refusedBy({ reclaim: 'bot' }).option).to.equal('reclaim');
    expect(refusedBy({ reclaim: { customer: ' ' } }).option).to.equal('reclaim.customer');
    expect(refusedBy({ reclaim: { agent: ['bot', 7] } }).option).to.equal('reclaim.agent');
    expect(refusedBy({ reclaim: { words: 'bot' } }).option).to.equal('reclaim.words');
    accepts({ reclaim: { customer: [/bot/i, 'bot'], agent: '#bot' } });
    accepts({ reclaim: { customer: 'bot', agent: undefined } });
  });

  it('name texts', () => {
    for (const value of [null, 'x', []]) expect(refusedBy({ texts: value }).option).to.equal('texts');
    for (const value of [7, true, []]) expect(refusedBy({ texts: { failed: value } }).option).to.equal('texts.failed');
    expect(refusedBy({ texts: { conecting: 'x' } }).option).to.equal('texts.conecting');
    accepts({ texts: { connecting: null, failed: 'x', returned: { text: 'y' }, unavailable: () => null } });
    accepts({ texts: { connecting: undefined } });
  });

  it('name the switches, the functions, the logger and the clock', () => {
    for (const pattern of [() => true, [/bot/, 'bot', () => true]]) accepts({ reclaim: { customer: pattern } });
    for (const value of [null, 'How was it?', []])
      expect(refusedBy({ satisfactionQuestion: value }).option).to.equal('satisfactionQuestion');
    for (const ask of [undefined, null, ' ', 7]) {
      expect(refusedBy({ satisfactionQuestion: { ask } }).option).to.equal('satisfactionQuestion.ask');
    }
    for (const after of ['completed', [], ['failed'], ['completed', 7]]) {
      expect(refusedBy({ satisfactionQuestion: { ask: 'How?', after } }).option).to.equal('satisfactionQuestion.after');
    }
    expect(refusedBy({ satisfactionQuestion: { ask: 'How?', when: 1 } }).option).to.equal('satisfactionQuestion.when');
    for (const ask of ['How?', { text: 'How?' }, () => null])
      accepts({ satisfactionQuestion: { ask, after: ['takenBack'] } });
    for (const value of [null, 'again', true, {}])
      expect(refusedBy({ openPrompt: value }).option).to.equal('openPrompt');
    for (const openPrompt of ['continue', 'repeat', 'drop', () => undefined]) accepts({ openPrompt });
    for (const option of ['statusEvents', 'inlineThreadControl']) {
      for (const value of [null, 'true', 1]) expect(refusedBy({ [option]: value }).option).to.equal(option);
    }
    for (const value of [null, 'x', {}]) expect(refusedBy({ metadata: value }).option).to.equal('metadata');
    for (const value of [null, {}, { info: () => undefined }]) {
      const { option, got } = refusedBy({ logger: value });
      expect(option).to.equal('logger');
      if (value !== null) expect(got).to.match(/^an object without .*warn\(\), error\(\)$/);
    }
    for (const value of [null, {}, { now: () => 1 }]) expect(refusedBy({ clock: value }).option).to.equal('clock');
    accepts({ logger: console });
  });

  it('that are right are not changed, and may be changed afterwards without harm', () => {
    const options = Object.freeze({
      ...GOOD,
      texts: Object.freeze({ connecting: 'a' }),
      graph: Object.freeze({ maxRetries: 1 }),
    });
    accepts(options);
  });

  it('by Page are checked as those of all Pages are, and named with their path', () => {
    for (const pages of [null, 7, 'x', []]) expect(refusedBy({ pages }).option).to.equal('pages');
    for (const own of [null, 7, 'x', []]) expect(refusedBy({ pages: { 111: own } }).option).to.equal('pages.111');
    for (const [own, option] of [
      [{ timers: { idleMs: 0 } }, 'pages.111.timers.idleMs'],
      [{ texts: { connecting: 7 } }, 'pages.111.texts.connecting'],
      [{ talkToAgent: ['x', 7] }, 'pages.111.talkToAgent[1]'],
      [{ loopBreaker: { maxHandovers: 9 } }, 'pages.111.loopBreaker.maxHandovers'],
      [{ reclaim: { agent: 7 } }, 'pages.111.reclaim.agent'],
      [{ controlRequests: 'grant' }, 'pages.111.controlRequests'],
      [{ redact: 'x' }, 'pages.111.redact'],
      [{ satisfactionQuestion: {} }, 'pages.111.satisfactionQuestion.ask'],
    ] as const) {
      expect(refusedBy({ pages: { 111: own } }).option).to.equal(option);
    }
    // What cannot differ by Page, or is not known at all.
    for (const name of ['botAppId', 'store', 'pageAccessToken', 'constructor', 'timer']) {
      expect(refusedBy({ pages: { 111: { [name]: 'x' } } }).option).to.equal(`pages.111.${name}`);
    }
    expect(refusedBy({ pages: { ' 111': {} } }).option).to.equal('pages. 111');
    accepts({ pages: { 111: { texts: { returned: null }, timers: undefined }, 222: {} } });
    accepts({ pages: () => undefined });
  });
});
