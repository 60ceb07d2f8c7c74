/**
 * The record of everything observable: webhooks, Graph calls, changes of owner, notes; bounded.
 *
 * Exists so that page, terminal and tests look at one thing. No token, proof or secret is ever written to it.
 */

import { visibleText } from '../thread/visible-text.js';

/** How many entries are kept unless told otherwise; the oldest go first. */
const WIRE_CAPACITY = 5000;

interface EntryBase {
  /** Grows by one with each entry; never reused. */
  readonly seq: number;
  /** The simulator's clock when the entry began, milliseconds since 1970. */
  readonly atMs: number;
}

/** One attempt to deliver a webhook, or one that was recorded for an app inside the simulator. */
export interface WebhookEntry extends EntryBase {
  readonly kind: 'webhook';
  readonly appId: string;
  readonly appName: string;
  readonly pageIds: readonly string[];
  readonly psids: readonly string[];
  readonly channels: readonly ('messaging' | 'standby')[];
  /** Short words for each item. */
  readonly items: readonly string[];
  /** The body exactly as sent. */
  readonly body: string;
  /** The value of `X-Hub-Signature-256` as sent; absent if nothing went out by HTTP. */
  readonly signature?: string;
  readonly url?: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  readonly why: 'first' | 'redelivery' | 'duplicate' | 'raw';
  /**
   * `refused`: answered with something else than 200 · `late`: no answer within the limit · `unreachable`: no
   * connection, or one that broke · `recorded`: for an app inside the simulator · `dropped`: never sent.
   */
  readonly outcome: 'pending' | 'acknowledged' | 'refused' | 'late' | 'unreachable' | 'recorded' | 'dropped';
  readonly status?: number;
  /** From sending to the answer, real milliseconds. */
  readonly ackMs?: number;
  /** Why it was dropped, or what broke. */
  readonly reason?: string;
  /** When Meta tries again, milliseconds from the failure on the simulator's clock. */
  readonly againInMs?: number;
}

/** One Graph call. */
export interface GraphEntry extends EntryBase {
  readonly kind: 'graph';
  /** The app whose token came along; absent if the token is none of the simulator's. */
  readonly appId?: string;
  readonly appName: string;
  readonly pageId?: string;
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly edge: string;
  /** Query without token and proof. */
  readonly query: Readonly<Record<string, string>>;
  /** Parsed body without token and proof. */
  readonly body: unknown;
  /** `requestLost`: nothing was done and nobody answered · `answerLost`: it was done (unless refused), nobody answered. */
  readonly outcome: 'pending' | 'answered' | 'requestLost' | 'answerLost';
  readonly status?: number;
  readonly answer?: unknown;
  /** True if the answer is an error: nothing was done, unless `fault` says that the weather made it up afterwards. */
  readonly refused: boolean;
  /** The weather that struck. */
  readonly fault?: string;
  /** True if the call did what it asked for, whatever the answer said. */
  readonly done: boolean;
}

/** A change of the true owner. */
export interface OwnerEntry extends EntryBase {
  readonly kind: 'owner';
  readonly pageId: string;
  readonly psid: string;
  readonly from: string;
  readonly to: string;
  readonly why: 'customer' | 'send' | 'pass' | 'take' | 'request' | 'release' | 'expired';
}

/** One of VCC Live's own webhooks, sent to the bot. */
export interface VccLiveEntry extends EntryBase {
  readonly kind: 'vccLive';
  readonly pageId: string;
  readonly psid: string;
  /** As VCC Live calls it. */
  readonly name: 'Chat (Async)' | 'Ticket Status (Async)';
  /** Short words for what it says. */
  readonly says: string;
  /** Without secret and initialization vector. */
  readonly url: string;
  /** Name of the secret in the query. */
  readonly secretParameter: string;
  /** Before encryption. */
  readonly body: unknown;
  readonly encrypted: boolean;
  /** 1 for the first attempt. VCC Live sends a report again until the bot answers 200, or a limit is reached. */
  readonly attempt: number;
  /** `unreachable`: no connection, one that broke, or no answer in time · `answerLost`: the bot answered, and VCC Live got nothing. */
  readonly outcome: 'pending' | 'answered' | 'answerLost' | 'unreachable';
  readonly status?: number;
  /** From sending to the answer, real milliseconds. */
  readonly ackMs?: number;
  /** What broke. */
  readonly reason?: string;
  /** When VCC Live sends it again, milliseconds from the failure on the simulator's clock. */
  readonly againInMs?: number;
}

/** A call of the bot to VCC Live's Database API, written when it was answered. */
export interface DatabaseApiEntry extends EntryBase {
  readonly kind: 'databaseApi';
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly status: number;
  readonly answer: unknown;
}

/** Something else worth knowing. */
export interface NoteEntry extends EntryBase {
  readonly kind: 'note';
  readonly text: string;
}

/** One thing that happened. */
export type WireEntry = WebhookEntry | GraphEntry | VccLiveEntry | DatabaseApiEntry | OwnerEntry | NoteEntry;

type Draft<E> = E extends WireEntry ? Omit<E, 'seq' | 'atMs'> : never;

/** An entry before it is written. */
export type WireDraft = Draft<WireEntry>;

/** What can still change of an entry: how it ended. */
export type WireEnding = Partial<
  Pick<WebhookEntry, 'status' | 'ackMs' | 'reason' | 'againInMs'> &
    Pick<GraphEntry, 'answer' | 'refused' | 'done' | 'fault'>
> & { readonly outcome?: WebhookEntry['outcome'] | GraphEntry['outcome'] | VccLiveEntry['outcome'] };

/** Called with a new entry, or with the new form of one that ended. Must not throw. */
export type WireListener = (entry: WireEntry) => void;

/** A bounded log with listeners. */
export class Wire {
  readonly #entries = new Map<number, WireEntry>();
  readonly #listeners = { entry: new Set<WireListener>(), update: new Set<WireListener>() };
  readonly #now: () => number;
  readonly #capacity: number;
  #nextSeq = 1;

  constructor(now: () => number, capacity = WIRE_CAPACITY) {
    this.#now = now;
    this.#capacity = capacity;
  }

  /** Everything kept, oldest first. */
  entries(): WireEntry[] {
    return [...this.#entries.values()];
  }

  /** The entries of one kind, oldest first. */
  of<K extends WireEntry['kind']>(kind: K): Extract<WireEntry, { kind: K }>[] {
    return this.entries().filter((entry): entry is Extract<WireEntry, { kind: K }> => entry.kind === kind);
  }

  /**
   * Listens: `entry` for each new entry, `update` for one that ended (webhooks and Graph calls begin as `pending`).
   * @returns a function that stops listening
   */
  on(event: 'entry' | 'update', listener: WireListener): () => void {
    this.#listeners[event].add(listener);
    return () => void this.#listeners[event].delete(listener);
  }

  /** Writes an entry and returns its number, for {@link end}. */
  write(draft: WireDraft): number {
    const entry: WireEntry = { seq: this.#nextSeq++, atMs: this.#now(), ...draft };
    this.#entries.set(entry.seq, entry);
    if (this.#entries.size > this.#capacity) this.#forgetOldest();
    for (const listener of [...this.#listeners.entry]) listener(entry);
    return entry.seq;
  }

  /** Writes how an entry ended. Does nothing if the ring has dropped the entry meanwhile. */
  end(seq: number, ending: WireEnding): void {
    const entry = this.#entries.get(seq);
    if (entry === undefined) return;
    const ended = { ...entry, ...ending } as WireEntry;
    this.#entries.set(seq, ended);
    for (const listener of [...this.#listeners.update]) listener(ended);
  }

  /** A note. */
  note(text: string): void {
    this.write({ kind: 'note', text });
  }

  /** The timeline, one line for each entry. */
  toText(): string {
    return this.entries().map(wireLine).join('\n');
  }

  #forgetOldest(): void {
    for (const seq of this.#entries.keys()) {
      this.#entries.delete(seq);
      return;
    }
  }
}

/** An entry in one line. What came from outside cannot act on the terminal that it is printed to. */
export function wireLine(entry: WireEntry): string {
  return `${String(entry.seq).padStart(4)} ${new Date(entry.atMs).toISOString().slice(11, 23)} ${visibleText(sentenceOf(entry))}`;
}

function sentenceOf(entry: WireEntry): string {
  switch (entry.kind) {
    case 'note':
      return `note     ${entry.text}`;
    case 'owner':
      return `owner    ${entry.pageId}/${entry.psid}: ${entry.from} → ${entry.to} (${entry.why})`;
    case 'graph':
      return `graph    ${entry.appName}: ${entry.method} ${entry.path} ${graphEnding(entry)}`;
    case 'vccLive':
      return `vccLive  → bot ${entry.name}: ${entry.says} ${vccLiveEnding(entry)}`;
    case 'databaseApi':
      return `vccLive  ← bot ${entry.method} ${entry.path} ${entry.status}`;
    case 'webhook':
      return `webhook  → ${entry.appName} [${entry.channels.join('+')}] ${entry.items.join(', ')} ${webhookEnding(entry)}`;
  }
}

function graphEnding(entry: GraphEntry): string {
  const fault = entry.fault === undefined ? '' : ` (weather: ${entry.fault}${entry.done ? ', done' : ', not done'})`;
  const status = entry.status === undefined ? entry.outcome : `${entry.status}${entry.refused ? ' refused' : ''}`;
  return `${status}${fault}`;
}

function vccLiveEnding(entry: VccLiveEntry): string {
  const attempt = entry.attempt > 1 ? ` (attempt ${entry.attempt})` : '';
  return `${entry.status ?? entry.outcome}${entry.outcome === 'answerLost' ? ', answer lost' : ''}${attempt}`;
}

function webhookEnding(entry: WebhookEntry): string {
  const status = entry.status === undefined ? entry.outcome : `${entry.outcome} ${entry.status}`;
  const took = entry.ackMs === undefined ? '' : ` in ${entry.ackMs} ms`;
  const attempt = entry.attempt > 1 || entry.why === 'duplicate' ? ` (${entry.why}, attempt ${entry.attempt})` : '';
  const reason = entry.reason === undefined ? '' : `: ${entry.reason}`;
  return `${status}${took}${attempt}${reason}`;
}
