/** A simulator, a bot that does as Meta asks, and `doctor` called upon them as it is typed. */
import { createServer, type Server } from 'node:http';
import { answerChallenge, verifySignature } from 'botbuilder-handover-vcclive';
import { MessengerSimulator, type SimulatorOptions } from 'botbuilder-handover-vcclive/simulator';
import type { CommandLineHost } from '../../../src/cli/command-host.js';
import { runCommandLine } from '../../../src/cli/command-line.js';
import { originOf, stopServer } from '../../kit/listening.js';

export const PSID = '6600112233445566';

/** A webhook that checks what it must, unless a test makes it careless. */
export class CheckedBot {
  checksSignatures = true;
  /** Instead of 200; `silent` answers never. */
  answers: number | 'silent' = 200;
  readonly bodies: string[] = [];
  readonly #server: Server;

  constructor(appSecret: string, verifyToken: string) {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method === 'GET') {
          const asked = new URL(request.url ?? '/', 'http://bot.invalid').searchParams;
          const { status, body } = answerChallenge(asked, verifyToken);
          response.statusCode = status;
          response.end(body);
          return;
        }
        const bytes = Buffer.concat(chunks);
        const { valid } = verifySignature(bytes, request.headers['x-hub-signature-256'], appSecret);
        if (this.checksSignatures && !valid) {
          response.statusCode = 401;
          response.end();
          return;
        }
        this.bodies.push(bytes.toString('utf8'));
        if (this.answers === 'silent') return;
        response.statusCode = this.answers;
        response.end();
      });
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `${originOf(this.#server)}/api/messages`;
  }

  close(): Promise<void> {
    return stopServer(this.#server);
  }
}

export interface Clinic {
  readonly sim: MessengerSimulator;
  readonly bot: CheckedBot;
  /** What the bot, and doctor, are configured with; a test changes it. */
  readonly env: Record<string, string>;
  readonly close: () => Promise<void>;
}

export async function openClinic(options: SimulatorOptions = {}): Promise<Clinic> {
  const sim = await MessengerSimulator.start(options);
  const { settings } = sim;
  const bot = new CheckedBot(settings.appSecret, settings.verifyToken);
  await bot.listen();
  sim.connectBot(bot.url);
  const env = {
    FACEBOOK_APP_ID: settings.botAppId,
    FACEBOOK_APP_SECRET: settings.appSecret,
    FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
    FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
    VCC_LIVE_APP_ID: settings.vccLiveAppId,
    GRAPH_BASE_URL: sim.graphBaseUrl,
  };
  const close = async (): Promise<void> => {
    await sim.stop();
    await bot.close();
  };
  return { sim, bot, env, close };
}

/** The variables for the Database API of the simulator's VCC Live. */
export function vccLiveAccess({ sim }: Pick<Clinic, 'sim'>): Record<string, string> {
  const { customer, apiKey, projectId } = sim.vccLive.access;
  return {
    VCC_LIVE_CUSTOMER: customer,
    VCC_LIVE_API_KEY: apiKey,
    VCC_LIVE_PROJECT_ID: String(projectId),
    VCC_LIVE_BASE_URL: sim.graphBaseUrl,
  };
}

export interface Said {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/** Types a command in the clinic. */
export async function type(
  { env }: Pick<Clinic, 'env'>,
  words: readonly string[],
  host: Partial<CommandLineHost> & { readonly onComplaint?: (text: string) => void } = {},
): Promise<Said> {
  let said = '';
  let complained = '';
  const { onComplaint, ...others } = host;
  const code = await runCommandLine(words, {
    say: (text) => (said += text),
    complain: (text) => {
      complained += text;
      onComplaint?.(text);
    },
    stopped: () => new Promise(() => undefined),
    env,
    folder: '/nonexistent',
    hearMs: 20,
    ...others,
  });
  return { code, said, complained };
}

export interface Report {
  readonly healthy: boolean;
  readonly exitCode: number;
  readonly checks: readonly {
    readonly check: string;
    readonly status: string;
    readonly found: string;
    readonly expected?: string;
    readonly where?: string;
    readonly blockedBy?: string;
  }[];
  readonly diagnosis: readonly { readonly cause: string; readonly says: string }[];
  readonly live?: any;
}

/** `doctor --json`, read. */
export async function report(clinic: Pick<Clinic, 'env'>, words: readonly string[] = []): Promise<Report & Said> {
  const typed = await type(clinic, ['doctor', '--json', ...words]);
  return { ...(JSON.parse(typed.said) as Report), ...typed };
}

/** The checks that ended so. */
export function checksThatAre(status: string, { checks }: Pick<Report, 'checks'>): string[] {
  return checks.filter((each) => each.status === status).map(({ check }) => check);
}
