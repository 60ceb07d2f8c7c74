/** A turn that hangs does not keep a process alive. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';

describe('A process whose server is closed', () => {
  it('ends although a turn hangs', async () => {
    const code = `
      require('tsx/cjs');
      const { DeliveryQueue } = require('./src/queue/deliver.ts');
      const { systemClock } = require('./src/thread/clock.ts');
      const { MemoryThreadStore } = require('./src/store/memory/memory-store.ts');
      const queue = new DeliveryQueue({
        store: new MemoryThreadStore(), clock: systemClock, log: console, processId: 'p',
        enter: async (ticket, leaseMs, event) => ({ status: 'entered', mustWait: false, value: { event } }),
      });
      const event = { kind: 'message', channel: 'messaging', mid: 'm', raw: {} };
      queue.take([event], () => new Promise(() => undefined), { ackDeadlineMs: 20 }).then(console.log);`;

    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], {
      cwd: join(__dirname, '../..'),
      timeout: 8000,
    });

    expect(stdout.trim()).to.equal('stillRunning');
  });
});
