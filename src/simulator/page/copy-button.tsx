/** A button that copies a text, and says that it did. */
import { useState } from 'preact/hooks';

const SAID_MS = 1800;

/** `what` completes "Copy …" for those who hear the page. */
export function CopyButton({
  text,
  what,
  label = 'Copy',
}: {
  readonly text: string;
  readonly what: string;
  readonly label?: string;
}) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    setSaid((await copied(text)) ? 'Copied' : 'Not allowed');
    setTimeout(() => setSaid(''), SAID_MS);
  };
  return (
    <button type="button" class="small" aria-label={said === '' ? `Copy ${what}` : said} onClick={() => void copy()}>
      {said === '' ? label : said}
    </button>
  );
}

/** The clipboard is there on localhost and https only. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
