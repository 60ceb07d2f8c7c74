import { CardFactory } from 'botbuilder';
import { expect } from 'chai';
import { PAGE_URL, PICTURE, PNG, card, ofAttachments, openUrl, postBack, refusals, shapes } from './translated.js';

describe('A hero card', () => {
  const LONG = 'word '.repeat(40).trim();
  const image = { url: PICTURE };

  const forms: [what: string, content: object, messages: string[], losses?: string[]][] = [
    ['with a title only is text', { title: 'T' }, ['text: T']],
    ['with a text only is text', { text: 'T' }, ['text: T']],
    ['with a subtitle only is text', { subtitle: 'T' }, ['text: T']],
    ['with an image only is an image', { images: [image] }, [`image: ${PICTURE}`]],
    ['with images written as strings is an image, too', { images: [PICTURE] }, [`image: ${PICTURE}`]],
    ['with a title and a text is a generic template', { title: 'T', text: 'x' }, ['generic: T']],
    ['with a title and an image is a generic template', { title: 'T', images: [image] }, ['generic: T']],
    ['with a title and a button is a generic template', { title: 'T', buttons: [openUrl('A')] }, ['generic: T [A]']],
    [
      'with a title and a tap is a generic template that can be pressed',
      { title: 'T', tap: openUrl('Go') },
      ['generic: T [Go]'],
    ],
    [
      'with a text and buttons is a button template',
      { text: 'x', buttons: [openUrl('A'), postBack('B')] },
      ['buttons: x [A] [B]'],
    ],
    [
      'with a subtitle, a text and buttons is a button template',
      { subtitle: 's', text: 'x', buttons: [openUrl('A')] },
      ['buttons: s\nx [A]'],
    ],
    ['with a text and an image takes the text as title', { text: 'x', images: [image] }, ['generic: x']],
    ['with buttons only says what they are', { buttons: [postBack('A'), postBack('B')] }, ['buttons: A / B [A] [B]']],
    [
      'with an image and buttons only shows the image first',
      { images: [image], buttons: [postBack('A')] },
      [`image: ${PICTURE}`, 'buttons: A [A]'],
    ],
    [
      'with more than three buttons has the others in a template below',
      { title: 'T', buttons: ['1', '2', '3', '4', '5', '6', '7'].map((title) => postBack(title)) },
      ['generic: T [1] [2] [3]', 'buttons: T [4] [5] [6]', 'buttons: T [7]'],
    ],
    [
      'with a text and more than three buttons, too',
      { text: 'Pick one', buttons: ['1', '2', '3', '4'].map((title) => postBack(title)) },
      ['buttons: Pick one [1] [2] [3]', 'buttons: Pick one [4]'],
    ],
    ['with a text over 80 characters says all of it', { title: 'T', text: LONG }, [`text: T\n${LONG}`]],
    [
      'with a long text and buttons says all of it above them',
      { title: 'T', text: LONG, buttons: [openUrl('A')] },
      [`buttons: T\n${LONG} [A]`],
    ],
    [
      'with a long text, an image and buttons shows the image with its title, then the text',
      { title: 'T', text: LONG, images: [image], buttons: [openUrl('A')] },
      ['generic: T', `buttons: ${LONG} [A]`],
    ],
    [
      'with a title over 80 characters says all of it',
      { title: LONG, images: [image] },
      [`image: ${PICTURE}`, `text: ${LONG}`],
    ],
    [
      'with more images sends the others before it',
      { title: 'T', images: [image, { url: `${PICTURE}?2` }] },
      [`image: ${PICTURE}?2`, 'generic: T'],
    ],
    ['with nothing in it is left out and told', {}, [], ['emptyCard']],
    ['with nothing but blanks is left out and told', { title: ' ', text: '\n' }, [], ['emptyCard']],
    [
      'with an image of the bot’s own disk goes without it',
      { title: 'T', images: [{ url: 'file:///a.png' }] },
      ['text: T'],
      ['unreachableUrl'],
    ],
  ];
  for (const [what, content, expected, losses = []] of forms) {
    it(what, () => {
      const made = ofAttachments(card('hero', content));
      expect(shapes(made)).to.deep.equal(expected);
      expect(made.kinds).to.deep.equal(losses);
      expect(refusals(made)).to.deep.equal([]);
    });
  }

  it('has everything that a generic template holds, in its place', () => {
    const made = ofAttachments(
      CardFactory.heroCard(
        'Order 12',
        'on its way',
        [PICTURE],
        [
          { type: 'openUrl', title: 'Open', value: PAGE_URL },
          { type: 'postBack', title: 'Person', value: { do: 'agent' } },
          { type: 'call', title: 'Call', value: '+36 (1) 555-0100' },
        ],
        { subtitle: 'Thursday', tap: { type: 'openUrl', title: 'Open', value: PAGE_URL } },
      ),
    );
    expect(made.messages).to.deep.equal([
      {
        attachment: {
          type: 'template',
          payload: {
            template_type: 'generic',
            elements: [
              {
                title: 'Order 12',
                subtitle: 'Thursday\non its way',
                image_url: PICTURE,
                default_action: { type: 'web_url', url: PAGE_URL },
                buttons: [
                  { type: 'web_url', title: 'Open', url: PAGE_URL },
                  { type: 'postback', title: 'Person', payload: '{"do":"agent"}' },
                  { type: 'phone_number', title: 'Call', payload: '+3615550100' },
                ],
              },
            ],
          },
        },
      },
    ]);
    expect(made.losses).to.deep.equal([]);
  });

  it('with an image in a data: URL uploads the image, then shows the card', () => {
    const made = ofAttachments(
      card('hero', { title: 'T', text: 'x', images: [{ url: `data:image/png;base64,${PNG}` }] }),
    );
    expect(shapes(made)).to.deep.equal(['image: uploaded', 'generic: T']);
    expect(made.files[0]).to.include({ contentType: 'image/png', name: 'file.png' });
    expect(Buffer.from(made.files[0].bytes).toString('base64')).to.equal(PNG);
  });

  it('with a text over 640 characters and buttons sends what is too long before them', () => {
    const text = 'sentence. '.repeat(100).trim();
    const made = ofAttachments(card('hero', { text, buttons: [postBack('A')] }));
    expect(refusals(made)).to.deep.equal([]);
    const said = made.messages.map((message) => message.text ?? message.attachment.payload.text);
    expect(said.join(' ')).to.equal(text);
  });

  it('is the same as a thumbnail card, whatever the case of its type', () => {
    const content = { title: 'T', text: 'x' };
    const hero = ofAttachments(card('hero', content));
    expect(ofAttachments(card('thumbnail', content))).to.deep.equal(hero);
    expect(ofAttachments({ contentType: 'Application/vnd.microsoft.card.Hero', content })).to.deep.equal(hero);
  });
});

describe('A button of a card', () => {
  const buttonFor = (action: unknown): any => {
    const made = ofAttachments(card('hero', { text: 'x', buttons: [action] }));
    return made.messages[0].attachment?.payload.buttons[0] ?? made.kinds[0];
  };
  const link = { type: 'web_url', title: 'A', url: PAGE_URL };
  const back = { type: 'postback', title: 'A', payload: 'v' };

  const forms: [what: string, action: unknown, expected: object | string][] = [
    ['openUrl', openUrl('A'), link],
    ['signin', { type: 'signin', title: 'A', value: PAGE_URL }, link],
    ['playAudio', { type: 'playAudio', title: 'A', value: PAGE_URL }, link],
    ['playVideo', { type: 'playVideo', title: 'A', value: PAGE_URL }, link],
    ['showImage', { type: 'showImage', title: 'A', value: PAGE_URL }, link],
    ['downloadFile', { type: 'downloadFile', title: 'A', value: PAGE_URL }, link],
    [
      'openUrl of a number',
      openUrl('A', 'tel:+36-1-555-0100'),
      { type: 'phone_number', title: 'A', payload: '+3615550100' },
    ],
    [
      'openUrl with blanks in its address',
      openUrl('A', 'https://e.test/a b'),
      { ...link, url: 'https://e.test/a%20b' },
    ],
    ['postBack', postBack('A', 'v'), back],
    ['imBack', { type: 'imBack', title: 'A', value: 'v' }, back],
    ['imBack without a value', { type: 'imBack', title: 'A' }, { ...back, payload: 'A' }],
    ['messageBack', { type: 'messageBack', title: 'A', value: { a: 1 } }, { ...back, payload: '{"a":1}' }],
    ['messageBack without a value', { type: 'messageBack', title: 'A', text: 't' }, { ...back, payload: 't' }],
    [
      'call',
      { type: 'call', title: 'A', value: '0036 1 555 0100' },
      { type: 'phone_number', title: 'A', payload: '+3615550100' },
    ],
    ['call of a number without its country', { type: 'call', title: 'A', value: '06 1 555 0100' }, 'buttonPhone'],
    ['a type that nobody knows', { type: 'payment', title: 'A', value: 'v' }, 'buttonType'],
    ['no type', { title: 'A', value: 'v' }, 'buttonType'],
    ['a link by mail', openUrl('A', 'mailto:a@e.test'), 'buttonLink'],
    ['a link without a host', openUrl('A', '/orders/12'), 'buttonLink'],
    ['no link', { type: 'openUrl', title: 'A' }, 'buttonLink'],
    ['no title', { type: 'openUrl' }, 'buttonUntitled'],
    ['a value over 1000 characters', postBack('A', 'x'.repeat(1001)), 'buttonPayload'],
    ['null', null, 'buttonUntitled'],
  ];
  for (const [what, action, expected] of forms) {
    it(`(${what}) is ${typeof expected === 'string' ? 'left out and told' : 'a button'}`, () => {
      expect(buttonFor(action)).to.deep.equal(expected);
    });
  }

  it('with a title over 20 characters has its first 20, and that is told', () => {
    const made = ofAttachments(card('hero', { text: 'x', buttons: [postBack('Talk to a person, please', 'v')] }));
    expect(shapes(made)).to.deep.equal(['buttons: x [Talk to a person, pl]']);
    expect(made.losses.map(({ kind, effect }) => [kind, effect])).to.deep.equal([['buttonTitle', 'changed']]);
  });

  it('is made of a tap that is no link, unless the card has it already', () => {
    const tapped = (tap: object): string[] =>
      shapes(ofAttachments(card('hero', { text: 'x', tap, buttons: [postBack('A', 'v')] })));
    expect(tapped(postBack('More', 'm'))).to.deep.equal(['buttons: x [A] [More]']);
    expect(tapped(postBack('Same', 'v'))).to.deep.equal(['buttons: x [A]']);
    const untitled = ofAttachments(card('hero', { title: 'T', text: 'x', tap: { type: 'imBack', value: 'v' } }));
    expect(untitled.kinds).to.deep.equal(['cardTap']);
  });
});
