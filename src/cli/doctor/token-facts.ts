/**
 * Reads the answer of `debug_token`, and says why an answer of Meta's proves nothing about the settings.
 * @see https://developers.facebook.com/docs/graph-api/reference/debug_token
 */
import { versionIsUnknown, type AdministrationAnswer } from '../../graph/administration.js';
import { isRecord } from '../../thread/read-unknown.js';
import { recordIn, textOf, type Observations } from './observe.js';

/** What Meta knows about the token; empty if Meta did not say. */
export interface TokenFacts {
  readonly known: boolean;
  readonly isValid: boolean | undefined;
  readonly appId: string | undefined;
  readonly appName: string | undefined;
  readonly type: string | undefined;
  readonly pageId: string | undefined;
  readonly expiresAtS: number | undefined;
  readonly dataEndsAtS: number | undefined;
  readonly scopes: readonly string[] | undefined;
  readonly targets: ReadonlyMap<string, readonly string[]>;
  readonly error: string | undefined;
}

/** The facts in the answer of `debug_token`. */
export function tokenFacts(answer: AdministrationAnswer): TokenFacts {
  const { data } = recordIn(answer);
  const facts = isRecord(data) ? data : {};
  const error = isRecord(facts['error']) ? facts['error'] : undefined;
  const granular: unknown[] = Array.isArray(facts['granular_scopes']) ? facts['granular_scopes'] : [];
  const targets = granular.filter(isRecord).flatMap(({ scope, target_ids: ids }): [string, string[]][] => {
    return typeof scope === 'string' && Array.isArray(ids) ? [[scope, ids.map(String)]] : [];
  });
  return {
    known: isRecord(data),
    isValid: typeof facts['is_valid'] === 'boolean' ? facts['is_valid'] : undefined,
    appId: textOf(facts['app_id']),
    appName: textOf(facts['application']),
    type: textOf(facts['type']),
    pageId: textOf(facts['profile_id']),
    expiresAtS: numberOf(facts['expires_at']),
    dataEndsAtS: numberOf(facts['data_access_expires_at']),
    scopes: Array.isArray(facts['scopes']) ? facts['scopes'].map(String) : undefined,
    targets: new Map(targets),
    error: error === undefined ? undefined : textOf(error['message']),
  };
}

/** Whether Meta refused because of `appsecret_proof`. */
export function proofRefused(answer: AdministrationAnswer): boolean {
  return answer.status === 'refused' && /appsecret_proof/i.test(answer.message);
}

/** Whether this says nothing about the settings: no answer, Meta busy, or a version that Meta does not serve. */
export function saysNothing(answer: AdministrationAnswer): boolean {
  return (
    answer.status === 'unanswered' ||
    versionIsUnknown(answer) ||
    (answer.status === 'refused' && ['rateLimited', 'metaFault'].includes(answer.means))
  );
}

/** Why an answer says nothing, or not what was asked, for a person. */
export function excuse(answer: AdministrationAnswer): string {
  switch (answer.status) {
    case 'answered':
      return 'Meta answered in a form that is not documented.';
    case 'unanswered':
      return `No answer from Meta: ${answer.why}.`;
    case 'refused': {
      const code =
        answer.code === undefined
          ? `HTTP ${answer.httpStatus}`
          : `code ${answer.code}${answer.subcode === undefined ? '' : `/${answer.subcode}`}`;
      return `Meta refused (${code}): ${answer.message}`;
    }
  }
}

/** Why a question about the Page has no result. */
export function untold(seen: Observations, which: 'features' | 'connectedApps' | 'owner'): string {
  const answer = seen[which];
  if (answer === undefined) return 'It was not checked.';
  if (proofRefused(answer)) return 'doctor cannot ask Meta before app id and secret are right.';
  return answer.status === 'answered' ? 'Meta does not show it to the bot.' : excuse(answer);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
