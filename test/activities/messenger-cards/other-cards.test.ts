import { CardFactory } from 'botbuilder';
import { expect } from 'chai';
import type { Translated } from './translated.js';
import {
  PICTURE,
  PNG,
  card,
  ofAttachments,
  ofCarousel,
  openUrl,
  postBack,
  refusals,
  shapes,
  translated,
} from './translated.js';

type Row = [what: string, content: object, messages: string[], losses?: string[]];

function check(made: Translated, expected: string[], losses: string[] = []): void {
  expect(shapes(made)).to.deep.equal(expected);
  expect(made.kinds).to.deep.equal(losses);
  expect(refusals(made)).to.deep.equal([]);
}

describe('A media card', () => {
  const VIDEO = 'https://cdn.example.test/v.mp4';
  const media = [{ url: VIDEO }];

  const rows: [kind: string, ...Row][] = [
    ['video', 'is its video', { media }, [`video: ${VIDEO}`]],
    [
      'video',
      'has title, text and buttons after the video',
      { media, title: 'T', text: 'x', buttons: [openUrl('A')] },
      [`video: ${VIDEO}`, 'generic: T [A]'],
    ],
    ['video', 'with a title only has it as text', { media, title: 'T' }, [`video: ${VIDEO}`, 'text: T']],
    [
      'video',
      'of several media sends each',
      { media: [{ url: VIDEO }, { url: `${VIDEO}?2` }] },
      [`video: ${VIDEO}`, `video: ${VIDEO}?2`],
    ],
    [
      'video',
      'without an extension is a video',
      { media: [{ url: 'https://e.test/stream' }] },
      ['video: https://e.test/stream'],
    ],
    [
      'video',
      'of a page that plays it is the link',
      { media: [{ url: 'https://youtu.be/abc' }] },
      ['text: https://youtu.be/abc'],
    ],
    ['video', 'without media says its words and tells', { title: 'T', media: [] }, ['text: T'], ['noMediaUrl']],
    ['video', 'with a medium without an address tells', { title: 'T', media: [{}] }, ['text: T'], ['noMediaUrl']],
    ['video', 'of the bot’s own disk tells', { media: [{ url: 'file:///v.mp4' }] }, [], ['unreachableUrl']],
    [
      'audio',
      'is its audio, whatever the file is called',
      { media: [{ url: 'https://e.test/a.mp4' }] },
      ['audio: https://e.test/a.mp4'],
    ],
    [
      'audio',
      'shows its cover with its words',
      { media: [{ url: 'https://e.test/a.mp3' }], title: 'T', image: { url: PICTURE } },
      ['audio: https://e.test/a.mp3', 'generic: T'],
    ],
    [
      'animation',
      'of a GIF is an image',
      { media: [{ url: 'http://i.giphy.com/Ki55RUbOV5njy.gif' }] },
      ['image: http://i.giphy.com/Ki55RUbOV5njy.gif'],
    ],
    [
      'animation',
      'without an extension is an image',
      { media: [{ url: 'https://e.test/a' }] },
      ['image: https://e.test/a'],
    ],
    ['animation', 'of a film is a video', { media: [{ url: VIDEO }] }, [`video: ${VIDEO}`]],
    [
      'animation',
      'says by its profile what it is',
      { media: [{ url: 'https://e.test/a', profile: 'video/mp4' }] },
      ['video: https://e.test/a'],
    ],
    [
      'animation',
      'in a data: URL is uploaded',
      { media: [{ url: 'data:image/gif;base64,R0lGODlhAQABAAAAACw=' }] },
      ['image: uploaded'],
    ],
  ];
  for (const [kind, what, content, expected, losses] of rows) {
    it(`(${kind}) ${what}`, () => check(ofAttachments(card(kind, content)), expected, losses));
  }
});

describe('A card that signs in', () => {
  it('is a button template with the link', () => {
    check(ofAttachments(CardFactory.signinCard('Sign in', 'https://login.example.test', 'Please')), [
      'buttons: Please [Sign in]',
    ]);
  });

  it('without a text says what its button says', () => {
    check(ofAttachments(CardFactory.signinCard('Sign in', 'https://login.example.test')), [
      'buttons: Sign in [Sign in]',
    ]);
  });

  it('(OAuth) with a link is the same', () => {
    const content = {
      text: 'Please',
      connectionName: 'c',
      buttons: [{ type: 'signin', title: 'Sign in', value: 'https://token.example.test/x' }],
    };
    check(ofAttachments(card('oauth', content)), ['buttons: Please [Sign in]']);
  });

  it('(OAuth) without a link is left out and told: nobody could sign in', () => {
    const made = ofAttachments(CardFactory.oauthCard('c', 'Sign in', 'Please'));
    expect(shapes(made)).to.deep.equal([]);
    expect(made.kinds).to.include('oauthCard');
  });
});

describe('An adaptive card', () => {
  const rows: Row[] = [
    ['says its fallbackText', { fallbackText: 'Your flight is late.', speak: 'no' }, ['text: Your flight is late.']],
    [
      'says what is to be spoken, without the tags',
      { speak: '<speak><s>Your flight</s> is late.</speak>' },
      ['text: Your flight is late.'],
    ],
    ['without both is left out and told', { body: [] }, [], ['adaptiveCard']],
  ];
  for (const [what, content, expected, losses] of rows) {
    it(what, () =>
      check(ofAttachments(CardFactory.adaptiveCard({ type: 'AdaptiveCard', ...content })), expected, losses),
    );
  }
});

describe('A receipt card', () => {
  const facts = [
    { key: 'Order Number', value: '1234' },
    { key: 'Payment method', value: 'VISA 5555-****' },
    { key: 'Recipient name', value: 'Ada' },
  ];
  const items = [
    { title: 'Tea', subtitle: 'green', text: '100 g', price: '€ 38.45', quantity: '3', image: { url: PICTURE } },
    { title: 'Cup', price: '1.234,50 EUR' },
  ];
  const whole = { title: 'Thank you', facts, items, tax: '€7.50', total: '€ 1,242.00' };

  it('with everything that Meta requires is a receipt template', () => {
    const made = ofAttachments(card('receipt', whole));
    check(made, ['text: Thank you', 'receipt: 1234']);
    expect(made.messages[1].attachment.payload).to.deep.equal({
      template_type: 'receipt',
      recipient_name: 'Ada',
      order_number: '1234',
      currency: 'EUR',
      payment_method: 'VISA 5555-****',
      elements: [
        { title: 'Tea', subtitle: 'green\n100 g', quantity: 3, price: 38.45, currency: 'EUR', image_url: PICTURE },
        { title: 'Cup', price: 1234.5, currency: 'EUR' },
      ],
      summary: { total_tax: 7.5, total_cost: 1242 },
    });
  });

  it('takes the customer’s name from the activity, and sends facts without a field as text', () => {
    const content = { ...whole, facts: [...facts.slice(0, 2), { key: 'Courier', value: 'GLS' }] };
    const made = translated({ attachments: [card('receipt', content)], recipient: { id: '1', name: 'Ada' } });
    check(made, ['text: Thank you\nCourier: GLS', 'receipt: 1234']);
  });

  it('has its buttons below', () => {
    check(ofAttachments(card('receipt', { ...whole, buttons: [openUrl('More')] })), [
      'text: Thank you',
      'receipt: 1234',
      'buttons: More [More]',
    ]);
  });

  const incomplete: [what: string, changes: object][] = [
    ['a recipient', { facts: facts.slice(0, 2) }],
    ['an order number', { facts: facts.slice(1) }],
    [
      'a currency that is sure: a dollar may be of many countries',
      { items: [{ title: 'Tea', price: '$1' }], total: '$1', tax: undefined },
    ],
    ['a total', { total: undefined }],
    ['a total that can be read in one way only', { total: '€ 1.234' }],
    ['a price for each item', { items: [...items, { title: 'Gift' }] }],
    ['one tax only', { vat: '€ 1' }],
    ['items', { items: [] }],
  ];
  for (const [what, changes] of incomplete) {
    it(`without ${what} is text, and nothing of it is lost`, () => {
      const made = ofAttachments(card('receipt', { ...whole, ...changes }));
      expect(made.messages.map(({ text }) => text === undefined)).to.deep.equal([false]);
      expect(made.messages[0].text).to.include('Thank you').and.to.include('Payment method: VISA 5555-****');
      expect(made.kinds).to.deep.equal([]);
    });
  }

  it('as text has a line for each fact, item and sum', () => {
    const content = { ...whole, total: '$ 1,242.00', items: [{ ...items[0], price: '$38.45' }], tax: '$7.50' };
    check(ofAttachments(card('receipt', content)), [
      'text: Thank you\nOrder Number: 1234\nPayment method: VISA 5555-****\nRecipient name: Ada\n' +
        '3 × Tea, green, 100 g: $38.45\nTax: $7.50\nTotal: $ 1,242.00',
    ]);
  });

  const LONG = 'z'.repeat(1001);
  const unfit: [what: string, changes: object, words: string][] = [
    [
      'a payment method',
      { facts: [...facts.slice(0, 1), ...facts.slice(2), { key: 'Payment method', value: LONG }] },
      LONG,
    ],
    ['an order number', { facts: [...facts.slice(1), { key: 'Order number', value: LONG }] }, LONG],
    ['a recipient', { facts: [...facts.slice(0, 2), { key: 'Recipient name', value: LONG }] }, LONG],
    ['a total', { total: '9'.repeat(400) }, '9'.repeat(400)],
    ['a quantity', { items: [{ ...items[0], quantity: '1e999' }] }, '1e999 × Tea'],
  ];
  for (const [what, changes, words] of unfit) {
    it(`with ${what} that no field can hold is text, and loses no word`, () => {
      const made = ofAttachments(card('receipt', { ...whole, ...changes }));
      expect(refusals(made)).to.deep.equal([]);
      expect(made.messages.every(({ text }) => text !== undefined)).to.equal(true);
      expect(made.messages.map(({ text }) => text).join('')).to.include(words);
    });
  }

  it('with a merchant that no field can hold says the merchant before the receipt', () => {
    const content = { ...whole, facts: [...facts, { key: 'Merchant name', value: LONG }] };
    check(ofAttachments(card('receipt', content)), [`text: Thank you\nMerchant name: ${LONG}`, 'receipt: 1234']);
  });

  it('of a customer whose name no field can hold is text', () => {
    const content = { ...whole, facts: facts.slice(0, 2) };
    const made = translated({ attachments: [card('receipt', content)], recipient: { id: '1', name: LONG } });
    expect(made.messages.every(({ text }) => text !== undefined)).to.equal(true);
  });

  it('with nothing in it is left out and told', () => {
    check(ofAttachments(card('receipt', {})), [], ['emptyCard']);
  });
});

describe('A plain attachment', () => {
  const URL_OF_FILE = 'https://cdn.example.test/f';
  const rows: [what: string, attachment: unknown, messages: string[], losses?: string[]][] = [
    ['image/jpeg', { contentType: 'image/jpeg', contentUrl: URL_OF_FILE }, [`image: ${URL_OF_FILE}`]],
    ['audio/mpeg', { contentType: 'audio/mpeg', contentUrl: URL_OF_FILE }, [`audio: ${URL_OF_FILE}`]],
    ['VIDEO/mp4', { contentType: 'VIDEO/mp4', contentUrl: URL_OF_FILE }, [`video: ${URL_OF_FILE}`]],
    ['application/pdf', { contentType: 'application/pdf', contentUrl: URL_OF_FILE }, [`file: ${URL_OF_FILE}`]],
    [
      'a drawing, which Messenger does not show',
      { contentType: 'image/svg+xml', contentUrl: URL_OF_FILE },
      [`file: ${URL_OF_FILE}`],
    ],
    ['no type', { contentUrl: URL_OF_FILE }, [`file: ${URL_OF_FILE}`]],
    ['no type but an extension', { contentUrl: `${URL_OF_FILE}.png?x=1` }, [`image: ${URL_OF_FILE}.png?x=1`]],
    [
      'blanks in the address',
      { contentType: 'image/png', contentUrl: 'https://e.test/a b.png' },
      ['image: https://e.test/a%20b.png'],
    ],
    ['words', { contentType: 'text/plain', content: 'Hello' }, ['text: Hello']],
    ['no address', { contentType: 'image/png', thumbnailUrl: URL_OF_FILE }, [], ['noContentUrl']],
    ['a card that nobody knows', card('mystery', { title: 'T' }), [], ['noContentUrl']],
    ['null', null, [], ['noContentUrl']],
    ['file:', { contentType: 'image/png', contentUrl: 'file:///a.png' }, [], ['unreachableUrl']],
    ['cid:', { contentType: 'image/png', contentUrl: 'cid:a@b' }, [], ['unreachableUrl']],
    ['a relative address', { contentType: 'image/png', contentUrl: '/a.png' }, [], ['unreachableUrl']],
    [
      'data: that is empty',
      { contentType: 'image/png', contentUrl: 'data:image/png;base64,' },
      [],
      ['unreadableDataUrl'],
    ],
    [
      'data: that is broken',
      { contentType: 'image/png', contentUrl: 'data:image/png;base64,@@@' },
      [],
      ['unreadableDataUrl'],
    ],
    [
      'data: of broken escapes',
      { contentType: 'text/csv', contentUrl: 'data:text/csv,%GG' },
      [],
      ['unreadableDataUrl'],
    ],
    ['data: in content', { contentType: 'image/png', content: `data:image/png;base64,${PNG}` }, ['image: uploaded']],
  ];
  for (const [what, attachment, expected, losses] of rows) {
    it(`(${what})`, () => check(ofAttachments(attachment), expected, losses));
  }

  const files: [what: string, attachment: object, file: { contentType: string; name: string; text: string }][] = [
    [
      'base64',
      { contentUrl: 'data:text/csv;charset=utf-8;base64,YSxi' },
      { contentType: 'text/csv', name: 'file.csv', text: 'a,b' },
    ],
    [
      'escapes',
      { contentUrl: 'data:text/csv,a%2Cb%0A%C3%A9', name: 'a.csv' },
      { contentType: 'text/csv', name: 'a.csv', text: 'a,b\né' },
    ],
    [
      'no type of its own',
      { contentType: 'application/pdf', contentUrl: 'data:;base64,YSxi' },
      { contentType: 'application/pdf', name: 'file.pdf', text: 'a,b' },
    ],
    [
      'escaped base64',
      { contentUrl: 'data:text/csv;base64,YQ%3D%3D' },
      { contentType: 'text/csv', name: 'file.csv', text: 'a' },
    ],
    [
      'any case',
      { contentUrl: 'DATA:Text/CSV;BASE64,YSxi' },
      { contentType: 'text/csv', name: 'file.csv', text: 'a,b' },
    ],
  ];
  for (const [what, attachment, { text, ...named }] of files) {
    it(`in a data: URL (${what}) is a file to upload`, () => {
      const made = ofAttachments(attachment);
      check(made, ['file: uploaded']);
      expect(made.files[0]).to.include(named);
      expect(Buffer.from(made.files[0].bytes).toString('utf8')).to.equal(text);
    });
  }

  it('of more than 25 MB is left out and told', function () {
    this.timeout(30_000);
    const contentUrl = `data:image/png;base64,${'A'.repeat(36 * 1024 * 1024)}`;
    check(ofAttachments({ contentType: 'image/png', contentUrl }), [], ['fileTooLarge']);
  });
});

describe('A carousel', () => {
  const hero = (title: string, more: object = {}): object => card('hero', { title, text: 'x', ...more });
  const titles = (count: number): object[] => Array.from({ length: count }, (_, index) => hero(`${index + 1}`));

  it('is one generic template', () => {
    check(ofCarousel(hero('A'), card('thumbnail', { title: 'B', images: [{ url: PICTURE }] }), hero('C')), [
      'generic: A | B | C',
    ]);
  });

  it('of more than ten is two', () => {
    check(ofCarousel(...titles(10)), ['generic: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10']);
    check(ofCarousel(...titles(11)), ['generic: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10', 'generic: 11']);
  });

  it('as a list is one message for each', () => {
    check(translated({ attachments: titles(2), attachmentLayout: 'list' }), ['generic: 1', 'generic: 2']);
    check(translated({ attachments: titles(2) }), ['generic: 1', 'generic: 2']);
  });

  it('has after it what a template cannot hold', () => {
    const image = { contentType: 'image/png', contentUrl: PICTURE };
    check(ofCarousel(hero('A'), image, card('hero', { title: 'only a title' }), hero('B')), [
      'generic: A | B',
      `image: ${PICTURE}`,
      'text: only a title',
    ]);
  });

  it('of one card is that card, with all its words', () => {
    const long = 'word '.repeat(40).trim();
    check(ofCarousel(card('hero', { title: 'T', text: long }), { contentType: 'image/png', contentUrl: PICTURE }), [
      `text: T\n${long}`,
      `image: ${PICTURE}`,
    ]);
  });

  it('of images is an image each', () => {
    const image = { contentType: 'image/png', contentUrl: PICTURE };
    check(ofCarousel(image, image), [`image: ${PICTURE}`, `image: ${PICTURE}`]);
  });

  it('has the fourth button of a card after it', () => {
    const buttons = ['1', '2', '3', '4'].map((title) => postBack(title));
    check(ofCarousel(hero('A', { buttons }), hero('B')), ['generic: A [1] [2] [3] | B', 'buttons: A [4]']);
  });

  it('cuts long lines, goes without images that a template cannot hold, and tells both', () => {
    const long = 'x'.repeat(90);
    const data = [{ url: `data:image/png;base64,${PNG}` }];
    const made = ofCarousel(hero('A', { text: long, images: data }), hero('B'));
    check(made, ['generic: A | B'], ['carouselImage', 'cardWords']);
    expect(made.messages[0].attachment.payload.elements[0].subtitle).to.equal(`${'x'.repeat(79)}…`);
  });

  it('leaves out and tells what Messenger has no form for, and keeps the rest together', () => {
    check(
      ofCarousel(hero('A'), CardFactory.adaptiveCard({ type: 'AdaptiveCard' }), hero('B')),
      ['generic: A | B'],
      ['adaptiveCard'],
    );
  });

  it('has the quick replies on its last message', () => {
    const suggestedActions = { to: [], actions: [{ type: 'imBack', title: 'More', value: 'More' }] };
    const made = translated({ text: 'Look', attachments: titles(11), attachmentLayout: 'carousel', suggestedActions });
    expect(made.messages.map((message) => message.quick_replies?.length ?? 0)).to.deep.equal([0, 0, 1]);
  });
});
