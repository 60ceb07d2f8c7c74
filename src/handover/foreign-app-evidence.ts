/**
 * What shows that an app id of the options is another app's: pure.
 *
 * Exists because a wrong `botAppId` silences the bot without a refusal: Meta names the bot as the owner of a thread by an id
 * that the bot does not know as its own. Nothing here says who owns a thread; that is the ledger's.
 * @see https://developers.facebook.com/documentation/business-messaging/messenger-platform/conversation-routing
 */
import type { ThreadEvent } from '../thread/event.js';
import type { AppId, PageId } from '../thread/ids.js';
import { metaAppOf } from '../thread/meta-apps.js';
import type { Conclusion, ExplicitMark, OpenHandover } from '../thread/record.js';
import type { AppIds, Verdict } from '../ownership/ledger.js';

/** How a wrong id showed itself. */
export type AppIdEvidence =
  /** The echo of a message that this bot sent names another app as its sender. */
  | 'echoOfOurMessage'
  /** Meta routes a customer's messages to this bot, and names another app as the owner of the thread. */
  | 'ownerOfOurThread'
  /** The id is that of a Page. */
  | 'pageId'
  /** Another app than VCC Live writes in a thread that was passed to VCC Live, or hands it back. */
  | 'agentOfAnotherApp';

/** An app id of the options that another id contradicts. */
export interface WrongAppId {
  readonly option: 'botAppId' | 'vccLiveAppId';
  /** What the option has. */
  readonly configured: string;
  /** The id that was seen instead; with `pageId` the Page's. */
  readonly seen: string;
  readonly evidence: AppIdEvidence;
}

/** Our own observations are placed on Meta's clock a little too early; an app may have taken the thread just then. */
const PLACE_MARGIN_MS = 5000;

/** The echo of a message that Graph accepted from us. The token's app sent it, whatever the options say. */
export function appOfOurEcho(appId: AppId, { botAppId }: AppIds): WrongAppId | undefined {
  if (appId === botAppId || metaAppOf(appId) !== undefined) return undefined;
  return { option: 'botAppId', configured: botAppId, seen: appId, evidence: 'echoOfOurMessage' };
}

/**
 * A customer's message on `messaging`, sent when `known` had named an app as the owner, and `thread_owner` names that app
 * still. Meta routes messages to the owner, so that app is ours. One naming alone proves nothing: webhooks may inform about
 * two other apps, and an app may take the thread while Meta is asked.
 */
export function ownerOfOurThread(
  event: ThreadEvent,
  known: ExplicitMark | undefined,
  { appId }: Verdict,
  ids: AppIds,
): WrongAppId | undefined {
  if (appId === undefined || isKnown(appId, ids) || known === undefined) return undefined;
  if (event.kind !== 'message' || event.channel !== 'messaging' || event.isNotice || event.isDeleted) return undefined;
  if (typeof known.owner === 'string' || !mayBeOneApp(known.owner.app, appId) || known.source === 'call')
    return undefined;
  const ownedAt =
    known.source === 'webhook' ? known.atMetaMs : (known.answeredAtMetaMs ?? known.atMetaMs) + PLACE_MARGIN_MS;
  if (event.timestampMs === undefined || event.timestampMs <= ownedAt) return undefined;
  return { option: 'botAppId', configured: ids.botAppId, seen: appId, evidence: 'ownerOfOurThread' };
}

/** A webhook's id may have been rounded on its way; that of `thread_owner` has all of its digits, and is the one that is shown. */
function mayBeOneApp(ofWebhook: string, ofAnswer: string): boolean {
  return ofWebhook === ofAnswer || Number(ofWebhook) === Number(ofAnswer);
}

/** An id of the options that is the id of the Page whose webhook arrives. */
export function pageAmongApps({ pageId }: ThreadEvent, ids: AppIds): WrongAppId | undefined {
  // Somebody may have put the one where the other belongs.
  const seen: string | undefined = pageId;
  if (seen === undefined) return undefined;
  const option = seen === ids.botAppId ? 'botAppId' : seen === ids.vccLiveAppId ? 'vccLiveAppId' : undefined;
  return option && { option, configured: seen, seen, evidence: 'pageId' };
}

/**
 * An unknown app writes in a thread that was passed to VCC Live, or hands it back, and VCC Live never wrote there.
 * @param handover the open one, or the one that this event has ended
 */
export function agentOfAnotherApp(
  event: ThreadEvent,
  handover: OpenHandover | Conclusion | undefined,
  ids: AppIds,
): WrongAppId | undefined {
  if (handover === undefined || hasAgent(handover)) return undefined;
  const isEcho = event.kind === 'echo' && event.channel === 'standby';
  const isHandBack = event.kind === 'passThreadControl' && event.newOwnerAppId === ids.botAppId;
  const appId = isEcho ? event.appId : isHandBack ? event.previousOwnerAppId : undefined;
  if (appId === undefined || ids.vccLiveAppId === '' || isKnown(appId, ids)) return undefined;
  // A rounded id is nobody's, so the log must not recommend it.
  if (event.roundedAppIds?.includes(isEcho ? 'appId' : 'previousOwnerAppId')) return undefined;
  return { option: 'vccLiveAppId', configured: ids.vccLiveAppId, seen: appId, evidence: 'agentOfAnotherApp' };
}

/** What failed, what happens now, what to do. */
export function wrongAppIdLine(pageId: PageId, { option, configured, seen, evidence }: WrongAppId): string {
  const is = `${option} is '${configured}'`;
  const silence = 'After a handover the bot stays silent, because it does not know the thread as its own.';
  switch (evidence) {
    case 'pageId': {
      const effect = option === 'botAppId' ? silence : 'No handover can succeed.';
      return `${is}, which is the id of the Page itself and not of an app. ${effect} Set ${option} to the app's id.`;
    }
    case 'echoOfOurMessage':
      return (
        `${is}, but app ${seen} sent this bot's own message on Page ${pageId}. ${silence} ` +
        `Set botAppId: '${seen}'; if botAppId is right, app ${seen} made the Page access token: use a token of the bot's app.`
      );
    case 'ownerOfOurThread':
      return (
        `${is}, but Meta sends customers' messages on Page ${pageId} to this bot while thread_owner names app ${seen}. ` +
        `${silence} Set botAppId: '${seen}'.`
      );
    case 'agentOfAnotherApp':
      return (
        `${is}, but app ${seen} acted in a thread of Page ${pageId} that was passed to VCC Live. Its words do not count as ` +
        `an agent's, and timers may take the thread. If app ${seen} is VCC Live's, set vccLiveAppId: '${seen}'.`
      );
  }
}

function hasAgent(handover: OpenHandover | Conclusion): boolean {
  if ('outcome' in handover) return handover.answered === true;
  return handover.phase !== 'passed' || handover.agentAtMs !== undefined;
}

function isKnown(appId: AppId, { botAppId, vccLiveAppId }: AppIds): boolean {
  return appId === botAppId || appId === vccLiveAppId || metaAppOf(appId) !== undefined;
}
