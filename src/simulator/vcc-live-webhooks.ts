/**
 * VCC Live's own webhooks, which the simulated agents cause: Chat (Async) and Ticket Status (Async).
 *
 * Exists so that a bot's route for them can be tried. Fields are the published ones; `handoverId` of `clientData` and of the
 * ticket is the custom field that an integrator makes for what came with the thread.
 * @see https://vcc.live/?p=46317
 * @see https://vcc.live/developers/webhook/async-webhook-requests/ticket-status-webhook
 */
import { getCipherInfo } from 'node:crypto';
import { checkFields } from '../thread/check-values.js';
import { InvalidOptionError } from '../thread/errors.js';
import type { SimulatorClock } from './held-clock.js';
import type { ConversationEntry, Page, Thread } from './messenger-platform.js';
import { SimulatorStateError } from './simulator-errors.js';
import { lastPassOf, PROJECT_ID, vccLiveTime, type ChatLog } from './vcc-live/chat-log.js';
import { DEFAULT_SECRET_PARAMETER, postReport, type VccLiveWebhookTarget } from './vcc-live/post-report.js';
import type { Weather } from './weather.js';
import type { JsonObject } from './webhook-items.js';
import type { WebhookAnswer } from './webhook-client.js';
import type { VccLiveEntry, Wire } from './wire.js';

export type { VccLiveWebhookTarget } from './vcc-live/post-report.js';

/** How an agent closes a chat. */
export interface ClosedChat {
  /** Default `completed`. */
  readonly disposition?: 'completed' | 'lost' | 'missed';
  /** Default `Anna Agent`. */
  readonly agentName?: string;
  /** Default `Messenger`. */
  readonly queueName?: string;
  /** Default `within SLA`. */
  readonly slaStatus?: string;
  /** Fields that replace or join those of the body; `undefined` leaves one out. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** What happens to a ticket. */
export interface ChangedTicket {
  /** Default `update`. */
  readonly action?: 'add' | 'update' | 'delete';
  readonly status?: 'park' | 'closed';
  readonly substatus?: 'waiting4agent' | 'waiting4entity' | 'successful' | 'unsuccessful';
  /** Fields that replace or join those of the ticket; `undefined` leaves one out. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * When VCC Live sends a failed report again, milliseconds after the first failure. It repeats "until it succeeds or reaches
 * a limit" and publishes neither times nor limit, so these are a guess.
 */
const REPORT_REPEATS_MS: readonly number[] = [10_000, 60_000, 300_000, 900_000];

type About = Pick<VccLiveEntry, 'name' | 'says' | 'pageId' | 'psid'>;

/** A report that is sent until the bot takes it. */
interface Report {
  readonly target: VccLiveWebhookTarget;
  readonly about: About;
  readonly body: object;
}

/** What an attempt came to. `isTaken`: VCC Live got the answer 200. */
interface Attempt {
  readonly isTaken: boolean;
  readonly seq: number;
  /** Absent if no answer came. */
  readonly answer?: WebhookAnswer;
  readonly error?: unknown;
}

/** What the webhooks work with. */
export interface VccLiveWebhookDeps {
  readonly wire: Wire;
  readonly weather: Weather;
  readonly clock: SimulatorClock;
  readonly chats: ChatLog;
}

/** Sends VCC Live's webhooks, if a target is set. */
export class VccLiveWebhooks {
  readonly #deps: VccLiveWebhookDeps;
  readonly #repeating = new Set<Promise<void>>();
  #target: VccLiveWebhookTarget | undefined;

  constructor(deps: VccLiveWebhookDeps) {
    this.#deps = deps;
  }

  /** A target is set. */
  get connected(): boolean {
    return this.#target !== undefined;
  }

  /** @throws {@link InvalidOptionError} if the address or the encryption cannot be used */
  connect(target: VccLiveWebhookTarget): void {
    checkFields('', target, ['url', 'secret', 'secretParameter', 'encryption']);
    if (target.encryption) checkFields('encryption', target.encryption, ['cipher', 'key', 'randomIv']);
    if (!URL.canParse(target.url)) {
      throw new InvalidOptionError('url', JSON.stringify(target.url), 'an http or https address');
    }
    if (target.encryption && getCipherInfo(target.encryption.cipher) === undefined) {
      throw new InvalidOptionError('encryption.cipher', JSON.stringify(target.encryption.cipher), 'a known cipher');
    }
    this.#target = target;
  }

  /** Chat (Async). Rejects if nothing is connected or there is no answer. */
  chatClosed(page: Page, thread: Thread, how: ClosedChat): Promise<WebhookAnswer> {
    checkFields('', how, ['disposition', 'agentName', 'queueName', 'slaStatus', 'fields']);
    const { disposition = 'completed', agentName = 'Anna Agent', queueName = 'Messenger' } = how;
    const { clock, chats } = this.#deps;
    const { chatId, ticketId, contactId, entityId } = chats.close(page, thread, { agentName, nowMs: clock.now() });
    const says = `closed by ${agentName}: ${disposition}`;
    return this.#send(
      { name: 'Chat (Async)', says, pageId: page.pageId, psid: thread.psid },
      {
        chatId,
        projectId: PROJECT_ID,
        ticketId,
        firstAgentName: agentName,
        lastAgentName: agentName,
        firstQueueName: queueName,
        lastQueueName: queueName,
        contactId,
        entityId,
        disposition,
        platform: 'facebook',
        ipAddress: '',
        isSpam: 0,
        slaStatus: how.slaStatus ?? 'within SLA',
        conversation: thread.conversation.flatMap((entry) => lineOf(page, entry)),
        clientData: { name: `Customer ${thread.psid}`, contacts: [], ...customFields(page, thread) },
        ...how.fields,
      },
    );
  }

  /** Ticket Status (Async). Rejects if nothing is connected or there is no answer. */
  ticketChanged(page: Page, thread: Thread, how: ChangedTicket): Promise<WebhookAnswer> {
    checkFields('', how, ['action', 'status', 'substatus', 'fields']);
    const { action = 'update', status, substatus } = how;
    const { ticketId } = this.#deps.chats.numbersOf(page, thread);
    const ticket = {
      ticketId,
      ticketNo: `T-${ticketId}`,
      projectId: PROJECT_ID,
      projectName: 'Messenger',
      ...(status === undefined ? {} : { status }),
      ...(substatus === undefined ? {} : { substatus }),
      ...customFields(page, thread),
      ...how.fields,
    };
    const says = [action, status, substatus].filter((word) => word !== undefined).join(' ');
    return this.#send(
      { name: 'Ticket Status (Async)', says, pageId: page.pageId, psid: thread.psid },
      { action, ticket },
    );
  }

  /** Resolves when no repeated report is in progress. */
  async quiet(): Promise<void> {
    while (this.#repeating.size > 0) await Promise.all(this.#repeating);
  }

  async #send(about: About, body: object): Promise<WebhookAnswer> {
    const target = this.#target;
    if (target === undefined) {
      throw new SimulatorStateError('No webhook of VCC Live is connected: simulator.connectVccLive({ url, secret }).');
    }
    const report = { target, about, body };
    const attempt = await this.#attempt(report, 1);
    if (!attempt.isTaken) this.#repeatLater(report, attempt.seq, 1, this.#deps.clock.now());
    if (attempt.answer === undefined) throw attempt.error;
    return attempt.answer;
  }

  #repeatLater(report: Report, failedSeq: number, attempt: number, firstFailureMs: number): void {
    const { clock, wire } = this.#deps;
    const offsetMs = REPORT_REPEATS_MS[attempt - 1];
    if (offsetMs === undefined) {
      wire.note(`VCC Live has given a report up after ${attempt} attempts`);
      return;
    }
    const againInMs = Math.max(firstFailureMs + offsetMs - clock.now(), 0);
    wire.end(failedSeq, { againInMs });
    clock.afterInBackground(againInMs, () => {
      const repeated = this.#attempt(report, attempt + 1).then(({ isTaken, seq }) => {
        if (!isTaken) this.#repeatLater(report, seq, attempt + 1, firstFailureMs);
      });
      this.#repeating.add(repeated);
      void repeated.finally(() => this.#repeating.delete(repeated));
    });
  }

  /** Never rejects. */
  async #attempt({ target, about, body }: Report, attempt: number): Promise<Attempt> {
    const { wire, weather } = this.#deps;
    const { url, secretParameter = DEFAULT_SECRET_PARAMETER } = target;
    const encrypted = target.encryption !== undefined;
    const seq = wire.write({
      kind: 'vccLive',
      ...about,
      url,
      secretParameter,
      body,
      encrypted,
      attempt,
      outcome: 'pending',
    });
    try {
      if (weather.botDown.strikes() !== undefined)
        throw new SimulatorStateError('The weather says that the bot is down.');
      const answer = await postReport(target, body);
      const isLost = weather.vccLiveAnswersLost.strikes() !== undefined;
      wire.end(seq, { outcome: isLost ? 'answerLost' : 'answered', status: answer.status, ackMs: answer.ms });
      return { isTaken: answer.status === 200 && !isLost, seq, answer };
    } catch (error) {
      wire.end(seq, { outcome: 'unreachable', reason: error instanceof Error ? error.message : String(error) });
      return { isTaken: false, seq, error };
    }
  }
}

/** What came with the thread when VCC Live got it last, in the field that was made for it. */
function customFields(page: Page, thread: Thread): JsonObject {
  const last = lastPassOf(page, thread);
  return typeof last?.['metadata'] === 'string' ? { handoverId: last['metadata'] } : {};
}

function lineOf(page: Page, entry: ConversationEntry): JsonObject[] {
  if (entry.kind !== 'message' || entry.text === undefined) return [];
  const name = entry.appId === undefined ? undefined : page.apps.get(entry.appId)?.name;
  return [{ from: name ?? entry.from, date: vccLiveTime(entry.atMs), message: entry.text }];
}
