/** Listeners hear in order, and one that fails hurts nobody. */
import { expect } from 'chai';
import { HandoverEvents } from '../../src/handover/events.js';
import { loggerInto } from '../kit/loggers.js';

const THREAD = { pageId: '1', psid: '2' };

function desk(): { readonly events: HandoverEvents; readonly lines: string[] } {
  const lines: string[] = [];
  return { events: new HandoverEvents(loggerInto(lines, 'error')), lines };
}

describe('HandoverEvents', () => {
  it('tells each listener of that sort, in the order in which they came, the same object', () => {
    const { events } = desk();
    const heard: [string, unknown][] = [];
    events.on('passed', (told) => void heard.push(['first', told]));
    events.on('passed', (told) => void heard.push(['second', told]));
    events.on('failed', (told) => void heard.push(['never', told]));
    const told = { thread: THREAD, handoverId: 'h' };
    events.emit('passed', told);
    expect(heard.map(([who]) => who)).to.deep.equal(['first', 'second']);
    expect(heard.every(([, what]) => what === told)).to.equal(true);
  });

  it('goes on after a listener that throws, whatever it throws, and says whose it was', () => {
    const { events, lines } = desk();
    let heard = 0;
    const things = [
      new TypeError('mine'),
      'text',
      undefined,
      null,
      Object.create(null),
      { message: 'of another realm' },
    ];
    for (const thrown of things) {
      events.on('passed', () => {
        throw thrown;
      });
    }
    events.on('passed', () => void (heard += 1));
    events.emit('passed', { thread: THREAD, handoverId: 'h' });
    expect(heard).to.equal(1);
    expect(lines).to.have.length(6);
    expect(lines[0]).to.match(/"passed".*mine/);
    expect(lines[5]).to.match(/of another realm/);
  });

  it('catches what an async listener rejects with, of any kind of promise', async () => {
    const { events, lines } = desk();
    const rejects: unknown = () => Promise.reject(new TypeError('later'));
    events.on('passed', rejects as () => void);
    const thenable = { then: (_done: unknown, fail: (error: Error) => void) => fail(new TypeError('a thenable')) };
    events.on('passed', () => thenable);
    events.emit('passed', { thread: THREAD, handoverId: 'h' });
    await new Promise(setImmediate);
    expect(lines.join('\n')).to.match(/later/);
    expect(lines.join('\n')).to.match(/a thenable/);
  });

  it('does not tell who left, and tells who came while it was telling only the next time', () => {
    const { events } = desk();
    const heard: string[] = [];
    const leaving = (): void => void heard.push('leaving');
    events.on('passed', () => {
      heard.push('staying');
      events.on('passed', () => void heard.push('new'));
    });
    events.on('passed', leaving);
    events.off('passed', leaving);
    events.off('failed', leaving);
    events.emit('passed', { thread: THREAD, handoverId: 'h' });
    expect(heard).to.deep.equal(['staying']);
    events.emit('passed', { thread: THREAD, handoverId: 'h' });
    expect(heard).to.deep.equal(['staying', 'staying', 'new']);
  });
});
