/** A Messenger bot without any framework, and the plugin in it: the public face of `bot/` for a bot that is a function. */
import { HandoverError, InvalidOptionError, TurnTakenOverError, textOfThrown } from '../thread/errors.js';
import type { ThreadEvent } from '../thread/event.js';
import type { HandoverResult, HandoverStart, ThreadOwner } from '../thread/handover.js';
import type { ThreadKey } from '../thread/key.js';
import { described, isObject } from '../thread/check-values.js';
import type { WebhookRequest, WebhookResponse } from '../webhook/http-request.js';
import type { Plugin } from '../bot/compose.js';
import { referenceTo } from '../bot/addresses/handoff-status.js';
import { HandoverPlugin, dueResultsOf, hasDueResult, pluginOf } from '../bot/handover-plugin.js';
import type { RawWebhookRequest, RawWebhookResponse } from '../webhook/raw-request.js';
import type { BotLogic } from '../bot/port.js';
import { serve } from '../bot/serving/serve-adapter.js';
import { decidedIn } from '../bot/turn-state.js';
import type { CustomerMessage } from './customer-message.js';
import { DirectAdapter, MessengerBinding } from './framework.js';
import type { HandoverRequest, MessengerThread } from './messenger-thread.js';
import type { ThreadHost } from './messenger-turn.js';
import { MessengerTurn } from './messenger-turn.js';
import type { MessengerBotOptions } from './options.js';
import { readOptions } from './options.js';
import { ThreadByKey } from './thread-by-key.js';

/** Answers a customer's message. */
export type MessageHandler = (message: CustomerMessage, thread: MessengerThread) => unknown;
/** Goes on after a handover. */
export type ReturnedHandler = (result: HandoverResult, thread: MessengerThread) => unknown;
/** Gets what is no message: a reaction, a receipt, an opt-in, a referral. */
export type EventHandler = (event: ThreadEvent, thread: MessengerThread) => unknown;
/** Gets what a handler has thrown. */
export type ErrorHandler = (error: Error, thread: MessengerThread) => unknown;

interface Handlers {
  message?: MessageHandler;
  returned?: ReturnedHandler;
  event?: EventHandler;
  error?: ErrorHandler;
}

const NOBODY_ANSWERS =
  'A customer wrote, and nobody answers: the bot has no onMessage. Call bot.onMessage(…) before the server listens. ' +
  'This line is written once.';

/**
 * A Messenger bot that is a function, with agents of VCC Live behind it.
 *
 * ```ts
 * const bot = new MessengerBot({ botAppId, vccLiveAppId, pageAccessToken, appSecret, verifyToken });
 * bot.onMessage(async (message, thread) => {
 *   await thread.reply(`You said: ${message.text ?? 'nothing'}`);
 * });
 * createServer(bot.webhook).listen(3000);
 * ```
 * @see https://developers.facebook.com/docs/messenger-platform/webhooks
 */
export class MessengerBot extends HandoverPlugin<MessengerTurn, never> {
  /**
   * Answers a request of Meta's webhook, GET and POST. Never rejects. It needs no `this`: `createServer(bot.webhook)`,
   * `app.use('/webhook', bot.webhook)`. A body parser before it has to keep the bytes in `req.rawBody`.
   */
  readonly webhook: (req: WebhookRequest, res: WebhookResponse) => Promise<void>;

  /**
   * {@link webhook} for a cloud function: takes the request as bytes, and resolves with what to answer. It waits until the
   * turns have ended, because a function is stopped with its answer. Never rejects, and needs no `this`.
   */
  readonly receive: (request: RawWebhookRequest) => Promise<RawWebhookResponse>;

  readonly #plugin: Plugin;
  readonly #adapter = new DirectAdapter();
  readonly #binding: MessengerBinding;
  readonly #host: ThreadHost;
  readonly #handlers: Handlers = {};
  /** The binding makes all contexts, so each is a {@link MessengerTurn}. */
  readonly #logic: BotLogic = (turn: MessengerTurn) => this.#runHandlers(turn);

  /** @throws {@link InvalidOptionError} if an option cannot work, naming it */
  constructor(options: MessengerBotOptions) {
    const binding = new MessengerBinding();
    const { plugin, route } = readOptions(options);
    super(plugin, binding);
    this.#binding = binding;
    this.#plugin = pluginOf(this);
    const { requests, runner, guards } = this.#plugin;
    this.#host = {
      inTurn: (key, work) => this.#inTurn(key, work),
      toAgent: (turn, request) => requests.toAgent(turn, request),
      take: (target, metadata) => super.take(target, metadata),
      release: (target, metadata) => super.release(target, metadata),
      ownerOf: (target, how) => super.ownerOf(target, how),
    };
    binding.connect({ runner, host: this.#host });
    const service = serve(this.#plugin, this.#adapter, route);
    this.#adapter.serve(service);
    guards.guardAdapter(this.#adapter);
    this.webhook = (req, res) => service.receive(req, res, this.#logic);
    this.receive = (request) => service.receiveRaw(request, this.#logic);
  }

  /**
   * Answers customers: gets each message and each tap on a button, one at a time for each thread, and nothing while another
   * app owns the thread. What the handler throws is logged, or given to {@link onError}.
   * @throws {@link InvalidOptionError} if there is such a handler already
   */
  onMessage(handler: MessageHandler): this {
    this.#handle('message', 'onMessage', handler);
    return this;
  }

  /**
   * Goes on when a thread is home again: gets the result of each handover that the bot began, by `toAgent` or by the option
   * `talkToAgent`. Once for each handover, over restarts and processes, with a store that outlives them. A handler that
   * throws gets the result again in the next turn of the thread, and so does the process that comes after one that died.
   * If a message of the customer's brought the thread home, `thread.message` has it, and {@link onMessage} gets it next.
   * @throws {@link InvalidOptionError} if there is such a handler already
   */
  onReturned(handler: ReturnedHandler): this {
    this.#handle('returned', 'onReturned', handler);
    this.#plugin.requests.awaitedByHandler();
    return this;
  }

  /**
   * Gets what is no message: `reaction`, `read`, `delivery`, `optin`, `referral`, `echo`, `messageEdit` and others.
   * @throws {@link InvalidOptionError} if there is such a handler already
   */
  onEvent(handler: EventHandler): this {
    this.#handle('event', 'onEvent', handler);
    return this;
  }

  /**
   * Gets what another handler has thrown, in place of the log. Meta gets its 200 in any case.
   * @throws {@link InvalidOptionError} if there is such a handler already
   */
  onError(handler: ErrorHandler): this {
    this.#handle('error', 'onError', handler);
    return this;
  }

  /**
   * A thread by its key, for a message that no message of the customer's asks for, such as a reminder. Each call waits for its turn
   * in the thread's queue. While an agent has the thread, a reply stays in.
   * @throws {@link HandoverError} code `noThread` if the key names no thread
   */
  thread(key: ThreadKey): MessengerThread {
    const { pageId, psid } = keyOf(key);
    return new ThreadByKey(this.#host, { pageId, psid });
  }

  /** {@link MessengerThread.toAgent} of a thread, also by its key. */
  override async toAgent(target: MessengerThread | ThreadKey, request: HandoverRequest = {}): Promise<HandoverStart> {
    return (isThread(target) ? target : this.thread(target)).toAgent(request);
  }

  /** {@link MessengerThread.take} of a thread, also by its key. */
  override async take(target: MessengerThread | ThreadKey, metadata?: string): Promise<void> {
    return super.take(targetOf(target), metadata);
  }

  /** {@link MessengerThread.release} of a thread, also by its key. */
  override async release(target: MessengerThread | ThreadKey, metadata?: string): Promise<void> {
    return super.release(targetOf(target), metadata);
  }

  /** {@link MessengerThread.owner} of a thread, also by its key. */
  override async ownerOf(
    target: MessengerThread | ThreadKey,
    how: { readonly ask?: boolean } = {},
  ): Promise<ThreadOwner> {
    return super.ownerOf(targetOf(target), how);
  }

  #handle<K extends keyof Handlers>(kind: K, method: string, handler: NonNullable<Handlers[K]>): void {
    if (typeof handler !== 'function') throw new InvalidOptionError(method, described(handler), 'a function');
    if (this.#handlers[kind]) throw new InvalidOptionError(method, 'called twice', 'called once, with one handler');
    this.#handlers[kind] = handler;
    // Not before: what a dead process has left would meet a bot that answers nothing.
    this.#plugin.pluginTurns.attach({ adapter: this.#adapter, logic: this.#logic });
  }

  async #inTurn<T>(key: ThreadKey, work: (turn: MessengerTurn) => Promise<T>): Promise<T> {
    let working: Promise<T> | undefined;
    const logic: BotLogic = async (turn: MessengerTurn) => {
      working = work(turn);
      await working;
    };
    await this.#binding.continueConversation({ adapter: this.#adapter, logic }, referenceTo(key), logic);
    if (!working) throw new HandoverError('unexpected', 'The turn in the thread did not run.');
    // Once more: what fails in a turn that another process has taken over ends the turn in silence.
    return working;
  }

  /** The bot's logic: what came home first, then what the customer sent. */
  async #runHandlers(turn: MessengerTurn): Promise<void> {
    const { returned, message: onMessage, event: onEvent } = this.#handlers;
    const decided = decidedIn(turn.turnState);
    if (returned && hasDueResult(turn)) {
      await this.#guarded('onReturned', turn, async () => {
        for (const due of dueResultsOf(this.#plugin, turn)) {
          await returned(due.result, turn);
          await due.handled();
        }
      });
    }
    if (!decided || (decided.decision !== 'unmanaged' && decided.decision.run !== 'logic')) return;
    const { message } = turn;
    const { event } = decided;
    if (message && !onMessage) this.#plugin.core.lines.once('error', NOBODY_ANSWERS);
    if (message && onMessage) await this.#guarded('onMessage', turn, () => onMessage(message, turn), event);
    else if (!message && onEvent) await this.#guarded('onEvent', turn, () => onEvent(event, turn), event);
  }

  /**
   * Runs a handler. A handler that fails ends its turn, and nothing else.
   * @throws {@link TurnTakenOverError} if another process has the turn's event
   */
  async #guarded(name: string, turn: MessengerTurn, run: () => unknown, event?: ThreadEvent): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      if (thrown instanceof TurnTakenOverError) throw thrown;
      const error = thrown instanceof Error ? thrown : new HandoverError('unexpected', textOfThrown(thrown));
      await this.#failed(name, turn, error, event);
    }
  }

  async #failed(name: string, turn: MessengerTurn, error: Error, event: ThreadEvent | undefined): Promise<void> {
    const { log, events } = this.#plugin.core;
    if (event) events.emit('ignored', { thread: turn.key, event, reason: 'failed', error });
    const { error: onError } = this.#handlers;
    if (!onError) {
      log.error(`${name} threw, and no onError handles it: ${error.stack ?? error.message}`);
      return;
    }
    try {
      await onError(error, turn);
    } catch (second) {
      log.error(`onError threw: ${textOfThrown(second)}. It was called because ${name} threw: ${error.message}`);
    }
  }
}

function keyOf(key: unknown): ThreadKey {
  const { pageId, psid } = isObject(key) ? key : {};
  if (typeof pageId === 'string' && pageId !== '' && typeof psid === 'string' && psid !== '') return { pageId, psid };
  throw new HandoverError('noThread', 'The key names no thread. Give { pageId, psid }, both as texts.');
}

function isThread(target: MessengerThread | ThreadKey): target is MessengerThread {
  return 'key' in target;
}

/** A turn stays itself: what it takes back, it may speak in. */
function targetOf(target: MessengerThread | ThreadKey): MessengerTurn | ThreadKey {
  if (target instanceof MessengerTurn) return target;
  return keyOf(isObject(target) && 'key' in target ? target.key : target);
}
