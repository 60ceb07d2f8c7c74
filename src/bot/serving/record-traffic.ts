/** The option `record` of adapters: begins a recording of the bot's webhooks and Graph calls. */
import { InvalidOptionError } from '../../thread/errors.js';
import { fieldOf } from '../../thread/read-unknown.js';
import { checkFields, isObject } from '../../thread/check-values.js';
import { TrafficRecorder } from '../../recording/traffic-recorder.js';
import type { HandoverCore } from '../compose-core.js';

/** A new file, or the file and the texts and field names that stay as they are in it. */
export type RecordOption = string | { readonly file: string; readonly keep?: readonly string[] };

/** @throws {@link InvalidOptionError} if the option is wrong, the file exists, or the bot records already */
export function recordTraffic(
  option: RecordOption,
  { traffic, log, clock, options }: Pick<HandoverCore, 'traffic' | 'log' | 'clock' | 'options'>,
): void {
  const { file, keep } = checked(option);
  if (traffic.observer !== undefined) {
    throw new InvalidOptionError(
      'record',
      `${file}, while another adapter records`,
      'set on one adapter of a handover',
    );
  }
  const { botAppId, vccLiveAppId } = options;
  traffic.observer = new TrafficRecorder({
    file,
    keep,
    botAppId,
    vccLiveAppId: typeof vccLiveAppId === 'string' ? vccLiveAppId : undefined,
    now: () => clock.now(),
    complain: (line) => log.error(line),
  });
  log.warn(
    `Webhooks and Graph calls are recorded in ${file}, with neutral values. Leave out the option record to stop it.`,
  );
}

function checked(option: unknown): { readonly file: string; readonly keep: readonly string[] } {
  if (isObject(option)) checkFields('record', option, ['file', 'keep']);
  const file: unknown = typeof option === 'string' ? option : fieldOf(option, 'file');
  const keep: unknown = fieldOf(option, 'keep') ?? [];
  const isRight = typeof file === 'string' && file !== '' && Array.isArray(keep);
  if (isRight && keep.every((text) => typeof text === 'string')) return { file, keep: keep };
  const expected = "the name of a new file, or { file: 'bug.jsonl', keep: ['texts that stay'] }";
  throw new InvalidOptionError('record', 'something else', expected);
}
