import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Activity, TurnContext } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import { expect } from 'chai';
import fc from 'fast-check';
import { activityFromEvent } from '../../src/activities/activity-from-event.js';
import type { Activity as BotActivity } from '../../src/activities/activity.js';
import type { ThreadEvent } from '../../src/thread/event.js';
import { parseWebhook } from '../../src/webhook/parse-webhook.js';

const FIXTURES = join(__dirname, '..', 'fixtures', 'payloads');
const PAGE = '111222333444555';
const PSID = '6600112233445566';
const ARRIVED = new Date('2026-11-22T09:00:00Z');
const arrived = (): Date => ARRIVED;

/** The stock adapter, to compare with: what it makes of an item. */
const stock = new FacebookAdapter({ verify_token: 'v', app_secret: 's', access_token: 't' }) as unknown as {
  processSingleMessage(item: unknown, logic: (context: TurnContext) => Promise<void>): Promise<void>;
};

/** Through JSON: `undefined` disappears, as it does on the wire. */
const onTheWire = (value: unknown): any => JSON.parse(JSON.stringify(value));

const eventsOf = (body: unknown): ThreadEvent[] => parseWebhook(body);
const eventOf = (array: 'messaging' | 'standby' | 'changes', item: unknown): ThreadEvent =>
  eventsOf({ object: 'page', entry: [{ id: PAGE, [array]: [item] }] })[0]!;
const item = (fields: object): object => ({ sender: { id: PSID }, recipient: { id: PAGE }, timestamp: 1, ...fields });

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
    expect(Object.assign({}, channelData)['admin']).to.equal(undefined);
  });

  it('uses the clock of this machine where none is given', () => {
    const before = Date.now();
    const { timestamp } = activityFromEvent(eventOf('messaging', item({ read: {} })))!;
    expect(timestamp.getTime()).to.be.within(before, Date.now());
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
          const ours: BotActivity = { ...activityFromEvent(event, arrived) };
          delete ours.timestamp;
          delete expected.timestamp;
          delete ours.id;
          expect(onTheWire(ours)).to.deep.equal(onTheWire(expected));
        }
      });
    }
  });
});
