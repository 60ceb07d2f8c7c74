/** What is printed to be pasted says, when it is pasted, what it said before. */
import { execFileSync } from 'node:child_process';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import { asDotEnv, asExports, botVariables } from '../../src/cli/bot-settings.js';
import { settingsFrom } from '../../src/simulator/options.js';

const AWKWARD = {
  PLAIN: 'abc',
  QUOTE: "it's $HOME",
  SPACE: ' two  words ',
  HASH: 'a#b',
  DOUBLE: '"x" `y`',
  SLASH: 'a\\nb',
};

describe('The values that are printed for a bot', () => {
  it('are the names that the sample bot reads, with the simulator’s values', () => {
    const settings = settingsFrom({ botAppId: '42', vccLiveAppId: '43', appSecret: 's3cret' });
    const vccLive = { customer: 'acme', apiKey: 'k3y', projectId: 7 };
    expect(botVariables(settings, 'http://127.0.0.1:4000', { vccLive })).to.deep.equal({
      GRAPH_BASE_URL: 'http://127.0.0.1:4000',
      FACEBOOK_APP_ID: '42',
      FACEBOOK_APP_SECRET: 's3cret',
      FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
      FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
      VCC_LIVE_APP_ID: '43',
      VCC_LIVE_BASE_URL: 'http://127.0.0.1:4000',
      VCC_LIVE_CUSTOMER: 'acme',
      VCC_LIVE_API_KEY: 'k3y',
      VCC_LIVE_PROJECT_ID: '7',
    });
    expect(botVariables(settings, 'https://127.0.0.1:4000', { vccLive, certificateFile: '/tmp/c.pem' })).to.include({
      NODE_EXTRA_CA_CERTS: '/tmp/c.pem',
    });
  });

  it('are what a shell exports', () => {
    const script = `${asExports(AWKWARD)}\nfor n in ${Object.keys(AWKWARD).join(' ')}; do printenv "$n"; done`;
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\n').slice(0, -1)).to.deep.equal(
      Object.values(AWKWARD),
    );
  });

  it('are what a .env file gives', () => {
    expect(parseEnv(asDotEnv(AWKWARD))).to.deep.equal(AWKWARD);
    // Secrets and tokens are one line of printable characters.
    const value = fc.string({ unit: 'grapheme-ascii' }).filter((text) => !(text.includes("'") && text.includes('`')));
    fc.assert(
      fc.property(value, (text) => {
        expect(parseEnv(asDotEnv({ A: text, B: 'after' }))).to.deep.equal({ A: text, B: 'after' });
      }),
    );
  });
});
