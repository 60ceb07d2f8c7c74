/** Webhooks and Graph calls as readable lines, in the order in which they began, with names instead of app ids. */
import { visibleText } from 'botbuilder-handover-vcclive';
import type { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import type { WireEntry } from 'botbuilder-handover-vcclive/simulator';

/** One line for each entry after `seq` that concerns the bot. Control characters are made visible. */
export function linesSince(simulator: MessengerSimulator, seq: number): string[] {
  const names = namesOf(simulator);
  return simulator.wire
    .entries()
    .flatMap((entry) => (entry.seq > seq ? (lineOf(entry, names) ?? []) : []))
    .map(visibleText);
}

/** The number of the last entry. */
export function lastSeq({ wire }: MessengerSimulator): number {
  return wire.entries().at(-1)?.seq ?? 0;
}

/** What an app id, or `idle`, is called. */
export function namesOf({ settings }: MessengerSimulator): (appId: string) => string {
  const names = new Map([
    [settings.botAppId, 'the bot'],
    [settings.vccLiveAppId, 'VCC Live'],
    [settings.pageInboxAppId, 'the Page inbox'],
    ['idle', 'nobody'],
  ]);
  return (appId) => names.get(appId) ?? `app ${appId}`;
}

/** `echo of 24012345678901237` → `echo of the bot`. */
function withNames(item: string, nameOf: (appId: string) => string): string {
  return item.replace(/(^echo of |_thread_control → )(\d+)/, (_all, words: string, id: string) => words + nameOf(id));
}

/** One entry as a line, or nothing if it does not concern the bot. */
function lineOf(entry: WireEntry, nameOf: (appId: string) => string): string | undefined {
  switch (entry.kind) {
    case 'owner':
      return `the owner changes: ${nameOf(entry.from)} → ${nameOf(entry.to)} (${ownerWords[entry.why]})`;
    case 'note':
      return entry.text;
    case 'graph': {
      if (entry.appName !== 'bot' && entry.edge === 'messages') return undefined;
      const who = entry.appName === 'bot' ? 'bot' : entry.appName;
      const status = entry.status === undefined ? entry.outcome : `${entry.status}${refusal(entry.answer)}`;
      return `${way(who, 'Meta')}${entry.method} ${entry.edge}${textOf(entry.body)}  ${status}`;
    }
    case 'vccLive':
      return `${way('VCC Live', 'bot')}${entry.name}: ${entry.says}  ${entry.status ?? entry.outcome}`;
    case 'databaseApi':
      return `${way('bot', 'VCC Live')}${entry.method} ${entry.path}  ${entry.status}`;
    case 'webhook': {
      if (entry.outcome === 'recorded') return undefined;
      const items = entry.items.map((item) => withNames(item, nameOf)).join(', ');
      const ending =
        entry.status === undefined ? entry.outcome : `${entry.status} in ${Math.round(entry.ackMs ?? 0)} ms`;
      const again = entry.why === 'first' ? '' : ` (${entry.why})`;
      return `${way('Meta', 'bot')}${entry.channels.join('+')}: ${items}${again}  ${ending}`;
    }
  }
}

const ownerWords: Readonly<Record<Extract<WireEntry, { kind: 'owner' }>['why'], string>> = {
  customer: 'the customer wrote',
  send: 'the app sent a message',
  pass: 'passed',
  take: 'taken',
  request: 'requested',
  release: 'released; Meta tells nobody',
  expired: 'control ended; Meta tells nobody',
};

const WAY_WIDTH = 18;

function way(from: string, to: string): string {
  return `${from} → ${to}`.padEnd(WAY_WIDTH);
}

function textOf(body: unknown): string {
  const text = fieldOf(fieldOf(body, 'message'), 'text');
  return typeof text === 'string' ? ` "${text}"` : '';
}

function refusal(answer: unknown): string {
  const message = fieldOf(fieldOf(answer, 'error'), 'message');
  return typeof message === 'string' ? ` refused: ${message}` : '';
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
