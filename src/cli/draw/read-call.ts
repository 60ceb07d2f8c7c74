/** Reads a recorded Graph call about a thread: what it asked, how it ended, and what that proves about the owner. Pure. */
import { classifyRefusal } from '../../graph/classify-refusal.js';
import { readOwner } from '../../graph/owner-answer.js';
import { isSuccess, parseJson, refusalOf } from '../../graph/read-answer.js';
import {
  evidenceOfAcceptedSend,
  evidenceOfAnswer,
  evidenceOfCall,
  evidenceOfRefusedSend,
  type OwnCall,
} from '../../ownership/evidence.js';
import type { AppIds, Evidence } from '../../ownership/ledger.js';
import type { RecordedCall } from '../../recording/read-recording.js';
import { parseExactJson } from '../../thread/exact-json.js';
import { fieldOf } from '../../thread/read-unknown.js';

/** A call about a thread. */
export interface ReadCall {
  readonly edge: string;
  readonly psid: string;
  /** If the path names the Page, and not `me`. */
  readonly pageId?: string;
  /** Of a message. */
  readonly text?: string;
  /** The message id in the answer. */
  readonly mid?: string;
  /** The app that the call or its answer names. */
  readonly named?: string;
  /** `200`, `refused: …`, `no answer: timedOut`. */
  readonly ending: string;
  readonly isRefused: boolean;
  /** What call and answer prove together. */
  readonly evidence: (when: OwnCall, ids: AppIds) => Evidence[];
}

const EDGES: ReadonlySet<string> = new Set([
  'messages',
  'pass_thread_control',
  'take_thread_control',
  'release_thread_control',
  'request_thread_control',
  'thread_owner',
]);

/** The call, or nothing if it is about no thread. */
export function readCall({ path, query, body, answer }: RecordedCall): ReadCall | undefined {
  const [node, edge = ''] = path.split('/').slice(-2);
  const params: unknown = parseExactJson(body ?? query);
  const recipient = fieldOf(params, 'recipient') ?? fieldOf(parseExactJson(query), 'recipient');
  const psid =
    fieldOf(typeof recipient === 'string' ? (parseJson(recipient) ?? recipient) : recipient, 'id') ?? recipient;
  // A sender action says nothing that can be read.
  if (!EDGES.has(edge) || (typeof psid !== 'string' && typeof psid !== 'number')) return undefined;
  if (edge === 'messages' && fieldOf(params, 'message') === undefined) return undefined;
  const value = 'failed' in answer ? undefined : parseJson(answer.text);
  const isOk = !('failed' in answer) && isSuccess(answer.status, value);
  const refusal = 'failed' in answer || isOk ? undefined : refusalOf(answer.status, value);
  const text = fieldOf(fieldOf(params, 'message'), 'text');
  const mid = fieldOf(value, 'message_id');
  const named = namedBy(edge, params, value);
  return {
    edge,
    psid: String(psid),
    ...(node === undefined || node === 'me' ? {} : { pageId: node }),
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof mid === 'string' && isOk ? { mid } : {}),
    ...(named === undefined ? {} : { named }),
    ending:
      'failed' in answer ? `no answer: ${answer.failed}` : refusal ? `refused: ${refusal.text}` : String(answer.status),
    isRefused: refusal !== undefined,
    evidence: (when, ids) => {
      if (isOk) return provenBy(edge, { target: named, answer: value }, when, ids);
      const meansForeign = refusal !== undefined && classifyRefusal(refusal, 'send').means === 'anotherAppOwns';
      return edge === 'messages' && meansForeign ? [evidenceOfRefusedSend(when)] : [];
    },
  };
}

function namedBy(edge: string, params: unknown, answer: unknown): string | undefined {
  if (edge === 'pass_thread_control') {
    const target = fieldOf(params, 'target_app_id');
    return typeof target === 'string' || typeof target === 'number' ? String(target) : undefined;
  }
  const owner = edge === 'thread_owner' ? readOwner(answer) : undefined;
  return owner?.owner === 'app' ? owner.appId : undefined;
}

function provenBy(
  edge: string,
  { target, answer }: { readonly target: string | undefined; readonly answer: unknown },
  when: OwnCall,
  { botAppId }: AppIds,
): Evidence[] {
  switch (edge) {
    case 'messages':
      return [evidenceOfAcceptedSend(when)];
    case 'pass_thread_control':
      return target === undefined ? [] : [evidenceOfCall({ app: target }, when)];
    case 'take_thread_control':
      return [evidenceOfCall({ app: botAppId }, when)];
    case 'release_thread_control':
      return [evidenceOfCall('idle', when)];
    case 'thread_owner': {
      const owner = readOwner(answer);
      return owner === undefined ? [] : [evidenceOfAnswer(owner, when)];
    }
    default:
      return [];
  }
}
