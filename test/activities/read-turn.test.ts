/** Three wire forms of the same events, told apart in one place. */
import { expect } from 'chai';
import fc from 'fast-check';
import { addressTurn, readTurn, threadOfActivity } from '../../src/activities/read-turn.js';

const PAGE = '111222333444555';
const PSID = '6600112233445566';
const item = (fields: object): Record<string, unknown> => ({
  sender: { id: PSID },
  recipient: { id: PAGE },
  timestamp: 1790000000000,
  ...fields,
});
const read = (activity: object): ReturnType<typeof readTurn> => readTurn(activity);
const kinds = (activity: object): string[] =>
  read(activity).events.map((event) => `${event.channel} ${event.kind} ${event.pageId ?? '-'}/${event.psid ?? '-'}`);
const HERE = `${PAGE}/${PSID}`;

describe('readTurn', () => {
  it('reads the raw item that the Botkit adapter leaves in channelData', () => {
    const activity = {
      type: 'message',
      conversation: { id: PSID },
      from: { id: PSID },
      recipient: { id: PAGE },
      channelData: item({ message: { mid: 'm_1', text: 'x' } }),
    };
    expect(kinds(activity)).to.deep.equal([`messaging message ${HERE}`]);
    expect(read(activity).events[0]).to.include({ mid: 'm_1', text: 'x', timestampMs: 1790000000000 });
    expect(read(activity).synthetic).to.equal(undefined);
  });

  it('knows standby by the flag beside it', () => {
    expect(
      kinds({ type: 'message', channelData: { ...item({ message: { mid: 'm_1' } }), standby: true } }),
    ).to.deep.equal([`standby message ${HERE}`]);
    expect(kinds({ type: 'message', channelData: { ...item({ postback: {} }), standby: true } })).to.deep.equal([
      `standby postback ${HERE}`,
    ]);
    expect(
      kinds({ type: 'message', channelData: { ...item({ message: { mid: 'm_1' } }), standby: 'true' } }),
    ).to.deep.equal([`messaging message ${HERE}`]);
  });

  it('finds customer and Page in the payload, never in the conversation: echoes swap them', () => {
    const echo = {
      sender: { id: PAGE },
      recipient: { id: PSID },
      timestamp: 1,
      message: { mid: 'm', is_echo: true, app_id: 7 },
    };
    expect(
      kinds({
        type: 'event',
        conversation: { id: PAGE },
        from: { id: PAGE },
        recipient: { id: PSID },
        channelData: echo,
      }),
    ).to.deep.equal([`messaging echo ${HERE}`]);
  });

  it("reads Azure's standby event in each of its shapes", () => {
    const items = [item({ message: { mid: 'a' } }), item({ message: { mid: 'b' } })];
    for (const activity of [
      { value: items },
      { value: { id: PAGE, time: 1, standby: items } },
      { value: { id: PAGE, time: 1, standBy: items } },
      { channelData: { id: PAGE, time: 1, standby: items } },
      { value: items, channelData: { id: PAGE, time: 1, standby: items } },
      { value: {}, channelData: { id: PAGE, standby: items } },
    ]) {
      expect(kinds({ type: 'event', name: 'standby', ...activity })).to.deep.equal([
        `standby message ${HERE}`,
        `standby message ${HERE}`,
      ]);
    }
    expect(kinds({ type: 'event', name: 'standby', value: items[0] })).to.deep.equal([`standby message ${HERE}`]);
    expect(kinds({ type: 'event', name: 'standby' })).to.deep.equal([]);
  });

  it("reads Azure's pass and take from a conversationUpdate, its request and others from an event's value", () => {
    const pass = { pass_thread_control: { new_owner_app_id: 7, metadata: 'x' } };
    const request = { request_thread_control: { requested_owner_app_id: 7 } };
    expect(kinds({ type: 'conversationUpdate', channelData: item(pass) })).to.deep.equal([
      `messaging passThreadControl ${HERE}`,
    ]);
    expect(kinds({ type: 'conversationUpdate', channelData: item({ take_thread_control: {} }) })).to.deep.equal([
      `messaging takeThreadControl ${HERE}`,
    ]);
    expect(kinds({ type: 'event', name: 'whatever', value: item(request) })).to.deep.equal([
      `messaging requestThreadControl ${HERE}`,
    ]);
    expect(kinds({ type: 'event', value: item({ optin: { ref: 'x' } }) })).to.deep.equal([`messaging optin ${HERE}`]);
    expect(
      kinds({ type: 'event', value: { recipient: { id: PAGE }, app_roles: { 7: ['primary_receiver'] } } }),
    ).to.deep.equal([`messaging appRoles ${PAGE}/-`]);
  });

  it('fills in from the activity what the payload leaves out', () => {
    const activity = {
      type: 'message',
      from: { id: PSID },
      recipient: { id: PAGE },
      channelData: { message: { mid: 'm' } },
    };
    expect(kinds(activity)).to.deep.equal([`messaging message ${HERE}`]);
  });

  it('makes up a message where there is no payload, and says so', () => {
    const reading = read({ type: 'message', id: 'a1', text: 'hi', from: { id: PSID }, recipient: { id: PAGE } });
    expect(reading.events[0]).to.include({
      kind: 'message',
      channel: 'messaging',
      pageId: PAGE,
      psid: PSID,
      text: 'hi',
    });
    expect(reading.synthetic).to.equal(true);
  });

  it('is a proactive turn where the activity continues a conversation: PSID from `from`, Page from `recipient`', () => {
    for (const name of ['continueConversation', 'ContinueConversation', 'CreateConversation']) {
      expect(read({ type: 'event', name, from: { id: PSID }, recipient: { id: PAGE } })).to.deep.equal({
        events: [],
        thread: { pageId: PAGE, psid: PSID },
      });
    }
    expect(read({ type: 'event', name: 'timer', from: { id: PSID }, recipient: { id: PAGE } }).thread).to.deep.equal({
      pageId: PAGE,
      psid: PSID,
    });
    expect(read({ type: 'event', name: 'timer' })).to.deep.equal({ events: [] });
  });

  it('does not take an old payload in a continued conversation for news', () => {
    const reading = read({
      type: 'event',
      name: 'continueConversation',
      from: { id: PSID },
      recipient: { id: PAGE },
      channelData: item({ message: { mid: 'm' } }),
    });
    expect(reading.events).to.deep.equal([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.record(
          {
            type: fc.anything(),
            name: fc.anything(),
            value: fc.anything(),
            channelData: fc.anything(),
            from: fc.anything(),
            recipient: fc.anything(),
            text: fc.anything(),
            id: fc.anything(),
          },
          { requiredKeys: [] },
        ),
        (activity) => {
          readTurn(activity as never);
          threadOfActivity(activity as never);
        },
      ),
    );
    fc.assert(
      fc.property(fc.anything(), (value) => {
        readTurn({ type: 'event', name: 'standby', value, channelData: value });
      }),
    );
  });
});

describe('addressTurn', () => {
  const rows: [what: string, activity: object, conversation: string][] = [
    ['completes an activity without a conversation', {}, `${PSID}-${PAGE}`],
    ['replaces the Page as a placeholder, which has no sender', { conversation: { id: PAGE } }, `${PSID}-${PAGE}`],
    ['leaves the Page’s own conversation, an echo’s', { conversation: { id: PAGE }, from: { id: PAGE } }, PAGE],
    ['leaves a customer’s conversation', { conversation: { id: 'c' } }, 'c'],
  ];
  for (const [what, given, conversation] of rows) {
    it(what, () => {
      const activity: { conversation?: { id: string } } = { ...given };
      addressTurn(activity, { pageId: PAGE, psid: PSID });
      expect(activity.conversation?.id).to.equal(conversation);
    });
  }
});
