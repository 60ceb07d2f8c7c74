/** Properties of every translation: Meta refuses none of it, and no words disappear without a loss. */
import { expect } from 'chai';
import fc from 'fast-check';
import { card, PAGE_URL, PICTURE, PNG, refusals, translated } from './translated.js';

const words = fc.oneof(
  fc.constantFrom('', ' ', 'T', 'x'.repeat(80), 'y'.repeat(81), '😀'.repeat(60), 'word '.repeat(140), 'z'.repeat(2100)),
  fc.string({ maxLength: 30 }),
);
const address = fc.constantFrom(
  PICTURE,
  PAGE_URL,
  `data:image/png;base64,${PNG}`,
  'file:///a',
  'a.png',
  'tel:+361',
  '',
);
const action = fc.record(
  {
    type: fc.constantFrom('openUrl', 'postBack', 'imBack', 'messageBack', 'call', 'signin', 'playAudio', 'nonsense'),
    title: words,
    value: fc.oneof(address, words, fc.jsonValue()),
  },
  { requiredKeys: [] },
);
const image = fc.oneof(fc.record({ url: address, tap: action }, { requiredKeys: [] }), address);
const content = fc.record(
  {
    title: words,
    subtitle: words,
    text: words,
    images: fc.array(image, { maxLength: 3 }),
    image,
    buttons: fc.array(action, { maxLength: 8 }),
    tap: action,
    media: fc.array(fc.record({ url: address }), { maxLength: 3 }),
    facts: fc.array(
      fc.record({ key: fc.constantFrom('Order number', 'Payment method', 'Recipient name', 'x'), value: words }),
    ),
    items: fc.array(
      fc.record({ title: words, price: fc.constantFrom('1 EUR', '€ 2,50', '$3', 'free'), image }, { requiredKeys: [] }),
    ),
    total: fc.constantFrom('1 EUR', '$2', undefined),
    fallbackText: words,
    speak: words,
  },
  { requiredKeys: [] },
);
const attachment = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(
        'hero',
        'thumbnail',
        'video',
        'audio',
        'animation',
        'signin',
        'oauth',
        'receipt',
        'adaptive',
        'x',
      ),
      content,
    )
    .map(([kind, inside]) => card(kind, inside)),
  fc.record({
    contentType: fc.constantFrom('image/png', 'text/plain', 'application/pdf', ''),
    contentUrl: address,
    content: words,
  }),
);
const activity = fc.record({
  text: words,
  attachments: fc.array(attachment, { maxLength: 13 }),
  attachmentLayout: fc.constantFrom('list', 'carousel', undefined),
  suggestedActions: fc.record({ to: fc.constant([]), actions: fc.array(action, { maxLength: 15 }) }),
});

describe('Whatever the attachments of an activity are', function () {
  this.timeout(30_000);

  it('Meta’s documents have nothing against the messages', () => {
    fc.assert(
      fc.property(activity, (fields) => {
        expect(refusals(translated(fields))).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it('an attachment that becomes no message is a loss', () => {
    fc.assert(
      fc.property(attachment, (one) => {
        const { messages, losses } = translated({ attachments: [one] });
        if (messages.length === 0) expect(losses.filter(({ effect }) => effect === 'dropped')).not.to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });

  it('the words of a card that stands alone are in the messages', () => {
    const solid = (some: string): string => some.replace(/\s/g, '');
    const kinds = fc.constantFrom('hero', 'thumbnail', 'video', 'audio', 'animation');
    fc.assert(
      fc.property(kinds, content, (kind, inside) => {
        const said = JSON.stringify(translated({ attachments: [card(kind, inside)] }).messages.map(wordsOfMessage));
        const shown = solid(JSON.parse(said).join(''));
        for (const line of [inside.title, inside.subtitle, inside.text]) expect(shown).to.include(solid(line ?? ''));
      }),
      { numRuns: 300 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom('hero', 'video', 'receipt', 'signin', 'adaptive'),
        (anything, kind) => {
          translated({ attachments: [anything, card(kind, anything as object)], attachmentLayout: 'carousel' });
        },
      ),
    );
  });
});

function wordsOfMessage(message: any): string {
  if (message.text !== undefined) return message.text;
  const { payload } = message.attachment;
  const elements = (payload.elements ?? []).map((element: any) => `${element.title}${element.subtitle ?? ''}`);
  return [payload.text ?? '', ...elements].join('');
}
