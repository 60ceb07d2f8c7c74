import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ThreadEvent } from '../../src/thread/event.js';
import { eventKey } from '../../src/webhook/event-key.js';
import { parseWebhook } from '../../src/webhook/parse-webhook.js';

const FIXTURES = join(__dirname, '..', 'fixtures', 'payloads');
const PAGE = '111222333444555';
const PSID = '6600112233445566';
const T = 1789999999750;

const item = (fields: object): object => ({
  sender: { id: PSID },
  recipient: { id: PAGE },
  timestamp: T,
  ...fields,
});

function eventIn(array: string, raw: unknown): ThreadEvent {
  return parseWebhook({ object: 'page', entry: [{ id: PAGE, [array]: [raw] }] })[0]!;
}

const keyOf = (fields: object, array = 'messaging'): string => eventKey(eventIn(array, item(fields)));

describe('eventKey', () => {
  describe('is the same for an event that comes again', () => {
    it('though Meta puts it into another entry of the same batch', () => {
      const body: unknown = JSON.parse(readFileSync(join(FIXTURES, 'batch-duplicate-same-mid.json'), 'utf8'));
      const keys = parseWebhook(body).map(eventKey);
      expect(keys).to.have.length(2);
      expect(new Set(keys).size).to.equal(1);
    });

    it('though the app ids of a handover come as strings the second time, and the keys in another order', () => {
      const once = keyOf({ pass_thread_control: { previous_owner_app_id: 1, new_owner_app_id: 2, metadata: null } });
      const again = keyOf({ pass_thread_control: { new_owner_app_id: '2', previous_owner_app_id: '1' } });
      expect(again).to.equal(once);
    });

    it('though a handover stands in messaging_handovers the second time', () => {
      const take = { take_thread_control: { previous_owner_app_id: 1 } };
      expect(keyOf(take, 'messaging_handovers')).to.equal(keyOf(take));
    });

    it('though the keys of an item without any id come in another order', () => {
      const referral = { ref: 'x', source: 'ADS', nested: { a: 1, b: [1, { c: null }] } };
      const turned = { nested: { b: [1, { c: null }], a: 1 }, source: 'ADS', ref: 'x' };
      expect(keyOf({ referral: turned })).to.equal(keyOf({ referral }));
    });
  });

  describe('differs between events that differ', () => {
    it('for every two webhook fixtures', () => {
      const files = readdirSync(FIXTURES).filter(
        (file) => /^(handover|messaging|standby|odd)-/.test(file) && file.endsWith('.json'),
      );
      const keys = files.flatMap((file) =>
        parseWebhook(JSON.parse(readFileSync(join(FIXTURES, file), 'utf8'))).map(eventKey),
      );
      expect(keys.length).to.be.greaterThan(40);
      expect(new Set(keys).size).to.equal(keys.length);
    });

    const differing: [string, string, string][] = [
      [
        'the standby copy of a message and the message itself',
        keyOf({ message: { mid: 'm' } }),
        keyOf({ message: { mid: 'm' } }, 'standby'),
      ],
      ['a message and its echo', keyOf({ message: { mid: 'm' } }), keyOf({ message: { mid: 'm', is_echo: true } })],
      [
        'a message and the news that it was removed',
        keyOf({ message: { mid: 'm' } }),
        keyOf({ message: { mid: 'm', is_deleted: true } }),
      ],
      ['a message and its edit', keyOf({ message: { mid: 'm' } }), keyOf({ message_edit: { mid: 'm' } })],
      [
        'two edits of a message',
        keyOf({ message_edit: { mid: 'm' } }),
        keyOf({ message_edit: { mid: 'm' }, timestamp: T + 1 }),
      ],
      [
        'two edits of a message without a stamp',
        keyOf({ message_edit: { mid: 'm', text: 'a' }, timestamp: null }),
        keyOf({ message_edit: { mid: 'm', text: 'b' }, timestamp: null }),
      ],
      ['a message and a postback', keyOf({ message: { mid: 'm' } }), keyOf({ postback: { mid: 'm' } })],
      [
        'the same button pressed twice, without mid',
        keyOf({ postback: { title: 'A' } }),
        keyOf({ postback: { title: 'A' }, timestamp: T + 1 }),
      ],
      [
        'two buttons pressed at one time, by payload',
        keyOf({ postback: { title: 'A', payload: '1' } }),
        keyOf({ postback: { title: 'A', payload: '2' } }),
      ],
      [
        'two buttons pressed at one time, by title',
        keyOf({ postback: { title: 'A' } }),
        keyOf({ postback: { title: 'B' } }),
      ],
      [
        'the same button pressed by two customers',
        keyOf({ postback: { title: 'A' } }),
        keyOf({ postback: { title: 'A' }, sender: { id: '7' } }),
      ],
      [
        'a pass and a take',
        keyOf({ pass_thread_control: { new_owner_app_id: 1 } }),
        keyOf({ take_thread_control: { new_owner_app_id: 1 } }),
      ],
      [
        'passes to two apps',
        keyOf({ pass_thread_control: { new_owner_app_id: 1 } }),
        keyOf({ pass_thread_control: { new_owner_app_id: 2 } }),
      ],
      [
        'a pass to an app and one from it',
        keyOf({ pass_thread_control: { new_owner_app_id: 1 } }),
        keyOf({ pass_thread_control: { previous_owner_app_id: 1 } }),
      ],
      [
        'takes from two apps',
        keyOf({ take_thread_control: { previous_owner_app_id: 1 } }),
        keyOf({ take_thread_control: { previous_owner_app_id: 2 } }),
      ],
      [
        'passes with two metadata',
        keyOf({ pass_thread_control: { metadata: 'a' } }),
        keyOf({ pass_thread_control: { metadata: 'b' } }),
      ],
      ['passes at two times', keyOf({ pass_thread_control: {} }), keyOf({ pass_thread_control: {}, timestamp: T + 1 })],
      [
        'passes of two threads',
        keyOf({ pass_thread_control: {} }),
        keyOf({ pass_thread_control: {}, sender: { id: '7' } }),
      ],
      [
        'two requests',
        keyOf({ request_thread_control: { requested_owner_app_id: 1 } }),
        keyOf({ request_thread_control: { requested_owner_app_id: 2 } }),
      ],
      ['a read and a delivery', keyOf({ read: { watermark: T } }), keyOf({ delivery: { watermark: T } })],
      ['two reads', keyOf({ read: { watermark: T } }), keyOf({ read: { watermark: T + 1 } })],
      [
        'reads of two customers',
        keyOf({ read: { watermark: T } }),
        keyOf({ read: { watermark: T }, sender: { id: '7' } }),
      ],
      ['deliveries without a watermark', keyOf({ delivery: { mids: ['a'] } }), keyOf({ delivery: { mids: ['b'] } })],
      [
        'a reaction and its removal',
        keyOf({ reaction: { mid: 'm', action: 'react', emoji: 'x' } }),
        keyOf({ reaction: { mid: 'm', action: 'unreact', emoji: 'x' } }),
      ],
      [
        'reactions with two emojis',
        keyOf({ reaction: { mid: 'm', action: 'react', emoji: 'x' } }),
        keyOf({ reaction: { mid: 'm', action: 'react', emoji: 'y' } }),
      ],
      ['two notices', keyOf({ message: { admin_text: 'a' } }), keyOf({ message: { admin_text: 'b' } })],
      ['a number and the same digits as text', keyOf({ optin: { ref: 1 } }), keyOf({ optin: { ref: '1' } })],
      ['an empty list and an empty object', keyOf({ optin: { ref: [] } }), keyOf({ optin: { ref: {} } })],
      [
        'a key with a separator in it and two keys',
        keyOf({ optin: { 'a":1,"b': 1 } }),
        keyOf({ optin: { a: 1, b: 1 } }),
      ],
    ];
    for (const [what, one, other] of differing) {
      it(what, () => {
        expect(one).not.to.equal(other);
      });
    }
  });

  it('is 43 characters in which neither the customer nor a word of theirs can be read', () => {
    const key = keyOf({ postback: { title: 'secret words', payload: 'PAYLOAD' } });
    expect(key).to.match(/^[A-Za-z0-9_-]{43}$/);
    expect(key).not.to.include(PSID);
  });

  it('is the same in every version of this package: a store may hold keys of the last one', () => {
    // printf '%s' '["message","messaging","m_1"]' | openssl dgst -sha256 -binary | basenc --base64url
    expect(keyOf({ message: { mid: 'm_1' } })).to.equal('Mbl3pm91DcYteb7bnsl9j5ikVhvqrv9-rOxWfl82i3o');
  });

  it('can be made of anything, again with the same result', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }), (raw) => {
        for (const array of ['messaging', 'standby', 'changes', 'what_else']) {
          const event = eventIn(array, raw);
          expect(eventKey(event)).to.match(/^[A-Za-z0-9_-]{43}$/);
          expect(eventKey(event)).to.equal(eventKey(event));
        }
      }),
    );
  });

  it('ends on cycles, on branching cycles, on depth, on getters that throw and on what is no JSON', () => {
    const cycle: Record<string, unknown> = {};
    for (const name of 'abcdefgh') cycle[name] = cycle;
    const deep: unknown = JSON.parse('['.repeat(20_000) + ']'.repeat(20_000));
    const trap = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('a getter');
      },
    });
    const odd = [cycle, deep, trap, 1n, Symbol('s'), () => 1, undefined, Number.NaN, '\ud800'];
    for (const raw of odd) {
      expect(eventKey({ kind: 'unknown', channel: 'messaging', raw })).to.match(/^[A-Za-z0-9_-]{43}$/);
    }
  });
});
