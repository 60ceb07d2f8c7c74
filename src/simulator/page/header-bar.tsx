/** The bar at the top: the clock, the scenarios, the button of the weather, and how to connect a bot. */
import { useEffect, useState } from 'preact/hooks';
import { scenarioGroups } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';
import { CopyButton } from './copy-button.js';
import { simulatorNow, type StageState } from './stage-state.js';
import { calendarDay, clockTime } from './words.js';

const HOUR_MS = 3_600_000;
const TICK_MS = 1000;

/** The bar. */
export function HeaderBar(props: {
  readonly state: StageState;
  readonly act: Act;
  readonly weatherOpen: boolean;
  readonly onWeather: () => void;
}) {
  const { state, act, weatherOpen, onWeather } = props;
  const bad = state.weather.filter(({ value }) => value !== 'off').length;
  return (
    <header class="bar">
      <h1>
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <rect width="32" height="32" rx="8" fill="currentColor" />
          <path d="M6 12h14l-4-4M26 20H12l4 4" class="mark" />
        </svg>
        Handover stage
      </h1>
      <Clock state={state} act={act} />
      <Scenarios state={state} act={act} />
      <button
        type="button"
        class={`weather-button ${bad > 0 ? 'on' : ''}`}
        aria-expanded={weatherOpen}
        aria-controls="weather"
        onClick={onWeather}
      >
        Weather: {bad === 0 ? 'calm' : `${bad} ${bad === 1 ? 'switch' : 'switches'} on`}
      </button>
      <Connect state={state} />
    </header>
  );
}

function Clock({ state, act }: { readonly state: StageState; readonly act: Act }) {
  const [, tick] = useState(0);
  const [hours, setHours] = useState('6');
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  const nowMs = simulatorNow(state, performance.now());
  const forward = (ms: number): void => void act({ act: 'clockForward', ms });
  const wanted = Math.round(Number(hours) * HOUR_MS);
  return (
    <div class="clock" role="group" aria-label="Clock that you can move forward">
      <time dateTime={new Date(nowMs).toISOString()}>
        <span class="day">{calendarDay(nowMs)}</span> {clockTime(nowMs)}
      </time>
      {state.clock.mode === 'held' ? <span class="chip plain">held</span> : null}
      <button type="button" onClick={() => forward(HOUR_MS)} title="Move the clock forward by one hour">
        +1 h
      </button>
      <button type="button" onClick={() => forward(24 * HOUR_MS)} title="Move the clock forward by 24 hours">
        +24 h
      </button>
      <button
        type="button"
        aria-expanded={asking}
        onClick={() => setAsking(!asking)}
        title="Move the clock forward by …"
      >
        + …
      </button>
      {asking ? (
        <form
          class="popover"
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted >= 1) forward(wanted);
            setAsking(false);
          }}
        >
          <label>
            Hours
            <input
              type="number"
              min="0.01"
              max="1440"
              step="any"
              required
              value={hours}
              onInput={(event) => setHours(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="primary">
            Move forward
          </button>
        </form>
      ) : null}
    </div>
  );
}

function Scenarios({ state, act }: { readonly state: StageState; readonly act: Act }) {
  const [id, setId] = useState(state.scenarios[0]?.id ?? '');
  const about = state.scenarios.find((one) => one.id === id)?.about ?? '';
  return (
    <form
      class="scenarios"
      onSubmit={(event) => {
        event.preventDefault();
        void act({ act: 'scenarioStart', id });
      }}
    >
      <label>
        <span class="label">Scenario</span>
        <select value={id} title={about} onChange={(event) => setId(event.currentTarget.value)}>
          {scenarioGroups.map((group) => (
            <optgroup key={group} label={group}>
              {state.scenarios
                .filter((offer) => offer.group === group)
                .map((offer) => (
                  <option key={offer.id} value={offer.id}>
                    {offer.title}
                  </option>
                ))}
            </optgroup>
          ))}
        </select>
      </label>
      <button type="submit" class="primary">
        Start
      </button>
    </form>
  );
}

function Connect({ state }: { readonly state: StageState }) {
  const { environment, loopbackOnly } = state.settings;
  return (
    <details class="connect">
      <summary>Connect a bot</summary>
      <div class="popover wide">
        <p>Configure a bot with these values to use it on this stage. The simulator made them up.</p>
        <pre tabIndex={0} aria-label="Environment variables">
          {environment.join('\n')}
        </pre>
        <CopyButton text={environment.join('\n')} label="Copy the variables" />
        <p class="muted">
          {loopbackOnly
            ? 'Only this computer can open the stage.'
            : 'Other computers can open the stage: whoever reaches the port can act as customer and agent.'}
        </p>
      </div>
    </details>
  );
}
