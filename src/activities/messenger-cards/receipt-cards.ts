/**
 * Sends receipt cards: as receipt template if the card has everything that Meta requires, else as text.
 *
 * Meta requires the recipient's name, a number, a currency and a way of payment, which a receipt card has no fields
 * for: they are looked for among its facts. Nothing is guessed, because a receipt must be right. A fact that is too long for
 * its field is no field, so that Meta refuses no receipt for it and no word is cut.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/templates/receipt
 */
import { fieldOf, itemsOf, presentFields } from '../../thread/read-unknown.js';
import { currencyOf, readAmount } from './amounts.js';
import { buttonOf, buttonsOf } from './card-actions.js';
import type { MessengerButton } from './card-actions.js';
import { ellipsis, textParts } from './fit-text.js';
import { wordsAndButtons } from './hero-cards.js';
import type { Losses } from './losses.js';
import type { MessagePart } from './messenger-message.js';
import { limits, templatePart, wordsOf } from './messenger-message.js';
import { webAddress } from './web-address.js';

interface Fact {
  readonly key: string | undefined;
  readonly value: string | undefined;
}

interface Item {
  readonly title: string | undefined;
  readonly lines: readonly string[];
  readonly price: string | undefined;
  readonly quantity: string | undefined;
  readonly image: unknown;
}

interface Receipt {
  readonly title: string | undefined;
  readonly facts: readonly Fact[];
  readonly items: readonly Item[];
  readonly total: string | undefined;
  readonly tax: string | undefined;
  readonly vat: string | undefined;
}

/** Facts that have a field in the template, by their keys in lower case and without anything but letters. */
const FACT_FIELDS: Readonly<Record<string, string>> = {
  recipientname: 'recipient_name',
  customername: 'recipient_name',
  ordernumber: 'order_number',
  orderid: 'order_number',
  paymentmethod: 'payment_method',
  currency: 'currency',
  merchantname: 'merchant_name',
};

/**
 * The messages of a receipt card.
 * @param customerName the customer's name, if the bot knows it
 */
export function receiptParts(content: unknown, losses: Losses, customerName?: string): MessagePart[] {
  const receipt = readReceipt(content);
  const buttons = receiptButtons(content, losses);
  const template = receiptTemplate(receipt, customerName, losses);
  if (template !== undefined) return [...template, ...wordsAndButtons(undefined, buttons)];
  const lines = linesOf(receipt);
  if (lines.length === 0 && buttons.length === 0) losses.add('emptyCard');
  return wordsAndButtons(lines.length === 0 ? undefined : lines.join('\n'), buttons, receipt.title);
}

function readReceipt(content: unknown): Receipt {
  const text = (key: string): string | undefined => plainText(fieldOf(content, key));
  return {
    title: text('title'),
    facts: itemsOf(fieldOf(content, 'facts')).map((fact) => ({
      key: plainText(fieldOf(fact, 'key')),
      value: plainText(fieldOf(fact, 'value')),
    })),
    items: itemsOf(fieldOf(content, 'items')).map((item) => ({
      title: plainText(fieldOf(item, 'title')),
      lines: [fieldOf(item, 'subtitle'), fieldOf(item, 'text')].map(plainText).filter((line) => line !== undefined),
      price: plainText(fieldOf(item, 'price')),
      quantity: plainText(fieldOf(item, 'quantity')),
      image: fieldOf(fieldOf(item, 'image'), 'url'),
    })),
    total: text('total'),
    tax: text('tax'),
    vat: text('vat'),
  };
}

function receiptButtons(content: unknown, losses: Losses): readonly MessengerButton[] {
  const buttons = buttonsOf(fieldOf(content, 'buttons'), losses);
  const tap = fieldOf(content, 'tap');
  if (tap === undefined || tap === null) return buttons;
  if (wordsOf(fieldOf(tap, 'title')) === undefined) {
    losses.add('cardTap');
    return buttons;
  }
  const button = buttonOf(tap, losses);
  return button === undefined ? buttons : [...buttons, button];
}

/** The template, and before it what it has no field for; `undefined` if anything that Meta requires is missing. */
function receiptTemplate(
  receipt: Receipt,
  customerName: string | undefined,
  losses: Losses,
): MessagePart[] | undefined {
  const isNameFit = customerName !== undefined && customerName.length <= limits.receiptText;
  const fields: Record<string, string> = isNameFit ? { recipient_name: customerName } : {};
  const others: Fact[] = [];
  for (const fact of receipt.facts) {
    const field = FACT_FIELDS[(fact.key ?? '').toLowerCase().replace(/[^a-z]/g, '')];
    if (field === undefined || fact.value === undefined || fact.value.length > limits.receiptText) others.push(fact);
    else fields[field] = fact.value;
  }
  const currency = currencyOf([fields['currency'], receipt.total, ...receipt.items.map(({ price }) => price)]);
  const { recipient_name, order_number, payment_method, merchant_name } = fields;
  const summary = summaryOf(receipt);
  const elements = receipt.items.map((item) => elementOf(item, currency, losses));
  const isWhole = ![recipient_name, order_number, payment_method, currency, summary, ...elements].includes(undefined);
  if (!isWhole || elements.length === 0 || elements.length > limits.receiptElements) return undefined;
  const before = [receipt.title, ...others.map(factLine)].filter((line) => line !== undefined);
  const payload = {
    template_type: 'receipt',
    recipient_name,
    ...presentFields({ merchant_name }),
    order_number,
    currency,
    payment_method,
    elements,
    summary,
  };
  return [...textParts(before.join('\n')), templatePart(payload)];
}

function summaryOf({ total, tax, vat }: Receipt): object | undefined {
  const totalCost = readAmount(total);
  // The template has one tax. A tax that cannot be read must not disappear from a receipt.
  const taxes = [tax, vat].filter((each) => each !== undefined);
  const [totalTax] = taxes.map(readAmount);
  if (totalCost === undefined || taxes.length > 1 || (taxes.length === 1 && totalTax === undefined)) return undefined;
  return presentFields({ total_tax: totalTax, total_cost: totalCost });
}

function elementOf(item: Item, currency: string | undefined, losses: Losses): object | undefined {
  const price = readAmount(item.price);
  const quantity = item.quantity === undefined ? undefined : Number(item.quantity);
  if (item.title === undefined || price === undefined || !Number.isFinite(quantity ?? 1)) return undefined;
  const imageUrl = webAddress(item.image);
  if (typeof item.image === 'string' && item.image !== '' && imageUrl === undefined) losses.add('receiptImage');
  const subtitle = item.lines.join('\n');
  if (item.title.length > limits.elementLine || subtitle.length > limits.elementLine) losses.add('cardWords');
  return presentFields({
    title: ellipsis(item.title, limits.elementLine),
    subtitle: subtitle === '' ? undefined : ellipsis(subtitle, limits.elementLine),
    quantity,
    price,
    currency,
    image_url: imageUrl,
  });
}

function linesOf({ title, facts, items, total, tax, vat }: Receipt): string[] {
  const sums = [labelled('Tax', tax), labelled('VAT', vat), labelled('Total', total)];
  return [title, ...facts.map(factLine), ...items.map(itemLine), ...sums].filter((line) => line !== undefined);
}

function itemLine({ title, lines, price, quantity }: Item): string | undefined {
  const count = quantity === undefined ? undefined : `${quantity} ×`;
  const name = [count, title ?? lines[0]].filter((word) => word !== undefined).join(' ');
  const rest = title === undefined ? lines.slice(1) : lines;
  const words = [name === '' ? undefined : name, ...rest].filter((word) => word !== undefined).join(', ');
  return words === '' ? price : (labelled(words, price) ?? words);
}

function factLine({ key, value }: Fact): string | undefined {
  return key === undefined ? value : (labelled(key, value) ?? key);
}

function labelled(label: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${label}: ${value}`;
}

/** Bots write numbers where the card wants a text. */
function plainText(value: unknown): string | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : wordsOf(value)?.trim();
}
