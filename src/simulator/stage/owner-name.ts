/** Who really owns a thread, as the stage calls it. */
import type { SimulatorSettings } from '../options.js';
import type { TrueOwnerName } from './stage-words.js';

/** @param owner an app id, or `idle` */
export function trueOwnerName(owner: string, pageId: string, settings: SimulatorSettings): TrueOwnerName {
  if (owner === 'idle') return 'idle';
  if (owner === settings.botAppId) return 'bot';
  if (owner === settings.pageInboxAppId) return 'inbox';
  return settings.pages.some((page) => page.pageId === pageId && page.vccLiveAppId === owner) ? 'vccLive' : 'other';
}
