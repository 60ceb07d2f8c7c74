import { expect } from 'chai';
import fc from 'fast-check';
import { parseExactJson } from '../../src/thread/exact-json.js';
import { recoverAppIds } from '../../src/ownership/recover-app-ids.js';
import { parseWebhook } from '../../src/webhook/parse-webhook.js';
import type { ThreadEvent } from '../../src/thread/event.js';

/** Both are rounded by a JavaScript number, to …236 and …240. */
const BOT = '24012345678901237';
const VCC_LIVE = '27012345678901239';
const ids = { botAppId: BOT, vccLiveAppId: VCC_LIVE };

const pass = (previous: string, next: string): string =>
  `{"object":"page","entry":[{"id":"1","messaging":[{"sender":{"id":"2"},"recipient":{"id":"1"},"timestamp":1790000000000,` +
  `"pass_thread_control":{"previous_owner_app_id":${previous},"new_owner_app_id":${next},"metadata":null}}]}]}`;

const eventOf = (text: string, parse: (text: string) => unknown): ThreadEvent => {
  const [event] = parseWebhook(parse(text));
  if (!event) throw new Error('There is no event.');
  return recoverAppIds(event, ids);
};
const named = ({ previousOwnerAppId, newOwnerAppId, roundedAppIds }: ThreadEvent): unknown => [
  previousOwnerAppId,
  newOwnerAppId,
  roundedAppIds,
];

describe('app ids that were rounded before the package saw them', () => {
  it('are those of the options, where these round to the same numbers', () => {
    expect(named(eventOf(pass(VCC_LIVE, BOT), JSON.parse))).to.deep.equal([VCC_LIVE, BOT, undefined]);
  });

  it('stay what they are, and marked, where they are no app of the options', () => {
    const other = '29012345678901235';
    expect(named(eventOf(pass(other, BOT), JSON.parse))).to.deep.equal([
      '29012345678901236',
      BOT,
      ['previousOwnerAppId'],
    ]);
  });

  it('are written out, however long they are', () => {
    expect(named(eventOf(pass('1e21', '1000000000000000000001'), JSON.parse))).to.deep.equal([
      '1000000000000000000000',
      '1000000000000000000000',
      ['previousOwnerAppId', 'newOwnerAppId'],
    ]);
    const long = { botAppId: '1000000000000000000001', vccLiveAppId: VCC_LIVE };
    const [event] = parseWebhook(JSON.parse(pass(VCC_LIVE, long.botAppId)));
    expect(named(recoverAppIds(event as ThreadEvent, long))).to.deep.equal([VCC_LIVE, long.botAppId, undefined]);
  });

  it('are not guessed at where both apps of the options round to the number', () => {
    const [event] = parseWebhook(JSON.parse(pass('24012345678901236', '24012345678901237')));
    const twins = { botAppId: '24012345678901236', vccLiveAppId: '24012345678901237' };
    expect(named(recoverAppIds(event as ThreadEvent, twins))).to.deep.equal([
      undefined,
      undefined,
      ['previousOwnerAppId', 'newOwnerAppId'],
    ]);
  });

  it('are not mistaken for exact ids that look like them: strings, and numbers of a text that was read exactly', () => {
    const rounded = String(Number(BOT));
    expect(rounded).not.to.equal(BOT);
    expect(named(eventOf(pass(VCC_LIVE, rounded), parseExactJson))).to.deep.equal([VCC_LIVE, rounded, undefined]);
    expect(named(eventOf(pass(`"${VCC_LIVE}"`, `"${rounded}"`), JSON.parse))).to.deep.equal([
      VCC_LIVE,
      rounded,
      undefined,
    ]);
  });

  it('never leave an app of the options unrecognised, and never invent one, whatever the digits', () => {
    const digits = fc.stringMatching(/^[1-9]\d{14,19}$/);
    fc.assert(
      fc.property(digits, digits, digits, (botAppId, vccLiveAppId, other) => {
        fc.pre(new Set([botAppId, vccLiveAppId, other].map(Number)).size === 3);
        const configured = { botAppId, vccLiveAppId };
        for (const parse of [JSON.parse, parseExactJson]) {
          const [handBack] = parseWebhook(parse(pass(vccLiveAppId, botAppId)));
          expect(named(recoverAppIds(handBack as ThreadEvent, configured))).to.deep.equal([
            vccLiveAppId,
            botAppId,
            undefined,
          ]);
          const [foreign] = parseWebhook(parse(pass(vccLiveAppId, other)));
          expect(recoverAppIds(foreign as ThreadEvent, configured).newOwnerAppId).not.to.be.oneOf([
            botAppId,
            vccLiveAppId,
          ]);
        }
      }),
    );
  });
});
