/** The examples of docs/reliability.md compile as they stand, and the tests that the page names are there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compile } from './compile-examples.js';
import { codeBlocksOf, examplesOf, paper, REPOSITORY } from './readme-examples.js';

const COMPILING_LIMIT_MS = 120_000;
const PAGE = paper('docs/reliability.md');
const examples = examplesOf(PAGE);

const AROUND = `
import type { VccLiveHandoverOptions } from 'botbuilder-handover-vcclive';
declare const connection: Pick<VccLiveHandoverOptions, 'botAppId' | 'vccLiveAppId' | 'pageAccessToken' | 'appSecret'>;
`;

const BOT = `
import type { Storage } from 'botbuilder';
import type { VccLiveHandover } from 'botbuilder-handover-vcclive';
declare const handover: VccLiveHandover; declare const storage: Storage;
`;

describe('the page about what is promised', () => {
  it('names tests that are there', () => {
    const named = [...PAGE.matchAll(/`(test\/[\w/.-]+\.ts)`/g)].map(([, file = '']) => file);
    expect(named.length).to.be.above(5);
    for (const file of named) expect(existsSync(join(REPOSITORY, file)), file).to.equal(true);
  });

  it('has examples that compile as strictly as the package itself', () => {
    expect(codeBlocksOf(PAGE)).to.equal(examples.size).and.equal(4);
    const sources = [...examples].map(([name, code]) => {
      const around = name === 'guarded-state' ? BOT : AROUND;
      return [name, `${around}${code}\nexport { handover };`] as const;
    });
    // What an example only shows is not used by it.
    expect(compile(new Map(sources)).filter((line) => !line.includes('TS6133'))).to.deep.equal([]);
  }).timeout(COMPILING_LIMIT_MS);
});
