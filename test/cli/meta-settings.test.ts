import { expect } from 'chai';
import { readMetaSettings } from '../../src/cli/meta-settings.js';

/** What is said on standard error for this address. */
function warningsFor(graph: string): string[] {
  const lines: string[] = [];
  const source = { env: { GRAPH_BASE_URL: graph }, folder: '/', warn: (line: string) => void lines.push(line) };
  readMetaSettings({ envFile: false }, source);
  return lines;
}

describe('the settings of the commands', () => {
  it('warn of an address to which the token would travel readable, by the name of the variable', () => {
    expect(warningsFor('http://graph.internal:8080')).to.have.length(1);
    expect(warningsFor('http://graph.internal:8080')[0]).to.match(
      /^Warning: GRAPH_BASE_URL is plain http to graph\.internal/,
    );
  });

  it('say nothing of Meta, and nothing of this machine', () => {
    expect(warningsFor('https://graph.facebook.com')).to.deep.equal([]);
    expect(warningsFor('http://127.0.0.1:4000')).to.deep.equal([]);
  });
});
