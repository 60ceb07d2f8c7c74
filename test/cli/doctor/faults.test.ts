/** Each wrong setting, made at the simulator, is named by doctor, and nothing else turns red. */
import { expect } from 'chai';
import { checksThatAre, openClinic, PSID, report, vccLiveAccess, type Clinic, type Report } from './clinic.js';

const DAY_MS = 24 * 60 * 60_000;

interface Fault {
  readonly what: string;
  readonly make: (clinic: Clinic) => unknown;
  readonly words?: readonly string[];
  readonly red: string;
  readonly cause: string;
  /** What the red line has to say. */
  readonly says: RegExp;
}

const subscribe = async ({ sim, env }: Clinic, method: 'POST' | 'DELETE', fields = ''): Promise<void> => {
  const { createHmac } = await import('node:crypto');
  const token = env['FACEBOOK_PAGE_ACCESS_TOKEN'] ?? '';
  const proof = createHmac('sha256', env['FACEBOOK_APP_SECRET'] ?? '')
    .update(token)
    .digest('hex');
  const query = new URLSearchParams({
    access_token: token,
    appsecret_proof: proof,
    subscribed_fields: fields,
  }).toString();
  const { status } = await fetch(`${sim.graphBaseUrl}/v26.0/me/subscribed_apps?${query}`, { method });
  expect(status).to.equal(200);
};

const FAULTS: readonly Fault[] = [
  {
    what: 'the secret of another app',
    make: ({ env }) => (env['FACEBOOK_APP_SECRET'] = '0123456789abcdef0123456789abcdef'),
    red: 'appSecret',
    cause: 'wrong-secret',
    says: /does not accept them together/,
  },
  {
    what: 'the app id of another app',
    make: ({ env }) => (env['FACEBOOK_APP_ID'] = '900100200300401'),
    red: 'ids',
    cause: 'wrong-app-id',
    says: /secret and token are of another app/,
  },
  {
    what: "the Page's id as the app id",
    make: ({ env, sim }) => (env['FACEBOOK_APP_ID'] = sim.settings.pageId),
    red: 'ids',
    cause: 'wrong-app-id',
    says: /the id of the Page/,
  },
  {
    what: 'a VCC Live app id with a slip of the pen',
    make: ({ env }) => (env['VCC_LIVE_APP_ID'] = '9005OO600700800'),
    red: 'ids',
    cause: 'wrong-app-id',
    says: /VCC_LIVE_APP_ID is no number/,
  },
  {
    what: 'an app id that is no number',
    make: ({ env }) => (env['FACEBOOK_APP_ID'] = 'my-bot'),
    red: 'ids',
    cause: 'wrong-app-id',
    says: /FACEBOOK_APP_ID is no number/,
  },
  {
    what: 'the Page Inbox in the place of VCC Live',
    make: ({ env }) => (env['VCC_LIVE_APP_ID'] = '263902037430900'),
    red: 'ids',
    cause: 'wrong-app-id',
    says: /Page Inbox/,
  },
  {
    what: 'a token that has ended in the night',
    make: ({ sim }) => sim.weather.deadToken.always(),
    red: 'token',
    cause: 'dead-token',
    says: /Session has expired/,
  },
  {
    what: 'a token whose time is over',
    make: ({ sim }) => (sim.setUp.tokenExpiresAtMs = Date.now() - DAY_MS),
    red: 'token',
    cause: 'dead-token',
    says: /expired/,
  },
  {
    what: 'a text that is no token',
    make: ({ env }) => (env['FACEBOOK_PAGE_ACCESS_TOKEN'] = 'EAAnotatokenatallbutlong'),
    red: 'token',
    cause: 'dead-token',
    says: /Cannot parse access token/,
  },
  {
    what: 'a token made by another app',
    make: ({ sim }) => (sim.setUp.tokenMadeBy = 'other'),
    red: 'tokenApp',
    cause: 'foreign-token',
    says: /app 900900900900900/,
  },
  {
    what: 'the token of a person',
    make: ({ sim }) => (sim.setUp.tokenOf = 'user'),
    red: 'tokenPage',
    cause: 'wrong-page-token',
    says: /type USER/,
  },
  {
    what: 'the token of another Page',
    make: () => undefined,
    words: ['--page', '999888777666555'],
    red: 'tokenPage',
    cause: 'wrong-page-token',
    says: /Page 111222333444555/,
  },
  {
    what: 'a token without pages_manage_metadata',
    make: ({ sim }) => (sim.setUp.tokenScopes = ['pages_show_list', 'pages_messaging', 'pages_messaging_phone_number']),
    red: 'scopes',
    cause: 'missing-permission',
    says: /pages_manage_metadata is missing/,
  },
  {
    what: 'a token without pages_messaging',
    make: ({ sim }) => (sim.setUp.tokenScopes = ['pages_show_list', 'pages_manage_metadata']),
    red: 'scopes',
    cause: 'missing-permission',
    says: /pages_messaging is missing/,
  },
  {
    what: 'a token without pages_show_list',
    make: ({ sim }) => (sim.setUp.tokenScopes = ['pages_messaging', 'pages_manage_metadata']),
    red: 'scopes',
    cause: 'missing-permission',
    says: /pages_show_list is missing/,
  },
  {
    what: 'a version of the Graph API that has ended',
    make: () => undefined,
    words: ['--api-version', 'v19.0'],
    red: 'apiVersion',
    cause: 'old-api-version',
    says: /ended on 2026-05-21/,
  },
  {
    what: 'a version of the Graph API that does not exist',
    make: ({ sim }) => (sim.setUp.newestApiVersion = 'v26.0'),
    words: ['--api-version', 'v62.0'],
    red: 'apiVersion',
    cause: 'unknown-api-version',
    says: /does not serve it.*Unknown path components: \/me/,
  },
  {
    what: 'a key that VCC Live refuses',
    make: (clinic) => Object.assign(clinic.env, vccLiveAccess(clinic), { VCC_LIVE_API_KEY: 'that-of-last-year' }),
    red: 'vccLiveApi',
    cause: 'vcc-live-api',
    says: /^VCC Live refused the API key \(HTTP 401\)$/,
  },
  {
    what: 'a project that VCC Live does not know',
    make: (clinic) => Object.assign(clinic.env, vccLiveAccess(clinic), { VCC_LIVE_PROJECT_ID: '99' }),
    red: 'vccLiveApi',
    cause: 'vcc-live-api',
    says: /reports the error "Unknown project"/,
  },
  {
    what: 'a Database API that does not answer',
    make: (clinic) => Object.assign(clinic.env, vccLiveAccess(clinic), { VCC_LIVE_BASE_URL: 'http://127.0.0.1:1' }),
    red: 'vccLiveApi',
    cause: 'vcc-live-api',
    says: /gave no answer/,
  },
  {
    what: 'access to the Database API of which a part is missing',
    make: ({ env }) => (env['VCC_LIVE_CUSTOMER'] = 'acme'),
    red: 'vccLiveApi',
    cause: 'vcc-live-api',
    says: /^VCC_LIVE_API_KEY and VCC_LIVE_PROJECT_ID are not set$/,
  },
  {
    what: 'a project id that is no number',
    make: (clinic) => Object.assign(clinic.env, vccLiveAccess(clinic), { VCC_LIVE_PROJECT_ID: 'chats' }),
    red: 'vccLiveApi',
    cause: 'vcc-live-api',
    says: /^VCC_LIVE_PROJECT_ID must be the project's number/,
  },
  {
    what: 'an app subscription that is not active',
    make: ({ sim }) => (sim.setUp.appSubscriptionActive = false),
    red: 'appSubscription',
    cause: 'app-not-subscribed',
    says: /not active/,
  },
  {
    what: 'a callback URL that leads elsewhere',
    make: ({ sim, bot }) => sim.connectBot(`${bot.url}-of-last-year`),
    words: ['--url', 'http://127.0.0.1:1/api/messages', '--no-webhook'],
    red: 'callbackUrl',
    cause: 'wrong-callback',
    says: /messages-of-last-year/,
  },
  {
    what: 'a Page without two of the fields',
    make: (clinic) => subscribe(clinic, 'POST', 'messages,messaging_postbacks,message_echoes'),
    red: 'pageFields',
    cause: 'field-at-one-level',
    says: /messaging_handovers, standby are missing/,
  },
  {
    what: "a Page that is not subscribed for the bot's app",
    make: (clinic) => subscribe(clinic, 'DELETE'),
    red: 'pageSubscription',
    cause: 'page-not-subscribed',
    says: /not among/,
  },
  {
    what: 'a bot with another verify token',
    make: ({ env }) => (env['FACEBOOK_VERIFY_TOKEN'] = 'that-of-last-year'),
    red: 'webhookChallenge',
    cause: 'challenge-fails',
    says: /status 403/,
  },
  {
    what: 'a bot that checks no signature',
    make: ({ bot }) => (bot.checksSignatures = false),
    red: 'webhookSignature',
    cause: 'signature-not-checked',
    says: /it was accepted/,
  },
  {
    what: 'a bot that is not there',
    make: ({ bot }) => bot.close(),
    red: 'webhookDelivery',
    cause: 'bot-not-reachable',
    says: /ECONNREFUSED/,
  },
  {
    what: 'a bot that fails',
    make: ({ bot }) => (bot.answers = 503),
    red: 'webhookDelivery',
    cause: 'bot-not-reachable',
    says: /503/,
  },
  {
    what: 'conversation routing that is off, when a take is refused for it',
    make: ({ sim }) => {
      sim.weather.routingOff = true;
      return sim.customer(PSID).says('hi');
    },
    words: ['--psid', PSID, '--live'],
    red: 'routing',
    cause: 'no-default-app',
    says: /refused a take.*hop_v2 false, msgr_multi_app false, ig_multi_app false/,
  },
  {
    what: 'VCC Live as the default application',
    make: ({ sim }) => (sim.setUp.defaultApp = 'vccLive'),
    red: 'defaultApp',
    cause: 'other-default-app',
    says: /among the secondary receivers/,
  },
  {
    what: 'the Page Inbox as the default application, seen by a thread of VCC Live',
    make: async ({ sim }) => {
      await sim.customer(PSID).says('hi');
      await sim.agent().takes(PSID);
      sim.setUp.defaultApp = 'inbox';
    },
    words: ['--psid', PSID],
    red: 'defaultApp',
    cause: 'other-default-app',
    says: /hides the owner/,
  },
  {
    what: 'a Page that VCC Live is not connected to',
    make: ({ sim }) => (sim.setUp.vccLiveConnected = false),
    red: 'vccLive',
    cause: 'vcc-live-not-connected',
    says: /not among the connected apps: Page Inbox/,
  },
  {
    what: 'the id of an app that is not VCC Live’s',
    make: ({ env }) => (env['VCC_LIVE_APP_ID'] = '900500600700801'),
    red: 'vccLive',
    cause: 'vcc-live-not-connected',
    says: /VCC Live \(27012345678901239\)/,
  },
  {
    what: 'no app id of VCC Live',
    make: ({ env }) => delete env['VCC_LIVE_APP_ID'],
    red: 'vccLive',
    cause: 'vcc-live-not-connected',
    says: /not set/,
  },
  {
    what: 'a Page that lets the bot take nothing',
    make: ({ sim }) => {
      sim.weather.takeNotAllowed = true;
      return sim.customer(PSID).says('hi');
    },
    words: ['--psid', PSID, '--live'],
    red: 'takeControl',
    cause: 'take-not-allowed',
    says: /was refused/,
  },
  {
    what: 'the PSID of another Page',
    make: () => undefined,
    words: ['--psid', '7700112233445566'],
    red: 'threadOwner',
    cause: 'unknown-psid',
    says: /No matching user/,
  },
];

describe('doctor and a fault', () => {
  let clinic: Clinic;
  beforeEach(async () => {
    clinic = await openClinic();
  });
  afterEach(() => clinic.close());

  it('finds nothing red where all is well, and ends with 0', async () => {
    const found = await report(clinic);
    expect(checksThatAre('red', found)).to.deep.equal([]);
    expect(checksThatAre('attention', found)).to.deep.equal([]);
    expect(checksThatAre('unchecked', found), 'no call shows these settings').to.deep.equal([
      'socialRouting',
      'takeControl',
      'standbyAccess',
    ]);
    expect(found).to.deep.include({ healthy: true, exitCode: 0, code: 0 });
    expect(found.diagnosis.map(({ cause }) => cause)).to.deep.equal(['sound']);
  });

  for (const { what, make, words = [], red, cause, says } of FAULTS) {
    it(`names ${what}`, async () => {
      await make(clinic);
      const found = await report(clinic, words);
      expect(checksThatAre('red', found)).to.deep.equal([red]);
      expect(found.checks.find(({ check }) => check === red)?.found).to.match(says);
      expect(found.checks.find(({ check }) => check === red)?.where, 'and where to change it').to.be.a('string');
      expect(found.diagnosis[0]?.cause).to.equal(cause);
      expect(found).to.deep.include({ healthy: false, exitCode: 1, code: 1 });
    });
  }

  it('names an app without a field, which has to be so from the start', async () => {
    await clinic.close();
    clinic = await openClinic({ botAppFields: ['messages', 'messaging_postbacks', 'standby', 'message_echoes'] });
    const found = await report(clinic);
    expect(checksThatAre('red', found)).to.deep.equal(['appFields']);
    expect(found.checks.find(({ check }) => check === 'appFields')?.found).to.equal('messaging_handovers is missing');
    expect(found.diagnosis[0]?.cause).to.equal('field-at-one-level');
  });

  it('says what a red line keeps from being checked, instead of calling it red', async () => {
    clinic.sim.weather.deadToken.always();
    const found = await report(clinic);
    const waiting = found.checks.filter(({ blockedBy }) => blockedBy === 'token').map(({ check }) => check);
    const expected = [
      'tokenExpiry',
      'scopes',
      'pageSubscription',
      'pageFields',
      'routing',
      'defaultApp',
      'vccLive',
      'otherApps',
    ];
    expect(waiting).to.deep.equal(expected);
  });

  it('puts the end of the subscription and the bot that caused it together', async () => {
    await subscribe(clinic, 'DELETE');
    await clinic.bot.close();
    const found = await report(clinic);
    expect(found.diagnosis[0]?.cause).to.equal('unsubscribed-by-meta');
    expect(found.diagnosis).to.have.length(1);
  });

  it('is not healthy and not red where Meta cannot be asked: it ends with 2', async () => {
    clinic.env['GRAPH_BASE_URL'] = 'http://127.0.0.1:1';
    const found = await report(clinic);
    expect(found.code).to.equal(2);
    expect(found.diagnosis[0]?.cause).to.equal('meta-unreachable');
    expect(checksThatAre('red', found)).to.deep.equal([]);
  });

  it('does not call anything wrong because Meta throttles', async () => {
    clinic.sim.weather.rateLimited.always();
    const found = await report(clinic);
    expect(checksThatAre('red', found)).to.deep.equal([]);
    expect(found.code).to.equal(2);
  });

  it('notices what will not last: a token with an end, a version near its end, a permission only the guide asks for', async () => {
    const { sim } = clinic;
    sim.setUp.tokenExpiresAtMs = Date.now() + 5 * DAY_MS;
    sim.setUp.tokenScopes = ['pages_show_list', 'pages_messaging', 'pages_manage_metadata'];
    const found = await report(clinic);
    expect(checksThatAre('attention', found)).to.deep.equal(['tokenExpiry', 'scopes']);
    expect(found.code, 'it works today').to.equal(0);
    expect(found.checks.find(({ check }) => check === 'tokenExpiry')?.found).to.match(/in [45] days/);
  });

  const found = (of: Report, check: string): string | undefined =>
    of.checks.find((each) => each.check === check)?.found;

  it('warns when msgr_multi_app is false, shows every flag, and does not condemn', async () => {
    clinic.sim.setUp.routingFlag = 'hop_v2';
    const seen = await report(clinic);
    expect(checksThatAre('attention', seen)).to.deep.equal(['routing']);
    expect(found(seen, 'routing')).to.equal('perhaps off (hop_v2 true, msgr_multi_app false, ig_multi_app false)');
    expect(seen.diagnosis[0]?.cause).to.equal('perhaps-no-default-app');
    expect(seen.code, 'the Page may be routed').to.equal(0);
  });

  it('knows that routing is on when Meta allows a take, whatever the flag says', async () => {
    clinic.sim.setUp.routingFlag = 'hop_v2';
    await clinic.sim.customer(PSID).says('hi');
    const seen = await report(clinic, ['--psid', PSID, '--live']);
    expect(checksThatAre('attention', seen)).to.deep.equal([]);
    expect(found(seen, 'routing')).to.match(/^on, because Meta allowed a take/);
    expect(seen.diagnosis[0]?.cause).to.equal('sound');
  });

  it('knows that routing is on when Meta names VCC Live as the owner, which only a default application sees', async () => {
    clinic.sim.setUp.routingFlag = 'hop_v2';
    await clinic.sim.customer(PSID).says('hi');
    await clinic.sim.agent().takes(PSID);
    const seen = await report(clinic, ['--psid', PSID]);
    expect(checksThatAre('attention', seen)).to.deep.equal([]);
    expect(found(seen, 'routing')).to.match(/^on, because Meta shows the bot who owns/);
  });

  it('warns of a connected app that nobody expects, and names it', async () => {
    clinic.sim.setUp.otherAppConnected = true;
    const seen = await report(clinic);
    expect(checksThatAre('attention', seen)).to.deep.equal(['otherApps']);
    expect(found(seen, 'otherApps')).to.equal('Another bot (900900900900901)');
    expect(seen.code).to.equal(0);
  });

  it('tells a version that is newer than this package from one that Meta does not serve', async () => {
    const seen = await report(clinic, ['--api-version', 'v27.0']);
    expect(checksThatAre('attention', seen)).to.deep.equal(['apiVersion']);
    expect(found(seen, 'apiVersion')).to.equal('it is newer than this package knows, and Meta serves it');
  });

  it('lets everything wait for a version that Meta does not serve', async () => {
    clinic.sim.setUp.newestApiVersion = 'v26.0';
    const seen = await report(clinic, ['--api-version', 'v62.0']);
    const waiting = seen.checks.filter(({ blockedBy }) => blockedBy === 'apiVersion').map(({ check }) => check);
    expect(waiting).to.include.members(['appSecret', 'token', 'scopes', 'appFields', 'pageFields', 'vccLive']);
    expect(seen.diagnosis).to.have.length(1);
  });

  it('does not advise the very version that Meta does not serve', async () => {
    clinic.sim.setUp.newestApiVersion = 'v25.0';
    const refused = await report(clinic, ['--api-version', 'v26.0']);
    const expected = ({ checks }: Report): string => checks.find(({ check }) => check === 'apiVersion')?.expected ?? '';
    expect(expected(refused)).to.equal('a version that Meta still serves for a while');
    expect(expected(await report(clinic, ['--api-version', 'v99.0']))).to.include('such as v26.0');
  });

  it('says which call names the owner: both, or is_owner alone where Meta does not serve thread_owner', async () => {
    await clinic.sim.customer(PSID).says('hi');
    const both = await report(clinic, ['--psid', PSID]);
    expect(found(both, 'ownerCalls')).to.equal('thread_owner works, is_owner works, too');
    clinic.sim.habits.threadOwnerServed = false;
    const fallback = await report(clinic, ['--psid', PSID]);
    expect(checksThatAre('attention', fallback)).to.deep.equal(['ownerCalls']);
    expect(found(fallback, 'threadOwner')).to.equal('the bot, by is_owner');
    expect(fallback.code).to.equal(0);
  });

  it('says who is online at VCC Live, by state and without names', async () => {
    const { env, sim } = clinic;
    Object.assign(env, vccLiveAccess(clinic));
    sim.vccLive.pauses('Bob');
    sim.vccLive.reachesLimit('Carla');
    const seen = await report(clinic);
    expect(found(seen, 'vccLiveApi')).to.match(
      /^project \d+: 3 online: 2 AVAILABLE4CALL, 1 PAUSE; 1 at the chat limit$/,
    );
    expect(seen.said).not.to.include('Carla');
    for (const name of ['Anna', 'Bob', 'Carla']) sim.vccLive.logsOut(name);
    expect(checksThatAre('attention', await report(clinic))).to.deep.equal(['vccLiveApi']);
  });
});
