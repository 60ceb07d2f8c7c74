/** The drawing of one thread: who owned it, what the bot believed, what was said. The stage draws it; this shows it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ThreadView } from '../stage/stage-words.js';
import { drawingAddress, drawingOf } from './connect-stage.js';

/** Changes that come together are drawn once, milliseconds. */
const SETTLES_MS = 150;
const PADDING_PX = 16;

/** The drawing, with a link that saves it. It follows the thread. */
export function ThreadDrawing({ thread }: { readonly thread: ThreadView }) {
  const box = useRef<HTMLDivElement>(null);
  const [svg, setSvg] = useState('');
  useEffect(() => {
    let isOver = false;
    const draw = async (): Promise<void> => {
      const drawn = await drawingOf(thread.key, (box.current?.clientWidth ?? 0) - PADDING_PX);
      if (!isOver && drawn !== undefined) setSvg(drawn);
    };
    const soon = setTimeout(() => void draw(), SETTLES_MS);
    return () => {
      isOver = true;
      clearTimeout(soon);
    };
    // The stage sends a new view of the thread whenever something happened in it.
  }, [thread]);
  return (
    <>
      <p class="save">
        <a href={drawingAddress(thread.key)} download={`thread-${thread.psid}.svg`}>
          Save as SVG
        </a>
      </p>
      <div
        class="drawing"
        ref={box}
        tabIndex={0}
        role="region"
        aria-label={`Drawing of the thread of ${thread.name}`}
        // The stage's own answer. Names and texts are escaped in it, and the page's policy runs no script from it.
        dangerouslySetInnerHTML={{ __html: svg }}
      />
    </>
  );
}
