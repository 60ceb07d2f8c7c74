/** The switches of what goes wrong. */
import type { SwitchView } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';

const GROUPS: readonly { readonly id: SwitchView['group']; readonly title: string }[] = [
  { id: 'webhooks', title: 'Webhooks to the bot' },
  { id: 'graph', title: 'Graph calls' },
  { id: 'page', title: 'The Page' },
];

/** The panel. */
export function WeatherPanel(props: {
  readonly switches: readonly SwitchView[];
  readonly canRestart: boolean;
  readonly act: Act;
}) {
  const { switches, canRestart, act } = props;
  return (
    <section class="weather" id="weather" aria-label="Weather">
      <div class="part-head">
        <h2>Weather</h2>
        <div class="buttons">
          <button type="button" class="small" onClick={() => void act({ act: 'calmWeather' })}>
            Calm everything
          </button>
          {canRestart ? (
            <button
              type="button"
              class="small"
              title="Shuts the bot down and starts it again; its store keeps whose the threads are"
              onClick={() => void act({ act: 'restartBot' })}
            >
              Restart the bot
            </button>
          ) : null}
          <button
            type="button"
            class="small"
            title="After an hour of failures Meta unsubscribes the app; this subscribes it again"
            onClick={() => void act({ act: 'resubscribe' })}
          >
            Subscribe the bot again
          </button>
          <button
            type="button"
            class="small"
            title="200 new customers write at the same moment"
            onClick={() => void act({ act: 'crowdTalks', customers: 200, text: 'Is anybody there?' })}
          >
            200 customers write
          </button>
        </div>
      </div>
      <div class="groups">
        {GROUPS.map(({ id, title }) => (
          <fieldset key={id}>
            <legend>{title}</legend>
            {switches
              .filter(({ group }) => group === id)
              .map((one) => (
                <Switch key={one.id} view={one} act={act} />
              ))}
          </fieldset>
        ))}
      </div>
    </section>
  );
}

function Switch({ view, act }: { readonly view: SwitchView; readonly act: Act }) {
  const { id, label, help, choices, value } = view;
  const turn = (wanted: string): void => void act({ act: 'weather', id, value: wanted });
  const isPlain = choices.length === 2;
  return (
    <div class={`switch ${value === 'off' ? '' : 'on'}`} title={help}>
      {isPlain ? (
        <label>
          <input
            type="checkbox"
            role="switch"
            aria-describedby={`help-${id}`}
            checked={value !== 'off'}
            onChange={(event) => turn(event.currentTarget.checked ? 'on' : 'off')}
          />
          <span>{label}</span>
        </label>
      ) : (
        <label>
          <span>{label}</span>
          <select value={value} aria-describedby={`help-${id}`} onChange={(event) => turn(event.currentTarget.value)}>
            {choices.map((choice) => (
              <option key={choice.value} value={choice.value}>
                {choice.label}
              </option>
            ))}
          </select>
        </label>
      )}
      <p class="muted" id={`help-${id}`}>
        {help}
      </p>
    </div>
  );
}
