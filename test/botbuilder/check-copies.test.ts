/** A package that is there twice: one line names both folders, and what can work by shape does. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkCopies, copiesOf } from '../../src/botbuilder/check-setup.js';
import { systemClock } from '../../src/thread/clock.js';
import { RepeatedLines } from '../../src/thread/repeated-lines.js';
import { loggerInto } from '../kit/loggers.js';

const REPOSITORY = join(__dirname, '..', '..');
const MODULES = join(REPOSITORY, 'node_modules');
const COPIED = ['botbuilder', 'botbuilder-core', 'botbuilder-dialogs', 'botbuilder-adapter-facebook'];

describe('A package that is loaded twice', () => {
  it('is found among the loaded modules, whatever the system writes between folders', () => {
    const loaded = [
      '/bot/node_modules/botbuilder-core/lib/index.js',
      '/bot/node_modules/botbuilder-core/lib/turnContext.js',
      'C:\\bot\\node_modules\\botkit\\node_modules\\botbuilder-core\\lib\\index.js',
      '/bot/node_modules/my-botbuilder-core/lib/index.js',
    ];
    expect(copiesOf('botbuilder-core', loaded)).to.deep.equal([
      '/bot/node_modules/botbuilder-core',
      'C:\\bot\\node_modules\\botkit\\node_modules\\botbuilder-core',
    ]);
    expect(copiesOf('botbuilder-dialogs', loaded)).to.deep.equal([]);
  });

  it('is one line for each package, once', () => {
    const lines: string[] = [];
    const once = new RepeatedLines(loggerInto(lines, 'warn'), systemClock);
    const loaded = ['/a', '/b'].map((folder) => `${folder}/node_modules/botbuilder-dialogs/lib/index.js`);
    checkCopies(once, loaded.slice(1));
    expect(lines).to.deep.equal([]);
    for (let times = 0; times < 2; times += 1) checkCopies(once, loaded);
    expect(lines).to.have.length(1);
    expect(lines[0])
      .to.include(
        'botbuilder-dialogs is loaded 2 times: /a/node_modules/botbuilder-dialogs and /b/node_modules/botbuilder-dialogs',
      )
      .and.to.include('npm dedupe');
  });

  describe('in a bot whose folder has copies of its own', () => {
    let folder = '';

    before(() => {
      folder = realpathSync(mkdtempSync(join(tmpdir(), 'two-copies-')));
      const modules = join(folder, 'node_modules');
      mkdirSync(modules);
      for (const name of readdirSync(MODULES)) {
        if (name.startsWith('.')) continue;
        if (COPIED.includes(name)) cpSync(join(MODULES, name), join(modules, name), { recursive: true });
        else symlinkSync(join(MODULES, name), join(modules, name));
      }
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    /** Runs code of a bot in that folder. @returns what it gave to `tell` */
    function told(code: string): unknown[] {
      const program = `
        const fromBot = require('node:module').createRequire(${JSON.stringify(join(folder, 'bot.js'))});
        const { VccLiveHandover } = require('./src/index.ts');
        const { repairFacebookAdapter } = require('./src/botbuilder/facebook-adapter.ts');
        const told = [];
        const tell = (value) => void told.push(value);
        const logger = { info() {}, warn: tell, error: tell };
        const plugin = () => new VccLiveHandover({ botAppId: '1', vccLiveAppId: '2', pageAccessToken: 't', logger });
        ${code}
        console.log(JSON.stringify(told));`;
      const options = { cwd: REPOSITORY, encoding: 'utf8' } as const;
      return JSON.parse(execFileSync(process.execPath, ['-r', 'tsx/cjs', '-e', program], options)) as unknown[];
    }

    it('names both folders before Bot Framework says "Invalid dialog being added"', () => {
      const [core, dialogs, thrown] = told(`
        const { DialogSet } = fromBot('botbuilder-dialogs');
        fromBot('botbuilder');
        try { new DialogSet().add(plugin().dialog()); } catch (error) { tell(error.message); }`);
      for (const [line, name] of [
        [core, 'botbuilder-core'],
        [dialogs, 'botbuilder-dialogs'],
      ]) {
        expect(line)
          .to.include(join(MODULES, String(name)))
          .and.to.include(join(folder, 'node_modules', String(name)));
      }
      expect(thrown).to.include('Invalid dialog being added');
    });

    it("repairs a Facebook adapter of the bot's own copy, and refuses it as long as it is not repaired", () => {
      const lines = told(`
        const { FacebookAdapter } = fromBot('botbuilder-adapter-facebook');
        const adapter = new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' });
        const handover = plugin();
        try { handover.attach(adapter); } catch (error) { tell(error.option); }
        tell(repairFacebookAdapter(adapter, { handover }) === adapter);
        handover.attach(adapter);`);
      expect(lines.filter((line) => !String(line).includes('is loaded'))).to.deep.equal(['adapter', true]);
    });
  });
});
