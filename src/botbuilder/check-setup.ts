/** Refuses adapters of Bot Framework that cannot work. Goes by shape, so that it sees adapters of a second copy of a package. */
import type { BotAdapter } from 'botbuilder';
import { InvalidOptionError } from '../thread/errors.js';
import { speaksToMeta } from '../bot/adapter-answers.js';

const REPAIRED = Symbol.for('botbuilder-handover-vcclive.repaired');

/** Marks a Facebook adapter whose webhooks go through the plugin. */
export function markRepaired(adapter: BotAdapter): void {
  Object.defineProperty(adapter, REPAIRED, { value: true });
}

/**
 * Refuses a stock Facebook adapter: Meta's first standby webhook would end the process.
 * @throws {@link InvalidOptionError}
 */
export function checkRepaired(adapter: BotAdapter): void {
  if (REPAIRED in adapter || !speaksToMeta(adapter)) return;
  throw new InvalidOptionError(
    'adapter',
    'a stock FacebookAdapter, which fails on what Meta sends while an agent has the thread',
    'a HandoverFacebookAdapter, or be repaired: repairFacebookAdapter(adapter, { handover }) of ' +
      'botbuilder-handover-vcclive/facebook-adapter instead of use and attach. In a Botkit bot: ' +
      'controller.usePlugin(handoverPlugin(handover)) of botbuilder-handover-vcclive/botkit',
  );
}

/**
 * Refuses a `CloudAdapter` that could not begin a turn of its own.
 * @throws {@link InvalidOptionError}
 */
export function checkMicrosoftAppId(adapter: BotAdapter, microsoftAppId: string | undefined): void {
  if (microsoftAppId !== undefined || !('botFrameworkAuthentication' in adapter)) return;
  throw new InvalidOptionError(
    'microsoftAppId',
    'missing',
    "the bot's Microsoft app id, because CloudAdapter begins no turn without it: " +
      "handover.install(adapter, logic, { microsoftAppId }). A bot without one, as in the Emulator, gives ''",
  );
}
