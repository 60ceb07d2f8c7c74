/** The dialogs of the Agents SDK by themselves: what they refuse. Stories with them are played on every transport. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive/agents';
import { handoverDialogs } from 'botbuilder-handover-vcclive/agents/dialogs';

describe('handoverDialogs(handover).dialog()', () => {
  for (const [what, wrong] of [
    ['nothing', undefined],
    ['something else', {}],
  ] as const) {
    it(`says what it needs where it is given ${what}`, () => {
      expect(() => handoverDialogs(wrong as never).dialog())
        .to.throw(InvalidOptionError, 'a VccLiveHandover of this copy')
        .with.property('option', 'handover');
    });
  }
});
