import type { Activity } from 'botbuilder';
import { ActionTypes, MessageFactory } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import fc from 'fast-check';
import { messagesFromActivity } from '../../src/activities/messages-from-activity.js';

const PSID = '6600112233445566';

/** The stock adapter, to compare with: what it sends for an activity. */
const stock = new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' }) as unknown as {
  activityToFacebook(activity: unknown): unknown;
};

/** Through JSON: `undefined` disappears, as it does on the wire. */
const onTheWire = (value: unknown): any => JSON.parse(JSON.stringify(value));

const send = (activity: Partial<Activity>): any[] =>
  messagesFromActivity(activity, { id: PSID }).messages.map(({ body }) => body);
const say = (fields: object): any[] => send({ type: 'message', ...fields });
const lost = (fields: object): string[] =>
  messagesFromActivity({ type: 'message', ...fields }, { id: PSID }).losses.map(({ kind }) => kind);

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
        expect(send(activity as Partial<Activity>)).to.deep.equal([onTheWire(stock.activityToFacebook(activity))]);
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
      expect(replies[12].payload).to.equal('Choice 12');
      expect(repliesTo([{ title: 'A', value: 'x'.repeat(1000) }])[0].payload).to.equal('x'.repeat(1000));
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

    const losses: [string, object[], string][] = [
      ['the fourteenth', Array.from({ length: 14 }, (_, index) => ({ title: `${index}` })), 'quickReplyLimit'],
      ['a title over 20 characters', [{ title: 'x'.repeat(21) }], 'quickReplyTitle'],
      ['a value over 1000 characters', [{ title: 'A', value: 'x'.repeat(1001) }], 'quickReplyPayload'],
      ['an action without words', [{ title: 'A' }, {}], 'quickReplyUntitled'],
      [
        'a link, which a quick reply cannot open',
        [{ type: 'openUrl', title: 'A', value: 'https://e.test' }],
        'quickReplyAction',
      ],
      ['a picture that Meta cannot fetch', [{ title: 'A', image: 'data:image/png;base64,AAAA' }], 'quickReplyImage'],
    ];
    for (const [what, actions, kind] of losses) {
      it(`and says what is lost of ${what}`, () => {
        expect(lost({ text: 'Choose', suggestedActions: { to: [], actions } })).to.deep.equal([kind]);
      });
    }

    it('and gives them a text of their titles if the activity has nothing else to say', () => {
      expect(
        say({ suggestedActions: { to: [], actions: [{ title: 'Yes' }, { title: 'No' }] } })[0].message.text,
      ).to.equal('Yes / No');
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
        for (const body of send(activity as Partial<Activity>)) {
          expect(Object.values(body)).not.to.include(undefined);
          expect(Object.values(body.message ?? {})).not.to.include(undefined);
        }
      }),
    );
  });
});
