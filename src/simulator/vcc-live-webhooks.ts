/**
 * VCC Live's own webhooks, which the simulated agents cause: Chat (Async) and Ticket Status (Async).
 *
 * Exists so that a bot's route for them can be tried. Fields are the published ones; `handoverId` of `clientData` and of the
 * ticket is the custom field that an integrator makes for what came with the thread.
 * @see https://vcc.live/?p=46317
 * @see https://vcc.live/developers/webhook/async-webhook-requests/ticket-status-webhook
 */
import { createCipheriv, getCipherInfo, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { InvalidOptionError } from '../thread/errors.js';
import type { ConversationEntry, Page, Thread } from './messenger-platform.js';
import { SimulatorStateError } from './simulator-errors.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';
import type { WebhookAnswer } from './webhook-delivery.js';
import type { VccLiveEntry, Wire } from './wire.js';

/** Where VCC Live sends its webhooks, as it would be set there. */
export interface VccLiveWebhookTarget {
  /** Without secret and initialization vector: they are added to the query. */
  readonly url: string;
  readonly secret: string;
  /** Default `secret-key`. */
  readonly secretParameter?: string;
  /** Bodies are encrypted, as PHP's `openssl_encrypt` does it. `randomIv` (default true): with `?iv=`, else an empty one. */
  readonly encryption?: { readonly cipher: string; readonly key: string; readonly randomIv?: boolean };
}

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

const PROJECT_ID = 42;
const FIRST_ID = 1000;
const ANSWER_TIMEOUT_MS = 10_000;

type About = Pick<VccLiveEntry, 'name' | 'says' | 'pageId' | 'psid'>;

/** Sends VCC Live's webhooks, if a target is set. */
export class VccLiveWebhooks {
  readonly #wire: Wire;
  readonly #idsOf = new WeakMap<Thread, number>();
  #target: VccLiveWebhookTarget | undefined;
  #nextId = FIRST_ID;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** A target is set. */
  get connected(): boolean {
    return this.#target !== undefined;
  }

  /** @throws {@link InvalidOptionError} if the address or the encryption cannot be used */
  connect(target: VccLiveWebhookTarget): void {
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
    const { disposition = 'completed', agentName = 'Anna Agent', queueName = 'Messenger' } = how;
    const id = this.#idOf(thread);
    const says = `closed by ${agentName}: ${disposition}`;
    return this.#send(
      { name: 'Chat (Async)', says, pageId: page.pageId, psid: thread.psid },
      {
        chatId: id,
        projectId: PROJECT_ID,
        ticketId: id,
        firstAgentName: agentName,
        lastAgentName: agentName,
        firstQueueName: queueName,
        lastQueueName: queueName,
        contactId: id,
        entityId: id,
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
    const { action = 'update', status, substatus } = how;
    const id = this.#idOf(thread);
    const ticket = {
      ticketId: id,
      ticketNo: `T-${id}`,
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

  #idOf(thread: Thread): number {
    const known = this.#idsOf.get(thread);
    if (known !== undefined) return known;
    const id = this.#nextId++;
    this.#idsOf.set(thread, id);
    return id;
  }

  async #send(about: About, body: object): Promise<WebhookAnswer> {
    const target = this.#target;
    if (target === undefined) {
      throw new SimulatorStateError('No webhook of VCC Live is connected: simulator.connectVccLive({ url, secret }).');
    }
    const { url: address, secret, secretParameter = 'secret-key', encryption } = target;
    const seq = this.#wire.write({
      kind: 'vccLive',
      ...about,
      url: address,
      secretParameter,
      body,
      encrypted: encryption !== undefined,
      outcome: 'pending',
    });
    const url = new URL(address);
    url.searchParams.append(secretParameter, secret);
    try {
      const answer = await post(url, encrypted(JSON.stringify(body), url, encryption));
      this.#wire.end(seq, { outcome: 'answered', status: answer.status, ackMs: answer.ms });
      return answer;
    } catch (error) {
      this.#wire.end(seq, { outcome: 'unreachable', reason: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }
}

/** What came with the thread when VCC Live got it last, in the field that was made for it. */
function customFields(page: Page, thread: Thread): JsonObject {
  const app = [...page.apps.values()].find(({ role }) => role === 'vccLive');
  const passes = (app?.received ?? [])
    .filter(({ psid }) => psid === thread.psid)
    .map(({ item }) => item['pass_thread_control']);
  const last = passes.findLast(isJsonObject);
  return typeof last?.['metadata'] === 'string' ? { handoverId: last['metadata'] } : {};
}

function lineOf(page: Page, entry: ConversationEntry): JsonObject[] {
  if (entry.kind !== 'message' || entry.text === undefined) return [];
  const name = entry.appId === undefined ? undefined : page.apps.get(entry.appId)?.name;
  const date = new Date(entry.atMs).toISOString().slice(0, 19).replace('T', ' ');
  return [{ from: name ?? entry.from, date, message: entry.text }];
}

/** PHP fills keys and initialization vectors up with zero bytes. */
function encrypted(text: string, url: URL, encryption: VccLiveWebhookTarget['encryption']): string {
  if (encryption === undefined) return text;
  const { keyLength, ivLength = 0 } = getCipherInfo(encryption.cipher) ?? { keyLength: 0 };
  const iv = encryption.randomIv === false ? Buffer.alloc(ivLength) : randomBytes(ivLength);
  url.searchParams.append('iv', encryption.randomIv === false ? '' : iv.toString('hex'));
  const key = Buffer.concat([Buffer.from(encryption.key, 'utf8'), Buffer.alloc(keyLength)]).subarray(0, keyLength);
  const cipher = createCipheriv(encryption.cipher, key, iv);
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
}

function post(url: URL, body: string): Promise<WebhookAnswer> {
  const startedMs = performance.now();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const request = send(url, { method: 'POST', headers, timeout: ANSWER_TIMEOUT_MS, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString('utf8'),
          ms: Math.round(performance.now() - startedMs),
        }),
      );
    });
    request.on('timeout', () => request.destroy(new Error('The webhook gave no answer.')));
    request.on('error', reject);
    request.end(body);
  });
}
