/** One delivery before it is sent: its items, its body, and the head of its entry on the wire. */
import { describeItem, envelope, escapedJson, type AddressedItem } from './webhook-items.js';
import type { Weather } from './weather.js';
import type { WebhookEntry } from './wire.js';

/** What one request carries. */
export interface Parcel {
  readonly items: readonly AddressedItem[];
  readonly body: string;
  readonly psids: readonly string[];
  readonly pageIds: readonly string[];
}

/** How an entry on the wire begins. */
type EntryHead = Omit<WebhookEntry, 'seq' | 'atMs' | 'attempt' | 'why' | 'outcome'>;

/** Puts items into one body. @param nowMs Meta's clock, for `entry.time` */
export function packed(items: readonly AddressedItem[], weather: Weather, nowMs: number): Parcel {
  const apart = weather.batchingApart || weather.duplicatesCome === 'sameDelivery';
  return {
    items,
    body: escapedJson(envelope(items, nowMs, apart)),
    psids: [...new Set(items.flatMap((item) => (item.psid === undefined ? [] : [item.psid])))],
    pageIds: [...new Set(items.map((item) => item.pageId))],
  };
}

/** The head of a delivery's entry. */
export function entryHead(parcel: Parcel, url: string | undefined, botAppId: string): EntryHead {
  return {
    kind: 'webhook',
    appId: botAppId,
    appName: 'bot',
    pageIds: parcel.pageIds,
    psids: parcel.psids,
    channels: [...new Set(parcel.items.map((item) => item.channel))],
    items: parcel.items.map((item) => describeItem(item.item)),
    body: parcel.body,
    ...(url === undefined ? {} : { url }),
  };
}

/** The same items, with copies of them behind. */
export function repeated(items: readonly AddressedItem[], copies: number): readonly AddressedItem[] {
  return Array.from({ length: copies + 1 }, () => items).flat();
}
