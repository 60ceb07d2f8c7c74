/** The lines of the timeline: what the wire says, and the stage's own lines about truth and belief. Bounded. */
import type { MessengerSimulator } from '../messenger-simulator.js';
import type { WireEntry } from '../wire.js';
import type { ThreadView, WireRow } from './stage-words.js';
import { wireRow } from './wire-rows.js';

/** How many lines of the timeline a page gets and keeps. */
export const ROW_CAPACITY = 1000;

/** The lines of one simulator, and which of them changed since the last look. */
export class RowBoard {
  readonly #simulator: MessengerSimulator;
  readonly #rows = new Map<number, WireRow>();
  readonly #rowOfSeq = new Map<number, number>();
  readonly #changed = new Set<number>();
  #nextRow = 1;

  constructor(simulator: MessengerSimulator) {
    this.#simulator = simulator;
    for (const entry of simulator.wire.entries()) this.follow(entry, true);
  }

  /** Every line, oldest first. */
  everything(): WireRow[] {
    return [...this.#rows.values()].sort((a, b) => a.id - b.id);
  }

  /** The lines that changed since the last call, oldest first. */
  takeChanges(): WireRow[] {
    const rows = [...this.#changed].sort((a, b) => a - b).flatMap((id) => this.#rows.get(id) ?? []);
    this.#changed.clear();
    return rows;
  }

  /** Writes the line of an entry, or its new form. */
  follow(entry: WireEntry, isNew: boolean): void {
    const known = this.#rowOfSeq.get(entry.seq);
    // It has ended after its line was forgotten.
    if (known === undefined && !isNew) return;
    const id = known ?? this.#nextRow++;
    this.#rowOfSeq.set(entry.seq, id);
    this.#keep({
      id,
      ...wireRow(entry, { appSecret: this.#simulator.settings.appSecret, nameOf: (app) => this.#appName(app) }),
    });
  }

  /** Writes that the bot has become wrong or right about an owner. */
  writeVerdict(view: ThreadView): void {
    const { truth, believed = 'unknown' } = view;
    const words = `Real owner: ${ownerWords[truth]}. The bot believes: ${ownerWords[believed]}.`;
    this.#keep({
      id: this.#nextRow++,
      atMs: this.#simulator.clock.now(),
      kind: 'belief',
      aside: false,
      threads: [view.key],
      title: words,
      status: view.differs ? 'the bot is wrong' : 'the bot is right again',
      tone: view.differs ? 'bad' : 'good',
      chips: [],
    });
  }

  #keep(row: WireRow): void {
    this.#rows.set(row.id, row);
    this.#changed.add(row.id);
    while (this.#rows.size > ROW_CAPACITY) {
      const [oldest] = this.#rows.values();
      if (oldest === undefined) return;
      this.#rows.delete(oldest.id);
      if (oldest.seq !== undefined) this.#rowOfSeq.delete(oldest.seq);
    }
  }

  #appName(appId: string): string {
    const { settings } = this.#simulator;
    if (appId === settings.botAppId) return 'the bot';
    if (appId === settings.pageInboxAppId) return 'the Page inbox';
    return settings.pages.some((page) => page.vccLiveAppId === appId) ? 'VCC Live' : `app ${appId}`;
  }
}

const ownerWords: Readonly<Record<ThreadView['truth'] | NonNullable<ThreadView['believed']>, string>> = {
  bot: 'the bot',
  vccLive: 'VCC Live',
  inbox: 'the Page inbox',
  other: 'another app',
  idle: 'nobody (idle)',
  unknown: 'not known',
};
