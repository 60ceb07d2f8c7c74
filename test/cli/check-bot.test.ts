/** What is said to a developer whose bot does not answer as it must: each cause in its own words. */
import { createServer } from 'node:http';
import { expect } from 'chai';
import { checkBot } from '../../src/cli/check-bot.js';
import { verifySignature } from 'botbuilder-handover-vcclive';
import { RecordingBot, type Delivery } from '../simulator/recording-bot.js';
import { listenLocally, originOf } from '../kit/listening.js';

const appSecret = 'a-secret';
const verifyToken = 'a-verify-token';
const SOON_MS = 30;

describe('Asking a bot whether it is there', () => {
  let bot: RecordingBot;
  beforeEach(async () => {
    bot = await RecordingBot.start();
  });
  afterEach(() => bot.close());

  const check = (url = bot.url) => checkBot({ url, appSecret, verifyToken });
  const answers = (post: number, get = 200): void => {
    bot.answer = ({ method }: Delivery) => (method === 'GET' ? get : post);
  };

  it('sends an empty delivery with both signatures, and the handshake with its token', async () => {
    const { ready, says } = await check();
    expect([ready, says]).to.deep.equal([true, `The bot answers at ${bot.url}.`]);
    const [delivery, handshake] = bot.deliveries;
    expect(delivery?.body).to.deep.equal({ object: 'page', entry: [] });
    const signature = String(delivery?.headers['x-hub-signature-256']);
    expect(verifySignature(delivery?.raw ?? '', signature, appSecret).valid).to.equal(true);
    expect(delivery?.headers['x-hub-signature']).to.match(/^sha1=[0-9a-f]{40}$/);
    expect(new URL(handshake?.url ?? '', bot.url).searchParams.get('hub.verify_token')).to.equal(verifyToken);
  });

  it('keeps what the address has after its path', async () => {
    await check(`${bot.url}?page=7`);
    expect(bot.deliveries.map(({ url }) => new URL(url, bot.url).searchParams.get('page'))).to.deep.equal(['7', '7']);
  });

  const TROUBLE: readonly (readonly [status: number, says: RegExp])[] = [
    [401, /answers 401: it does not accept the signature.*FACEBOOK_APP_SECRET/],
    [403, /does not accept the signature/],
    [404, /answers 404: nothing answers at that path.*--bot/],
    [405, /takes no POST/],
    [500, /answers 500 to a delivery: the bot failed, and its log says why/],
    [503, /answers 503 to a delivery: the bot failed/],
    [302, /answers 302, a redirection/],
    [204, /accepts only 200/],
  ];
  for (const [status, expected] of TROUBLE) {
    it(`says what ${status} means`, async () => {
      answers(status);
      const { ready, says } = await check();
      expect(ready).to.equal(false);
      expect(says).to.match(expected).and.to.include(bot.url);
    });
  }

  it('follows no redirection, as Meta follows none', async () => {
    const server = createServer((_request, response) => {
      // Not chained: in a process that has loaded restify, writeHead returns nothing.
      response.writeHead(307, { Location: bot.url });
      response.end();
    });
    await listenLocally(server);
    const { says } = await check(`${originOf(server)}/`);
    server.close();
    server.closeAllConnections();
    expect(says).to.include('answers 307, a redirection');
    expect(bot.deliveries).to.have.length(0);
  });

  it('is content without a handshake, and says what Meta would say', async () => {
    answers(200, 405);
    expect(await check()).to.deep.include({ ready: true });
    expect((await check()).says).to.include('It has no handshake: GET is answered 405.');
    answers(200, 403);
    expect((await check()).says).to.include('is FACEBOOK_VERIFY_TOKEN the one above?');
  });

  it('is not content with the handshake’s status alone', async () => {
    bot.answer = () => 200;
    const { says } = await checkBot({ url: `${bot.url}?hub.challenge=of-my-own`, appSecret, verifyToken });
    expect(says, 'the challenge replaces one that is there').to.equal(`The bot answers at ${bot.url}?….`);
    const { url } = await silentServer(bot);
    expect((await check(url)).says).to.include('200, but not with the challenge');
  });

  it('says that nobody is there', async () => {
    const { url } = bot;
    await bot.close();
    expect(await check(url)).to.deep.equal({
      ready: false,
      says: `No server listens at ${url}. Start your bot with the values above.`,
    });
  });

  it('says that the bot is slow', async () => {
    bot.answer = () => undefined;
    const { ready, says } = await checkBot({ url: bot.url, appSecret, verifyToken }, SOON_MS);
    expect(ready).to.equal(false);
    expect(says).to.include(`did not answer within ${SOON_MS} ms`);
  });

  it('says that there is no such host', async () => {
    const { says } = await check('http://no-such-host.invalid/api/messages');
    expect(says).to.match(/There is no host no-such-host\.invalid \((ENOTFOUND|EAI_AGAIN)\)/);
  });
});

/** The stock adapter answers a GET with 200 and a text of its own. */
async function silentServer(bot: RecordingBot): Promise<{ readonly url: string }> {
  bot.answer = (delivery) => {
    (delivery as { url: string }).url = delivery.url.replace('hub.challenge=', 'other=');
    return 200;
  };
  return { url: bot.url };
}
