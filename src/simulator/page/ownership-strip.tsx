/** Who owns the selected thread, who the bot believes owns it, and whether the two agree. */
import type { ThreadView } from '../stage/stage-words.js';
import { simulatorNow, type StageState } from './stage-state.js';
import { duration, ownerName } from './words.js';

/** The strip. */
export function OwnershipStrip(props: {
  readonly state: StageState;
  readonly thread: ThreadView | undefined;
  readonly onSelect: (key: string) => void;
}) {
  const { state, thread, onSelect } = props;
  if (thread === undefined) return null;
  const { botLabel, knowsBelief } = state.settings;
  const { truth, believed, expiresAtMs, differs } = thread;
  const leftMs = expiresAtMs === undefined ? undefined : expiresAtMs - simulatorNow(state, performance.now());
  const others = [...state.threads.values()].filter((one) => one.differs && one.key !== thread.key);
  const [other] = others;
  return (
    <section class={`strip ${differs ? 'bad' : ''}`} aria-label={`Who owns the thread of ${thread.name}`}>
      <p class="whose">
        <span class="label">Thread of</span> <strong>{thread.name}</strong>
      </p>
      <p data-role="truth">
        <span class="label">Real owner</span> <span class={`owner ${truth}`}>{ownerName(truth, botLabel)}</span>
        {leftMs === undefined ? null : <span class="muted left"> for {duration(leftMs)}</span>}
      </p>
      <p data-role="belief">
        <span class="label">The bot believes</span>{' '}
        <span class={`owner ${believed ?? 'unknown'}`}>{ownerName(believed, botLabel)}</span>
      </p>
      {knowsBelief ? (
        <p class={`verdict ${differs ? 'bad' : 'good'}`} role="status">
          {differs ? '✕ The bot is wrong' : '✓ The bot is right'}
        </p>
      ) : null}
      {other === undefined ? null : (
        <button type="button" class="small bad" onClick={() => onSelect(other.key)}>
          {others.length === 1
            ? `The bot is wrong about ${other.name}`
            : `The bot is wrong about ${others.length} other threads`}
        </button>
      )}
    </section>
  );
}
