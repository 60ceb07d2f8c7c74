/** The agent's workspace at VCC Live: the threads handed over, the conversation, the metadata, and what an agent can do. */
import { parseExactJson } from '../../thread/exact-json.js';
import type { SettingsView, TalkEntry, ThreadView } from '../stage/stage-words.js';
import { HandBack, Webhooks } from './agent-acts.js';
import { AgentList } from './agent-list.js';
import type { Act } from './connect-stage.js';
import { Composer } from './composer.js';
import { simulatorNow, type StageState } from './stage-state.js';
import { duration, ownerName, speakerName } from './words.js';

const DAY_MS = 24 * 3_600_000;
/** A minute more, so that control has surely ended. */
const UNANSWERED_MS = DAY_MS + 60_000;
const TRANSCRIPT_MAX = 30;

/** The workspace. */
export function AgentWorkspace(props: {
  readonly state: StageState;
  readonly thread: ThreadView | undefined;
  readonly talk: readonly TalkEntry[];
  readonly onSelect: (key: string) => void;
  readonly act: Act;
}) {
  const { state, thread, talk, onSelect, act } = props;
  const nowMs = simulatorNow(state, performance.now());
  const queue = [...state.threads.values()].filter(({ truth }) => truth === 'vccLive');
  return (
    <>
      <div class="part-head">
        <h2>
          VCC Live <span class="count">{queue.length}</span>
        </h2>
      </div>
      <AgentList agents={state.agents} act={act} />
      {queue.length === 0 ? (
        <p class="empty">No customer waits for an agent. A thread appears here when the bot passes it.</p>
      ) : (
        <ul class="queue" aria-label="Threads handed over">
          {queue.map((one) => (
            <li key={one.key}>
              <button
                type="button"
                class="person"
                aria-current={one.key === thread?.key ? 'true' : undefined}
                onClick={() => onSelect(one.key)}
              >
                <span class="face" aria-hidden="true">
                  {one.name.slice(0, 1)}
                </span>
                <span class="name">{one.name}</span>
                <span class="last">{one.lastText}</span>
                <span class="muted left">{one.expiresAtMs === undefined ? '' : duration(one.expiresAtMs - nowMs)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {thread === undefined ? null : (
        <div class="case">
          <Case key={thread.key} thread={thread} talk={talk} settings={state.settings} act={act} />
          <Inbox key={`${thread.key} inbox`} thread={thread} act={act} />
        </div>
      )}
    </>
  );
}

function Case(props: {
  readonly thread: ThreadView;
  readonly talk: readonly TalkEntry[];
  readonly settings: SettingsView;
  readonly act: Act;
}) {
  const { thread, talk, settings, act } = props;
  const { botLabel, vccLiveWebhooks } = settings;
  const { psid, pageId } = thread;
  const mine = thread.truth === 'vccLive';
  const messages = talk.filter(({ kind }) => kind === 'message').slice(-TRANSCRIPT_MAX);
  return (
    <section class="card" aria-label={`Case of ${thread.name}`}>
      <h3>
        {thread.name} <span class={`owner ${thread.truth}`}>{ownerName(thread.truth, botLabel)}</span>
      </h3>
      {mine ? <Metadata text={thread.metadata} /> : null}
      <div class="transcript" tabIndex={0} role="group" aria-label={`What ${thread.name} and the others said`}>
        {messages.length === 0 ? <p class="muted">Nothing has been said yet.</p> : null}
        {messages.map((entry, index) => (
          <p key={index} class={entry.from}>
            <b>{speakerName(entry.from, thread.name, botLabel)}</b>{' '}
            {entry.text ??
              entry.cards?.map(({ text }) => text).join(' | ') ??
              `(${entry.attachment?.type ?? 'attachment'})`}
          </p>
        ))}
      </div>
      {mine ? (
        <>
          <Composer
            label={`Answer ${thread.name} as the agent`}
            placeholder="Answer as the agent"
            button="Answer"
            onSend={(text) => act({ act: 'agentSays', psid, pageId, text })}
          />
          <HandBack thread={thread} act={act} />
          {vccLiveWebhooks ? <Webhooks thread={thread} act={act} /> : null}
          <div class="buttons">
            <button type="button" class="small" onClick={() => void act({ act: 'agentReleases', psid, pageId })}>
              Release silently
            </button>
            <button
              type="button"
              class="small"
              title="Moves the clock forward by a day: nobody answers, and VCC Live’s control ends"
              onClick={() => void act({ act: 'clockForward', ms: UNANSWERED_MS })}
            >
              Leave it for 24 h
            </button>
            <button
              type="button"
              class="small"
              onClick={() => void act({ act: 'agentExtends', psid, pageId, hours: 72 })}
            >
              Extend to 72 h
            </button>
          </div>
        </>
      ) : (
        <>
          <p class="muted">
            {thread.truth === 'idle'
              ? 'Nobody owns this thread. An agent can take it.'
              : `${ownerName(thread.truth, botLabel)} owns this thread. An agent can read it, and cannot answer.`}
          </p>
          <div class="buttons">
            <button type="button" onClick={() => void act({ act: 'agentTakes', psid, pageId })}>
              Take the thread
            </button>
          </div>
          <Composer
            label={`Answer ${thread.name} although VCC Live does not own the thread`}
            placeholder="Answer anyway (Meta refuses it)"
            button="Try"
            onSend={(text) => act({ act: 'agentSays', psid, pageId, text })}
          />
        </>
      )}
    </section>
  );
}

/** The metadata of the thread: the fields of a JSON object, or the text itself. */
function Metadata({ text }: { readonly text: string | undefined }) {
  if (text === undefined) return <p class="muted">This thread came without metadata.</p>;
  const fields = fieldsOf(text);
  if (fields === undefined) return <p class="metadata-text">{text}</p>;
  return (
    <dl class="metadata" aria-label="Metadata">
      {fields.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function fieldsOf(text: string): [string, unknown][] | undefined {
  try {
    const value = parseExactJson(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : undefined;
  } catch {
    return undefined;
  }
}

function Inbox({ thread, act }: { readonly thread: ThreadView; readonly act: Act }) {
  const { psid, pageId } = thread;
  return (
    <section class="card inbox-card" aria-label="Page inbox">
      <h3>Page inbox</h3>
      <p class="muted">A colleague who answers here takes the thread at once.</p>
      <Composer
        label={`Answer ${thread.name} from the Page inbox`}
        placeholder="Answer from the inbox"
        button="Answer"
        onSend={(text) => act({ act: 'inboxReplies', psid, pageId, text })}
      />
      <div class="buttons">
        <button type="button" onClick={() => void act({ act: 'inboxMovesToMain', psid, pageId })}>
          Move to main
        </button>
        <button
          type="button"
          disabled={thread.truth !== 'inbox'}
          onClick={() => void act({ act: 'inboxMarksDone', psid, pageId })}
        >
          Mark as done
        </button>
      </div>
    </section>
  );
}
