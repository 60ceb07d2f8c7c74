/**
 * What must hold of every schedule, whatever happened in it. The platform's truth is the oracle.
 *
 * A finding is a sentence about something that must not be. What may happen, because no client can know better, is
 * counted by its reason instead.
 */
import type { GraphEntry, OwnerEntry, WebhookEntry, WireEntry } from 'botbuilder-handover-vcclive/simulator';
import type { Chronicle } from './play.js';

/** What came of a schedule. */
export interface Verdict {
  readonly findings: readonly string[];
  /** Things that may happen, by name. */
  readonly counts: Readonly<Record<string, number>>;
}

type Count = (name: string, by?: number) => void;

/** Judges a schedule that has been played. */
export function judge(seen: Chronicle): Verdict {
  const counts: Record<string, number> = {};
  const count: Count = (name, by = 1) => void (counts[name] = (counts[name] ?? 0) + by);
  const findings = [
    ...silence(seen, count),
    ...handovers(seen, count),
    ...ledger(seen),
    ...answers(seen, count),
    ...errors(seen, count),
    ...deliveries(seen),
  ];
  return { findings, counts };
}

/** A stretch of time in which another app owned the thread, by the platform's truth. */
interface Stretch {
  readonly appId: string;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The bot does not speak into a thread that it can know to be another app's. */
function silence(seen: Chronicle, count: Count): string[] {
  const findings: string[] = [];
  const stretches = foreignStretches(seen);
  for (const call of botCalls(seen, 'messages')) {
    const stretch = stretches.find(({ fromSeq, toSeq }) => call.seq > fromSeq && call.seq < toSeq);
    if (stretch === undefined) continue;
    if (call.done && !('thread_control' in (call.body as object))) {
      // A slow call that was received before is done later; the platform decides when it does it.
      if (ownerAt(stretches, seen.endedMs.get(call.seq) ?? call.atMs) !== undefined) {
        findings.push(`${textOf(call)} was accepted in a thread of another app`);
      }
      continue;
    }
    if (!call.refused) continue;
    const proof = knownBefore(seen, stretch, call);
    if (proof === undefined) count('refused: a race that no client can see');
    else if (outageAt(seen, stretch.fromMs, call.atMs)) count('refused: the store was out of reach');
    else findings.push(`${textOf(call)} was said over another app, although ${proof}`);
  }
  return findings;
}

/** Each handover that was passed ends once, each dialog that waited ends once, and nothing is left open. */
function handovers(seen: Chronicle, count: Count): string[] {
  const findings: string[] = [];
  const { emitted, results } = seen.notes;
  const passed = emitted.filter(({ name }) => name === 'passed').map(({ payload }) => String(payload.handoverId));
  const ended = emitted
    .filter(({ name }) => name === 'returned')
    .flatMap(({ payload }) => (payload.result.handoverId === undefined ? [] : [String(payload.result.handoverId)]));
  const failed = emitted
    .filter(({ name }) => name === 'failed')
    .flatMap(({ payload }) => (payload.handoverId === undefined ? [] : [String(payload.handoverId)]));
  count('handovers', passed.length);
  for (const id of twice(passed)) findings.push(`passed is emitted twice for ${id}`);
  for (const id of twice(ended)) findings.push(`returned is emitted twice for ${id}`);
  if (seen.deaths.length === 0) {
    for (const id of passed) {
      if (!ended.includes(id) && !failed.includes(id)) findings.push(`handover ${id} was passed and never ended`);
    }
    for (const id of ended) if (!passed.includes(id)) findings.push(`handover ${id} ended and was never passed`);
  }
  const open = seen.record?.open;
  if (open?.phase === 'unconfirmed' && failed.includes(open.id) && seen.schedule.timestampsInSeconds)
    count('left unconfirmed: told as failed, and the last words had no exact time');
  else if (open !== undefined) findings.push(`handover ${open.id} is left ${open.phase}`);
  if (seen.openAfterHandBack?.phase === 'passed')
    findings.push(`the hand-back of ${seen.openAfterHandBack.id} was lost: only the customer's next words end it`);
  const ids = results.flatMap(({ result }) => (result.handoverId === undefined ? [] : [result.handoverId]));
  for (const id of twice(ids)) {
    if (seen.said.some(({ text }) => pausedAfterAnswer(seen, text)))
      count('dialog ended twice: a process was paused between answer and record');
    else findings.push(`the dialog of ${id} ended twice`);
  }
  for (const id of passed) {
    const waited = (seen.record?.conclusions ?? []).find((each) => each.handoverId === id)?.waits;
    if (waited === 'dialog' && !ids.includes(id) && seen.deaths.length === 0) {
      if (endedByFailure(seen, id)) count('dialog ended: Graph failed its answer');
      else findings.push(`the dialog of ${id} has not ended`);
    }
  }
  return findings;
}

/** A slow answer of Graph takes 40 seconds. */
const LONGEST_SEND_MS = 60_000;

/** The dialog had its result, and Graph failed what it said then: its turn ended with the bot's error, and nothing was saved. */
function endedByFailure(seen: Chronicle, handoverId: string): boolean {
  return seen.notes.given.some(
    ({ process, atMs, result }) =>
      result.handoverId === handoverId &&
      seen.notes.errors.some(
        (each) =>
          each.process === process && each.atMs >= atMs && each.atMs <= atMs + LONGEST_SEND_MS && isOfGraph(each.error),
      ),
  );
}

/** Once the dust has settled, every process knows the truth. */
function ledger(seen: Chronicle): string[] {
  const findings: string[] = [];
  if (seen.truth !== 'bot') findings.push(`in the end ${seen.truth} has the thread`);
  seen.believed.forEach((owner, process) => {
    if (owner !== seen.truth) findings.push(`process ${process} believes ${owner}, and it is ${seen.truth}`);
  });
  return findings;
}

/** A Page that Meta throttles is left alone for so long at the most, if Meta names no time. */
const LONGEST_PAUSE_MS = 60 * 60_000;

/** Each message is answered exactly once by the bot, or an agent had the thread. */
function answers(seen: Chronicle, count: Count): string[] {
  const findings: string[] = [];
  const heard = seen.conversation.flatMap(({ from, text }) => (from === 'bot' && text !== undefined ? [text] : []));
  const stretches = foreignStretches(seen);
  for (const { text, atMs, owner } of seen.said) {
    const turns = seen.notes.turns.filter((turn) => turn.text === text);
    const answered = heard.filter((each) => each.endsWith(`re ${text}`)).length;
    const begun =
      seen.notes.emitted.some(({ name }) => name === 'passed') && text.startsWith('agent')
        ? endedOrOpen(seen, text)
        : 0;
    if (answered > 1) {
      const crashed = turns.some((turn) => turn.endedMs === undefined) || seen.deaths.length > 0;
      if (crashed) count('answered twice: a crash fell between answer and record');
      else if (pausedAfterAnswer(seen, text)) count('answered twice: a process was paused between answer and record');
      else findings.push(`"${text}" is answered ${answered} times`);
    }
    if (answered > 0 || begun > 0) continue;
    const turnsOver = turns.map((turn) => turn.endedMs ?? seen.settledMs);
    const passedOver = seen.notes.emitted.filter(
      ({ name, payload }) => name === 'ignored' && payload.event.text === text,
    );
    const until = Math.max(
      lastDone(seen, text) ?? seen.settledMs,
      ...turnsOver,
      ...passedOver.map((each) => each.atMs),
    );
    if (owner === 'vccLive' || owner === 'inbox') count('shown to the agent');
    else if (stretches.some(({ fromMs, toMs }) => fromMs <= until && toMs >= atMs))
      count('shown to the agent: taken over');
    else if (sendsOf(seen, text).some((call) => call.fault !== undefined || call.refused))
      count('unanswered: Graph failed');
    else if (seen.notes.errors.some((each) => each.atMs >= atMs && /throttles this Page/.test(each.error.message)))
      count('unanswered: rate limit');
    else if (passedOver.length > 0 && wasAskedInVain(seen, atMs, until)) count('unanswered: thread_owner failed');
    else if (seen.deaths.some((death) => death.atMs >= atMs) && acknowledgedLate(seen, text)) {
      count('lost: acknowledged at the deadline, and then its process died');
    } else findings.push(`"${text}" is not answered, and nobody else had the thread`);
  }
  return findings;
}

/** No error but Meta's own reaches the bot, and none is complained of that says that something cannot be. */
function errors(seen: Chronicle, count: Count): string[] {
  const findings: string[] = [];
  for (const { error } of seen.notes.errors) {
    if (isOfGraph(error)) count('error for the bot: Graph');
    else if (error.name === 'StoreError' && seen.outages.length > 0) count('error for the bot: store');
    else findings.push(`an error reaches the bot: ${error.stack ?? error.message}`);
  }
  for (const line of seen.notes.complaints) {
    if (/could not be worked on|no onTurnError|could not be received|unexpected/i.test(line)) findings.push(line);
  }
  return findings;
}

/** Dialogs wrap what is thrown in them. */
function isOfGraph(error: Error): boolean {
  const inner = (error as { readonly error?: unknown }).error ?? error.cause;
  return error.name === 'GraphApiError' || (inner instanceof Error && isOfGraph(inner));
}

/** Every webhook is acknowledged in the end. */
function deliveries(seen: Chronicle): string[] {
  const bodies = new Map<string, boolean>();
  for (const entry of seen.wire) {
    if (entry.kind !== 'webhook' || entry.outcome === 'recorded' || entry.why === 'raw') continue;
    bodies.set(entry.body, (bodies.get(entry.body) ?? false) || entry.outcome === 'acknowledged');
  }
  return [...bodies].filter(([, done]) => !done).map(([body]) => `never acknowledged: ${body.slice(0, 300)}`);
}

/**
 * A process sent an answer and was paused before its turn ended. Its lease ran out, another process ran the event again, and
 * nobody knows of the first answer: like a crash there. A process that is paused before its answer has no such excuse.
 */
function pausedAfterAnswer(seen: Chronicle, text: string): boolean {
  const sends = sendsOf(seen, text).filter((call) => call.done);
  return seen.pauses.some(({ process, fromMs }) =>
    seen.notes.turns.some(
      (turn) =>
        turn.process === process &&
        turn.beganMs <= fromMs &&
        (turn.endedMs ?? Infinity) > fromMs &&
        sends.some(({ atMs }) => atMs >= turn.beganMs && atMs <= fromMs),
    ),
  );
}

function foreignStretches(seen: Chronicle): Stretch[] {
  const changes = seen.wire.filter((entry): entry is OwnerEntry => entry.kind === 'owner');
  return changes.flatMap((change, at) => {
    if (change.to === 'idle' || change.to === seen.appIds.bot) return [];
    const next = changes[at + 1];
    return [
      {
        appId: change.to,
        fromSeq: change.seq,
        toSeq: next?.seq ?? Infinity,
        fromMs: change.atMs,
        toMs: next?.atMs ?? Infinity,
      },
    ];
  });
}

function ownerAt(stretches: readonly Stretch[], atMs: number): string | undefined {
  return stretches.find(({ fromMs, toMs }) => atMs > fromMs && atMs < toMs)?.appId;
}

/** What told the bot, before it made this call, that the thread had become another app's. */
function knownBefore(seen: Chronicle, stretch: Stretch, call: GraphEntry): string | undefined {
  for (const entry of seen.wire) {
    if (entry.kind !== 'graph' && entry.kind !== 'webhook') continue;
    const endedMs = seen.endedMs.get(entry.seq);
    if (endedMs === undefined || endedMs >= call.atMs) continue;
    if (entry.kind === 'graph') {
      const told = entry.appName === 'bot' && entry.outcome === 'answered' && entry.seq > stretch.fromSeq;
      if (told && entry.edge === 'messages' && entry.refused && entry.fault === undefined)
        return 'Meta had refused a message before';
    } else if (entry.outcome === 'acknowledged' && tellsOf(entry, stretch, seen)) {
      return `a webhook had told it (${entry.items.join(', ')}, acknowledged ${call.atMs - endedMs} ms before)`;
    }
  }
  return undefined;
}

/** A webhook with an item that Meta stamped after the other app had got the thread, and that says so. */
function tellsOf(entry: WebhookEntry, stretch: Stretch, seen: Chronicle): boolean {
  const body = JSON.parse(entry.body) as {
    entry: { messaging?: Item[]; standby?: Item[] }[];
  };
  const { metaSkewMs, timestampsInSeconds } = seen.schedule;
  if (timestampsInSeconds) return false;
  const isLater = ({ timestamp }: Item): boolean =>
    (timestamp ?? 0) - metaSkewMs > stretch.fromMs && (timestamp ?? 0) - metaSkewMs < stretch.toMs;
  return body.entry.some(
    ({ messaging = [], standby = [] }) =>
      standby.some(isLater) ||
      messaging.some(
        (item) => isLater(item) && String(item.take_thread_control?.new_owner_app_id ?? '') === stretch.appId,
      ),
  );
}

interface Item {
  readonly timestamp?: number;
  readonly take_thread_control?: { readonly new_owner_app_id?: number | string };
}

function botCalls(seen: Chronicle, edge: string): GraphEntry[] {
  return seen.wire.filter(
    (entry): entry is GraphEntry => entry.kind === 'graph' && entry.appId === seen.appIds.bot && entry.edge === edge,
  );
}

/**
 * The ledger said that another app had the thread, and Meta did not say otherwise when it was asked, or could not be asked
 * because of a limit: of two webhooks of the same second, for one, nobody can tell which was the later.
 */
function wasAskedInVain(seen: Chronicle, fromMs: number, toMs: number): boolean {
  const failed = seen.wire.filter(
    (entry): entry is GraphEntry =>
      entry.kind === 'graph' && entry.appName === 'bot' && entry.fault !== undefined && entry.atMs <= toMs,
  );
  return failed.some(
    ({ edge, fault, atMs }) =>
      (edge === 'thread_owner' && atMs >= fromMs) || (fault === 'rateLimited' && atMs >= fromMs - LONGEST_PAUSE_MS),
  );
}

function sendsOf(seen: Chronicle, text: string): GraphEntry[] {
  return botCalls(seen, 'messages').filter((call) => textOf(call).endsWith(`re ${text}`));
}

function textOf(call: GraphEntry): string {
  const body = call.body as { message?: { text?: string } };
  return body.message?.text ?? JSON.stringify(call.body);
}

/** Handovers that this message began. */
function endedOrOpen(seen: Chronicle, text: string): number {
  return seen.conversation.some((entry) => entry.text?.startsWith(`ended ${text}`) === true) ||
    seen.notes.emitted.some(({ name }) => name === 'passed' || name === 'failed')
    ? 1
    : 0;
}

/** When the last webhook that carried this text was done. */
function lastDone(seen: Chronicle, text: string): number | undefined {
  const times = seen.wire.flatMap((entry: WireEntry) => {
    if (entry.kind !== 'webhook' || entry.appName !== 'bot' || !entry.body.includes(text)) return [];
    return [seen.endedMs.get(entry.seq) ?? seen.settledMs];
  });
  return times.length === 0 ? undefined : Math.max(...times);
}

/** A turn that takes longer than Meta waits is acknowledged before it is done. docs/reliability.md says what that costs. */
function acknowledgedLate(seen: Chronicle, text: string): boolean {
  return seen.wire.some((entry) => {
    if (entry.kind !== 'webhook' || entry.outcome !== 'acknowledged' || !entry.body.includes(text)) return false;
    return (seen.endedMs.get(entry.seq) ?? 0) - entry.atMs >= 4000;
  });
}

function outageAt(seen: Chronicle, fromMs: number, toMs: number): boolean {
  return seen.outages.some((outage) => outage.fromMs <= toMs && outage.toMs >= fromMs - 30_000);
}

function twice(ids: readonly string[]): string[] {
  return [...new Set(ids.filter((id, at) => ids.indexOf(id) !== at))];
}

/** The timeline of a schedule, for whoever has to understand it. */
export function timeline(seen: Chronicle): string {
  const lines = [
    ...seen.wire
      .filter((entry) => !(entry.kind === 'webhook' && entry.outcome === 'recorded'))
      .map((entry) => ({ atMs: entry.atMs, order: entry.seq, line: lineOf(entry) })),
    ...seen.notes.turns.map((turn) => ({
      atMs: turn.beganMs,
      order: Infinity,
      line: `turn     process ${turn.process}: ${turn.type} ${turn.text ?? ''} until ${turn.endedMs === undefined ? 'its death' : clockOf(turn.endedMs)}`,
    })),
    ...seen.notes.emitted.map(({ process, atMs, name, payload }) => ({
      atMs,
      order: Infinity,
      line: `emitted  process ${process}: ${name} ${shownPayload(payload)}`,
    })),
    ...seen.pauses.map(({ process, fromMs, toMs }) => ({
      atMs: fromMs,
      order: Infinity,
      line: `pause    process ${process} until ${clockOf(toMs)}`,
    })),
    ...seen.notes.errors.map(({ process, atMs, error }) => ({
      atMs,
      order: Infinity,
      line: `error    process ${process}: ${error.message}`,
    })),
  ].sort((a, b) => a.atMs - b.atMs || (a.order === b.order ? 0 : a.order - b.order));
  return lines.map(({ atMs, line }) => `${clockOf(atMs)} ${line}`).join('\n');

  function lineOf(entry: WireEntry): string {
    const endedMs = seen.endedMs.get(entry.seq);
    const until = endedMs === undefined || endedMs === entry.atMs ? '' : ` until ${clockOf(endedMs)}`;
    switch (entry.kind) {
      case 'note':
        return `note     ${entry.text}`;
      case 'owner':
        return `owner    ${entry.from} → ${entry.to} (${entry.why})`;
      case 'graph':
        return `graph    ${entry.appName} ${entry.method} ${entry.edge} ${JSON.stringify(entry.body)} ${entry.outcome} ${entry.status ?? ''} ${JSON.stringify(entry.answer ?? null).slice(0, 150)} ${entry.fault ?? ''}${entry.done ? ' done' : ''}${until}`;
      case 'vccLive':
        return `vccLive  ${entry.name}: ${entry.says} ${entry.outcome} ${entry.status ?? ''}`;
      case 'databaseApi':
        return `vccLive  ← ${entry.method} ${entry.path} ${entry.status}`;
      case 'webhook':
        return `webhook  → [${entry.channels.join('+')}] ${entry.items.join(', ')} ${entry.why} ${entry.attempt} ${entry.outcome} ${entry.status ?? ''}${entry.url?.slice(-19, -13) ?? ''}${until}`;
    }
  }
}

function shownPayload(payload: any): string {
  const { event, activity, ...rest } = { ...payload, thread: undefined };
  const about = event === undefined ? '' : `${event.channel} ${event.kind} ${event.text ?? ''}`;
  return `${about}${activity?.text ?? activity?.type ?? ''} ${JSON.stringify(rest)}`;
}

function clockOf(ms: number): string {
  return new Date(ms).toISOString().slice(5, 23);
}
