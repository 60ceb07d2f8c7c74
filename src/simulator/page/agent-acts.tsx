/** What an agent does with a case: hands the thread back, closes the chat, changes the ticket. */
import { useState } from 'preact/hooks';
import { dispositions, ticketChanges, type ThreadView } from '../stage/stage-words.js';
import { Choice } from './choice.js';
import type { Act } from './connect-stage.js';

/** The form that passes the thread to the bot. */
export function HandBack({ thread, act }: { readonly thread: ThreadView; readonly act: Act }) {
  const [disposition, setDisposition] = useState<(typeof dispositions)[number]>('completed');
  const [note, setNote] = useState('');
  const { psid, pageId } = thread;
  return (
    <form
      class="hand-back"
      aria-label="Hand the thread back"
      onSubmit={(event) => {
        event.preventDefault();
        const words = note.trim();
        void act({ act: 'agentHandsBack', psid, pageId, disposition, ...(words === '' ? {} : { note: words }) });
      }}
    >
      <Choice label="Disposition" choices={dispositions} chosen={disposition} onChoose={setDisposition} />
      <label class="grows">
        Note
        <input
          type="text"
          maxLength={500}
          placeholder="optional"
          value={note}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="primary">
        Hand back
      </button>
    </form>
  );
}

/** VCC Live's own webhooks to the bot. They do not change the thread's owner. */
export function Webhooks({ thread, act }: { readonly thread: ThreadView; readonly act: Act }) {
  const [disposition, setDisposition] = useState<(typeof dispositions)[number]>('completed');
  const [change, setChange] = useState<(typeof ticketChanges)[number]>('waiting4agent');
  const { psid, pageId } = thread;
  return (
    <div class="webhook-acts" role="group" aria-label="Webhooks of VCC Live">
      <form
        class="hand-back"
        title="Sends Chat (Async) to the bot. VCC Live keeps the thread: hand it back, or the bot takes it after half a minute"
        onSubmit={(event) => {
          event.preventDefault();
          void act({ act: 'agentClosesChat', psid, pageId, disposition });
        }}
      >
        <Choice label="Chat" choices={dispositions} chosen={disposition} onChoose={setDisposition} />
        <button type="submit">Close the chat</button>
      </form>
      <form
        class="hand-back"
        title="Sends Ticket Status (Async) to the bot"
        onSubmit={(event) => {
          event.preventDefault();
          void act({ act: 'agentChangesTicket', psid, pageId, change });
        }}
      >
        <Choice label="Ticket" choices={ticketChanges} chosen={change} onChoose={setChange} words={ticketWords} />
        <button type="submit">Tell the bot</button>
      </form>
    </div>
  );
}

const ticketWords: Readonly<Record<(typeof ticketChanges)[number], string>> = {
  waiting4agent: 'waiting for an agent',
  waiting4entity: 'waiting for the customer',
  park: 'parked',
  successful: 'closed: successful',
  unsuccessful: 'closed: unsuccessful',
};
