/**
 * Webhooks as Meta sends them: correctly signed in both ways, every message with an id of its own, from many customers.
 *
 * Made before the clock runs, so that making them costs nobody anything.
 */
import { createHmac } from 'node:crypto';
import { APP_SECRET, OTHER_APP_ID, PAGE_ID } from './settings.js';

/** What one webhook brings. */
export type Shape = 'message' | 'knownCustomer' | 'fourMessages' | 'standby';

/** One HTTP request of Meta's. */
export interface Webhook {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** How many customers write. On standby: as many as a contact centre talks to at once; the warm-up meets all of them. */
const CUSTOMERS: Readonly<Record<Shape, number>> = {
  message: 5_000,
  knownCustomer: 50,
  fourMessages: 5_000,
  standby: 250,
};
const MESSAGES: Readonly<Record<Shape, number>> = { message: 1, knownCustomer: 1, fourMessages: 4, standby: 1 };

let made = 0;

/** Events in one webhook of this shape. */
export function eventsIn(shape: Shape): number {
  return MESSAGES[shape];
}

/** Webhooks that nobody has seen yet. */
export function webhooks(shape: Shape, count: number): Webhook[] {
  return Array.from({ length: count }, () => {
    const items = Array.from({ length: MESSAGES[shape] }, () => item(shape));
    return signed(shape === 'standby' ? { standby: items } : { messaging: items });
  });
}

/** A message of a customer, as it stands in `messaging` or `standby`. */
export function messageOf(customer: number, text: string, pageId = PAGE_ID): object {
  made += 1;
  return {
    sender: { id: psid(customer) },
    recipient: { id: pageId },
    timestamp: Date.now(),
    message: { mid: `m_${process.pid}-${made}-AbCdEfGhIjKlMnOpQrStUvWxYz0123456789`, text },
  };
}

/** One entry, with both signatures: the stock adapter reads the older one only. */
export function signed(arrays: object, pageId = PAGE_ID): Webhook {
  const body = Buffer.from(JSON.stringify({ object: 'page', entry: [{ id: pageId, time: Date.now(), ...arrays }] }));
  const mac = (algorithm: string) => createHmac(algorithm, APP_SECRET).update(body).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'x-hub-signature': `sha1=${mac('sha1')}`,
      'x-hub-signature-256': `sha256=${mac('sha256')}`,
    },
  };
}

function item(shape: Shape): object {
  const customer = made % CUSTOMERS[shape];
  const message = messageOf(customer, 'Where is my parcel? I ordered it last week.');
  // What Meta copies to the apps that do not own the thread: here, what an agent's app has just sent.
  return shape === 'standby' && made % 3 === 0 ? echoOf(message) : message;
}

function echoOf(message: object): object {
  const { sender, recipient, message: content, ...rest } = message as Record<string, object>;
  return {
    ...rest,
    sender: recipient,
    recipient: sender,
    message: { ...content, is_echo: true, app_id: OTHER_APP_ID },
  };
}

function psid(customer: number): string {
  return String(6_600_000_000_000_000 + customer);
}
