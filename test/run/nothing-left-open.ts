/**
 * Fails a test file that leaves a server, a connection, a process or a timer behind. Mocha loads it for every run.
 *
 * Workers that run many files are ended by force, so a file that cannot end by itself would not be noticed otherwise.
 */
import { relative } from 'node:path';
import { filesOf } from './files-of.js';

const CLOSES_WITHIN_MS = Number(process.env['CLOSES_WITHIN_MS'] ?? 10_000);
const ASKED_EVERY_MS = 20;

/** How many things of each sort keep this process alive. */
type Open = ReadonlyMap<string, number>;

function whatIsOpen(): Open {
  const open = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) open.set(kind, (open.get(kind) ?? 0) + 1);
  return open;
}

/** What is open now and was not before: "2 × TCPServerWrap". */
function addedSince(before: Open): string {
  const added = [...whatIsOpen()].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return added.flatMap(([kind, count]) => (count > 0 ? [`${count} × ${kind}`] : [])).join(', ');
}

/** Resolves when nothing is open that was not open before. @throws when something stays open */
async function closed(whose: string, before: Open): Promise<void> {
  const latestMs = performance.now() + CLOSES_WITHIN_MS;
  for (;;) {
    const left = addedSince(before);
    if (left === '') return;
    if (performance.now() > latestMs)
      throw new Error(`${whose} has ended, and leaves open: ${left}. Close it in "after".`);
    await new Promise((resolve) => setTimeout(resolve, ASKED_EVERY_MS));
  }
}

/** The file, if this process has run one only. */
function whose(files: readonly string[]): string {
  return files.length === 1 ? relative(process.cwd(), files[0] ?? '') : `one of ${files.length} files`;
}

let before: Open = new Map();

/** Mocha calls these before and after each file's tests. */
export const mochaHooks = {
  async beforeAll(): Promise<void> {
    // Mocha sets its timer for a hook when the hook has returned its promise. The other count sees that timer, too.
    await Promise.resolve();
    before = whatIsOpen();
  },
  async afterAll(this: Mocha.Context): Promise<void> {
    this.timeout(2 * CLOSES_WITHIN_MS);
    await Promise.resolve();
    await closed(whose(filesOf(this)), before);
  },
};
