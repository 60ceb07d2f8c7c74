/** The samples for AWS Lambda and Azure Functions, called with the requests of these platforms; docs/functions.md prints them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpRequest } from '@azure/functions';
import type { APIGatewayProxyEvent, APIGatewayProxyEventV2 } from 'aws-lambda';
import { expect } from 'chai';
import { signPayload } from 'botbuilder-handover-vcclive';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { examplesOf, paper, REPOSITORY } from '../readme/readme-examples.js';
import { describeWithRedis, RedisServer } from '../store/redis-server.js';

type Lambda = typeof import('../../samples/lambda/index.js');
type AzureFunctions = typeof import('../../samples/azure-functions/index.js');

/** What a platform is asked. */
interface Asked {
  readonly method: 'GET' | 'POST';
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What it answers. */
interface Answered {
  readonly status: number | undefined;
  readonly body: unknown;
}

const FUNCTIONS_LIMIT_MS = 30_000;
const PSID = '6600112233445566';
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const lowerCased = (headers: Asked['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/**
 * A REST API's event, as far as the sample reads it.
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
 */
function restEvent({ method, query, headers, body }: Asked, isBase64Encoded = false): APIGatewayProxyEvent {
  const parameters = Object.fromEntries(new URLSearchParams(query));
  return {
    resource: '/api/messages',
    path: '/api/messages',
    httpMethod: method,
    headers,
    multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    queryStringParameters: query === '' ? null : parameters,
    body: body === undefined ? null : isBase64Encoded ? Buffer.from(body).toString('base64') : body,
    isBase64Encoded,
  } as unknown as APIGatewayProxyEvent;
}

/**
 * An HTTP API's event in payload format 2.0. A function URL's has the same form.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
 */
function httpEvent({ method, query, headers, body }: Asked, isBase64Encoded = false): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/api/messages',
    rawQueryString: query,
    headers: lowerCased(headers),
    requestContext: { http: { method, path: '/api/messages' } },
    ...(body === undefined ? {} : { body: isBase64Encoded ? Buffer.from(body).toString('base64') : body }),
    isBase64Encoded,
  } as unknown as APIGatewayProxyEventV2;
}

describeWithRedis('The samples for cloud functions', function () {
  this.timeout(FUNCTIONS_LIMIT_MS);
  let redis: RedisServer;
  let sim: MessengerSimulator;
  let lambda: Lambda;
  let azure: AzureFunctions;
  const environment: Record<string, string | undefined> = {};
  let customers = 0;

  before(async () => {
    redis = await RedisServer.start();
    sim = await MessengerSimulator.start();
    const { settings } = sim;
    const env = {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: sim.graphBaseUrl,
      REDIS_URL: redis.url,
    };
    for (const name of Object.keys(env)) environment[name] = process.env[name];
    Object.assign(process.env, env);
    // Not before: the samples read the environment when they are loaded, as a function's instance does.
    lambda = load('lambda/index.js') as Lambda;
    azure = load('azure-functions/index.js') as AzureFunctions;
  });
  after(async () => {
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    const { bot } = load('functions/bot.js') as typeof import('../../samples/functions/bot.js');
    await bot.close();
    await sim.stop();
    await redis.kill();
  });

  const PLATFORMS: Readonly<Record<string, (asked: Asked) => Promise<Answered>>> = {
    'a REST API (payload format 1.0)': async (asked) => lambdaAnswer(await lambda.webhook(restEvent(asked))),
    'a REST API with binary media types': async (asked) => lambdaAnswer(await lambda.webhook(restEvent(asked, true))),
    'an HTTP API (payload format 2.0)': async (asked) => lambdaAnswer(await lambda.webhook(httpEvent(asked))),
    'a function URL whose body is base64': async (asked) => lambdaAnswer(await lambda.webhook(httpEvent(asked, true))),
    'Azure Functions': async ({ method, query, headers, body }) => {
      const url = `https://bot.azurewebsites.net/api/messenger${query === '' ? '' : `?${query}`}`;
      const given = body === undefined ? {} : { body: { bytes: Buffer.from(body) } };
      const { status, body: answer } = await azure.webhook(new HttpRequest({ method, url, headers, ...given }));
      return { status, body: answer };
    },
  };

  for (const [platform, ask] of Object.entries(PLATFORMS)) {
    describe(`behind ${platform}`, () => {
      let psid: string;
      let mids = 0;
      beforeEach(async () => {
        psid = String(BigInt(PSID) + BigInt((customers += 1)));
        // Meta lets no bot answer a customer who has not written.
        sim.connectBot([]);
        await sim.customer(psid).says('first');
      });
      const deliver = (text: string, secret = sim.settings.appSecret): Promise<Answered> => {
        const { pageId } = sim.settings;
        const head = { sender: { id: psid }, recipient: { id: pageId }, timestamp: Date.now() };
        const message = { mid: `m_${psid}_${(mids += 1)}`, text };
        const entry = { id: pageId, time: Date.now(), messaging: [{ ...head, message }] };
        const body = JSON.stringify({ object: 'page', entry: [entry] });
        const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': signPayload(body, secret) };
        return ask({ method: 'POST', query: '', headers, body });
      };

      it('answers Meta’s verification', async () => {
        const query = `hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${sim.settings.verifyToken}`;
        const answered = await ask({ method: 'GET', query, headers: {}, body: undefined });
        expect(answered).to.deep.equal({ status: 200, body: '1158201444' });
      });

      it('has answered the customer when it answers Meta, whatever letters the message has', async () => {
        expect(await deliver('Grüße 👋')).to.deep.equal({ status: 200, body: '' });
        expect(sim.customer(psid).hears()).to.deep.equal(['You said: Grüße 👋']);
      });

      it('hands over before it answers Meta', async () => {
        expect((await deliver('talk to agent')).status).to.equal(200);
        expect(sim.customer(psid).hears()).to.deep.equal([CONNECTING]);
        expect(sim.ownerOf(psid).owner).to.equal(sim.settings.vccLiveAppId);
      });

      it('refuses what Meta did not sign', async () => {
        expect((await deliver('hello', 'another secret')).status).to.equal(401);
        expect(sim.customer(psid).hears()).to.deep.equal([]);
      });
    });
  }

  it('look for due timers when their schedule calls them', async () => {
    await lambda.timers();
  });

  it('are what docs/functions.md prints', () => {
    const examples = examplesOf(paper('docs/functions.md'));
    for (const [name, file] of Object.entries({
      bot: 'functions/bot.ts',
      lambda: 'lambda/index.ts',
      'azure-functions': 'azure-functions/index.ts',
    })) {
      const sample = readFileSync(join(REPOSITORY, 'samples', file), 'utf8').replace('../functions/bot.js', './bot.js');
      expect(sample, name).to.include(examples.get(name)?.trim());
    }
  });
});

function lambdaAnswer({ statusCode, body }: { readonly statusCode: number; readonly body: string }): Answered {
  return { status: statusCode, body };
}

function load(file: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded when the environment is set, not before
  return require(join(REPOSITORY, 'samples', file)) as unknown;
}
