/**
 * Connects the page with the stage: events come in, commands go out.
 *
 * The page draws once for each frame of the screen, because many events arrive in one frame when 200 customers talk.
 */
import type { StageAnswer, StageBatch, StageCommand, StageSnapshot, WireDetail } from '../stage/stage-words.js';
import { afterBatch, fromSnapshot, type StageState } from './stage-state.js';

/** The page connects again after this if the browser has given up, milliseconds. */
const RECONNECT_MS = 2000;

/** How the page hears of changes. */
export interface StageListener {
  readonly onState: (state: StageState) => void;
  readonly onConnection: (connected: boolean) => void;
}

/** Sends a command; true if the stage accepted it. The page shows what went wrong. */
export type Act = (wanted: StageCommand) => Promise<boolean>;

/** Listens for as long as the page is open. */
export function connectStage(listener: StageListener): void {
  let state: StageState | undefined;
  let drawing = false;
  const draw = (): void => {
    if (drawing) return;
    drawing = true;
    // A page in the background gets no frames, and must be up to date when somebody looks at it again.
    const schedule = document.hidden ? (run: () => void) => setTimeout(run, 250) : requestAnimationFrame;
    schedule(() => {
      drawing = false;
      if (state !== undefined) listener.onState(state);
    });
  };
  const open = (): void => {
    const source = new EventSource('/stage/events');
    source.addEventListener('open', () => listener.onConnection(true));
    source.addEventListener('error', () => {
      listener.onConnection(false);
      if (source.readyState !== EventSource.CLOSED) return;
      setTimeout(open, RECONNECT_MS);
    });
    source.addEventListener('snapshot', ({ data }) => {
      state = fromSnapshot(JSON.parse(String(data)) as StageSnapshot, performance.now());
      draw();
    });
    source.addEventListener('batch', ({ data }) => {
      if (state === undefined) return;
      const batch = JSON.parse(String(data)) as StageBatch;
      if (batch.batch <= state.batch) return;
      const next = afterBatch(state, batch, performance.now());
      if (next === undefined) {
        // Something is missing: only a snapshot helps, and a new connection begins with one.
        source.close();
        open();
        return;
      }
      state = next;
      draw();
    });
  };
  open();
}

/** Sends a command. Never rejects. */
export async function command(wanted: StageCommand): Promise<StageAnswer> {
  try {
    const response = await fetch('/stage/act', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(wanted),
    });
    return (await response.json()) as StageAnswer;
  } catch {
    return { ok: false, problem: 'The stage does not answer. Is it still running?' };
  }
}

/** Everything about one line of the wire, or what went wrong. */
export async function detailOf(seq: number): Promise<WireDetail | { readonly problem: string }> {
  try {
    const response = await fetch(`/stage/wire/${seq}`);
    return (await response.json()) as WireDetail | { readonly problem: string };
  } catch {
    return { problem: 'The stage does not answer. Is it still running?' };
  }
}

/** Where the drawing of a thread is. */
export function drawingAddress(key: string): string {
  return `/stage/timeline/${key}.svg`;
}

/** The drawing of a thread as wide as that, or nothing if the stage does not answer. */
export async function drawingOf(key: string, widthPx: number): Promise<string | undefined> {
  try {
    const response = await fetch(`${drawingAddress(key)}?width=${Math.max(0, Math.floor(widthPx))}`);
    return response.ok ? await response.text() : undefined;
  } catch {
    return undefined;
  }
}
