import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import type { ThreadEvent } from '../../src/thread/event.js';
import { parseWebhook } from '../../src/webhook/parse-webhook.js';

const FIXTURES = join(__dirname, '..', 'fixtures', 'payloads');

const PAGE = '111222333444555';
const OTHER_PAGE = '222333444555666';
const PSID = '6600112233445566';
const BOT = '900100200300400';
const VCC = '900500600700800';
const INBOX = '263902037430900';
const LEAD_GEN = '413038776280800';
/** The stamp of most items. */
const T = 1789999999750;
/** The stamp of the handover events. */
const T_HANDOVER = 1790000000000;

const mid = (last: string) => `m_AbC0exampleMessageId0000000${last}-Invented_Value_For_Tests`;
const thread = { pageId: PAGE, psid: PSID };
const live = { channel: 'messaging' as const, ...thread };
const standby = { channel: 'standby' as const, ...thread };

type Expected = Omit<ThreadEvent, 'raw'>;

/** What each file means, by the public description of the platform. */
const EXPECTED: Record<string, Expected[]> = {
  'batch-duplicate-same-mid.json': [
    { kind: 'message', ...live, timestampMs: T, mid: mid('065'), text: 'Hello' },
    { kind: 'message', ...live, timestampMs: T, mid: mid('065'), text: 'Hello' },
  ],
  'batch-multi-entry-multi-item.json': [
    { kind: 'message', ...live, timestampMs: T, mid: mid('062'), text: 'one' },
    { kind: 'message', ...live, timestampMs: 1789999999800, mid: mid('063'), text: 'two' },
    { kind: 'message', ...live, pageId: OTHER_PAGE, timestampMs: T, mid: mid('064'), text: 'other page' },
  ],
  'handover-app-roles.json': [
    {
      kind: 'appRoles',
      channel: 'messaging',
      pageId: PAGE,
      timestampMs: T_HANDOVER,
      roles: { [BOT]: ['primary_receiver'] },
    },
  ],
  'handover-array-variant-UNVERIFIED.json': [
    {
      kind: 'passThreadControl',
      ...live,
      timestampMs: T,
      previousOwnerAppId: VCC,
      newOwnerAppId: BOT,
      metadata: '{}',
    },
  ],
  'handover-pass-back-to-bot.json': [
    {
      kind: 'passThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: VCC,
      newOwnerAppId: BOT,
      metadata: '{"v":1,"disposition":"resolved"}',
    },
  ],
  'handover-pass-long-app-ids.json': [
    {
      kind: 'passThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: '27012345678901239',
      newOwnerAppId: '24012345678901237',
      metadata: '{"v":1,"disposition":"resolved"}',
    },
  ],
  'handover-take-long-app-ids.json': [
    {
      kind: 'takeThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: '9012345678901237',
      newOwnerAppId: '9112345678901239',
    },
  ],
  'handover-request-long-app-id.json': [
    {
      kind: 'requestThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      requestedOwnerAppId: '9112345678901239',
      metadata: 'agent wants the conversation',
    },
  ],
  'handover-pass-leadgen-hop-context.json': [
    {
      kind: 'passThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: LEAD_GEN,
      newOwnerAppId: BOT,
      metadata: 'messenger_lead_gen_complete',
    },
  ],
  'handover-pass-no-previous-owner.json': [
    {
      kind: 'passThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      newOwnerAppId: BOT,
      metadata: 'Pass thread control',
    },
  ],
  'handover-request-null-metadata.json': [
    { kind: 'requestThreadControl', ...live, timestampMs: T_HANDOVER, requestedOwnerAppId: INBOX },
  ],
  'handover-request.json': [
    {
      kind: 'requestThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      requestedOwnerAppId: VCC,
      metadata: 'agent wants the conversation',
    },
  ],
  'handover-take-by-page-inbox.json': [
    {
      kind: 'takeThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: BOT,
      newOwnerAppId: INBOX,
    },
  ],
  'handover-take-from-us.json': [
    {
      kind: 'takeThreadControl',
      ...live,
      timestampMs: T_HANDOVER,
      previousOwnerAppId: BOT,
      newOwnerAppId: VCC,
      metadata: 'agent took over',
    },
  ],
  'messaging-delivery.json': [{ kind: 'delivery', ...live, watermarkMs: 1789999999100 }],
  'messaging-echo-own-app.json': [
    {
      kind: 'echo',
      ...live,
      timestampMs: T,
      mid: mid('040'),
      text: 'Connecting you to an agent.',
      appId: BOT,
      metadata: 'bot:corr-0001',
    },
  ],
  'messaging-echo-page-inbox.json': [
    { kind: 'echo', ...live, timestampMs: T, mid: mid('041'), text: 'Hi, this is Anna.', appId: INBOX },
  ],
  'messaging-message-admin-text.json': [{ kind: 'message', ...live, timestampMs: T, isNotice: true }],
  'messaging-message-attachment-audio.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('007') }],
  'messaging-message-attachment-fallback.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('009') }],
  'messaging-message-attachment-file-multi.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('006') }],
  'messaging-message-attachment-image.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('005') }],
  'messaging-message-attachment-location.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('008') }],
  'messaging-message-attachment-reel.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('011') }],
  'messaging-message-edit.json': [{ kind: 'messageEdit', ...live, timestampMs: T, mid: mid('014') }],
  'messaging-message-hop-context-entry-object.json': [
    { kind: 'message', ...live, timestampMs: T, mid: mid('017'), text: 'hello' },
  ],
  'messaging-message-hop-context-item-object.json': [
    {
      kind: 'message',
      ...live,
      timestampMs: 1790000000000,
      timestampInSeconds: true,
      mid: mid('018'),
      text: 'Lead summary:\nWhich city?: Budapest',
    },
  ],
  'messaging-message-nlp.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('002'), text: 'Bonjour' }],
  'messaging-message-quick-reply.json': [
    {
      kind: 'message',
      ...live,
      timestampMs: T,
      mid: mid('003'),
      text: 'Talk to an agent',
      payload: 'HANDOFF_REQUEST',
    },
  ],
  'messaging-message-reply-to.json': [
    { kind: 'message', ...live, timestampMs: T, mid: mid('004'), text: 'about this one' },
  ],
  'messaging-message-sticker-like.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('012') }],
  'messaging-message-text.json': [
    { kind: 'message', ...live, timestampMs: T, mid: mid('001'), text: 'Szia, segítséget kérek: árvíztűrő €' },
  ],
  'messaging-message-unsent.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('013'), isDeleted: true }],
  'messaging-message-unsupported-flag.json': [{ kind: 'message', ...live, timestampMs: T, mid: mid('015') }],
  'messaging-optin-legacy-ref.json': [{ kind: 'optin', ...live, timestampMs: T }],
  'messaging-optin-notification-messages.json': [{ kind: 'optin', ...live, timestampMs: T }],
  'messaging-policy-enforcement.json': [
    { kind: 'policyEnforcement', channel: 'messaging', pageId: PAGE, timestampMs: 1790000000000 },
  ],
  'messaging-postback.json': [
    { kind: 'postback', ...live, timestampMs: T, mid: mid('020'), payload: 'HANDOFF_REQUEST' },
  ],
  'messaging-reaction-unreact.json': [{ kind: 'reaction', ...live, timestampMs: T, mid: mid('030') }],
  'messaging-reaction.json': [{ kind: 'reaction', ...live, timestampMs: T, mid: mid('030') }],
  'messaging-read.json': [{ kind: 'read', ...live, timestampMs: T, watermarkMs: 1789999999100 }],
  'messaging-referral-ads.json': [{ kind: 'referral', ...live, timestampMs: T }],
  'messaging-referral-shortlink.json': [{ kind: 'referral', ...live, timestampMs: T }],
  'odd-entry-without-arrays.json': [],
  'odd-not-page.json': [
    {
      kind: 'message',
      channel: 'messaging',
      pageId: '17840000000000001',
      psid: PSID,
      timestampMs: T,
      mid: mid('070'),
      text: 'ig',
    },
  ],
  'standby-delivery.json': [{ kind: 'delivery', ...standby, timestampMs: T, watermarkMs: 1789999999100 }],
  'standby-echo-ai-generated.json': [
    {
      kind: 'echo',
      ...standby,
      timestampMs: T,
      mid: mid('056'),
      text: 'Automated answer',
      appId: INBOX,
      metadata: '{"source":"axon"}',
    },
  ],
  'standby-echo-other-app-text.json': [
    { kind: 'echo', ...standby, timestampMs: T, mid: mid('054'), text: 'Hello, I am your agent.', appId: VCC },
  ],
  'standby-echo-long-app-id.json': [
    {
      kind: 'echo',
      ...standby,
      timestampMs: T,
      mid: mid('099'),
      text: 'Hello, I am your agent.',
      appId: '27012345678901239',
    },
  ],
  'standby-message-attachment.json': [{ kind: 'message', ...standby, timestampMs: T, mid: mid('052') }],
  'standby-message-quick-reply.json': [
    { kind: 'message', ...standby, timestampMs: T, mid: mid('051'), text: 'Yes', payload: 'YES' },
  ],
  'standby-message-text.json': [
    { kind: 'message', ...standby, timestampMs: T, mid: mid('050'), text: 'are you there?' },
  ],
  'standby-postback-title-only.json': [{ kind: 'postback', ...standby, timestampMs: T }],
  'standby-read.json': [{ kind: 'read', ...standby, timestampMs: T, watermarkMs: 1789999999100 }],
};

const withoutRaw = (event: ThreadEvent): Expected => {
  const rest: Partial<ThreadEvent> = { ...event };
  delete (rest as { raw?: unknown }).raw;
  return rest as Expected;
};
const parsed = (body: unknown): Expected[] => parseWebhook(body).map(withoutRaw);
/** One item in the `messaging` array of one entry of the Page. */
const delivered = (item: unknown): unknown => ({ object: 'page', entry: [{ id: PAGE, messaging: [item] }] });
const parsedItem = (item: unknown): Expected => parsed(delivered(item))[0]!;
const fromCustomer = (fields: object): object => ({ sender: { id: PSID }, recipient: { id: PAGE }, ...fields });

describe('parseWebhook', () => {
  describe('reads every shape that Meta is known to send', () => {
    for (const [file, expected] of Object.entries(EXPECTED)) {
      it(file, () => {
        expect(parsed(readFileSync(join(FIXTURES, file), 'utf8'))).to.deep.equal(expected);
      });
    }

    it('has an expectation for every webhook fixture, so that a new file cannot be forgotten', () => {
      const webhooks = readdirSync(FIXTURES).filter((file) => file.endsWith('.json') && !file.startsWith('graph-'));
      expect(Object.keys(EXPECTED)).to.have.members(webhooks);
    });

    it("the shape of VCC Live's published example: an entry with a standby array and nothing beside it", () => {
      const body = {
        object: 'page',
        entry: [
          {
            id: PAGE,
            time: 1790000000000,
            standby: [
              {
                sender: { id: PSID },
                recipient: { id: PAGE },
                timestamp: 1789999999750,
                message: { mid: 'mid.0000000000001:example', text: 'hello' },
              },
            ],
          },
        ],
      };
      expect(parsed(body)).to.deep.equal([
        {
          kind: 'message',
          channel: 'standby',
          pageId: PAGE,
          psid: PSID,
          timestampMs: 1789999999750,
          mid: 'mid.0000000000001:example',
          text: 'hello',
        },
      ]);
    });
  });

  describe('keeps order and loses nothing', () => {
    it('gives one event for each item of each array of each entry, in the order in which they stand', () => {
      const item = (text: string) => fromCustomer({ message: { text } });
      const body = {
        entry: [
          { id: PAGE, standby: [item('a'), item('b')], messaging: [item('c')], messaging_handovers: [item('d')] },
          { id: PAGE, hop_context: [{ app_id: 1, metadata: '' }], messaging: [item('e')], inbox_labels: [item('f')] },
        ],
      };
      expect(parseWebhook(body).map(({ channel, kind, text }) => [channel, kind, text])).to.deep.equal([
        ['standby', 'message', 'a'],
        ['standby', 'message', 'b'],
        ['messaging', 'message', 'c'],
        ['messaging', 'message', 'd'],
        ['messaging', 'message', 'e'],
        ['changes', 'unknown', undefined],
      ]);
    });

    it('keeps the item itself as raw, not a copy', () => {
      const items = [fromCustomer({ message: {} }), { what: 'is this' }, 'text', 7, null];
      const events = parseWebhook({ entry: [{ messaging: items }] });
      expect(events).to.have.length(5);
      events.forEach((event, index) => expect(event.raw).to.equal(items[index]));
    });

    it('turns an item that is no object into an unknown event and reads the ones beside it', () => {
      const events = parsed({ entry: [{ id: PAGE, standby: ['text', null, fromCustomer({ read: {} })] }] });
      expect(events).to.deep.equal([
        { kind: 'unknown', channel: 'standby', pageId: PAGE },
        { kind: 'unknown', channel: 'standby', pageId: PAGE },
        { kind: 'read', channel: 'standby', pageId: PAGE, psid: PSID },
      ]);
    });

    it('leaves out what is absent instead of setting it to undefined', () => {
      const event = parseWebhook(delivered(fromCustomer({ message: {} })))[0]!;
      expect(Object.keys(event)).to.have.members(['kind', 'channel', 'pageId', 'psid', 'raw']);
    });
  });

  describe('tells the kinds apart by the keys that are there', () => {
    const kinds: [object, ThreadEvent['kind']][] = [
      [{ account_linking: { status: 'linked' } }, 'accountLinking'],
      [{ 'policy-enforcement': { action: 'unblock' } }, 'policyEnforcement'],
      [{ postback: {} }, 'postback'],
      [{ message: { text: 'hi', referral: {} }, referral: { ref: 'x' } }, 'message'],
      [{ postback: { payload: 'x' }, referral: { ref: 'x' } }, 'postback'],
      [{ message: { text: 'hi' }, pass_thread_control: {} }, 'passThreadControl'],
      [{ message: { text: 'hi' }, take_thread_control: {} }, 'takeThreadControl'],
      [{ message: { text: 'hi' }, request_thread_control: {} }, 'requestThreadControl'],
      [{ message: { text: 'hi' }, app_roles: {} }, 'appRoles'],
      [{ message: { is_echo: true } }, 'echo'],
      [{ message: { is_echo: 'true' } }, 'message'],
      [{ message: 'text' }, 'unknown'],
      [{ message: ['text'] }, 'unknown'],
      [{ message: null, read: {} }, 'read'],
      [{ game_play: {} }, 'unknown'],
      [{}, 'unknown'],
    ];
    for (const [fields, kind] of kinds) {
      it(`${JSON.stringify(fields)} is ${kind}`, () => {
        expect(parsedItem(fromCustomer(fields)).kind).to.equal(kind);
      });
    }

    it('does not take a property of the prototype for a key', () => {
      const item = Object.create({ message: { text: 'inherited' } }) as unknown;
      expect(parsedItem(item).kind).to.equal('unknown');
    });
  });

  describe('reads the test message of the app dashboard, which stands in changes', () => {
    it('as a message on the channel changes, with the stamp in seconds', () => {
      const change = {
        field: 'messages',
        value: {
          sender: { id: '12334' },
          recipient: { id: '23245' },
          timestamp: '1527459824',
          message: { mid: 'test_message_id', text: 'test_message' },
        },
      };
      const [event] = parseWebhook({ object: 'page', entry: [{ id: '0', time: 1, changes: [change] }] });
      expect(event).to.deep.equal({
        kind: 'message',
        channel: 'changes',
        pageId: '23245',
        psid: '12334',
        timestampMs: 1527459824000,
        timestampInSeconds: true,
        mid: 'test_message_id',
        text: 'test_message',
        raw: change,
      });
      expect(event!.raw).to.equal(change);
    });

    it('but not a comment on the Page, whose message is a string, nor what names neither sender nor recipient', () => {
      const change = { field: 'feed', value: { item: 'comment', from: { id: '9' }, message: 'nice', verb: 'add' } };
      const nobody = { field: 'something_new', value: { message: { text: 'from nobody' } } };
      expect(parsed({ entry: [{ id: PAGE, changes: [change, nobody] }] })).to.deep.equal([
        { kind: 'unknown', channel: 'changes', pageId: PAGE },
        { kind: 'unknown', channel: 'changes', pageId: PAGE },
      ]);
    });
  });

  describe('finds the customer and the Page', () => {
    it('takes ids as numbers and as strings, and leaves out what is neither', () => {
      const id = (value: unknown) => parsedItem({ sender: { id: value }, recipient: { id: PAGE }, message: {} }).psid;
      expect([6600112233, '6600112233', '', null, {}, [], true, Number.NaN].map(id)).to.deep.equal([
        '6600112233',
        '6600112233',
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });

    it('takes app ids as numbers and as strings', () => {
      const pass = parsedItem(
        fromCustomer({ pass_thread_control: { previous_owner_app_id: '900500600700800', new_owner_app_id: 42 } }),
      );
      expect(pass.previousOwnerAppId).to.equal('900500600700800');
      expect(pass.newOwnerAppId).to.equal('42');
    });

    it('marks app ids that another JSON parser has rounded, and takes no PSID and no Page that was rounded', () => {
      const lost = Number('24012345678901237');
      const control = { previous_owner_app_id: lost, new_owner_app_id: '27012345678901239' };
      const pass = { sender: { id: lost }, recipient: { id: lost }, pass_thread_control: control };
      expect(parsedItem(pass)).to.deep.equal({
        kind: 'passThreadControl',
        channel: 'messaging',
        pageId: PAGE,
        previousOwnerAppId: '24012345678901236',
        newOwnerAppId: '27012345678901239',
        roundedAppIds: ['previousOwnerAppId'],
      });
    });

    it('reads a PSID and a Page exactly that are numbers in the text of the body', () => {
      const text = `{"entry":[{"messaging":[{"sender":{"id":24012345678901237},"recipient":{"id":24012345678901239},"message":{}}]}]}`;
      expect(parsed(text)[0]).to.include({ psid: '24012345678901237', pageId: '24012345678901239' });
    });

    it('gives nothing for a text that is no JSON', () => {
      expect([parseWebhook('{'), parseWebhook(''), parseWebhook('"entry"')]).to.deep.equal([[], [], []]);
    });

    it('takes the Page from the entry where the item names none', () => {
      expect(parsedItem({ sender: { id: PSID }, message: {} }).pageId).to.equal(PAGE);
    });

    it('takes the Page from the entry where Meta prints the customer as recipient of a handover event', () => {
      const printed = { sender: { id: PSID }, recipient: { id: PSID }, request_thread_control: {} };
      expect(parsedItem(printed)).to.include({ pageId: PAGE, psid: PSID });
      expect(parsedItem({ recipient: { id: PSID }, app_roles: {} })).to.deep.equal({
        kind: 'appRoles',
        channel: 'messaging',
        pageId: PAGE,
        roles: {},
      });
    });

    it('gives a customer of the checkbox plugin no PSID: a user_ref is none', () => {
      const optin = parsedItem({ recipient: { id: PAGE }, timestamp: T, optin: { ref: 'r', user_ref: 'u' } });
      expect(optin).to.deep.equal({ kind: 'optin', channel: 'messaging', pageId: PAGE, timestampMs: T });
    });
  });

  describe('reads the metadata of thread control', () => {
    const metadataOf = (content: object): string | undefined =>
      parseWebhook({ object: 'page', entry: [{ id: '1', messaging: [{ pass_thread_control: content }] }] })[0]
        ?.metadata;

    for (const [content, metadata] of [
      [{ metadata: 'flat' }, 'flat'],
      [{ thread_control_metadata: { text: 'nested' } }, 'nested'],
      [{ metadata: 'flat', thread_control_metadata: { text: 'nested' } }, 'flat'],
      [{ metadata: null, thread_control_metadata: { text: 'nested' } }, 'nested'],
      [{ metadata: null, thread_control_metadata: 'text' }, undefined],
      [{ thread_control_metadata: { text: 7 } }, undefined],
    ] as const) {
      it(`${JSON.stringify(content)} → ${metadata ?? 'none'}`, () => expect(metadataOf(content)).to.equal(metadata));
    }
  });

  describe('reads roles', () => {
    it('keeps roles nobody knows, and app ids named like a property of every object', () => {
      const roles = JSON.parse('{"__proto__":["automation"],"constructor":["x"],"1":["a",2,null],"2":"a"}') as object;
      const read = parsedItem({ recipient: { id: PAGE }, app_roles: roles }).roles!;
      expect(Object.entries(read)).to.have.deep.members([
        ['__proto__', ['automation']],
        ['constructor', ['x']],
        ['1', ['a']],
        ['2', []],
      ]);
      expect(Object.getPrototypeOf(read)).to.equal(Object.prototype);
    });
  });

  describe('reads time', () => {
    const stampOf = (timestamp: unknown) => {
      const { timestampMs, timestampInSeconds } = parsedItem(fromCustomer({ timestamp, read: {} }));
      return [timestampMs, timestampInSeconds];
    };

    it('in milliseconds as it is, also from a string', () => {
      expect(stampOf(1789999999750)).to.deep.equal([1789999999750, undefined]);
      expect(stampOf('1789999999750')).to.deep.equal([1789999999750, undefined]);
      expect(stampOf(1790000000000)).to.deep.equal([1790000000000, undefined]);
      expect(stampOf(100_000_000_000)).to.deep.equal([100_000_000_000, undefined]);
    });

    it('in seconds times 1000, and says so', () => {
      expect(stampOf(1661209328)).to.deep.equal([1661209328000, true]);
      expect(stampOf('1661209328')).to.deep.equal([1661209328000, true]);
      expect(stampOf(99_999_999_999)).to.deep.equal([99_999_999_999_000, true]);
    });

    it('not at all where it is no time, and never from the entry', () => {
      const odd = [Number.NaN, 0, -1, Infinity, 1e20, '', 'soon', '0x10', '-5', null, {}, [1789999999750], true];
      for (const stamp of odd) expect(stampOf(stamp), JSON.stringify(stamp)).to.deep.equal([undefined, undefined]);
      const [event] = parseWebhook({ entry: [{ id: PAGE, time: T, messaging: [fromCustomer({ read: {} })] }] });
      expect(event).not.to.have.property('timestampMs');
    });

    it('of a watermark like any other', () => {
      expect(parsedItem(fromCustomer({ read: { watermark: '1661209328' } })).watermarkMs).to.equal(1661209328000);
      expect(parsedItem(fromCustomer({ read: { watermark: 'x' } }))).not.to.have.property('watermarkMs');
    });
  });

  describe('never throws', () => {
    it('on anything at all', () => {
      fc.assert(
        fc.property(
          fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
          (value) => {
            expect(parseWebhook(value)).to.be.an('array');
            expect(parseWebhook({ entry: value })).to.be.an('array');
            expect(parseWebhook({ entry: [value] })).to.be.an('array');
          },
        ),
      );
    });

    it('on anything in the place of an item, which is one event with that item in raw', () => {
      const key = fc.constantFrom(
        'sender', 'recipient', 'timestamp', 'message', 'postback', 'optin', 'read', 'delivery', 'reaction', 'app_roles',
        'pass_thread_control', 'take_thread_control', 'request_thread_control', 'message_edit', '__proto__', 'constructor',
      ); // prettier-ignore
      const item = fc.oneof(fc.anything({ withNullPrototype: true }), fc.dictionary(key, fc.anything()));
      const array = fc.constantFrom('messaging', 'standby', 'changes', 'messaging_handovers', 'something_else');
      fc.assert(
        fc.property(fc.array(item), array, (items, name) => {
          const events = parseWebhook({ object: 'page', entry: [{ id: PAGE, [name]: items }] });
          expect(events.length).to.equal(items.length);
          events.forEach((event, index) => expect(Object.is(event.raw, items[index])).to.equal(true));
        }),
      );
    });

    it('on getters that do, on revoked proxies, on cycles, on depth and on holes', () => {
      const trap = Object.defineProperty({}, 'sender', {
        enumerable: true,
        get: () => {
          throw new Error('a getter');
        },
      });
      const { proxy, revoke } = Proxy.revocable([], {});
      revoke();
      const cycle: Record<string, unknown> = { message: { mid: 'm' } };
      cycle['sender'] = cycle;
      const deep: unknown = JSON.parse('['.repeat(5000) + ']'.repeat(5000));
      const holes: unknown[] = [];
      holes[4_000_000_000] = { read: {} };

      expect(parseWebhook(proxy)).to.deep.equal([]);
      expect(parseWebhook({ entry: proxy })).to.deep.equal([]);
      expect(parseWebhook({ entry: [proxy, { messaging: proxy }, { messaging: deep }] })).to.have.length(1);
      expect(parsed({ entry: [{ messaging: [trap, proxy, cycle] }] }).map(({ kind }) => kind)).to.deep.equal([
        'unknown',
        'unknown',
        'message',
      ]);
      expect(parsed({ entry: [{ messaging: holes }] })).to.deep.equal([{ kind: 'read', channel: 'messaging' }]);
    });
  });
});
