/** To whom an activity goes, by the ids that stand on it. */
import { expect } from 'chai';
import { addressOf, isSameAddress } from '../../src/bot/addresses/address.js';
import type { Address, AddressKnowledge, Parties } from '../../src/bot/addresses/address.js';

const PAGE = '111222333444555';
const OTHER_PAGE = '222333444555666';
const PSID = '6600112233445566';
const REF = 'newsletter-form/7';

const thread = (pageId: string, psid: string): Address => ({ to: 'thread', thread: { pageId, psid } });
const parties = (given: Partial<Parties>): Parties => ({
  page: undefined,
  customer: undefined,
  conversation: undefined,
  ...given,
});
/** What is known: the Page of the bot's one token, Pages of which webhooks came, user_refs. */
const known = (page?: string, pages: string[] = page === undefined ? [] : [page]): AddressKnowledge => ({
  page,
  isPage: (id) => pages.includes(id),
  isUserRef: (id) => id === REF,
});
const nothing = known();

const ROWS: readonly (readonly [string, Partial<Parties>, AddressKnowledge, Address])[] = [
  ['a complete reference', { page: PAGE, customer: PSID, conversation: PSID }, nothing, thread(PAGE, PSID)],
  ['one without a Page, of a bot with one', { customer: PSID, conversation: PSID }, known(PAGE), thread(PAGE, PSID)],
  [
    'one without a Page, of a bot with several',
    { customer: PSID, conversation: PSID },
    nothing,
    { to: 'unknown', missing: 'page', psid: PSID },
  ],
  ['one without a customer', { page: PAGE, conversation: PSID }, nothing, thread(PAGE, PSID)],
  ['a conversation alone, of a bot with one Page', { conversation: PSID }, known(PAGE), thread(PAGE, PSID)],
  ['a customer alone, of a bot with one Page', { customer: PSID }, known(PAGE), thread(PAGE, PSID)],
  ['Azure’s conversation alone', { conversation: `${PSID}-${PAGE}` }, nothing, thread(PAGE, PSID)],
  [
    'Azure’s conversation of one Page, to a bot of another',
    { conversation: `${PSID}-${OTHER_PAGE}` },
    known(PAGE),
    thread(OTHER_PAGE, PSID),
  ],
  [
    'Azure’s conversation with the ids the other way round',
    { conversation: `${PAGE}-${PSID}` },
    known(PAGE),
    thread(PAGE, PSID),
  ],
  ['the reference of an echo', { page: PSID, customer: PAGE, conversation: PAGE }, known(PAGE), thread(PAGE, PSID)],
  [
    'the reference of an echo on Azure',
    { page: PSID, customer: PAGE, conversation: `${PSID}-${PAGE}` },
    nothing,
    thread(PAGE, PSID),
  ],
  [
    'an activity that is seen from the other side',
    { page: PSID, customer: PAGE, conversation: PSID },
    nothing,
    thread(PAGE, PSID),
  ],
  [
    'a customer under an id of the application’s own',
    { page: PAGE, customer: '42', conversation: PSID },
    nothing,
    thread(PAGE, PSID),
  ],
  [
    'a conversation under an id of the channel’s own',
    { page: PAGE, customer: PSID, conversation: 'a:1x|livechat' },
    nothing,
    thread(PAGE, PSID),
  ],
  ['a Page under a name', { page: 'my-bot', customer: PSID, conversation: PSID }, known(PAGE), thread(PAGE, PSID)],
  [
    'a customer of the checkbox plugin',
    { page: PAGE, customer: REF, conversation: REF },
    nothing,
    { to: 'userRef', pageId: PAGE, userRef: REF },
  ],
  ['nobody', { page: PAGE }, known(PAGE), { to: 'unknown', missing: 'customer', psid: '' }],
  [
    'the Page itself',
    { page: PAGE, conversation: PAGE },
    known(PAGE),
    { to: 'unknown', missing: 'customer', psid: '' },
  ],
];

describe('The address of an activity', () => {
  for (const [name, given, knowledge, expected] of ROWS) {
    it(`is found for ${name}`, () => expect(addressOf(parties(given), knowledge)).to.deep.equal(expected));
  }

  it('is the same where Page and customer are', () => {
    expect(isSameAddress(thread(PAGE, PSID), thread(PAGE, PSID))).to.equal(true);
    expect(isSameAddress(thread(PAGE, PSID), thread(OTHER_PAGE, PSID))).to.equal(false);
    const unknown: Address = { to: 'unknown', missing: 'page', psid: PSID };
    expect(isSameAddress(unknown, unknown)).to.equal(false);
  });
});
