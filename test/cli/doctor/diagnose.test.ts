/** From patterns of findings to causes, without anybody being asked. */
import { expect } from 'chai';
import { diagnose } from '../../../src/cli/doctor/diagnose.js';
import type { CheckId, Finding } from '../../../src/cli/doctor/finding.js';
import type { Arrivals } from '../../../src/cli/doctor/observe.js';
import { versionState } from '../../../src/graph/api-versions.js';

const red = (...checks: CheckId[]): Finding[] =>
  checks.map((check) => ({ check, title: check, status: 'red', found: '' }));
const arrived = (counts: Partial<Arrivals>): Arrivals => ({
  ...{ forSeconds: 60, messaging: 0, standby: 0, others: 0, forged: 0, refusedByBot: 0 },
  ...counts,
});

describe('The diagnosis', () => {
  const PATTERNS: readonly (readonly [red: readonly CheckId[], causes: readonly string[], arrivals?: Arrivals])[] = [
    [[], ['sound']],
    [['ids'], ['wrong-app-id']],
    [['appSecret'], ['wrong-secret']],
    [
      ['appSecret', 'webhookDelivery'],
      ['wrong-secret', 'bot-not-reachable'],
    ],
    [['token'], ['dead-token']],
    [['tokenApp'], ['foreign-token']],
    [['tokenPage'], ['wrong-page-token']],
    [['scopes'], ['missing-permission']],
    [['pageSubscription', 'webhookDelivery'], ['unsubscribed-by-meta']],
    [['pageSubscription'], ['page-not-subscribed']],
    [['webhookDelivery'], ['bot-not-reachable']],
    [['callbackUrl'], ['wrong-callback']],
    [
      ['callbackUrl', 'webhookChallenge'],
      ['wrong-callback', 'challenge-fails'],
    ],
    [['appSubscription'], ['app-not-subscribed']],
    [['appFields'], ['field-at-one-level']],
    [['pageFields'], ['field-at-one-level']],
    [['appFields', 'pageFields'], ['field-at-one-level']],
    [['routing'], ['no-default-app']],
    [['standbyAccess', 'arrivals'], ['no-standby-access'], arrived({})],
    [['socialRouting', 'arrivals'], ['social-routing'], arrived({ standby: 2 })],
    [['vccLiveApi'], ['vcc-live-api']],
    [['ownerCalls'], ['owner-not-told']],
    [['defaultApp'], ['other-default-app']],
    [['arrivals'], ['other-default-app'], arrived({ standby: 2 })],
    [['defaultApp', 'arrivals'], ['other-default-app'], arrived({ standby: 2 })],
    [['arrivals'], ['nothing-arrives'], arrived({})],
    [['pageSubscription', 'arrivals'], ['page-not-subscribed', 'nothing-arrives'], arrived({})],
    [['vccLive'], ['vcc-live-not-connected']],
    [['takeControl'], ['take-not-allowed']],
    [['webhookChallenge'], ['challenge-fails']],
    [['webhookSignature'], ['signature-not-checked']],
    [['apiVersion'], ['old-api-version']],
    [['threadOwner'], ['unknown-psid']],
    [
      ['token', 'routing', 'vccLive'],
      ['dead-token', 'no-default-app', 'vcc-live-not-connected'],
    ],
  ];
  for (const [checks, causes, arrivals] of PATTERNS) {
    const seen = arrivals === undefined ? '' : `, ${arrivals.standby} on standby`;
    it(`of ${checks.join(' and ') || 'nothing red'}${seen} is ${causes.join(', then ')}`, () => {
      expect(diagnose(red(...checks), arrivals).map(({ cause }) => cause)).to.deep.equal(causes);
    });
  }

  it('explains every red line, whichever two there are', () => {
    const all = [...new Set(PATTERNS.flatMap(([checks]) => checks))];
    for (const one of all) {
      for (const other of all) {
        const explained = new Set(diagnose(red(one, other)).flatMap(({ explains }) => explains));
        expect([...explained], `${one} and ${other}`).to.include.members([one, other]);
      }
    }
  });
});

describe('The life of a version of the Graph API', () => {
  const VERSIONS: readonly (readonly [version: string, day: string, state: string])[] = [
    ['v26.0', '2026-11-25', 'usable'],
    ['v25.0', '2026-11-25', 'usable'],
    ['v21.0', '2026-10-01', 'usable'],
    ['v21.0', '2026-11-25', 'ending'],
    ['v21.0', '2027-01-21', 'ended'],
    ['v20.0', '2026-09-23', 'ending'],
    ['v20.0', '2026-09-24', 'ended'],
    ['v3.2', '2026-11-25', 'ended'],
    ['v27.0', '2026-11-25', 'newer'],
  ];
  for (const [version, day, state] of VERSIONS) {
    it(`${version} is ${state} on ${day}`, () => {
      expect(versionState(version, Date.parse(day)).state).to.equal(state);
    });
  }
});
