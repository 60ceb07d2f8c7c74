/** Matches the calls of this replay with the recorded ones, thread by thread, and notes where they differ. */
import { parseExactJson } from '../../thread/exact-json.js';
import type { RecordedCall } from '../../recording/read-recording.js';
import { graphTarget } from '../graph-edges.js';
import { objectOf } from '../graph-parameters.js';
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import { compareValues, type ValueDifference } from './compare-values.js';
import type { IdMap } from './id-map.js';
import type { ReplayDifference } from './replay-report.js';

/** A call that this bot makes. */
export interface ActualCall {
  readonly method: string;
  readonly path: string;
  readonly params: JsonObject;
}

/** A recorded call that has not been made, or has been. */
interface Expected {
  readonly call: RecordedCall;
  readonly psid: string;
  readonly edge: string;
  readonly params: JsonObject;
  isMade: boolean;
}

interface Match {
  readonly expected: Expected;
  readonly differences: readonly ValueDifference[];
}

const SECRETS: ReadonlySet<string> = new Set(['access_token', 'appsecret_proof', 'appsecret_time']);
const LONGEST_BODY = 200;

/** The calls of a recording. */
export class ExpectedCalls {
  readonly #ids: IdMap;
  readonly #expected: readonly Expected[];
  readonly #differences: ReplayDifference[] = [];
  /** The latest call that was made, by thread. */
  readonly #latest = new Map<string, Expected>();

  constructor(calls: readonly RecordedCall[], ids: IdMap) {
    this.#ids = ids;
    this.#expected = calls.map((call) => {
      const params = paramsOf(call);
      return { call, params, psid: customerOf(params), edge: graphTarget(call.path).name, isMade: false };
    });
  }

  /** What differs, without the calls that were not made. */
  get differences(): readonly ReplayDifference[] {
    return this.#differences;
  }

  /** Whether every call was made that began before `n`. */
  areMadeBefore(n: number): boolean {
    return this.#expected.every(({ call, isMade }) => isMade || call.n > n);
  }

  /**
   * Finds the recorded call that this one is, and notes how they differ. `undefined`: the recording has none.
   * @param limit by customer: `n` of the next webhook of the thread; later calls are matched only if nothing differs
   * @param line of the last webhook that was played
   */
  match(actual: ActualCall, limit: (psid: string) => number, line: number): RecordedCall | undefined {
    const { name: edge } = graphTarget(actual.path);
    const params = withoutSecrets(actual.params);
    const psid = customerOf(params);
    const found = this.#closest(psid, { method: actual.method, edge, params }, limit(psid));
    const title = `${actual.method} ${edge}`;
    if (found === undefined) {
      const body = JSON.stringify(params);
      const said = body.length > LONGEST_BODY ? `${body.slice(0, LONGEST_BODY)}…` : body;
      this.#differences.push({ kind: 'extra', line, says: `after this line, this bot calls ${title} with ${said}.` });
      return undefined;
    }
    // The guesses of the others are forgotten; the ids of this match count from now on.
    compareValues(found.expected.params, params, this.#ids);
    this.#note(found, title);
    return found.expected.call;
  }

  /** The recorded calls that this bot has not made. */
  missing(waitMs: number): readonly ReplayDifference[] {
    return this.#expected
      .filter(({ isMade }) => !isMade)
      .map(({ call, edge }) => ({
        kind: 'missing',
        line: call.line,
        says: `this bot did not call ${call.method} ${edge} within ${waitMs} ms.`,
      }));
  }

  #closest(
    psid: string,
    actual: Pick<Expected, 'edge' | 'params'> & { readonly method: string },
    limit: number,
  ): Match | undefined {
    const candidates = this.#expected
      .filter(({ isMade, ...expected }) => !isMade && expected.psid === psid && expected.edge === actual.edge)
      .filter(({ call }) => call.method === actual.method)
      .map((expected) => ({
        expected,
        differences: compareValues(expected.params, actual.params, this.#ids.copy()),
      }));
    const near = candidates.filter(({ expected }) => expected.call.n < limit);
    return candidates.find(({ differences }) => differences.length === 0) ?? near[0];
  }

  #note({ expected, differences }: Match, title: string): void {
    expected.isMade = true;
    const { call, psid } = expected;
    const latest = this.#latest.get(psid);
    if (latest !== undefined && latest.call.n > call.n) {
      const says = `this bot calls ${title} after ${latest.call.method} ${latest.edge} of line ${latest.call.line}.`;
      this.#differences.push({ kind: 'order', line: call.line, says });
    } else this.#latest.set(psid, expected);
    for (const { at, recorded, actual } of differences) {
      const says = `${title} has ${actual} at ${at}; the recording has ${recorded}.`;
      this.#differences.push({ kind: 'body', line: call.line, says });
    }
  }
}

function paramsOf({ query, body }: RecordedCall): JsonObject {
  const found = [query, body ?? '{}'].map((json) => parseExactJson(json));
  return withoutSecrets(Object.assign({}, ...found.filter(isJsonObject)) as JsonObject);
}

function withoutSecrets(params: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !SECRETS.has(name)));
}

/** The customer whom a call is about; empty for a call about the Page. */
function customerOf({ recipient, user_id: userId }: JsonObject): string {
  const id = objectOf(recipient)?.['id'] ?? recipient ?? userId;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}
