/**
 * What a message loses on its way to Messenger, and why: the table of losses, and the list for one activity.
 *
 * Exists so that nothing of an activity disappears without a word: each loss has a name, a sentence and an advice.
 */

/** `dropped`: the customer does not get it. `changed`: the customer gets it in another form. */
export type LossEffect = 'dropped' | 'changed';

interface LossRow {
  readonly effect: LossEffect;
  /** What the customer does not get, and why; `%` stands for the detail. */
  readonly what: string;
  readonly advice: string;
}

/** Every kind of loss. */
export const lossKinds = {
  adaptiveCard: {
    effect: 'dropped',
    what: 'an adaptive card has neither fallbackText nor speak; the card is left out',
    advice: 'Give the card a fallbackText.',
  },
  oauthCard: {
    effect: 'dropped',
    what: 'an OAuth card has no sign-in link; the card is left out',
    advice: 'This adapter has no token service: send a sign-in card with a link of your own.',
  },
  emptyCard: {
    effect: 'dropped',
    what: 'a card has no title, text, image or button that Messenger can show; the card is left out',
    advice: 'Give the card a title or a text.',
  },
  noContentUrl: {
    effect: 'dropped',
    what: 'an attachment of type % has no contentUrl; the attachment is left out',
    advice: 'Give the attachment a contentUrl, or send its words as text.',
  },
  noMediaUrl: {
    effect: 'dropped',
    what: 'a video, audio or animation card has no media URL; only its words are sent',
    advice: 'Set media[].url of the card.',
  },
  unreachableUrl: {
    effect: 'dropped',
    what: 'Meta fetches nothing from a % address; the file or image is left out',
    advice: 'Use an https address that Meta can reach, or a data: URL.',
  },
  unreadableDataUrl: {
    effect: 'dropped',
    what: 'a data: URL is empty or cannot be decoded; the file or image is left out',
    advice: 'Use data:<type>;base64,<data>.',
  },
  fileTooLarge: {
    effect: 'dropped',
    what: 'a file has more than 25 MB, the most that Messenger takes; the file is left out',
    advice: 'Send a smaller file, or a link.',
  },
  carouselImage: {
    effect: 'dropped',
    what: 'an image of a carousel is a data: URL, which a template cannot hold; the element is sent without it',
    advice: 'Use an https address for images of carousels.',
  },
  receiptImage: {
    effect: 'dropped',
    what: 'an image of a receipt item is a data: URL, which a template cannot hold; the item is sent without it',
    advice: 'Use an https address for images of receipts.',
  },
  cardTap: {
    effect: 'dropped',
    what: 'the tap action of a card is no web link and has no title; nothing happens when the customer taps the card',
    advice: 'Use openUrl with an https address, or a button.',
  },
  buttonType: {
    effect: 'dropped',
    what: 'Messenger has no button for an action of type %; the button is left out',
    advice: 'Use openUrl, postBack, imBack, messageBack, call or signin.',
  },
  buttonLink: {
    effect: 'dropped',
    what: 'a button opens a % address, which Messenger does not open; the button is left out',
    advice: 'Use an https address.',
  },
  buttonPhone: {
    effect: 'dropped',
    what: 'the number of a call button does not begin with + and the country code; the button is left out',
    advice: 'Write the number as +3615550100.',
  },
  buttonPayload: {
    effect: 'dropped',
    what: 'the value of a button has more than 1000 characters; the button is left out',
    advice: 'Keep the data in the bot and put a short key into the value.',
  },
  buttonUntitled: {
    effect: 'dropped',
    what: 'a button has no title; the button is left out',
    advice: 'Give the button a title.',
  },
  buttonTitle: {
    effect: 'changed',
    what: 'the title of a button has more than 20 characters; the title is cut',
    advice: 'Use a shorter title.',
  },
  cardWords: {
    effect: 'changed',
    what: 'a line in a carousel or in a receipt has more than 80 characters; the line is cut',
    advice: 'Use shorter words.',
  },
  quickReplyLimit: {
    effect: 'dropped',
    what: 'Messenger takes at most 13 quick replies; the others are left out',
    advice: 'Suggest fewer actions.',
  },
  quickReplyUntitled: {
    effect: 'dropped',
    what: 'a suggested action has no title; the quick reply is left out',
    advice: 'Give the action a title.',
  },
  quickReplyTitle: {
    effect: 'changed',
    what: 'the title of a quick reply has more than 20 characters; the title is cut',
    advice: 'Use a shorter title.',
  },
  quickReplyPayload: {
    effect: 'changed',
    what: 'the value of a suggested action has more than 1000 characters; its title is the payload',
    advice: 'Keep the data in the bot and put a short key into the value.',
  },
  quickReplyImage: {
    effect: 'dropped',
    what: 'Meta fetches no picture of a quick reply from a % address; the quick reply is sent without it',
    advice: 'Use an https address.',
  },
  quickReplyAction: {
    effect: 'changed',
    what: 'a quick reply cannot do what a suggested action of type % does; it sends its title only',
    advice: 'Use a button of a card.',
  },
} as const satisfies Readonly<Record<string, LossRow>>;

/** The name of a loss. */
export type LossKind = keyof typeof lossKinds;

/** One thing that a message lost. */
export interface Loss {
  readonly kind: LossKind;
  readonly effect: LossEffect;
  /** What is lost, and why. */
  readonly why: string;
  readonly advice: string;
}

/** The losses of one activity. The same loss counts once. */
export class Losses {
  readonly #found = new Map<string, Loss>();

  /** @param detail what stands in the sentence of this kind: a content type, a scheme, a type of action */
  add(kind: LossKind, detail = 'unknown'): void {
    const { effect, what, advice } = lossKinds[kind];
    const why = what.replace('%', () => detail.slice(0, 100));
    this.#found.set(why, { kind, effect, why, advice });
  }

  list(): readonly Loss[] {
    return [...this.#found.values()];
  }
}
