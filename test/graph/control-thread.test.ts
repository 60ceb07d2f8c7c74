import { expect } from 'chai';
import fc from 'fast-check';
import { GraphApiError } from '../../src/graph/graph-api-error.js';
import {
  BOT,
  HIDDEN,
  INBOX,
  THREAD,
  TIMEOUT_MS,
  VCC,
  type Setting,
  errorOf,
  ownedBy,
  refusal,
  setUp,
} from './setting.js';
import type { Reply } from './scripted-graph.js';
import { closedOrigin } from './scripted-graph.js';

const DONE: Reply = { json: { success: true } };
const FAULT: Reply = { status: 500, json: { error: { code: 1, message: 'An unknown error has occurred.' } } };

describe('a change of thread control whose answer is lost', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  /** POSTs are answered from the first list, questions about the owner from the second; the last of each stays. */
  function answer(posts: readonly Reply[], owners: readonly Reply[]): void {
    let post = 0;
    let owner = 0;
    setting.graph.answer = ({ method }) =>
      method === 'POST' ? posts[Math.min(post++, posts.length - 1)]! : owners[Math.min(owner++, owners.length - 1)]!;
  }

  const PASS = 'POST pass_thread_control';
  const OWNER = 'GET thread_owner';

  for (const lost of [
    'reset',
    FAULT,
    { status: 503, text: 'busy' },
    { text: '<html>' },
    refusal(2),
    refusal(1200, 2018024),
  ] as Reply[]) {
    it(`is asked about at once, and was done where VCC Live owns the thread (${JSON.stringify(lost)})`, async () => {
      answer([lost], [ownedBy(VCC)]);
      const receipt = await setting.client.pass(THREAD, VCC);
      expect(receipt).to.include({ confirmedBy: 'threadOwner', attempts: 1 });
      expect(receipt.owner).to.include({ owner: 'app', appId: VCC });
      expect(setting.graph.calls).to.deep.equal([PASS, OWNER]);
      expect(setting.clock.waits).to.deep.equal([]);
    });
  }

  it('has the times of the question that confirmed it', async () => {
    const startMs = setting.clock.now();
    setting.graph.answer = ({ method }) => {
      setting.clock.advance(30);
      return method === 'POST' ? 'reset' : ownedBy(VCC);
    };
    const { sentAtMs, answeredAtMs } = await setting.client.pass(THREAD, VCC);
    expect([sentAtMs - startMs, answeredAtMs - startMs]).to.deep.equal([30, 60]);
  });

  it('is made again after 1, 2 and 4 seconds while the thread is still ours, and then given up: nothing had moved', async () => {
    answer(['reset'], [ownedBy(BOT)]);
    const error = await errorOf(setting.client.pass(THREAD, VCC));
    expect(error).to.include({ code: 'networkFailed', outcome: 'refused', retryable: true });
    expect(error.owner).to.include({ owner: 'app', appId: BOT });
    expect(setting.graph.calls).to.deep.equal([PASS, OWNER, PASS, OWNER, PASS, OWNER, PASS, OWNER]);
    expect(setting.clock.waits).to.deep.equal([1000, 2000, 4000]);
  });

  it('is made again where the thread is idle', async () => {
    answer(['reset', DONE], [ownedBy(undefined)]);
    expect(await setting.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'answer', attempts: 2 });
  });

  it('waits up to half longer, by the random number', async () => {
    const jittery = await setUp({ random: () => 0.5 });
    jittery.graph.script('reset', ownedBy(BOT), DONE);
    await jittery.client.pass(THREAD, VCC);
    expect(jittery.clock.waits).to.deep.equal([1250]);
    await jittery.close();
  });

  it('stops where a third app has the thread', async () => {
    answer(['reset'], [ownedBy(INBOX)]);
    const error = await errorOf(setting.client.pass(THREAD, VCC));
    expect(error).to.include({ code: 'anotherAppOwns', outcome: 'refused', retryable: false });
    expect(error.owner).to.include({ owner: 'app', appId: INBOX });
    expect(setting.graph.calls).to.deep.equal([PASS, OWNER]);
  });

  it('was done where Meta hides the owner: the bot had it, and has it no more', async () => {
    answer(['reset'], [HIDDEN]);
    expect(await setting.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'threadOwner' });
  });

  it('is made again where the question gets no answer either, and ends unknown', async () => {
    answer(['reset'], ['reset']);
    const error = await errorOf(setting.client.pass(THREAD, VCC));
    expect(error).to.include({ code: 'networkFailed', outcome: 'unknown' });
    expect(error.message).to.match(/Whether it took effect is not known/);
    expect(setting.graph.calls).to.deep.equal([PASS, OWNER, PASS, OWNER, PASS, OWNER, PASS, OWNER]);
  });

  it('worked where the repeat is refused because we do not own the thread any more, and thread_owner says so', async () => {
    answer(['reset', refusal(100, 2018151)], ['reset', ownedBy(VCC)]);
    expect(await setting.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'threadOwner', attempts: 2 });
  });

  it('worked also where thread_owner had said "still ours" a moment too early', async () => {
    answer(['reset', refusal(100, 2018151)], [ownedBy(BOT), ownedBy(VCC)]);
    expect(await setting.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'threadOwner', attempts: 2 });
  });

  it('stays unknown where the repeat is refused for not being the owner and nobody says who is', async () => {
    answer(['reset', refusal(100, 2018151)], [ownedBy(BOT), 'reset']);
    expect(await errorOf(setting.client.pass(THREAD, VCC))).to.include({ code: 'anotherAppOwns', outcome: 'unknown' });
  });

  it('stays unknown where the repeat is refused for another reason and the first attempt was never cleared up', async () => {
    answer(['reset', refusal(200)], ['reset']);
    expect(await errorOf(setting.client.pass(THREAD, VCC))).to.include({
      code: 'permissionMissing',
      outcome: 'unknown',
    });
  });

  it('is asked about a last time where the repeat cannot be sent at all', async () => {
    const tokens = ['token', 'token', '', 'token'];
    const tokenless = await setUp({ pageAccessToken: () => tokens.shift() ?? '' });
    tokenless.graph.script('reset', 'reset', ownedBy(VCC));
    expect(await tokenless.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'threadOwner', attempts: 2 });
    expect(tokenless.graph.calls).to.deep.equal([PASS, OWNER, OWNER]);
    await tokenless.close();
  });

  it('is refused where the first attempt was cleared up before', async () => {
    answer(['reset', refusal(200)], [ownedBy(BOT), 'reset']);
    expect(await errorOf(setting.client.pass(THREAD, VCC))).to.include({
      code: 'permissionMissing',
      outcome: 'refused',
    });
  });

  it('is not made again into a rate limit, and stays unknown with the time to wait', async () => {
    answer(['reset'], [refusal(80006)]);
    const error = await errorOf(setting.client.pass(THREAD, VCC));
    expect(error).to.include({ code: 'rateLimited', outcome: 'unknown' });
    // The pause of 60 s, less the second that was waited before the repeat.
    expect(error.retryAfterMs).to.equal(59_000);
    expect(setting.graph.calls).to.deep.equal([PASS, OWNER]);
  });

  it('is simply refused where the first answer is a refusal: nothing is asked', async () => {
    answer([refusal(100, 2018151)], [ownedBy(VCC)]);
    expect(await errorOf(setting.client.pass(THREAD, VCC))).to.include({ code: 'anotherAppOwns', outcome: 'refused' });
    expect(setting.graph.calls).to.deep.equal([PASS]);
  });

  it('is asked about after a timeout, too', async () => {
    const slow = await setUp({ timeoutMs: TIMEOUT_MS });
    slow.graph.answer = ({ method }) => (method === 'POST' ? 'silence' : ownedBy(VCC));
    expect(await slow.client.pass(THREAD, VCC)).to.include({ confirmedBy: 'threadOwner', attempts: 1 });
    await slow.close();
  });

  it('taking: was done where the bot has it, and where the repeat says "has control already"', async () => {
    answer(['reset'], [ownedBy(BOT)]);
    expect(await setting.client.take(THREAD)).to.include({ confirmedBy: 'threadOwner', attempts: 1 });
    answer(['reset', refusal(27, 1893035)], ['reset']);
    expect(await setting.client.take(THREAD)).to.include({ confirmedBy: 'answer', attempts: 2 });
  });

  for (const [code, subcode] of [
    [27, undefined],
    [27, 2018464],
    [27, 2534118],
    [10, undefined],
  ] as const) {
    it(`taking: ${code}/${subcode ?? '-'} is no refusal if thread_owner says that the bot has the thread`, async () => {
      answer([refusal(code, subcode)], [ownedBy(BOT)]);
      const receipt = await setting.client.take(THREAD);
      expect(receipt).to.include({ confirmedBy: 'threadOwner', attempts: 1, alreadyOurs: true });
      expect(setting.graph.calls).to.deep.equal(['POST take_thread_control', OWNER]);
    });

    it(`taking: ${code}/${subcode ?? '-'} is a refusal if thread_owner names another app, or nobody`, async () => {
      for (const owner of [VCC, undefined]) {
        answer([refusal(code, subcode)], [ownedBy(owner)]);
        const error = await errorOf(setting.client.take(THREAD));
        expect(error).to.include({ metaCode: code, outcome: 'refused', retryable: false });
        expect(error.owner).to.include(owner === undefined ? { owner: 'idle' } : { owner: 'app', appId: owner });
      }
      expect(setting.clock.waits).to.deep.equal([]);
    });

    it(`taking: ${code}/${subcode ?? '-'} is a refusal if thread_owner does not answer`, async () => {
      answer([refusal(code, subcode)], ['reset']);
      expect(await errorOf(setting.client.take(THREAD))).to.include({ metaCode: code, outcome: 'refused' });
    });
  }

  it('taking: a thread that the take itself has moved was not the bot’s before', async () => {
    answer([DONE], []);
    expect(await setting.client.take(THREAD)).not.to.have.property('alreadyOurs');
    answer(['reset', refusal(27)], ['reset', ownedBy(BOT)]);
    expect(await setting.client.take(THREAD)).not.to.have.property('alreadyOurs');
  });

  it('taking: is made again while the app it is taken from has it, or Meta hides who', async () => {
    answer(['reset', 'reset', DONE], [ownedBy(VCC), HIDDEN]);
    expect(await setting.client.take(THREAD)).to.include({ confirmedBy: 'answer', attempts: 3 });
  });

  it('releasing: was done where nobody has it', async () => {
    answer(['reset'], [ownedBy(undefined)]);
    expect(await setting.client.release(THREAD)).to.include({ confirmedBy: 'threadOwner' });
  });

  it('prolonging: is made again while the bot has it', async () => {
    answer(['reset', DONE], [ownedBy(BOT)]);
    expect(await setting.client.extend(THREAD, 60_000)).to.include({ confirmedBy: 'answer', attempts: 2 });
  });

  it('is made again without a question where the server was not reached, and says that nothing was sent', async () => {
    const away = await setUp({ baseUrl: await closedOrigin(), maxRetries: 2 });
    expect(await errorOf(away.client.pass(THREAD, VCC))).to.include({ code: 'networkFailed', outcome: 'notSent' });
    expect(away.clock.waits).to.deep.equal([1000, 2000]);
    await away.close();
  });

  it('never claims more than is so, whatever is lost: passed means passed, refused means not passed', async () => {
    const step = fc.record({
      reply: fc.constantFrom('done', 'lostAfter', 'lostBefore', 'fault'),
      question: fc.constantFrom('answered', 'lost'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 3 }),
        async (steps, maxRetries) => {
          const trial = await setUp({ maxRetries });
          let owner = BOT;
          let posts = 0;
          trial.graph.answer = ({ method }) => {
            const { reply, question } = steps[Math.min(posts, steps.length - 1)]!;
            if (method === 'GET') return question === 'lost' ? 'reset' : ownedBy(owner);
            posts++;
            if (reply === 'lostBefore') return 'reset';
            if (reply === 'fault') return FAULT;
            if (owner !== BOT) return refusal(100, 2018151);
            owner = VCC;
            return reply === 'lostAfter' ? 'reset' : DONE;
          };
          const result = await trial.client.pass(THREAD, VCC).catch((error: unknown) => error);
          if (result instanceof GraphApiError) {
            if (result.outcome === 'refused') expect(owner).to.equal(BOT);
            expect(result.outcome).to.not.equal('notSent');
          } else {
            expect(owner).to.equal(VCC);
          }
          expect(posts).to.be.at.most(maxRetries + 1);
          await trial.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});
