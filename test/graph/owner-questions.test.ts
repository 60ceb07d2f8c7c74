import { expect } from 'chai';
import type { Reply } from './scripted-graph.js';
import { BOT, THREAD, VCC, type Setting, errorOf, ownedBy, refusal, setUp } from './setting.js';

const NOT_SERVED = refusal(100);
const conversation = (isOwner: boolean): Reply => ({ json: { data: [{ is_owner: isOwner, id: 't_1' }] } });

describe('The question who owns a thread, on a Page that refuses thread_owner for good', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  /** Answers each edge from its own list; the last of each stays. */
  function answer(owners: readonly Reply[], conversations: readonly Reply[]): void {
    const left = { thread_owner: [...owners], conversations: [...conversations] };
    setting.graph.answer = ({ path }) => {
      const edge = path.endsWith('/conversations') ? 'conversations' : 'thread_owner';
      const reply = left[edge].length > 1 ? left[edge].shift() : left[edge][0];
      return reply as Reply;
    };
  }

  it('is put as is_owner of the conversation with the customer', async () => {
    answer([NOT_SERVED], [conversation(true)]);
    expect(await setting.client.owner(THREAD)).to.include({ owner: 'app', appId: BOT });
    const asked = setting.graph.seen.at(-1);
    expect(asked?.query.get('user_id')).to.equal(THREAD.psid);
    expect(asked?.query.get('fields')).to.equal('is_owner');
  });

  it('is answered with an owner without a name if the bot is not the owner', async () => {
    answer([NOT_SERVED], [conversation(false)]);
    expect(await setting.client.owner(THREAD)).to.include({ owner: 'hidden' });
  });

  it('is not put as thread_owner again for an hour, and then it is', async () => {
    answer([NOT_SERVED, ownedBy(VCC)], [conversation(true)]);
    await setting.client.owner(THREAD);
    await setting.client.owner(THREAD);
    expect(setting.graph.calls).to.deep.equal(['GET thread_owner', 'GET conversations', 'GET conversations']);
    setting.clock.advance(60 * 60_000);
    expect(await setting.client.owner(THREAD)).to.include({ owner: 'app', appId: VCC });
  });

  it('waits so that Meta gets two such calls a second for the Page, and no wait for another Page', async () => {
    answer([NOT_SERVED], [conversation(true)]);
    await setting.client.owner(THREAD);
    await Promise.all([1, 2, 3, 4].map(() => setting.client.owner(THREAD)));
    // Waits below a second are real on this clock, and not listed.
    expect(setting.clock.waits).to.deep.equal([1000, 1500, 2000]);
    await setting.client.owner({ ...THREAD, pageId: '999888777666555' });
    expect(setting.clock.waits).to.have.length(3);
  });

  it('keeps the refusal of thread_owner if is_owner is refused as well: then the question was wrong', async () => {
    answer([NOT_SERVED], [refusal(100)]);
    expect(await errorOf(setting.client.owner(THREAD))).to.include({ metaCode: 100, code: 'invalidCall' });
    await errorOf(setting.client.owner(THREAD));
    expect(setting.graph.calls.filter((call) => call === 'GET thread_owner')).to.have.length(2);
  });

  it('stays thread_owner for a customer whom Meta does not know, and for a throttled Page', async () => {
    for (const refused of [refusal(100, 2018001), refusal(613)]) {
      answer([refused], [conversation(true)]);
      await errorOf(setting.client.owner(THREAD));
    }
    expect(setting.graph.calls).not.to.include('GET conversations');
  });
});

describe('A take that Meta refuses', () => {
  let setting: Setting;
  beforeEach(async () => {
    setting = await setUp();
  });
  afterEach(() => setting.close());

  function answer(take: Reply, owner: Reply): void {
    setting.graph.answer = ({ method }) => (method === 'POST' ? take : owner);
  }

  for (const [code, subcode] of [[27], [27, 2534118], [27, 99999], [10], [100], [200]] as const) {
    const named = subcode === undefined ? `${code}` : `${code}/${subcode}`;
    it(`with ${named} is no failure if the bot has the thread already`, async () => {
      answer(refusal(code, subcode), ownedBy(BOT));
      const receipt = await setting.client.take(THREAD);
      expect(receipt).to.include({ confirmedBy: 'threadOwner', attempts: 1, alreadyOurs: true });
      expect(setting.graph.calls).to.deep.equal(['POST take_thread_control', 'GET thread_owner']);
    });

    it(`with ${named} is a refusal that names the owner if VCC Live has the thread`, async () => {
      answer(refusal(code, subcode), ownedBy(VCC));
      const error = await errorOf(setting.client.take(THREAD));
      expect(error).to.include({ outcome: 'refused', metaCode: code });
      expect(error.owner).to.include({ owner: 'app', appId: VCC });
    });
  }

  it('with 27/1893035 says so without a question', async () => {
    answer(refusal(27, 1893035), ownedBy(VCC));
    expect(await setting.client.take(THREAD)).to.include({ confirmedBy: 'answer', alreadyOurs: true });
    expect(setting.graph.calls).to.deep.equal(['POST take_thread_control']);
  });

  it('that went through says nothing of the kind', async () => {
    answer({ json: { success: true } }, ownedBy(VCC));
    expect(await setting.client.take(THREAD)).not.to.have.property('alreadyOurs');
  });

  it('because of a rate limit or a dead token is not followed by a question', async () => {
    for (const refused of [refusal(613), refusal(190)]) {
      answer(refused, ownedBy(BOT));
      await errorOf(setting.client.take(THREAD));
    }
    expect(setting.graph.calls).not.to.include('GET thread_owner');
  });

  it('names a setting of the Page only if the subcode says which', async () => {
    answer(refusal(27), ownedBy(VCC));
    expect((await errorOf(setting.client.take(THREAD))).message).to.match(/routing may be off.*may not let.*already/i);
    answer(refusal(10, 2534118), ownedBy(VCC));
    expect((await errorOf(setting.client.take(THREAD))).message).to.contain('Take control of conversations');
  });
});
