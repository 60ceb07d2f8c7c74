/**
 * The part of the contract that only separate processes can show: several of them at one thread, one claim, one deadline.
 *
 * What a store cannot promise is measured, and said in the test's title and in docs/reliability.md.
 */
import { fork } from 'node:child_process';
import { expect } from 'chai';
import { bundled } from '../run/bundled.js';
import type { Backing, Report, Task } from './store-process.js';
import { storeOf } from './store-process.js';
import { epochOf, recordWith } from './thread-store-contract.js';

const PROGRAM = bundled('test/store/store-process.ts');
const PROCESSES = 4;
const TIME_LIMIT_MS = 120_000;

/** Describes it for a store that processes can share. `firstWrites`: also the first write of a key is atomic. */
export function manyProcesses(
  name: string,
  backing: () => Backing,
  { firstWrites }: { readonly firstWrites: boolean },
): void {
  describe(`${name} under ${PROCESSES} processes at once`, function () {
    this.timeout(TIME_LIMIT_MS);

    it('loses no update of a thread that exists, and none sees what another has replaced', async () => {
      const { store, close } = storeOf(backing(), 'updates');
      const thread = { pageId: '1', psid: 'updated' };
      await store.update(thread, () => ({ record: recordWith(0), value: undefined }));
      const reports = await together(backing(), { what: 'updates', thread, times: 50 }, 'updates');
      const seen = reports.flatMap((report) => report.values);
      expect(new Set(seen).size, 'each update saw the one before').to.equal(PROCESSES * 50);
      expect(epochOf(await store.read(thread))).to.equal(PROCESSES * 50);
      await close();
    });

    it('works each deadline off once', async () => {
      const { store, close } = storeOf(backing(), 'deadlines');
      const names = Array.from({ length: 60 }, (_, index) => `d${index}`);
      for (const each of names) await store.schedule({ thread: { pageId: '1', psid: each }, name: each, atMs: 1000 });
      const reports = await together(backing(), { what: 'deadlines', times: 40 }, 'deadlines');
      expect(reports.flatMap((report) => report.values).sort()).to.deep.equal([...names].sort());
      await close();
    });

    if (firstWrites) {
      it('gives each event to one process, and begins each thread once', async () => {
        const { store, close } = storeOf(backing(), 'firsts');
        const reports = await together(backing(), { what: 'firsts', times: 100 }, 'firsts');
        const claimed = reports.flatMap((report) => report.values).sort();
        expect(claimed).to.deep.equal(Array.from({ length: 100 }, (_, index) => `e${index}`).sort());
        for (let index = 0; index < 100; index += 1) {
          expect(epochOf(await store.read({ pageId: '1', psid: `t${index}` }))).to.equal(PROCESSES);
        }
        await close();
      });
    } else {
      it('cannot promise that each event goes to one process where all ask in the same instant: measured', async () => {
        const { store, close } = storeOf(backing(), 'firsts');
        const reports = await together(backing(), { what: 'firsts', times: 30 }, 'firsts');
        const claimed = reports.flatMap((report) => report.values);
        const twice = claimed.length - new Set(claimed).size;
        let lost = 0;
        for (let index = 0; index < 30; index += 1) {
          lost += PROCESSES - (epochOf(await store.read({ pageId: '1', psid: `t${index}` })) ?? 0);
        }
        console.log(`      of 30 events ${twice} were claimed twice, of 120 first updates ${lost} were lost`);
        expect(new Set(claimed).size, 'none is claimed by nobody').to.equal(30);
        await close();
      });
    }
  });
}

/** Starts the processes, lets them begin together when all are up, and collects what they saw. */
async function together(backing: Backing, task: Task, name: string): Promise<Report[]> {
  const children = Array.from({ length: PROCESSES }, () =>
    fork(PROGRAM, [JSON.stringify({ backing, task, name })], {
      execArgv: [],
      env: { ...process.env, NODE_OPTIONS: '' },
    }),
  );
  try {
    await Promise.all(children.map((child) => messageFrom(child)));
    const reports = children.map((child) => messageFrom(child) as Promise<Report>);
    for (const child of children) child.send('go');
    return await Promise.all(reports);
  } finally {
    for (const child of children) child.kill();
  }
}

function messageFrom(child: ReturnType<typeof fork>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) =>
      reject(new Error(`a process ended with ${String(code)} before it had said what it saw`)),
    );
  });
}
