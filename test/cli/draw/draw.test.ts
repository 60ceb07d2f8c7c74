/** A recording, drawn: the owner in hindsight is the platform's truth, and the bot knew it as late as its webhooks were. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { runCommandLine } from '../../../src/cli/command-line.js';
import { timelinesOf, type RecordedThread } from '../../../src/cli/draw/timeline-of-recording.js';
import { readRecording } from '../../../src/recording/read-recording.js';
import { trueOwnerName } from '../../../src/simulator/stage/owner-name.js';
import type { TimelineMoment } from '../../../src/simulator/timeline/thread-timeline.js';
import { paper } from '../../readme/readme-examples.js';
import { playStory, recordedBots } from '../../recording/recorded-bots.js';
import { readFile } from 'node:fs/promises';

const PSID = '6600112233445566';
const STORY = 'test/fixtures/recordings/our-adapter.jsonl';
const BEGAN_MS = 1_795_338_000_000;

describe('a recording, drawn', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'draw-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Plays a story at a bot that records. Gives the drawing's data, and the owners by the platform. */
  async function recorded(
    bot: string,
    story: (sim: MessengerSimulator) => Promise<void>,
  ): Promise<{ readonly threads: RecordedThread[]; readonly truth: string[] }> {
    const sim = await MessengerSimulator.start();
    const file = join(folder, `${bot}.jsonl`);
    const stop = await recordedBots[bot]?.(sim, { record: file });
    await story(sim);
    await stop?.();
    const owners = sim.wire.of('owner').map(({ to, pageId }) => trueOwnerName(to, pageId, sim.settings));
    await sim.stop();
    return { threads: timelinesOf(readRecording(await readFile(file, 'utf8'))), truth: owners };
  }

  for (const bot of Object.keys(recordedBots)) {
    it(`of ${bot}: the owners in hindsight are those of the platform`, async () => {
      const { threads, truth } = await recorded(bot, playStory);
      expect(truth).to.deep.equal(['bot', 'vccLive', 'bot']);
      expect(ownersOf(threads[0], 'truth')).to.deep.equal(truth);
      expect(ownersOf(threads[0], 'belief').slice(-2)).to.deep.equal(['vccLive', 'bot']);
    });
  }

  it('of a race: VCC Live takes the thread, the webhooks are late, and Meta refuses the answer first', async () => {
    const { threads, truth } = await recorded('our-adapter', async (sim) => {
      await sim.customer(PSID).says('Hello');
      await sim.settled();
      sim.weather.delayMs = 700;
      const said = sim.customer(PSID).says('Where is my parcel?');
      const taken = sim.agent().takes(PSID);
      await Promise.all([said, taken]);
      await sim.settled();
    });
    expect(truth).to.deep.equal(['bot', 'vccLive']);
    const moments = threads[0]?.timeline.moments ?? [];
    const at = (fits: (moment: TimelineMoment) => boolean): number => moments.findIndex(fits);
    const takenAt = at(({ kind, owner }) => kind === 'truth' && owner === 'vccLive');
    const refusedAt = at(({ kind }) => kind === 'refused');
    const knownAt = at(({ kind, owner }) => kind === 'belief' && owner === 'other');
    expect(takenAt).to.be.greaterThan(0);
    expect(refusedAt).to.be.greaterThan(takenAt);
    expect(knownAt).to.be.greaterThan(refusedAt);
    expect(ownersOf(threads[0], 'belief').at(-1)).to.equal('vccLive');
    expect(moments.map(({ text }) => text).join('\n')).to.match(
      /Meta → Bot: take_thread_control → VCC Live, 0\.\d s late/,
    );
  });

  describe('line by line', () => {
    const header = { recording: 1, botAppId: '11', vccLiveAppId: '22' };
    const item = (stamp: number, content: object): object => ({
      sender: { id: '4' },
      recipient: { id: '3' },
      timestamp: BEGAN_MS + stamp,
      ...content,
    });
    const webhook = (n: number, afterMs: number, channel: 'messaging' | 'standby', ...items: object[]): object => ({
      n,
      atMs: BEGAN_MS + afterMs,
      kind: 'webhook',
      body: { object: 'page', entry: [{ id: '3', time: BEGAN_MS, [channel]: items }] },
    });
    const call = (n: number, afterMs: number, edge: string, body: object, answer: object, ms = 10): object => {
      const recipient = { id: '4' };
      return {
        n,
        atMs: BEGAN_MS + afterMs,
        kind: 'call',
        method: 'POST',
        path: `/v26.0/me/${edge}`,
        body: { recipient, ...body },
        ms,
        answer,
      };
    };
    const ok = { status: 200, body: { success: true } };
    const refusal = {
      message: '(#10) another app is controlling this thread now.',
      type: 'OAuthException',
      code: 10,
      error_subcode: 2018300,
    };
    const hello = webhook(1, 5, 'messaging', item(0, { message: { mid: 'm_1', text: 'Hello' } }));

    for (const [what, lines, moments] of [
      [
        'a message, and the answer',
        [hello, call(2, 20, 'messages', { message: { text: 'Hi' } }, { status: 200, body: { message_id: 'm_2' } })],
        ['truth bot', 'customer said “Hello”', 'belief bot', 'bot said “Hi”'],
      ],
      [
        'the echo of a call that is recorded: once',
        [
          hello,
          call(2, 20, 'messages', { message: { text: 'Hi' } }, { status: 200, body: { message_id: 'm_2' } }),
          webhook(3, 50, 'messaging', {
            sender: { id: '3' },
            recipient: { id: '4' },
            timestamp: BEGAN_MS + 25,
            message: { is_echo: true, app_id: 11, mid: 'm_2', text: 'Hi' },
          }),
        ],
        ['truth bot', 'customer said “Hello”', 'belief bot', 'bot said “Hi”'],
      ],
      [
        'a pass without an answer',
        [hello, call(2, 20, 'pass_thread_control', { target_app_id: '22' }, { failed: 'timedOut' })],
        [
          'truth bot',
          'customer said “Hello”',
          'belief bot',
          'event Bot → Meta: pass_thread_control → VCC Live · no answer: timedOut',
        ],
      ],
      [
        'a refused answer',
        [hello, call(2, 20, 'messages', { message: { text: 'Hi' } }, { status: 400, body: { error: refusal } })],
        [
          'truth bot',
          'customer said “Hello”',
          'belief bot',
          'truth other',
          `refused “Hi” refused: ${refusal.message}`,
          'belief other',
        ],
      ],
      [
        'somebody in the Page inbox',
        [
          hello,
          webhook(2, 60, 'standby', {
            ...item(40, { take_thread_control: { previous_owner_app_id: 11, new_owner_app_id: 263902037430900 } }),
          }),
        ],
        [
          'truth bot',
          'customer said “Hello”',
          'belief bot',
          'truth inbox',
          "event Meta → Bot: take_thread_control → Meta's Page Inbox",
          'belief inbox',
        ],
      ],
      [
        'a release by the bot',
        [hello, call(2, 20, 'release_thread_control', {}, ok)],
        [
          'truth bot',
          'customer said “Hello”',
          'belief bot',
          'truth idle',
          'event Bot → Meta: release_thread_control · 200',
          'belief idle',
        ],
      ],
    ] as const) {
      it(`says what happened: ${what}`, () => {
        const [thread] = timelinesOf(readRecording([header, ...lines].map((line) => JSON.stringify(line)).join('\n')));
        expect(thread?.timeline.moments.map(inShort)).to.deep.equal(moments);
      });
    }

    it('places a clock of Meta that is minutes wrong by the fastest webhook', () => {
      const ahead = 180_000;
      const first = webhook(1, 5, 'messaging', item(ahead, { message: { mid: 'm_1', text: 'Hello' } }));
      const late = webhook(2, 3000, 'messaging', item(ahead + 1000, { message: { mid: 'm_2', text: 'Hello?' } }));
      const text = [header, first, late].map((line) => JSON.stringify(line)).join('\n');
      const moments = timelinesOf(readRecording(text))[0]?.timeline.moments ?? [];
      const said = moments.filter(({ kind }) => kind === 'said').map(({ atMs }) => atMs - BEGAN_MS);
      expect(said).to.deep.equal([5, 1005]);
      const owned = moments.filter(({ kind }) => kind === 'truth').map(({ atMs }) => atMs - BEGAN_MS);
      expect(owned).to.deep.equal([5]);
      expect(moments.map(({ text: words }) => words)).to.include('Meta → Bot: “Hello?”, 2.0 s late');
    });
  });

  describe('on the command line', () => {
    const type = async (...words: string[]): Promise<{ code: number; said: string; complained: string }> => {
      let [said, complained] = ['', ''];
      const code = await runCommandLine(words, {
        say: (text) => (said += text),
        complain: (text) => (complained += text),
        stopped: () => Promise.resolve(),
      });
      return { code, said, complained };
    };

    it('is an SVG of the width that was asked for', async () => {
      const { code, said, complained } = await type('draw', STORY, '--width', '900');
      expect([code, complained]).to.deep.equal([0, '']);
      expect(said)
        .to.match(/^<svg [^>]*viewBox="0 0 900 \d+"/)
        .and.match(/<\/svg>\n$/);
      expect(said).to.include('Customer: “talk to agent”');
    });

    it('names the other threads, and draws the one that is asked for', async () => {
      const story = await readFile(STORY, 'utf8');
      const other = (story.split('\n')[1] ?? '').replaceAll('1000000000000004', '1000000000000099');
      const two = join(folder, 'two.jsonl');
      await writeFile(two, `${story.trim()}\n${other}\n`);
      expect(await type('draw', two)).to.deep.include({
        code: 0,
        complained: 'Drawn: thread 1000000000000004. --psid draws another one: 1000000000000099.\n',
      });
      expect((await type('draw', two, '--psid', '1000000000000099')).said).to.include(
        'Thread 1000000000000099 of Page',
      );
    });

    for (const [what, words, complaint] of [
      [
        'a file that does not exist',
        ['nowhere.jsonl'],
        /Option "recording" is \S+nowhere\.jsonl, which cannot be read \(ENOENT\)/,
      ],
      ['a file that is no recording', ['package.json'], /Option "recording" is a file whose line 1 is something else/],
      ['an unknown customer', [STORY, '--psid', '5'], /Option "--psid" is 5; it must be one of 1000000000000004/],
      ['a wrong width', [STORY, '--width', '20'], /It must be a whole number from 300 to 2000/],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const { code, said, complained } = await type('draw', ...words);
        expect([code, said]).to.deep.equal([2, '']);
        expect(complained).to.match(complaint);
      });
    }

    it('is described by docs/recordings.md', () => {
      expect(paper('docs/recordings.md')).to.include('npx botbuilder-handover-vcclive draw bug.jsonl > thread.svg');
    });
  });
});

function ownersOf(thread: RecordedThread | undefined, kind: 'truth' | 'belief'): (string | undefined)[] {
  return (thread?.timeline.moments ?? []).filter((moment) => moment.kind === kind).map(({ owner }) => owner);
}

function inShort({ kind, who, owner, text }: TimelineMoment): string {
  return kind === 'said' ? `${who} said ${text}` : `${kind} ${owner ?? text}`;
}
