/** The log of a long story: pino, winston and the console take it, it reads well at night, and nothing of anybody's is in it. */
import { Writable } from 'node:stream';
import { format as formatted } from 'node:util';
import { threadLabel } from 'botbuilder-handover-vcclive';
import type { Logger, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import pino from 'pino';
import { createLogger, format, transports } from 'winston';
import { closeScenes, scene, type Scene } from '../integration/scene.js';
import { playMixedStory, TEXTS } from './mixed-story.js';

const STORY_LIMIT_MS = 60_000;
const PAGE_ID = '111222333444555';
const HANDOVER_ID = /[0-9a-f]{32}/;

interface Line {
  readonly level: string;
  readonly text: string;
}

describe('the log', () => {
  describe('of a long story', function () {
    this.timeout(STORY_LIMIT_MS);
    const lines: Line[] = [];
    let stage: Scene;

    before(async () => {
      stage = await playMixedStory({ logger: listOf(lines) });
    });
    after(closeScenes);

    it('has one line for each handover begun, passed, claimed, ended and refused, and for each change of owner', () => {
      const infos = lines.filter(({ level }) => level === 'info').map(({ text }) => text);
      const one = (word: RegExp): number => infos.filter((text) => word.test(text)).length;
      expect(one(/ begun: /))
        .to.equal(stage.news('begun').length)
        .and.equal(5);
      expect(one(/ passed: /))
        .to.equal(stage.news('passed').length)
        .and.equal(4);
      expect(one(/ claimed: /))
        .to.equal(stage.news('claimed').length)
        .and.equal(3);
      expect(one(/ ended: /))
        .to.equal(stage.news('returned').length)
        .and.equal(4);
      expect(one(/refused \(unavailable\)/)).to.equal(1);
      expect(one(/^Owner changed/)).to.equal(stage.news('ownerChanged').length);
      expect(one(/^Ledger corrected/)).to.equal(stage.news('disagreement').length);
    });

    it('tells a handover from beginning to end, each line with its id and its thread', () => {
      const [id] = HANDOVER_ID.exec(lines.find(({ text }) => / begun: /.test(text))?.text ?? '') ?? [];
      const told = lines.filter(({ text }) => text.includes(id ?? 'no id')).map(({ text }) => text);
      const where = `thread ${threadLabel(stage.thread)} of Page ${PAGE_ID}`;
      expect(told).to.deep.equal([
        `Handover ${id} begun: ${where}.`,
        `Handover ${id} passed: VCC Live has ${where}; the bot is silent there.`,
        `Handover ${id} claimed: an agent answered after 42 s, ${where}.`,
        `Handover ${id} ended: completed by passBack after 282 s, 240 s of it with an agent, ${where}.`,
      ]);
      expect(stage.thread.pageId).to.equal(PAGE_ID);
    });

    it('warns of what went wrong, with what to do, and once for each trouble', () => {
      const trouble = lines.filter(({ level }) => level !== 'info').map(({ text }) => text.split('\n')[0] ?? '');
      const starts = trouble.map((text) => text.replace(/[0-9a-f]{32}/, 'ID').slice(0, 40));
      expect(starts).to.deep.equal([
        'Handover ID failed; the thread stays whe',
        'Meta throttles Page 111222333444555 (cod',
        'Handover ID: a timer could not take the ',
        'A turn ended with an error that no onTur',
        ...starts.filter((text) => text.startsWith('A delivery was refused so that Meta deli')),
        ...starts.filter((text) => /^\d+ more like this within a minute/.test(text)),
      ]);
      expect(starts.length).to.be.greaterThan(3);
    });

    it('has no text of anybody, no PSID, no token and no secret in it', () => {
      const { pageAccessToken, appSecret, verifyToken } = stage.sim.settings;
      const secrets = [pageAccessToken, appSecret, verifyToken];
      const written = lines.map(({ text }) => text).join('\n');
      for (const said of [...Object.values(TEXTS), 'talk to agent', 'Our news of the week', ...secrets]) {
        expect(written).not.to.include(said);
      }
      expect(written).not.to.include(stage.thread.psid);
    });
  });

  it('is quiet by default: whoever gives no logger hears of a whole handover nothing', async () => {
    const said: string[] = [];
    const stop = listenToConsole(said);
    try {
      const stage = await scene({ handover: withoutLogger() });
      await stage.customer.says('talk to agent');
      await stage.agent.handsBack(stage.customer.psid);
      expect(stage.news('returned')).to.have.length(1);
    } finally {
      stop();
      await closeScenes();
    }
    expect(said).to.deep.equal([]);
  });

  describe('goes to', () => {
    /** What a `%`, an object and a line break become. */
    const odd = '100 % of %s %d %j %o {"a":1} \u001b[31m';
    afterEach(closeScenes);

    it('pino', async () => {
      const written: string[] = [];
      const stage = await handedOver(pino({ base: null }, into(written)));
      const entries = written.map((line) => JSON.parse(line) as { readonly level: number; readonly msg: string });
      expect(entries[0]?.level).to.equal(30);
      expect(entries.map(({ msg }) => msg)).to.deep.equal(expectedLines(stage));
      const logger: Logger = pino({ base: null }, into(written));
      logger.warn(odd);
      expect((JSON.parse(written.at(-1) ?? '') as { readonly msg: string }).msg).to.equal(odd);
    });

    it('winston, with splat or without', async () => {
      const written: string[] = [];
      const winston = (): Logger =>
        createLogger({
          format: format.combine(format.splat(), format.json()),
          // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- winston's types say less than it takes
          transports: [new transports.Stream({ stream: into(written) })],
        });
      const stage = await handedOver(winston());
      const entries = written.map((line) => JSON.parse(line) as { readonly level: string; readonly message: string });
      expect(entries[0]?.level).to.equal('info');
      expect(entries.map(({ message }) => message)).to.deep.equal(expectedLines(stage));
      winston().error(odd);
      expect((JSON.parse(written.at(-1) ?? '') as { readonly message: string }).message).to.equal(odd);
    });

    it('the console', async () => {
      const said: string[] = [];
      const stop = listenToConsole(said);
      let stage: Scene;
      try {
        stage = await handedOver(console);
        console.info(odd);
      } finally {
        stop();
      }
      expect(said).to.deep.equal([...expectedLines(stage), odd]);
    });
  });
});

async function handedOver(logger: Logger): Promise<Scene> {
  const stage = await scene({ handover: { logger } });
  await stage.customer.says('talk to agent');
  return stage;
}

function expectedLines(stage: Scene): string[] {
  const [begun] = stage.news('begun');
  const where = `thread ${threadLabel(stage.thread)} of Page ${stage.thread.pageId}`;
  return [
    `Handover ${begun?.handoverId} begun: ${where}.`,
    `Owner changed from bot to vccLive: ${where}.`,
    `Handover ${begun?.handoverId} passed: VCC Live has ${where}; the bot is silent there.`,
  ];
}

function listOf(lines: Line[]): Logger {
  const note =
    (level: string) =>
    (text: string, ...more: unknown[]) => {
      if (more.length > 0) throw new TypeError('A line is one text.');
      lines.push({ level, text });
    };
  return { info: note('info'), warn: note('warn'), error: note('error') };
}

/** The scene's own logger is quiet; this leaves it to the plugin's default. */
function withoutLogger(): Partial<VccLiveHandoverOptions> {
  return { logger: undefined } as unknown as Partial<VccLiveHandoverOptions>;
}

function into(lines: string[]): Writable {
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(...chunk.toString('utf8').split('\n').filter(Boolean));
      done();
    },
  });
}

/** Hears what is written by the console, as it would be shown. @returns stops listening */
function listenToConsole(said: string[]): () => void {
  const { info, warn, error, log } = console;
  const hear = (...words: unknown[]): void => void said.push(formatted(...words));
  Object.assign(console, { info: hear, warn: hear, error: hear, log: hear });
  return () => void Object.assign(console, { info, warn, error, log });
}
