/** A text field with its button, for customer, agent and Page inbox. */
import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';

/** A text field with its button. A refused text stays in the field. */
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
