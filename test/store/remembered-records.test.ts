/** What a process remembers of threads ends, though nobody tells it that a customer was forgotten. */
import { expect } from 'chai';
import { RememberedRecords } from '../../src/store/redis/remembered-records.js';
import { HeldClock } from '../kit/held-clock.js';

const MINUTE_MS = 60_000;

describe('The records that a process remembers', () => {
  it('are gone ten minutes after they were last used, in a process that does nothing else', async () => {
    const clock = new HeldClock();
    const remembered = new RememberedRecords<string>(10, clock);
    remembered.set('1/2', 'a');
    await clock.advance(9 * MINUTE_MS);
    remembered.set('1/3', 'b');
    expect(remembered.get('1/2')).to.equal('a');
    await clock.advance(2 * MINUTE_MS);
    expect([remembered.get('1/2'), remembered.get('1/3')]).to.deep.equal([undefined, 'b']);
    await clock.advance(10 * MINUTE_MS);
    expect([remembered.size, clock.timers], 'and nothing runs on').to.deep.equal([0, 0]);
  });

  it('are no more than the bound', () => {
    const remembered = new RememberedRecords<number>(2, new HeldClock());
    for (const [index, id] of ['a', 'b', 'a', 'c'].entries()) remembered.set(id, index);
    expect(['a', 'b', 'c'].map((id) => remembered.get(id))).to.deep.equal([2, undefined, 3]);
  });
});
