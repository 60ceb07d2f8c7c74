/**
 * Every thread as the page shows it: who really owns it, who the bot believes owns it, and the conversation.
 *
 * Exists to look at a thread only when something happened on it: with 200 customers, asking everybody about everything
 * many times a second would be the slowest part of the stage.
 */
import type { Clock } from '../../thread/clock.js';
import { inBackground } from '../../thread/clock.js';
import { threadId, type ThreadKey } from '../../thread/key.js';
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { ConversationEntry } from '../messenger-platform.js';
import type { WireEntry } from '../wire.js';
import { sideOf } from '../timeline/thread-timeline.js';
import { trueOwnerName } from './owner-name.js';
import type { BelievedOwnerName, TalkView, ThreadView } from './stage-words.js';
import { talkEntry } from './talk-entries.js';
import { threadsOf } from './wire-rows.js';

/** How much of a conversation is sent to a page. */
const TALK_MAX = 300;
const LAST_TEXT_MAX = 80;

/** How long the bot may be wrong about an owner before it is asked again. */
const ASK_AGAIN_MS = 1000;

const BELIEFS: ReadonlySet<string> = new Set<BelievedOwnerName>(['bot', 'vccLive', 'other', 'idle', 'unknown']);

const NAMES =
  'Kata,Bence,Lili,Máté,Zsófi,Dani,Réka,Ádám,Nóra,Gergő,Eszter,Balázs,Júlia,Péter,Emma,Tamás,Hanna,Levente,Sára,Márk';

/** What a board works with. */
export interface BoardDeps {
  readonly simulator: MessengerSimulator;
  /** Who the bot believes owns a thread. Absent: nobody can say. */
  readonly believes?: ((thread: ThreadKey) => Promise<string>) | undefined;
  /** Measures how long the bot has been wrong. */
  readonly timer: Clock;
  /** A thread has something new to show. */
  readonly onChange: () => void;
  /** The bot became wrong or right about a thread's owner, and no webhook or call of the thread was in progress. */
  readonly onVerdict: (view: ThreadView) => void;
}

interface Known extends ThreadKey {
  readonly key: string;
  readonly name: string;
  believed?: BelievedOwnerName;
  /** Wire entries about it that have not ended. */
  readonly underWay: Set<number>;
  /** Asking now; `again`: something happened meanwhile. */
  asking?: 'once' | 'again';
  saidDiffers: boolean;
  /** Cancels the next question, while the bot is wrong. */
  askAgain?: (() => void) | undefined;
  lastSent?: ConversationEntry | undefined;
}

/** The threads of a simulator, and which of them changed since the last look. */
export class ThreadBoard {
  readonly #deps: BoardDeps;
  readonly #known = new Map<string, Known>();
  readonly #psids = new Set<string>();
  readonly #changed = new Set<string>();
  /** Threads on which something happened since the bot was asked. */
  readonly #toAsk = new Set<string>();
  readonly #names = NAMES.split(',');
  readonly #stopListening: () => void;
  #isClosed = false;

  constructor(deps: BoardDeps) {
    this.#deps = deps;
    // Time alone changes what the bot believes, and sometimes who owns a thread.
    this.#stopListening = deps.simulator.clock.onAdvanced(() => {
      for (const key of this.#known.keys()) this.#touch(key);
    });
    for (const entry of deps.simulator.wire.entries()) this.follow(entry);
  }

  /** How many threads are known. */
  get size(): number {
    return this.#known.size;
  }

  /** Has anybody this PSID, on whatever Page? */
  knows(psid: string): boolean {
    return this.#psids.has(psid);
  }

  /** What the customer of a thread is called; nothing if nobody knows the thread. */
  nameOf(thread: ThreadKey): string | undefined {
    return this.#known.get(threadId(thread))?.name;
  }

  /** Makes a thread known. @param name default: a first name */
  know(thread: ThreadKey, name?: string): string {
    const key = threadId(thread);
    if (this.#known.has(key)) return key;
    const given = name ?? this.#names[this.#known.size] ?? `Customer ${this.#known.size + 1}`;
    const { pageId, psid } = thread;
    this.#psids.add(psid);
    this.#known.set(key, { key, pageId, psid, name: given, underWay: new Set(), saidDiffers: false });
    this.#touch(key);
    return key;
  }

  /** Something happened on the wire. */
  follow(entry: WireEntry): void {
    for (const thread of threadsOf(entry)) {
      const key = threadId(thread);
      if (!this.#known.has(key)) {
        // A Graph call may name anybody, also people who do not exist: looking must not make them real.
        if (entry.kind === 'graph') continue;
        this.know(thread);
      }
      const known = this.#known.get(key);
      if (known === undefined) continue;
      const pending = 'outcome' in entry && entry.outcome === 'pending';
      if (pending) known.underWay.add(entry.seq);
      else known.underWay.delete(entry.seq);
      this.#touch(key);
    }
  }

  /** Asks the bot nothing more. */
  close(): void {
    this.#isClosed = true;
    this.#stopListening();
    for (const known of this.#known.values()) known.askAgain?.();
  }

  /** The threads that changed since the last call, and what was said in them. Asks the bot about those. */
  takeChanges(): { readonly threads: ThreadView[]; readonly talk: TalkView[] } {
    const metadata = this.#metadata();
    const changed = [...this.#changed].flatMap((key) => this.#known.get(key) ?? []);
    this.#changed.clear();
    const threads = changed.map((known) => this.#view(known, metadata));
    const talk = changed.flatMap((known) => this.#events(known));
    for (const key of this.#toAsk) this.#ask(key);
    this.#toAsk.clear();
    return { threads, talk };
  }

  /** Everything there is, for somebody who sees it for the first time. */
  everything(): { readonly threads: ThreadView[]; readonly talk: TalkView[] } {
    const metadata = this.#metadata();
    const known = [...this.#known.values()];
    return {
      threads: known.map((one) => this.#view(one, metadata)),
      talk: known.map((one) => ({
        key: one.key,
        whole: true,
        // Only what batches have carried: the next batch brings the rest, once.
        entries: upTo(this.#conversation(one), one.lastSent).slice(-TALK_MAX).map(talkEntry),
      })),
    };
  }

  #touch(key: string): void {
    this.#changed.add(key);
    this.#toAsk.add(key);
    this.#deps.onChange();
  }

  #view(known: Known, metadata: ReadonlyMap<string, string>): ThreadView {
    const { key, pageId, psid, name, believed } = known;
    const { owner, expiresAtMs } = this.#deps.simulator.ownerOf(psid, pageId);
    const truth = trueOwnerName(owner, pageId, this.#deps.simulator.settings);
    const last = this.#conversation(known).findLast((entry) => entry.kind === 'message');
    const came = metadata.get(key);
    return {
      key,
      pageId,
      psid,
      name,
      truth,
      ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      ...(believed === undefined ? {} : { believed }),
      differs: believed !== undefined && sideOf(truth) !== sideOf(believed),
      ...(came === undefined ? {} : { metadata: came }),
      ...(last === undefined
        ? {}
        : { lastText: (last.text ?? 'an attachment').slice(0, LAST_TEXT_MAX), lastAtMs: last.atMs }),
    };
  }

  #metadata(): Map<string, string> {
    const found = new Map<string, string>();
    for (const { pageId } of this.#deps.simulator.settings.pages) {
      for (const { psid, metadata } of this.#deps.simulator.agent(pageId).queue()) {
        if (metadata !== undefined) found.set(threadId({ pageId, psid }), metadata);
      }
    }
    return found;
  }

  #conversation(known: Known): ConversationEntry[] {
    return this.#deps.simulator.customer(known.psid, known.pageId).conversation();
  }

  #events(known: Known): TalkView[] {
    const conversation = this.#conversation(known);
    const sentUntil = known.lastSent === undefined ? -1 : conversation.lastIndexOf(known.lastSent);
    // What was sent last has left the platform's memory: begin anew.
    const whole = known.lastSent !== undefined && sentUntil === -1;
    const entries = conversation.slice(sentUntil + 1).slice(-TALK_MAX);
    if (entries.length === 0) return [];
    known.lastSent = entries.at(-1);
    return [{ key: known.key, whole, entries: entries.map(talkEntry) }];
  }

  #ask(key: string): void {
    const known = this.#known.get(key);
    const { believes } = this.#deps;
    if (known === undefined || believes === undefined) return;
    if (known.asking !== undefined) {
      known.asking = 'again';
      return;
    }
    known.asking = 'once';
    const answered = (answer: string): void => {
      const again = known.asking === 'again';
      delete known.asking;
      this.#believe(known, BELIEFS.has(answer) ? (answer as BelievedOwnerName) : 'unknown');
      if (again) this.#ask(key);
    };
    const { pageId, psid } = known;
    Promise.resolve()
      .then(() => believes({ pageId, psid }))
      .then(answered, () => answered('unknown'));
  }

  #believe(known: Known, believed: BelievedOwnerName): void {
    // An answer that comes after the end must not begin another question.
    if (this.#isClosed) return;
    if (known.believed !== believed) {
      known.believed = believed;
      this.#changed.add(known.key);
      this.#deps.onChange();
    }
    const view = this.#view(known, new Map());
    known.askAgain?.();
    // Control that ends with time ends for bot and platform within milliseconds of each other, and no event says so.
    known.askAgain = view.differs
      ? inBackground(this.#deps.timer, ASK_AGAIN_MS, () => this.#ask(known.key))
      : undefined;
    // While a webhook or call is in progress, the bot may be wrong for a moment. That is no fault.
    if (known.underWay.size > 0) return;
    if (view.differs === known.saidDiffers) return;
    known.saidDiffers = view.differs;
    this.#deps.onVerdict(view);
  }
}

function upTo(conversation: readonly ConversationEntry[], last: ConversationEntry | undefined): ConversationEntry[] {
  return last === undefined ? [] : conversation.slice(0, conversation.lastIndexOf(last) + 1);
}
