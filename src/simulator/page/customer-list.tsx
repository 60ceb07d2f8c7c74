/** Everybody who has a telephone here, with the last words, the owner, and a red word where truth and belief differ. */
import type { ThreadView } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';
import { drawWhenChanged } from './draw-when-changed.js';
import { ownerName } from './words.js';

/** More than these are reached by their place in the list only. */
const DRAWN_MAX = 300;

/** The list. */
export function CustomerList(props: {
  readonly threads: ReadonlyMap<string, ThreadView>;
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly act: Act;
}) {
  const { threads, selected, onSelect, act } = props;
  const drawn = [...threads.values()].slice(-DRAWN_MAX);
  return (
    <div class="customers">
      <div class="part-head">
        <h2>
          Customers <span class="count">{threads.size}</span>
        </h2>
        <button type="button" class="small" onClick={() => void act({ act: 'newCustomer' })}>
          New customer
        </button>
      </div>
      <ul>
        {drawn.map((thread) => (
          <Row key={thread.key} thread={thread} isSelected={thread.key === selected} onSelect={onSelect} />
        ))}
      </ul>
    </div>
  );
}

const Row = drawWhenChanged(
  ({
    thread,
    isSelected,
    onSelect,
  }: {
    readonly thread: ThreadView;
    readonly isSelected: boolean;
    readonly onSelect: (key: string) => void;
  }) => (
    <li>
      <button
        type="button"
        class="person"
        aria-current={isSelected ? 'true' : undefined}
        onClick={() => onSelect(thread.key)}
      >
        <span class="face" aria-hidden="true">
          {thread.name.slice(0, 1)}
        </span>
        <span class="name">{thread.name}</span>
        <span class="last">{thread.lastText ?? 'has not written yet'}</span>
        <span class={`owner ${thread.truth}`}>{ownerName(thread.truth, 'Bot')}</span>
        {thread.differs ? <span class="chip bad">differs</span> : null}
      </button>
    </li>
  ),
);
