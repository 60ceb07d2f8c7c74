/** The inbox over a real Redis: who has which delivery, and what becomes of it when they are gone. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import type { RedisInboxOptions } from 'botbuilder-handover-vcclive/redis';
import { RedisInbox } from 'botbuilder-handover-vcclive/redis';
import { createClient } from 'redis';
import { RedisServer, describeWithRedis } from './redis-server.js';
import { rejection } from './thread-store-contract.js';

const LEASE_MS = 150;

describeWithRedis('RedisInbox', function () {
  let server: RedisServer;
  let prefix = '';
  let prefixes = 0;
  const open: RedisInbox[] = [];

  before(async () => {
    server = await RedisServer.start();
  });

  after(() => server.stop());

  beforeEach(() => {
    prefixes += 1;
    prefix = `inbox-${prefixes}`;
  });

  afterEach(async () => {
    for (const inbox of open.splice(0)) await inbox.close();
  });

  function inboxOf(options: RedisInboxOptions = {}): RedisInbox {
    const inbox = new RedisInbox(server.url, { prefix, leaseMs: LEASE_MS, ...options });
    open.push(inbox);
    return inbox;
  }

  /** What another process may take over, asked until there is something or the lease is long over. */
  async function leftTo(other: RedisInbox, waitMs = LEASE_MS * 4): Promise<string[]> {
    for (let waited = 0; waited <= waitMs; waited += 20) {
      const { deliveries } = await other.takeOver(10);
      if (deliveries.length > 0) return deliveries.map(({ body }) => body);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [];
  }

  it('has nothing to take over at the beginning', async () => {
    expect(await inboxOf().takeOver(10)).to.deep.equal({ deliveries: [], setAside: 0 });
  });

  it('keeps a delivery for the process that put it, and gives it to another when its lease is over, whole', async () => {
    const body = JSON.stringify({ object: 'page', text: 'Üdv \u{1f600}' });
    const id = await inboxOf().put(body, 'thread');
    const other = inboxOf();
    expect((await other.takeOver(10)).deliveries).to.deep.equal([]);
    expect(await leftTo(other)).to.deep.equal([body]);
    expect(id).to.be.a('string');
  });

  it('gives it to one of two that ask', async () => {
    await inboxOf().put('one', 'thread');
    const [first, second] = [inboxOf(), inboxOf()];
    await new Promise((resolve) => setTimeout(resolve, LEASE_MS * 2));
    const taken = await Promise.all([first.takeOver(10), second.takeOver(10)]);
    expect(taken.flatMap(({ deliveries }) => deliveries)).to.have.length(1);
  });

  it('forgets as many at once as it may keep', async () => {
    const inbox = inboxOf({ maxDeliveries: 1 });
    const id = (await inbox.put('one', 'thread'))!;
    const others = Array.from({ length: 9_999 }, (_, index) => `1-${index + 1}`);
    await inbox.remove([...others, id]);
    expect(await inbox.put('two', 'thread')).to.be.a('string');
  });

  it('gives nothing away that is renewed', async () => {
    const mine = inboxOf();
    const id = (await mine.put('one', 'thread'))!;
    const other = inboxOf();
    for (let each = 0; each < 8; each += 1) {
      await new Promise((resolve) => setTimeout(resolve, LEASE_MS / 3));
      await mine.renew([id]);
      expect((await other.takeOver(10)).deliveries).to.deep.equal([]);
    }
  });

  it('gives at once what is given back, and never what was removed', async () => {
    const mine = inboxOf({ leaseMs: 60_000 });
    const ids = [await mine.put('done', 'thread'), await mine.put('left', 'thread')].map(String);
    await mine.remove([ids[0]!]);
    await mine.giveBack([ids[1]!]);
    const { deliveries } = await inboxOf({ leaseMs: 60_000 }).takeOver(10);
    expect(deliveries.map(({ body }) => body)).to.deep.equal(['left']);
  });

  it('takes no more than it may keep, and takes again when something is done', async () => {
    const mine = inboxOf({ maxDeliveries: 2 });
    const id = await mine.put('one', 'thread');
    await mine.put('two', 'thread');
    expect(await mine.put('three', 'thread')).to.equal(undefined);
    await mine.remove([id!]);
    expect(await mine.put('three', 'thread')).to.be.a('string');
  });

  it('sets aside what was taken over too often', async () => {
    await inboxOf().put('poison', 'thread');
    const other = inboxOf({ maxAttempts: 2 });
    expect(await leftTo(other)).to.deep.equal(['poison']);
    let setAside = 0;
    for (let tries = 0; tries < 100 && setAside === 0; tries += 1) {
      setAside = (await other.takeOver(10)).setAside;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(setAside).to.equal(1);
    const client = createClient({ url: server.url });
    await client.connect();
    expect(await client.lRange(`{${prefix}}:inbox:aside`, 0, -1)).to.deep.equal(['poison']);
    expect(await client.xLen(`{${prefix}}:inbox`)).to.equal(0);
    await client.close();
  });

  it('rejects where it is closed', async () => {
    const inbox = inboxOf();
    await inbox.close();
    expect(await rejection(inbox.put('one', 'thread'))).to.include({
      code: 'storeUnavailable',
      operation: 'inbox.put',
    });
  });

  it('refuses wrong options, and names them', () => {
    for (const [option, value] of Object.entries({ prefix: '{', maxDeliveries: 0, leaseMs: -1, maxAttempts: 1.5 })) {
      expect(() => inboxOf({ [option]: value }))
        .to.throw(InvalidOptionError)
        .with.property('option', option);
    }
  });
});
