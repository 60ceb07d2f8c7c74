/** Runs a program of the guide as a process of its own, against a pretend platform. */
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { MessengerSimulator } from 'botbuilder-handover-vcclive/simulator';
import { Program } from '../cli/child-process.js';
import { REPOSITORY } from './readme-examples.js';

/**
 * Whatever port and host a program asks for, it gets a free port of the loopback address and prints the port. So a program runs
 * as its page prints it. It finds no other machine than this one.
 */
const LISTEN_ANYWHERE = `
const { Server } = require('node:net');
const dns = require('node:dns');
const { lookup } = dns;
dns.lookup = (host, ...given) =>
  /^(localhost|127\\.[\\d.]+)$/.test(host)
    ? lookup(host, ...given)
    : given.at(-1)(new Error('A program of the guide called ' + host + '. It may call this machine only.'));
const listen = Server.prototype.listen;
Server.prototype.listen = function (...given) {
  this.once('listening', () => console.log('listening on port ' + this.address().port));
  return listen.call(this, { port: 0, host: '127.0.0.1' }, ...given.filter((each) => typeof each === 'function'));
};
`;

/** Programs, each in one file, in a folder of their own. */
export class Programs {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param sources whole programs by name; TypeScript is stripped of its types, not checked */
  static async from(sources: ReadonlyMap<string, string>): Promise<Programs> {
    const folder = await mkdtemp(join(tmpdir(), 'programs-'));
    await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'listen-anywhere.cjs'), LISTEN_ANYWHERE);
    for (const [name, source] of sources) await writeFile(join(folder, `${name}.ts`), source);
    await build({
      entryPoints: [...sources.keys()].map((name) => join(folder, `${name}.ts`)),
      outdir: folder,
      outExtension: { '.js': '.cjs' },
      tsconfig: join(REPOSITORY, 'tsconfig.json'),
      absWorkingDir: REPOSITORY,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      bundle: true,
      packages: 'external',
      logLevel: 'error',
    });
    return new Programs(folder);
  }

  /** Starts a program with the settings of a platform of its own, and connects the platform to it. */
  async start(name: string): Promise<RunningProgram> {
    const simulator = await MessengerSimulator.start({ requireAppSecretProof: false });
    const { settings } = simulator;
    const bot = new Program(
      join(this.#folder, `${name}.cjs`),
      [],
      {
        FACEBOOK_APP_ID: settings.botAppId,
        FACEBOOK_APP_SECRET: settings.appSecret,
        FACEBOOK_PAGE_ACCESS_TOKEN: settings.pageAccessToken,
        FACEBOOK_VERIFY_TOKEN: settings.verifyToken,
        VCC_LIVE_APP_ID: settings.vccLiveAppId,
        GRAPH_BASE_URL: simulator.graphBaseUrl,
        PORT: '3978',
      },
      ['-r', join(this.#folder, 'listen-anywhere.cjs')],
      // What a program writes is gone with its folder.
      this.#folder,
    );
    const end = async (): Promise<void> => {
      await bot.end();
      await simulator.stop();
    };
    let url: string;
    try {
      const dies = bot.ended.then((code) => {
        throw new Error(`The program ended with ${String(code)} at start:\n${bot.printed}`);
      });
      const [, port = ''] = await Promise.race([bot.prints(/listening on port (\d+)/), dies]);
      dies.catch(() => undefined);
      url = `http://127.0.0.1:${port}/api/messages`;
      simulator.connectBot(url);
    } catch (error) {
      await end();
      throw error;
    }
    return { simulator, bot, url, end };
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** A program that takes webhooks. */
export interface RunningProgram {
  readonly simulator: MessengerSimulator;
  readonly bot: Program;
  /** Its messaging endpoint. */
  readonly url: string;
  readonly end: () => Promise<void>;
}
