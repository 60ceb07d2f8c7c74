/**
 * Decides from an answer of `thread_owner` whether a call whose own answer was lost has worked.
 *
 * Thread control changes a state and appends nothing, so the state shows the result. If the intended owner has the
 * thread, the call worked. If nothing moved, the call can be repeated.
 */
import type { AppId } from '../thread/ids.js';
import type { NamedByMeta } from './owner-answer.js';

/** What the lost call was meant to do. */
export type ControlIntent =
  | { readonly operation: 'pass'; readonly targetAppId: AppId }
  | { readonly operation: 'take' | 'release' | 'request' | 'extend' };

/** `done`: it worked · `open`: it did not, and may be repeated · `lost`: somebody else owns the thread, stop. */
export type Conclusion = 'done' | 'open' | 'lost';

/**
 * - pass: the target has it → done; so does a hidden owner (the bot had the thread, and now an app that is not the bot
 *   has it). The bot or nobody → open. A third app → lost
 * - take, request: the bot has it → done; anything else → open
 * - release: nobody has it → done; the bot → open; another app → lost
 * - extend: the bot has it → open (the answer does not show whose expiration it is, and twice is as good as once);
 *   anything else → lost
 */
export function concludeOwner(intent: ControlIntent, owner: NamedByMeta, botAppId: AppId): Conclusion {
  const isBot = owner.owner === 'app' && owner.appId === botAppId;
  switch (intent.operation) {
    case 'pass':
      if (owner.owner === 'hidden') return 'done';
      if (owner.owner === 'idle') return 'open';
      if (owner.appId === intent.targetAppId) return 'done';
      return isBot ? 'open' : 'lost';
    case 'take':
    case 'request':
      return isBot ? 'done' : 'open';
    case 'release':
      if (owner.owner === 'idle') return 'done';
      return isBot ? 'open' : 'lost';
    case 'extend':
      return isBot ? 'open' : 'lost';
  }
}
