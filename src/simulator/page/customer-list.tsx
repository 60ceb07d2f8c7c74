/** All customers, each with the last message, the owner, and a red mark if the bot is wrong about the owner. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SettingsView, ThreadView } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';
import { drawWhenChanged } from './draw-when-changed.js';
import { ownerName } from './words.js';

/** The list draws the newest ones only. */
const DRAWN_MAX = 300;

/** The list. */
export function CustomerList(props: {
  readonly threads: ReadonlyMap<string, ThreadView>;
  readonly pages: SettingsView['pages'];
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
  readonly act: Act;
}) {
  const { threads, pages, selected, onSelect, act } = props;
  const [pageId, setPageId] = useState(pages[0]?.pageId ?? '');
  const list = useRef<HTMLUListElement>(null);
  // The customer of a new story is at the end of the list.
  useEffect(() => list.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest' }), [selected]);
  const several = pages.length > 1;
  const nameOf = new Map(pages.map((page) => [page.pageId, page.name]));
  const drawn = [...threads.values()].slice(-DRAWN_MAX);
  return (
    <div class="customers">
      <div class="part-head">
        <h2>
          Customers <span class="count">{threads.size}</span>
        </h2>
        <div class="buttons">
          <button
            type="button"
            class="small"
            aria-label="New customer"
            onClick={() => void act({ act: 'newCustomer', pageId })}
          >
            {several ? 'New' : 'New customer'}
          </button>
          {several ? (
            <select
              class="small"
              aria-label="Page of the new customer"
              value={pageId}
              onChange={(event) => setPageId(event.currentTarget.value)}
            >
              {pages.map((page) => (
                <option key={page.pageId} value={page.pageId}>
                  {page.name}
                </option>
              ))}
            </select>
          ) : null}
        </div>
      </div>
      <ul ref={list}>
        {drawn.map((thread) => (
          <Row
            key={thread.key}
            thread={thread}
            pageName={several ? nameOf.get(thread.pageId) : undefined}
            isSelected={thread.key === selected}
            onSelect={onSelect}
          />
        ))}
      </ul>
    </div>
  );
}

const Row = drawWhenChanged(
  ({
    thread,
    pageName,
    isSelected,
    onSelect,
  }: {
    readonly thread: ThreadView;
    /** Set if there are several Pages. */
    readonly pageName: string | undefined;
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
        <span class="name">
          {thread.name}
          {pageName === undefined ? null : <span class="of-page"> {pageName}</span>}
        </span>
        <span class="last">{thread.lastText ?? 'has not written yet'}</span>
        <span class={`owner ${thread.truth}`}>{ownerName(thread.truth, 'Bot')}</span>
        {thread.differs ? <span class="chip bad">bot is wrong</span> : null}
      </button>
    </li>
  ),
);
