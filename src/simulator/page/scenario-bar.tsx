/** The story that plays: its last step, a line that says what to look at, and the buttons for the next step. */
import type { ScenarioView } from '../stage/stage-words.js';
import type { Act } from './connect-stage.js';

/** The bar. */
export function ScenarioBar(props: {
  readonly scenario: ScenarioView;
  /** Name of the story's customer. */
  readonly customer: string;
  readonly act: Act;
  readonly onSelect: (key: string) => void;
}) {
  const { scenario, customer, act, onSelect } = props;
  const { title, about, steps, played, state, problem, threadKey } = scenario;
  const last = steps[played - 1];
  const next = steps[played];
  return (
    <section class="scenario" aria-label={`Scenario: ${title}`}>
      <div class="story">
        <p class="head">
          <strong>{title}</strong>{' '}
          <span class="muted">
            step {played} of {steps.length}, with {customer}
          </span>
        </p>
        <div aria-live="polite">
          {last === undefined ? (
            <p class="does">{about}</p>
          ) : (
            <>
              <p class="does">{last.does}</p>
              <p class="look">
                <span class="label">Look at</span> {last.lookAt}
              </p>
            </>
          )}
          {problem === undefined ? null : <p class="banner bad">The scenario stopped: {problem}</p>}
          {state === 'over' ? (
            <p class="muted">This was the last step. Nothing goes wrong any more: the weather is calm.</p>
          ) : null}
        </div>
      </div>
      <div class="buttons">
        {next === undefined ? null : (
          <>
            <button
              type="button"
              class="primary"
              disabled={state !== 'waiting'}
              title={next.does}
              onClick={() => {
                onSelect(threadKey);
                void act({ act: 'scenarioNext' });
              }}
            >
              Next
            </button>
            <button
              type="button"
              disabled={state !== 'waiting'}
              onClick={() => {
                onSelect(threadKey);
                void act({ act: 'scenarioPlayAll' });
              }}
            >
              Play all
            </button>
          </>
        )}
        <button type="button" class="quiet" onClick={() => void act({ act: 'scenarioStop' })}>
          {state === 'over' ? 'Close' : 'Stop'}
        </button>
      </div>
    </section>
  );
}
