/** Things that come and go, and one timer for the oldest of them. */
import { expect } from 'chai';
import { AgeWatch, Watched } from '../../src/queue/age-watch.js';
import { HeldClock, START_MS } from './held-in-hand.js';

const MOST_MS = 1000;

class Thing extends Watched {
  constructor(readonly name: string) {
    super();
  }
}

describe('what has gone on for too long', () => {
  let clock: HeldClock;
  let told: string[];
  let watch: AgeWatch<Thing>;
  const add = (name: string): Thing => {
    const thing = new Thing(name);
    watch.add(thing, clock.now());
    return thing;
  };

  beforeEach(() => {
    clock = new HeldClock();
    told = [];
    watch = new AgeWatch<Thing>(clock, MOST_MS, ({ name }) => told.push(`${name} at ${clock.now() - START_MS}`));
  });

  it('is told once of each, when its own time is over', async () => {
    add('first');
    await clock.advance(400);
    add('second');
    await clock.advance(5000);
    expect(told).to.deep.equal(['first at 1000', 'second at 1400']);
  });

  for (const [which, gone, left] of [
    ['the oldest', 0, ['b', 'c']],
    ['one in the middle', 1, ['a', 'c']],
    ['the youngest', 2, ['a', 'b']],
  ] as const) {
    it(`is not told of what has ended: ${which}, ended twice`, async () => {
      const things = ['a', 'b', 'c'].map(add);
      watch.delete(things[gone] as Thing);
      watch.delete(things[gone] as Thing);
      await clock.advance(MOST_MS);
      expect(told.map((each) => each[0])).to.deep.equal(left);
    });
  }

  it('watches what comes after all others have gone', async () => {
    watch.delete(add('gone'));
    await clock.advance(300);
    add('here');
    await clock.advance(5000);
    expect(told).to.deep.equal(['here at 1300']);
  });

  it('lets go of what has been told: that it ends later changes nothing', async () => {
    const late = add('late');
    await clock.advance(500);
    add('next');
    await clock.advance(500);
    watch.delete(late);
    await clock.advance(500);
    expect(told).to.deep.equal(['late at 1000', 'next at 1500']);
  });
});
