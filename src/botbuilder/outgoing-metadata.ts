/**
 * Makes what VCC Live is told out of what the bot gives: metadata, summary, transcript, redacted before anything is cut.
 *
 * Cutting first could leave the half of a card number that no redactor recognises.
 */
import type { Activity, TurnContext } from 'botbuilder';
import type { ThreadKey } from '../thread/key.js';
import { redactedMetadata, withExtras } from '../handover/metadata.js';
import type { Redactor } from '../handover/redact.js';
import type { HandoverRequest, VccLiveHandoverOptions } from './handover-options.js';

/** Bot Framework's name for the attachment of a `handoff.initiate`; `EventFactory.createHandoffInitiation` sets it. */
const TRANSCRIPT_NAME = 'Transcript';
/** More lines than fit in any case. */
const MOST_LINES = 200;

/** What the metadata is made with. */
export interface MetadataParts {
  readonly options: Pick<VccLiveHandoverOptions, 'metadata' | 'botAppId' | 'vccLiveAppId'>;
  readonly redact: Redactor;
}

/**
 * Metadata for a handover; the id is still to be added. A summary and a transcript go into an object only.
 * @param transcript lines, oldest first
 */
export function metadataFor(
  context: TurnContext,
  thread: ThreadKey,
  request: HandoverRequest,
  transcript: readonly string[],
  { options, redact }: MetadataParts,
): string | object | undefined {
  const { reason } = request;
  const given =
    request.metadata ?? options.metadata?.(context, request) ?? (reason === undefined ? undefined : { reason });
  const redacted = redactedMetadata(given, redact, idsOf(thread, options));
  if (typeof redacted === 'string') return redacted;
  // Applications without types may give anything.
  const summary: unknown = request.summary;
  return withExtras(redacted, {
    summary: typeof summary === 'string' ? redact(summary) : undefined,
    transcript: transcript.map(redact),
  });
}

/** Metadata that goes with a take or a release: a text, redacted. */
export function textFor(
  thread: ThreadKey,
  metadata: string | undefined,
  { options, redact }: MetadataParts,
): string | undefined {
  const redacted = redactedMetadata(metadata, redact, idsOf(thread, options));
  return typeof redacted === 'string' ? redacted : undefined;
}

/**
 * The lines of the transcript that an outgoing `handoff.initiate` has as its attachment "Transcript": `customer: …` or
 * `bot: …` for each message with a text. None where there is no such attachment, or it has another shape.
 */
export function transcriptOf(initiate: Partial<Activity>, thread: ThreadKey | undefined): string[] {
  const content: unknown = initiate.attachments?.find((each) => each.name === TRANSCRIPT_NAME)?.content;
  const activities = Array.isArray(content) ? content : isRecord(content) ? content['activities'] : undefined;
  if (!Array.isArray(activities)) return [];
  return activities
    .slice(-MOST_LINES)
    .filter(isRecord)
    .flatMap(({ type, text, from }) => {
      if (type !== 'message' || typeof text !== 'string' || text.trim() === '') return [];
      const sender = isRecord(from) ? from : {};
      const byCustomer = sender['role'] === 'user' || (thread !== undefined && sender['id'] === thread.psid);
      return [`${byCustomer ? 'customer' : 'bot'}: ${text.replace(/\s+/g, ' ').trim()}`];
    });
}

/** The other app knows these already, and some look like a card number. */
function idsOf(thread: ThreadKey, options: MetadataParts['options']): ReadonlySet<string> {
  const { botAppId, vccLiveAppId } = options;
  return new Set([thread.psid, thread.pageId, botAppId, ...(typeof vccLiveAppId === 'string' ? [vccLiveAppId] : [])]);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
