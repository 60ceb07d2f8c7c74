/**
 * Refuses adapters of Bot Framework that cannot work, by their shape, so that it sees adapters of a second copy of a package;
 * and finds packages that are loaded twice.
 */
import type { BotAdapter } from 'botbuilder';
import { InvalidOptionError } from '../thread/errors.js';
import type { RepeatedLines } from '../thread/repeated-lines.js';
import { speaksToMeta } from '../bot/adapter-answers.js';

const REPAIRED = Symbol.for('botbuilder-handover-vcclive.repaired');
const LOADED_TWICE = {
  'botbuilder-core': 'An object of one copy is no instance of the classes of the other.',
  'botbuilder-dialogs': 'Dialogs of one copy are refused by the other: "Invalid dialog being added".',
};

/** Marks a Facebook adapter whose webhooks go through the plugin. */
export function markRepaired(adapter: BotAdapter): void {
  Object.defineProperty(adapter, REPAIRED, { value: true });
}

/** Whether the webhooks of an adapter go through a plugin. */
export function isRepaired(adapter: BotAdapter): boolean {
  return REPAIRED in adapter;
}

/**
 * Refuses a stock Facebook adapter: Meta's first standby webhook would end the process.
 * @throws {@link InvalidOptionError}
 */
export function checkRepaired(adapter: BotAdapter): void {
  if (isRepaired(adapter) || !speaksToMeta(adapter)) return;
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

/**
 * Says which packages of Bot Framework this process has loaded twice, as with a linked checkout or a nested `node_modules`. A
 * class of one copy is unknown to the other, and the errors that follow name neither.
 * @param loaded paths of the loaded modules. Default: Node's cache
 */
export function checkCopies(lines: RepeatedLines, loaded: readonly string[] = Object.keys(require.cache)): void {
  for (const [name, consequence] of Object.entries(LOADED_TWICE)) {
    const copies = copiesOf(name, loaded);
    if (copies.length < 2) continue;
    lines.once(
      'warn',
      `${name} is loaded ${copies.length} times: ${copies.join(' and ')}. ${consequence} Install it once: ` +
        `"npm ls ${name}" shows who brings it, and "npm dedupe" or one version for all removes the second.`,
    );
  }
}

/** The folders of a package's loaded copies. A bot that is bundled into one file has none. */
export function copiesOf(name: string, loaded: readonly string[]): string[] {
  const end = `/node_modules/${name}/lib/index.js`;
  return loaded
    .filter((path) => path.replaceAll('\\', '/').endsWith(end))
    .map((path) => path.slice(0, -'/lib/index.js'.length));
}
