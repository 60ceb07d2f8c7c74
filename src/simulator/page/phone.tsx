/** The customer's phone: a Messenger conversation that names each speaker. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import {
  attachmentTypes,
  type ButtonView,
  type SettingsView,
  type TalkEntry,
  type ThreadView,
} from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';
import { Composer } from './composer.js';
import { clockTime, speakerName } from './words.js';

const NEAR_END_PX = 40;

/** One customer's phone. */
export function Phone(props: {
  readonly thread: ThreadView;
  readonly talk: readonly TalkEntry[];
  readonly settings: SettingsView;
  readonly act: Act;
}) {
  const { thread, talk, settings, act } = props;
  const { psid, pageId } = thread;
  const pageName = settings.pages.find((page) => page.pageId === pageId)?.name ?? 'Your Page';
  const [open, setOpen] = useState<'menu' | 'attach'>();
  const toggle = (what: 'menu' | 'attach'): void => setOpen(open === what ? undefined : what);
  return (
    <div class="phone" role="group" aria-label={`Phone of ${thread.name}`}>
      <div class="phone-head">
        <span class="face page-face" aria-hidden="true">
          {pageName.slice(0, 1)}
        </span>
        <div>
          <h2>{pageName}</h2>
          <p class="muted">seen by {thread.name}</p>
        </div>
        <button type="button" class="small" aria-expanded={open === 'menu'} onClick={() => toggle('menu')}>
          Menu
        </button>
      </div>
      <Conversation thread={thread} talk={talk} settings={settings} act={act} />
      {open === 'menu' ? (
        <ul class="drawer" aria-label="Persistent menu">
          {settings.menu.map(({ title, payload }) => (
            <li key={payload}>
              <button
                type="button"
                onClick={() => {
                  setOpen(undefined);
                  void act({ act: 'customerPresses', psid, pageId, payload, title });
                }}
              >
                {title}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      {open === 'attach' ? <Attach thread={thread} act={act} onDone={() => setOpen(undefined)} /> : null}
      <Composer
        label={`Message from ${thread.name}`}
        placeholder="Message"
        button="Send"
        onSend={(text) => act({ act: 'customerSays', psid, pageId, text })}
        before={
          <button type="button" class="small" aria-expanded={open === 'attach'} onClick={() => toggle('attach')}>
            Attach
          </button>
        }
      />
    </div>
  );
}

function Conversation(props: {
  readonly thread: ThreadView;
  readonly talk: readonly TalkEntry[];
  readonly settings: SettingsView;
  readonly act: Act;
}) {
  const { thread, talk, settings, act } = props;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    if (log.current !== null && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [talk]);
  useLayoutEffect(() => {
    const box = log.current;
    if (box === null) return undefined;
    const watcher = new ResizeObserver(() => {
      if (atEnd.current) box.scrollTop = box.scrollHeight;
    });
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);
  const messages = talk.filter(({ kind }) => kind === 'message');
  const last = messages.at(-1);
  const typing = talk.at(-1)?.kind === 'typing' && talk.at(-1)?.on === true ? talk.at(-1) : undefined;
  const { psid, pageId } = thread;
  return (
    <div
      class="talk"
      role="log"
      aria-label={`Conversation of ${thread.name}`}
      tabIndex={0}
      ref={log}
      onScroll={({ currentTarget: box }) => {
        atEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
      }}
    >
      {messages.length === 0 ? (
        <p class="empty">
          Say hello, or ask to <em>talk to an agent</em>.
        </p>
      ) : null}
      {messages.map((entry, index) => (
        <Message
          key={index}
          entry={entry}
          follows={messages[index - 1]?.from === entry.from}
          name={speakerName(entry.from, thread.name, settings.botLabel)}
          onPress={(payload, title) => void act({ act: 'customerPresses', psid, pageId, payload, title })}
        />
      ))}
      {typing === undefined ? null : (
        <p class="typing">{speakerName(typing.from, thread.name, settings.botLabel)} is typing …</p>
      )}
      {last?.quickReplies === undefined || last.from === 'customer' ? null : (
        <ul class="quick-replies" aria-label="Quick replies">
          {last.quickReplies.map(({ title, payload = title }) => (
            <li key={title}>
              <button type="button" onClick={() => void act({ act: 'customerTaps', psid, pageId, title, payload })}>
                {title}
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Message(props: {
  readonly entry: TalkEntry;
  readonly follows: boolean;
  readonly name: string;
  readonly onPress: (payload: string, title: string) => void;
}) {
  const { entry, follows, name, onPress } = props;
  return (
    <div class={`message ${entry.from} ${follows ? 'follows' : ''}`}>
      <p class="by">
        <span class="name">{name}</span>{' '}
        <time dateTime={new Date(entry.atMs).toISOString()}>{clockTime(entry.atMs)}</time>
      </p>
      <div class="bubble">
        {entry.text === undefined ? null : <p>{entry.text}</p>}
        {entry.attachment === undefined ? null : <File {...entry.attachment} />}
        {entry.cards === undefined ? null : (
          <ul class="cards" aria-label="Carousel">
            {entry.cards.map((card, index) => (
              <li key={index}>
                <p>{card.text}</p>
                {card.imageUrl === undefined ? null : <File type="image" url={card.imageUrl} />}
                <Buttons buttons={card.buttons} onPress={onPress} />
              </li>
            ))}
          </ul>
        )}
        <Buttons buttons={entry.buttons} onPress={onPress} />
      </div>
    </div>
  );
}

function File({ type, url, title }: NonNullable<TalkEntry['attachment']>) {
  return (
    <p class="attachment">
      <span class="chip plain">{type}</span>{' '}
      {url === undefined ? (
        title
      ) : (
        <a href={url} target="_blank" rel="noreferrer">
          {fileName(url)}
        </a>
      )}
    </p>
  );
}

function Buttons({
  buttons,
  onPress,
}: {
  readonly buttons: readonly ButtonView[] | undefined;
  readonly onPress: (payload: string, title: string) => void;
}) {
  if (buttons === undefined) return null;
  return (
    <div class="buttons">
      {buttons.map(({ title, payload, url }) =>
        payload === undefined ? (
          <a key={title} class="button" href={url} target="_blank" rel="noreferrer">
            {title}
          </a>
        ) : (
          <button key={title} type="button" onClick={() => onPress(payload, title)}>
            {title}
          </button>
        ),
      )}
    </div>
  );
}

function Attach({
  thread,
  act,
  onDone,
}: {
  readonly thread: ThreadView;
  readonly act: Act;
  readonly onDone: () => void;
}) {
  const [type, setType] = useState<(typeof attachmentTypes)[number]>('image');
  const [url, setUrl] = useState('https://example.com/parcel.png');
  const { psid, pageId } = thread;
  const isPlace = type === 'location';
  return (
    <form
      class="drawer attach"
      aria-label="Attachment"
      onSubmit={(event) => {
        event.preventDefault();
        void act({ act: 'customerSends', psid, pageId, type, ...(isPlace ? {} : { url }) }).then((ok) => {
          if (ok) onDone();
        });
      }}
    >
      <label>
        Kind
        <select
          value={type}
          onChange={(event) => setType(attachmentTypes.find((one) => one === event.currentTarget.value) ?? 'image')}
        >
          {attachmentTypes.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      {isPlace ? null : (
        <label class="grows">
          Address
          <input type="url" required value={url} onInput={(event) => setUrl(event.currentTarget.value)} />
        </label>
      )}
      <button type="submit" class="primary">
        Send it
      </button>
    </form>
  );
}

function fileName(url: string): string {
  return (
    url
      .split(/[?#]/)[0]
      ?.split('/')
      .findLast((piece) => piece !== '') ?? url
  );
}
