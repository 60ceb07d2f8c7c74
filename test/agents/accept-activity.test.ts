/** What the Agents SDK would refuse of Azure's Facebook channel is put right before the SDK looks at it. */
import { Activity } from '@microsoft/agents-activity';
import { expect } from 'chai';
import { acceptableBody } from '../../src/agents/accept-activity.js';
import { activityOf } from '../../src/agents/framework.js';
import { AzureActivities, USUAL_HABITS } from '../../src/simulator/azure/azure-activities.js';
import type { AzureStandbyForm } from '../../src/simulator/azure/azure-activities.js';

const PAGE = '111222333444555';
const PSID = '6600112233445566';
const OTHER = '6600112233445577';
const MESSAGE = {
  type: 'message',
  channelId: 'facebook',
  id: 'activity-1',
  conversation: { id: `${PSID}-${PAGE}` },
  from: { id: PSID },
  recipient: { id: PAGE },
  text: 'hello',
};

/** The activity that the SDK makes of a body. */
const accepted = (body: object): Activity => Activity.fromObject(acceptableBody(body) as object);

describe('A message of Azure’s Facebook channel', () => {
  const rows: [what: string, body: object, seen: (activity: Activity) => unknown, becomes: unknown][] = [
    ['no text', { text: null }, ({ text }) => text, undefined],
    ['a sender’s id that is a number', { from: { id: 66 } }, ({ from }) => from?.id, '66'],
    ['a conversation’s id that is a number', { conversation: { id: 66 } }, (it) => it.conversation?.id, '66'],
    ['entities of null', { entities: null }, ({ entities }) => entities, undefined],
    ['an entity of null', { entities: [null, { type: 'a' }] }, ({ entities }) => entities?.length, 1],
    ['a locale that is empty', { locale: '' }, ({ locale }) => locale, undefined],
    ['attachments of null', { attachments: null }, ({ attachments }) => attachments, undefined],
    [
      'an attachment without a content type',
      { attachments: [{ contentUrl: 'https://example.com/a' }] },
      ({ attachments }) => attachments?.[0],
      { contentType: 'application/octet-stream', contentUrl: 'https://example.com/a' },
    ],
    [
      'suggested actions without a recipient',
      { suggestedActions: { actions: [{ type: 'imBack', title: 'a', value: 'a' }] } },
      ({ suggestedActions }) => suggestedActions?.to,
      [],
    ],
    ['a role of null', { from: { id: PSID, role: null } }, ({ from }) => from, { id: PSID }],
  ];
  for (const [what, fields, seen, becomes] of rows) {
    it(`with ${what} is refused by the SDK as it is, and accepted as it is passed on`, () => {
      const body = { ...MESSAGE, ...fields };
      expect(() => Activity.fromObject(body)).to.throw();
      expect(seen(accepted(body))).to.deep.equal(becomes);
    });
  }

  it('keeps what Meta sent, nulls included, where the SDK keeps it', () => {
    const channelData = { sender: { id: PSID }, message: { mid: 'm_1', text: null, nested: [null] } };
    expect(accepted({ ...MESSAGE, text: null, channelData }).channelData).to.deep.equal(channelData);
  });

  it('with nothing wrong, and any activity of another channel, is passed on untouched', () => {
    expect(acceptableBody(MESSAGE)).to.equal(MESSAGE);
    const foreign = { ...MESSAGE, channelId: 'webchat', text: null };
    expect(acceptableBody(foreign)).to.equal(foreign);
    for (const nothing of [undefined, null, 'text', 3]) expect(acceptableBody(nothing)).to.equal(nothing);
  });
});

describe('An event of Azure’s Facebook channel without a conversation', () => {
  const item = (psid: string): object => ({
    sender: { id: psid },
    recipient: { id: PAGE },
    timestamp: 1,
    message: { mid: `m_${psid}`, text: 'hi' },
  });
  const activities = (standby: AzureStandbyForm): AzureActivities =>
    new AzureActivities(
      { ...USUAL_HABITS, standby },
      () => 'http://127.0.0.1:9',
      () => 0,
    );

  for (const form of ['array', 'standby', 'standBy', 'channelData', 'everywhere'] as const) {
    it(`gets that of its customer: standby as ${form}`, () => {
      const body = activities(form).standbyEvent({ id: PAGE, time: 1, standby: [item(PSID), item(PSID)] });
      const { conversation, from, recipient } = accepted(body);
      expect([conversation?.id, from?.id, recipient?.id]).to.deep.equal([`${PSID}-${PAGE}`, PSID, PAGE]);
    });
  }

  it('gets the Page’s as a placeholder if it is about several customers', () => {
    const { conversation, from } = accepted(
      activities('array').standbyEvent({ id: PAGE, time: 1, standby: [item(PSID), item(OTHER)] }),
    );
    expect([conversation?.id, from]).to.deep.equal([PAGE, undefined]);
  });

  it('gets that of its customer: a request for control', () => {
    const body = activities('array').activityOf({
      sender: { id: PSID },
      recipient: { id: PAGE },
      request_thread_control: { requested_owner_app_id: 1 },
    });
    expect(accepted(body).conversation?.id).to.equal(`${PSID}-${PAGE}`);
  });

  it('gets the Page’s if it is about the Page: new roles of the apps', () => {
    const body = activities('array').activityOf({
      recipient: { id: PAGE },
      timestamp: 1,
      app_roles: { 1: ['primary_receiver'] },
    });
    expect(accepted(body).conversation?.id).to.equal(PAGE);
  });
});

describe('An activity that the plugin makes of a webhook', () => {
  it('is of the SDK’s class, and the SDK’s schema accepts it', () => {
    const activity = activityOf({
      type: 'event',
      channelId: 'facebook',
      text: null,
      id: '',
      from: { id: PSID },
      recipient: { id: PAGE },
    });
    expect(activity).to.be.instanceOf(Activity);
    expect(activity.channelId).to.equal('facebook');
    expect(() => Activity.fromObject(activity)).not.to.throw();
  });
});
