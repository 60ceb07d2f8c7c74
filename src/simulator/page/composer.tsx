/** A line to write in, with its button: the customer's, the agent's and the Page inbox's are the same. */
import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';

/** A line to write in, with its button. The text stays where it was refused. */
export function Composer(props: {
  readonly label: string;
  readonly placeholder: string;
  readonly button: string;
  readonly onSend: (text: string) => Promise<boolean>;
  readonly before?: ComponentChild;
}) {
  const { label, placeholder, button, onSend, before } = props;
  const [text, setText] = useState('');
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '') return;
        setText('');
        void onSend(text).then((accepted) => {
          if (!accepted) setText((typed) => (typed === '' ? text : typed));
        });
      }}
    >
      {before}
      <input
        type="text"
        aria-label={label}
        placeholder={placeholder}
        maxLength={2000}
        autoComplete="off"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="primary">
        {button}
      </button>
    </form>
  );
}
