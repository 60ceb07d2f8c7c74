/** What Meta refuses in a message, and what it takes. The texts are Meta's, as people have reported them. */
import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { PSID, scene, type Scene } from './recording-bot.js';

const URL_OF_FILE = 'https://cdn.example.test/a.png';
const template = (payload: object): object => ({ attachment: { type: 'template', payload } });
const generic = (...elements: object[]): object => template({ template_type: 'generic', elements });
const buttons = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ type: 'postback', title: `${index}`, payload: 'p' }));
const buttonTemplate = (more: object): object =>
  template({ template_type: 'button', text: 'Which?', buttons: buttons(1), ...more });
const replies = (count: number, more: object = {}): object => ({
  text: 'x',
  quick_replies: Array(count).fill({ content_type: 'text', title: 'a', payload: 'b', ...more }),
});
const receipt = (more: object): object =>
  template({
    template_type: 'receipt',
    recipient_name: 'Ada',
    order_number: '1',
    currency: 'EUR',
    payment_method: 'VISA',
    summary: { total_cost: 1 },
    elements: [{ title: 'Tea', price: 1 }],
    ...more,
  });

describe('A message for the simulated Graph', () => {
  let at: Scene;
  beforeEach(async () => {
    at = await scene();
    await at.sim.customer(PSID).says('hi');
  });
  afterEach(() => at.end());

  const send = (message: object): Promise<{ status: number; body: any }> =>
    at.call('POST', '/me/messages', { recipient: { id: PSID }, message });

  const refused: [what: string, message: object, code: number, text: string, subcode?: number][] = [
    [
      'an element with nothing but a title',
      generic({ title: 'T' }),
      100,
      '(#100) Incomplete element data: title and at least one other field (image url, subtitle or buttons) is required with non-empty value',
      2018035,
    ],
    [
      'an element with nothing but a title and a tap',
      generic({ title: 'T', default_action: { type: 'web_url', url: URL_OF_FILE } }),
      100,
      'Incomplete element data',
      2018035,
    ],
    [
      'an element without a title',
      generic({ subtitle: 's' }),
      100,
      '(#100) Param [elements][0][title] must be a non-empty UTF-8 encoded string',
    ],
    [
      'a title over 80 characters',
      generic({ title: 'x'.repeat(81), subtitle: 's' }),
      100,
      'Length of param [elements][0][title] must be less than or equal to 80',
    ],
    [
      'a subtitle over 80 characters',
      generic({ title: 'T', subtitle: 'x'.repeat(81) }),
      100,
      'Length of param [elements][0][subtitle]',
    ],
    [
      'an element with a data: image',
      generic({ title: 'T', image_url: 'data:image/png;base64,AAAA' }),
      100,
      '[elements][0][image_url] should represent a valid URL',
    ],
    [
      'a tap that is no link',
      generic({ title: 'T', subtitle: 's', default_action: { type: 'postback', payload: 'p' } }),
      100,
      '[elements][0][default_action][type]',
    ],
    [
      'eleven elements',
      generic(...Array<object>(11).fill({ title: 'T', subtitle: 's' })),
      105,
      '(#105) param name_placeholder[elements] has too many elements.',
    ],
    ['no element', generic(), 194, '(#194) param name_placeholder[elements] has too few elements.'],
    [
      'four buttons in the second element',
      generic({ title: 'T', subtitle: 's' }, { title: 'T', buttons: buttons(4) }),
      105,
      '(#105) param name_placeholder[elements][1][buttons] has too many elements.',
    ],
    [
      'four buttons',
      buttonTemplate({ buttons: buttons(4) }),
      105,
      '(#105) param name_placeholder[buttons] has too many elements.',
    ],
    [
      'no buttons',
      buttonTemplate({ buttons: [] }),
      194,
      '(#194) param name_placeholder[buttons] has too few elements.',
    ],
    [
      'a button template without text',
      buttonTemplate({ text: undefined }),
      100,
      'Param [text] must be a non-empty UTF-8 encoded string',
    ],
    [
      'a button template with a text over 640 characters',
      buttonTemplate({ text: 'x'.repeat(641) }),
      100,
      'Length of param [text] must be less than or equal to 640',
    ],
    [
      'a button title over 20 characters',
      buttonTemplate({ buttons: [{ type: 'postback', title: 'x'.repeat(21), payload: 'p' }] }),
      100,
      'Length of param [buttons][0][title] must be less than or equal to 20',
    ],
    [
      'a payload over 1000 characters',
      buttonTemplate({ buttons: [{ type: 'postback', title: 't', payload: 'x'.repeat(1001) }] }),
      100,
      'Length of param [buttons][0][payload]',
    ],
    [
      'a button without a title',
      buttonTemplate({ buttons: [{ type: 'web_url', url: URL_OF_FILE }] }),
      100,
      'Param [buttons][0][title]',
    ],
    [
      'a button that writes a mail',
      buttonTemplate({ buttons: [{ type: 'web_url', title: 't', url: 'mailto:a@e.test' }] }),
      100,
      'Param [buttons][0][url] should represent a valid URL',
    ],
    [
      'a button that calls a number without its country',
      buttonTemplate({ buttons: [{ type: 'phone_number', title: 't', payload: '555' }] }),
      100,
      'Param [buttons][0][payload]',
    ],
    ['fourteen quick replies', replies(14), 105, '(#105) param message[quick_replies] has too many elements.'],
    [
      'a quick reply over 20 characters',
      replies(1, { title: 'x'.repeat(21) }),
      100,
      '(#100) Length of param message[quick_replies][0][title] must be less than or equal to 20',
    ],
    [
      'quick replies without a message',
      { quick_replies: [{ content_type: 'text', title: 'a', payload: 'b' }] },
      100,
      'param message must be non-empty',
    ],
    [
      'a receipt without a name',
      receipt({ recipient_name: undefined }),
      100,
      'The parameter recipient_name is required',
    ],
    [
      'a receipt without an order number',
      receipt({ order_number: undefined }),
      100,
      'The parameter order_number is required',
    ],
    ['a receipt without a currency', receipt({ currency: undefined }), 100, 'The parameter currency is required'],
    [
      'a receipt without a way of payment',
      receipt({ payment_method: undefined }),
      100,
      'The parameter payment_method is required',
    ],
    [
      'a receipt without a total',
      receipt({ summary: { subtotal: 1 } }),
      100,
      'The parameter summary[total_cost] is required',
    ],
    [
      'a receipt with an item without a price',
      receipt({ elements: [{ title: 'Tea' }] }),
      100,
      'The parameter [elements][0][price] is required',
    ],
    [
      'a data: URL',
      { attachment: { type: 'image', payload: { url: 'data:image/png;base64,AAAA' } } },
      100,
      'should represent a valid URL',
    ],
    [
      'a file: URL',
      { attachment: { type: 'image', payload: { url: 'file:///a.png' } } },
      100,
      'should represent a valid URL',
    ],
  ];
  for (const [what, message, code, text, subcode] of refused) {
    it(`(${what}) is refused`, async () => {
      const { status, body } = await send(message);
      expect([status, body.error.code, body.error.error_subcode]).to.deep.equal([400, code, subcode]);
      expect(body.error.message).to.include(text);
      expect(at.sim.customer(PSID).inbox()).to.deep.equal([]);
    });
  }

  const taken: [what: string, message: object][] = [
    [
      'ten elements with three buttons',
      generic(...Array<object>(10).fill({ title: 'x'.repeat(80), buttons: buttons(3) })),
    ],
    [
      'an element with an image and a tap',
      generic({ title: 'T', image_url: URL_OF_FILE, default_action: { type: 'web_url', url: URL_OF_FILE } }),
    ],
    [
      'a button template with links and numbers',
      buttonTemplate({
        text: 'x'.repeat(640),
        buttons: [
          { type: 'web_url', title: 't', url: URL_OF_FILE },
          { type: 'phone_number', title: 't', payload: '+3615550100' },
        ],
      }),
    ],
    ['a button of an account', buttonTemplate({ buttons: [{ type: 'account_link', url: URL_OF_FILE }] })],
    ['thirteen quick replies', replies(13)],
    [
      'quick replies with a template',
      { ...generic({ title: 'T', subtitle: 's' }), ...{ quick_replies: [{ content_type: 'user_email' }] } },
    ],
    ['a receipt', receipt({})],
    ['a receipt without items', receipt({ elements: undefined })],
    [
      'a template of another type',
      template({ template_type: 'media', elements: [{ media_type: 'image', attachment_id: '1' }] }),
    ],
    ['a saved attachment', { attachment: { type: 'image', payload: { attachment_id: '1' } } }],
  ];
  for (const [what, message] of taken) {
    it(`(${what}) is taken`, async () => {
      expect((await send(message)).body).to.have.property('message_id');
    });
  }

  describe('with a file', () => {
    const upload = async (
      path: string,
      fields: Readonly<Record<string, object | string>>,
      file: File = new File(['picture'], 'árvíz.png', { type: 'image/png' }),
    ): Promise<{ status: number; body: any }> => {
      const { pageAccessToken, appSecret } = at.sim.settings;
      const proof = createHmac('sha256', appSecret).update(pageAccessToken).digest('hex');
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) {
        form.set(name, typeof value === 'string' ? value : JSON.stringify(value));
      }
      form.set('filedata', file, file.name);
      const response = await fetch(`${at.sim.graphBaseUrl}/v26.0${path}?appsecret_proof=${proof}`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${pageAccessToken}` },
        body: form,
      });
      return { status: response.status, body: await response.json() };
    };
    const to = { recipient: { id: PSID } };
    const image = { attachment: { type: 'image', payload: {} } };

    it('is taken, shown with an address of Meta’s, and written down without its bytes', async () => {
      const { body } = await upload('/me/messages', { ...to, message: image });
      expect(body).to.have.all.keys('recipient_id', 'message_id');
      const [shown] = at.sim.customer(PSID).inbox();
      const { url } = (shown?.message?.['attachment'] as any).payload;
      expect(decodeURIComponent(url)).to.equal('https://cdn.example.test/uploaded/árvíz.png');
      expect(at.sim.wire.of('graph').at(-1)?.body).to.deep.equal({
        ...to,
        message: image,
        filedata: { name: 'árvíz.png', type: 'image/png', size: 7 },
      });
    });

    it('may be saved for later messages', async () => {
      const { body } = await upload('/me/message_attachments', { message: image });
      expect(body.attachment_id).to.match(/^\d{16}$/);
    });

    it('and an address is refused: there must be exactly one file', async () => {
      const message = { attachment: { type: 'image', payload: { url: URL_OF_FILE } } };
      expect((await upload('/me/messages', { ...to, message })).body.error).to.include({ code: 100 });
    });

    it('of another type than the attachment’s is refused', async () => {
      const text = new File(['a,b'], 'a.csv', { type: 'text/csv' });
      expect((await upload('/me/messages', { ...to, message: image }, text)).body.error).to.include({ code: 546 });
    });

    it('without a byte, or of more than 25 MB, is refused', async function () {
      this.timeout(30_000);
      for (const size of [0, 25 * 1024 * 1024 + 1]) {
        const file = new File([Buffer.alloc(size)], 'a.png', { type: 'image/png' });
        expect((await upload('/me/messages', { ...to, message: image }, file)).body.error).to.include({ code: 100 });
      }
    });
  });
});
