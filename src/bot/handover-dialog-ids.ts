/** Finds the dialog that a waterfall's handover step begins, so that a second dialog never redirects a step silently. */
import { HandoverError } from '../thread/errors.js';

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
