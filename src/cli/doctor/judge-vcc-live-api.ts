/**
 * Judges the access to VCC Live's Database API, which tells a bot whether an agent is there.
 * @see https://vcc.live/developers/database-api/users/user-status
 */
import type { VccLiveUser } from '../../vcc-live/online-users.js';
import type { Finding } from './finding.js';
import type { Observations } from './observe.js';

/** Whether VCC Live accepts the access, and who is online; nothing if no access is configured. */
export function judgeVccLiveApi({ vccLiveApi: answer }: Observations): Finding | undefined {
  if (answer === undefined) return undefined;
  const line = { check: 'vccLiveApi', title: "VCC Live's Database API" } as const;
  if (answer.status !== 'users') {
    return {
      ...line,
      status: 'red',
      found: answer.why,
      expected: 'an answer to onlineusers, with the access that is configured',
      why: 'vccLiveAgents does not learn whether an agent is there, so it answers "unknown", and customers wait without an agent.',
      where:
        'VCC_LIVE_CUSTOMER (the first part of the address of your account), VCC_LIVE_API_KEY and VCC_LIVE_PROJECT_ID; VCC Live support knows whether the API is switched on',
    };
  }
  const { projectId, users } = answer;
  if (users.length > 0) return { ...line, status: 'ok', found: `project ${projectId}: ${onlineWords(users)}` };
  return {
    ...line,
    status: 'attention',
    found: `the key is accepted, and nobody is logged in to project ${projectId}`,
    expected: 'somebody, if it is within your opening hours',
    why: 'vccLiveAgents answers "unavailable". VCC Live lists only people who are logged in to the project as their primary one.',
    where: 'VCC_LIVE_PROJECT_ID, and the primary project of the agents in VCC Live',
  };
}

/** `3 online: 2 AVAILABLE4CALL, 1 PAUSE; 1 at the chat limit`. No names. */
function onlineWords(users: readonly VccLiveUser[]): string {
  const byState = new Map<string, number>();
  for (const { state } of users) byState.set(state, (byState.get(state) ?? 0) + 1);
  const states = [...byState].map(([state, count]) => `${count} ${state === '' ? 'without a state' : state}`);
  const full = users.filter(({ hardLimitReached }) => hardLimitReached).length;
  return `${users.length} online: ${states.join(', ')}${full === 0 ? '' : `; ${full} at the chat limit`}`;
}
