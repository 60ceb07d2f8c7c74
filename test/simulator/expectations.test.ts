/** Expectations: a dialogue that goes as written passes, and each that does not fails with what the reader must know. */
import { expect } from 'chai';
import { ExpectationError } from '../../src/simulator/index.js';
import { PSID, scene, type Scene } from './recording-bot.js';

const VCC = '27012345678901239';
const OTHER_PSID = '6600112233445577';
const to = { recipient: { id: PSID } };
const SOON_MS = 20;

describe('Expectations of a bot on the simulator', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await scene();
  });
  afterEach(() => at.end());

  const botSays = (text: string, psid = PSID) =>
    at.call('POST', '/me/messages', { recipient: { id: psid }, message: { text } });
  const botPasses = (metadata?: string) =>
    at.call('POST', '/me/pass_thread_control', { ...to, target_app_id: VCC, metadata });
  /** The bot answers each message of the customer before it acknowledges it. */
  const answering = (answer: (text: string) => string | undefined): void => {
    at.bot.answer = async ({ body }) => {
      for (const item of body.entry[0].messaging ?? []) {
        const text = item.message?.is_echo === true ? undefined : item.message?.text;
        const said = text === undefined ? undefined : answer(text);
        if (said !== undefined) await botSays(said);
      }
      return 200;
    };
  };
  const failure = async (promise: Promise<unknown>): Promise<ExpectationError> => {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ExpectationError);
    return error as ExpectationError;
  };

  describe('an answer', () => {
    it('is used up by the expectation that it meets, so that a dialogue reads from the top down', async () => {
      answering((text) => `You said: ${text}`);
      const customer = at.sim.customer(PSID);
      await customer.says('one');
      await customer.says('two');
      await customer.expects.answer('You said: one');
      // Another object for the same customer goes on where the first one stopped.
      const second = await at.sim.customer(PSID).expects.answer(/two$/);
      expect(second).to.deep.include({ from: 'bot', text: 'You said: two' });
      await customer.expects.silence();
    });

    it('may come after the webhook was acknowledged', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      const heard = customer.expects.answer(/later/);
      await botSays('a little later');
      await heard;
    });

    it('may be any message, or be judged by a function', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      await botSays('first');
      const quick_replies = [{ content_type: 'text', title: 'Yes', payload: 'YES' }];
      await at.call('POST', '/me/messages', { ...to, message: { text: 'second', quick_replies } });
      await customer.expects.answer();
      await customer.expects.answer(({ message }) => JSON.stringify(message).includes('YES'));
    });

    it('is found by an expression with a memory, again and again', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      await botSays('pong');
      await botSays('pong');
      const pong = /pong/g;
      await customer.expects.answer(pong);
      await customer.expects.answer(pong);
    });

    it('is the bot’s, unless another speaker is asked for; each speaker is listened to apart', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      await botPasses();
      await at.sim.agent().says(PSID, 'Anna here');
      await at.sim.agent().handsBack(PSID);
      await botSays('welcome back');
      await customer.expects.answer('welcome back');
      await customer.expects.answer(/Anna/, { from: 'agent' });
    });

    it('that is another one fails at once, with expectation, message and wire', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hello');
      await botSays('Sorry?');
      const began = performance.now();
      const error = await failure(customer.expects.answer(/good day/i, { timeoutMs: 60_000 }));
      expect(performance.now() - began).to.be.lessThan(30_000);
      expect(error.code).to.equal('expectationFailed');
      expect(error.expected).to.equal("the bot's next message to be /good day/i");
      expect(error.got).to.equal('"Sorry?"');
      // A string is the whole text, not a part of it.
      await failure(customer.expects.answer('Sorry'));
      expect(error.message).to.include('message "hello"').and.to.include('POST /v26.0/me/messages 200 "Sorry?"');
      expect(
        error.message.startsWith(`Customer ${PSID} expected the bot's next message to be /good day/i\nGot "Sorry?"`),
      ).to.be.true;
      // What did not fit is still there for whoever looks again.
      await customer.expects.answer('Sorry?');
    });

    it('that does not come fails after its limit, and shows the refusal that kept it away', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('agent!');
      await botPasses();
      await botSays('still here');
      const error = await failure(customer.expects.answer('still here', { timeoutMs: SOON_MS }));
      expect(error.got).to.equal(`nothing within ${SOON_MS} ms`);
      expect(error.wireLines).to.include(
        '"still here" (#10) Message failed to send because another app is controlling',
      );
    });

    it('shows nothing of other threads', async () => {
      await at.sim.customer(OTHER_PSID).says('something private');
      await botSays('to the other one', OTHER_PSID);
      await at.sim.customer(PSID).says('hi');
      const { message } = await failure(at.sim.customer(PSID).expects.answer('x', { timeoutMs: SOON_MS }));
      expect(message).to.include('"hi"').and.not.include('private').and.not.include('to the other one');
    });

    it('without text is described by what it holds', async () => {
      await at.sim.customer(PSID).says('hi');
      const attachment = { type: 'image', payload: { url: 'https://cdn.example.test/cat.png' } };
      await at.call('POST', '/me/messages', { ...to, message: { attachment } });
      const { got } = await failure(at.sim.customer(PSID).expects.answer('text'));
      expect(got).to.include('without text').and.include('cat.png');
    });
  });

  describe('silence', () => {
    it('is broken by a message that no expectation has used up', async () => {
      answering(() => 'chatter');
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      const error = await failure(customer.expects.silence());
      expect([error.expected, error.got]).to.deep.equal(['silence of the bot', '"chatter"']);
    });

    it('is broken by a message that comes a little later', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      const silence = failure(customer.expects.silence({ forMs: 60_000 }));
      await new Promise((resolve) => setTimeout(resolve, SOON_MS));
      await botSays('one more thing');
      expect((await silence).got).to.equal('"one more thing"');
    });

    it('is not broken by typing, nor by the agent', async () => {
      const customer = at.sim.customer(PSID);
      await customer.says('hi');
      await at.call('POST', '/me/messages', { ...to, sender_action: 'typing_on' });
      await botPasses();
      await at.sim.agent().says(PSID, 'Anna here');
      await customer.expects.silence({ forMs: SOON_MS });
      expect((await failure(customer.expects.silence({ from: 'agent' }))).got).to.equal('"Anna here"');
    });

    it('cannot be told while a webhook is unanswered', async () => {
      let acknowledge = (_status: number): void => undefined;
      at.bot.answer = () => new Promise((resolve) => (acknowledge = resolve));
      const customer = at.sim.customer(PSID);
      const said = customer.says('hi');
      const { got } = await failure(customer.expects.silence({ timeoutMs: SOON_MS }));
      expect(got).to.equal(`a webhook still unanswered after ${SOON_MS} ms`);
      acknowledge(200);
      await said;
    });
  });

  describe('VCC Live’s threads', () => {
    it('has the thread, with its metadata', async () => {
      await at.sim.customer(PSID).says('agent!');
      const there = at.sim.agent().expects.thread(PSID, { metadata: /asked/ });
      await botPasses('asked for an agent');
      expect(await there).to.include({ psid: PSID, metadata: 'asked for an agent' });
      await at.sim.agent().expects.thread(PSID, { metadata: (text) => text?.startsWith('asked') === true });
    });

    it('fails without the thread, and with other metadata', async () => {
      await at.sim.customer(PSID).says('agent!');
      const agent = at.sim.agent();
      const absent = await failure(agent.expects.thread(PSID, { timeoutMs: SOON_MS }));
      expect([absent.expected, absent.got]).to.deep.equal([
        `the thread of ${PSID}`,
        `no such thread after ${SOON_MS} ms`,
      ]);
      await botPasses();
      const bare = await failure(agent.expects.thread(PSID, { metadata: 'asked' }));
      expect([bare.expected, bare.got]).to.deep.equal([
        `the thread of ${PSID} with metadata "asked"`,
        'metadata missing',
      ]);
      expect(bare.wireLines).to.include('pass_thread_control');
    });
  });

  describe('the owner', () => {
    it('is waited for, by role or by app id', async () => {
      const customer = at.sim.customer(PSID);
      await at.sim.expects.owner(PSID, 'idle');
      await customer.says('hi');
      await at.sim.expects.owner(PSID, 'bot');
      const passed = at.sim.expects.owner(PSID, 'vccLive');
      await botPasses();
      await passed;
      await at.sim.expects.owner(PSID, VCC);
      await at.sim.pageInbox().movesToMain(PSID);
      await at.sim.expects.owner(PSID, 'pageInbox');
      await at.sim.clock.advance(25 * 60 * 60 * 1000);
      await at.sim.expects.owner(PSID, 'idle');
    });

    it('fails with both names', async () => {
      await at.sim.customer(PSID).says('hi');
      const error = await failure(at.sim.expects.owner(PSID, 'vccLive', { timeoutMs: SOON_MS }));
      expect(error.expected).to.equal(`thread ${PSID} to be owned by vccLive (app ${VCC})`);
      expect(error.got).to.equal(`bot (app 24012345678901237) after ${SOON_MS} ms`);
    });
  });

  describe('the webhook', () => {
    it('is tried until the bot is there', async () => {
      let tries = 0;
      at.bot.answer = () => ((tries += 1) < 3 ? 503 : 200);
      await at.sim.expects.webhook();
      expect(tries).to.equal(3);
    });

    it('fails with what was answered, or with the reason why nobody did', async () => {
      at.bot.answer = () => 403;
      const { got } = await failure(at.sim.expects.webhook({ timeoutMs: SOON_MS }));
      expect(got).to.equal('status 403 and not the challenge');
      await at.bot.close();
      expect((await failure(at.sim.expects.webhook({ timeoutMs: SOON_MS }))).got).to.include('ECONNREFUSED');
    });
  });

  describe('refused sends', () => {
    it('are found, with text and reason', async () => {
      await at.sim.customer(PSID).says('hi');
      await at.sim.expects.noRefusedSends();
      await botPasses();
      await botSays('over the agent');
      const error = await failure(at.sim.expects.noRefusedSends());
      expect(error.got).to.equal(
        '1: "over the agent" ((#10) Message failed to send because another app is controlling this thread now.)',
      );
      expect((await failure(at.sim.expects.noRefusedSends(PSID))).expected).to.equal(`no refused sends to ${PSID}`);
      await at.sim.expects.noRefusedSends(OTHER_PSID);
    });

    it('do not count where the weather made them, or where VCC Live was refused', async () => {
      await at.sim.customer(PSID).says('hi');
      at.sim.weather.deadToken.once({ edges: ['messages'] });
      await botSays('with a dead token');
      await at.vccCalls('POST', '/me/messages', { ...to, message: { text: 'not mine' } });
      expect(at.sim.wire.of('graph').filter(({ refused }) => refused)).to.have.length(2);
      await at.sim.expects.noRefusedSends();
    });
  });
});
