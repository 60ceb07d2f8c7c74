/** A thread that comes home while no bot is attached: one line says what is missing, and none if nothing is. */
import { expect } from 'chai';
import { systemClock } from '../../src/thread/clock.js';
import { RepeatedLines } from '../../src/thread/repeated-lines.js';
import { PluginTurns } from '../../src/bot/plugin-turns.js';
import type { AttachedBot } from '../../src/bot/port.js';
import { CLOSED_CHAT_DEADLINE, HANDOVER_DEADLINE } from '../../src/handover/timers.js';
import { loggerInto } from '../kit/loggers.js';

const THREAD = { pageId: '1', psid: '2' };
const DUE = { thread: THREAD, atMs: 0 };
const CONCLUSION = { id: 'h', outcome: 'unclaimed', via: 'timer', waits: 'dialog' };

describe('A thread that comes home outside any turn', () => {
  const rows: [what: string, comeHome: (turns: PluginTurns) => Promise<void>, by: string][] = [
    ['by a timer', (turns) => turns.endWhenDue({ ...DUE, name: HANDOVER_DEADLINE }), 'the option timers'],
    ['by a closed chat', (turns) => turns.endWhenDue({ ...DUE, name: CLOSED_CHAT_DEADLINE }), 'vccLiveWebhook()'],
    ['by a take', (turns) => turns.resumeTaken({ thread: THREAD, ended: endedNow() }), 'take(thread)'],
    ['by an agent’s words', (turns) => turns.resumeAfter(THREAD, endedNow(), 'key'), 'the option reclaim'],
  ];
  for (const [what, comeHome, by] of rows) {
    it(`${what} is one line in the log if no bot is attached, which names the cause and the call`, async () => {
      const { turns, lines } = stage();
      await comeHome(turns);
      await comeHome(turns);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.include(`by ${by}`).and.to.include('handover.install(adapter, logic)');
    });

    it(`${what} is no line if a bot is attached, and runs its logic`, async () => {
      const { turns, lines, begun, bot } = stage();
      turns.attach(bot);
      await comeHome(turns);
      expect(lines).to.deep.equal([]);
      expect(begun()).to.equal(1);
    });
  }

  it('is no line if the dialog does not wait and there is nothing to say', async () => {
    const { turns, lines } = stage();
    await turns.resumeTaken({ thread: THREAD, ended: endedNow({ waits: 'nobody' }) });
    expect(lines).to.deep.equal([]);
  });
});

function endedNow(differs: object = {}): never {
  return { conclusion: { ...CONCLUSION, ...differs }, reference: { channelId: 'facebook' } } as never;
}

function stage(): { turns: PluginTurns; lines: string[]; begun: () => number; bot: AttachedBot } {
  const lines: string[] = [];
  let begun = 0;
  const framework = {
    continueConversation: () => {
      begun += 1;
      return Promise.resolve();
    },
    referenceOf: () => ({}),
    attachCall: 'handover.install(adapter, logic)',
  };
  const log = loggerInto(lines, 'warn');
  const silence = (): undefined => undefined;
  const turns = new PluginTurns({
    log,
    lines: new RepeatedLines(log, systemClock),
    framework,
    queue: { runAfter: (_thread, work) => work({ thread: THREAD, event: 'e', processId: 'p' }), isInside: () => false },
    after: {} as never,
    book: { of: () => ({ texts: { unclaimed: silence, abandoned: silence, returned: silence } }) } as never,
    engine: {
      endWhenDue: ({ name }: { name: string }) =>
        Promise.resolve(endedNow(name === HANDOVER_DEADLINE ? {} : { via: 'vccLiveWebhook' })),
    } as never,
  });
  const bot = { adapter: {} as never, logic: () => Promise.resolve() };
  return { turns, lines, begun: () => begun, bot };
}
