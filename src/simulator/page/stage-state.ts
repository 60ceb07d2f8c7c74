/**
 * What the page knows, and how each event of the stage changes it. Pure. Everything that grows has its limit here.
 */
import type {
  AgentView,
  ClockView,
  ScenarioOffer,
  ScenarioView,
  SettingsView,
  StageBatch,
  StageSnapshot,
  SwitchView,
  TalkEntry,
  TalkView,
  ThreadView,
  WireRow,
} from '../stage/stage-words.js';

/** How much of one conversation the page keeps. */
const TALK_MAX = 300;

/** Everything the page draws. */
export interface StageState {
  readonly batch: number;
  readonly settings: SettingsView;
  readonly scenarios: readonly ScenarioOffer[];
  /** By key, in the order in which they became known. */
  readonly threads: ReadonlyMap<string, ThreadView>;
  readonly talk: ReadonlyMap<string, readonly TalkEntry[]>;
  /** Oldest first. */
  readonly rows: readonly WireRow[];
  readonly weather: readonly SwitchView[];
  readonly agents: readonly AgentView[];
  readonly clock: ClockView;
  /** `performance.now()` when that clock was read. */
  readonly clockReadMs: number;
  readonly scenario: ScenarioView | null;
}

/** The state that a snapshot describes. */
export function fromSnapshot(snapshot: StageSnapshot, readMs: number): StageState {
  const { batch, settings, scenarios, rows, weather, agents, clock, scenario } = snapshot;
  return {
    batch,
    settings,
    scenarios,
    threads: new Map(snapshot.threads.map((thread) => [thread.key, thread])),
    talk: withTalk(new Map(), snapshot.talk),
    rows,
    weather,
    agents,
    clock,
    clockReadMs: readMs,
    scenario,
  };
}

/** The state after a batch; `undefined` if a batch is missing in between. */
export function afterBatch(state: StageState, batch: StageBatch, readMs: number): StageState | undefined {
  if (batch.batch !== state.batch + 1) return undefined;
  return {
    ...state,
    batch: batch.batch,
    threads: batch.threads === undefined ? state.threads : withThreads(state.threads, batch.threads),
    talk: batch.talk === undefined ? state.talk : withTalk(state.talk, batch.talk),
    rows: batch.rows === undefined ? state.rows : withRows(state.rows, batch.rows, state.settings.rowCapacity),
    weather: batch.weather ?? state.weather,
    agents: batch.agents ?? state.agents,
    clock: batch.clock,
    clockReadMs: readMs,
    scenario: batch.scenario === undefined ? state.scenario : batch.scenario,
  };
}

/** The simulator's clock at `nowMs` of `performance.now()`, milliseconds since 1970. */
export function simulatorNow({ clock, clockReadMs }: StageState, nowMs: number): number {
  return clock.mode === 'held' ? clock.nowMs : clock.nowMs + (nowMs - clockReadMs);
}

function withThreads(known: StageState['threads'], changed: readonly ThreadView[]): StageState['threads'] {
  const threads = new Map(known);
  for (const thread of changed) threads.set(thread.key, thread);
  return threads;
}

function withTalk(known: StageState['talk'], changed: readonly TalkView[]): StageState['talk'] {
  const talk = new Map(known);
  for (const { key, whole, entries } of changed) {
    const before = whole ? [] : (talk.get(key) ?? []);
    talk.set(key, [...before, ...entries].slice(-TALK_MAX));
  }
  return talk;
}

/** Rows are numbered in order: a changed one keeps its place, a new one goes to the end. */
function withRows(known: readonly WireRow[], changed: readonly WireRow[], capacity: number): readonly WireRow[] {
  const lastId = known.at(-1)?.id ?? 0;
  const changedById = new Map(changed.map((row) => [row.id, row]));
  const kept = known.map((row) => changedById.get(row.id) ?? row);
  return [...kept, ...changed.filter((row) => row.id > lastId)].slice(-capacity);
}
