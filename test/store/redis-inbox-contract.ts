/** What a RedisInbox promises on every sort of Redis: what every inbox does, and how deliveries are spread. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import type { RedisInboxOptions } from 'botbuilder-handover-vcclive/redis';
import { RedisInbox } from 'botbuilder-handover-vcclive/redis';
import { inboxContract } from './inbox-contract.js';

/** A Redis that is there for the tests. */
export interface RedisBacking {
  readonly address: () => string | readonly string[];
  /** The texts of a list, first to last. */
  readonly listAt: (key: string) => Promise<string[]>;
}

/** The machine may be busy: no answer is late here. */
const COMMAND_TIMEOUT_MS = 20_000;
let prefixes = 0;

/** The tests, as a `describe` of that title. */
export function redisInboxContract(title: string, { address, listAt }: RedisBacking): void {
  const inboxWith = (options: RedisInboxOptions): RedisInbox =>
    new RedisInbox(address(), { commandTimeoutMs: COMMAND_TIMEOUT_MS, ...options });

  inboxContract(title, () => {
    prefixes += 1;
    const prefix = `inbox-${prefixes}`;
    return {
      newProcess: (clock, options) => inboxWith({ prefix, clock, ...options }),
      setAside: () => listAt(`{${prefix}}:inbox:aside`),
    };
  });

  describe(`${title}, spread over partitions`, () => {
    let mine: RedisInbox | undefined;

    afterEach(() => mine?.close());

    const newProcess = (options: RedisInboxOptions): RedisInbox => {
      prefixes += 1;
      mine = inboxWith({ prefix: `inbox-${prefixes}`, ...options });
      return mine;
    };

    it('refuses wrong options, and names them', () => {
      for (const [option, value] of Object.entries({ prefix: '{', partitions: 0 })) {
        expect(() => newProcess({ [option]: value }))
          .to.throw(InvalidOptionError)
          .with.property('option', option);
      }
    });

    it('keeps each thread in one partition, and threads in many', async () => {
      const mine = newProcess({ partitions: 16 });
      const partitionsOf = async (threads: readonly string[]): Promise<number> => {
        const ids = await Promise.all(threads.map((thread) => mine.put('{}', thread)));
        return new Set(ids.map((id) => id!.split('-')[0])).size;
      };
      expect(await partitionsOf(Array.from({ length: 50 }, () => 'one thread'))).to.equal(1);
      expect(await partitionsOf(Array.from({ length: 200 }, (_, each) => `thread ${each}`))).to.equal(16);
    });

    it('puts a delivery elsewhere if the partition of its thread is full', async () => {
      const mine = newProcess({ partitions: 4, maxDeliveries: 8 });
      const ids: (string | undefined)[] = [];
      for (let count = 0; count < 4; count += 1) ids.push(await mine.put('{}', 'one thread'));
      expect(new Set(ids.map((id) => id?.split('-')[0]))).to.have.property('size', 2);
    });
  });
}
