/**
 * Checks templates as the Send API does: button, generic and receipt. Others are taken as they are.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/send-messages/templates
 */
import {
  emptyParameter,
  graphErrors,
  invalidUrl,
  missingParameter,
  tooFewElements,
  tooLong,
  tooManyElements,
  wrongParameter,
  type GraphErrorText,
} from './graph-errors.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';

/** A button that answers with a postback. */
export interface Button {
  readonly payload: string;
  readonly title: string;
}

const BUTTON_TEXT_LIMIT = 640;
const BUTTON_LIMIT = 3;
const BUTTON_TITLE_LIMIT = 20;
const PAYLOAD_LIMIT = 1000;
const ELEMENT_LIMIT = 10;
const LINE_LIMIT = 80;
const RECEIPT_ELEMENT_LIMIT = 100;
/** What Meta calls the payload of a template in its errors. */
const TEMPLATE = 'name_placeholder';
const RECEIPT_TEXTS = ['recipient_name', 'order_number', 'currency', 'payment_method'];

/** What Graph has against a template, if anything. */
export function checkTemplate(payload: JsonObject): GraphErrorText | undefined {
  switch (payload['template_type']) {
    case 'button':
      return (
        checkLine(payload['text'], '[text]', BUTTON_TEXT_LIMIT) ??
        checkButtons(payload['buttons'] ?? [], `${TEMPLATE}[buttons]`)
      );
    case 'generic':
      return checkList(payload['elements'] ?? [], `${TEMPLATE}[elements]`, ELEMENT_LIMIT, checkElement);
    case 'receipt':
      return checkReceipt(payload);
    default:
      return typeof payload['template_type'] === 'string'
        ? undefined
        : missingParameter('message[attachment][payload][template_type]');
  }
}

function checkElement(element: JsonObject, name: string): GraphErrorText | undefined {
  const { title, subtitle, image_url: image, default_action: action, buttons } = element;
  const problem =
    checkLine(title, `${name}[title]`, LINE_LIMIT) ??
    (isGiven(subtitle) ? checkLine(subtitle, `${name}[subtitle]`, LINE_LIMIT) : undefined) ??
    (isGiven(image) ? invalidUrl(`${name}[image_url]`, image) : undefined) ??
    (isGiven(action) ? checkDefaultAction(action, `${name}[default_action]`) : undefined) ??
    (buttons === undefined ? undefined : checkButtons(buttons, `${TEMPLATE}${name}[buttons]`));
  if (problem !== undefined) return problem;
  // Meta's page says "at least one property", its error text names these three.
  return isGiven(subtitle) || isGiven(image) || isGiven(buttons) ? undefined : graphErrors.incompleteElement;
}

function checkDefaultAction(action: unknown, name: string): GraphErrorText | undefined {
  if (!isJsonObject(action) || action['type'] !== 'web_url') return wrongParameter(`${name}[type]`, 'one of {web_url}');
  return invalidUrl(`${name}[url]`, action['url']);
}

function checkButtons(given: unknown, name: string): GraphErrorText | undefined {
  return checkList(given, name, BUTTON_LIMIT, checkButton);
}

/** @see https://developers.facebook.com/docs/messenger-platform/reference/buttons */
function checkButton(button: JsonObject, name: string): GraphErrorText | undefined {
  const { type, title, payload, url } = button;
  if (typeof type !== 'string') return missingParameter(`${name}[type]`);
  if (type !== 'web_url' && type !== 'postback' && type !== 'phone_number') return undefined;
  const problem = checkLine(title, `${name}[title]`, BUTTON_TITLE_LIMIT);
  if (problem !== undefined) return problem;
  if (type === 'web_url') return invalidUrl(`${name}[url]`, url);
  if (type === 'postback') return checkLine(payload, `${name}[payload]`, PAYLOAD_LIMIT);
  const isNumber = typeof payload === 'string' && /^\+\d[\d ()-]*$/.test(payload);
  // U: the text.
  return isNumber ? undefined : wrongParameter(`${name}[payload]`, 'a phone number with "+" and the country code');
}

/** @see https://developers.facebook.com/docs/messenger-platform/reference/templates/receipt */
function checkReceipt(payload: JsonObject): GraphErrorText | undefined {
  const missing = RECEIPT_TEXTS.find((field) => !isGiven(payload[field]));
  if (missing !== undefined) return missingParameter(missing);
  const { summary, elements } = payload;
  if (!isJsonObject(summary)) return missingParameter('summary');
  if (!isAmount(summary['total_cost'])) return missingParameter('summary[total_cost]');
  if (elements === undefined) return undefined;
  return checkList(elements, `${TEMPLATE}[elements]`, RECEIPT_ELEMENT_LIMIT, (element, name) => {
    const problem = checkLine(element['title'], `${name}[title]`);
    if (problem !== undefined) return problem;
    if (!isAmount(element['price'])) return missingParameter(`${name}[price]`);
    const image = element['image_url'];
    return isGiven(image) ? invalidUrl(`${name}[image_url]`, image) : undefined;
  });
}

function checkList(
  given: unknown,
  name: string,
  mostItems: number,
  check: (item: JsonObject, name: string) => GraphErrorText | undefined,
): GraphErrorText | undefined {
  if (!Array.isArray(given)) return wrongParameter(name, 'a list');
  if (given.length === 0) return tooFewElements(name);
  if (given.length > mostItems) return tooManyElements(name);
  const short = name.slice(TEMPLATE.length);
  for (const [index, item] of (given as unknown[]).entries()) {
    const problem = isJsonObject(item)
      ? check(item, `${short}[${index}]`)
      : wrongParameter(`${short}[${index}]`, 'a JSON object');
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkLine(value: unknown, name: string, mostCharacters = Infinity): GraphErrorText | undefined {
  if (typeof value !== 'string' || value.trim() === '') return emptyParameter(name);
  return value.length > mostCharacters ? tooLong(name, mostCharacters) : undefined;
}

/** A decimal number, in JSON or as a string. */
function isAmount(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value));
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
