import { expect } from 'chai';
import { type ControlIntent, concludeOwner } from '../../src/graph/conclude-owner.js';
import { BOT, INBOX, VCC } from './setting.js';

const app = (appId: string) => ({ owner: 'app', appId }) as const;
const IDLE = { owner: 'idle' } as const;
const HIDDEN_APP = { owner: 'hidden' } as const;

describe('what thread_owner says about a call whose answer was lost', () => {
  const table: [ControlIntent, Record<'bot' | 'vcc' | 'third' | 'idle' | 'hidden', string>][] = [
    [
      { operation: 'pass', targetAppId: VCC },
      { bot: 'open', vcc: 'done', third: 'lost', idle: 'open', hidden: 'done' },
    ],
    [{ operation: 'take' }, { bot: 'done', vcc: 'open', third: 'open', idle: 'open', hidden: 'open' }],
    [{ operation: 'release' }, { bot: 'open', vcc: 'lost', third: 'lost', idle: 'done', hidden: 'lost' }],
    [{ operation: 'request' }, { bot: 'done', vcc: 'open', third: 'open', idle: 'open', hidden: 'open' }],
    [{ operation: 'extend' }, { bot: 'open', vcc: 'lost', third: 'lost', idle: 'lost', hidden: 'lost' }],
  ];
  for (const [intent, expected] of table) {
    it(`${intent.operation}: ${Object.entries(expected)
      .map(([owner, conclusion]) => `${owner} ${conclusion}`)
      .join(', ')}`, () => {
      const conclusions = {
        bot: concludeOwner(intent, app(BOT), BOT),
        vcc: concludeOwner(intent, app(VCC), BOT),
        third: concludeOwner(intent, app(INBOX), BOT),
        idle: concludeOwner(intent, IDLE, BOT),
        hidden: concludeOwner(intent, HIDDEN_APP, BOT),
      };
      expect(conclusions).to.deep.equal(expected);
    });
  }
});
