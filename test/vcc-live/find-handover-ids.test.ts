/** Where an integrator may have put the id of a handover. */
import { expect } from 'chai';
import type { VccLiveEvent } from '../../src/thread/vcc-live-event.js';
import { handoverIdsIn } from '../../src/vcc-live/find-handover-ids.js';
import { parseVccLiveEvent } from '../../src/vcc-live/parse-event.js';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER = 'fedcba98765432100123456789abcdef';
const idsIn = (body: object): readonly string[] => handoverIdsIn(parseVccLiveEvent(body) as VccLiveEvent);

describe('the id of a handover', () => {
  for (const [where, body] of [
    ['a custom field of the customer', { chatId: 1, clientData: { handover: ID } }],
    ['a contact', { chatId: 1, clientData: { contacts: [{ title: 'bot', value: ID }] } }],
    ['the whole metadata in a field', { chatId: 1, clientData: { note: JSON.stringify({ handoverId: ID }) } }],
    ['a field of the body', { chatId: 1, externalId: ID }],
    ['a custom field of a ticket', { action: 'update', ticket: { ticketId: 1, customFields: { bot: ID } } }],
    ['a list of custom fields', { action: 'add', ticket: { ticketId: 1, custom: [{ name: 'bot', value: ID }] } }],
    ['a title', { action: 'add', ticket: { ticketId: 1, title: `Messenger ${ID}` } }],
    ['capital letters', { chatId: 1, clientData: { handover: ID.toUpperCase() } }],
  ] as const) {
    it(`is found in ${where}`, () => {
      expect(idsIn(body)).to.deep.equal([ID]);
    });
  }

  it('is found beside ids of other systems, each once', () => {
    expect(idsIn({ chatId: 1, clientData: { crm: OTHER, bot: ID, again: ID } })).to.deep.equal([OTHER, ID]);
  });

  it('is not looked for in what customer and agent wrote', () => {
    expect(idsIn({ chatId: 1, conversation: [{ from: 'Customer', date: '', message: ID }] })).to.deep.equal([]);
  });

  it('is not a part of something longer, nor shorter', () => {
    expect(idsIn({ chatId: 1, clientData: { hash: `${ID}0`, short: ID.slice(1), sha: ID + ID } })).to.deep.equal([]);
  });

  it('is looked for within bounds', () => {
    const many = Array.from({ length: 50 }, (_, n) => n.toString(16).padStart(32, '0'));
    expect(idsIn({ chatId: 1, clientData: { many } })).to.have.length(8);
    expect(idsIn({ chatId: 1, clientData: { text: `${' '.repeat(20_000)}${ID}` } })).to.deep.equal([]);
    let deep: object = { id: ID };
    for (let level = 0; level < 50; level += 1) deep = { deep };
    expect(idsIn({ chatId: 1, clientData: deep })).to.deep.equal([]);
    expect(idsIn({ chatId: 1, clientData: { flood: Array(100_000).fill('x'), late: ID } })).to.deep.equal([]);
  });
});
