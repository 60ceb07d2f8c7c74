/**
 * `doctor`: checks everything that a handover depends on, and says what is wrong and what to do about it.
 *
 * Most handovers that do not work have a wrong setting, and such settings cause no error message.
 */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GraphAdministration } from '../../graph/administration.js';
import { redactSecrets } from '../../graph/redact-secrets.js';
import { systemClock, type Clock } from '../../thread/clock.js';
import { HandoverError } from '../../thread/errors.js';
import { RepeatedLines } from '../../thread/repeated-lines.js';
import { visibleText } from '../../thread/visible-text.js';
import { ableToCall, secretsOf, type CallSettings, type MetaSettings } from '../meta-settings.js';
import { shownAddress } from '../shown-address.js';
import { paint, type Paint } from '../terminal.js';
import { diagnose, type Diagnosis } from './diagnose.js';
import { NEEDED_FIELDS, type Finding } from './finding.js';
import { judge } from './judge.js';
import { missingPageFields } from './judge-subscriptions.js';
import { EventListener } from './listen-for-events.js';
import { runLive, type LiveRun } from './live-run.js';
import { appsIn, observe, type Arrivals, type Observations } from './observe.js';
import { described, settleQuestions } from './open-questions.js';
import { diagnosisText, findingsText, summaryText } from './print-findings.js';
import { reportJson } from './report-json.js';
import { recordText, stepWords } from './write-record.js';

/** What was asked for. */
export interface DoctorOptions {
  readonly settings: MetaSettings;
  readonly url: string | undefined;
  readonly psid: string | undefined;
  readonly webhook: boolean;
  readonly live: boolean;
  /** The file for the report of the live run. */
  readonly record: string | undefined;
  readonly message: string | undefined;
  readonly listen:
    { readonly port: number; readonly seconds: number; readonly allowedHosts: readonly string[] } | undefined;
  readonly fix: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/** What the command needs of its process. */
export interface DoctorHost {
  /** A line on standard output. */
  readonly say: (line: string) => void;
  /** A line on standard error. */
  readonly complain: (line: string) => void;
  /** Asks the user; `undefined` if no user can answer. */
  readonly confirm: (question: string) => Promise<boolean | undefined>;
  readonly folder: string;
  readonly colours: boolean;
  readonly columns?: number;
  readonly clock?: Clock;
  /** How long to wait for the webhooks of a live call, milliseconds. Default 3000. */
  readonly hearMs?: number;
}

/** Exit codes: healthy · something is red · Meta did not answer. */
const DOCTOR_EXIT = { healthy: 0, red: 1, couldNotRun: 2 } as const;

const HEAR_MS = 3000;
const LISTEN_ON = '127.0.0.1';

/**
 * Runs the check-up and resolves with the exit code.
 * @throws {@link HandoverError} `invalidOption` if the settings are not enough to begin; rejects with the system's
 * error if the port of `--listen` cannot be had
 */
export async function doctor(options: DoctorOptions, host: DoctorHost): Promise<number> {
  const settings = ableToCall(options.settings);
  checkCombination(options);
  const checkUp = new CheckUp(options, settings, host);
  try {
    return await checkUp.run();
  } finally {
    await checkUp.close();
  }
}

class CheckUp {
  readonly #options: DoctorOptions;
  readonly #settings: CallSettings;
  readonly #host: DoctorHost;
  readonly #graph: GraphAdministration;
  readonly #clock: Clock;
  readonly #paint: Paint;
  readonly #secrets: readonly string[];
  #listener: EventListener | undefined;

  constructor(options: DoctorOptions, settings: CallSettings, host: DoctorHost) {
    this.#options = options;
    this.#settings = settings;
    this.#host = host;
    this.#clock = host.clock ?? systemClock;
    this.#paint = paint(host.colours && !options.json);
    this.#secrets = secretsOf(settings);
    const { appId, appSecret, pageAccessToken, graphBaseUrl, apiVersion } = settings;
    this.#graph = new GraphAdministration({ appId, appSecret, pageAccessToken, baseUrl: graphBaseUrl, apiVersion });
  }

  async run(): Promise<number> {
    this.#introduce();
    if (this.#options.listen !== undefined) this.#listener = await this.#openEar(this.#options.listen);
    const arrivals = await this.#waitForArrivals();
    const seen = await this.#observe(arrivals);
    const live = this.#options.live ? await this.#tryLive() : undefined;
    const all: Observations = { ...seen, ...live?.settings };
    const findings = judge(all);
    const causes = diagnose(findings, arrivals);
    if (!this.#options.json) this.#print(findings, causes);
    const fixed = this.#options.fix ? await this.#fix(all) : undefined;
    const last = fixed ?? { findings, causes };
    if (this.#options.json) this.#printJson(last.findings, last.causes, live);
    if (live !== undefined && this.#options.record !== undefined) await this.#record(live, this.#options.record);
    return exitCode(last.findings);
  }

  async close(): Promise<void> {
    this.#graph.close();
    await this.#listener?.close();
  }

  #introduce(): void {
    const { graphBaseUrl, apiVersion, appId, envFile } = this.#settings;
    const from = envFile === undefined ? 'the environment' : `the environment and ${envFile}`;
    this.#note(`Checking app ${appId} at ${graphBaseUrl}/${apiVersion}, with the settings of ${from}.\n`);
  }

  async #openEar({ port, allowedHosts }: NonNullable<DoctorOptions['listen']>): Promise<EventListener> {
    const { appSecret, verifyToken } = this.#settings;
    const { complain, hearMs = HEAR_MS } = this.#host;
    const where = { port, host: LISTEN_ON, forwardTo: this.#options.url, allowedHosts };
    const lines = new RepeatedLines({ info: complain, warn: complain, error: complain }, this.#clock);
    const onTurnedAway = (why: string): void => {
      lines.sayOnce('warn', why, `A request was refused: ${visibleText(why)}`);
    };
    return EventListener.open({ ...where, appSecret, verifyToken, clock: this.#clock, hearMs, onTurnedAway });
  }

  async #waitForArrivals(): Promise<Arrivals | undefined> {
    const { listen, url } = this.#options;
    if (listen === undefined || this.#listener === undefined) return undefined;
    const onto = url === undefined ? 'and answers by itself' : `and forwards to ${shownAddress(url)}`;
    this.#host.complain(
      `Listens on http://${LISTEN_ON}:${this.#listener.port} ${onto}. Send Meta's webhooks there, such as by a tunnel,\n` +
        `and write to the Page now, as a customer: ${listen.seconds} s.\n`,
    );
    return this.#listener.countArrivals(listen.seconds);
  }

  async #observe(arrivals: Arrivals | undefined): Promise<Observations> {
    const { url, psid = arrivals?.standbyPsid, webhook } = this.#options;
    const seen = await observe({
      settings: this.#settings,
      graph: this.#graph,
      url,
      psid,
      askWebhook: webhook,
      nowMs: this.#clock.now(),
    });
    if (arrivals === undefined) return seen;
    // Meta's address leads to the tap, not to --url.
    return { ...seen, arrivals, settings: { ...seen.settings, url: undefined } };
  }

  async #tryLive(): Promise<LiveRun> {
    const { psid = '', record, message } = this.#options;
    const { appId, vccLiveAppId = '' } = this.#settings;
    this.#note('Trying a real pass, take and release on the thread:');
    const listener = this.#listener;
    const run = await runLive({
      graph: this.#graph,
      psid,
      appId,
      vccLiveAppId,
      record: record !== undefined,
      message,
      ...(listener === undefined ? {} : { hear: () => listener.hear(psid) }),
      tell: ({ step, answer, owner, heard }) => {
        const webhooks = heard === undefined ? '' : `; webhooks: ${heard.map(({ kind }) => kind).join(', ') || 'none'}`;
        this.#note(`  ${stepWords(step)}: ${described(answer)} (${answer.tookMs} ms); owner: ${owner}${webhooks}`);
      },
    });
    this.#note(run.notTouched === undefined ? leftWords(run) : `  ${run.notTouched}\n`);
    return run;
  }

  #print(findings: readonly Finding[], causes: readonly Diagnosis[]): void {
    this.#say(findingsText(findings, this.#paint, this.#host.columns));
    this.#say(`\n${summaryText(findings, this.#paint)}\n`);
    this.#say(diagnosisText(causes, this.#paint, this.#host.columns));
  }

  #printJson(findings: readonly Finding[], causes: readonly Diagnosis[], live: LiveRun | undefined): void {
    const { appId, apiVersion } = this.#settings;
    this.#say(reportJson({ appId, apiVersion, exitCode: exitCode(findings), findings, causes, live }));
  }

  /** Subscribes what is missing on the Page, after asking; then looks again. */
  async #fix(seen: Observations): Promise<{ findings: readonly Finding[]; causes: readonly Diagnosis[] } | undefined> {
    const missing = missingPageFields(seen);
    if (seen.pageSubscriptions.status !== 'answered') {
      this.#note("\nNothing to fix: Meta does not let doctor read the Page's subscription.");
      return undefined;
    }
    if (missing.length === 0) {
      this.#note('\nNothing to fix: the Page is subscribed to all needed fields.');
      return undefined;
    }
    const question = `\nSubscribe the Page for app ${seen.settings.appId} to ${missing.join(', ')}?`;
    const agreed = this.#options.yes || (await this.#host.confirm(question));
    if (agreed !== true) {
      this.#note(
        agreed === undefined
          ? '\nNothing was changed: give --yes if no one can answer the question.'
          : '\nNothing was changed.',
      );
      return undefined;
    }
    // Meta replaces the list, so what is there goes along.
    const own = appsIn(seen.pageSubscriptions).find(({ id }) => id === seen.settings.appId)?.fields ?? [];
    const fields = [...new Set([...own, ...NEEDED_FIELDS.map(({ field }) => field)])];
    const answer = await this.#graph.subscribePage(fields);
    this.#note(`\nSubscribing the Page: ${described(answer)}.`);
    const again = { ...seen, pageSubscriptions: await this.#graph.pageSubscriptions() };
    const findings = judge(again);
    const causes = diagnose(findings, seen.arrivals);
    if (!this.#options.json) {
      const ofPage = findings.filter(({ check }) => check === 'pageSubscription' || check === 'pageFields');
      this.#say(findingsText(ofPage, this.#paint, this.#host.columns));
      this.#say(`\n${summaryText(findings, this.#paint)}\n`);
      this.#say(diagnosisText(causes, this.#paint, this.#host.columns));
    }
    return { findings, causes };
  }

  async #record(run: LiveRun, file: string): Promise<void> {
    const questions = settleQuestions(run, this.#listener?.events);
    const hide = [this.#options.psid ?? '', ...this.#secrets];
    const text = recordText({ atMs: this.#clock.now(), apiVersion: this.#settings.apiVersion, run, questions, hide });
    await writeFile(resolve(this.#host.folder, file), text);
    const count = (holds: string): number => questions.filter((each) => each.holds === holds).length;
    this.#note(
      `\n${file}: of ${questions.length} assumptions ${count('yes')} hold here, ${count('no')} do not, ${count('unsettled')} are open.`,
    );
  }

  #say(text: string): void {
    this.#host.say(redactSecrets(text, this.#secrets));
  }

  /** For a person only: with --json standard output is for the machine alone. */
  #note(text: string): void {
    if (this.#options.json) this.#host.complain(redactSecrets(text, this.#secrets));
    else this.#say(text);
  }
}

function checkCombination({ live, psid, record, message, settings }: DoctorOptions): void {
  const wrong = (text: string): HandoverError => new HandoverError('invalidOption', text);
  if (live && psid === undefined)
    throw wrong('--live needs --psid: the thread of yourself on the Page, not of a customer.');
  if (live && settings.vccLiveAppId === undefined)
    throw wrong('--live needs VCC_LIVE_APP_ID: the thread is passed there.');
  if ((record !== undefined || message !== undefined) && !live) throw wrong('--record and --message need --live.');
}

/** If Meta did not answer at all, the check-up has no result. */
function exitCode(findings: readonly Finding[]): number {
  const is = (check: string, status: string): boolean =>
    findings.some((each) => each.check === check && each.status === status);
  if (findings.some(({ status }) => status === 'red')) return DOCTOR_EXIT.red;
  if (is('appSecret', 'unchecked') && is('token', 'unchecked')) return DOCTOR_EXIT.couldNotRun;
  return DOCTOR_EXIT.healthy;
}

function leftWords({ before, after }: LiveRun): string {
  if (after === before) return '  The thread is as it was before.\n';
  if (after === 'vccLive') {
    return '  The thread is with VCC Live now, and Meta does not let the bot take it: ask an agent to close that chat.\n';
  }
  return `  The thread was ${before} and is ${after} now.\n`;
}
