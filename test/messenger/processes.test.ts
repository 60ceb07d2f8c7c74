/** A bot without a framework whose process is killed: the next one stays silent, and goes on when the thread is home. */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { until } from '../integration/bot-processes.js';
import { PSID, connection } from '../integration/scene.js';
import { RedisServer, describeWithRedis } from '../store/redis-server.js';
import type { ProgramSettings } from './bot-program.js';

/** The lease of a dead process has to end, on a machine that is busy with other things. */
const WITHIN_MS = 120_000;
const CONNECTING = "I'm connecting you to an agent. One moment, please.";

describeWithRedis('MessengerBot in processes that are killed', function () {
  this.timeout(WITHIN_MS);
  let redis: RedisServer;
  let sim: MessengerSimulator;
  const programs: ChildProcess[] = [];

  before(async () => {
    redis = await RedisServer.start();
  });
  after(() => redis.stop());
  beforeEach(async () => {
    await redis.kill();
    await redis.restart();
    sim = await MessengerSimulator.start();
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map(killed));
    await sim.stop();
  });

  const killed = async (program: ChildProcess): Promise<void> => {
    if (program.exitCode !== null || program.signalCode !== null) return;
    const end = once(program, 'exit');
    program.kill('SIGKILL');
    await end;
  };

  /** A process that listens; from now on it gets the webhooks. */
  const started = async (
    own: Pick<ProgramSettings, 'diesInReturned' | 'diesWithInbox'> = {},
  ): Promise<ChildProcess> => {
    const { appSecret, verifyToken } = sim.settings;
    const settings: ProgramSettings = {
      redisUrl: redis.url,
      bot: { ...connection(sim), appSecret, verifyToken },
      ...own,
    };
    const program = fork(join(__dirname, 'bot-program.ts'), [JSON.stringify(settings)], {
      execArgv: ['-r', 'tsx/cjs'],
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    programs.push(program);
    const [{ port }] = (await once(program, 'message')) as [{ readonly port: number }];
    sim.connectBot(`http://127.0.0.1:${port}`);
    return program;
  };

  it('while the agent has the thread: the next one is silent, and goes on once', async () => {
    const customer = sim.customer(PSID);
    const agent = sim.agent();
    const first = await started();
    await customer.says('agent please');
    await killed(first);
    await started();
    await agent.says(PSID, 'Hello, this is Anna.');
    await customer.says('Hi Anna');
    await agent.handsBack(PSID, 'solved');
    await customer.says('Thank you');
    await until(() => customer.hears().includes('bot: Thank you'));
    expect(customer.hears()).to.deep.equal([
      CONNECTING,
      'Hello, this is Anna.',
      'back: completed via passBack',
      'bot: Thank you',
    ]);
  });

  it('inside onMessage, with an inbox: the next one answers what Meta got its 200 for, without a redelivery', async () => {
    const customer = sim.customer(PSID);
    const first = await started({ diesWithInbox: 'now' });
    const died = once(first, 'exit');
    await customer.says('hello');
    await died;
    await started({ diesWithInbox: 'another has' });
    await until(() => customer.hears().length > 0);
    expect(customer.hears()).to.deep.equal(['bot: hello']);
    const attempts = sim.wire
      .of('webhook')
      .flatMap(({ appName, status, attempt }) => (appName === 'bot' ? [[status, attempt]] : []));
    expect(attempts[0]).to.deep.equal([200, 1]);
    expect(attempts.every(([, attempt]) => attempt === 1)).to.equal(true);
  });

  it('inside onReturned: the next one gets the result, before the customer’s next words', async () => {
    const customer = sim.customer(PSID);
    const first = await started({ diesInReturned: true });
    await customer.says('agent please');
    const died = once(first, 'exit');
    await sim.agent().handsBack(PSID);
    await died;
    await started();
    await customer.says('Are you there?');
    await until(() => customer.hears().includes('bot: Are you there?'));
    expect(customer.hears()).to.deep.equal([CONNECTING, 'back: completed via passBack', 'bot: Are you there?']);
  });
});
