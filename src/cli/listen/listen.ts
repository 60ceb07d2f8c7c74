/**
 * `listen`: the webhooks of a running bot, one readable line each, from a tap in front of it or from its log.
 */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock, type Clock } from '../../thread/clock.js';
import { HandoverError, InvalidOptionError } from '../../thread/errors.js';
import type { TrafficObserver } from '../../thread/traffic.js';
import { TrafficRecorder } from '../../recording/traffic-recorder.js';
import { parseWebhook } from '../../webhook/parse-webhook.js';
import type { MetaSettings } from '../meta-settings.js';
import { RepeatedLines } from '../../thread/repeated-lines.js';
import { visibleText } from '../../thread/visible-text.js';
import { shownAddress } from '../shown-address.js';
import { paint, type Paint } from '../terminal.js';
import { eventLine, eventObject, type EventWords } from './event-line.js';
import { followFile, linesOf } from './follow-file.js';
import { startGraphTap } from './graph-tap.js';
import { readLogLine } from './read-log-line.js';
import { startWebhookTap, type TappedDelivery } from './webhook-tap.js';

/** What was asked for. */
export interface ListenOptions {
  readonly settings: MetaSettings;
  /** A file, `-` for standard input, or nothing for a tap. */
  readonly source: string | undefined;
  readonly forwardTo: string | undefined;
  readonly port: number;
  readonly host: string;
  /** Names by which the tap may be called, beside localhost and IP addresses. */
  readonly allowedHosts: readonly string[];
  readonly fromStart: boolean;
  readonly texts: boolean;
  readonly json: boolean;
  /** Where to record, texts that stay, and the port of the proxy to Graph. */
  readonly record?: {
    readonly file: string;
    readonly keep: readonly string[] | undefined;
    readonly port: number;
  };
}

/** What the command needs of its process. */
export interface ListenHost {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
  readonly stopped: () => Promise<void>;
  readonly input: AsyncIterable<string | Uint8Array>;
  readonly folder: string;
  readonly colours: boolean;
  readonly clock?: Clock;
}

/** Listens until the user ends it, or the input does. Rejects if port or file cannot be had. */
export async function listen(options: ListenOptions, host: ListenHost): Promise<void> {
  const teller = new Teller(options, host);
  if (options.source === undefined) return listenAtTap(options, host, teller);
  if (options.record !== undefined) {
    throw new InvalidOptionError('--record', 'together with a log', 'a tap: leave out the log, and give --forward');
  }
  const stopped = host.stopped();
  let over = false;
  void stopped.then(() => (over = true));
  const lines =
    options.source === '-'
      ? linesOf(host.input)
      : followed(resolve(host.folder, options.source), options, host, () => over);
  const read = (async () => {
    for await (const line of lines) teller.logLine(line);
  })();
  await Promise.race([read, stopped]);
}

async function listenAtTap(options: ListenOptions, host: ListenHost, teller: Teller): Promise<void> {
  const stopped = host.stopped();
  const { settings, forwardTo, port, host: address, allowedHosts } = options;
  const { complain } = host;
  const lines = new RepeatedLines({ info: complain, warn: complain, error: complain }, host.clock ?? systemClock);
  const recording = await startRecording(options, host);
  const tap = await startWebhookTap({
    ...{ port, host: address, forwardTo, appSecret: settings.appSecret, verifyToken: settings.verifyToken },
    now: () => (host.clock ?? systemClock).now(),
    allowedHosts: [address, ...allowedHosts],
    onTurnedAway: (why) => lines.sayOnce('warn', why, `A request was refused: ${visibleText(why)}`),
    onDelivery: (delivery) => teller.delivery(delivery),
    traffic: recording?.traffic,
  });
  const onto =
    forwardTo === undefined
      ? 'and answers by itself: no bot is behind it'
      : `and forwards everything to ${shownAddress(forwardTo)}`;
  host.complain(`Listens on http://${address}:${tap.port} ${onto}. Send Meta's webhooks there. Ctrl+C ends it.`);
  if (settings.appSecret === undefined) {
    host.complain('Signatures are not checked, and no text is shown: FACEBOOK_APP_SECRET is not set.');
  }
  try {
    await stopped;
  } finally {
    await tap.close();
    await recording?.close();
  }
}

/** Opens the file and the proxy to Graph, and says what the bot needs. */
async function startRecording(
  { record, settings, host: address, allowedHosts }: ListenOptions,
  { complain, folder, clock = systemClock }: ListenHost,
): Promise<{ readonly traffic: TrafficObserver; readonly close: () => Promise<void> } | undefined> {
  if (record === undefined) return undefined;
  const { port } = record;
  const { graphBaseUrl: graph } = settings;
  if (port !== 0 && new URL(graph).port === String(port)) {
    throw new InvalidOptionError('--graph', 'the address of this proxy', 'Graph itself: https://graph.facebook.com');
  }
  const file = resolve(folder, record.file);
  const { appId: botAppId, vccLiveAppId } = settings;
  const traffic = new TrafficRecorder({
    file,
    keep: record.keep,
    botAppId,
    vccLiveAppId,
    now: () => clock.now(),
    complain,
  });
  const begun = startGraphTap({ port, host: address, graph, traffic, allowedHosts: [address, ...allowedHosts] });
  const tap = await begun.catch(async (error: unknown) => {
    await traffic.close();
    // It is new and empty, and the next attempt takes the same name.
    await rm(file, { force: true });
    throw error;
  });
  complain(
    `Records in ${file}. Give the bot http://${address}:${tap.port} as its Graph address, ` +
      `graph: { baseUrl: … } for the plugin: calls go on to ${shownAddress(graph)} and are recorded.`,
  );
  if (botAppId === undefined || vccLiveAppId === undefined) {
    complain('A replay knows the apps only by their ids: set FACEBOOK_APP_ID and VCC_LIVE_APP_ID before you record.');
  }
  const close = async (): Promise<void> => {
    await tap.close();
    await traffic.close();
  };
  return { traffic, close };
}

async function* followed(
  file: string,
  options: ListenOptions,
  host: ListenHost,
  stopped: () => boolean,
): AsyncGenerator<string> {
  const clock = host.clock ?? systemClock;
  try {
    yield* followFile(file, { fromStart: options.fromStart, clock, stopped });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new HandoverError('invalidOption', `${file} cannot be read (${code}).`);
  }
}

class Teller {
  readonly #options: ListenOptions;
  readonly #host: ListenHost;
  readonly #words: EventWords;
  readonly #paint: Paint;

  constructor(options: ListenOptions, host: ListenHost) {
    this.#options = options;
    this.#host = host;
    const { appId, vccLiveAppId } = options.settings;
    this.#words = { botAppId: appId, vccLiveAppId, texts: options.texts };
    this.#paint = paint(host.colours && !options.json);
  }

  delivery({ body, atMs, signature, hint, status, tookMs, unreachable }: TappedDelivery): void {
    const ending =
      unreachable === undefined
        ? `${status} in ${tookMs} ms${signature === 'wrong' ? ', signature wrong' : ''}`
        : `the bot cannot be reached (${unreachable})`;
    const bad = unreachable !== undefined || status !== 200 || signature === 'wrong';
    const facts = { status, tookMs, signature, ...(unreachable === undefined ? {} : { unreachable }) };
    const painted = bad ? this.#paint.bad(`  ✘ ${ending}`) : this.#paint.faint(`  ${ending}`);
    if (signature === 'wrong') {
      this.#unsigned({ atMs, bytes: Buffer.byteLength(body), hint: hint ?? '' }, painted, facts);
      return;
    }
    // Nothing proves that it comes from Meta.
    const words = signature === 'valid' ? this.#words : { ...this.#words, texts: false };
    this.#events({ body, atMs, words }, painted, facts);
  }

  logLine(line: string): void {
    const found = readLogLine(line);
    const nowMs = (this.#host.clock ?? systemClock).now();
    if (found.kind === 'other') return;
    const atMs = found.atMs ?? nowMs;
    if (found.kind === 'webhook') {
      this.#events({ body: found.body, atMs, words: this.#words }, '', {});
      return;
    }
    const text = visibleText(found.text);
    if (this.#options.json) this.#host.say(JSON.stringify({ at: new Date(atMs).toISOString(), kind: 'log', text }));
    else this.#host.say(`${this.#paint.faint(new Date(atMs).toISOString().slice(11, 23))}  bot says   ${text}`);
  }

  /** Anybody may have written it, so only its arrival and its size are shown. */
  #unsigned(
    { atMs, bytes, hint }: { readonly atMs: number; readonly bytes: number; readonly hint: string },
    ending: string,
    facts: object,
  ): void {
    const at = new Date(atMs).toISOString();
    const time = this.#paint.faint(at.slice(11, 23));
    const said = this.#options.json
      ? JSON.stringify({ at, kind: 'unsigned', bytes, hint, ...facts })
      : `${time}  a POST of ${bytes} bytes that Meta did not sign${ending}. ${hint}`;
    this.#host.say(said);
  }

  #events(
    { body, atMs, words }: { readonly body: unknown; readonly atMs: number; readonly words: EventWords },
    ending: string,
    facts: object,
  ): void {
    const events = parseWebhook(body);
    if (events.length === 0 && ending !== '') {
      const empty = { at: new Date(atMs).toISOString(), kind: 'empty', ...facts };
      const time = this.#paint.faint(new Date(atMs).toISOString().slice(11, 23));
      this.#host.say(this.#options.json ? JSON.stringify(empty) : `${time}  a delivery without events${ending}`);
      return;
    }
    for (const event of events) {
      if (this.#options.json) this.#host.say(JSON.stringify({ ...eventObject(event, atMs, words), ...facts }));
      else this.#host.say(`${eventLine(event, atMs, words, this.#paint)}${ending}`);
    }
  }
}
