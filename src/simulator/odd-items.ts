/** The odd items of a webhook that the weather puts beside an ordinary one. */
import type { OddItem } from './weather.js';
import type { AddressedItem } from './webhook-items.js';
import { appIdNumber } from './write-exact-json.js';

/** What an odd item says. */
export interface OddItemFacts {
  readonly botAppId: string;
  /** Meta's clock, milliseconds. */
  readonly stamp: number;
}

/** The item with an odd one beside it, or inside it. */
export function withOddItem(item: AddressedItem, odd: OddItem, { botAppId, stamp }: OddItemFacts): AddressedItem[] {
  const { pageId } = item;
  const bare = { recipient: { id: pageId }, timestamp: stamp };
  switch (odd) {
    case 'app_roles':
      return [
        {
          pageId,
          channel: 'messaging',
          item: { ...bare, app_roles: { [botAppId]: ['primary_receiver'] } },
        },
        item,
      ];
    case 'policy_enforcement':
      return [
        {
          pageId,
          channel: 'messaging',
          item: { ...bare, policy_enforcement: { action: 'block', reason: 'A simulated reason.' } },
        },
        item,
      ];
    case 'unknown':
      return [{ pageId, channel: 'messaging', item: { ...bare, something_new: { value: 1 } } }, item];
    case 'hop_context':
      return [
        {
          ...item,
          item: { ...item.item, hop_context: { app_id: appIdNumber(botAppId), metadata: '' } },
        },
      ];
  }
}
