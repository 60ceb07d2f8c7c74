/** An incoming event in one line. What customers and agents wrote is shown only if it is asked for. */
import type { ThreadEvent } from '../../thread/event.js';
import { nameOfApp } from '../../thread/meta-apps.js';
import { visibleText } from '../../thread/visible-text.js';
import type { Paint } from '../terminal.js';

/** Whose ids are known by name, and whether texts are shown. */
export interface EventWords {
  readonly botAppId: string | undefined;
  readonly vccLiveAppId: string | undefined;
  readonly texts: boolean;
}

const CHANNEL_COLUMNS = 9;
const PSID_COLUMNS = 17;
const LONGEST_TEXT = 200;
const LONGEST_ID = 40;
const LONGEST_LINE = 600;
/** What people wrote, or what may quote them. */
const WRITTEN: readonly string[] = ['text', 'payload', 'metadata'];

/** `10:04:07.250  messaging  6600112233445566   message (14 characters)` */
export function eventLine(event: ThreadEvent, arrivedMs: number, words: EventWords, paint: Paint): string {
  const time = new Date(arrivedMs).toISOString().slice(11, 23);
  const channel = event.channel.padEnd(CHANNEL_COLUMNS);
  const psid = visibleText((event.psid ?? '-').slice(0, LONGEST_ID));
  const what = whatHappened(event, words).slice(0, LONGEST_LINE);
  const shown = event.channel === 'standby' ? paint.notice(channel) : channel;
  return `${paint.faint(time)}  ${shown}  ${psid.padEnd(PSID_COLUMNS)}  ${visibleText(what)}`;
}

/** As data, one object for each line: without texts unless they are asked for. */
export function eventObject(
  event: ThreadEvent,
  arrivedMs: number,
  words: EventWords,
): Readonly<Record<string, unknown>> {
  const hidden = words.texts ? ['raw'] : ['raw', ...WRITTEN];
  const shown = Object.entries(event).filter(([name]) => !hidden.includes(name));
  return { at: new Date(arrivedMs).toISOString(), ...Object.fromEntries(shown) };
}

function whatHappened(event: ThreadEvent, words: EventWords): string {
  switch (event.kind) {
    case 'message':
      return messageWords(event, words);
    case 'echo':
      return `echo of ${appName(event.appId, words)}${content(event, words)}`;
    case 'postback':
      return `button pressed${event.payload === undefined ? ' (no payload)' : quoted(event.payload, words)}`;
    case 'passThreadControl':
      return `passed: ${moved(event, words)}${metadataWords(event, words)}`;
    case 'takeThreadControl':
      return `taken: ${moved(event, words)}${metadataWords(event, words)}`;
    case 'requestThreadControl':
      return `asked for by ${appName(event.requestedOwnerAppId, words)}${metadataWords(event, words)}`;
    case 'appRoles':
      return `roles: ${Object.entries(event.roles ?? {})
        .map(([app, roles]) => `${appName(app, words)} ${roles.join('+')}`)
        .join(', ')}`;
    case 'delivery':
      return 'delivered to the customer';
    case 'read':
      return 'read by the customer';
    case 'reaction':
    case 'messageEdit':
    case 'optin':
    case 'referral':
    case 'accountLinking':
    case 'policyEnforcement':
    case 'unknown':
      return event.kind;
  }
}

function messageWords(event: ThreadEvent, words: EventWords): string {
  if (event.isDeleted === true) return 'message taken back';
  if (event.isNotice === true) return 'notice of Meta';
  return `message${event.payload === undefined ? '' : ' (quick reply)'}${content(event, words)}`;
}

function content({ text }: ThreadEvent, words: EventWords): string {
  return text === undefined ? ' (no text)' : quoted(text, words);
}

function quoted(text: string, { texts }: EventWords): string {
  if (texts) return ` ${JSON.stringify(text.slice(0, LONGEST_TEXT))}`;
  return ` (${text.length} character${text.length === 1 ? '' : 's'})`;
}

function metadataWords({ metadata }: ThreadEvent, words: EventWords): string {
  return metadata === undefined ? '' : `, metadata${quoted(metadata, words)}`;
}

function moved({ previousOwnerAppId, newOwnerAppId }: ThreadEvent, words: EventWords): string {
  const from = previousOwnerAppId === undefined ? 'nobody' : appName(previousOwnerAppId, words);
  return `${from} → ${appName(newOwnerAppId, words)}`;
}

function appName(appId: string | undefined, { botAppId, vccLiveAppId }: EventWords): string {
  if (appId === undefined) return 'an unnamed app';
  if (appId === botAppId) return 'the bot';
  if (appId === vccLiveAppId) return 'VCC Live';
  return nameOfApp(appId);
}
