import { expect } from 'chai';
import { SimulatorClock } from 'botbuilder-handover-vcclive/simulator';
import { RepeatedLines } from '../../src/thread/repeated-lines.js';
import { loggerInto } from '../kit/loggers.js';

describe('Lines that anybody can cause', () => {
  let written: string[];
  let clock: SimulatorClock;
  let lines: RepeatedLines;
  beforeEach(() => {
    written = [];
    clock = new SimulatorClock('held');
    lines = new RepeatedLines(loggerInto(written, 'info', 'warn', 'error'), clock);
  });

  it('are written once, and then counted until the minute is over', async () => {
    for (let count = 1; count <= 1000; count += 1) lines.say('warn', 'signature', `refused ${count}`);
    expect(written).to.deep.equal(['refused 1']);
    await clock.advance(59_999);
    expect(written).to.have.length(1);
    await clock.advance(1);
    expect(written).to.deep.equal(['refused 1', '999 more like this within a minute. The last: refused 1000']);
  });

  it('of one kind do not hide those of another', () => {
    lines.say('warn', 'signature', 'one');
    lines.say('warn', 'size', 'two');
    lines.say('warn', 'signature', 'three');
    expect(written).to.deep.equal(['one', 'two']);
  });

  it('that go on are counted minute by minute', async () => {
    for (let minute = 0; minute < 3; minute += 1) {
      lines.say('warn', 'signature', 'a');
      lines.say('warn', 'signature', 'b');
      await clock.advance(60_000);
    }
    expect(written).to.deep.equal([
      'a',
      '1 more like this within a minute. The last: b',
      '2 more like this within a minute. The last: b',
      '2 more like this within a minute. The last: b',
    ]);
  });

  it('that were counted when the bot stops are told then, and no timer is left', async () => {
    for (const line of ['a', 'b', 'c']) lines.say('warn', 'signature', line);
    lines.say('warn', 'size', 'd');
    lines.stop();
    expect(written).to.deep.equal(['a', 'd', '2 more like this within a minute. The last: c']);
    await clock.advance(600_000);
    expect(written).to.have.length(3);
  });

  it('that come after a quiet minute are written at once again', async () => {
    lines.say('warn', 'signature', 'early');
    await clock.advance(60_000);
    lines.say('warn', 'signature', 'late');
    await clock.advance(600_000);
    expect(written).to.deep.equal(['early', 'late']);
  });

  it('that are written once are never written again, and of made-up kinds only a few', async () => {
    lines.sayOnce('warn', 'instagram', 'instagram comes here');
    lines.sayOnce('warn', 'instagram', 'instagram comes here');
    await clock.advance(600_000);
    lines.sayOnce('warn', 'instagram', 'instagram comes here');
    expect(written).to.deep.equal(['instagram comes here']);
    for (let kind = 0; kind < 1000; kind += 1) lines.sayOnce('warn', `made up ${kind}`, 'made up');
    expect(written.length).to.be.lessThan(30);
  });

  it('of the bot are written once each, also after many of made-up kinds, and within a bound', () => {
    for (let kind = 0; kind < 1000; kind += 1) lines.sayOnce('warn', `made up ${kind}`, 'made up');
    written.length = 0;
    for (const line of ['no dialogs', 'no bot', 'no dialogs']) lines.once('warn', line);
    expect(written).to.deep.equal(['no dialogs', 'no bot']);
    for (let type = 0; type < 1000; type += 1) lines.once('warn', `no form for image/${type}`);
    expect(written).to.have.length(200);
  });
});
