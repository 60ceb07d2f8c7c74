/**
 * The container without Docker: the Dockerfile's commands in a fresh folder with what .dockerignore lets in, and the file that
 * they make with a Redis, against the pretend platform. docs/container.md describes it.
 */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { parse } from 'yaml';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { Program } from '../cli/child-process.js';
import { freePort } from '../kit/listening.js';
import { paper, REPOSITORY } from '../readme/readme-examples.js';
import { describeWithRedis, RedisServer } from '../store/redis-server.js';

const BUILDING_LIMIT_MS = 120_000;
const PSID = '6600112233445566';
const run = promisify(execFile);

/** An instruction of the Dockerfile. */
interface Instruction {
  readonly name: string;
  readonly rest: string;
}

const instructions: readonly Instruction[] = paper('Dockerfile')
  .split('\n')
  .filter((line) => /^[A-Z]+ /.test(line))
  .map((line) => ({ name: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));
const of = (name: string): string[] => instructions.filter((each) => each.name === name).map(({ rest }) => rest);

interface Compose {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
}

describe('The container', () => {
  it('lets nothing into the build but what the build copies', () => {
    const allowed = paper('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = of('COPY')
      .filter((line) => !line.startsWith('--from'))
      .flatMap((line) => line.split(' ').slice(0, -1));
    expect(copied.sort()).to.deep.equal(allowed.sort());
    expect(paper('.dockerignore')).to.match(/^\*$/m);
  });

  it('runs as a user without rights, with one file beside Node', () => {
    expect(of('USER')).to.deep.equal(['node']);
    const [build, final] = of('FROM');
    expect(build).to.equal(`${final} AS build`);
    expect(of('COPY').at(-1)).to.equal('--from=build /build/bot.cjs /build/bot.cjs.map ./');
  });

  it('has a Redis that keeps what it has, and is waited for', () => {
    const { bot, redis } = (parse(paper('compose.yaml')) as Compose).services;
    expect(bot?.['depends_on']).to.deep.equal({ redis: { condition: 'service_healthy' } });
    expect(bot?.['environment']).to.deep.equal({ REDIS_URL: 'redis://redis:6379' });
    expect(redis?.['command']).to.include.members(['--appendonly', 'yes', 'noeviction']);
  });
});

describeWithRedis('The file of the container', function () {
  this.timeout(BUILDING_LIMIT_MS);
  let context: string;
  let app: string;
  let redis: RedisServer;
  let sim: MessengerSimulator;

  before(async () => {
    [context, app] = await Promise.all([mkdtemp(join(tmpdir(), 'context-')), mkdtemp(join(tmpdir(), 'app-'))]);
    for (const line of of('COPY').filter((each) => !each.startsWith('--from'))) {
      for (const name of line.split(' ').slice(0, -1)) {
        await cp(join(REPOSITORY, name), join(context, name), { recursive: true });
      }
    }
    const [install, build = ''] = of('RUN');
    expect(install, 'what a link to node_modules stands for').to.match(/^npm ci /);
    await symlink(join(REPOSITORY, 'node_modules'), join(context, 'node_modules'));
    await run('sh', ['-c', build], { cwd: context });
    for (const name of ['bot.cjs', 'bot.cjs.map']) await cp(join(context, name), join(app, name));
    redis = await RedisServer.start();
    sim = await MessengerSimulator.start();
  });
  after(async () => {
    await sim.stop();
    await redis.kill();
    await Promise.all([context, app].map((folder) => rm(folder, { recursive: true, force: true })));
  });

  it('answers, hands over, tells the probes, and stops when it is told to', async () => {
    const { settings } = sim;
    const [port, healthPort] = [await freePort(), await freePort()];
    const env = {
      FACEBOOK_APP_ID: settings.botAppId,
      FACEBOOK_APP_SECRET: settings.appSecret,
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: settings.vccLiveAppId,
      GRAPH_BASE_URL: sim.graphBaseUrl,
      REDIS_URL: redis.url,
      PORT: String(port),
      HEALTH_PORT: String(healthPort),
    };
    expect(await readdir(app), 'no node_modules').to.deep.equal(['bot.cjs', 'bot.cjs.map']);
    const bot = new Program(join(app, 'bot.cjs'), [], env, ['--enable-source-maps'], app);
    await bot.prints(/listens on/);
    sim.connectBot(`http://127.0.0.1:${port}/api/messages`);
    const customer = sim.customer(PSID);
    await customer.says('Hello');
    await customer.expects.answer(/^You said: Hello$/);
    await customer.says('talk to agent');
    await sim.expects.owner(PSID, 'vccLive');

    const ready = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
    expect([ready.status, ((await ready.json()) as { status: string }).status]).to.deep.equal([200, 'healthy']);
    const [check] = of('HEALTHCHECK');
    const [, ...words] = JSON.parse((check ?? '').slice((check ?? '').indexOf('['))) as string[];
    // Rejects unless it ends with 0.
    await run(process.execPath, words, { env: { ...process.env, HEALTH_PORT: String(healthPort) } });

    expect(await bot.end('SIGTERM')).to.equal(0);
    const sick = await run(process.execPath, words, { env: { ...process.env, HEALTH_PORT: String(healthPort) } }).catch(
      (error: unknown) => error,
    );
    expect(sick).to.include({ code: 1 });
  });
});
