/** The agents of VCC Live's project: who is logged in, and what each of them does. */
import { agentStates, type AgentView } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';

const STATE_WORDS: Readonly<Record<AgentView['state'], string>> = {
  available: 'logged in',
  paused: 'on pause',
  atLimit: 'at the chat limit',
  loggedOut: 'logged out',
};

/** One row for each agent. A bot hears of a change when it asks VCC Live whether somebody is there. */
export function AgentList({ agents, act }: { readonly agents: readonly AgentView[]; readonly act: Act }) {
  return (
    <ul class="agents" aria-label="Agents of VCC Live">
      {agents.map(({ username, state }) => (
        <li key={username}>
          <label>
            <span class={`dot ${state}`} aria-hidden="true" />
            {username}
            <select
              value={state}
              onChange={(event) => {
                const chosen = agentStates.find((one) => one === event.currentTarget.value) ?? state;
                void act({ act: 'agentIsNow', username, state: chosen });
              }}
            >
              {agentStates.map((one) => (
                <option key={one} value={one}>
                  {STATE_WORDS[one]}
                </option>
              ))}
            </select>
          </label>
        </li>
      ))}
    </ul>
  );
}
