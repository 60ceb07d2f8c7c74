/** Recordings are played at bots: at one like the recorded bot, and at bots that have changed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessengerSimulator, replayText } from 'botbuilder-handover-vcclive/simulator';
import type { ReplayReport } from 'botbuilder-handover-vcclive/simulator';
import { expect } from 'chai';
import { playStory, recordedBots, type BotSettings } from './recorded-bots.js';

const FOLDER = join(__dirname, '../fixtures/recordings');
const recordingOf = (name: string): string => join(FOLDER, `${name}.jsonl`);

describe('a replay', function () {
  this.timeout(60_000);
  const open: (() => Promise<void>)[] = [];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'replay-'));
    open.push(() => rm(folder, { recursive: true }));
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function platformWith(name: string, settings: BotSettings = {}): Promise<MessengerSimulator> {
    const sim = await MessengerSimulator.start({
      botAppId: '900100200300400',
      vccLiveAppId: '900500600700800',
      pageId: '4711',
    });
    open.push(() => sim.stop());
    const stop = await recordedBots[name]?.(sim, settings);
    open.push(async () => stop?.());
    return sim;
  }
  const replay = async (file: string, name: string, settings?: BotSettings, waitMs = 300): Promise<ReplayReport> =>
    (await platformWith(name, settings)).replay(file, { waitMs });
  const changed = async (file: string, change: (line: string) => string): Promise<string> => {
    const copy = join(folder, 'changed.jsonl');
    await writeFile(copy, (await readFile(file, 'utf8')).split('\n').map(change).join('\n'));
    return copy;
  };

  it('has a recording of every transport', async () => {
    expect((await readdir(FOLDER)).sort()).to.deep.equal(
      Object.keys(recordedBots)
        .map((name) => `${name}.jsonl`)
        .sort(),
    );
  });

  for (const name of Object.keys(recordedBots)) {
    it(`finds no difference in a bot that is as it was recorded, with other apps and another Page: ${name}`, async () => {
      const report = await replay(recordingOf(name), name, {}, 5000);
      expect(report.differences).to.deep.equal([]);
      expect(replayText(report)).to.equal(
        'Played 9 webhooks; the recording has 4 Graph calls. This bot makes the same calls.',
      );
    });

    it(`leaves nothing of the story's people in the recording: ${name}`, async () => {
      const text = await readFile(recordingOf(name), 'utf8');
      expect(text).to.not.match(
        /Anna|Kov|Béla|B\\u00e9la|3003001234567890|6600112233445566|30 123|parcel|24012345678901237|token/,
      );
    });
  }

  it('says that a bot does not hand over any more, and what it says instead', async () => {
    const report = await replay(recordingOf('our-adapter'), 'our-adapter', { handsOver: false });
    const { differences } = report;
    expect(differences.map(({ kind }) => kind)).to.include('missing');
    expect(replayText(report)).to.match(/missing: this bot did not call POST pass_thread_control within 300 ms\./);
    expect(replayText(report)).to.match(/body: POST messages has "You said: talk to agent" at message\.text/);
  });

  it('finds no difference in a bot that is slower than the recorded one', async () => {
    const slow = { answers: async (text: string) => sleep(300).then(() => [`You said: ${text}`]) };
    const report = await replay(recordingOf('our-adapter'), 'our-adapter', { ...slow, noticeAfterMs: 300 }, 5000);
    expect(report.differences).to.deep.equal([]);
  });

  it('says that a bot speaks twice', async () => {
    const report = await replay(recordingOf('our-adapter'), 'our-adapter', {
      answers: (text) => [`You said: ${text}`, 'Anything else?'],
    });
    expect(report.differences.map(({ kind }) => kind)).to.deep.equal(['extra', 'extra']);
    expect(replayText(report)).to.match(/extra: after this line, this bot calls POST messages with .*Anything else\?/);
  });

  it('says that two calls have changed places', async () => {
    const answers = (text: string): string[] => [`You said: ${text}`, 'Anything else, please?'];
    const file = join(folder, 'two.jsonl');
    const sim = await platformWith('our-adapter', { answers, record: file });
    await playStory(sim);
    await open.pop()?.();
    const report = await replay(file, 'our-adapter', { answers: (text) => answers(text).reverse() });
    expect(report.differences.map(({ kind }) => kind)).to.deep.equal(['order', 'order']);
  });

  it('says that the pass goes to another app', async () => {
    const other = await changed(recordingOf('our-adapter'), (line) => line.replace(/("vccLiveAppId":")\d/, '$19'));
    const report = await replay(other, 'our-adapter');
    expect(replayText(report)).to.match(/body: POST pass_thread_control has .* at target_app_id; the recording has/);
  });

  it('gives the recorded errors, so that the bot meets them again', async () => {
    const refused = await changed(recordingOf('our-adapter'), (line) =>
      line.includes('/pass_thread_control"')
        ? line.replace(
            /"answer":.*$/,
            '"answer":{"status":400,"body":{"error":{"code":100,"message":"(#100) Incorrect App ID."}}}}',
          )
        : line,
    );
    const report = await replay(refused, 'our-adapter');
    expect(
      report.differences.map(({ kind }) => kind),
      replayText(report),
    ).to.include('extra');
  });

  it('says that a webhook is answered otherwise', async () => {
    const busy = await changed(recordingOf('our-adapter'), (line) =>
      line.includes('"acknowledged","of":1,') ? line.replace('"status":200', '"status":503') : line,
    );
    const report = await replay(busy, 'our-adapter');
    expect(replayText(report)).to.include(
      'line 2, acknowledged: this bot answers the webhook with 200; the recording has 503.',
    );
  });

  it('leaves out a webhook that reached no bot', async () => {
    const late = await changed(recordingOf('our-adapter'), (line) =>
      line.includes('"acknowledged","of":1,') ? line.replace('"status":200', '"status":"unreached"') : line,
    );
    const { webhooks, differences } = await replay(late, 'our-adapter');
    expect(webhooks).to.equal(8);
    expect(differences.map(({ kind }) => kind)).to.deep.equal(['missing']);
  });

  it('refuses a file that is no recording, by its line', async () => {
    const sim = await platformWith('our-adapter');
    const file = join(folder, 'other.jsonl');
    await writeFile(file, '{"level":30}\n');
    expect(String(await sim.replay(file).catch((error: unknown) => error))).to.include('line 1 is something else');
    await writeFile(file, '{"recording":1}\n{"n":1,"kind":"mail"}\n');
    expect(String(await sim.replay(file).catch((error: unknown) => error))).to.include('line 2 is something else');
  });
});
