/** The whole page: the selected thread, the part that a narrow screen shows, and the last problem. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import { AgentWorkspace } from './agent-workspace.js';
import { command, connectStage, type Act } from './connect-stage.js';
import { CustomerList } from './customer-list.js';
import { HeaderBar } from './header-bar.js';
import { OwnershipStrip } from './ownership-strip.js';
import { Phone } from './phone.js';
import { ScenarioBar } from './scenario-bar.js';
import type { StageState } from './stage-state.js';
import { WeatherPanel } from './weather-panel.js';
import { WireTimeline } from './wire-timeline.js';

type Part = 'phone' | 'agent' | 'wire' | 'weather';

const PARTS: readonly { readonly id: Part; readonly label: string }[] = [
  { id: 'phone', label: 'Phone' },
  { id: 'agent', label: 'Agent' },
  { id: 'wire', label: 'Wire' },
  { id: 'weather', label: 'Weather' },
];

/** How long a problem stays on the page, milliseconds. */
const PROBLEM_MS = 9000;

/** The page. */
export function App() {
  const [state, setState] = useState<StageState>();
  const [connected, setConnected] = useState(true);
  const [selected, setSelected] = useState<string>();
  const [part, setPart] = useState<Part>('phone');
  const [weatherOpen, setWeatherOpen] = useState(false);
  const [problem, setProblem] = useState<string>();

  useEffect(() => connectStage({ onState: setState, onConnection: setConnected }), []);
  useEffect(() => {
    if (problem === undefined) return undefined;
    const hide = setTimeout(() => setProblem(undefined), PROBLEM_MS);
    return () => clearTimeout(hide);
  }, [problem]);

  const act: Act = useCallback(async (wanted) => {
    const answer = await command(wanted);
    setProblem(answer.ok ? undefined : answer.problem);
    // Show a new customer, and the customer of a new scenario.
    if (answer.ok && answer.key !== undefined) setSelected(answer.key);
    return answer.ok;
  }, []);

  if (state === undefined) {
    return (
      <main class="waiting" aria-live="polite">
        {connected
          ? 'Connecting to the stage …'
          : 'The stage does not answer. Check that npm start still runs; the page tries again.'}
      </main>
    );
  }
  // A restarted stage does not know the customers of the one before.
  const isThere = selected !== undefined && state.threads.has(selected);
  const key = isThere ? selected : (state.scenario?.threadKey ?? [...state.threads.keys()][0]);
  const thread = key === undefined ? undefined : state.threads.get(key);
  const talk = (key === undefined ? undefined : state.talk.get(key)) ?? NO_TALK;
  return (
    <div class="page" data-part={part} data-weather={weatherOpen ? 'open' : 'closed'}>
      <HeaderBar state={state} act={act} weatherOpen={weatherOpen} onWeather={() => setWeatherOpen(!weatherOpen)} />
      {connected ? null : (
        <p class="banner bad" role="status">
          The page lost its connection to the stage and tries again.
        </p>
      )}
      <OwnershipStrip state={state} thread={thread} onSelect={setSelected} />
      {state.scenario === null ? null : (
        <ScenarioBar
          scenario={state.scenario}
          customer={state.threads.get(state.scenario.threadKey)?.name ?? 'a new customer'}
          act={act}
          onSelect={setSelected}
        />
      )}
      <main class="parts">
        <WeatherPanel switches={state.weather} canRestart={state.settings.canRestart} act={act} />
        <section class="part phone-part" aria-label="Customers and their phone">
          <CustomerList
            threads={state.threads}
            pages={state.settings.pages}
            selected={key}
            onSelect={setSelected}
            act={act}
          />
          {thread === undefined ? null : (
            <Phone key={thread.key} thread={thread} talk={talk} settings={state.settings} act={act} />
          )}
        </section>
        <section class="part agent-part" aria-label="VCC Live agent workspace">
          <AgentWorkspace state={state} thread={thread} talk={talk} onSelect={setSelected} act={act} />
        </section>
        <section class="part wire-part" aria-label="The wire">
          <WireTimeline rows={state.rows} capacity={state.settings.rowCapacity} thread={thread} />
        </section>
      </main>
      <nav class="tabs" aria-label="Parts of the stage">
        {PARTS.map(({ id, label }) => (
          <button key={id} type="button" aria-current={part === id ? 'true' : undefined} onClick={() => setPart(id)}>
            {label}
          </button>
        ))}
      </nav>
      {problem === undefined ? null : (
        <p class="toast" role="alert">
          <span>{problem}</span>
          <button type="button" class="quiet" onClick={() => setProblem(undefined)}>
            Close
          </button>
        </p>
      )}
    </div>
  );
}

const NO_TALK: readonly never[] = [];
