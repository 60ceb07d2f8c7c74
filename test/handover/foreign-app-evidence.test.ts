/** What shows that an app id of the options is another app's, and what does not. */
import { expect } from 'chai';
import {
  agentOfAnotherApp,
  appOfOurEcho,
  ownerOfOurThread,
  pageAmongApps,
  wrongAppIdLine,
} from '../../src/handover/foreign-app-evidence.js';
import type { WrongAppId } from '../../src/handover/foreign-app-evidence.js';
import type { Verdict } from '../../src/ownership/ledger.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import type { Conclusion, ExplicitMark, OpenHandover } from '../../src/thread/record.js';
import { BOT, INBOX, LEAD_GEN, NOON, PAGE, SECOND, VCC_LIVE, ids, item, passTo } from '../ownership/words.js';

const STRANGER = '900700100200300';
const INSTAGRAM_INBOX = '1217981644879628';
const BUSINESS_AI = ['622851382610562', '928891643393937'];
const ofMeta = [INBOX, '26390203743090', INSTAGRAM_INBOX, LEAD_GEN, ...BUSINESS_AI];

const named = (app: string, more: Partial<ExplicitMark> = {}): ExplicitMark => ({
  atMetaMs: NOON,
  owner: { app },
  source: 'webhook',
  key: '',
  ...more,
});
const other = (appId: string): Verdict => ({ owner: 'other', appId });
const message = (at: number | undefined, more: Partial<ThreadEvent> = {}): ThreadEvent =>
  item('message', 'messaging', at, more);

describe('the echo of a message of ours', () => {
  it('shows another app’s id, VCC Live’s too: the two may be mixed up', () => {
    expect(appOfOurEcho(STRANGER, ids)).to.deep.equal({
      option: 'botAppId',
      configured: BOT,
      seen: STRANGER,
      evidence: 'echoOfOurMessage',
    });
    expect(appOfOurEcho(VCC_LIVE, ids)?.seen).to.equal(VCC_LIVE);
  });

  it('shows nothing with the bot’s own id, or that of an app of Meta’s', () => {
    for (const appId of [BOT, ...ofMeta]) expect(appOfOurEcho(appId, ids), appId).to.equal(undefined);
  });
});

describe('a customer’s message on messaging while thread_owner names an app', () => {
  const asked = (
    event: ThreadEvent,
    known: ExplicitMark | undefined = named(STRANGER),
    owner: Verdict = other(STRANGER),
  ): string | undefined => ownerOfOurThread(event, known, owner, ids)?.seen;

  it('shows that this app is the bot, if a webhook had named it before the message', () => {
    expect(asked(message(NOON + 1))).to.equal(STRANGER);
    expect(asked(message(NOON + 1), named(STRANGER, { inSeconds: true }))).to.equal(STRANGER);
  });

  it('shows it after an earlier answer only some seconds later: the app may have taken the thread just then', () => {
    const answered = named(STRANGER, { source: 'answer', answeredAtMetaMs: NOON + SECOND });
    expect(asked(message(NOON + 2 * SECOND), answered)).to.equal(undefined);
    expect(asked(message(NOON + 7 * SECOND), answered)).to.equal(STRANGER);
  });

  for (const [what, event, known, owner] of [
    ['of before the webhook', message(NOON - 1), undefined, undefined],
    ['of the very millisecond', message(NOON), undefined, undefined],
    ['without a stamp', message(undefined), undefined, undefined],
    [
      'which is a postback: the bot’s buttons reach it whoever owns the thread',
      item('postback', 'messaging', NOON + 1),
    ],
    ['on standby', item('message', 'standby', NOON + 1), undefined, undefined],
    ['which is a notice of Meta’s', message(NOON + 1, { isNotice: true }), undefined, undefined],
    ['which reports that one was removed', message(NOON + 1, { isDeleted: true }), undefined, undefined],
    ['where another app had been named', message(NOON + 1), named(LEAD_GEN), undefined],
    ['where nobody had been named', message(NOON + 1), named('', { owner: 'notUs' }), undefined],
    ['where the bot itself gave that app the thread', message(NOON + 1), named(STRANGER, { source: 'call' })],
    ['where the owner is hidden', message(NOON + 1), undefined, { owner: 'other' } as Verdict],
  ] as const) {
    it(`shows nothing ${what}`, () => {
      expect(ownerOfOurThread(event, known ?? named(STRANGER), owner ?? other(STRANGER), ids)).to.equal(undefined);
    });
  }

  it('shows nothing where the app is known: the bot, VCC Live, Meta’s own', () => {
    for (const appId of [BOT, VCC_LIVE, ...ofMeta]) {
      expect(asked(message(NOON + 1), named(appId), other(appId)), appId).to.equal(undefined);
    }
  });
});

describe('an option that is the id of the Page', () => {
  it('is found by any delivery of that Page', () => {
    const event = message(NOON);
    expect(pageAmongApps(event, { botAppId: PAGE, vccLiveAppId: VCC_LIVE })?.option).to.equal('botAppId');
    expect(pageAmongApps(event, { botAppId: BOT, vccLiveAppId: PAGE })?.option).to.equal('vccLiveAppId');
    expect(pageAmongApps(event, ids)).to.equal(undefined);
  });
});

describe('an app that acts in a thread passed to VCC Live', () => {
  const open: OpenHandover = {
    ...{ id: 'ab', phase: 'passed', cause: 'm', run: '1', startedAtMs: NOON, armedAtMetaMs: NOON, noticeSent: true },
    ...{ targetAppId: VCC_LIVE, metadata: '', waits: 'nobody' },
  };
  const ended = { handoverId: 'ab', outcome: 'completed' } as Conclusion;
  const echoOf = (appId: string): ThreadEvent => item('echo', 'standby', NOON + 1, { appId });
  const handBackBy = (previousOwnerAppId: string): ThreadEvent => ({ ...passTo(BOT, NOON + 1), previousOwnerAppId });

  it('is worth a word if nobody knows it: it writes, or hands back', () => {
    expect(agentOfAnotherApp(echoOf(STRANGER), open, ids)?.seen).to.equal(STRANGER);
    expect(agentOfAnotherApp(handBackBy(STRANGER), ended, ids)?.seen).to.equal(STRANGER);
  });

  it('is not where VCC Live has written there, where it is known, or where no handover is open', () => {
    expect(agentOfAnotherApp(echoOf(STRANGER), { ...open, agentAtMs: NOON }, ids)).to.equal(undefined);
    expect(agentOfAnotherApp(handBackBy(STRANGER), { ...ended, answered: true }, ids)).to.equal(undefined);
    expect(agentOfAnotherApp(echoOf(STRANGER), { ...open, phase: 'armed' }, ids)).to.equal(undefined);
    expect(agentOfAnotherApp(echoOf(STRANGER), undefined, ids)).to.equal(undefined);
    for (const appId of [BOT, VCC_LIVE, ...ofMeta]) {
      expect(agentOfAnotherApp(echoOf(appId), open, ids), appId).to.equal(undefined);
    }
  });
});

describe('the line about a wrong id', () => {
  it('names the option, what it has, and the id to set', () => {
    const found: WrongAppId = { option: 'botAppId', configured: BOT, seen: STRANGER, evidence: 'ownerOfOurThread' };
    for (const evidence of ['echoOfOurMessage', 'ownerOfOurThread'] as const) {
      expect(wrongAppIdLine(PAGE, { ...found, evidence }))
        .to.include(`botAppId is '${BOT}'`)
        .and.include(`Set botAppId: '${STRANGER}'`)
        .and.include(`Page ${PAGE}`);
    }
  });
});
