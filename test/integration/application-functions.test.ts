/**
 * Functions of the application that fail: whatever one does, the customer gets the agent, and the log names the function.
 *
 * Every story runs over HTTP; the clock is held, so a function that hangs costs no time.
 */
import { expect } from 'chai';
import type { Probe, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import type { Scene } from './scene.js';
import { PSID, closeScenes, scene } from './scene.js';
import { loggerInto, quietLogger } from '../kit/loggers.js';

const CONNECTING = "I'm connecting you to an agent. One moment, please.";

/** Ways in which a function fails. */
const FAILURES: readonly (readonly [string, () => unknown, RegExp])[] = [
  [
    'throws',
    () => {
      throw new TypeError('gone wrong');
    },
    / threw\b/,
  ],
  [
    'throws what is no error',
    () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications do
      throw undefined;
    },
    / threw\b/,
  ],
  ['rejects', () => Promise.reject(new TypeError('gone wrong')), / threw\b/],
  ['hangs', () => new Promise(() => undefined), / did not answer within \d+ ms/],
  ['gives another type', () => 7, / gave a number/],
  ['gives a promise of another type', async () => [], / gave an array/],
  [
    'gives a promise that cannot be waited for',
    () => ({
      then: () => {
        throw new TypeError('gone wrong');
      },
    }),
    / threw\b/,
  ],
];
/** A list of things is an object, so metadata may be one. */
const OBJECTS_ARE_FINE = ['gives a promise of another type'];

interface Told {
  readonly stage: Scene;
  readonly lines: readonly string[];
  /** Lines about functions. */
  readonly failures: readonly string[];
}

/** A customer asks for a person, of a bot with these options. */
async function asks(handover: Partial<VccLiveHandoverOptions>, said = 'talk to agent'): Promise<Told> {
  const lines: string[] = [];
  const stage = await scene({ handover: { logger: loggerInto(lines, 'info', 'warn', 'error'), ...handover } });
  await stage.clock.rush(stage.customer.says(said));
  return { stage, lines, failures: lines.filter((line) => line.startsWith('The function')) };
}

const options = (given: object): Partial<VccLiveHandoverOptions> => given;

const BEFORE_THE_HANDOVER: readonly {
  readonly name: string;
  readonly with: (failing: () => unknown) => Partial<VccLiveHandoverOptions>;
  readonly fine?: readonly string[];
}[] = [
  { name: 'metadata', with: (failing) => options({ metadata: failing }), fine: OBJECTS_ARE_FINE },
  { name: 'texts.connecting', with: (failing) => options({ texts: { connecting: failing } }) },
  { name: 'availability', with: (failing) => options({ availability: failing }) },
  { name: 'redact', with: (failing) => options({ redact: failing, metadata: () => ({ words: 'my words' }) }) },
  { name: 'talkToAgent[0]', with: (failing) => options({ talkToAgent: [failing, 'talk to agent'] }) },
  {
    name: 'talkToAgent[0]',
    with: (failing) => options({ talkToAgent: [{ recognizer: { recognize: failing }, intent: 'a' }, 'talk to agent'] }),
  },
  { name: 'pages', with: (failing) => options({ pages: failing }) },
];

describe('a function of the application', () => {
  afterEach(closeScenes);

  for (const { name, with: having, fine = [] } of BEFORE_THE_HANDOVER) {
    for (const [how, failing, line] of FAILURES) {
      if (fine.includes(how)) continue;
      it(`"${name}" that ${how}: the customer gets the agent, and the log names it`, async () => {
        const { stage, failures } = await asks(having(failing));
        expect(stage.owner()).to.equal('vccLive');
        expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
        expect(stage.agent.queue()).to.have.length(1);
        expect(failures).to.have.length(1);
        expect(failures[0]).to.include(`The function "${name}"`);
        // A recogniser's answer is read inside: that it has no intents is an error there.
        if (!failures[0]?.includes('threw')) expect(failures[0]).to.match(line);
      });
    }
  }

  it('sends the default metadata when it fails, and what it gave when it is asynchronous', async () => {
    const failed = await asks({
      metadata: async () => {
        throw new TypeError('gone wrong');
      },
    });
    const told = JSON.parse(failed.stage.agent.queue()[0]?.metadata ?? '');
    expect(told).to.deep.equal({ handoverId: failed.stage.news('passed')[0]?.handoverId });
    expect(failed.failures).to.deep.equal([
      'The function "metadata" threw: gone wrong. The handover goes on without it.',
    ]);
    const asynchronous = await asks({ metadata: async () => ({ queue: 'sales' }) });
    expect(JSON.parse(asynchronous.stage.agent.queue()[0]?.metadata ?? '')).to.include({ queue: 'sales' });
    expect(asynchronous.failures).to.deep.equal([]);
  });

  it('gives metadata that cannot be read or written: the rest goes along', async () => {
    const unreadable = {
      reason: 'x',
      get broken(): never {
        throw new TypeError('gone wrong');
      },
    };
    const { stage, failures } = await asks({ metadata: () => unreadable });
    expect(stage.owner()).to.equal('vccLive');
    expect(failures).to.have.length(1);
    const unwritable = { reason: 'x', big: 1n, own: { toJSON: () => failing() } };
    const other = await asks({ metadata: () => unwritable });
    expect(JSON.parse(other.stage.agent.queue()[0]?.metadata ?? '')).to.include({ reason: 'x' });
  });

  it('may be asynchronous everywhere', async () => {
    const { stage, failures } = await asks(
      {
        talkToAgent: [
          async () => false,
          { recognizer: { recognize: async () => ({ intents: { a: { score: 1 } } }) }, intent: 'a' },
        ],
        texts: { connecting: async () => 'soon' },
        metadata: async () => ({ words: 'secret' }),
        redact: async (text) => text.replace('secret', '***'),
        availability: async () => 'available' as const,
        pages: async () => ({ loopBreaker: {} }),
      },
      'anything',
    );
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.customer.hears()).to.deep.equal(['soon']);
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.include({ words: '***' });
    expect(failures).to.deep.equal([]);
  });

  it('"redact" that fails: no text leaves, and one line says so for all of them', async () => {
    const { stage, failures } = await asks({ redact: failing, metadata: () => ({ a: 'my words', b: ['others'] }) });
    const told = JSON.parse(stage.agent.queue()[0]?.metadata ?? '');
    expect(told).to.deep.include({ a: '[redacted]', b: ['[redacted]'] });
    expect(failures).to.deep.equal(['The function "redact" threw TypeError. [redacted] leaves in place of the text.']);
  });

  it('that hangs is waited for as long as the option says', async () => {
    const { stage, failures } = await asks({
      texts: { connecting: () => new Promise(() => undefined) },
      limits: { applicationFunctionMs: 60_000 },
    });
    expect(stage.owner()).to.equal('vccLive');
    expect(failures).to.deep.equal([
      'The function "texts.connecting" did not answer within 60000 ms. The default text is said.',
    ]);
  });

  it('that answers after its time has no effect, and one that rejects then ends no process', async () => {
    let answer = (_metadata: object): void => undefined;
    let refuse = (_error: Error): void => undefined;
    const { stage } = await asks({
      metadata: () => new Promise<object>((resolve) => (answer = resolve)),
      texts: { connecting: () => new Promise<string>((_resolve, reject) => (refuse = reject)) },
    });
    answer({ late: true });
    refuse(new TypeError('late'));
    await stage.sim.settled();
    expect(JSON.parse(stage.agent.queue()[0]?.metadata ?? '')).to.not.have.property('late');
    expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
  });

  for (const [how, failing] of FAILURES) {
    it(`"texts.unavailable" and "texts.failed" that ${how}: the customer reads the default`, async () => {
      const unavailable = await asks(options({ availability: () => 'unavailable', texts: { unavailable: failing } }));
      expect(unavailable.stage.customer.hears()).to.deep.equal(['None of our agents is available right now.']);
      const looping = await asks(
        options({ loopBreaker: { maxHandovers: 1, withinMs: 600_000 }, texts: { failed: failing } }),
      );
      await looping.stage.agent.handsBack(PSID);
      await looping.stage.clock.rush(looping.stage.customer.says('talk to agent'));
      expect(looping.stage.customer.hears().at(-1)).to.match(/^I'm sorry, I could not reach an agent/);
      expect(looping.lines.join('\n')).to.include('The function "texts.failed"');
    });

    it(`"texts.returned", "satisfactionQuestion.ask" and "openPrompt" that ${how}: the thread is home, and the bot answers`, async () => {
      const { stage, failures, lines } = await asks(
        options({ texts: { returned: failing }, satisfactionQuestion: { ask: failing }, openPrompt: failing }),
      );
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      await stage.clock.rush(stage.agent.handsBack(PSID));
      await stage.clock.rush(stage.customer.says('hello'));
      expect(stage.owner()).to.equal('bot');
      expect(stage.customer.hears().at(-1)).to.equal('bot: hello');
      expect(failures).to.deep.equal([]);
      for (const name of ['texts.returned', 'satisfactionQuestion.ask']) {
        expect(lines.join('\n')).to.include(`The function "${name}"`);
      }
    });

    it(`"controlRequests" that ${how}: VCC Live gets the thread it asks for, and the log names the option`, async () => {
      const { stage, lines } = await asks(options({ controlRequests: failing }), 'hello');
      const asking = { requested_owner_app_id: 27012345678901239n, metadata: 'please' };
      await stage.clock.rush(stage.deliver([{ request_thread_control: asking }]));
      expect(stage.owner()).to.equal('vccLive');
      expect(lines.join('\n')).to.include('The function "controlRequests"');
    });

    it(`"reclaim" that ${how}: the agent keeps the thread, and other words bring it back`, async () => {
      const { stage, lines } = await asks(
        options({ reclaim: { customer: [failing, 'bot'], agent: [failing, '#bot'] } }),
      );
      await stage.agent.says(PSID, 'Hello, this is Anna.');
      await stage.clock.rush(stage.customer.says('I am here'));
      expect(stage.owner()).to.equal('vccLive');
      await stage.clock.rush(stage.customer.says('“Bot”, 🙏'));
      expect(stage.owner()).to.equal('bot');
      expect(lines.join('\n')).to.include('The function "reclaim.customer[0]"').and.to.include('"reclaim.agent[0]"');
      expect(lines.join('\n')).not.to.include('gone wrong');
    });
  }
});

describe('a request of the application', () => {
  afterEach(closeScenes);

  const told = async (request: object | (() => object)): Promise<{ stage: Scene; metadata: any; lines: string[] }> => {
    const lines: string[] = [];
    const stage = await scene({ handover: { talkToAgent: [], logger: loggerInto(lines, 'info', 'warn', 'error') } });
    stage.bot.logic = async (context) => {
      const asked = typeof request === 'function' ? (request as () => object)() : request;
      const start = await stage.bot.handover.toAgent(context, asked);
      expect(start.status).to.equal('passed');
    };
    await stage.clock.rush(stage.customer.says('help'));
    expect(stage.owner()).to.equal('vccLive');
    const metadata = stage.agent.queue()[0]?.metadata ?? '';
    return { stage, metadata: metadata.startsWith('{') ? JSON.parse(metadata) : metadata, lines };
  };

  it('may have its summary made by a function or a promise', async () => {
    expect((await told({ summary: async () => 'made later' })).metadata.summary).to.equal('made later');
    expect((await told({ summary: () => 'made now' })).metadata.summary).to.equal('made now');
    expect((await told({ summary: Promise.resolve('made before') })).metadata.summary).to.equal('made before');
  });

  for (const [how, failing] of FAILURES) {
    it(`whose summary ${how}: the handover goes on without it`, async () => {
      const { stage, metadata, lines } = await told({ reason: 'refund', summary: failing });
      expect(metadata).to.include({ reason: 'refund' }).and.not.to.have.property('summary');
      expect(lines.join('\n')).to.include('The function "request.summary"').and.not.to.include('gone wrong');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    });

    it(`whose notice ${how}: the customer reads the text for connecting`, async () => {
      const { stage } = await told({ notice: failing });
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    });
  }

  it('whose promises reject while something else is waited for ends no process', async () => {
    const rejected = (): Promise<never> => Promise.reject(new TypeError('gone wrong'));
    await told(() => ({ reason: 'x', metadata: rejected(), summary: rejected(), notice: rejected() }));
    await told(() => ({ metadata: 'a text', summary: rejected() }));
  });
});

describe('what listens and watches', () => {
  afterEach(closeScenes);

  const fails: readonly (readonly [string, () => unknown])[] = FAILURES.map(([how, failing]) => [how, failing]);
  for (const [how, failing] of fails) {
    it(`a logger that ${how} loses its lines and nothing else`, async () => {
      const logger = { info: failing, warn: failing, error: failing } as never;
      const { stage } = await asks({ logger, metadata: () => 7 as never });
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING]);
    });

    it(`listeners and probes that ${how} hold nothing up`, async () => {
      const probe = { happened: failing, begin: failing } as unknown as Probe;
      const noting = { happened: failing, begin: () => ({ within: failing, end: failing }) } as unknown as Probe;
      const stage = await scene({ handover: { telemetry: [probe, noting] } });
      for (const name of ['begun', 'passed', 'claimed', 'ownerChanged', 'returned'] as const) {
        stage.bot.handover.on(name, failing);
      }
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
      await stage.agent.handsBack(PSID);
      await stage.customer.says('hello');
      expect(stage.customer.hears()).to.deep.equal([CONNECTING, 'bot: hello']);
    });
  }

  it('a logger whose method is gone later loses its lines', async () => {
    const logger: Record<string, unknown> = { ...quietLogger };
    const stage = await scene({ handover: { logger: logger as never, metadata: () => 7 as never } });
    delete logger['error'];
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
  });
});

function failing(): never {
  throw new TypeError('gone wrong');
}
