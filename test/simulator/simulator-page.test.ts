/** docs/simulator.md knows every option, habit, weather switch and option of the command, with its default. */
import { expect } from 'chai';
import { runCommandLine } from '../../src/cli/command-line.js';
import { habitsFrom, settingsFrom } from '../../src/simulator/options.js';
import { soundSetUp } from '../../src/simulator/wrong-settings.js';
import { SeededRandom } from '../../src/simulator/seeded-random.js';
import {
  Fault,
  MessengerSimulator,
  SimulatedAgent,
  SimulatedCustomer,
  SimulatedPageInbox,
  SimulatedVccLive,
  Weather,
} from '../../src/simulator/index.js';
import { membersOf } from '../readme/declared-words.js';
import { firstCells, paper } from '../readme/readme-examples.js';

const PAGE = paper('docs/simulator.md');
const OPTIONS = 'src/simulator/options.ts';

describe('docs/simulator.md', () => {
  const after = (heading: string): string => PAGE.slice(PAGE.indexOf(heading));
  /** The second cell of a row, without code marks. */
  const defaultOf = (name: string, heading: string): string => {
    const row = after(heading)
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\``));
    return (row?.split('|')[2] ?? '').replaceAll('`', '').trim();
  };

  it('has a line for every option', () => {
    const listed = firstCells(after('## Options'), 'option', 'default', 'meaning');
    expect(listed.sort()).to.deep.equal(membersOf(OPTIONS, 'SimulatorOptions').sort());
  });

  it('says the defaults of ids, secret and tokens', () => {
    const settings = settingsFrom({});
    for (const name of ['pageId', 'botAppId', 'vccLiveAppId', 'appSecret', 'verifyToken', 'apiVersion'] as const) {
      expect(defaultOf(name, '## Options'), name).to.equal(settings[name]);
    }
    const token = defaultOf('pageAccessToken', '## Options');
    expect(token.replace('<page>', settings.pageId)).to.equal(settings.pageAccessToken);
  });

  it('has a line for every habit, with its default', () => {
    expect(firstCells(PAGE, 'habit').sort()).to.deep.equal(membersOf(OPTIONS, 'PlatformHabits').sort());
    for (const [name, value] of Object.entries(habitsFrom({}))) {
      expect(defaultOf(name, '## What is not sure'), name).to.equal(String(value));
    }
  });

  it('has a line for every switch of the weather, with its default, and for every fault', () => {
    const switches = Object.entries(new Weather(new SeededRandom(1)));
    const values = switches.filter(([, value]) => !(value instanceof Fault));
    expect(firstCells(PAGE, 'switch').sort()).to.deep.equal(values.map(([name]) => name).sort());
    for (const [name, value] of values) expect(defaultOf(name, '## The weather'), name).to.equal(String(value));
    const faults = switches.filter(([, value]) => value instanceof Fault).map(([name]) => name);
    expect(firstCells(PAGE, 'fault').sort()).to.deep.equal(faults.sort());
  });

  it('has a line for every wrong setting, with its default', () => {
    expect(firstCells(PAGE, 'setting').sort()).to.deep.equal(
      membersOf('src/simulator/wrong-settings.ts', 'PageSetUp').sort(),
    );
    for (const [name, value] of Object.entries(soundSetUp())) {
      if (name === 'tokenScopes') continue;
      expect(defaultOf(name, '## Wrong settings'), name).to.equal(String(value));
    }
  });

  it('names everything that people can do', () => {
    const people = after('## The people').split('## The wire')[0] ?? '';
    for (const person of [SimulatedCustomer, SimulatedAgent, SimulatedPageInbox]) {
      const acts = Object.getOwnPropertyNames(person.prototype).filter((name) => name !== 'constructor');
      for (const act of acts) expect(people, `${person.name}.${act}`).to.match(new RegExp(`\`${act}\\b`));
    }
    for (const act of ['logsIn', 'pauses', 'reachesLimit', 'logsOut']) {
      expect(SimulatedVccLive.prototype).to.have.property(act);
      expect(people).to.match(new RegExp(`\`${act}\\b`));
    }
    for (const way of ['waitFor', 'deliverRaw', 'resubscribe']) {
      expect(MessengerSimulator.prototype).to.have.property(way);
      expect(PAGE).to.include(`simulator.${way}(`);
    }
  });

  it('has a line for every option of the command', async () => {
    let help = '';
    const say = (text: string): void => void (help += text);
    await runCommandLine(['simulate', '--help'], { say, complain: say, stopped: () => Promise.resolve() });
    const offered = [...help.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, name = '']) => name);
    const listed = firstCells(after('## The command'), 'option', 'default', 'meaning').flatMap((cell) =>
      cell.split(', '),
    );
    expect(listed.sort()).to.deep.equal(offered.filter((name) => name !== '--help').sort());
  });
});
