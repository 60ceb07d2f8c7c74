/** What every inbox promises: who has which delivery, and what becomes of it without its process. */
import { expect } from 'chai';
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import type { Clock, DeliveryInbox, KeptDelivery } from 'botbuilder-handover-vcclive';
import { rejection } from './thread-store-contract.js';

const LEASE_MS = 15_000;
const POLL_MS = 5_000;
const NOTHING = { deliveries: [], setAside: 0 };

/** What the tests set of an inbox. */
export interface InboxOptions {
  readonly maxDeliveries?: number;
  readonly leaseMs?: number;
  readonly maxAttempts?: number;
}

/** Inboxes that are one, of several processes. */
export interface InboxBacking {
  /** One process more. */
  readonly newProcess: (clock: Clock, options: InboxOptions) => DeliveryInbox;
  /** The bodies that were set aside, newest first. */
  readonly setAside: () => Promise<string[]>;
}

/** The tests, as a `describe` of that title. Each test gets a backing of its own. */
export function inboxContract(title: string, makeBacking: () => InboxBacking): void {
  describe(title, function () {
    let backing: InboxBacking;
    let nowMs = Date.UTC(2026, 10, 28, 9);
    const open: DeliveryInbox[] = [];

    beforeEach(() => {
      backing = makeBacking();
    });

    afterEach(async () => {
      for (const inbox of open.splice(0)) await inbox.close?.();
    });

    /** One process more. */
    function newProcess(options: InboxOptions = {}): DeliveryInbox {
      const inbox = backing.newProcess({ now: () => nowMs, after: () => () => undefined }, options);
      open.push(inbox);
      return inbox;
    }

    const bodiesOf = (deliveries: readonly KeptDelivery[]): string[] => deliveries.map(({ body }) => body);

    /** What a process finds first that polls as often as it should; nothing if that takes longer than this. */
    async function polls(process: DeliveryInbox, forMs: number): Promise<readonly KeptDelivery[]> {
      for (let goneMs = 0; ; goneMs += POLL_MS) {
        const { deliveries } = await process.takeOver(50);
        if (deliveries.length > 0 || goneMs >= forMs) return deliveries;
        nowMs += POLL_MS;
      }
    }

    /** One process after the other takes over what it finds, and dies. @returns what each has found */
    async function dieWithAllTheyFind(count: number, options: InboxOptions = {}): Promise<(readonly KeptDelivery[])[]> {
      const found: (readonly KeptDelivery[])[] = [];
      for (let died = 0; died < count; died += 1) found.push(await polls(newProcess(options), LEASE_MS + POLL_MS));
      return found;
    }

    const setAside = (): Promise<string[]> => backing.setAside();

    it('has nothing to take over at the beginning', async () => {
      expect(await newProcess().takeOver(10)).to.deep.equal(NOTHING);
    });

    it('keeps a delivery for the process that put it, and gives it to another when the lease is over, whole', async () => {
      const body = JSON.stringify({ object: 'page', text: 'Üdv \u{1f600}' });
      const other = newProcess();
      await polls(other, LEASE_MS);
      await newProcess().put(body, 'thread');
      expect(await polls(other, LEASE_MS - POLL_MS)).to.deep.equal([]);
      nowMs += POLL_MS;
      const [taken] = await polls(other, 0);
      expect(taken).to.deep.include({ body, isSuspect: false });
    });

    it('gives it to one of two that ask', async () => {
      const [first, second] = [newProcess(), newProcess()];
      await polls(first, LEASE_MS);
      await newProcess().put('one', 'thread');
      await polls(first, LEASE_MS - POLL_MS);
      nowMs += POLL_MS;
      const taken = await Promise.all([first.takeOver(10), second.takeOver(10)]);
      expect(taken.flatMap(({ deliveries }) => deliveries)).to.have.length(1);
    });

    it('gives nothing away that is renewed', async () => {
      const [mine, other] = [newProcess(), newProcess()];
      const id = (await mine.put('one', 'thread'))!;
      for (let each = 0; each < 8; each += 1) {
        nowMs += POLL_MS;
        await mine.renew([id]);
        expect(await other.takeOver(10)).to.deep.equal(NOTHING);
      }
    });

    it('gives at once what is given back, and never what was removed', async () => {
      const mine = newProcess();
      const ids = [await mine.put('done', 'thread'), await mine.put('left', 'thread')].map(String);
      await mine.remove([ids[0]!]);
      await mine.giveBack([ids[1]!]);
      expect(bodiesOf((await newProcess().takeOver(10)).deliveries)).to.deep.equal(['left']);
    });

    it('lets no process change a delivery that another one has taken over', async () => {
      const [mine, other] = [newProcess(), newProcess()];
      await polls(other, LEASE_MS);
      const id = (await mine.put('one', 'thread'))!;
      expect(bodiesOf(await polls(other, LEASE_MS))).to.deep.equal(['one']);
      await mine.renew([id]);
      await mine.giveBack([id]);
      await mine.remove([id]);
      expect(await newProcess().takeOver(10)).to.deep.equal(NOTHING);
      expect(bodiesOf(await polls(newProcess(), LEASE_MS + POLL_MS))).to.deep.equal(['one']);
    });

    it('gives a process its own delivery back if the process had no chance to renew it, and blames nobody', async () => {
      const mine = newProcess();
      await mine.put('one', 'thread');
      for (let outages = 0; outages < 4; outages += 1) {
        nowMs += 2 * LEASE_MS;
        const found = await polls(mine, LEASE_MS);
        expect(found.map(({ body, isSuspect }) => [body, isSuspect])).to.deep.equal([['one', false]]);
      }
    });

    it('lets living processes renew after an outage, before anybody takes anything over', async () => {
      const [mine, other] = [newProcess(), newProcess()];
      await polls(other, LEASE_MS);
      const id = (await mine.put('one', 'thread'))!;
      await newProcess().put('of a process that died', 'thread');
      nowMs += LEASE_MS + 3_000;
      expect(await other.takeOver(10), 'the first poll after the outage').to.deep.equal(NOTHING);
      expect(await newProcess().takeOver(10), 'of a process that was not there before it').to.deep.equal(NOTHING);
      for (let goneMs = 0; goneMs < LEASE_MS - POLL_MS; goneMs += POLL_MS) {
        await mine.renew([id]);
        nowMs += POLL_MS;
        expect(await other.takeOver(10)).to.deep.equal(NOTHING);
      }
      nowMs += POLL_MS;
      expect(bodiesOf((await other.takeOver(10)).deliveries)).to.deep.equal(['of a process that died']);
    });

    it('takes no more than it may keep, and takes again when something is done', async () => {
      const mine = newProcess({ maxDeliveries: 2 });
      const id = await mine.put('one', 'thread');
      await mine.put('two', 'thread');
      expect(await mine.put('three', 'thread')).to.equal(undefined);
      await mine.remove([id!]);
      expect(await mine.put('three', 'thread')).to.be.a('string');
    });

    it('forgets as many at once as it may keep', async () => {
      const inbox = newProcess({ maxDeliveries: 1 });
      const id = (await inbox.put('one', 'thread'))!;
      const others = Array.from({ length: 9_999 }, (_, index) => `0-${index + 1}`);
      await inbox.remove([...others, id]);
      expect(await inbox.put('two', 'thread')).to.be.a('string');
    });

    it('rejects if it is closed', async () => {
      const inbox = newProcess();
      await inbox.close!();
      const error = await rejection(inbox.put('one', 'thread'));
      expect(error).to.include({ code: 'storeUnavailable', operation: 'inbox.put' });
    });

    it('refuses wrong options, and names them', () => {
      const wrong = { maxDeliveries: 0, leaseMs: -1, maxAttempts: 1.5 };
      for (const [option, value] of Object.entries(wrong)) {
        expect(() => newProcess({ [option]: value }))
          .to.throw(InvalidOptionError)
          .with.property('option', option);
      }
    });

    describe('with deliveries that processes lose', () => {
      it('calls them suspects from the second loss on, and sets none aside that never ran alone', async () => {
        await newProcess().put('one', 'thread');
        const found = await dieWithAllTheyFind(8);
        const suspects = found.map((each) => each.map(({ isSuspect }) => isSuspect));
        expect(suspects).to.deep.equal([[false], ...Array.from({ length: 7 }, () => [true])]);
        expect(await setAside()).to.deep.equal([]);
      });

      it('sets one aside that ended so many processes while it ran alone', async () => {
        await newProcess().put('poison', 'thread');
        for (let attempts = 0; attempts < 2; attempts += 1) {
          const died = newProcess();
          const [suspect] = await polls(died, LEASE_MS + POLL_MS);
          await died.markAlone!(suspect!.id, true);
        }
        const last = newProcess({ maxAttempts: 2 });
        nowMs += POLL_MS;
        await last.takeOver(10);
        nowMs += POLL_MS;
        await last.takeOver(10);
        nowMs += POLL_MS;
        expect(await last.takeOver(10)).to.deep.equal({ deliveries: [], setAside: 1 });
        expect(await setAside()).to.deep.equal(['poison']);
        expect(await polls(newProcess(), 2 * LEASE_MS)).to.deep.equal([]);
      });

      it('counts no attempt of one that others ran beside, or that was given back', async () => {
        await newProcess().put('innocent', 'thread');
        const ends: ((process: DeliveryInbox, id: string) => Promise<void>)[] = [
          async (process, id) => process.markAlone!(id, false),
          async (process, id) => process.giveBack([id]),
        ];
        for (const end of [...ends, ...ends]) {
          const process = newProcess({ maxAttempts: 1 });
          const [taken] = await polls(process, LEASE_MS + POLL_MS);
          expect(taken).to.include({ body: 'innocent' });
          await process.markAlone!(taken!.id, true);
          await end(process, taken!.id);
        }
        expect(bodiesOf(await polls(newProcess({ maxAttempts: 1 }), LEASE_MS + POLL_MS))).to.deep.equal(['innocent']);
      });
    });

    describe('with many deliveries', () => {
      it('finds those behind hundreds that others still have', async () => {
        const [mine, other] = [newProcess(), newProcess()];
        const ids: string[] = [];
        for (let count = 0; count < 600; count += 1) ids.push((await mine.put(`long ${count}`, `thread ${count}`))!);
        await newProcess().put('left behind', 'thread');
        await polls(other, 0);
        for (let polled = 0; polled < 3; polled += 1) {
          nowMs += POLL_MS;
          await mine.renew(ids);
          const found = bodiesOf((await other.takeOver(10)).deliveries);
          expect(found).to.deep.equal(polled < 2 ? [] : ['left behind']);
        }
      });

      it('takes over those of one thread oldest first, and never more than asked for', async () => {
        const mine = newProcess();
        const put: string[] = [];
        for (let count = 0; count < 40; count += 1) {
          const [thread, body] = [`thread ${count % 8}`, `${count % 8}: ${count}`];
          put.push(body);
          await mine.giveBack([(await mine.put(body, thread))!]);
        }
        const other = newProcess();
        const taken: string[][] = [];
        for (let calls = 0; calls < 5; calls += 1) taken.push(bodiesOf((await other.takeOver(8)).deliveries));
        expect(taken.map(({ length }) => length)).to.deep.equal([8, 8, 8, 8, 8]);
        expect(new Set(taken.flat())).to.deep.equal(new Set(put));
        const threadOf = (body: string): string => body.split(':')[0]!;
        for (const thread of new Set(put.map(threadOf))) {
          const of = (bodies: string[]): string[] => bodies.filter((body) => threadOf(body) === thread);
          expect(of(taken.flat()), `thread ${thread}`).to.deep.equal(of(put));
        }
      });
    });
  });
}
