/** docs/adapters.md says what becomes of every attachment, in the words of the code. */
import { expect } from 'chai';
import { attachmentKinds } from '../../src/activities/messenger-cards/attachment-kinds.js';
import { lossKinds } from '../../src/activities/messenger-cards/losses.js';
import { paper, tableOf } from './readme-examples.js';

describe('docs/adapters.md', () => {
  const page = paper('docs/adapters.md');

  it('has a line for every kind of attachment, with what becomes of it', () => {
    const rows = attachmentKinds.map(({ name, becomes }) => [name, becomes]);
    expect(tableOf(page, 'attachment', 'becomes')).to.deep.equal(rows);
  });

  it('has a line for everything that Messenger has no form for', () => {
    const rows = Object.entries(lossKinds).map(([kind, { effect, what, advice }]) => {
      return [`\`${kind}\``, effect, what.replace('%', '…'), advice];
    });
    expect(tableOf(page, '`kind`', 'effect', 'what happens, and why', 'what to do')).to.deep.equal(rows);
  });
});
