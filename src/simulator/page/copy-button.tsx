/** A button that copies a text, and says that it did. */
import { useState } from 'preact/hooks';

const SAID_MS = 1800;

/** The button. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    setSaid((await copied(text)) ? 'Copied' : 'Not allowed');
    setTimeout(() => setSaid(''), SAID_MS);
  };
  return (
    <button type="button" class="small" aria-live="polite" onClick={() => void copy()}>
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
