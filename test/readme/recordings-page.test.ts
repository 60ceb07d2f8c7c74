/** docs/recordings.md: its examples compile, and its tables name what exists. */
import { expect } from 'chai';
import { compile } from './compile-examples.js';
import { literalsOf } from './declared-words.js';
import { examplesOf, firstCells, paper } from './readme-examples.js';

const PAGE = paper('docs/recordings.md');
const AROUND: Readonly<Record<string, string>> = {
  record: `import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
declare const handover: VccLiveHandover; declare const verify_token: string;
`,
  replay: `import { replayText, type MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
declare const simulator: MessengerSimulator;
`,
};

describe('docs/recordings.md', () => {
  it('has examples that compile as strictly as the package itself', function () {
    this.timeout(120_000);
    const examples = [...examplesOf(PAGE)];
    expect(examples.map(([name]) => name)).to.deep.equal(['record', 'replay']);
    const sources = examples.map(([name, code]) => [name, `${AROUND[name]}${code}\nexport {};`] as const);
    // What an example only shows is not used by it.
    expect(compile(new Map(sources)).filter((line) => !line.includes('TS6133'))).to.deep.equal([]);
  });

  it('has a line for every kind of difference', () => {
    const kinds = literalsOf('src/simulator/replay/replay-report.ts', 'ReplayDifferenceKind');
    expect(firstCells(PAGE, 'difference').sort()).to.deep.equal(kinds.sort());
  });
});
