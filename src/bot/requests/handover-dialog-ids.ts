/** Finds the dialog that a waterfall's handover step begins, so that a second dialog never redirects a step silently. */
import { checkFields, namesOf } from '../../thread/check-values.js';
import { HandoverError } from '../../thread/errors.js';
import type { HandoverRequest } from '../../thread/handover.js';

const REQUEST_NAMES = namesOf<HandoverRequest>({ reason: true, summary: true, metadata: true, notice: true });

/**
 * A request that is made at start-up, by a dialog or a step. A turn's request is not checked: no misspelt name may keep a
 * customer from an agent.
 * @throws {@link InvalidOptionError} if it has a name that no request has
 */
export function checkRequest(request: HandoverRequest): void {
  checkFields('request', request, REQUEST_NAMES);
}

/** The id of a handover dialog that was given none. */
export const DEFAULT_DIALOG_ID = 'vccLiveHandover';

/** What is needed of a waterfall's step. */
export interface DialogFinder {
  findDialog(id: string): unknown;
}

/** The dialogs that one plugin has made. */
export class HandoverDialogIds {
  readonly #ids = new Set<string>();

  /** Remembers a dialog. */
  made(id: string): void {
    this.#ids.add(id);
  }

  /**
   * The dialog that a step begins: the one it names, otherwise the one without an id of its own, otherwise the only one.
   * Dialogs that the waterfall cannot reach do not count.
   * @throws {@link HandoverError} code `dialogMissing` if there is none, or several to choose from
   */
  idFor(step: DialogFinder, wanted?: string): string {
    const candidates = wanted === undefined ? [...this.#ids] : [wanted];
    const reachable = candidates.filter((id) => step.findDialog(id) !== undefined);
    const [first, ...others] = reachable;
    if (first === undefined) throw missing(candidates.length === 1 ? candidates[0] : DEFAULT_DIALOG_ID);
    if (others.length === 0) return first;
    if (reachable.includes(DEFAULT_DIALOG_ID)) return DEFAULT_DIALOG_ID;
    const ids = reachable.map((id) => `"${id}"`).join(', ');
    throw new HandoverError(
      'dialogMissing',
      `This waterfall has several handover dialogs: ${ids}. Say which one to begin: handover.step({}, '${first}').`,
    );
  }
}

function missing(id: string = DEFAULT_DIALOG_ID): HandoverError {
  const given = id === DEFAULT_DIALOG_ID ? '' : `'${id}'`;
  const text = `There is no dialog "${id}" beside this waterfall. Add it: dialogs.add(handover.dialog(${given})).`;
  return new HandoverError('dialogMissing', text);
}
