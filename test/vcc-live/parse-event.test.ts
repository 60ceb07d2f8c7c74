/** Bodies as VCC Live publishes them, and as PHP, forms and half an update make of them. */
import { expect } from 'chai';
import fc from 'fast-check';
import { parseVccLiveEvent } from '../../src/vcc-live/parse-event.js';

const CHAT = {
  chatId: 1201,
  projectId: 42,
  ticketId: 877,
  firstAgentName: 'Anna Agent',
  lastAgentName: 'Bela Agent',
  firstQueueName: 'Sales',
  lastQueueName: 'Complaints',
  contactId: 31,
  entityId: 32,
  disposition: 'completed',
  platform: 'facebook',
  ipAddress: '',
  isSpam: 0,
  slaStatus: 'in time',
  conversation: [
    { from: 'Customer', date: '2026-11-25 09:00:01', message: 'Hello' },
    { from: 'Anna Agent', date: '2026-11-25 09:00:09', message: 'Good morning' },
  ],
  clientData: { phone1: '3612345678', name: 'K. Customer', contacts: [] },
};
const TICKET = {
  action: 'update',
  ticket: {
    ticketId: 877,
    ticketNo: 'T-877',
    projectId: 42,
    projectName: 'Shop',
    status: 'closed',
    substatus: 'successful',
  },
};

describe('a body of VCC Live', () => {
  it('of Chat (Async) is a closed chat, ids as texts', () => {
    expect(parseVccLiveEvent(CHAT)).to.deep.equal({
      kind: 'chatClosed',
      chatId: '1201',
      projectId: '42',
      ticketId: '877',
      contactId: '31',
      entityId: '32',
      disposition: 'completed',
      firstAgent: 'Anna Agent',
      lastAgent: 'Bela Agent',
      firstQueue: 'Sales',
      lastQueue: 'Complaints',
      slaStatus: 'in time',
      platform: 'facebook',
      isSpam: false,
      transcript: CHAT.conversation,
      raw: CHAT,
    });
  });

  it('of Ticket Status (Async) is a changed ticket', () => {
    expect(parseVccLiveEvent(TICKET)).to.deep.equal({
      kind: 'ticketChanged',
      action: 'update',
      projectId: '42',
      ticketId: '877',
      ticketNo: 'T-877',
      status: 'closed',
      substatus: 'successful',
      raw: TICKET,
    });
  });

  it('of an update has only what changed', () => {
    const body = { action: 'update', ticket: { ticketId: 877, substatus: 'waiting4agent' } };
    expect(parseVccLiveEvent(body)).to.deep.equal({
      kind: 'ticketChanged',
      action: 'update',
      ticketId: '877',
      substatus: 'waiting4agent',
      raw: body,
    });
  });

  it('may have numbers as texts, flags as words, and published words in any case', () => {
    expect(parseVccLiveEvent({ chatId: '1201', ticketId: '877', isSpam: '1', disposition: 'Lost' })).to.include({
      chatId: '1201',
      ticketId: '877',
      isSpam: true,
      disposition: 'lost',
    });
    expect(parseVccLiveEvent({ chatId: 1, isSpam: false })).to.include({ isSpam: false });
    const ticket = { ticketId: '877', status: 'CLOSED', substatus: 'Waiting4Agent' };
    expect(parseVccLiveEvent({ action: 'Delete', ticket })).to.include({
      action: 'delete',
      status: 'closed',
      substatus: 'waiting4agent',
    });
  });

  it('keeps words that nobody published as they came', () => {
    expect(parseVccLiveEvent({ chatId: 1, disposition: 'Call back later' })).to.include({
      disposition: 'Call back later',
    });
  });

  it('leaves out what is empty, null or of another type', () => {
    const body = { chatId: null, conversation: [], disposition: {}, lastAgentName: '  ', slaStatus: 7, ticketId: '' };
    expect(parseVccLiveEvent(body)).to.deep.equal({ kind: 'chatClosed', transcript: [], raw: body });
  });

  for (const [what, conversation] of [
    ['an array', [{ from: 'A', date: 'd', message: 'm' }]],
    ['numbered properties', { '0': { from: 'A', date: 'd', message: 'm' } }],
    ['an object with an array in it', { messages: [{ from: 'A', date: 'd', message: 'm' }] }],
    ['one line', { from: 'A', date: 'd', message: 'm' }],
    ['JSON in a text', '[{"from":"A","date":"d","message":"m"}]'],
  ] as const) {
    it(`reads a transcript that is ${what}`, () => {
      const event = parseVccLiveEvent({ chatId: 1, conversation });
      expect(event).to.have.deep.property('transcript', [{ from: 'A', date: 'd', message: 'm' }]);
    });
  }

  it('reads the lines of a transcript that can be read', () => {
    const conversation = [null, 'text', { from: 7, message: 'seven' }, { from: 'A', date: 'd' }, { message: '' }];
    expect(parseVccLiveEvent({ chatId: 1, conversation })).to.have.deep.property('transcript', [
      { from: '7', date: '', message: 'seven' },
      { from: '', date: '', message: '' },
    ]);
    expect(parseVccLiveEvent({ chatId: 1, conversation: 'no JSON' })).to.have.deep.property('transcript', []);
  });

  it('of another webhook is none: a call, a payment, an order of fields nobody knows', () => {
    for (const body of [
      { uuid: 'u', disposition: { name: 'x' }, client_data: {} },
      { ticket: 'T-1', action: 'update' },
      { ticket: [1] },
      { disposition: 'something' },
      {},
      [],
      [CHAT],
      'chat',
      null,
      undefined,
      7,
    ]) {
      expect(parseVccLiveEvent(body), JSON.stringify(body)).to.equal(undefined);
    }
  });

  it('never makes it throw, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.record({ chatId: fc.anything(), conversation: fc.anything(), disposition: fc.anything() }),
          fc.record({ action: fc.anything(), ticket: fc.dictionary(fc.string(), fc.anything()) }),
        ),
        (body) => {
          const event = parseVccLiveEvent(body);
          if (event) expect(event.raw).to.equal(body);
        },
      ),
      { numRuns: 500, seed: 11 },
    );
  });
});
