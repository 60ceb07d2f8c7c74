/**
 * Records a bot's webhooks and Graph calls as neutral lines of JSON. docs/recordings.md describes the lines.
 *
 * A webhook's line is written when it arrives, so the last line before a crash is the webhook that caused the crash.
 */
import type { SeenAnswer, SeenCall, TrafficObserver } from '../thread/traffic.js';
import { KNOWN_EDGES, KNOWN_HEADERS } from './known-values.js';
import { NeutralIds } from './neutral-ids.js';
import { Neutralizer } from './neutral-json.js';
import { neutralText } from './neutral-text.js';
import { RecordingFile, type WriteBytes } from './recording-file.js';

/** The version of the lines. */
const RECORDING_VERSION = 1;

/** What is recorded where. */
export interface RecordingSettings {
  /** A new file. */
  readonly file: string;
  /** Texts and field names that stay as they are, beside the known ones: words that your bot waits for. */
  readonly keep?: readonly string[] | undefined;
  readonly botAppId?: string | undefined;
  readonly vccLiveAppId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Gets one line if the recording ends before its time. */
  readonly complain: (line: string) => void;
  readonly write?: WriteBytes;
}

const VERSION_SEGMENT = /^v\d+\.\d+$/;
/** A version, seconds, or a type. */
const PLAIN_HEADER =
  /^(?:v\d+\.\d+|\d{1,6}|(?:application\/json|text\/html|text\/plain)(?:; ?charset=(?:utf|UTF)-8)?)$/;
/** Meta's longest answers are of some kilobytes. */
const LONGEST_TEXT = 2000;

/** Records until it is closed. */
export class TrafficRecorder implements TrafficObserver {
  readonly #file: RecordingFile;
  readonly #neutral: Neutralizer;
  readonly #now: () => number;
  #count = 0;

  /** @throws {@link InvalidOptionError} if the file exists already or cannot be made */
  constructor(settings: RecordingSettings) {
    const { file, keep, botAppId, vccLiveAppId, now, complain, write } = settings;
    const ids = new NeutralIds();
    this.#file = new RecordingFile(file, complain, write);
    this.#neutral = new Neutralizer(ids, keep);
    this.#now = now;
    this.#line({
      recording: String(RECORDING_VERSION),
      ...(botAppId === undefined ? {} : { botAppId: quoted(this.#neutral.value('app_id', botAppId)) }),
      ...(vccLiveAppId === undefined ? {} : { vccLiveAppId: quoted(this.#neutral.value('app_id', vccLiveAppId)) }),
    });
  }

  webhook(body: string): (status: number | 'unreached') => void {
    const n = this.#next();
    const atMs = this.#now();
    this.#line({ n: String(n), atMs: String(atMs), kind: '"webhook"', ...this.#body(body) });
    return (status) => {
      const facts = { of: String(n), status: JSON.stringify(status), ms: String(this.#now() - atMs) };
      this.#line({ n: String(this.#next()), atMs: String(this.#now()), kind: '"acknowledged"', ...facts });
    };
  }

  graphCall(call: SeenCall): (answer: SeenAnswer) => void {
    const n = this.#next();
    const atMs = this.#now();
    const sent = { n: String(n), atMs: String(atMs), kind: '"call"', ...this.#call(call) };
    return (answer) => this.#line({ ...sent, ms: String(this.#now() - atMs), answer: this.#answer(answer) });
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }

  #call({ method, path, query, json, form, fileBytes, pageId }: SeenCall): Readonly<Record<string, string>> {
    return {
      ...(pageId === undefined ? {} : { page: quoted(this.#neutral.value('page_id', pageId)) }),
      method: quoted(method),
      path: quoted(this.#path(path)),
      ...(Object.keys(query).length === 0 ? {} : { query: this.#fields(query) }),
      ...(json === undefined ? {} : this.#body(json)),
      ...(form === undefined ? {} : { form: this.#fields(form) }),
      ...(fileBytes === undefined ? {} : { fileBytes: String(fileBytes) }),
    };
  }

  #answer(answer: SeenAnswer): string {
    if ('failed' in answer) return object({ failed: quoted(answer.failed) });
    const headers = KNOWN_HEADERS.flatMap((name): [string, string][] => {
      const value = answer.headers.get(name);
      return typeof value === 'string' ? [[name, quoted(this.#header(name, value))]] : [];
    });
    return object({
      status: String(answer.status),
      ...(headers.length === 0 ? {} : { headers: object(Object.fromEntries(headers)) }),
      ...this.#body(answer.text),
    });
  }

  #header(name: string, value: string): string {
    if (name.startsWith('x-')) return this.#neutral.json(value) ?? neutralText(value);
    return PLAIN_HEADER.test(value) ? value : neutralText(value);
  }

  #body(text: string): Readonly<Record<string, string>> {
    if (text === '') return {};
    const json = this.#neutral.json(text);
    return json === undefined ? { text: quoted(neutralText(text.slice(0, LONGEST_TEXT))) } : { body: json };
  }

  #path(path: string): string {
    const segments = path.split('/');
    return segments
      .map((segment) =>
        VERSION_SEGMENT.test(segment) || KNOWN_EDGES.has(segment) ? segment : this.#neutral.value('id', segment),
      )
      .join('/');
  }

  #fields(fields: Readonly<Record<string, string>>): string {
    const neutral = Object.entries(fields).map(([name, value]) => [
      this.#neutral.name(name),
      quoted(this.#neutral.value(name, value)),
    ]);
    return object(Object.fromEntries(neutral) as Readonly<Record<string, string>>);
  }

  #line(members: Readonly<Record<string, string>>): void {
    this.#file.line(object(members));
  }
}

/** Members whose values are JSON already. */
function object(members: Readonly<Record<string, string>>): string {
  return `{${Object.entries(members)
    .map(([name, json]) => `${quoted(name)}:${json}`)
    .join(',')}}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
