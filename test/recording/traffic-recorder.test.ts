/** The file of a recording: its lines, its mode, and what happens when the disk fails. */
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import type { WriteBytes } from '../../src/recording/recording-file.js';
import { TrafficRecorder } from '../../src/recording/traffic-recorder.js';

const NONE = new Map<string, string>();

describe('a recording', () => {
  let folder: string;
  let file: string;
  const complaints: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recording-'));
    file = join(folder, 'bug.jsonl');
    complaints.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const recorder = (write?: WriteBytes): TrafficRecorder =>
    new TrafficRecorder({
      file,
      botAppId: '24012345678901237',
      vccLiveAppId: '900500600700800',
      now: () => 1000,
      complain: (line) => complaints.push(line),
      ...(write === undefined ? {} : { write }),
    });
  const lines = async (): Promise<string[]> => (await readFile(file, 'utf8')).trimEnd().split('\n');

  it('has a line for each webhook when it arrives, for its answer, and for each call with its answer', async () => {
    const recording = recorder();
    const acknowledged = recording.webhook('{"object":"page","entry":[{"id":"111222333444555"}]}');
    const answered = recording.graphCall({
      method: 'POST',
      path: '/v26.0/me/pass_thread_control',
      query: { access_token: 'EAAG', recipient: '6600112233445566' },
      json: '{"target_app_id":900500600700800}',
      pageId: '111222333444555',
    });
    const headers = new Map([
      ['set-cookie', 'session=Anna'],
      ['x-business-use-case-usage', '{"111222333444555":[{"call_count":100}]}'],
      ['content-type', 'application/json; charset=UTF-8; for=Anna'],
    ]);
    answered({ status: 200, headers, text: '{"success":true}' });
    acknowledged(200);
    recording.graphCall({ method: 'GET', path: '/v26.0/Anna/thread_owner', query: {} })({ failed: 'timeout' });
    await recording.close();
    expect(await lines()).to.deep.equal([
      '{"recording":1,"botAppId":"10000000000000001","vccLiveAppId":"100000000000002"}',
      '{"n":1,"atMs":1000,"kind":"webhook","body":{"object":"page","entry":[{"id":"100000000000003"}]}}',
      '{"n":2,"atMs":1000,"kind":"call","page":"100000000000003","method":"POST","path":"/v26.0/me/pass_thread_control",' +
        '"query":{"access_token":"xxxx","recipient":"1000000000000004"},"body":{"target_app_id":100000000000002},"ms":0,' +
        '"answer":{"status":200,"headers":{"content-type":"xxxxxxxxxxx/xxxx; xxxxxxx=XXX-0; xxx=Xxxx",' +
        '"x-business-use-case-usage":"{\\"100000000000003\\":[{\\"call_count\\":100}]}"},"body":{"success":true}}}',
      '{"n":3,"atMs":1000,"kind":"acknowledged","of":1,"status":200,"ms":0}',
      '{"n":4,"atMs":1000,"kind":"call","method":"GET","path":"/v26.0/aaa5/thread_owner","ms":0,"answer":{"failed":"timeout"}}',
    ]);
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });

  it('overwrites no file', async () => {
    await writeFile(file, 'mine');
    expect(() => recorder()).to.throw(InvalidOptionError, 'which exists already');
    expect(await readFile(file, 'utf8')).to.equal('mine');
  });

  it('needs a folder that exists', () => {
    file = join(folder, 'nowhere', 'bug.jsonl');
    expect(() => recorder()).to.throw(InvalidOptionError, 'ENOENT');
  });

  it('says once that the disk is full, and lets the bot go on', async () => {
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const recording = recorder(() => Promise.reject(full));
    recording.webhook('{}')(200);
    await new Promise(setImmediate);
    recording.webhook('{}')(200);
    await recording.close();
    expect(complaints).to.have.length(1);
    expect(complaints[0]).to.match(/ends here: a line could not be written \(ENOSPC\)\. The bot goes on\./);
  });

  it('holds no more than its bound when the disk stands still', () => {
    const recording = recorder(() => new Promise(() => undefined));
    const body = JSON.stringify({ text: 'a'.repeat(1024 * 1024) });
    for (let count = 0; count < 20; count += 1) recording.webhook(body);
    expect(complaints).to.have.length(1);
    expect(complaints[0]).to.include('the disk is slower than the traffic');
  });

  it('writes what is left of a line when the system takes a part of it', async () => {
    const written: Buffer[] = [];
    const recording = recorder((_fd, bytes) => {
      written.push(Buffer.from(bytes.subarray(0, 7)));
      return Promise.resolve(Math.min(7, bytes.length));
    });
    recording.webhook('{"object":"page"}');
    await recording.close();
    const [, line = ''] = Buffer.concat(written).toString('utf8').split('\n');
    expect(line).to.equal('{"n":1,"atMs":1000,"kind":"webhook","body":{"object":"page"}}');
  });

  it('hides a body that is no JSON', async () => {
    const recording = recorder();
    recording.graphCall({ method: 'GET', path: '/v26.0/me', query: { fields: 'id' } })({
      status: 500,
      headers: NONE,
      text: '<h1>Sorry, Anna</h1>',
    });
    await recording.close();
    expect((await lines())[1]).to.include('"text":"<x0>Xxxxx, Xxxx</x0>"');
  });
});
