/** The bot's own operations on threads, over the bot's store, so that the bot's record knows at once what a command does. */
import { composeCore } from '../../bot/compose-core.js';
import type { ThreadOperations } from '../../bot/requests/thread-operations.js';
import { HandoverError } from '../../thread/errors.js';
import type { Logger } from '../../thread/logger.js';
import type { CallSettings } from '../meta-settings.js';
import type { OpenedStore } from './open-store.js';

const SILENT: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Operations with the bot's settings. They log nothing: the command's own answer says what failed. */
export function operationsOver(settings: CallSettings, { store }: OpenedStore): ThreadOperations {
  return composeCore({
    botAppId: settings.appId,
    vccLiveAppId: vccLiveIdOf(settings),
    pageAccessToken: settings.pageAccessToken,
    appSecret: settings.appSecret,
    graph: { baseUrl: settings.graphBaseUrl, apiVersion: settings.apiVersion },
    store,
    logger: SILENT,
  }).operations;
}

/** @throws {@link HandoverError} `invalidOption` if the id is not set */
export function vccLiveIdOf({ vccLiveAppId }: CallSettings): string {
  if (vccLiveAppId !== undefined) return vccLiveAppId;
  throw new HandoverError(
    'invalidOption',
    "VCC_LIVE_APP_ID is needed: VCC Live's Facebook app id (VCC Live support tells it).",
  );
}
