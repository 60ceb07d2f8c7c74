/**
 * What an operator does to one thread: who has it, pass it, take it back, release it, forget it; and which are open.
 *
 * With the bot's store, the commands use the bot's own ledger, so the bot knows at once. Without a store they only call
 * Meta, and the bot learns of it from Meta.
 */
import type { ThreadOperations } from '../../bot/requests/thread-operations.js';
import { GraphAdministration } from '../../graph/administration.js';
import { GraphApiError } from '../../graph/graph-api-error.js';
import { redactSecrets } from '../../graph/redact-secrets.js';
import { ThreadControlClient } from '../../graph/thread-control-client.js';
import type { OwnerAnswer } from '../../graph/owner-answer.js';
import { systemClock, type Clock } from '../../thread/clock.js';
import { HandoverError } from '../../thread/errors.js';
import type { ThreadOwner } from '../../thread/handover.js';
import type { ThreadKey } from '../../thread/key.js';
import { recordIn, textOf } from '../doctor/observe.js';
import { ableToCall, secretsOf, type CallSettings, type MetaSettings } from '../meta-settings.js';
import {
  asideLines,
  asideThread,
  handoverLine,
  openThread,
  ownerLine,
  threadsTable,
  type OpenThread,
} from './describe-thread.js';
import { operationsOver, vccLiveIdOf } from './bot-operations.js';
import { openStore, type OpenedStore } from './open-store.js';

/** What was asked for. */
export interface OperatorOptions {
  readonly settings: MetaSettings;
  readonly storePrefix: string | undefined;
  readonly json: boolean;
}

/** What a command needs of its process. */
export interface OperatorHost {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  readonly confirm: (question: string) => Promise<boolean | undefined>;
  readonly folder: string;
  readonly clock?: Clock;
}

/** Exit codes: done · Meta or the bot's record said no. What could not run at all rejects. */
const OPERATOR_EXIT = { done: 0, refused: 1 } as const;

const READ_AT_ONCE = 50;
const BY_OPERATOR = 'operator';
const NO_LEDGER =
  "No store was given, so the bot does not know it yet: Meta's next webhook tells the bot. If the bot has a shared store, give --store.";

/** The commands. Each resolves with the exit code, and rejects if it could not run. */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #host: OperatorHost;
  readonly #clock: Clock;

  constructor(options: OperatorOptions, host: OperatorHost) {
    this.#options = options;
    this.#host = host;
    this.#clock = host.clock ?? systemClock;
  }

  /** Who has the thread: by Meta's word, and by the bot's record. */
  async owner(psid: string): Promise<number> {
    return this.#atThread(psid, async (at) => {
      const record = at.opened && (await at.opened.threads.read(at.thread));
      const ledger = at.handover && (await at.handover.ownerOf(at.thread));
      // Through the ledger, so that a record that was wrong is right afterwards.
      const meta = at.handover
        ? await at.handover.ownerOf(at.thread, { ask: true })
        : named(await at.client.owner(at.thread), at.settings);
      const open = openThread(at.thread, record);
      const differs = ledger !== undefined && ledger.owner !== 'unknown' && ledger.owner !== meta.owner;
      if (this.#options.json) {
        this.#say(JSON.stringify({ ...at.thread, meta, ledger, differs, open }, undefined, 2));
        return OPERATOR_EXIT.done;
      }
      this.#say(`Meta says    ${ownerLine(meta)}`);
      if (ledger !== undefined)
        this.#say(`The bot held ${ownerLine(ledger)}${differs ? '  ← this was wrong; the record is now right' : ''}`);
      if (open !== undefined) this.#say(`Handover     ${handoverLine(open, this.#clock.now())}`);
      return OPERATOR_EXIT.done;
    });
  }

  /** Hands the thread to VCC Live, without a word to the customer. */
  async pass(psid: string, reason: string | undefined): Promise<number> {
    return this.#atThread(psid, async (at) => {
      const metadata = { reason: reason ?? BY_OPERATOR };
      if (at.handover === undefined) {
        await at.client.pass(at.thread, vccLiveIdOf(at.settings), JSON.stringify(metadata));
        return this.#done('The thread is with VCC Live.', NO_LEDGER);
      }
      const start = await at.handover.handOver(at.thread, metadata);
      switch (start.status) {
        case 'passed':
          return this.#done(`The thread is with VCC Live. Handover ${start.handoverId}; the bot is silent there.`);
        case 'refused':
          this.#host.complain(
            'The thread is with an agent already, or with another app: the command owner shows which.',
          );
          return OPERATOR_EXIT.refused;
        case 'failed':
          throw start.error;
      }
    });
  }

  /** Takes the thread back from its owner. */
  async take(psid: string): Promise<number> {
    return this.#atThread(psid, async (at) => {
      if (at.handover === undefined) {
        await at.client.take(at.thread, JSON.stringify({ reason: BY_OPERATOR }));
        return this.#done('The bot has the thread.', NO_LEDGER);
      }
      const open = openThread(at.thread, await at.opened?.threads.read(at.thread));
      await at.handover.take(at.thread, JSON.stringify({ reason: BY_OPERATOR }));
      const ended = open === undefined ? '' : ` Handover ${open.handoverId} has ended as "takenBack".`;
      const waits = open?.waits ?? 'nobody';
      const goesOn = waits === 'nobody' ? '' : ` The ${waits} that waits goes on with the customer's next message.`;
      return this.#done(`The bot has the thread.${ended}${goesOn}`);
    });
  }

  /** Releases the thread, which is then idle. */
  async release(psid: string): Promise<number> {
    return this.#atThread(psid, async (at) => {
      await (at.handover ?? at.client).release(at.thread);
      const ledger = at.handover === undefined ? NO_LEDGER : undefined;
      return this.#done(
        'The thread is idle; the next message of the customer goes to the default application.',
        ledger,
      );
    });
  }

  /** Removes everything stored about a customer, after asking. */
  async forget(psid: string, yes: boolean): Promise<number> {
    const opened = await this.#openNeededStore();
    try {
      const thread = await this.#threadOf(psid);
      const open = openThread(thread, await opened.threads.read(thread));
      const warning =
        open === undefined
          ? ''
          : ` Its handover is still open (${open.state}): the bot will not know that an agent has it.`;
      const agreed =
        yes || (await this.#host.confirm(`Forget everything stored about ${psid} on Page ${thread.pageId}?${warning}`));
      if (agreed !== true) {
        this.#host.complain(
          agreed === undefined
            ? 'Nothing was removed: give --yes if no one can answer the question.'
            : 'Nothing was removed.',
        );
        return OPERATOR_EXIT.refused;
      }
      await opened.threads.forget(thread);
      return this.#done('Everything stored about this customer is removed. Meta and VCC Live keep what they have.');
    } finally {
      await opened.close();
    }
  }

  /** The open handovers that the store holds. */
  async threads(limit: number): Promise<number> {
    const opened = await this.#openNeededStore();
    try {
      const keys = await opened.threads.listOpen(limit);
      const threads = (await readAll(opened, keys)).sort((a, b) => a.since.localeCompare(b.since));
      const aside = (await opened.threads.listSetAside(limit)).map(asideThread);
      if (this.#options.json) {
        this.#say(JSON.stringify([...threads, ...aside], undefined, 2));
        return OPERATOR_EXIT.done;
      }
      if (aside.length > 0) this.#say(`${asideLines(aside, this.#clock.now())}\n`);
      if (threads.length === 0) return this.#done('No handover is open.');
      this.#say(threadsTable(threads, this.#clock.now()));
      const count = (state: string): number => threads.filter((each) => each.state === state).length;
      const more = keys.length >= limit ? ` There may be more than ${limit}: give --limit.` : '';
      return this.#done(
        `\n${count('waiting')} waiting, ${count('claimed')} claimed, ${count('passing')} passing.${more}`,
      );
    } finally {
      await opened.close();
    }
  }

  async #atThread(psid: string, act: (at: ThreadAccess) => Promise<number>): Promise<number> {
    const settings = ableToCall(this.#options.settings);
    const thread = await this.#threadOf(psid);
    const opened = settings.store === undefined ? undefined : await this.#open(settings.store);
    const client = clientOf(settings);
    try {
      return await act({ settings, thread, client, opened, handover: opened && operationsOver(settings, opened) });
    } catch (error) {
      if (!(error instanceof GraphApiError)) throw error;
      this.#host.complain(redactSecrets(error.message, secretsOf(settings)));
      return OPERATOR_EXIT.refused;
    } finally {
      client.close();
      await opened?.close();
    }
  }

  /** The Page is that of the token, unless it is given. */
  async #threadOf(psid: string): Promise<ThreadKey> {
    const { pageId } = this.#options.settings;
    if (pageId !== undefined) return { pageId, psid };
    const settings = ableToCall(this.#options.settings);
    const { appId, appSecret, pageAccessToken, graphBaseUrl, apiVersion } = settings;
    const graph = new GraphAdministration({ appId, appSecret, pageAccessToken, baseUrl: graphBaseUrl, apiVersion });
    const answer = await graph.describePage();
    graph.close();
    const found = textOf(recordIn(answer)['id']);
    if (found !== undefined) return { pageId: found, psid };
    const why =
      answer.status === 'refused'
        ? `${answer.message} ${answer.advice}`
        : answer.status === 'unanswered'
          ? answer.why
          : '';
    throw new HandoverError(
      'invalidOption',
      `The Page is not known: Meta did not name it (${why}). Give --page, or run doctor.`,
    );
  }

  async #openNeededStore(): Promise<OpenedStore> {
    const { store } = this.#options.settings;
    if (store !== undefined) return this.#open(store);
    throw new HandoverError(
      'invalidOption',
      "The bot's store is needed. Give --store, or set HANDOVER_STORE: a redis:// address, an SQLite file (.db, .sqlite),\n" +
        "or a JavaScript file that exports your bot's store: module.exports.store = new BotStorageThreadStore(…).\n" +
        "A MemoryThreadStore is inside the bot's process; no other process can read it.",
    );
  }

  #open(where: string): Promise<OpenedStore> {
    const { settings, storePrefix: prefix } = this.#options;
    if (settings.appId !== undefined) {
      return openStore({ where, folder: this.#host.folder, prefix, appId: settings.appId });
    }
    const text = "FACEBOOK_APP_ID is needed: a store keeps the threads of each bot apart, by the bot's app id.";
    throw new HandoverError('invalidOption', text);
  }

  #done(text: string, note?: string): number {
    if (this.#options.json) this.#say(JSON.stringify({ done: true, says: text.trim() }));
    else this.#say(text);
    if (note !== undefined) this.#host.complain(note);
    return OPERATOR_EXIT.done;
  }

  #say(text: string): void {
    this.#host.say(redactSecrets(text, secretsOf(this.#options.settings)));
  }
}

interface ThreadAccess {
  readonly settings: CallSettings;
  readonly thread: ThreadKey;
  readonly client: ThreadControlClient;
  readonly opened: OpenedStore | undefined;
  /** The bot's own ledger over the shared store; absent without one. */
  readonly handover: ThreadOperations | undefined;
}

function clientOf({ appId, appSecret, pageAccessToken, graphBaseUrl, apiVersion }: CallSettings): ThreadControlClient {
  return new ThreadControlClient({ botAppId: appId, appSecret, pageAccessToken, baseUrl: graphBaseUrl, apiVersion });
}

function named(answer: OwnerAnswer, { appId, vccLiveAppId }: CallSettings): ThreadOwner {
  if (answer.owner === 'idle') return { owner: 'idle' };
  const expires = answer.expiresAtMs === undefined ? {} : { expiresMs: answer.expiresAtMs };
  if (answer.owner === 'hidden') return { owner: 'other', ...expires };
  const owner = answer.appId === appId ? 'bot' : answer.appId === vccLiveAppId ? 'vccLive' : 'other';
  return { owner, appId: answer.appId, ...expires };
}

async function readAll({ threads }: OpenedStore, keys: readonly ThreadKey[]): Promise<OpenThread[]> {
  const found: OpenThread[] = [];
  for (let from = 0; from < keys.length; from += READ_AT_ONCE) {
    const some = keys.slice(from, from + READ_AT_ONCE);
    const records = await Promise.all(some.map(async (key) => openThread(key, await threads.read(key))));
    found.push(...records.filter((each) => each !== undefined));
  }
  return found;
}
