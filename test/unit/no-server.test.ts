/** The guard of the unit tests bites: a test file that opens a server or starts a process cannot hide among them. */
import childProcess from 'node:child_process';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { expect } from 'chai';
import { forbidServers, isUnit } from './no-server.js';

describe('the guard of the unit tests', () => {
  let allow = (): void => undefined;

  beforeEach(() => {
    allow = forbidServers();
  });

  afterEach(() => allow());

  it('refuses a server, a connection and a process, and says what to do', () => {
    expect(() => createServer().listen(0)).to.throw('Move the test file to test/integration');
    expect(() => connect(1, '127.0.0.1')).to.throw('may not call "connect"');
    expect(() => childProcess.execFileSync(process.execPath, ['--version'])).to.throw('may not call "execFileSync"');
  });

  it('is for the files that npm run test:unit runs, and for no other', () => {
    expect(isUnit(__filename)).to.equal(true);
    expect(isUnit(resolve('test/activities/messenger-cards/hero-cards.test.ts'))).to.equal(true);
    for (const other of ['test/integration/order.test.ts', 'test/botbuilder/botkit.test.ts', 'src/queue/deliver.ts']) {
      expect(isUnit(resolve(other)), other).to.equal(false);
    }
  });
});
