/** Commands whose output is closed before they have said everything, as by `… | head -1`. */
import { spawn } from 'node:child_process';
import { expect } from 'chai';
import { bundled } from '../run/bundled.js';
import { REPOSITORY } from './child-process.js';
import { openClinic, PSID, type Clinic } from './doctor/clinic.js';

const COMMAND = bundled('src/cli/index.ts');

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly complained: string;
}

describe('A command whose output is closed', function () {
  this.timeout(60_000);
  let clinic: Clinic;
  beforeEach(async () => {
    clinic = await openClinic();
  });
  afterEach(() => clinic.close());

  /** Types a command into a pipe that nobody reads. */
  const closed = (words: readonly string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [COMMAND, ...words], {
        cwd: REPOSITORY,
        env: { ...process.env, ...clinic.env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.stdout.destroy();
      let complained = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
      child.once('close', (code, signal) => resolve({ code, signal, complained }));
    });

  const commands: readonly (readonly [words: readonly string[], code: number])[] = [
    [['--help'], 0],
    [['--version'], 0],
    [['help', 'simulate'], 0],
    [['doctor', '--help'], 0],
    [['doctor', '--no-env-file'], 0],
    [['owner', '--no-env-file', PSID], 0],
    [['simulate', '--port', '0'], 0],
  ];
  it('ends with what it found out: doctor with a wrong token', async () => {
    clinic.env['FACEBOOK_PAGE_ACCESS_TOKEN'] = 'not-a-token';
    expect(await closed(['doctor', '--no-env-file'])).to.deep.equal({ code: 1, signal: null, complained: '' });
  });

  for (const [words, code] of commands) {
    it(`ends quietly, with its own exit code: ${words.join(' ')}`, async () => {
      clinic.sim.customer(PSID);
      const ended = await closed(words);
      expect(ended.complained).to.equal('');
      expect(ended).to.include({ code, signal: null });
    });
  }
});
