/** The bot's own plugin inside an operator's command, over the bot's store, so that the bot's ledger knows at once. */
import { HandoverError } from '../../thread/errors.js';
import type { ThreadKey } from '../../thread/key.js';
import type { Logger } from '../../thread/logger.js';
import type { CallSettings } from '../meta-settings.js';
import type { OpenedStore } from './open-store.js';

/** The plugin. */
export type Handover = import('../../botbuilder/vcc-live-handover.js').VccLiveHandover;

const SILENT: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A plugin over the shared store, with the bot's settings. It logs nothing: the command's own answer says what failed. */
export function handoverOf(settings: CallSettings, { store }: OpenedStore): Handover {
  const { VccLiveHandover } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loads Bot Framework only if it is used
    require('../../botbuilder/vcc-live-handover.js') as typeof import('../../botbuilder/vcc-live-handover.js');
  return new VccLiveHandover({
    botAppId: settings.appId,
    vccLiveAppId: vccLiveIdOf(settings),
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    graph: { baseUrl: settings.graphBaseUrl, apiVersion: settings.apiVersion },
    store,
    logger: SILENT,
  });
}

/** Passes a thread to VCC Live. The customer gets no message, and no dialog waits. */
export async function handOver(
  handover: Handover,
  thread: ThreadKey,
  metadata: object,
): Promise<import('../../thread/handover.js').HandoverStart> {
  const { depsOf } =
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- as above
    require('../../botbuilder/handover-parts.js') as typeof import('../../botbuilder/handover-parts.js');
  const { engine } = depsOf(handover);
  return engine.starter.handOver(await engine.proactiveTurn(thread), { metadata, dialogWaits: false });
}

/** @throws {@link HandoverError} `invalidOption` if the id is not set */
export function vccLiveIdOf({ vccLiveAppId }: CallSettings): string {
  if (vccLiveAppId !== undefined) return vccLiveAppId;
  throw new HandoverError(
    'invalidOption',
    "VCC_LIVE_APP_ID is needed: VCC Live's Facebook app id (VCC Live support tells it).",
  );
}
