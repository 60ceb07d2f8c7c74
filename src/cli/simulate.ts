/**
 * `simulate`: a pretend Messenger platform for an existing bot, with a page in the browser.
 *
 * A bot in any language can be tried without Meta. The bot needs other addresses and ids, and no code of this package.
 */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessengerSimulator, throwAwayCertificate, wireLine, type SimulatorOptions } from '../simulator/index.js';
import { AzureChannel } from '../simulator/azure/azure-channel.js';
import { serveStage } from '../simulator/stage/stage-server.js';
import { InvalidOptionError } from '../thread/errors.js';
import { asDotEnv, asExports, botVariables } from './bot-settings.js';
import { activityTrouble, checkAzureBot } from './check-azure-bot.js';
import { checkBot, type BotVerdict } from './check-bot.js';
import { checkReadable, replayAtBot, type ReplayOptions } from './replay-at-bot.js';
import { shownAddress } from './shown-address.js';
import { watchBot } from './watch-bot.js';

/** What the command line has understood. */
export interface SimulateOptions {
  /** The bot's webhooks; several take turns. */
  readonly botUrls: readonly string[];
  /** Play Azure Bot Service's Facebook channel: the bot's messaging endpoint gets activities, not Meta's webhooks. */
  readonly azure: boolean;
  /** Serve https with the throw-away certificate. */
  readonly tls: boolean;
  /** Print the wire. */
  readonly log: boolean;
  /** Play this recording and end, instead of running until the user ends it. */
  readonly replay?: ReplayOptions;
  readonly platform: SimulatorOptions;
}

/** What the command needs of its process. */
export interface SimulateHost {
  /** Writes a line to standard output. */
  readonly say: (line: string) => void;
  /** Writes a line to standard error. */
  readonly complain: (line: string) => void;
  /** Resolves when the user wants it to end. */
  readonly stopped: () => Promise<void>;
}

const MAX_SEED = 2 ** 31;

/** Option names of the simulator that are called otherwise on the command line. */
const TYPED_AS: Readonly<Record<string, string>> = {
  botAppId: '--app-id',
  vccLiveAppId: '--vcc-live-app-id',
  pageId: '--page-id',
  appSecret: '--app-secret',
  verifyToken: '--verify-token',
  pageAccessToken: '--page-access-token',
  allowedHosts: '--allow-host',
};

const META_HINT = `Calls to Meta go to GRAPH_BASE_URL instead of https://graph.facebook.com; webhooks come to the bot, signed with
FACEBOOK_APP_SECRET. Give the plugin that address: graph: { baseUrl: process.env.GRAPH_BASE_URL }.`;
const AZURE_HINT = `The bot gets activities from a simulated Azure Bot Service, and posts its answers to the activity's serviceUrl. Start it
without MicrosoftAppId and MicrosoftAppPassword. The plugin's own calls go to GRAPH_BASE_URL:
graph: { baseUrl: process.env.GRAPH_BASE_URL }.`;

/**
 * Runs until the user ends it, or until a recording is played.
 * @returns whether the bot makes the calls of the recording; `undefined` if none was played
 * @throws {@link InvalidOptionError} named as it is typed; rejects with the system's error if the port cannot be had
 */
export async function simulate(options: SimulateOptions, host: SimulateHost): Promise<boolean | undefined> {
  if (options.replay !== undefined) await checkReadable(options.replay.file);
  const stopped = host.stopped();
  const simulator = await started(options);
  const certificate = options.tls ? await writtenCertificate() : undefined;
  const stops: (() => unknown)[] = [];
  try {
    if (options.azure) stops.push(await playAzure(simulator, options, host));
    else simulator.connectBot(options.botUrls);
    const stage = serveStage(simulator);
    stops.push(() => stage.close());
    introduce(simulator, options, certificate?.file, host);
    if (options.log) stops.push(followWire(simulator, host.say));
    if (options.replay !== undefined) {
      const check = (): Promise<BotVerdict> => checkBots(simulator, options);
      return await replayAtBot(simulator, options.replay, { check, say: host.say, stopped });
    }
    stops.push(watchBot({ wire: simulator.wire, check: () => checkBots(simulator, options), say: host.say, after }));
    await stopped;
    return undefined;
  } finally {
    for (const stop of stops) await stop();
    await simulator.stop();
    await certificate?.remove();
  }
}

/** True for addresses and names that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A wildcard is no address to call; this machine is one of those meant. */
export function callableOrigin(origin: string): string {
  return origin.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

async function started({ platform, tls }: SimulateOptions): Promise<MessengerSimulator> {
  try {
    // A bot that remembers events over restarts would take those of this run for those of the last one.
    const seed = randomInt(MAX_SEED);
    return await MessengerSimulator.start({ seed, ...platform, ...(tls ? { tls: throwAwayCertificate } : {}) });
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    throw new InvalidOptionError(TYPED_AS[error.option] ?? error.option, error.got, error.expected);
  }
}

/** Bots in Node trust a certificate by the name of a file. */
async function writtenCertificate(): Promise<{ readonly file: string; readonly remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'messenger-simulator-'));
  const file = join(folder, 'certificate.pem');
  await writeFile(file, throwAwayCertificate.cert);
  return { file, remove: () => rm(folder, { recursive: true, force: true }) };
}

function introduce(
  simulator: MessengerSimulator,
  options: SimulateOptions,
  certificateFile: string | undefined,
  { say, complain }: SimulateHost,
): void {
  const origin = callableOrigin(simulator.graphBaseUrl);
  const { settings } = simulator;
  const listensOn = options.platform.host ?? '127.0.0.1';
  if (!isLoopback(listensOn)) {
    complain(
      `Warning: it listens on ${listensOn}, which is not loopback. Anybody who reaches this port can act as customer and agent,\n` +
        'and make your bot do what customers can make it do. Use it in a network that you trust.\n',
    );
  }
  const variables = botVariables(settings, origin, { vccLive: simulator.vccLive.access, certificateFile });
  say(`A pretend Messenger platform is running.

  Page in the browser   ${origin}/
  Graph API             ${origin}/${settings.apiVersion}/me/…
  Your bot              ${options.botUrls.map(shownAddress).join('  ')}
  Page id               ${settings.pageId}
  Clock                 ${simulator.clock.mode === 'held' ? 'held: advance it in the page' : 'real'}
  Routing               ${options.platform.routing === false ? 'off: no default application is set' : 'on'}

Configure your bot with these values. They are the simulator's own and worth nothing elsewhere.

In a shell:
${asExports(variables)}

In a .env file:
${asDotEnv(variables)}

${options.azure ? AZURE_HINT : META_HINT} Ctrl+C ends it.
`);
}

/** Says of each activity that the bot did not take why, once for each reason. @returns how to end it */
async function playAzure(
  simulator: MessengerSimulator,
  { botUrls }: SimulateOptions,
  { say }: SimulateHost,
): Promise<() => Promise<void>> {
  const [url = '', ...others] = botUrls;
  if (others.length > 0) {
    throw new InvalidOptionError('--bot', 'several addresses', 'one address, together with --azure');
  }
  const channel = await AzureChannel.open(simulator);
  channel.connect(url);
  const said = new Set<string>();
  channel.onDelivered(({ status }) => {
    const trouble = activityTrouble(url, status);
    if (trouble === undefined || said.has(trouble)) return;
    said.add(trouble);
    say(trouble);
  });
  return () => channel.close();
}

/** The first bot that is not ready, or the last that is. */
async function checkBots({ settings }: MessengerSimulator, { botUrls, azure }: SimulateOptions): Promise<BotVerdict> {
  const { appSecret, verifyToken } = settings;
  const check = (url: string): Promise<BotVerdict> =>
    azure ? checkAzureBot(url) : checkBot({ url, appSecret, verifyToken });
  const verdicts = await Promise.all(botUrls.map(check));
  const worst = verdicts.find(({ ready }) => !ready);
  return worst ?? { ready: true, says: [...new Set(verdicts.map(({ says }) => says))].join('\n') };
}

function followWire({ wire }: MessengerSimulator, say: (line: string) => void): () => void {
  const stops = (['entry', 'update'] as const).map((event) =>
    wire.on(event, (entry) => {
      if ('outcome' in entry && entry.outcome === 'pending') return;
      say(wireLine(entry));
    }),
  );
  return () => {
    for (const stop of stops) stop();
  };
}

function after(delayMs: number, run: () => void): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
