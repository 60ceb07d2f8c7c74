/**
 * Measures each attempt at a Graph call with a probe. Without a probe, this class is not used and costs nothing.
 */
import type { Probe, WorkEnd } from '../thread/probe.js';
import { measured } from '../thread/probe.js';
import { CallAttempts } from './attempt-call.js';
import type { ClientSettings } from './client-options.js';
import type { Attempt, GraphCall } from './graph-call.js';

/** Attempts, with or without a probe. */
export function attemptsOf(settings: ClientSettings): CallAttempts {
  return settings.probe === undefined ? new CallAttempts(settings) : new MeasuredAttempts(settings, settings.probe);
}

class MeasuredAttempts extends CallAttempts {
  readonly #deps: { readonly probe: Probe; readonly clock: ClientSettings['clock'] };
  readonly #host: string;

  constructor(settings: ClientSettings, probe: Probe) {
    super(settings);
    this.#deps = { probe, clock: settings.clock };
    this.#host = new URL(settings.root).host;
  }

  override async attempt(call: GraphCall): Promise<Attempt> {
    const { operation, pageId } = call;
    const work = { kind: 'graphCall', operation, pageId, host: this.#host } as const;
    return measured(this.#deps, work, () => super.attempt(call), endOf);
  }
}

function endOf(attempt: Attempt | undefined, durationMs: number): WorkEnd {
  if (attempt?.ok === true) return { kind: 'graphCall', durationMs, outcome: 'ok' };
  const error = attempt?.error;
  return {
    kind: 'graphCall',
    durationMs,
    outcome: error?.outcome ?? 'unknown',
    errorType: error?.code ?? 'unexpected',
    ...(error?.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
    ...(error?.metaCode === undefined ? {} : { metaCode: error.metaCode }),
    ...(error?.metaSubcode === undefined ? {} : { metaSubcode: error.metaSubcode }),
    ...(error?.fbTraceId === undefined ? {} : { fbTraceId: error.fbTraceId }),
  };
}
