import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity, TurnContext } from 'botbuilder';
import { ActionTypes, CardFactory, MessageFactory } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import fc from 'fast-check';
import { activityFromEvent, messagesFromActivity } from '../../src/botbuilder/messenger-activity.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import { parseWebhook } from '../../src/webhook/parse-webhook.js';

const FIXTURES = join(__dirname, '..', 'fixtures', 'payloads');
const PAGE = '111222333444555';
const PSID = '6600112233445566';
const ARRIVED = new Date('2026-11-22T09:00:00Z');
const arrived = (): Date => ARRIVED;

/** The stock adapter, to compare with: what it makes of an item, and what it sends for an activity. */
const stock = new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' }) as unknown as {
  processSingleMessage(item: unknown, logic: (context: TurnContext) => Promise<void>): Promise<void>;
  activityToFacebook(activity: unknown): unknown;
};

/** Through JSON: `undefined` disappears, as it does on the wire. */
const onTheWire = (value: unknown): any => JSON.parse(JSON.stringify(value));

const eventsOf = (body: unknown): ThreadEvent[] => parseWebhook(body);
const eventOf = (array: 'messaging' | 'standby' | 'changes', item: unknown): ThreadEvent =>
  eventsOf({ object: 'page', entry: [{ id: PAGE, [array]: [item] }] })[0]!;
const item = (fields: object): object => ({ sender: { id: PSID }, recipient: { id: PAGE }, timestamp: 1, ...fields });
const send = (activity: Partial<Activity>): any[] => messagesFromActivity(activity, PSID);
const say = (fields: object): any[] => send({ type: 'message', ...fields });

describe('activityFromEvent', () => {
  it('makes a message of what the customer writes, and copies its fields onto channelData', () => {
    const raw = item({ message: { mid: 'm_1', text: 'Hello', quick_reply: { payload: 'HI' } } });
    expect(activityFromEvent(eventOf('messaging', raw), arrived)).to.deep.equal({
      type: 'message',
      id: 'm_1',
      channelId: 'facebook',
      timestamp: ARRIVED,
      conversation: { id: PSID },
      from: { id: PSID, name: PSID },
      recipient: { id: PAGE, name: PAGE },
      text: 'Hello',
      channelData: {
        sender: { id: PSID },
        recipient: { id: PAGE },
        timestamp: 1,
        message: { mid: 'm_1', text: 'Hello', quick_reply: { payload: 'HI' } },
        mid: 'm_1',
        text: 'Hello',
        quick_reply: { payload: 'HI' },
      },
    });
  });

  it('makes a message of a button pressed, with the payload as its text', () => {
    const pressed = eventOf('messaging', item({ postback: { mid: 'm_2', title: 'Help', payload: 'HELP' } }));
    expect(activityFromEvent(pressed, arrived)).to.include({ type: 'message', id: 'm_2', text: 'HELP' });
  });

  it('makes an event without text of anything else', () => {
    for (const fields of [{ read: { watermark: 1 } }, { optin: { ref: 'r' } }, { pass_thread_control: {} }, {}]) {
      const activity = activityFromEvent(eventOf('messaging', item(fields)), arrived);
      expect(activity).to.include({ type: 'event', text: null });
      expect(activity).not.to.have.property('id');
    }
  });

  it('makes an event of an echo, in the conversation of the Page', () => {
    const echo = {
      sender: { id: PAGE },
      recipient: { id: PSID },
      message: { mid: 'm_3', is_echo: true, app_id: 7, text: 'Hi' },
    };
    const activity = activityFromEvent(eventOf('messaging', echo), arrived)!;
    expect(activity).to.include({ type: 'event', text: 'Hi', id: 'm_3' });
    expect(activity.conversation).to.deep.equal({ id: PAGE });
    expect(activity.from).to.deep.equal({ id: PAGE, name: PAGE });
    expect(activity.recipient).to.deep.equal({ id: PSID, name: PSID });
  });

  it('marks what came on standby, and only that', () => {
    const raw = item({ message: { text: 'Hello' } });
    expect(activityFromEvent(eventOf('standby', raw), arrived)!.channelData.standby).to.equal(true);
    expect(activityFromEvent(eventOf('messaging', raw), arrived)!.channelData).not.to.have.property('standby');
  });

  it('leaves the item as it came', () => {
    const raw = item({ message: { mid: 'm_1', text: 'Hello' } });
    const before = JSON.stringify(raw);
    const activity = activityFromEvent(eventOf('standby', raw), arrived)!;
    activity.channelData.added = true;
    expect(JSON.stringify(raw)).to.equal(before);
  });

  it('lets a customer of the checkbox plugin speak for the user_ref', () => {
    const raw = { recipient: { id: PAGE }, timestamp: 1, optin: { ref: 'r', user_ref: 'u_1' } };
    const activity = activityFromEvent(eventOf('messaging', raw), arrived)!;
    expect(activity.from).to.deep.equal({ id: 'u_1', name: 'u_1' });
    expect(activity.conversation).to.deep.equal({ id: 'u_1' });
    expect(activity.channelData.sender).to.deep.equal({ id: 'u_1' });
    expect(raw).not.to.have.property('sender');
  });

  it('makes nothing where nobody speaks: no sender, a change of the Page, an item that is no object', () => {
    const nobody = [
      eventOf('messaging', { recipient: { id: PAGE }, app_roles: { 1: ['primary_receiver'] } }),
      eventOf('messaging', { recipient: { id: PAGE }, policy_enforcement: { action: 'block' } }),
      eventOf('changes', { field: 'messages', value: item({ message: { text: 'test' } }) }),
      eventOf('changes', { field: 'feed', value: { item: 'like' } }),
      eventOf('changes', item({ message: { text: 'not the shape of a change' } })),
      eventOf('messaging', 'text'),
      eventOf('messaging', null),
    ];
    for (const event of nobody) expect(activityFromEvent(event, arrived)).to.equal(undefined);
  });

  it('takes a key named __proto__ for no more than it is', () => {
    const raw: unknown = JSON.parse(
      `{"sender":{"id":"1"},"recipient":{"id":"2"},"__proto__":{"admin":1},"message":{"text":"x","__proto__":{"standby":true}}}`,
    );
    const { channelData } = activityFromEvent(eventOf('messaging', raw), arrived)!;
    expect(Object.getPrototypeOf(channelData)).to.equal(Object.prototype);
    expect(channelData.standby).to.equal(undefined);
    expect(Object.assign({}, channelData).admin).to.equal(undefined);
  });

  it('uses the clock of this machine where none is given', () => {
    const before = Date.now();
    const { timestamp } = activityFromEvent(eventOf('messaging', item({ read: {} })))!;
    expect(timestamp!.getTime()).to.be.within(before, Date.now());
  });

  it('never throws, whatever stands in the item', () => {
    const key = fc.constantFrom('sender', 'recipient', 'message', 'postback', 'optin', 'standby', '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, fc.anything()), (fields) => {
        const raw = { sender: { id: PSID }, recipient: { id: PAGE }, ...fields };
        const activity = activityFromEvent(eventOf('standby', raw), arrived);
        if (activity !== undefined) expect(activity.channelData.standby).to.equal(true);
      }),
    );
  });

  describe('is the activity of the stock adapter, but for the id', () => {
    for (const file of readdirSync(FIXTURES).filter((name) => /^(batch|handover|messaging|standby)-/.test(name))) {
      const read = (): any => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8'));
      const speaking = eventsOf(read()).filter((event) => (event.raw as { sender?: unknown }).sender !== undefined);
      if (speaking.length === 0) continue;

      it(file, async () => {
        for (const event of speaking) {
          // The stock adapter writes into the item: it gets one of its own.
          const theirs = structuredClone(event.raw) as { standby?: boolean };
          if (event.channel === 'standby') theirs.standby = true;
          let expected: Partial<Activity> = {};
          await stock.processSingleMessage(theirs, async (context) => {
            expected = context.activity;
          });
          const ours: Partial<Activity> = { ...activityFromEvent(event, arrived) };
          for (const activity of [ours, expected]) delete activity.timestamp;
          delete ours.id;
          expect(onTheWire(ours)).to.deep.equal(onTheWire(expected));
        }
      });
    }
  });
});

describe('messagesFromActivity', () => {
  describe('sends what the stock adapter sends', () => {
    const sent: [string, object][] = [
      ['a text', { text: 'Hello' }],
      ['a text of its own messaging type', { text: 'Hello', channelData: { messaging_type: 'UPDATE' } }],
      [
        'a tag, a persona and a kind of notification',
        {
          text: 'Hello',
          channelData: {
            messaging_type: 'MESSAGE_TAG',
            tag: 'HUMAN_AGENT',
            persona_id: '9',
            notification_type: 'NO_PUSH',
          },
        },
      ],
      ['a tag without a messaging type: nothing is added', { text: 'Hello', channelData: { tag: 'HUMAN_AGENT' } }],
      ['a sticker', { channelData: { sticker_id: 369239263222822 } }],
      ['an attachment', { channelData: { attachment: { type: 'image', payload: { attachment_id: '5' } } } }],
      [
        'quick replies, with their type where they have none',
        {
          text: 'Choose',
          channelData: {
            quick_replies: [
              { title: 'A', payload: 'a' },
              { content_type: 'user_email' },
              { content_type: '', title: 'C' },
            ],
          },
        },
      ],
      ['quick replies without a text, which Messenger refuses', { channelData: { quick_replies: [{ title: 'A' }] } }],
    ];
    for (const [what, fields] of sent) {
      it(what, () => {
        const activity = { type: 'message', conversation: { id: PSID }, ...fields };
        expect(messagesFromActivity(activity as Partial<Activity>, PSID)).to.deep.equal([
          onTheWire(stock.activityToFacebook(activity)),
        ]);
      });
    }

    it('as it is written down here, so that the comparison compares something', () => {
      expect(say({ text: 'Hello' })).to.deep.equal([
        { recipient: { id: PSID }, messaging_type: 'RESPONSE', message: { text: 'Hello' } },
      ]);
    });
  });

  describe('sends what the stock adapter drops or crashes on', () => {
    it('typing', () => {
      expect(send({ type: 'typing' })).to.deep.equal([{ recipient: { id: PSID }, sender_action: 'typing_on' }]);
    });

    it('a sender action by itself, because Messenger takes nothing but a persona beside it', () => {
      expect(say({ channelData: { sender_action: 'mark_seen', persona_id: '9', tag: 'X' } })).to.deep.equal([
        { recipient: { id: PSID }, persona_id: '9', sender_action: 'mark_seen' },
      ]);
      expect(
        say({ text: 'Hello', channelData: { sender_action: 'typing_on', quick_replies: [{ title: 'A' }] } }),
      ).to.deep.equal([
        { recipient: { id: PSID }, sender_action: 'typing_on' },
        {
          recipient: { id: PSID },
          messaging_type: 'RESPONSE',
          message: { text: 'Hello', quick_replies: [{ content_type: 'text', title: 'A' }] },
        },
      ]);
      expect(say({ channelData: { sender_action: 'typing_on', quick_replies: [{ title: 'A' }] } })).to.have.length(1);
    });

    it('metadata, on every part', () => {
      const bodies = say({
        text: 'Look',
        attachments: [{ contentType: 'image/png', contentUrl: 'https://cdn.example.test/a.png' }],
        channelData: { metadata: 'corr-1' },
      });
      expect(bodies.map((body) => body.message.metadata)).to.deep.equal(['corr-1', 'corr-1']);
      expect(say({ text: 'x', channelData: { metadata: { not: 'text' } } })[0].message).to.deep.equal({ text: 'x' });
    });

    it('nothing for an empty text, and nothing for activities that say nothing to the customer', () => {
      expect(say({ text: '' })).to.deep.equal([]);
      expect(say({ text: ' \n ' })).to.deep.equal([]);
      expect(say({})).to.deep.equal([]);
      for (const type of ['event', 'trace', 'endOfConversation', 'handoff', 'conversationUpdate']) {
        expect(send({ type, text: 'x' })).to.deep.equal([]);
      }
    });

    it('text first, then sticker and attachments, one at a time, with the quick replies on the last', () => {
      const bodies = say({
        text: 'Look',
        attachments: [
          { contentType: 'image/png', contentUrl: 'https://cdn.example.test/a.png' },
          { contentType: 'application/pdf', contentUrl: 'https://cdn.example.test/b.pdf' },
        ],
        channelData: {
          sticker_id: 5,
          attachment: { type: 'image', payload: { attachment_id: '6' } },
          quick_replies: [{ title: 'A', payload: 'a' }],
        },
      });
      expect(bodies.map((body) => body.message)).to.deep.equal([
        { text: 'Look' },
        { sticker_id: 5 },
        { attachment: { type: 'image', payload: { attachment_id: '6' } } },
        { attachment: { type: 'image', payload: { url: 'https://cdn.example.test/a.png' } } },
        {
          attachment: { type: 'file', payload: { url: 'https://cdn.example.test/b.pdf' } },
          quick_replies: [{ content_type: 'text', title: 'A', payload: 'a' }],
        },
      ]);
    });
  });

  describe('makes quick replies of suggested actions', () => {
    const repliesTo = (actions: unknown[], channelData?: object): any =>
      say({ text: 'Choose', suggestedActions: { to: [], actions }, channelData })[0].message.quick_replies;

    it('with title, payload and picture', () => {
      expect(
        repliesTo([
          { type: ActionTypes.ImBack, title: 'Yes', value: 'YES', image: 'https://cdn.example.test/y.png' },
          { type: ActionTypes.PostBack, title: 'No', value: { answer: 'no' } },
          { type: ActionTypes.ImBack, title: 'Maybe' },
          { type: ActionTypes.ImBack, value: 'only a value' },
        ]),
      ).to.deep.equal([
        { content_type: 'text', title: 'Yes', payload: 'YES', image_url: 'https://cdn.example.test/y.png' },
        { content_type: 'text', title: 'No', payload: '{"answer":"no"}' },
        { content_type: 'text', title: 'Maybe', payload: 'Maybe' },
        { content_type: 'text', title: 'only a value', payload: 'only a value' },
      ]);
    });

    it('as Bot Framework makes them', () => {
      const activity = MessageFactory.suggestedActions(['Red', 'Blue'], 'Which?');
      expect(send(activity)[0].message).to.deep.equal({
        text: 'Which?',
        quick_replies: [
          { content_type: 'text', title: 'Red', payload: 'Red' },
          { content_type: 'text', title: 'Blue', payload: 'Blue' },
        ],
      });
    });

    it("within Messenger's limits: 13 of them, titles of 20 characters, payloads of 1000", () => {
      const many = Array.from({ length: 20 }, (_, index) => ({ title: `Choice ${index}`, value: 'x'.repeat(1500) }));
      const replies = repliesTo(many);
      expect(replies).to.have.length(13);
      expect(replies[12].payload).to.equal('x'.repeat(1000));
      expect(repliesTo([{ title: 'exactly twenty chars' }])[0].title).to.equal('exactly twenty chars');
      expect(repliesTo([{ title: 'exactly twenty chars!' }])[0].title).to.equal('exactly twenty chars');
    });

    it('and does not cut an emoji in two', () => {
      expect(repliesTo([{ title: `${'x'.repeat(19)}😀` }])[0].title).to.equal('x'.repeat(19));
      expect(repliesTo([{ title: `${'x'.repeat(18)}😀y` }])[0].title).to.equal(`${'x'.repeat(18)}😀`);
    });

    it("unless the bot gave Messenger's own", () => {
      expect(repliesTo([{ title: 'Yes' }], { quick_replies: [{ title: 'Own', payload: 'o' }] })).to.deep.equal([
        { content_type: 'text', title: 'Own', payload: 'o' },
      ]);
      expect(repliesTo([{ title: 'Yes' }], { quick_replies: [] })).to.equal(undefined);
    });

    it('and leaves out those that say nothing', () => {
      const cycle: Record<string, unknown> = {};
      cycle['self'] = cycle;
      expect(repliesTo([null, {}, 7, { title: 'A', value: cycle }])).to.deep.equal([
        { content_type: 'text', title: 'A', payload: 'A' },
      ]);
    });
  });

  describe('makes Messenger attachments of attachments', () => {
    const attachmentsFor = (...attachments: unknown[]): any[] =>
      say({ attachments }).map((body) => body.message.attachment);

    it('by content type', () => {
      const url = 'https://cdn.example.test/f';
      const types = ['image/jpeg', 'audio/mpeg', 'VIDEO/mp4', 'application/pdf', 'imagery/x', undefined];
      expect(
        attachmentsFor(...types.map((contentType) => ({ contentType, contentUrl: url }))).map(({ type }) => type),
      ).to.deep.equal(['image', 'audio', 'video', 'file', 'file', 'file']);
    });

    it('leaves out what Messenger has no form for', () => {
      expect(
        attachmentsFor(CardFactory.adaptiveCard({ type: 'AdaptiveCard' }), { contentType: 'image/png' }, null),
      ).to.deep.equal([]);
    });

    it('hero and thumbnail cards become generic templates', () => {
      const card = CardFactory.heroCard(
        'Order 12',
        'on its way',
        ['https://cdn.example.test/p.png'],
        [
          { type: ActionTypes.OpenUrl, title: 'Open', value: 'https://shop.example.test/12' },
          { type: ActionTypes.PostBack, title: 'Talk to a person, please', value: { do: 'agent' } },
          { type: ActionTypes.Call, title: 'Call', value: '+3615550100' },
          { type: ActionTypes.ImBack, title: 'Fourth', value: '4' },
        ],
        { subtitle: 'Thursday' },
      );
      expect(attachmentsFor(card)).to.deep.equal([
        {
          type: 'template',
          payload: {
            template_type: 'generic',
            elements: [
              {
                title: 'Order 12',
                subtitle: 'Thursday\non its way',
                image_url: 'https://cdn.example.test/p.png',
                buttons: [
                  { type: 'web_url', title: 'Open', url: 'https://shop.example.test/12' },
                  { type: 'postback', title: 'Talk to a person, pl', payload: '{"do":"agent"}' },
                  { type: 'phone_number', title: 'Call', payload: '+3615550100' },
                ],
              },
            ],
          },
        },
      ]);
      expect(attachmentsFor(CardFactory.thumbnailCard('T'))[0].payload.elements).to.deep.equal([{ title: 'T' }]);
    });

    it('a card takes its text for a title where it has none, and is left out where it has no words', () => {
      const wordless = { contentType: 'application/vnd.microsoft.card.hero', content: { buttons: [] } };
      const text = { contentType: 'application/vnd.microsoft.card.hero', content: { text: 'Pick one' } };
      expect(attachmentsFor(wordless, text).map((made) => made.payload.elements)).to.deep.equal([
        [{ title: 'Pick one' }],
      ]);
    });

    it('cuts the lines of a card at 80 characters', () => {
      const [made] = attachmentsFor(CardFactory.heroCard('t'.repeat(90), 's'.repeat(90)));
      expect(made.payload.elements).to.deep.equal([{ title: 't'.repeat(80), subtitle: 's'.repeat(80) }]);
    });

    it('leaves out buttons that cannot work', () => {
      const buttons = [{ type: 'openUrl', title: 'No address' }, { type: 'playAudio', title: 'x', value: 'y' }, null];
      const card = { contentType: 'application/vnd.microsoft.card.hero', content: { title: 'T', buttons } };
      expect(attachmentsFor(card)[0].payload.elements).to.deep.equal([{ title: 'T' }]);
    });
  });

  describe('splits a text over 2000 characters', () => {
    const parts = (text: string): string[] => say({ text }).map((body) => body.message.text);

    it('not at all at 2000', () => {
      expect(parts('x'.repeat(2000))).to.deep.equal(['x'.repeat(2000)]);
      expect(parts('four '.repeat(399) + 'words')).to.have.length(1);
    });

    it('at a line break', () => {
      const first = `${'word '.repeat(300)}end.`;
      const second = 'next '.repeat(200).trimEnd();
      expect(parts(`${first}\n${second}`)).to.deep.equal([first, second]);
    });

    it('at a blank, where a line break would leave less than half', () => {
      expect(parts(`short\n${'x'.repeat(1500)} ${'y'.repeat(1500)}`)).to.deep.equal([
        `short\n${'x'.repeat(1500)}`,
        'y'.repeat(1500),
      ]);
      expect(parts(`${'x'.repeat(2000)} y`)).to.deep.equal(['x'.repeat(2000), 'y']);
    });

    it('anywhere, where there is none, but not within an emoji', () => {
      expect(parts('x'.repeat(2001))).to.deep.equal(['x'.repeat(2000), 'x']);
      expect(parts(`x${'😀'.repeat(1000)}`)).to.deep.equal([`x${'😀'.repeat(999)}`, '😀']);
    });

    it('and loses nothing but the blanks at which it splits', () => {
      const text = fc
        .array(fc.constantFrom('a', 'é', '😀', ' ', '\n', 'word'.repeat(150), '😀'.repeat(700)), { maxLength: 60 })
        .map((words) => words.join(''));
      const solid = (some: string): string => some.replace(/\s/g, '');
      fc.assert(
        fc.property(text, (whole) => {
          const split = parts(whole);
          expect(solid(split.join(''))).to.equal(solid(whole));
          for (const part of split) {
            expect(part.length).to.be.within(1, 2000);
            expect(part).not.to.match(/^[\udc00-\udfff]|[\ud800-\udbff]$/);
          }
        }),
      );
    });

    it('with the quick replies on the last part', () => {
      const bodies = say({ text: `${'x'.repeat(1999)} y`, channelData: { quick_replies: [{ title: 'A' }] } });
      expect(bodies.map((body) => 'quick_replies' in body.message)).to.deep.equal([false, true]);
    });
  });

  it('never throws and never writes undefined, whatever the bot put into the activity', () => {
    const data = fc.dictionary(
      fc.constantFrom('sender_action', 'quick_replies', 'attachment', 'sticker_id', 'persona_id', 'tag', 'metadata'),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), data, (text, attachments, actions, channelData) => {
        const activity = { type: 'message', text, attachments, suggestedActions: { actions }, channelData };
        for (const body of messagesFromActivity(activity as Partial<Activity>, PSID)) {
          expect(Object.values(body)).not.to.include(undefined);
          expect(Object.values(body.message ?? {})).not.to.include(undefined);
        }
      }),
    );
  });
});
