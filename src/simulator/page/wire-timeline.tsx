/** The wire: every webhook and Graph call in order, the newest at the bottom. A click shows its JSON. */
import { Fragment } from 'preact';
import { useCallback, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ThreadView, WireDetail, WireRow } from '../stage/stage-words.js';
import { visibleLines } from '../../thread/visible-text.js';
import { detailOf } from './connect-stage.js';
import { CopyButton } from './copy-button.js';
import { ThreadDrawing } from './thread-drawing.js';
import { drawWhenChanged } from './draw-when-changed.js';
import { clockTime } from './words.js';

/** How many lines are drawn at first, and how many more at a time. */
const DRAWN_STEP = 150;
const NEAR_END_PX = 32;

/** The timeline. */
export function WireTimeline(props: {
  readonly rows: readonly WireRow[];
  readonly capacity: number;
  readonly thread: ThreadView | undefined;
}) {
  const { rows, capacity, thread } = props;
  const [everybody, setEverybody] = useState(false);
  const [everyApp, setEveryApp] = useState(false);
  const [troubleOnly, setTroubleOnly] = useState(false);
  const [drawnMax, setDrawnMax] = useState(DRAWN_STEP);
  const [following, setFollowing] = useState(true);
  const [asDrawing, setAsDrawing] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const box = useRef<HTMLOListElement>(null);

  const wanted = rows.filter(
    (row) =>
      (everyApp || !row.aside) &&
      (!troubleOnly || row.tone === 'bad' || row.tone === 'warn' || row.chips.some(({ tone }) => tone !== 'plain')) &&
      (everybody || thread === undefined || row.threads.length === 0 || row.threads.includes(thread.key)),
  );
  const drawn = wanted.slice(-drawnMax);
  useLayoutEffect(() => {
    if (following && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [rows, following, everybody, everyApp, troubleOnly, thread?.key]);
  // A hidden part has no height, so the list scrolls to its end when it is shown again.
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null || !following) return undefined;
    const watcher = new ResizeObserver(() => (list.scrollTop = list.scrollHeight));
    watcher.observe(list);
    return () => watcher.disconnect();
  }, [following]);
  const toggle = useCallback((id: number): void => {
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
    // The list stops scrolling while somebody reads a line.
    setFollowing(false);
  }, []);
  return (
    <>
      <div class="part-head">
        <h2>
          The wire <span class="count">{wanted.length}</span>
        </h2>
        {thread === undefined ? null : (
          <button type="button" class="small" aria-pressed={asDrawing} onClick={() => setAsDrawing(!asDrawing)}>
            Draw the thread
          </button>
        )}
        <div class="filters" hidden={asDrawing}>
          <label>
            <span class="sr">Whose lines</span>
            <select
              value={everybody ? 'all' : 'one'}
              onChange={(event) => setEverybody(event.currentTarget.value === 'all')}
            >
              <option value="one">{thread?.name ?? 'This customer'}</option>
              <option value="all">All customers</option>
            </select>
          </label>
          <label class="tick">
            <input
              type="checkbox"
              checked={troubleOnly}
              onChange={(event) => setTroubleOnly(event.currentTarget.checked)}
            />{' '}
            Problems only
          </label>
          <label class="tick" title="Shows the webhooks to VCC Live and the Page inbox, too">
            <input type="checkbox" checked={everyApp} onChange={(event) => setEveryApp(event.currentTarget.checked)} />{' '}
            Every app
          </label>
        </div>
      </div>
      {asDrawing && thread !== undefined ? <ThreadDrawing thread={thread} /> : null}
      <ol
        class="wire"
        hidden={asDrawing}
        ref={box}
        tabIndex={0}
        aria-label="Timeline"
        onScroll={({ currentTarget }) => {
          setFollowing(currentTarget.scrollHeight - currentTarget.scrollTop - currentTarget.clientHeight < NEAR_END_PX);
        }}
      >
        {wanted.length > drawn.length ? (
          <li class="earlier">
            <button type="button" class="small" onClick={() => setDrawnMax(drawnMax + DRAWN_STEP)}>
              Show {Math.min(DRAWN_STEP, wanted.length - drawn.length)} earlier lines
            </button>
          </li>
        ) : null}
        {wanted.length === 0 ? <li class="empty">No webhook and no Graph call yet.</li> : null}
        {drawn.map((row) => (
          <Row key={row.id} row={row} isOpen={open.has(row.id)} onToggle={toggle} />
        ))}
      </ol>
      {following ? null : (
        <button type="button" class="newest primary" onClick={() => setFollowing(true)}>
          Newest ↓
        </button>
      )}
      {rows.length >= capacity ? <p class="muted note">The page keeps the last {capacity} lines.</p> : null}
    </>
  );
}

const Row = drawWhenChanged(
  ({
    row,
    isOpen,
    onToggle,
  }: {
    readonly row: WireRow;
    readonly isOpen: boolean;
    readonly onToggle: (id: number) => void;
  }) => {
    const { id, seq, kind, way, channels, title, status, tone, chips, atMs, aside } = row;
    const words = (
      <>
        <time dateTime={new Date(atMs).toISOString()}>{clockTime(atMs)}</time>
        <span class="what">
          {way === undefined ? null : <span class={`way ${kind}`}>{way}</span>}{' '}
          {channels?.map((channel) => (
            <Fragment key={channel}>
              <span class={`channel ${channel}`}>{channel}</span>{' '}
            </Fragment>
          ))}
          <span class="title">{title}</span>{' '}
          {chips.map(({ text, tone: chipTone }) => (
            <Fragment key={text}>
              <span class={`chip ${chipTone}`}>{text}</span>{' '}
            </Fragment>
          ))}
        </span>
        <span class={`status ${tone}`}>{status}</span>
      </>
    );
    return (
      <li class={`line is-${kind} ${tone} ${aside ? 'aside' : ''}`}>
        {seq === undefined || way === undefined ? (
          <div class="words">{words}</div>
        ) : (
          <button type="button" class="words" aria-expanded={isOpen} onClick={() => onToggle(id)}>
            {words}
          </button>
        )}
        {isOpen && seq !== undefined ? <Detail seq={seq} status={status} /> : null}
      </li>
    );
  },
);

function Detail({ seq, status }: { readonly seq: number; readonly status: string }) {
  const [detail, setDetail] = useState<WireDetail | { readonly problem: string }>();
  useLayoutEffect(() => {
    let current = true;
    void detailOf(seq).then((answer) => {
      if (current) setDetail(answer);
    });
    return () => void (current = false);
    // Asked again when the line has ended, because it has more to show then.
  }, [seq, status]);
  if (detail === undefined) return <p class="detail muted">Loading …</p>;
  if ('problem' in detail) return <p class="detail muted">{detail.problem}</p>;
  const json = visibleLines(JSON.stringify(detail.entry, null, 2));
  return (
    <div class="detail">
      <div class="buttons">
        <CopyButton text={json} label="Copy JSON" />
        {detail.curl === undefined ? null : <CopyButton text={detail.curl} label="Copy as curl" />}
      </div>
      <pre tabIndex={0} aria-label="JSON">
        {json}
      </pre>
      {detail.curl === undefined ? null : (
        <details>
          <summary>As curl</summary>
          <pre tabIndex={0} aria-label="curl command">
            {detail.curl}
          </pre>
        </details>
      )}
    </div>
  );
}
