/** What each event and each call of ours proves: the table of evidence, row by row. */
import { expect } from 'chai';
import type { Arrival, OwnCall } from '../../src/ownership/evidence.js';
import {
  evidenceOfAcceptedSend,
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfEvent,
  evidenceOfRefusedSend,
} from '../../src/ownership/evidence.js';
import type { Evidence } from '../../src/ownership/ledger.js';
import type { ThreadEvent, ThreadEventKind } from '../../src/thread/event.js';
import {
  BOT,
  HOUR,
  INBOX,
  LEAD_GEN,
  MINUTE,
  NOON,
  VCC_LIVE,
  ids,
  item,
  passTo,
  takeBy,
  takeByNobodyNamed,
} from './words.js';

const ARRIVED: Arrival = { nowMs: NOON + 300, offsetMs: -100, newestStamp: NOON - HOUR };

const of = (event: ThreadEvent, arrival = ARRIVED): Evidence[] => evidenceOfEvent(event, ids, arrival);
const sortsOf = (event: ThreadEvent): string[] => of(event).map((piece) => piece.sort);

function ownersOf(event: ThreadEvent): unknown[] {
  return of(event).flatMap((piece) => (piece.sort === 'explicit' ? [piece.mark.owner] : []));
}

describe('a thread-control webhook', () => {
  it('that passes the thread names the new owner from its stamp on', () => {
    expect(of(passTo(BOT, NOON))).to.deep.include({ sort: 'activity', atMetaMs: NOON });
    const [explicit] = of(passTo(BOT, NOON)).filter((piece) => piece.sort === 'explicit');
    expect(explicit?.mark).to.include({ atMetaMs: NOON, source: 'webhook' });
    expect(explicit?.mark).to.not.have.property('answeredAtMetaMs');
    expect(ownersOf(passTo(BOT, NOON))).to.deep.equal([{ app: BOT }]);
  });

  it('that passes the thread between two other apps names the one that has it now', () => {
    expect(ownersOf(passTo(INBOX, NOON))).to.deep.equal([{ app: INBOX }]);
  });

  it('that takes the thread names who took it', () => {
    expect(ownersOf(takeBy(INBOX, NOON))).to.deep.equal([{ app: INBOX }]);
  });

  it('that takes the thread from us and does not say by whom proves that it is not ours', () => {
    expect(ownersOf(takeByNobodyNamed(NOON))).to.deep.equal(['notUs']);
    expect(ownersOf(item('takeThreadControl', 'messaging', NOON))).to.deep.equal(['notUs']);
  });

  it('that takes the thread from somebody else and does not say by whom proves nothing', () => {
    const event = item('takeThreadControl', 'messaging', NOON, { previousOwnerAppId: VCC_LIVE });
    expect(sortsOf(event)).to.deep.equal(['activity']);
  });

  it('that passes the thread to nobody proves nothing', () => {
    expect(sortsOf(item('passThreadControl', 'messaging', NOON))).to.deep.equal(['activity']);
  });

  it('that asks for the thread proves nothing', () => {
    const event = item('requestThreadControl', 'messaging', NOON, { requestedOwnerAppId: VCC_LIVE });
    expect(sortsOf(event)).to.deep.equal(['activity']);
  });

  it('that asks for the thread, on standby, proves what everything on standby proves', () => {
    const event = item('requestThreadControl', 'standby', NOON, { requestedOwnerAppId: VCC_LIVE });
    expect(sortsOf(event)).to.deep.equal(['activity', 'notUs']);
  });

  it('without a stamp is placed like an observation of our own, and is no activity', () => {
    const unstamped = item('passThreadControl', 'messaging', undefined, { newOwnerAppId: BOT });
    expect(of(unstamped)).to.have.length(1);
    expect(of(unstamped)[0]).to.have.nested.property('mark.atMetaMs', NOON + 200);
  });
});

describe('an item in standby', () => {
  const kinds: ThreadEventKind[] = [
    'message',
    'postback',
    'echo',
    'delivery',
    'read',
    'reaction',
    'optin',
    'referral',
    'unknown',
  ];
  for (const kind of kinds) {
    it(`proves that the thread is not ours: ${kind}`, () => {
      expect(sortsOf(item(kind, 'standby', NOON))).to.deep.equal(['activity', 'notUs']);
    });
  }

  it('proves that VCC Live has the thread where it is an echo of VCC Live’s', () => {
    expect(sortsOf(item('echo', 'standby', NOON, { appId: VCC_LIVE }))).to.deep.equal([
      'activity',
      'notUs',
      'vccLiveEcho',
    ]);
  });

  it('names nobody where it is the echo of another app', () => {
    expect(sortsOf(item('echo', 'standby', NOON, { appId: INBOX }))).to.deep.equal(['activity', 'notUs']);
    expect(sortsOf(item('message', 'standby', NOON, { appId: VCC_LIVE }))).to.deep.equal(['activity', 'notUs']);
  });

  it('carries Meta’s stamp and does not claim to be our observation', () => {
    expect(of(item('message', 'standby', NOON))[1])
      .to.have.property('mark')
      .that.includes({ atMetaMs: NOON })
      .and.not.has.property('own');
  });

  it('without a stamp (Meta’s own delivery example) is placed like an observation of our own, and says so', () => {
    expect(
      of(item('delivery', 'standby', undefined)).map((piece) => [piece.sort, 'mark' in piece && piece.mark]),
    ).to.deep.equal([['notUs', { atMetaMs: NOON + 200, key: 'standby:delivery:', own: true }]]);
  });
});

describe('an item in messaging', () => {
  it('proves that Meta routes the thread to us where a customer wrote it', () => {
    expect(sortsOf(item('message', 'messaging', NOON, { text: 'hello' }))).to.deep.equal(['activity', 'us']);
  });

  const silentKinds: ThreadEventKind[] = [
    'postback',
    'echo',
    'delivery',
    'read',
    'reaction',
    'messageEdit',
    'optin',
    'referral',
    'unknown',
  ];
  for (const kind of silentKinds) {
    it(`proves nothing but activity: ${kind}`, () => {
      expect(of(item(kind, 'messaging', NOON))).to.deep.equal([{ sort: 'activity', atMetaMs: NOON }]);
    });
  }

  it('proves nothing but activity where an echo there bears VCC Live’s name', () => {
    expect(sortsOf(item('echo', 'messaging', NOON, { appId: VCC_LIVE }))).to.deep.equal(['activity']);
  });

  it('proves nothing but activity where it is a notice of Meta’s, or says that a message was removed', () => {
    expect(sortsOf(item('message', 'messaging', NOON, { isNotice: true }))).to.deep.equal(['activity']);
    expect(sortsOf(item('message', 'messaging', NOON, { isDeleted: true }))).to.deep.equal(['activity']);
  });
});

describe('an item of a Page field that is not Messenger’s', () => {
  it('proves nothing at all', () => {
    expect(of(item('message', 'changes', NOON))).to.deep.equal([]);
  });
});

describe('a call of our own', () => {
  /** Sent at noon of Meta's clock, answered two seconds later, by a process whose clock is five minutes ahead. */
  const CALL: OwnCall = {
    sentAtMs: NOON + 5 * MINUTE,
    answeredAtMs: NOON + 5 * MINUTE + 2000,
    offsetMs: -5 * MINUTE,
    newestStamp: NOON - HOUR,
  };
  const AFTER_A_RESTART: OwnCall = { ...CALL, offsetMs: undefined };

  it('that was confirmed names the owner, from the sending, and keeps the time of its answer', () => {
    expect(evidenceOfCall({ app: VCC_LIVE }, CALL)).to.deep.equal({
      sort: 'explicit',
      mark: { atMetaMs: NOON, answeredAtMetaMs: NOON + 2000, owner: { app: VCC_LIVE }, source: 'call', key: 'call' },
    });
  });

  it('that was confirmed just after a restart stands a millisecond after the newest stamp', () => {
    expect(evidenceOfCall('idle', AFTER_A_RESTART))
      .to.have.property('mark')
      .that.includes({ atMetaMs: NOON - HOUR + 1, answeredAtMetaMs: NOON - HOUR + 1 });
  });

  it('whose place is rough, because Meta stamps in seconds, says when its answer came by Meta’s clock', () => {
    const { mark } = evidenceOfAcceptedSend({ ...CALL, isOffsetRough: true }) as { readonly mark: object };
    expect(mark).to.include({ atMetaMs: NOON, blindAtMs: NOON + 2000 });
  });

  it('that asked for the owner names the app, with the time its control ends', () => {
    const answered = evidenceOfAnswer({ owner: 'app', appId: LEAD_GEN, expiresAtMs: NOON + 7 * HOUR }, CALL);
    expect(answered).to.deep.equal({
      sort: 'explicit',
      mark: {
        atMetaMs: NOON,
        answeredAtMetaMs: NOON + 2000,
        owner: { app: LEAD_GEN },
        source: 'answer',
        key: 'answer',
        expiresAtMetaMs: NOON + 7 * HOUR,
      },
    });
  });

  it('that asked for the owner and got an empty answer says idle', () => {
    expect(evidenceOfAnswer({ owner: 'idle' }, CALL)).to.have.nested.property('mark.owner', 'idle');
    expect(evidenceOfAnswer({ owner: 'idle' }, CALL).sort).to.equal('explicit');
  });

  it('that asked for the owner and was not told says only: not us', () => {
    expect(evidenceOfAnswer({ owner: 'hidden', expiresAtMs: NOON + HOUR }, CALL)).to.deep.equal({
      sort: 'notUs',
      mark: { atMetaMs: NOON, key: 'answer', own: true, expiresAtMetaMs: NOON + HOUR },
    });
  });

  it('that sent a message is evidence for us where Graph took it, against us where another app controls the thread', () => {
    expect(evidenceOfAcceptedSend(CALL)).to.deep.equal({
      sort: 'us',
      mark: { atMetaMs: NOON, key: 'send', own: true },
    });
    expect(evidenceOfRefusedSend(CALL)).to.deep.equal({
      sort: 'notUs',
      mark: { atMetaMs: NOON, key: 'refused', own: true },
    });
  });
});
