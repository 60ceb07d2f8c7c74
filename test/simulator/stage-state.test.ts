/** What a page makes of the stage's events: nothing twice, nothing out of order, nothing without end. */
import { expect } from 'chai';
import * as fc from 'fast-check';
import { afterBatch, fromSnapshot, simulatorNow, type StageState } from '../../src/simulator/page/stage-state.js';
import type { StageBatch, StageSnapshot, WireRow } from '../../src/simulator/stage/stage-words.js';

const CAPACITY = 20;

const snapshot: StageSnapshot = {
  batch: 4,
  settings: {
    botLabel: 'Bot',
    pages: [{ pageId: '1', name: 'Page 1' }],
    botAppId: '2',
    vccLiveAppId: '3',
    pageInboxAppId: '4',
    graphBaseUrl: 'http://127.0.0.1:1',
    environment: [],
    knowsBelief: true,
    vccLiveWebhooks: false,
    canRestart: false,
    loopbackOnly: true,
    menu: [],
    rowCapacity: CAPACITY,
  },
  scenarios: [],
  threads: [{ key: '1/42', pageId: '1', psid: '42', name: 'Kata', truth: 'idle', differs: false }],
  talk: [{ key: '1/42', whole: true, entries: [{ kind: 'message', from: 'customer', atMs: 1, text: 'one' }] }],
  rows: [],
  weather: [],
  agents: [],
  clock: { mode: 'real', nowMs: 1000 },
  scenario: null,
};
const row = (id: number, status = 'in progress'): WireRow => ({
  id,
  atMs: id,
  kind: 'note',
  aside: false,
  threads: [],
  title: `row ${id}`,
  status,
  tone: 'plain',
  chips: [],
});
const start = (): StageState => fromSnapshot(snapshot, 0);
const after = (state: StageState, change: Omit<StageBatch, 'batch' | 'clock'>): StageState =>
  afterBatch(state, { batch: state.batch + 1, clock: snapshot.clock, ...change }, 0)!;

describe('The state of a page', () => {
  it('says that a batch is missing instead of going on with a hole', () => {
    const batch = { clock: snapshot.clock };
    expect(afterBatch(start(), { batch: 6, ...batch }, 0)).to.equal(undefined);
    expect(afterBatch(start(), { batch: 4, ...batch }, 0)).to.equal(undefined);
    expect(afterBatch(start(), { batch: 5, ...batch }, 0)?.batch).to.equal(5);
  });

  it('shows what the agents of VCC Live do now', () => {
    const shown = (state: StageState) => state.agents.map(({ username, state: does }) => `${username} ${does}`);
    const away = after(start(), { agents: [{ username: 'Anna', state: 'loggedOut' }] });
    expect(shown(away)).to.deep.equal(['Anna loggedOut']);
    expect(shown(after(away, {}))).to.deep.equal(['Anna loggedOut']);
  });

  it('adds what was said, and begins anew where it is told to', () => {
    const entry = (text: string) => ({ kind: 'message', from: 'bot', atMs: 2, text }) as const;
    const texts = (state: StageState) => state.talk.get('1/42')?.map(({ text }) => text);
    const two = after(start(), { talk: [{ key: '1/42', whole: false, entries: [entry('two')] }] });
    expect(texts(two)).to.deep.equal(['one', 'two']);
    expect(texts(after(two, { talk: [{ key: '1/42', whole: true, entries: [entry('three')] }] }))).to.deep.equal([
      'three',
    ]);
    const many = Array.from({ length: 1000 }, (_, index) => entry(String(index)));
    expect(texts(after(two, { talk: [{ key: '1/42', whole: false, entries: many }] }))).to.have.length(300);
  });

  it('keeps what a batch does not mention, and takes a scenario away where it says so', () => {
    const scenario = {
      id: 'x',
      group: 'How it ends' as const,
      title: 'x',
      about: 'x',
      threadKey: '1/42',
      steps: [],
      played: 0,
      state: 'waiting',
    } as const;
    const playing = after(start(), { scenario });
    expect(after(playing, {}).scenario).to.deep.equal(scenario);
    expect(after(playing, { scenario: null }).scenario).to.equal(null);
    expect(after(playing, {}).threads.get('1/42')?.name).to.equal('Kata');
  });

  it('counts time on only where the clock runs', () => {
    expect(simulatorNow(start(), 500)).to.equal(1500);
    const held = fromSnapshot({ ...snapshot, clock: { mode: 'held', nowMs: 1000 } }, 0);
    expect(simulatorNow(held, 500)).to.equal(1000);
  });

  it('has the newest form of the last lines, each once, in order, whatever the batches were', () => {
    const history = fc.array(fc.array(fc.nat({ max: 3 }), { maxLength: 12 }), { maxLength: 12 });
    fc.assert(
      fc.property(history, (batches) => {
        const truth = new Map<number, WireRow>();
        let state = start();
        let nextId = 1;
        let change = 0;
        for (const batch of batches) {
          const rows = new Map<number, WireRow>();
          for (const choice of batch) {
            // 0: an older line changes; otherwise there is a new one.
            const id = choice === 0 && nextId > 1 ? Math.max(1, nextId - 5) : nextId++;
            rows.set(id, row(id, `change ${(change += 1)}`));
          }
          for (const [id, one] of rows) truth.set(id, one);
          state = after(state, { rows: [...rows.values()].sort((a, b) => a.id - b.id) });
        }
        const expected = [...truth.values()].sort((a, b) => a.id - b.id).slice(-CAPACITY);
        expect(state.rows).to.deep.equal(expected);
      }),
    );
  });
});
