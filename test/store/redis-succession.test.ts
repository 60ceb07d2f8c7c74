/** The next client of a Redis Cluster: when it is made, when it takes over, and that none is left behind. */
import { expect } from 'chai';
import type { OwnClient } from '../../src/store/redis/redis-client.js';
import { RedisSuccession } from '../../src/store/redis/redis-succession.js';
import { HeldClock, gate, settled } from '../kit/held-clock.js';

const LIMIT_MS = 1_500;

/** A client that connects when the test likes. */
class HeldClient implements OwnClient {
  destroyed = 0;
  readonly #connection = gate();

  readonly evalSha = (): Promise<unknown> => Promise.resolve();
  readonly eval = (): Promise<unknown> => Promise.resolve();
  readonly on = (): this => this;
  readonly close = (): Promise<unknown> => Promise.resolve();

  connect(): Promise<unknown> {
    return this.#connection.opened;
  }

  destroy(): void {
    this.destroyed += 1;
  }

  async connects(): Promise<void> {
    this.#connection.open();
    await settled();
  }
}

describe('The succession of the clients of a Redis Cluster', () => {
  let clock: HeldClock;
  let succession: RedisSuccession;
  let made: HeldClient[];
  let inUse: OwnClient | undefined;

  beforeEach(() => {
    clock = new HeldClock();
    succession = new RedisSuccession(clock, LIMIT_MS);
    made = [];
    inUse = undefined;
  });

  const begin = (): void =>
    succession.begin(
      () => {
        const client = new HeldClient();
        made.push(client);
        return client;
      },
      (next) => {
        inUse = next;
      },
    );

  it('hands over to a client when it is connected, and makes no other one meanwhile', async () => {
    begin();
    await clock.advance(LIMIT_MS - 1);
    begin();
    expect(made).to.have.length(1);
    expect(inUse).to.equal(undefined);
    await made[0]!.connects();
    expect(inUse).to.equal(made[0]);
    await clock.advance(10 * LIMIT_MS);
    expect(made[0]!.destroyed).to.equal(0);
  });

  it('gives up a client that waits for a master too long, ends it also if it connects later, and tries the next', async () => {
    begin();
    await clock.advance(LIMIT_MS);
    expect(made[0]!.destroyed).to.equal(1);
    begin();
    expect(made).to.have.length(2);
    await made[0]!.connects();
    expect(made[0]!.destroyed).to.equal(2);
    expect(inUse).to.equal(undefined);
    await made[1]!.connects();
    expect(inUse).to.equal(made[1]);
  });

  it('ends a client once more that may have learnt of its nodes after it was given up', async () => {
    begin();
    await clock.advance(2 * LIMIT_MS);
    expect(made[0]!.destroyed).to.equal(2);
  });

  it('makes a client once a second at most', async () => {
    for (let goneMs = 0; goneMs < 60_000; goneMs += 50) {
      begin();
      await made.at(-1)!.connects();
      await clock.advance(50);
    }
    expect(made).to.have.length.within(55, 65);
  });

  it('ends a replaced client after its last answers', async () => {
    const old = new HeldClient();
    succession.retire(old);
    await clock.advance(LIMIT_MS - 1);
    expect(old.destroyed).to.equal(0);
    await clock.advance(1);
    expect(old.destroyed).to.equal(1);
  });

  it('ends all clients when the store is closed, and hands over to none that connects later', async () => {
    const old = new HeldClient();
    succession.retire(old);
    begin();
    succession.end();
    expect([old.destroyed, made[0]!.destroyed]).to.deep.equal([1, 1]);
    await made[0]!.connects();
    expect(inUse).to.equal(undefined);
  });
});
