/** Which dialog a handover step begins: a second dialog never redirects the steps that are there already. */
import { expect } from 'chai';
import { HandoverDialogIds } from '../../src/bot/requests/handover-dialog-ids.js';

const DEFAULT = 'vccLiveHandover';

describe('handover.step()', () => {
  const rows: [what: string, made: string[], beside: string[], wanted: string | undefined, begins: string | RegExp][] =
    [
      ['begins the only dialog', [DEFAULT], [DEFAULT], undefined, DEFAULT],
      ['begins the only dialog, whatever its id', ['sales'], ['sales'], undefined, 'sales'],
      [
        'still begins the default dialog after another one was made',
        [DEFAULT, 'sales'],
        [DEFAULT, 'sales'],
        undefined,
        DEFAULT,
      ],
      ['begins the one that its waterfall can reach', [DEFAULT, 'sales'], ['sales'], undefined, 'sales'],
      ['begins the dialog that it names', [DEFAULT, 'sales'], [DEFAULT, 'sales'], 'sales', 'sales'],
      ['refuses to choose between two without a default', ['a', 'b'], ['a', 'b'], undefined, /several .* "a", "b"/],
      [
        'says how to add the dialog',
        [DEFAULT],
        [],
        undefined,
        /There is no dialog "vccLiveHandover" .*handover\.dialog\(\)/,
      ],
      [
        'says how to add a dialog that it names',
        [DEFAULT],
        [DEFAULT],
        'sales',
        /dialogs\.add\(handover\.dialog\('sales'\)\)/,
      ],
    ];
  for (const [what, made, beside, wanted, begins] of rows) {
    it(what, () => {
      const dialogs = new HandoverDialogIds();
      for (const id of made) dialogs.made(id);
      const findDialog = (id: string): never => (beside.includes(id) ? {} : undefined) as never;
      const begun = (): string => dialogs.idFor({ findDialog }, wanted);
      if (typeof begins === 'string') expect(begun()).to.equal(begins);
      else expect(begun).to.throw(begins).with.property('code', 'dialogMissing');
    });
  }
});
