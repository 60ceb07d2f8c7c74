/** doctor as a person and a script meet it: output, secrets, settings, mending, a real message, a real handover. */
import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundled } from '../../run/bundled.js';
import { Program } from '../child-process.js';
import { checksThatAre, openClinic, PSID, report, type, vccLiveAccess, type Clinic } from './clinic.js';
import { freePort } from '../../kit/listening.js';

const COMMAND = bundled('src/cli/index.ts');

describe('doctor', () => {
  let clinic: Clinic;
  let folder: string;
  beforeEach(async () => {
    clinic = await openClinic();
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  });
  afterEach(async () => {
    await clinic.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Subscribes the Page as the bot's app, by Graph. */
  const subscribe = (fields: string): Promise<unknown> => {
    const token = clinic.sim.settings.pageAccessToken;
    const proof = createHmac('sha256', clinic.sim.settings.appSecret).update(token).digest('hex');
    const query = new URLSearchParams({ access_token: token, appsecret_proof: proof, subscribed_fields: fields });
    return fetch(`${clinic.sim.graphBaseUrl}/v26.0/me/subscribed_apps?${query.toString()}`, { method: 'POST' });
  };
  const subscribedFields = async (): Promise<string[]> => {
    const token = clinic.sim.settings.pageAccessToken;
    const proof = createHmac('sha256', clinic.sim.settings.appSecret).update(token).digest('hex');
    const query = new URLSearchParams({ access_token: token, appsecret_proof: proof });
    const answer = await fetch(`${clinic.sim.graphBaseUrl}/v26.0/me/subscribed_apps?${query.toString()}`);
    const { data } = (await answer.json()) as { data: { subscribed_fields: string[] }[] };
    return data[0]?.subscribed_fields ?? [];
  };

  describe('prints', () => {
    it('one line for what is right, and what to do for what is not', async () => {
      clinic.sim.weather.routingOff = true;
      await clinic.sim.customer(PSID).says('hi');
      const { said, code } = await type(clinic, ['doctor', '--psid', PSID, '--live']);
      expect(code).to.equal(1);
      expect(said).to.match(/^✔ App id and secret: they belong together, appsecret_proof accepted$/m);
      expect(said).to.match(
        /^✘ Conversation routing\n {4}expected .*\n {4}found [\s\S]*\n {4}why [\s\S]*\n {4}change /m,
      );
      expect(said).to.match(/^\? Default application: could not be checked before "Conversation routing" is right$/m);
      expect(said).to.match(
        /\nDiagnosis: No default application is set[\s\S]*More: docs\/doctor\.md#no-default-app\n$/,
      );
    });

    it('colours on a terminal only, and none where NO_COLOR is set', async () => {
      const escape = '\u001b[';
      expect((await type(clinic, ['doctor'])).said).not.to.include(escape);
      expect((await type(clinic, ['doctor'], { isTerminal: true })).said).to.include(escape);
      clinic.env['NO_COLOR'] = '1';
      expect((await type(clinic, ['doctor'], { isTerminal: true })).said).not.to.include(escape);
    });

    it('no secret, whatever goes wrong and however it is called', async () => {
      const { env, sim } = clinic;
      const secrets = ['FACEBOOK_APP_SECRET', 'FACEBOOK_PAGE_ACCESS_TOKEN', 'FACEBOOK_VERIFY_TOKEN'].map(
        (name) => env[name] ?? '',
      );
      secrets.push(sim.vccLive.access.apiKey);
      Object.assign(env, vccLiveAccess(clinic));
      await sim.customer(PSID).says('hi');
      const faults: (() => unknown)[] = [
        () => undefined,
        () => sim.weather.deadToken.always(),
        () => (sim.setUp.tokenMadeBy = 'other'),
        () => sim.weather.lostAnswers.always(),
        () => (env['VCC_LIVE_PROJECT_ID'] = '99'),
        () => (env['VCC_LIVE_CUSTOMER'] = sim.vccLive.access.apiKey),
        () => (env['VCC_LIVE_BASE_URL'] = 'http://127.0.0.1:1'),
        () => (env['FACEBOOK_APP_ID'] = '5'),
        () => (env['GRAPH_BASE_URL'] = 'http://127.0.0.1:1'),
      ];
      for (const fault of faults) {
        fault();
        for (const words of [['doctor'], ['doctor', '--json'], ['doctor', '--psid', PSID, '--live']]) {
          const { said, complained } = await type(clinic, words);
          for (const secret of secrets) expect(said + complained).not.to.include(secret);
        }
      }
    });

    it('why a webhook was not asked', async () => {
      const { said } = await type(clinic, ['doctor', '--no-webhook']);
      expect(said.match(/because {3}It was not checked\./g)).to.have.length(3);
      expect(clinic.bot.bodies).to.deep.equal([]);
    });

    it('no secret that Meta repeats, nor one in a callback URL', async () => {
      clinic.sim.connectBot(`${clinic.bot.url}?key=hidden-in-the-address`);
      const { said } = await type(clinic, ['doctor']);
      expect(said).to.include('/api/messages?…').and.not.include('hidden-in-the-address');
    });
  });

  describe('reads its settings', () => {
    it('from a .env file in the folder, and the environment wins', async () => {
      const lines = Object.entries({ ...clinic.env, FACEBOOK_APP_ID: '5' }).map(([name, value]) => `${name}=${value}`);
      await writeFile(join(folder, '.env'), lines.join('\n'));
      const fromFile = await type({ env: {} }, ['doctor'], { folder });
      expect(fromFile.said).to.include('Checking app 5 ').and.include('the environment and .env');
      const both = await type({ env: { FACEBOOK_APP_ID: '24012345678901237' } }, ['doctor'], { folder });
      expect([both.code, both.said.includes('Checking app 24012345678901237')]).to.deep.equal([0, true]);
      const without = await type({ env: {} }, ['doctor', '--no-env-file'], { folder });
      expect(without.code).to.equal(2);
      const other = await type({ env: {} }, ['doctor', '--env-file', 'missing.env'], { folder });
      expect([other.code, other.complained]).to.deep.equal([
        2,
        'The file missing.env cannot be read (ENOENT). Check --env-file.\n',
      ]);
    });

    it('and names each one that is missing', async () => {
      const { code, complained, said } = await type({ env: { FACEBOOK_APP_ID: '1' } }, ['doctor']);
      expect([code, said]).to.deep.equal([2, '']);
      expect(complained).to.include('FACEBOOK_APP_SECRET: ').and.include('FACEBOOK_PAGE_ACCESS_TOKEN: ');
      expect(complained).not.to.include('FACEBOOK_APP_ID');
    });

    it('takes a secret that is typed, with a warning that does not repeat it', async () => {
      const { FACEBOOK_APP_SECRET: secret = '', ...env } = clinic.env;
      const { code, complained } = await type({ env }, ['doctor', '--app-secret', secret]);
      expect(code).to.equal(0);
      expect(complained).to.match(/^Warning: --app-secret .* Set FACEBOOK_APP_SECRET instead\.\n$/);
      expect(complained).not.to.include(secret);
    });

    const WRONG: readonly (readonly [words: readonly string[], complaint: RegExp])[] = [
      [['--live'], /--live needs --psid/],
      [['--record'], /need --live/],
      [['--psid', 'Anna'], /digits, from a webhook/],
      [['--url', 'bot.example.com'], /whole address/],
      [['--api-version', '26'], /one such as v26\.0/],
      [['--graph', 'graph'], /whole address/],
      [['--listen', '70000'], /number from 0 to 65535/],
      [['--fixx'], /unknown option '--fixx'/],
    ];
    for (const [words, complaint] of WRONG) {
      it(`ends with 2 for ${words.join(' ')}`, async () => {
        const { code, complained, said } = await type(clinic, ['doctor', ...words]);
        expect([code, said]).to.deep.equal([2, '']);
        expect(complained).to.match(complaint);
      });
    }
  });

  describe('--fix', () => {
    it('subscribes what is missing, keeps what is there, and is healthy then', async () => {
      await subscribe('messages,message_reads');
      const { code, said } = await type(clinic, ['doctor', '--fix', '--yes']);
      expect(code, said).to.equal(0);
      expect(await subscribedFields()).to.have.members([
        ...['messages', 'message_reads', 'messaging_postbacks', 'messaging_handovers', 'standby', 'message_echoes'],
      ]);
      expect(said).to.match(/✘ Page-level fields[\s\S]*Subscribing the Page: success\.[\s\S]*✔ Page-level fields/);
    });

    it('asks first, and takes no for an answer', async () => {
      await subscribe('messages');
      const asked: string[] = [];
      const confirm = (question: string): Promise<boolean> => {
        asked.push(question);
        return Promise.resolve(false);
      };
      const { code, said } = await type(clinic, ['doctor', '--fix'], { confirm });
      expect(code).to.equal(1);
      expect(asked.join()).to.include('messaging_postbacks, messaging_handovers, standby, message_echoes');
      expect(said).to.include('Nothing was changed.');
      expect(await subscribedFields()).to.deep.equal(['messages']);
    });

    it('changes nothing where nobody can be asked', async () => {
      await subscribe('messages');
      const { said } = await type(clinic, ['doctor', '--fix']);
      expect(said).to.include('give --yes if no one can answer');
      expect(await subscribedFields()).to.deep.equal(['messages']);
    });

    it('says that there is nothing to mend from here', async () => {
      const { code, said } = await type(clinic, ['doctor', '--fix', '--yes']);
      expect([code, said.includes('Nothing to fix')]).to.deep.equal([0, true]);
    });
  });

  describe('--listen', () => {
    /** A customer writes as soon as doctor listens, and Meta delivers to it. */
    const withMessage = async (words: readonly string[], write: () => Promise<unknown>): Promise<any> => {
      const port = await freePort();
      let writing: Promise<unknown> | undefined;
      const typed = await type(
        clinic,
        ['doctor', '--json', '--listen', String(port), '--seconds', '5', '--url', clinic.bot.url, ...words],
        {
          onComplaint: (text) => {
            if (!text.includes('Listens on')) return;
            clinic.sim.connectBot(`http://127.0.0.1:${port}/api/messages`);
            writing = write();
          },
        },
      );
      await writing;
      return { ...typed, ...JSON.parse(typed.said) };
    };

    /** VCC Live has the thread, and the bot let it go. */
    const atVccLive = async (): Promise<void> => {
      await clinic.sim.customer(PSID).says('hi');
      await clinic.sim.agent().takes(PSID);
    };

    it('sees a message on its way, and hands it on as it was signed', async () => {
      const found = await withMessage([], () => clinic.sim.customer(PSID).says('Is anybody there?'));
      expect(found.code).to.equal(0);
      expect(checksThatAre('red', found)).to.deep.equal([]);
      expect(found.checks.find(({ check }: any) => check === 'arrivals').found).to.match(
        /1 on messaging, 0 on standby/,
      );
      expect(clinic.bot.bodies.some((body) => body.includes('Is anybody there?'))).to.equal(true);
    });

    it('says why messages arrive on standby only', async () => {
      clinic.sim.setUp.defaultApp = 'inbox';
      const found = await withMessage([], () => clinic.sim.customer(PSID).says('Hello?'));
      expect(checksThatAre('red', found)).to.deep.equal(['defaultApp', 'arrivals']);
      expect(found.diagnosis).to.have.length(1);
      expect(found.diagnosis[0].says).to.equal(
        'Messages arrive only on standby: another app is the default application.',
      );
    });

    it('names Social routing where the bot is the default application and hears on standby only', async () => {
      clinic.sim.setUp.socialRouting = 'inbox';
      const found = await withMessage([], () => clinic.sim.customer(PSID).says('Hello?'));
      expect(checksThatAre('red', found)).to.deep.equal(['socialRouting', 'arrivals']);
      expect(found.diagnosis.map(({ cause }: any) => cause)).to.deep.equal(['social-routing']);
    });

    it('asks whether anybody handed the thread over, when Social routing may have given it to VCC Live', async () => {
      clinic.sim.setUp.socialRouting = 'vccLive';
      const found = await withMessage([], () => clinic.sim.customer(PSID).says('Hello?'));
      expect(checksThatAre('attention', found)).to.deep.equal(['socialRouting']);
      expect(checksThatAre('red', found)).to.deep.equal([]);
      expect(found.diagnosis[0].cause).to.equal('social-routing');
      expect(found.checks.find(({ check }: any) => check === 'socialRouting').found).to.match(
        /right only if the thread was handed over before$/,
      );
    });

    it('names the standby access of the bot, when VCC Live has the thread and nothing arrives', async () => {
      await atVccLive();
      clinic.sim.setUp.botStandbyAccess = false;
      const found = await withMessage(['--psid', PSID], () => clinic.sim.customer(PSID).says('Are you there?'));
      expect(checksThatAre('red', found)).to.deep.equal(['arrivals', 'standbyAccess']);
      expect(found.diagnosis.map(({ cause }: any) => cause)).to.deep.equal(['no-standby-access']);
    });

    it('does not blame the standby access when the field is missing at one level', async () => {
      await atVccLive();
      await subscribe('messages,messaging_postbacks,messaging_handovers,message_echoes');
      const found = await withMessage(['--psid', PSID], () => clinic.sim.customer(PSID).says('Are you there?'));
      expect(checksThatAre('red', found)).to.deep.equal(['pageFields', 'arrivals']);
      expect(found.checks.find(({ check }: any) => check === 'standbyAccess').blockedBy).to.equal('pageFields');
      expect(found.diagnosis[0].cause).to.equal('field-at-one-level');
    });

    it('sees that the bot has standby access', async () => {
      await atVccLive();
      const found = await withMessage(['--psid', PSID], () => clinic.sim.customer(PSID).says('Are you there?'));
      expect(checksThatAre('red', found)).to.deep.equal([]);
      expect(found.checks.find(({ check }: any) => check === 'standbyAccess').status).to.equal('ok');
    });

    it('says that nothing came although all looks right', async () => {
      const port = await freePort();
      const found = await report(clinic, ['--listen', String(port), '--seconds', '0.2', '--url', clinic.bot.url]);
      expect(checksThatAre('red', found)).to.deep.equal(['arrivals']);
      expect(found.diagnosis[0]?.cause).to.equal('nothing-arrives');
    });
  });

  describe('--live', () => {
    it('passes, takes and releases the thread, and leaves it as it was', async () => {
      const { sim } = clinic;
      await sim.customer(PSID).says('hi');
      const { code, said } = await type(clinic, ['doctor', '--psid', PSID, '--live']);
      expect(code).to.equal(0);
      expect(said).to.match(
        /pass to VCC Live: success .*owner: vccLive[\s\S]*take: success .*owner: bot[\s\S]*release: success .*owner: idle/,
      );
      expect(said).to.include('The thread is as it was before.').and.include('✔ Take control');
      expect(sim.ownerOf(PSID).owner).to.equal(sim.settings.botAppId);
    });

    it('leaves a thread alone that somebody else has', async () => {
      const { sim } = clinic;
      await sim.customer(PSID).says('hi');
      await sim.agent().takes(PSID);
      const found = await report(clinic, ['--psid', PSID, '--live']);
      expect(found.live).to.deep.include({ before: 'vccLive', after: 'vccLive', steps: [] });
      expect(found.live.notTouched).to.match(/may be talking to an agent/);
      expect(sim.wire.of('graph').some(({ edge }) => edge === 'pass_thread_control')).to.equal(false);
    });

    it('says who has the thread where it cannot be had back', async () => {
      const { sim } = clinic;
      sim.weather.takeNotAllowed = true;
      await sim.customer(PSID).says('hi');
      const { code, said } = await type(clinic, ['doctor', '--psid', PSID, '--live']);
      expect(code).to.equal(1);
      expect(said).to.include('The thread is with VCC Live now').and.include('ask an agent to close that chat');
    });

    it('records what Meta documents nowhere, without PSID, token or secret', async () => {
      const { sim, env, bot } = clinic;
      const port = await freePort();
      await sim.customer(PSID).says('hi');
      const words = ['doctor', '--psid', PSID, '--live', '--record', 'seen.md', '--message', 'a trial'];
      const { code, said } = await type(
        clinic,
        [...words, '--listen', String(port), '--seconds', '0.3', '--url', bot.url],
        {
          folder,
          onComplaint: (text) => {
            if (text.includes('Listens on')) sim.connectBot(`http://127.0.0.1:${port}/api/messages`);
          },
        },
      );
      const text = await readFile(join(folder, 'seen.md'), 'utf8');
      expect(code, 'nothing was written to the Page while it listened').to.equal(1);
      expect(said).to.match(/seen\.md: of 15 assumptions \d+ hold here, 0 do not/);
      const lineOf = (assumed: string): string => text.split('\n').find((line) => line.includes(assumed)) ?? '';
      expect(lineOf('a release sends no webhook')).to.match(/no webhook came \| yes \|$/);
      expect(lineOf('refused with 27/1893035')).to.match(/\| yes \|$/);
      expect(lineOf('is {"data":[]}')).to.match(/\| \{"data":\[\]\} \| yes \|$/);
      expect(lineOf('into an idle thread makes it the owner')).to.match(/owner was: bot \| yes \|$/);
      for (const secret of [PSID, env['FACEBOOK_APP_SECRET'], env['FACEBOOK_PAGE_ACCESS_TOKEN'], 'a trial']) {
        expect(text).not.to.include(secret ?? '');
      }
    });

    it('records where an assumption does not hold', async () => {
      const { sim } = clinic;
      sim.habits.sendTakesIdle = false;
      sim.habits.requestWithRouting = 'told';
      await sim.customer(PSID).says('hi');
      await type(clinic, ['doctor', '--psid', PSID, '--live', '--record', '--message', 'a trial'], { folder });
      const text = await readFile(join(folder, 'handover-report.md'), 'utf8');
      const no = text.split('\n').filter((line) => line.endsWith('| no |'));
      expect(no).to.have.length(2);
      expect(no.join()).to.include('request_thread_control').and.include('makes it the owner');
    });
  });

  describe('as a process', function () {
    this.timeout(60_000);
    it('ends with 0 in health, with 1 for a fault, with 2 where it cannot run', async () => {
      const env = { ...clinic.env, NO_COLOR: '1' };
      const healthy = new Program(COMMAND, ['doctor'], env);
      expect(await healthy.ended, healthy.printed).to.equal(0);
      expect(healthy.printed).to.include('Diagnosis: doctor found nothing wrong');
      clinic.sim.setUp.vccLiveConnected = false;
      const red = new Program(COMMAND, ['doctor', '--fix'], env);
      expect(await red.ended, red.printed).to.equal(1);
      const lost = new Program(COMMAND, ['doctor'], {});
      expect(await lost.ended, lost.printed).to.equal(2);
      expect(lost.printed).to.include('FACEBOOK_APP_ID: ');
    });

    it('prints JSON that is whole when its output is a pipe', async () => {
      clinic.sim.weather.deadToken.always();
      const program = new Program(COMMAND, ['doctor', '--json', '--no-webhook'], clinic.env);
      expect(await program.ended).to.equal(1);
      const { diagnosis } = JSON.parse(program.printed.slice(program.printed.indexOf('\n{')));
      expect(diagnosis[0].cause).to.equal('dead-token');
    });
  });
});
